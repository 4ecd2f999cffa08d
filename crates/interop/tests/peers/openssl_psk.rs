//! OpenSSL's own programs, and external keys of TLS 1.3. What `-psk` gives them is for SHA-256; a key for another hash comes as
//! the file of a session.

use crate::openssl::s_client;
use crate::openssl_resumption::talk;
use handfast::crypto::{HashAlgorithm, KeyKind};
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{ClientConfigBuilder, EarlyData, EarlyRefusal, NotResumed, PskRole, UnknownPsk};
use handfast_interop::link::{self, Link, Prior};
use handfast_interop::older::{IDENTITY, KEY};
use handfast_interop::ours;
use handfast_interop::process::{Process, free_port};
use handfast_interop::psk::{NOBODY, WRONG, client, external, keys, own, server, server_with};
use handfast_interop::world::{WORLD, stem};
use handfast_net::tls_error;

/// `openssl s_server`, which says lines backwards and shows a certificate to whom it does not know.
fn s_server(options: &[&str]) -> (Process, u16) {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let [cert, key] = WORLD.files(&stem(KeyKind::P256));
    let fixed = ["s_server", "-accept", &address, "-tls1_3", "-rev", "-cert", &cert, "-key", &key];
    (Process::start("openssl", fixed.iter().chain(options)).listening(port), port)
}

/// Our client, which offers keys and asks their server.
fn ask(config: ClientConfigBuilder, port: u16, prior: Prior) -> std::io::Result<Link> {
    let mut link = Link::connect_with(&config.build().unwrap(), port, prior)?;
    ours::ask(&mut link, "hello\n", "olleh\n")?;
    link.close()?;
    Ok(link)
}

/// The file of a session, which serves them as an external key and allows early data; and the key, as hexadecimal digits.
fn session_of(test: &str, suite: CipherSuite) -> (String, String) {
    let file = WORLD.path(&format!("psk-{test}-{suite}.session"));
    let config = WORLD.server(KeyKind::P256).suites([suite]).early_data(1_000);
    let server = link::serve(config.build().unwrap(), 1, link::echo);
    let client = talk(server.port, &["-sess_out", &file]);
    server.succeed_with(&client);
    client.finish();
    let said = Process::start("openssl", ["sess_id", "-in", &file, "-noout", "-text"]).succeed().text();
    let key = said.lines().find_map(|line| line.trim().strip_prefix("Resumption PSK: ")).expect("a key").to_string();
    (file, key)
}

#[test]
fn our_client_has_the_key() {
    let (_server, port) = s_server(&["-psk", KEY, "-psk_identity", IDENTITY]);
    let groups = [NamedGroup::X25519, NamedGroup::SECP521R1];
    for offer in [
        vec![own(IDENTITY, KEY)],
        vec![own(NOBODY, WRONG), own(IDENTITY, KEY)],
        vec![external(PskRole::Client, NOBODY, WRONG, HashAlgorithm::Sha384), own(IDENTITY, KEY)],
    ] {
        let link = ask(client(), port, keys(&offer)).unwrap();
        let facts = link.facts();
        assert_eq!(facts.psk_identity.as_deref(), Some(IDENTITY.as_bytes()));
        assert!(facts.peer().is_none() && facts.group.is_some() && !facts.resumed);
        // What follows is resumed in the name of the key.
        let prior = Prior { session: link.sessions.last().cloned(), ..keys(&offer) };
        assert!(prior.session.is_some());
        let again = ask(client(), port, prior).unwrap();
        assert!(again.facts().resumed);
        assert_eq!(again.facts().psk_identity.as_deref(), Some(IDENTITY.as_bytes()));
    }
    let (_server, port) = s_server(&["-psk", KEY, "-psk_identity", IDENTITY, "-groups", "P-521"]);
    let link = ask(client().groups(groups), port, keys(&[own(IDENTITY, KEY)])).unwrap();
    assert!(link.facts().retried && link.facts().psk_identity.is_some());
}

#[test]
fn their_client_has_the_key() {
    let options = ["-psk", KEY, "-psk_identity", IDENTITY];
    for (config, more, retried) in [
        (server(), &[][..], false),
        (server().unknown_psk(UnknownPsk::Hide), &[], false),
        (server().groups([NamedGroup::SECP384R1]), &["-groups", "P-521:P-384"], true),
    ] {
        let config = config.build().unwrap();
        let file = WORLD.path("psk-made.session");
        let server = link::serve(config.clone(), 1, link::echo);
        let client = talk(server.port, &[&options[..], more, &["-sess_out", &file]].concat());
        let facts = server.succeed_with(&client).remove(0).0;
        assert_eq!((facts.psk_identity.as_deref(), facts.retried), (Some(IDENTITY.as_bytes()), retried));
        assert!(facts.own_scheme.is_none() && !facts.resumed);
        client.wait_for_word("no peer certificate available");
        client.finish();
        // It offers the session and the key.
        let server = link::serve(config, 1, link::echo);
        let client = talk(server.port, &[&options[..], more, &["-sess_in", &file]].concat());
        let facts = server.succeed_with(&client).remove(0).0;
        assert_eq!((facts.psk_identity.as_deref(), facts.resumed), (Some(IDENTITY.as_bytes()), true));
    }
}

/// RFC 9846 §4.3.11: a wrong key is the end; one that nobody knows is passed over, or not.
#[test]
fn keys_that_do_not_fit() {
    let (_server, port) = s_server(&["-psk", KEY, "-psk_identity", IDENTITY]);
    for (config, offer, code) in [
        // RFC 9846 §4.3.11 has decrypt_error.
        (client(), own(IDENTITY, WRONG), "illegal_parameter"),
        (WORLD.client(), own(IDENTITY, WRONG), "illegal_parameter"),
        (client(), own(NOBODY, KEY), "PskRequired"),
    ] {
        let error = ask(config, port, keys(&[offer])).err().unwrap();
        assert_eq!(tls_error(&error).unwrap().code(), code);
    }
    let link = ask(WORLD.client(), port, keys(&[own(NOBODY, KEY)])).unwrap();
    assert!(link.facts().psk_identity.is_none() && link.facts().peer().unwrap().verified);

    for (unknown, [identity, key], code, alert) in [
        (UnknownPsk::Certificate, [IDENTITY, WRONG], "BadBinder", "decrypt error"),
        (UnknownPsk::Refuse, [IDENTITY, WRONG], "BadBinder", "decrypt error"),
        (UnknownPsk::Hide, [IDENTITY, WRONG], "BadBinder", "decrypt error"),
        (UnknownPsk::Refuse, [NOBODY, KEY], "UnknownPskIdentity", "unknown psk identity"),
        (UnknownPsk::Hide, [NOBODY, KEY], "BadBinder", "decrypt error"),
    ] {
        let server = link::serve(server().unknown_psk(unknown).build().unwrap(), 1, link::echo);
        let client = s_client(server.port, &["-tls1_3", "-psk", key, "-psk_identity", identity]);
        assert_eq!(tls_error(&server.finish().unwrap_err()).unwrap().code(), code, "{unknown:?} {identity}");
        client.wait_for_word(alert);
    }
    let server = link::serve(server().build().unwrap(), 1, link::echo);
    let client = talk(server.port, &["-psk", KEY, "-psk_identity", NOBODY]);
    let facts = server.succeed_with(&client).remove(0).0;
    assert_eq!((facts.not_resumed, facts.psk_identity), (Some(NotResumed::Unknown), None));
    assert!(facts.own_scheme.is_some());
}

/// A key of SHA-384, and that a key goes with no other hash.
#[test]
fn keys_of_both_hashes() {
    for (suite, hash) in [
        (CipherSuite::TLS_AES_128_GCM_SHA256, HashAlgorithm::Sha256),
        (CipherSuite::TLS_AES_256_GCM_SHA384, HashAlgorithm::Sha384),
    ] {
        let (file, key) = session_of("hash", suite);
        let (_server, port) = s_server(&["-psk_session", &file, "-psk_identity", IDENTITY]);
        // Their server chooses the suite before it looks at keys.
        let config = client().suites([suite]);
        let link = ask(config, port, keys(&[external(PskRole::Client, IDENTITY, &key, hash)])).unwrap();
        assert_eq!((link.facts().suite.unwrap().id, link.facts().peer().is_some()), (suite, false));

        let known = external(PskRole::Server, IDENTITY, &key, hash);
        let server = link::serve(server_with(vec![known]).build().unwrap(), 1, link::echo);
        let client = talk(server.port, &["-psk_session", &file, "-psk_identity", IDENTITY]);
        let facts = server.succeed_with(&client).remove(0).0;
        assert_eq!((facts.suite.unwrap().id, facts.psk_identity.is_some()), (suite, true));
    }
}

/// Their keys open early data, ours do not: it is skipped.
#[test]
fn no_early_data_with_an_external_key() {
    let (file, key) = session_of("early", CipherSuite::TLS_AES_128_GCM_SHA256);
    let early = WORLD.write("psk-early.txt", b"early");
    let known = external(PskRole::Server, IDENTITY, &key, HashAlgorithm::Sha256);
    let config = server_with(vec![known]).early_data(1_000).build().unwrap();
    let server = link::serve(config, 1, link::echo);
    let client = talk(server.port, &["-psk_session", &file, "-psk_identity", IDENTITY, "-early_data", &early]);
    let facts = server.succeed_with(&client).remove(0).0;
    assert!(facts.psk_identity.is_some());
    assert_eq!(facts.early_data, EarlyData::Refused(EarlyRefusal::Ticket));
    client.wait_for_word("Early data was rejected");
}
