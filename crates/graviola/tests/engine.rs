//! Engines with this provider, on both sides and against the one on RustCrypto.

use handfast::crypto::{KeyKind, Provider};
use handfast_testkit::meet::meet;

const KINDS: [KeyKind; 5] = [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa];

/// Both versions: 5 suites, 9 groups, 5 kinds of key; 7 suites for each kind of ECDSA or Ed25519, 7 for RSA. Each of them twice.
fn all(client: Provider, server: Provider) {
    assert!(meet(&client, &server, &KINDS) >= 2 * (5 + 9 + 5 + 7));
}

#[test]
fn on_both_sides() {
    all(handfast_graviola::provider(), handfast_graviola::provider());
}

#[test]
fn as_a_client() {
    all(handfast_graviola::provider(), handfast::rustcrypto::provider());
}

#[test]
fn as_a_server() {
    all(handfast::rustcrypto::provider(), handfast_graviola::provider());
}
