//! Any bytes as a certificate revocation list, and as a PEM file of several: nothing panics, and a list that is looked up
//! revokes whom it lists and nobody else.
#![no_main]

use handfast::Provider;
use handfast::crypto::KeyKind;
use handfast::pki::crl::Crl;
use handfast::pki::issuer::Issuer;
use handfast::pki::make::{Builder, Key};
use handfast::pki::policy::{Budget, SIGNATURES};
use handfast::pki::revocation::Verdict;
use handfast::pki::{Certificate, Crls, Policy, Revocation, Rule};
use handfast_testkit::null;
use handfast_testkit::world::NOW;
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};

static KEY: LazyLock<Key> = LazyLock::new(|| Key::generate(&handfast::rustcrypto::provider(), KeyKind::P256).unwrap());

/// In most lists there is none like it.
const STRANGER: &[u8] = &[0x5a, 0xa5, 0x5a, 0xa5];

fuzz_target!(|bytes: &[u8]| {
    let _ = Crls::from_pem(bytes);
    let Ok(crl) = Crl::parse(bytes) else { return };
    let _ = crl.issuer().text(200);
    let mut crls = Crls::new();
    if crls.add(bytes).is_err() {
        return;
    }
    let revocation = Revocation { unknown: Verdict::Accept, ..Revocation::new(Arc::new(crls)) };
    let mut listed: Vec<_> = crl.entries().map(|entry| entry.unwrap().serial).collect();
    listed.truncate(2);
    for serial in listed.into_iter().chain([STRANGER]) {
        ask(&crl, &revocation, serial);
    }
});

fn ask(crl: &Crl<'_>, revocation: &Revocation, serial: &[u8]) {
    let provider = handfast::rustcrypto::provider();
    let certificate = Builder::new("x", NOW).serial(serial).self_signed(&provider, &KEY).unwrap();
    let certificate = Certificate::parse(&certificate).unwrap();
    let key = KEY.public_key().clone();
    let issuer = Issuer { name: crl.issuer(), key, key_usage: None, key_identifier: None };
    // Every signature is good, so that what lies behind one is reached.
    let provider = Provider { verifier: null::provider().verifier, ..provider };
    let mut budget = Budget::new(&Policy::default());
    let now = crl.this_update();
    match revocation.check(&certificate, false, &issuer, now, &provider, SIGNATURES, &mut budget) {
        Err(Rule::Revoked { .. }) => assert!(is_listed(crl, serial)),
        Ok(_) => assert!(!is_listed(crl, serial) || crl.scope().kind.is_some() || crl.scope().point.is_some()),
        Err(_) => {}
    }
}

fn is_listed(crl: &Crl<'_>, serial: &[u8]) -> bool {
    crl.entries().any(|entry| entry.unwrap().serial == serial)
}
