//! OpenSSL's own programs, and the older ways of TLS 1.2.

use crate::openssl::s_client;
use crate::openssl12::{ask_them, ask_us, s_server};
use handfast::crypto::KeyKind;
use handfast::crypto::suite::{KeyExchange, Suite};
use handfast::legacy::{Field, dangerous_legacy};
use handfast::wire::{AlertDescription, CipherSuite, Violation};
use handfast::{Error, Facts, LegacyWay};
use handfast_interop::link::{self, Link};
use handfast_interop::older::{
    FIELD, HINT, IDENTITY, KEY, check, client, client_of, client_ways, is_cbc, kind, known_to_openssl, renegotiation,
    server, server_of, server_ways,
};
use handfast_interop::ours;
use handfast_interop::process::Process;
use handfast_interop::world::WORLD;
use handfast_net::tls_error;
use std::io::{Read, Write};

/// What both of their programs are told about a suite.
fn options<'a>(suite: &'a Suite, more: &[&'a str]) -> Vec<&'a str> {
    let mut options = vec!["-cipher", suite.openssl_name];
    if suite.exchange.has_psk() {
        options.extend(["-psk", KEY, "-psk_identity", IDENTITY]);
    }
    options.extend(more);
    options
}

fn their_server(suite: &'static Suite, more: &[&str]) -> Facts {
    let hint = ["-psk_hint", HINT];
    let more = [if suite.exchange.has_psk() { &hint[..] } else { &[] }, more].concat();
    ask_them(kind(suite), client_of(suite), &options(suite, &more))
}

fn their_client(suite: &'static Suite, more: &[&str]) -> Facts {
    let server = link::serve(server_of(suite), 1, link::echo);
    let mut client = s_client(server.port, &options(suite, &[&["-tls1_2", "-quiet", "-no_ign_eof"], more].concat()));
    client.type_in(b"a line that comes back\n");
    client.wait_for_word("a line that comes back\n");
    client.end_input();
    server.succeed_with(&client).remove(0).0
}

/// Every suite of these kinds of key exchange, both ways, and with CBC the MAC both outside and inside.
fn suites(known: usize, exchanges: &[KeyExchange]) {
    let mut tried = 0;
    for suite in known_to_openssl().filter(|suite| exchanges.contains(&suite.exchange)) {
        tried += 1;
        for facts in [their_server(suite, &[]), their_client(suite, &[])] {
            check(&facts, suite, true);
            let ways: Vec<_> = facts.legacy().collect();
            assert_eq!(ways.contains(&LegacyWay::Cbc), is_cbc(suite), "{}", suite.id);
            assert!(!ways.contains(&LegacyWay::MacThenEncrypt));
        }
        if is_cbc(suite) {
            for facts in [their_server(suite, &["-no_etm"]), their_client(suite, &["-no_etm"])] {
                check(&facts, suite, false);
                assert!(facts.legacy().any(|way| way == LegacyWay::MacThenEncrypt));
            }
        }
    }
    assert_eq!(tried, known, "suites it knows");
}

#[test]
fn cbc_over_a_curve() {
    suites(8, &[KeyExchange::Ecdhe]);
}

#[test]
fn rsa_key_transport() {
    suites(10, &[KeyExchange::Rsa]);
}

/// Their server takes the field for the strength of its key from RFC 3526; our client tests it.
#[test]
fn dhe() {
    suites(11, &[KeyExchange::Dhe]);
}

#[test]
fn psk() {
    suites(16, &[KeyExchange::Psk, KeyExchange::EcdhePsk]);
}

#[test]
fn dhe_psk() {
    suites(11, &[KeyExchange::DhePsk]);
}

const DHE: CipherSuite = CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256;

/// OpenSSL 3.0 knows the names of RFC 7919 in TLS 1.3 only, so in TLS 1.2 a field is always sent in full.
#[test]
fn fields() {
    let provider = handfast::rustcrypto::provider();
    let file = WORLD.write("dh.pem", FIELD.as_bytes());
    let with = |legacy| client().suites([DHE]).legacy(legacy);
    // A field of theirs, and the one OpenSSL takes when none is given.
    for options in [&["-dhparam", file.as_str()][..], &[]] {
        let facts = ask_them(KeyKind::Rsa, with(dangerous_legacy().dhe(Field::Named).any_field()), options);
        assert_eq!((facts.field_bits, facts.group), (Some(2048), None));
        assert_eq!(facts.group_bits(), Some(2048));
        let (_server, port) = s_server(KeyKind::Rsa, &[&["-tls1_2"], options].concat());
        let named = with(dangerous_legacy().dhe(Field::Named)).build().unwrap();
        let error = Link::connect(&named, port, None).err().unwrap();
        assert_eq!(tls_error(&error).unwrap().code(), "UnknownField", "{error}");
    }
    // Ours: of a file, and by size; one of RFC 7919 is one like others to them.
    for field in [
        Field::from_pem(FIELD.as_bytes(), &provider).unwrap(),
        Field::auto(2048, &provider).unwrap(),
        Field::auto(3072, &provider).unwrap(),
    ] {
        let facts = ask_us(server(KeyKind::Rsa).suites([DHE]).legacy(dangerous_legacy().dhe(field)), &[]);
        assert_eq!(facts.suite.map(|suite| suite.id), Some(DHE));
    }
    // A client that names no field gets none where there are only names.
    let named = server(KeyKind::Rsa).suites([DHE]).legacy(dangerous_legacy().dhe(Field::Named)).build().unwrap();
    let server = link::serve(named, 1, link::echo);
    let _client = s_client(server.port, &["-tls1_2"]);
    assert_eq!(tls_error(&server.finish().unwrap_err()).unwrap().code(), "NoCommonSuite");
}

/// A key that is not the same, and an identity that nobody knows.
#[test]
fn pre_shared_keys_that_do_not_fit() {
    let suite = known_to_openssl().find(|suite| suite.exchange == KeyExchange::EcdhePsk).unwrap();
    let wrong = "0f0e0d0c0b0a09080706050403020100";
    let fixed = ["-tls1_2", "-cipher", suite.openssl_name];
    for (options, hidden, code) in [
        (["-psk", wrong, "-psk_identity", IDENTITY], false, "BadRecordMac"),
        (["-psk", KEY, "-psk_identity", "nobody"], false, "UnknownPskIdentity"),
        (["-psk", KEY, "-psk_identity", "nobody"], true, "BadRecordMac"),
    ] {
        let ways = if hidden { server_ways().hide_unknown_psk() } else { server_ways() };
        let config = server(KeyKind::P256).legacy(ways).suites([suite.id]).build().unwrap();
        let server = link::serve(config, 1, link::echo);
        let _client = s_client(server.port, &[&fixed[..], &options].concat());
        assert_eq!(tls_error(&server.finish().unwrap_err()).unwrap().code(), code, "{options:?} {hidden}");
    }
    let (_server, port) = s_server(KeyKind::P256, &[&fixed[..], &["-psk", wrong, "-psk_identity", IDENTITY]].concat());
    let error = Link::connect(&client_of(suite).build().unwrap(), port, None).err().unwrap();
    assert!(matches!(tls_error(&error), Some(Error::Alert(_))), "{error}");
}

/// What came over one connection must go on with the next handshake's keys.
fn line(process: &mut Process, link: &mut Link, word: &str) {
    process.type_in(format!("{word}\n").as_bytes());
    let mut heard = vec![0; word.len() + 1];
    link.read_exact(&mut heard).unwrap();
    assert_eq!(heard, format!("{word}\n").as_bytes());
    link.write_all(format!("{word} and back\n").as_bytes()).unwrap();
    process.wait_for_word(&format!("{word} and back"));
}

/// RFC 5746. Our client, when they ask for it and when it wants it.
#[test]
fn our_client_renegotiates() {
    for suite in [None, Some("ECDHE-ECDSA-AES128-SHA256")] {
        let cipher = suite.unwrap_or("ECDHE-ECDSA-AES128-GCM-SHA256");
        let options = ["-tls1_2", "-client_renegotiation", "-cipher", cipher];
        let (mut server, port) = s_server(KeyKind::P256, &options);
        let config = client().legacy(renegotiation().cbc()).build().unwrap();
        let mut link = Link::connect(&config, port, None).unwrap();
        server.wait_for_word("CIPHER is");
        line(&mut server, &mut link, "before");
        // A command of theirs is what one read begins with, so the next line waits for its effect.
        for count in 1..=3 {
            server.type_in(b"r\n");
            link.wait_for_renegotiation(count).unwrap();
            line(&mut server, &mut link, &format!("after {count}"));
        }
        link.renegotiate().unwrap();
        line(&mut server, &mut link, "our own does not count");
        assert_eq!(link.facts().renegotiations, 4);
        assert!(link.facts().legacy().any(|way| way == LegacyWay::Renegotiation));
        server.type_in(b"r\n");
        let error = link.read(&mut [0]).unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::Renegotiation))), "{error}");
    }
}

/// Their client, when it wants it and when we ask for it.
#[test]
fn their_client_renegotiates() {
    let config = server(KeyKind::P256).legacy(renegotiation()).build().unwrap();
    let server = link::serve(config, 1, |link| {
        link.renegotiate()?;
        link.write_all(b"our own does not count\n")?;
        link::echo(link)
    });
    let mut client = s_client(server.port, &["-tls1_2"]);
    client.wait_for_word("our own does not count");
    for word in 1..=3 {
        client.type_in(b"R\n");
        drop(client.wait_for("RENEGOTIATING", |heard| times(&heard.err, "RENEGOTIATING") == word));
        client.type_in(format!("word {word}\n").as_bytes());
        client.wait_for_word(&format!("word {word}\n"));
    }
    client.type_in(b"R\n");
    let error = server.finish().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::Renegotiation))), "{error}");
}

fn times(heard: &[u8], word: &str) -> usize {
    String::from_utf8_lossy(heard).matches(word).count()
}

#[test]
fn renegotiation_is_refused_by_default() {
    let (mut server_of_theirs, port) = s_server(KeyKind::P256, &["-tls1_2"]);
    let mut link = Link::connect(&client().build().unwrap(), port, None).unwrap();
    server_of_theirs.wait_for_word("CIPHER is");
    server_of_theirs.type_in(b"r\n");
    let error = link.read(&mut [0]).unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::Renegotiation))), "{error}");

    let server = link::serve(server(KeyKind::P256).build().unwrap(), 1, link::echo);
    let mut client = s_client(server.port, &["-tls1_2"]);
    client.wait_for_word("Verify return code: 0 (ok)");
    client.type_in(b"R\n");
    let error = server.finish().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::Renegotiation))), "{error}");
}

/// A server of theirs that does not let clients begin: it says so with a warning (RFC 5246 §7.2.2).
#[test]
fn they_may_refuse_as_well() {
    let (_server, port) = s_server(KeyKind::P256, &["-tls1_2", "-rev"]);
    let config = client().legacy(renegotiation()).build().unwrap();
    let mut link = Link::connect(&config, port, None).unwrap();
    ours::ask(&mut link, "hello\n", "olleh\n").unwrap();
    let error = link.renegotiate().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Alert(AlertDescription::NO_RENEGOTIATION))), "{error}");
}

/// A session of an older way is resumed as any other.
#[test]
fn sessions_of_the_older_ways() {
    let exchanges = [KeyExchange::Rsa, KeyExchange::Dhe, KeyExchange::EcdhePsk];
    for suite in exchanges.map(|exchange| known_to_openssl().find(|suite| suite.exchange == exchange).unwrap()) {
        let (_server, port) = s_server(kind(suite), &options(suite, &["-tls1_2", "-rev"]));
        let config = client().legacy(client_ways()).suites([suite.id]).build().unwrap();
        let mut first = Link::connect(&config, port, None).unwrap();
        ours::ask(&mut first, "hello\n", "olleh\n").unwrap();
        first.close().unwrap();
        let session = first.sessions.pop().expect("a session");
        let mut again = Link::connect(&config, port, Some(session)).unwrap();
        ours::ask(&mut again, "again\n", "niaga\n").unwrap();
        assert!(again.facts().resumed, "{}", suite.id);

        let server = link::serve(server_of(suite), 6, link::echo);
        let mut client = s_client(server.port, &options(suite, &["-tls1_2", "-reconnect"]));
        client.end_input();
        let resumed: Vec<_> = server.succeed_with(&client).iter().map(|(facts, ())| facts.resumed).collect();
        assert_eq!(resumed, [false, true, true, true, true, true], "{}", suite.id);
    }
}
