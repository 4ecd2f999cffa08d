//! Nobody did anything wrong, but there is nothing both want.

use handfast::crypto::KeyKind;
use handfast::wire::{AlertDescription, CipherSuite, NamedGroup, SignatureScheme};
use handfast::{Error, Refusal};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Made, Setup};

/// The server refuses, and the client hears why.
fn refused(made: Made, refusal: Refusal) {
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    assert!(matches!(pair.server.error, Some(Error::Refused(why)) if why == refusal), "{:?}", pair.server.error);
    assert!(
        matches!(pair.client.error, Some(Error::Alert(alert)) if alert == refusal.alert()),
        "{:?}",
        pair.client.error
    );
}

#[test]
fn no_common_suite() {
    let made = Setup::default().make_with(
        |client| client.suites([CipherSuite::TLS_AES_128_GCM_SHA256]),
        |server| server.suites([CipherSuite::TLS_CHACHA20_POLY1305_SHA256]),
    );
    refused(made, Refusal::Suite);
}

#[test]
fn no_common_group() {
    let setup = Setup {
        client_groups: Some(vec![NamedGroup::X25519]),
        server_groups: Some(vec![NamedGroup::SECP384R1]),
        ..Setup::default()
    };
    refused(setup.make(), Refusal::Group);
}

#[test]
fn no_scheme_for_the_key() {
    let made = Setup { key: KeyKind::P384, ..Setup::default() }
        .make_with(|client| client.schemes([SignatureScheme::ED25519]), |server| server);
    refused(made, Refusal::Scheme);
}

/// K11: who speaks something else hears so, and the error says what it looked like.
#[test]
fn strangers_are_named() {
    for (bytes, named) in [
        (&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], "plain HTTP"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "SSH"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "a PROXY header"),
    ] {
        let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
        pair.server.deliver(bytes);
        let error = pair.server.error.unwrap();
        assert_eq!(error.code(), "NotTls");
        assert!(error.to_string().contains(named), "{error}");
        // What was not understood is still the caller's.
        assert_eq!(pair.server.inbox, bytes);
        assert_eq!(pair.server.outbox, [21, 3, 3, 0, 2, 2, AlertDescription::PROTOCOL_VERSION.0]);
    }
}

/// A hello of TLS 1.1: no supported_versions (RFC 9846 Appendix E.2).
#[test]
fn an_older_client() {
    let mut hello = vec![3, 2];
    hello.extend_from_slice(&[7; 32]);
    hello.extend_from_slice(&[0, 0, 2, 0xc0, 0x2b, 1, 0]);
    let mut raw = vec![1, 0, 0, hello.len() as u8];
    raw.extend_from_slice(&hello);
    let mut record = vec![22, 3, 1, 0, raw.len() as u8];
    record.extend_from_slice(&raw);
    let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
    pair.server.deliver(&record);
    assert!(matches!(pair.server.error, Some(Error::Refused(Refusal::Version))));
    assert_eq!(pair.server.outbox[5..], [2, AlertDescription::PROTOCOL_VERSION.0]);
}

/// docs/regressions.md row 55: what is judged and rejected is not used. The server's certificate is for another name: the
/// client says so with a precise error, the server hears an alert.
#[test]
fn a_certificate_for_another_name() {
    let made = Setup::default().make();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    let again = Setup::default().make();
    let mut out = Vec::new();
    let name = "other.example".try_into().unwrap();
    pair.client.connection = handfast::ClientStart::new(&again.client, name).connect(&mut out).unwrap();
    pair.client.outbox = out;
    pair.run();
    let error = pair.client.error.unwrap();
    assert_eq!(error.code(), "HOSTNAME_MISMATCH");
    assert!(error.certificate().is_some());
    assert!(matches!(pair.server.error, Some(Error::Alert(alert)) if Some(alert) == error.alert()));
}

/// An application that does not want its peer says so, in the handshake and after it; and never in a way that would look like
/// an orderly end.
#[test]
fn an_application_refuses() {
    for (alert, sent) in [
        (AlertDescription::ACCESS_DENIED, AlertDescription::ACCESS_DENIED),
        (AlertDescription::CLOSE_NOTIFY, AlertDescription::HANDSHAKE_FAILURE),
    ] {
        for connected in [false, true] {
            let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
            if connected {
                pair.connect();
            }
            pair.server.connection.refuse(alert, &mut pair.server.outbox);
            pair.run();
            assert!(matches!(pair.client.error, Some(Error::Alert(got)) if got == sent), "{:?}", pair.client.error);
            let late = pair.server.connection.receive(&mut [], &mut Vec::new()).map(drop);
            assert!(matches!(late, Err(Error::Refused(Refusal::Answered(got))) if got == sent), "{late:?}");
        }
    }
}
