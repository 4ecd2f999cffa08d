//! GnuTLS's own programs, and the older ways of TLS 1.2.

use crate::gnutls12::{ask_them, ask_us, gnutls_cli, gnutls_serv, only, talk};
use handfast::crypto::KeyKind;
use handfast::crypto::suite::{KeyExchange, Suite};
use handfast::legacy::{Field, dangerous_legacy};
use handfast::wire::{CipherSuite, NamedGroup, Violation};
use handfast::{Error, Facts, LegacyWay};
use handfast_interop::link::{self, Link};
use handfast_interop::older::{
    FIELD, HINT, IDENTITY, KEY, check, client, client_of, is_cbc, kind, past, renegotiation, server, server_of,
};
use handfast_interop::ours;
use handfast_interop::process::Process;
use handfast_interop::world::WORLD;
use handfast_net::tls_error;
use std::io::{BufRead, BufReader, Write};
use std::sync::LazyLock;

/// What GnuTLS knows of the suites that need a switch: its list says their numbers.
fn known() -> impl Iterator<Item = &'static Suite> {
    let said = Process::start("gnutls-cli", ["--list"]).succeed().text();
    past().filter(move |suite| said.contains(&format!("0x{:02x}, 0x{:02x}", suite.id.0 >> 8, suite.id.0 & 0xff)))
}

/// The file with the pre-shared key.
pub(crate) static PASSWORDS: LazyLock<String> =
    LazyLock::new(|| WORLD.write("psk.passwd", format!("{IDENTITY}:{KEY}\n").as_bytes()));

fn their_server(suite: &'static Suite, more: &str) -> Facts {
    let psk = ["--pskpasswd", PASSWORDS.as_str(), "--pskhint", HINT];
    let options = if suite.exchange.has_psk() { &psk[..] } else { &[] };
    ask_them(kind(suite), client_of(suite), &format!("{}{more}", only(suite)), options)
}

fn their_client(suite: &'static Suite, more: &str) -> Facts {
    let server = link::serve(server_of(suite), 1, link::echo);
    let psk = ["--pskusername", IDENTITY, "--pskkey", KEY];
    let options = if suite.exchange.has_psk() { &psk[..] } else { &[] };
    let priority = format!("{}{more}", only(suite));
    // With a key and a group gnutls-cli 3.7 dies at printing what was agreed on, whoever the server is.
    let dies = matches!(suite.exchange, KeyExchange::DhePsk | KeyExchange::EcdhePsk);
    let client = if dies { gnutls_cli(server.port, &priority, options) } else { talk(server.port, &priority, options) };
    server.succeed_with(&client).remove(0).0
}

/// Every suite of these kinds of key exchange, both ways, and with CBC the MAC both outside and inside.
fn suites(count: usize, exchanges: &[KeyExchange]) {
    let mut tried = 0;
    for suite in known().filter(|suite| exchanges.contains(&suite.exchange)) {
        tried += 1;
        for facts in [their_server(suite, ""), their_client(suite, "")] {
            check(&facts, suite, true);
            assert!(!facts.legacy().any(|way| way == LegacyWay::MacThenEncrypt));
        }
        if is_cbc(suite) {
            for facts in [their_server(suite, ":%NO_ETM"), their_client(suite, ":%NO_ETM")] {
                check(&facts, suite, false);
                assert!(facts.legacy().any(|way| way == LegacyWay::MacThenEncrypt));
            }
        }
    }
    assert_eq!(tried, count, "suites it knows");
}

#[test]
fn cbc_over_a_curve() {
    suites(8, &[KeyExchange::Ecdhe]);
}

#[test]
fn rsa_key_transport() {
    suites(10, &[KeyExchange::Rsa]);
}

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

/// RFC 7919: both agree on a field by name.
#[test]
fn fields_by_name() {
    let named = || dangerous_legacy().dhe(Field::Named);
    for (group, name) in [
        (NamedGroup::FFDHE2048, "FFDHE2048"),
        (NamedGroup::FFDHE3072, "FFDHE3072"),
        (NamedGroup::FFDHE4096, "FFDHE4096"),
    ] {
        let priority = format!(":-KX-ALL:+DHE-RSA:-GROUP-ALL:+GROUP-{name}");
        let config = client().suites([DHE]).groups([group]).legacy(named());
        let facts = ask_them(KeyKind::Rsa, config, &priority, &[]);
        assert_eq!(facts.group, Some(group));
        let config = server(KeyKind::Rsa).suites([DHE]).legacy(named());
        assert_eq!(ask_us(config, &priority, &[]).group, Some(group));
    }
}

/// A field without a name, theirs and ours.
#[test]
fn fields_without_a_name() {
    let file = WORLD.write("gnutls-dh.pem", FIELD.as_bytes());
    let priority = ":-KX-ALL:+DHE-RSA:-GROUP-ALL";
    // A client that names a curve alone lets the server choose.
    let with = |legacy| client().suites([DHE]).groups([NamedGroup::X25519]).legacy(legacy);
    let any = with(dangerous_legacy().dhe(Field::Named).any_field());
    let facts = ask_them(KeyKind::Rsa, any, priority, &["--dhparams", &file]);
    assert_eq!((facts.field_bits, facts.group), (Some(2048), None));
    let (_server, port) = gnutls_serv(KeyKind::Rsa, priority, &["--dhparams", &file]);
    let named = with(dangerous_legacy().dhe(Field::Named)).build().unwrap();
    let error = Link::connect(&named, port, None).err().unwrap();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::UnknownField))), "{error}");

    let field = Field::from_pem(FIELD.as_bytes(), &handfast::rustcrypto::provider()).unwrap();
    let config = server(KeyKind::Rsa).suites([DHE]).legacy(dangerous_legacy().dhe(field));
    assert_eq!(ask_us(config, ":-KX-ALL:+DHE-RSA:-GROUP-ALL:+GROUP-X25519", &[]).group, None);
}

/// RFC 5746: their client begins; our server allows it, or not.
#[test]
fn their_client_renegotiates() {
    let config = server(KeyKind::P256).legacy(renegotiation()).build().unwrap();
    let server_of_ours = link::serve(config, 1, link::echo);
    let client = talk(server_of_ours.port, "", &["--rehandshake"]);
    let (facts, ()) = server_of_ours.succeed_with(&client).remove(0);
    assert_eq!(facts.renegotiations, 1);

    let refusing = link::serve(server(KeyKind::P256).build().unwrap(), 1, link::echo);
    let _client = gnutls_cli(refusing.port, "", &["--rehandshake"]);
    let error = refusing.finish().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::Renegotiation))), "{error}");
}

/// Our client begins; and their server does, when a line says so.
#[test]
fn our_client_renegotiates() {
    let (_server, port) = gnutls_serv(KeyKind::P256, "", &[]);
    let config = client().legacy(renegotiation()).build().unwrap();
    let mut link = Link::connect(&config, port, None).unwrap();
    ours::ask(&mut link, "before\n", "before\n").unwrap();
    for count in 1..=2 {
        link.renegotiate().unwrap();
        ours::ask(&mut link, "after\n", "after\n").unwrap();
        assert_eq!(link.facts().renegotiations, count);
    }
    link.write_all(b"**REHANDSHAKE**\n").unwrap();
    link.wait_for_renegotiation(3).unwrap();
    let mut said = String::new();
    BufReader::new(&mut link).read_line(&mut said).unwrap();
    assert!(said.starts_with("Successfully executed"), "{said}");
    ours::ask(&mut link, "and after that\n", "and after that\n").unwrap();
}
