//! GnuTLS's own programs. Its server binds to every address; it lives for a moment.

use handfast::crypto::KeyKind;
use handfast::wire::NamedGroup;
use handfast::{ClientConfigBuilder, Error, Facts, ServerConfigBuilder};
use handfast_interop::ours::{self, Updates};
use handfast_interop::process::{Process, free_port};
use handfast_interop::world::{LINES, MORE_KINDS, WORLD, hash, stem};
use handfast_interop::{CCM, matrix_tests};
use handfast_net::tls_error;
use std::io::{Read, Write};
use std::sync::Arc;

/// What both programs do unless told otherwise.
const PRIORITY: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

/// The priority string, which what begins with a colon adds to, and the other options.
fn split<'a>(options: &'a [&'a str]) -> (String, &'a [&'a str]) {
    match options {
        [more, rest @ ..] if more.starts_with(':') => (format!("{PRIORITY}{more}"), rest),
        all => (PRIORITY.to_string(), all),
    }
}

/// `gnutls-serv`, which says everything back, and its port.
pub(crate) fn gnutls_serv(kind: KeyKind, options: &[&str]) -> (Process, u16) {
    let port = free_port();
    let (priority, options) = split(options);
    let number = port.to_string();
    let [cert, key] = WORLD.files(&stem(kind));
    let fixed = ["--port", &number, "--quiet", "--echo", "--crlf", "--priority", &priority];
    let own = ["--x509certfile", &cert, "--x509keyfile", &key];
    (Process::start("gnutls-serv", fixed.iter().chain(&own).chain(options)).listening(port), port)
}

/// `gnutls-cli`, which verifies us.
pub(crate) fn gnutls_cli(port: u16, options: &[&str]) -> Process {
    let (priority, options) = split(options);
    let (number, ca) = (port.to_string(), WORLD.path("ca.pem"));
    let fixed = ["--port", &number, "--x509cafile", &ca, "--priority", &priority];
    Process::start("gnutls-cli", fixed.iter().chain(options).chain(&["localhost"]))
}

fn ask_them(kind: KeyKind, config: ClientConfigBuilder, options: &[&str]) -> Facts {
    say_to_them(kind, config, options, "hello\n")
}

fn say_to_them(kind: KeyKind, config: ClientConfigBuilder, options: &[&str], line: &str) -> Facts {
    let (_server, port) = gnutls_serv(kind, options);
    let mut stream = ours::connect(config.build().unwrap(), port).unwrap();
    ours::ask(&mut stream, line, line).unwrap();
    stream.facts().clone()
}

fn ask_us(config: ServerConfigBuilder, options: &[&str]) -> Facts {
    let server = ours::serve(config.build().unwrap(), ours::echo);
    let mut client = gnutls_cli(server.port, options);
    client.wait_for_word("Simple Client Mode");
    client.type_in(b"a line that comes back\n");
    client.wait_for_word("\na line that comes back");
    client.end_input();
    server.succeed_with(&client).0
}

matrix_tests!(MORE_KINDS);

/// What neither side does unless it is told to.
#[test]
fn suites_that_are_off_by_default() {
    for (suite, cipher) in CCM.into_iter().zip([":+AES-128-CCM", ":+AES-128-CCM-8"]) {
        let (client, server) = (WORLD.client().suites([suite]), WORLD.server(KeyKind::P256).suites([suite]));
        for facts in [ask_them(KeyKind::P256, client, &[cipher]), ask_us(server, &[cipher])] {
            assert_eq!(facts.suite.map(|known| known.id), Some(suite));
        }
    }
}

#[test]
fn hello_retry_request() {
    let groups = [NamedGroup::X25519, NamedGroup::SECP521R1];
    let facts = ask_them(KeyKind::P256, WORLD.client().groups(groups), &[":-GROUP-ALL:+GROUP-SECP521R1"]);
    assert_eq!((facts.group, facts.retried), (Some(NamedGroup::SECP521R1), true));
    let offer = ":-GROUP-ALL:+GROUP-SECP256R1:+GROUP-SECP384R1";
    let facts = ask_us(WORLD.server(KeyKind::P256).groups([NamedGroup::SECP384R1]), &[offer]);
    assert_eq!((facts.group, facts.retried), (Some(NamedGroup::SECP384R1), true));
}

#[test]
fn application_protocols() {
    let facts = ask_them(KeyKind::P256, WORLD.client().protocols(["x/1", "y/1"]), &["--alpn=y/1"]);
    assert_eq!(facts.protocol.as_deref(), Some(&b"y/1"[..]));
    let facts = ask_us(WORLD.server(KeyKind::P256).protocols(["y/1"]), &["--alpn=x/1", "--alpn=y/1"]);
    assert_eq!(facts.protocol.as_deref(), Some(&b"y/1"[..]));
}

/// RFC 8449: they say how much they take, and so do we; both is less than what is said.
#[test]
fn record_size_limit() {
    let line = format!("{}\n", "a long line ".repeat(250));
    let said = line.clone();
    let server = ours::serve(WORLD.server(KeyKind::P256).build().unwrap(), move |mut stream| {
        stream.write_all(said.as_bytes())?;
        stream.close()?;
        // It hangs up without a word.
        let _ = stream.read_to_end(&mut Vec::new());
        Ok(())
    });
    let client = gnutls_cli(server.port, &["--recordsize=1000"]);
    let (facts, _) = server.succeed_with(&client);
    assert!(client.finish().1.says(&line));
    assert!(facts.send_limit.unwrap() <= 1_000, "{:?}", facts.send_limit);
    let facts = say_to_them(KeyKind::P256, WORLD.client().record_size_limit(Some(600)), &[], &line);
    assert!(facts.receive_limit.unwrap() <= 600, "{:?}", facts.receive_limit);
}

#[test]
fn client_certificates() {
    let ca = WORLD.path("ca.pem");
    let demanding = ["--require-client-cert", "--x509cafile", ca.as_str()];
    ask_them(KeyKind::P256, WORLD.client().identity(WORLD.identity("client")), &demanding);
    for config in [WORLD.client(), WORLD.client().identity(WORLD.identity("stranger"))] {
        let (_server, port) = gnutls_serv(KeyKind::P256, &[&demanding[..], &["--verify-client-cert"]].concat());
        let mut stream = ours::connect(config.build().unwrap(), port).unwrap();
        let error = stream.read(&mut [0]).unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Alert(_))), "{error}");
    }

    let [cert, key] = WORLD.files("client");
    let facts = ask_us(WORLD.strict_server(), &["--x509certfile", &cert, "--x509keyfile", &key]);
    assert!(facts.peer().unwrap().verified);
    let server = ours::serve(WORLD.strict_server().build().unwrap(), ours::echo);
    let client = gnutls_cli(server.port, &[]);
    assert!(server.finish().is_err());
    client.wait_for_word("Certificate is required");
}

#[test]
fn key_updates() {
    let updates = Arc::new(Updates::default());
    let config = WORLD.server(KeyKind::P256).trace(updates.clone()).build().unwrap();
    let server = ours::serve(config, ours::echo);
    let mut client = gnutls_cli(server.port, &["--inline-commands"]);
    client.wait_for_word("Simple Client Mode");
    for word in ["one", "two"] {
        client.type_in(b"^rekey^\n");
        client.type_in(format!("word {word}\n").as_bytes());
        client.wait_for_word(&format!("\nword {word}\n"));
    }
    client.end_input();
    server.succeed_with(&client);
    let [sent, received] = updates.counted();
    assert!(received >= 2 && sent >= 2, "{sent} sent, {received} received");
}

/// There and back, with new keys on the way; to its client a tenth of that.
#[test]
fn a_hundred_mebibytes() {
    let updates = Arc::new(Updates::default());
    let (_server, port) = gnutls_serv(KeyKind::P256, &[]);
    LINES.hash();
    let stream = ours::connect(WORLD.client().trace(updates.clone()).build().unwrap(), port).unwrap();
    assert_eq!(ours::exchange(stream, &LINES.bytes).unwrap(), LINES.hash());
    let [sent, received] = updates.counted();
    assert!(sent >= 6 && received >= 6, "{sent} sent, {received} received");

    // Their client takes what is typed a line at a time, and its time for each.
    let some = &LINES.bytes[..10 << 20];
    let server = ours::serve(WORLD.server(KeyKind::P256).build().unwrap(), ours::echo);
    let mut client = gnutls_cli(server.port, &["--logfile=/dev/null"]);
    client.type_all(some);
    let (_, heard) = server.succeed_with(&client);
    assert_eq!(heard, hash(some));
    let said = client.finish().1.out;
    // After its greeting.
    assert!(said.ends_with(some), "{} bytes came back", said.len());
}
