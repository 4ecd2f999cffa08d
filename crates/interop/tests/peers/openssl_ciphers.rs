//! Cipher strings, against the program that they are from.

use handfast::ciphers;
use std::collections::BTreeSet;
use std::process::Command;

/// The strings of another test, which knows the answers of one version of OpenSSL.
const ORDERS: &str = include_str!("../../../handfast/tests/ciphers/orders.txt");

/// What `openssl ciphers` lists for `text`, in its order.
fn theirs(text: &str) -> Vec<String> {
    // With a security level it lists what a connection could use, and pre-shared keys are something to be asked for.
    let supported: &[&str] = if text.contains("SECLEVEL") { &["-s", "-psk"] } else { &[] };
    let output = Command::new("openssl").arg("ciphers").args(supported).args(["-tls1_2", text]).output().unwrap();
    assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
    let list = String::from_utf8(output.stdout).unwrap();
    list.trim().split(':').filter(|name| !name.is_empty()).map(String::from).collect()
}

fn ours(text: &str) -> Vec<String> {
    let suites = ciphers::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).tls12;
    suites.iter().map(|suite| suite.openssl_name.to_string()).collect()
}

/// Every string gives the suites that both have in the same order.
#[test]
fn the_order_is_that_of_the_program() {
    let [we_have, they_have] = [ours("ALL:COMPLEMENTOFALL"), theirs("ALL:COMPLEMENTOFALL")]
        .map(|names| names.into_iter().collect::<BTreeSet<_>>());
    let mut strings = 0;
    for text in ORDERS.lines().filter_map(|line| line.strip_prefix("> ")) {
        let (mut ours, mut theirs) = (ours(text), theirs(text));
        ours.retain(|name| they_have.contains(name));
        theirs.retain(|name| we_have.contains(name));
        assert_eq!(ours, theirs, "{text}");
        strings += 1;
    }
    assert!(strings >= 60, "{strings}");
}
