//! NSS's own programs, which Debian has in libnss3-tools. Their server answers HTTP with what it was asked.

use handfast::crypto::KeyKind;
use handfast::wire::{NamedGroup, Violation};
use handfast::{ClientConfigBuilder, Error, Facts, ServerConfigBuilder};
use handfast_interop::matrix_tests;
use handfast_interop::ours::{self, Updates};
use handfast_interop::process::{Process, free_port};
use handfast_interop::world::{File, KINDS, LARGE, SMALL, WORLD, hash, stem};
use handfast_net::tls_error;
use std::fs;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

/// A database that trusts the CA and has this identity. NSS knows certificates by their subject, so each has its own.
fn database(stem: &str) -> String {
    static MAKING: Mutex<()> = Mutex::new(());
    let _one_at_a_time = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = WORLD.path(&format!("nss-{stem}"));
    let database = format!("sql:{directory}");
    if fs::create_dir(&directory).is_ok() {
        let [ca, cert, key, pfx] =
            ["ca.pem".into(), format!("{stem}.pem"), format!("{stem}.key"), format!("{stem}.p12")]
                .map(|name: String| WORLD.path(&name));
        let run = |program: &str, arguments: &[&str]| drop(Process::start(program, arguments).succeed());
        run("certutil", &["-N", "-d", &database, "--empty-password"]);
        run("certutil", &["-A", "-d", &database, "-n", "ca", "-t", "CT,C,", "-i", &ca]);
        let own = ["-name", stem, "-passout", "pass:x", "-out", &pfx];
        run("openssl", &[&["pkcs12", "-export", "-in", &cert, "-inkey", &key], &own[..]].concat());
        run("pk12util", &["-i", &pfx, "-d", &database, "-W", "x", "-K", ""]);
    }
    database
}

/// `selfserv`, and its port. It binds to every address; it lives for a moment.
pub(crate) fn selfserv(kind: KeyKind, options: &[&str]) -> (Process, u16) {
    let (port, stem) = (free_port(), stem(kind));
    let (number, database) = (port.to_string(), database(&stem));
    let own = [if kind == KeyKind::Rsa { "-n" } else { "-e" }, &stem];
    let fixed = ["-d", &database, "-p", &number, "-V", "tls1.3:tls1.3"];
    (Process::start("selfserv", own.iter().chain(&fixed).chain(options)).listening(port), port)
}

/// `tstclnt`, which verifies us.
pub(crate) fn tstclnt(port: u16, identity: &str, options: &[&str]) -> Process {
    let (number, database) = (port.to_string(), database(identity));
    let fixed = ["-h", "localhost", "-p", &number, "-d", &database, "-V", "tls1.3:tls1.3", "-4"];
    Process::start("tstclnt", fixed.iter().chain(options))
}

pub(crate) fn ask_them(kind: KeyKind, config: ClientConfigBuilder, options: &[&str]) -> Facts {
    let (_server, port) = selfserv(kind, options);
    let mut stream = ours::connect(config.build().unwrap(), port).unwrap();
    let page = ours::fetch(&mut stream, "/a/page").unwrap();
    assert!(page.starts_with(b"GET /a/page "), "{}", String::from_utf8_lossy(&page));
    stream.facts().clone()
}

pub(crate) fn ask_us(config: ServerConfigBuilder, options: &[&str]) -> Facts {
    transfer(config, &SMALL, options)
}

/// There and back. Their client waits until the server has closed.
fn transfer(config: ServerConfigBuilder, file: &'static File, options: &[&str]) -> Facts {
    let server = ours::serve(config.build().unwrap(), |stream| ours::echo_until(stream, file.bytes.len()));
    let client = tstclnt(server.port, "client", &[&["-A", file.path.as_str()], options].concat());
    let (facts, heard) = server.succeed_with(&client);
    let said = client.finish().1.out;
    assert_eq!((heard, hash(&said)), (file.hash(), file.hash()), "{} bytes came back", said.len());
    facts
}

matrix_tests!(KINDS);

#[test]
fn hello_retry_request() {
    let groups = [NamedGroup::X25519, NamedGroup::SECP521R1];
    let facts = ask_them(KeyKind::P256, WORLD.client().groups(groups), &["-I", "P521"]);
    assert_eq!((facts.group, facts.retried), (Some(NamedGroup::SECP521R1), true));
    let facts = ask_us(WORLD.server(KeyKind::P256).groups([NamedGroup::SECP384R1]), &["-I", "x25519,P384"]);
    assert_eq!((facts.group, facts.retried), (Some(NamedGroup::SECP384R1), true));
}

#[test]
fn middlebox_compatibility() {
    ask_us(WORLD.server(KeyKind::P256), &["-e"]);
    ask_them(KeyKind::P256, WORLD.client().middlebox(false), &[]);
}

#[test]
fn client_certificates() {
    let demanding = ["-r", "-r"];
    ask_them(KeyKind::P256, WORLD.client().identity(WORLD.identity("client")), &demanding);
    for config in [WORLD.client(), WORLD.client().identity(WORLD.identity("stranger"))] {
        let (_server, port) = selfserv(KeyKind::P256, &demanding);
        let mut stream = ours::connect(config.build().unwrap(), port).unwrap();
        let error = stream.read(&mut [0]).unwrap_err();
        assert!(matches!(tls_error(&error), Some(Error::Alert(_))), "{error}");
    }

    let facts = ask_us(WORLD.strict_server(), &["-n", "client"]);
    assert!(facts.peer().unwrap().verified);
    let server = ours::serve(WORLD.strict_server().build().unwrap(), ours::echo);
    let client = tstclnt(server.port, "p256", &[]);
    let error = server.finish().unwrap_err();
    assert!(matches!(tls_error(&error), Some(Error::Peer(Violation::CertificateRequired))), "{error}");
    assert!(!client.finish().0.success());
}

#[test]
fn a_hundred_mebibytes_there_and_back() {
    let updates = Arc::new(Updates::default());
    transfer(WORLD.server(KeyKind::P256).trace(updates.clone()), &LARGE, &[]);
    let [sent, received] = updates.counted();
    assert!(sent >= 6 && received >= 1, "{sent} sent, {received} received");
}
