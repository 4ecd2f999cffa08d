//! OpenSSL's own programs.

use handfast::crypto::KeyKind;
use handfast::wire::{AlertDescription, HandshakeType, NamedGroup};
use handfast::{ClientConfigBuilder, Direction, Epoch, Error, Facts, Refusal, ServerConfigBuilder, Trace, Version};
use handfast_interop::ours::{self, Updates};
use handfast_interop::process::{PATIENCE, Process, free_port};
use handfast_interop::world::{LARGE, MORE_KINDS, WORLD, hash, stem};
use handfast_interop::{CCM, matrix_tests};
use handfast_net::{Stream, error_code, tls_error};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// `openssl s_server`, and its port.
pub(crate) fn s_server(kind: KeyKind, options: &[&str]) -> (Process, u16) {
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let [cert, key] = WORLD.files(&stem(kind));
    let fixed = ["s_server", "-accept", &address, "-tls1_3", "-cert", &cert, "-key", &key];
    let mut command = std::process::Command::new("openssl");
    command.args(fixed).args(options).current_dir(WORLD.directory());
    (Process::run(command).listening(port), port)
}

/// `openssl s_client`, which verifies us.
pub(crate) fn s_client(port: u16, options: &[&str]) -> Process {
    let (address, ca) = (format!("127.0.0.1:{port}"), WORLD.path("ca.pem"));
    let fixed = ["s_client", "-connect", &address, "-servername", "localhost", "-verify_hostname", "localhost"];
    let trust = ["-CAfile", &ca, "-verify_return_error"];
    Process::start("openssl", fixed.iter().chain(&trust).chain(options))
}

/// Our client asks their server, which says lines backwards.
fn ask_them(kind: KeyKind, config: ClientConfigBuilder, options: &[&str]) -> Facts {
    let (_server, port) = s_server(kind, &[&["-rev"], options].concat());
    let mut stream = ours::connect(config.build().unwrap(), port).unwrap();
    ours::ask(&mut stream, "hello\n", "olleh\n").unwrap();
    stream.facts().clone()
}

/// Their client asks our server.
fn ask_us(config: ServerConfigBuilder, options: &[&str]) -> Facts {
    ask_us_saying(config, options, "hello")
}

fn ask_us_saying(config: ServerConfigBuilder, options: &[&str], words: &str) -> Facts {
    let server = ours::serve(config.build().unwrap(), ours::echo);
    let mut client = s_client(server.port, &[&["-quiet", "-no_ign_eof"], options].concat());
    client.type_in(format!("{words}, and that is all\n").as_bytes());
    client.wait_for_word(&format!("{words}, and that is all\n"));
    client.end_input();
    server.succeed_with(&client).0
}

matrix_tests!(MORE_KINDS);

/// What neither side does unless it is told to.
#[test]
fn suites_that_are_off_by_default() {
    for suite in CCM {
        let name = suite.to_string();
        let options = ["-ciphersuites", name.as_str()];
        let (client, server) = (WORLD.client().suites([suite]), WORLD.server(KeyKind::P256).suites([suite]));
        for facts in [ask_them(KeyKind::P256, client, &options), ask_us(server, &options)] {
            assert_eq!(facts.suite.map(|known| known.id), Some(suite));
        }
    }
}

#[test]
fn hello_retry_request() {
    let groups = [NamedGroup::X25519, NamedGroup::SECP521R1];
    let facts = ask_them(KeyKind::P256, WORLD.client().groups(groups), &["-groups", "P-521"]);
    assert_eq!((facts.group, facts.retried), (Some(NamedGroup::SECP521R1), true));
    let facts = ask_us(WORLD.server(KeyKind::P256).groups([NamedGroup::SECP384R1]), &["-groups", "P-521:P-384"]);
    assert_eq!((facts.group, facts.retried), (Some(NamedGroup::SECP384R1), true));
}

#[test]
fn application_protocols() {
    let facts = ask_them(KeyKind::P256, WORLD.client().protocols(["http/1.1"]), &["-alpn", "h2,http/1.1"]);
    assert_eq!(facts.protocol.as_deref(), Some(&b"http/1.1"[..]));
    let facts = ask_us(WORLD.server(KeyKind::P256).protocols(["http/1.1"]), &["-alpn", "h2,http/1.1"]);
    assert_eq!(facts.protocol.as_deref(), Some(&b"http/1.1"[..]));
}

#[test]
fn their_ways_of_sending() {
    ask_us(WORLD.server(KeyKind::P256), &["-no_middlebox"]);
    let short = ["-max_send_frag", "512", "-split_send_frag", "512"];
    ask_us_saying(WORLD.server(KeyKind::P256), &short, &"a long line ".repeat(500));
    ask_us(WORLD.server(KeyKind::P256), &["-record_padding", "512"]);
    ask_them(KeyKind::P256, WORLD.client(), &["-record_padding", "512"]);
    ask_them(KeyKind::P256, WORLD.client().middlebox(false).grease(false).permute_extensions(false), &[]);
}

#[test]
fn client_certificates() {
    let ca = WORLD.path("ca.pem");
    let demanding = ["-Verify", "2", "-CAfile", ca.as_str(), "-verify_return_error"];
    ask_them(KeyKind::P256, WORLD.client().identity(WORLD.identity("client")), &demanding);
    for (config, alert) in [
        (WORLD.client(), AlertDescription::CERTIFICATE_REQUIRED),
        (WORLD.client().identity(WORLD.identity("stranger")), AlertDescription::UNKNOWN_CA),
    ] {
        let (_server, port) = s_server(KeyKind::P256, &demanding);
        let mut stream = ours::connect(config.build().unwrap(), port).unwrap();
        let error = stream.read(&mut [0]).unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Alert(told)) if *told == alert), "{error}");
    }

    let [cert, key] = WORLD.files("client");
    let facts = ask_us(WORLD.strict_server(), &["-cert", &cert, "-key", &key]);
    assert!(facts.peer().unwrap().verified);
    let [cert, key] = WORLD.files("stranger");
    for (options, alert) in [(&[][..], "certificate required"), (&["-cert", cert.as_str(), "-key", &key], "unknown ca")]
    {
        let server = ours::serve(WORLD.strict_server().build().unwrap(), ours::echo);
        let client = s_client(server.port, &[&["-quiet"], options].concat());
        assert!(server.finish().is_err());
        client.wait_for_word(alert);
    }
}

/// RFC 9846 §4.2.1.
#[test]
fn a_client_of_tls_1_2_only() {
    let config = WORLD.server(KeyKind::P256).versions(Version::Tls13, Version::Tls13);
    let server = ours::serve(config.build().unwrap(), ours::echo);
    let client = s_client(server.port, &["-tls1_2"]);
    client.wait_for_word("alert protocol version");
    let error = server.finish().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Refused(Refusal::Version))), "{error}");
}

/// Whom we do not trust we do not talk to, and neither do they.
#[test]
fn strangers() {
    let (_server, port) = s_server(KeyKind::P256, &[]);
    let stranger = handfast::ClientConfig::builder().anchors(Arc::new(handfast::Anchors::new())).build().unwrap();
    let error = ours::connect(stranger, port).unwrap_err();
    assert_eq!(tls_error(&error).unwrap().code(), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");

    let server = ours::serve(WORLD.server(KeyKind::P256).build().unwrap(), ours::echo);
    let client = s_client(server.port, &["-verify_hostname", "another.example"]);
    let error = server.finish().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Alert(_))), "{error}");
    assert!(!client.finish().0.success());
}

/// Reads until something has come that is no data.
fn until(stream: &mut Stream<TcpStream>, has_come: impl Fn() -> bool) {
    stream.get_ref().set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let end = Instant::now() + PATIENCE;
    while !has_come() {
        assert!(Instant::now() < end, "it does not come");
        let error = stream.read(&mut [0]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    }
    stream.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
}

/// RFC 9846 §4.7.3: asked for and not, by them and by us.
#[test]
fn key_updates() {
    let updates = Arc::new(Updates::default());
    let (mut server, port) = s_server(KeyKind::P256, &[]);
    let mut stream = ours::connect(WORLD.client().trace(updates.clone()).build().unwrap(), port).unwrap();
    server.wait_for_word("CIPHER is");
    // A command of theirs is what one read begins with, so the next line waits for its effect.
    for (key, received) in [("k\n", 1), ("K\n", 2)] {
        server.type_in(key.as_bytes());
        until(&mut stream, || updates.counted()[1] == received);
        server.type_in(b"word\n");
        ours::ask(&mut stream, "and back\n", "word\n").unwrap();
        server.wait_for_word("and back");
    }
    assert_eq!(updates.counted(), [1, 2], "the request was answered");
    stream.update_keys().unwrap();
    stream.write_all(b"once more\n").unwrap();
    server.wait_for_word("once more");
    // It answers with the next thing it says.
    server.type_in(b"yes\n");
    stream.read_exact(&mut [0; 4]).unwrap();
    assert_eq!(updates.counted(), [2, 3], "ours was answered");

    for key in ["k\n", "K\n"] {
        let updates = Arc::new(Updates::default());
        let config = WORLD.server(KeyKind::P256).trace(updates.clone()).build().unwrap();
        let server = ours::serve(config, ours::echo);
        let mut client = s_client(server.port, &[]);
        client.wait_for_word("Verify return code: 0 (ok)");
        client.type_in(key.as_bytes());
        client.wait_for_word("KEYUPDATE");
        client.type_in(b"a line that comes back\n");
        client.wait_for_word("a line that comes back");
        client.type_in(b"Q\n");
        server.succeed_with(&client);
        assert_eq!(updates.counted(), [usize::from(key == "K\n"), 1], "{key}");
    }
}

/// Counts the Finished messages of this side.
#[derive(Default)]
struct Finishes(AtomicUsize);

impl Trace for Finishes {
    fn message(&self, direction: Direction, _: Epoch, raw: &[u8]) {
        let is_own = direction == Direction::Send && raw.first() == Some(&HandshakeType::FINISHED.0);
        self.0.fetch_add(usize::from(is_own), Ordering::Relaxed);
    }

    fn alert(&self, _: Direction, _: AlertDescription) {}

    fn change_cipher_spec(&self, _: Direction) {}
}

/// RFC 9846 §4.7.2: twice on one connection, with a certificate and without.
#[test]
fn a_certificate_after_the_handshake() {
    let ca = WORLD.path("ca.pem");
    for config in [WORLD.client().identity(WORLD.identity("client")), WORLD.client()] {
        let finishes = Arc::new(Finishes::default());
        let (mut server, port) = s_server(KeyKind::P256, &["-CAfile", ca.as_str()]);
        let config = config.post_handshake_auth(true).trace(finishes.clone());
        let mut stream = ours::connect(config.build().unwrap(), port).unwrap();
        server.wait_for_word("CIPHER is");
        for asked in 1..=2 {
            server.type_in(b"c\n");
            until(&mut stream, || finishes.0.load(Ordering::Relaxed) == 1 + asked);
            server.type_in(b"word\n");
            ours::ask(&mut stream, "and back\n", "word\n").unwrap();
            drop(server.wait_for("a word back", |heard| heard.text().matches("and back").count() == asked));
        }
    }

    let [cert, key] = WORLD.files("client");
    let ask = |mut stream: Stream<TcpStream>| {
        for _ in 0..2 {
            stream.request_certificate(WORLD.strict_server().build().unwrap())?;
            stream.write_all(b"who are you?\n")?;
            assert!(stream.await_certificate()?);
        }
        stream.close()?;
        Ok(stream.facts().peer().is_some_and(|peer| peer.verified))
    };
    let server = ours::serve(WORLD.server(KeyKind::P256).build().unwrap(), ask);
    let client = s_client(server.port, &["-quiet", "-enable_pha", "-cert", &cert, "-key", &key]);
    assert!(server.succeed_with(&client).1);
    let server = ours::serve(WORLD.server(KeyKind::P256).build().unwrap(), ask);
    let client = s_client(server.port, &["-quiet", "-enable_pha"]);
    assert_eq!(error_code(&server.finish().unwrap_err()), "CertificateRequired");
    client.wait_for_word("alert certificate required");
}

#[test]
fn a_hundred_mebibytes_down() {
    let (_server, port) = s_server(KeyKind::P256, &["-WWW"]);
    LARGE.hash();
    let mut stream = ours::connect(WORLD.client().build().unwrap(), port).unwrap();
    assert_eq!(hash(&ours::fetch(&mut stream, "/large.bin").unwrap()), LARGE.hash());
}

#[test]
fn a_hundred_mebibytes_up() {
    let (server, port) = s_server(KeyKind::P256, &["-quiet", "-naccept", "1"]);
    let mut stream = ours::connect(WORLD.client().build().unwrap(), port).unwrap();
    stream.write_all(&LARGE.bytes).unwrap();
    stream.close().unwrap();
    let heard = server.wait_for("100 MiB", |heard| heard.out.len() >= LARGE.bytes.len());
    assert_eq!(hash(&heard.out), LARGE.hash());
}

#[test]
fn a_hundred_mebibytes_there_and_back() {
    let server = ours::serve(WORLD.server(KeyKind::P256).build().unwrap(), ours::echo);
    let mut client = s_client(server.port, &["-quiet"]);
    client.type_all(&LARGE.bytes);
    let heard = client.wait_for("100 MiB", |heard| heard.out.len() >= LARGE.bytes.len());
    assert_eq!(hash(&heard.out), LARGE.hash());
}
