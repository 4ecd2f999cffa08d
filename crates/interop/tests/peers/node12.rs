//! Node.js and TLS 1.2. It says what tls-unique is made of.

use handfast::wire::CipherSuite;
use handfast_interop::older::present;
use handfast_interop::script::NODE;
use handfast_interop::world::MORE_KINDS;
use handfast_interop::{GROUPS, script12};

#[test]
fn every_suite() {
    let suites: Vec<CipherSuite> = present().map(|suite| suite.id).collect();
    script12::suites(&NODE, &suites, &["--ciphers", "ALL"]);
}

#[test]
fn every_group() {
    script12::groups(&NODE, &GROUPS);
}

#[test]
fn every_kind_of_certificate() {
    script12::kinds(&NODE, &MORE_KINDS);
}

#[test]
fn application_protocols() {
    script12::protocols(&NODE);
}

#[test]
fn sessions() {
    script12::sessions(&NODE);
}
