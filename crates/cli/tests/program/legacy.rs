//! The older ways of TLS 1.2, between two of ours.

use crate::{Scratch, Server, run};
use handfast::Clock;
use handfast::crypto::KeyKind;
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::{Builder, Identity, Key};
use handfast::pki::pem;
use serde_json::Value;

/// It has never protected anything.
const RSA_KEY: &str = include_str!("../../../testkit/data/rsa2048.pem");

/// A CA in `ca.pem`, and from it a server's certificate for the RSA key in `rsa.key` in `rsa.pem`.
fn rsa() -> Scratch {
    let (scratch, provider, now) = (Scratch::new(), handfast::rustcrypto::provider(), handfast::SystemClock.now());
    let ca = Identity::root(&provider, Builder::ca("A CA", now), KeyKind::P256).unwrap();
    let key = Key::load(&provider, &pem::private_key(RSA_KEY.as_bytes()).unwrap()).unwrap();
    let usage = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT;
    let certificate =
        Builder::server(&["localhost"], now).key_usage(usage).signed_by(&provider, &ca, key.public_key()).unwrap();
    scratch.write("ca.pem", ca.certificate_pem());
    scratch.write("rsa.pem", pem::encode("CERTIFICATE", &certificate).as_bytes());
    scratch.write("rsa.key", RSA_KEY);
    scratch
}

/// A connection with `ways` on both sides, in the one suite: the older ways it says that it used, and its facts.
#[track_caller]
fn used(server: &Server, ways: &str, suite: &str) -> (Vec<String>, Value) {
    let run = server.connect(&["--tls1_2", "--legacy", ways, "--ciphers", suite, "--json"], b"").exits(0);
    let facts: Value = serde_json::from_str(&run.stdout()).unwrap();
    assert_eq!(facts["openssl_name"], suite);
    (facts["legacy"].as_array().unwrap().iter().map(|way| way.as_str().unwrap().to_string()).collect(), facts)
}

#[test]
fn a_connection_is_negotiated_anew() {
    let server = Server::start(&["--legacy", "renegotiation"]);
    let run = server.connect(&["--tls1_2", "--renegotiate"], b"hello").exits(0);
    assert_eq!(run.says("  legacy               renegotiation\n").stdout(), "hello");
    let newer = server.connect(&["--renegotiate"], b"");
    newer.exits(1).says("error: NoRenegotiation").says("hint: renegotiation is for TLS 1.2");
    let refusing = Server::start(&[]);
    refusing.connect(&["--tls1_2", "--renegotiate"], b"").exits(1).says("error: no_renegotiation");
}

#[test]
fn cbc() {
    let server = Server::start(&["--legacy", "cbc"]);
    for suite in ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"] {
        for ways in ["cbc", "cbc-mte"] {
            assert_eq!(used(&server, ways, suite).0, ["cbc"]);
        }
    }
    // Who has not switched it on does not take it.
    let plain = Server::start(&[]);
    let run = plain.connect(&["--tls1_2", "--legacy", "cbc", "--ciphers", "ECDHE-ECDSA-AES128-SHA"], b"");
    run.exits(1).says("error: handshake_failure");
}

#[test]
fn rsa_key_transport() {
    let scratch = rsa();
    let (cert, key) = (scratch.path("rsa.pem"), scratch.path("rsa.key"));
    let server = Server::of(scratch, &["--self-signed", "--legacy", "rsa,cbc", "--rsa-cert", &cert, "--rsa-key", &key]);
    let (ways, facts) = used(&server, "rsa", "AES128-GCM-SHA256");
    assert_eq!((ways, &facts["group"]), (vec!["rsa".to_string()], &Value::Null));
    assert_eq!((&facts["issuer"], &facts["verified"]), (&"CN=A CA".into(), &true.into()));
    assert_eq!(used(&server, "rsa,cbc", "AES256-SHA256").0, ["rsa", "cbc"]);
}

#[test]
fn finite_fields() {
    let scratch = rsa();
    let (cert, key) = (scratch.path("rsa.pem"), scratch.path("rsa.key"));
    let server = Server::of(scratch, &["--cert", &cert, "--key", &key, "--legacy", "dhe", "--dhparam", "auto"]);
    let (ways, facts) = used(&server, "dhe", "DHE-RSA-AES128-GCM-SHA256");
    assert_eq!(ways, ["dhe"]);
    assert_eq!((&facts["prime_bits"], &facts["group"]), (&2048.into(), &"ffdhe2048".into()));
}

#[test]
fn pre_shared_keys() {
    const WAYS: &str = "psk=who:me:00112233445566778899aabbccddeeff,psk-only,dhe";
    let server = Server::start(&["--legacy", WAYS, "--status"]);
    for (suite, ways) in [
        ("PSK-AES128-GCM-SHA256", &["psk", "psk-only"][..]),
        ("DHE-PSK-AES256-GCM-SHA384", &["dhe", "psk"]),
        ("ECDHE-PSK-CHACHA20-POLY1305", &["psk"]),
    ] {
        let (used, facts) = used(&server, WAYS, suite);
        assert_eq!(used, ways);
        assert_eq!((&facts["psk_identity"], &facts["verified"]), (&"who:me".into(), &Value::Null));
        assert_eq!(facts["verification"], "by the pre-shared key, without a certificate");
    }
    for (psk, code) in [
        ("psk=who:me:00,psk-only", "error: bad_record_mac"),
        ("psk=other:00112233445566778899aabbccddeeff,psk-only", "error: unknown_psk_identity"),
    ] {
        let run = server.connect(&["--tls1_2", "--legacy", psk, "--ciphers", "PSK-AES128-GCM-SHA256"], b"");
        run.exits(1).says(code);
    }
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let scratch = rsa();
    let (cert, key) = (scratch.path("rsa.pem"), scratch.path("rsa.key"));
    let connect = |ways| vec!["connect", "localhost:1", "--legacy", ways];
    fn serve<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["serve", "--self-signed"], more].concat()
    }
    for (arguments, words) in [
        (connect("rc4"), "known ways are cbc, "),
        (connect("psk=me:x"), "not in hexadecimal digits"),
        (connect("any-dh"), "`any-dh` means nothing without `dhe`"),
        (connect("cbc,psk-only"), "`psk-only` means nothing without `psk="),
        (serve(&["--legacy", "rsa"]), "needs `--rsa-cert FILE --rsa-key FILE`"),
        (serve(&["--rsa-cert", &cert, "--rsa-key", &key]), "`--rsa-cert` means nothing without `--legacy rsa`"),
        (serve(&["--legacy", "rsa", "--rsa-cert", &cert]), "--rsa-key"),
        (serve(&["--legacy", "rsa", "--rsa-cert", &key, "--rsa-key", &key]), "no PEM certificate"),
        (serve(&["--dhparam", "auto"]), "`--dhparam` means nothing without `--legacy dhe`"),
        (serve(&["--legacy", "dhe", "--dhparam", &cert]), "rsa.pem: "),
        // One key must not do both.
        (
            vec!["serve", "--cert", &cert, "--key", &key, "--legacy", "rsa", "--rsa-cert", &cert, "--rsa-key", &key],
            "the key for RSA key transport signs as well",
        ),
    ] {
        run(&arguments, b"").exits(2).says(words);
    }
}
