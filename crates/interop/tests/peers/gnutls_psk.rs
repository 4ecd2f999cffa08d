//! GnuTLS's own programs, and external keys of TLS 1.3, which are for SHA-256.

use crate::gnutls::{gnutls_cli, gnutls_serv};
use crate::gnutls_older::PASSWORDS;
use handfast::crypto::KeyKind;
use handfast::legacy::dangerous_legacy;
use handfast::wire::NamedGroup;
use handfast::{ClientConfigBuilder, ExternalPsk, Facts, LegacyWay, NotResumed, ServerConfigBuilder, UnknownPsk};
use handfast_interop::link::{self, Link};
use handfast_interop::older::{IDENTITY, KEY};
use handfast_interop::ours;
use handfast_interop::process::Process;
use handfast_interop::psk::{NOBODY, WRONG, client, keys, own, server};
use handfast_interop::world::WORLD;
use handfast_net::tls_error;
use std::io;

/// With a key exchange.
const WITH_DH: &str = ":-KX-ALL:+ECDHE-PSK";

/// The same, or a certificate.
const OR_CERTIFICATE: &str = ":+ECDHE-PSK";

/// Without one.
const ALONE: &str = ":-KX-ALL:+PSK";

/// Our client, which offers a key and asks their server.
fn ask(config: ClientConfigBuilder, priority: &str, psk: ExternalPsk) -> io::Result<Facts> {
    let (_server, port) = gnutls_serv(KeyKind::P256, &[priority, "--pskpasswd", &PASSWORDS]);
    let mut link = Link::connect_with(&config.build().unwrap(), port, keys(&[psk]))?;
    ours::ask(&mut link, "hello\n", "hello\n")?;
    Ok(link.facts().clone())
}

/// Their client, which has a key.
fn their_client(port: u16, priority: &str, [identity, key]: [&str; 2]) -> Process {
    gnutls_cli(port, &[priority, "--pskusername", identity, "--pskkey", key])
}

/// It asks our server.
fn ask_us(config: ServerConfigBuilder, priority: &str, psk: [&str; 2]) -> Facts {
    let server = link::serve(config.build().unwrap(), 1, link::echo);
    let mut client = their_client(server.port, priority, psk);
    client.type_in(b"a line that comes back\n");
    client.wait_for_word("\na line that comes back");
    client.end_input();
    server.succeed_with(&client).remove(0).0
}

fn has_key(facts: &Facts) -> bool {
    facts.psk_identity.as_deref() == Some(IDENTITY.as_bytes()) && facts.peer().is_none() && facts.own_scheme.is_none()
}

#[test]
fn both_have_the_key() {
    for priority in [WITH_DH, OR_CERTIFICATE] {
        let facts = ask(client(), priority, own(IDENTITY, KEY)).unwrap();
        assert!(has_key(&facts) && facts.group.is_some());
        let facts = ask_us(server(), priority, [IDENTITY, KEY]);
        assert!(has_key(&facts) && facts.group.is_some());
    }
    let groups = [NamedGroup::X25519, NamedGroup::SECP521R1];
    let priority = format!("{WITH_DH}:-GROUP-ALL:+GROUP-SECP521R1");
    let facts = ask(client().groups(groups), &priority, own(IDENTITY, KEY)).unwrap();
    assert!(has_key(&facts) && facts.retried);
    let priority = format!("{WITH_DH}:-GROUP-ALL:+GROUP-SECP256R1:+GROUP-SECP384R1");
    let facts = ask_us(server().groups([NamedGroup::SECP384R1]), &priority, [IDENTITY, KEY]);
    assert!(has_key(&facts) && facts.retried);
}

/// psk_ke, for whoever has switched it on.
#[test]
fn the_key_alone() {
    let legacy = || dangerous_legacy().psk_ke();
    for facts in [
        ask(client().legacy(legacy()), ALONE, own(IDENTITY, KEY)).unwrap(),
        ask_us(server().legacy(legacy()), ALONE, [IDENTITY, KEY]),
    ] {
        assert!(has_key(&facts) && facts.group.is_none());
        assert!(facts.legacy().eq([LegacyWay::PskWithoutDh]));
    }
    // Who has not switched it on uses certificates, if he may.
    let error = ask(client(), ALONE, own(IDENTITY, KEY)).unwrap_err();
    assert_eq!(tls_error(&error).unwrap().code(), "PskRequired");
    let facts = ask_us(server(), ALONE, [IDENTITY, KEY]);
    assert!(facts.own_scheme.is_some() && !has_key(&facts));
    assert_eq!(facts.not_resumed, Some(NotResumed::Mode));
}

/// Their server does not say who is unknown: that client meets what one with a wrong key does.
#[test]
fn keys_that_do_not_fit() {
    for psk in [own(IDENTITY, WRONG), own(NOBODY, KEY)] {
        let error = ask(WORLD.client(), OR_CERTIFICATE, psk).unwrap_err();
        // RFC 9846 §4.3.11 has decrypt_error.
        assert_eq!(tls_error(&error).unwrap().code(), "illegal_parameter");
    }
    for (unknown, psk, code, alert) in [
        (UnknownPsk::Certificate, [IDENTITY, WRONG], "BadBinder", "Received alert [51]"),
        (UnknownPsk::Refuse, [NOBODY, KEY], "UnknownPskIdentity", "Received alert [115]"),
        (UnknownPsk::Hide, [NOBODY, KEY], "BadBinder", "Received alert [51]"),
    ] {
        let server = link::serve(server().unknown_psk(unknown).build().unwrap(), 1, link::echo);
        let client = their_client(server.port, OR_CERTIFICATE, psk);
        assert_eq!(tls_error(&server.finish().unwrap_err()).unwrap().code(), code);
        client.wait_for_word(alert);
    }
    let facts = ask_us(server(), OR_CERTIFICATE, [NOBODY, KEY]);
    assert!(facts.own_scheme.is_some() && !has_key(&facts));
    assert_eq!(facts.not_resumed, Some(NotResumed::Unknown));
}
