//! GnuTLS's own programs, and TLS 1.2 as it is today. Their server binds to every address; it lives for a moment.

use handfast::crypto::KeyKind;
use handfast::crypto::suite::{KeyExchange, Suite};
use handfast::wire::{NamedGroup, ProtocolVersion, Violation};
use handfast::{
    ChannelBinding, ClientAuth, ClientConfigBuilder, Error, Facts, KeepSessions, MemoryStore, ServerConfigBuilder,
    Ticketer, Usage,
};
use handfast_interop::link::{self, Link};
use handfast_interop::older::{check, client, kind, present, server};
use handfast_interop::process::{Process, free_port};
use handfast_interop::world::{LINES, MORE_KINDS, WORLD, hex, stem};
use handfast_interop::{GROUPS, ours};
use handfast_net::{io_error, tls_error};
use std::io;
use std::sync::Arc;

/// What both programs do unless told otherwise; what begins with a colon is added.
const PRIORITY: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.2";

/// The priority string that leaves this suite alone.
pub(crate) fn only(suite: &Suite) -> String {
    let exchange = match (suite.exchange, kind(suite)) {
        (KeyExchange::Ecdhe, KeyKind::Rsa) => "ECDHE-RSA",
        (KeyExchange::Ecdhe, _) => "ECDHE-ECDSA",
        (KeyExchange::Dhe, _) => "DHE-RSA",
        (KeyExchange::EcdhePsk, _) => "ECDHE-PSK",
        (KeyExchange::DhePsk, _) => "DHE-PSK",
        (KeyExchange::Psk, _) => "PSK",
        _ => "RSA",
    };
    let name = suite.id.to_string();
    let (_, cipher) = name.split_once("_WITH_").unwrap();
    let (cipher, mac) = match cipher.rsplit_once("_CBC_") {
        Some((cipher, "SHA")) => (format!("{cipher}_CBC"), "SHA1"),
        Some((cipher, mac)) => (format!("{cipher}_CBC"), mac),
        None => (cipher.trim_end_matches("_SHA256").trim_end_matches("_SHA384").to_string(), "AEAD"),
    };
    let cipher = cipher.replace('_', "-");
    format!(":-KX-ALL:+{exchange}:-CIPHER-ALL:+{cipher}:-MAC-ALL:+{mac}")
}

/// `gnutls-serv`, which says everything back, and its port.
pub(crate) fn gnutls_serv(kind: KeyKind, priority: &str, options: &[&str]) -> (Process, u16) {
    let port = free_port();
    let (number, priority) = (port.to_string(), format!("{PRIORITY}{priority}"));
    let [cert, key] = WORLD.files(&stem(kind));
    let fixed = ["--port", &number, "--echo", "--crlf", "--priority", &priority];
    let own = ["--x509certfile", &cert, "--x509keyfile", &key];
    (Process::start("gnutls-serv", fixed.iter().chain(&own).chain(options)).listening(port), port)
}

/// `gnutls-cli`, which verifies us.
pub(crate) fn gnutls_cli(port: u16, priority: &str, options: &[&str]) -> Process {
    let (number, ca, priority) = (port.to_string(), WORLD.path("ca.pem"), format!("{PRIORITY}{priority}"));
    let fixed = ["--port", &number, "--x509cafile", &ca, "--priority", &priority];
    Process::start("gnutls-cli", fixed.iter().chain(options).chain(&["localhost"]))
}

/// Our client asks their server, which says everything back.
pub(crate) fn ask_them(kind: KeyKind, config: ClientConfigBuilder, priority: &str, options: &[&str]) -> Facts {
    let (_server, port) = gnutls_serv(kind, priority, options);
    let mut link = Link::connect(&config.build().unwrap(), port, None).unwrap();
    ours::ask(&mut link, "hello\n", "hello\n").unwrap();
    link.facts().clone()
}

/// Their client asks our server.
pub(crate) fn ask_us(config: ServerConfigBuilder, priority: &str, options: &[&str]) -> Facts {
    let server = link::serve(config.build().unwrap(), 1, link::echo);
    let client = talk(server.port, priority, options);
    server.succeed_with(&client).remove(0).0
}

/// Their client, which has said a line, heard it, and is about to hang up.
pub(crate) fn talk(port: u16, priority: &str, options: &[&str]) -> Process {
    let mut client = gnutls_cli(port, priority, options);
    client.wait_for_word("Simple Client Mode");
    client.type_in(b"a line that comes back\n");
    client.wait_for_word("a line that comes back\n");
    client.end_input();
    client
}

#[test]
fn every_suite() {
    for suite in present() {
        let (kind, only) = (kind(suite), only(suite));
        check(&ask_them(kind, client().suites([suite.id]), &only, &[]), suite, false);
        check(&ask_us(server(kind).suites([suite.id]), &only, &[]), suite, false);
    }
}

#[test]
fn every_group() {
    for group in GROUPS {
        for facts in [
            ask_them(KeyKind::Rsa, client().groups([group]), "", &[]),
            ask_us(server(KeyKind::Rsa).groups([group]), "", &[]),
        ] {
            assert_eq!(facts.group, Some(group));
        }
    }
}

#[test]
fn every_kind_of_certificate() {
    for kind in MORE_KINDS {
        let facts = ask_them(kind, client(), "", &[]);
        assert!(facts.peer().unwrap().verified && facts.peer_scheme.is_some());
        assert!(ask_us(server(kind), "", &[]).own_scheme.is_some());
    }
}

#[test]
fn versions() {
    for (more, version) in [("", ProtocolVersion::TLS1_2), (":+VERS-TLS1.3", ProtocolVersion::TLS1_3)] {
        assert_eq!(ask_them(KeyKind::P256, WORLD.client(), more, &[]).version, Some(version));
        assert_eq!(ask_us(WORLD.server(KeyKind::P256), more, &[]).version, Some(version));
    }
    assert_eq!(ask_them(KeyKind::P256, client(), ":+VERS-TLS1.3", &[]).version, Some(ProtocolVersion::TLS1_2));
    assert_eq!(ask_us(server(KeyKind::P256), ":+VERS-TLS1.3", &[]).version, Some(ProtocolVersion::TLS1_2));
}

#[test]
fn application_protocols() {
    let facts = ask_them(KeyKind::P256, client().protocols(["x/1", "y/1"]), "", &["--alpn=y/1"]);
    assert_eq!(facts.protocol.as_deref(), Some(&b"y/1"[..]));
    let facts = ask_us(server(KeyKind::P256).protocols(["y/1"]), "", &["--alpn=x/1", "--alpn=y/1"]);
    assert_eq!(facts.protocol.as_deref(), Some(&b"y/1"[..]));
    assert_eq!(facts.server_name.as_deref(), Some("localhost"));
}

#[test]
fn client_certificates() {
    let ca = WORLD.path("ca.pem");
    let demanding = ["--require-client-cert", "--verify-client-cert", "--x509cafile", ca.as_str()];
    let strict = || server(KeyKind::P256).client_auth(ClientAuth::Require, WORLD.anchors());
    for kind in MORE_KINDS {
        let stem = format!("client-{}", stem(kind));
        ask_them(KeyKind::P256, client().identity(WORLD.identity(&stem)), "", &demanding);
        let [cert, key] = WORLD.files(&stem);
        let facts = ask_us(strict(), "", &["--x509certfile", &cert, "--x509keyfile", &key]);
        assert!(facts.peer().unwrap().verified && facts.peer_scheme.is_some(), "{kind:?}");
    }
    for config in [client(), client().identity(WORLD.identity("stranger"))] {
        let (_server, port) = gnutls_serv(KeyKind::P256, "", &demanding);
        let refused = Link::connect(&config.build().unwrap(), port, None)
            .and_then(|mut link| io::Read::read(&mut link, &mut [0]));
        let error = refused.unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Alert(_))), "{error}");
    }
    let server = link::serve(strict().build().unwrap(), 1, link::echo);
    let client = gnutls_cli(server.port, "", &[]);
    let error = server.finish().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::ClientCertificateMissing))), "{error}");
    assert!(!client.finish().0.success());
}

/// By ticket (RFC 5077) and by session ID (RFC 5246 §7.3).
#[test]
fn our_client_resumes() {
    for (options, ticket) in [(&[][..], true), (&["--noticket"], false)] {
        let (_server, port) = gnutls_serv(KeyKind::P256, "", options);
        let config = client().build().unwrap();
        let mut first = Link::connect(&config, port, None).unwrap();
        ours::ask(&mut first, "hello\n", "hello\n").unwrap();
        first.close().unwrap();
        let session = first.sessions.pop().expect("a session");
        assert_eq!((session.ticket().is_some(), first.facts().resumed), (ticket, false));
        let mut again = Link::connect(&config, port, Some(session)).unwrap();
        ours::ask(&mut again, "again\n", "again\n").unwrap();
        assert!(again.facts().resumed && again.facts().peer().unwrap().verified, "{options:?}");
    }
}

#[test]
fn their_client_resumes() {
    let tickets = || Ticketer::new(handfast::rustcrypto::provider());
    let keepers: [(Arc<dyn KeepSessions>, &[&str]); 4] = [
        (Arc::new(tickets()), &["--resume"]),
        (Arc::new(MemoryStore::default()), &["--resume"]),
        (Arc::new(MemoryStore::default()), &["--resume", "--noticket"]),
        (Arc::new((tickets(), MemoryStore::default())), &["--resume", "--noticket"]),
    ];
    for (keeper, options) in keepers {
        let config = server(KeyKind::P256).sessions(keeper).build().unwrap();
        let server = link::serve(config, 2, link::echo);
        let client = talk(server.port, "", options);
        let resumed: Vec<_> = server.succeed_with(&client).iter().map(|(facts, ())| facts.resumed).collect();
        assert_eq!(resumed, [false, true], "{options:?}");
        client.wait_for_word("This is a resumed session");
    }
}

/// Whatever names the connection, as it is printed: RFC 5705, RFC 5929, RFC 9266.
fn names(link: &Link, is_server: bool) -> io::Result<Vec<String>> {
    let binding = |binding| link.connection.channel_binding(binding).map(|value| hex(&value)).map_err(io_error);
    let mut names = vec![
        format!("- Key material: {}", hex(&link.export("EXPORTER-interop", 40)?)),
        format!("'tls-unique': {}", binding(ChannelBinding::Unique)?),
        format!("'tls-exporter': {}", binding(ChannelBinding::Exporter)?),
    ];
    // Neither server knows its certificate any more when a session is resumed.
    if !(is_server && link.facts().resumed) {
        names.push(format!("'tls-server-end-point': {}", binding(ChannelBinding::ServerEndPoint)?));
    }
    Ok(names)
}

#[test]
fn exporters_and_channel_bindings() {
    let options = ["--verbose", "--keymatexport=EXPORTER-interop", "--keymatexportsize=40"];
    let (server_of_theirs, port) = gnutls_serv(KeyKind::P256, "", &options[1..]);
    let config = client().build().unwrap();
    let mut link = Link::connect(&config, port, None).unwrap();
    ours::ask(&mut link, "hello\n", "hello\n").unwrap();
    for name in names(&link, false).unwrap() {
        server_of_theirs.wait_for_word(&name);
    }
    // In an abbreviated handshake the server's Finished is the first.
    link.close().unwrap();
    let again = Link::connect(&config, port, link.sessions.pop()).unwrap();
    assert!(again.facts().resumed);
    for name in names(&again, false).unwrap().iter().take(3) {
        server_of_theirs.wait_for_word(name);
    }

    let config = server(KeyKind::P256).build().unwrap();
    let server = link::serve(config, 2, |link| names(link, true).and_then(|names| link::echo(link).map(|()| names)));
    let client = talk(server.port, "", &[&options[..], &["--resume"]].concat());
    for (facts, names) in server.succeed_with(&client) {
        for name in names {
            assert!(client.heard().says(&name), "{name} (resumed: {}): {}", facts.resumed, client.heard());
        }
    }
}

/// RFC 8449.
#[test]
fn record_size_limit() {
    let line = format!("{}\n", "a long line ".repeat(250));
    let said = line.clone();
    let config = server(KeyKind::P256).build().unwrap();
    let server = link::serve(config, 1, move |link| {
        io::Write::write_all(link, said.as_bytes())?;
        link.close()
    });
    let client_of_theirs = gnutls_cli(server.port, "", &["--recordsize=1000"]);
    let (facts, ()) = server.succeed_with(&client_of_theirs).remove(0);
    assert_eq!(facts.send_limit, Some(1000));
    assert!(client_of_theirs.finish().1.says(&line));

    let (_server, port) = gnutls_serv(KeyKind::P256, "", &[]);
    let config = client().record_size_limit(Some(600)).build().unwrap();
    let mut link = Link::connect(&config, port, None).unwrap();
    ours::ask(&mut link, &line, &line).unwrap();
    assert_eq!(link.facts().receive_limit, Some(600));
}

/// Without the extended main secret there is no session and no exporter.
#[test]
fn without_the_extended_main_secret() {
    let (_server, port) = gnutls_serv(KeyKind::P256, ":%NO_SESSION_HASH", &[]);
    let mut link = Link::connect(&client().build().unwrap(), port, None).unwrap();
    ours::ask(&mut link, "hello\n", "hello\n").unwrap();
    assert_eq!((link.facts().extended_main_secret, link.sessions.len()), (Some(false), 0));
    let error = link.export("EXPORTER-interop", 20).unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Usage(Usage::NoExtendedMainSecret))), "{error}");
    link.close().unwrap();
    let strict = client().require_extended_main_secret(true).build().unwrap();
    let error = Link::connect(&strict, port, None).err().unwrap();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::NoExtendedMainSecret))), "{error}");

    let config = server(KeyKind::P256).build().unwrap();
    let server_of_ours = link::serve(config, 2, link::echo);
    let client = talk(server_of_ours.port, ":%NO_SESSION_HASH", &["--resume"]);
    for (facts, ()) in server_of_ours.succeed_with(&client) {
        assert_eq!((facts.extended_main_secret, facts.resumed), (Some(false), false));
    }
    let strict = server(KeyKind::P256).require_extended_main_secret(true).build().unwrap();
    let server = link::serve(strict, 1, link::echo);
    let _client = gnutls_cli(server.port, ":%NO_SESSION_HASH", &[]);
    let error = server.finish().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::NoExtendedMainSecret))), "{error}");
}

#[test]
fn a_hundred_mebibytes() {
    LINES.hash();
    let (_server, port) = gnutls_serv(KeyKind::P256, "", &["--quiet"]);
    let stream = ours::connect(client().build().unwrap(), port).unwrap();
    assert_eq!(ours::exchange(stream, &LINES.bytes).unwrap(), LINES.hash());
}

/// RFC 7919 in TLS 1.3, for who asks for it.
#[test]
fn finite_fields_in_tls_1_3() {
    for (group, name) in [(NamedGroup::FFDHE2048, "FFDHE2048"), (NamedGroup::FFDHE3072, "FFDHE3072")] {
        let priority = format!(":-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-{name}");
        // A field is never guessed, so the server asks for it.
        let config = WORLD.client().groups([NamedGroup::X25519, group]);
        let facts = ask_them(KeyKind::P256, config, &priority, &[]);
        assert_eq!((facts.group, facts.version, facts.retried), (Some(group), Some(ProtocolVersion::TLS1_3), true));
        let facts = ask_us(WORLD.server(KeyKind::P256).groups([group]), &priority, &[]);
        assert_eq!((facts.group, facts.version), (Some(group), Some(ProtocolVersion::TLS1_3)));
    }
}
