//! Programs of `peers/`, one a language, which all talk the same way.
//!
//! ```text
//! PEER client --port N --ca FILE --file FILE [--cert FILE --key FILE] [--groups A,B] [--alpn A,B] [--version TLSv1.2]
//!             [--connections N]
//! PEER server --cert FILE --key FILE [--ca FILE] [--groups A,B] [--alpn A,B] [--version TLSv1.2] [--connections N]
//! ```
//!
//! A client sends the file and close_notify while it reads what comes back; a server says its port, takes one connection and
//! says everything back. At the end each prints what it knows as JSON on a line: `version`, `cipher`, `group` (where the
//! language tells), `protocol`, `peer` (the client's common name, on a server), `bytes` and `hash` of what it heard. A server
//! that is given a CA demands a client certificate. Several connections come one after the other, and their sessions are resumed
//! where the language does that by itself; some say `resumed`, `exported` and `finished`. Node.js also takes `--ticket-keys A,B,…`,
//! one for each connection, and says `ticketKeys`.

use crate::Retry;
use crate::ours::{self, Updates};
use crate::process::Process;
use crate::world::{File, LARGE, SMALL, WORLD, hash, stem};
use handfast::crypto::KeyKind;
use handfast::wire::{AlertDescription, CipherSuite, NamedGroup, Violation};
use handfast::{ClientConfigBuilder, Error, ServerConfigBuilder};
use handfast_net::tls_error;
use serde_json::Value;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock};

/// How a program is started.
pub struct Script {
    command: Vec<String>,
}

/// Node.js.
pub static NODE: LazyLock<Script> = LazyLock::new(|| Script::new(&["node", &peer("peer.js")]));

/// Java, from source.
pub static JAVA: LazyLock<Script> = LazyLock::new(|| Script::new(&["java", &peer("Peer.java")]));

/// Go, compiled.
pub static GO: LazyLock<Script> = LazyLock::new(|| {
    let program = WORLD.path("peer");
    let mut go = Command::new("go");
    go.args(["build", "-o", &program, &peer("peer.go")]).env("GOFLAGS", "-mod=mod").env("GOTOOLCHAIN", "local");
    Process::run(go).succeed();
    Script::new(&[&program])
});

fn peer(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name).to_string_lossy().into_owned()
}

/// A server of theirs, which takes one connection.
pub struct Server {
    process: Process,
    /// Where it listens.
    pub port: u16,
}

impl Script {
    fn new(command: &[&str]) -> Self {
        Self { command: command.iter().map(ToString::to_string).collect() }
    }

    fn start(&self, arguments: &[&str]) -> Process {
        Process::start(&self.command[0], self.command[1..].iter().map(String::as_str).chain(arguments.iter().copied()))
    }

    /// A server whose key is of `kind`.
    pub fn server(&self, kind: KeyKind, options: &[&str]) -> Server {
        let [cert, key] = WORLD.files(&stem(kind));
        let process = self.start(&[&["server", "--cert", &cert, "--key", &key], options].concat());
        let line = process.wait_for("a port", |heard| heard.out.contains(&b'\n')).text();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("{line:?} is no port"));
        Server { process, port }
    }

    /// A client of our server at `port`, under way.
    pub fn client(&self, port: u16, file: &File, options: &[&str]) -> Process {
        let (port, ca) = (port.to_string(), WORLD.path("ca.pem"));
        self.start(&[&["client", "--port", &port, "--ca", &ca, "--file", &file.path], options].concat())
    }
}

impl Server {
    /// What it knows at its end.
    pub fn finish(self) -> Value {
        said(self.process)
    }

    /// What it knows of each of its connections.
    pub fn finish_all(self) -> Vec<Value> {
        all_said(self.process)
    }
}

/// What a program knows at its end.
fn said(process: Process) -> Value {
    all_said(process).pop().expect("a word")
}

/// What it knows of each of its connections, after whatever else it has said.
pub(crate) fn all_said(process: Process) -> Vec<Value> {
    let heard = process.succeed();
    let text = heard.text();
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line:?}: {error}: {heard}"));
    text.lines().map(parse).filter(Value::is_object).collect()
}

/// What both sides say of a connection.
struct Both {
    ours: handfast::Facts,
    theirs: Value,
}

impl Both {
    fn check(&self, suite: Option<CipherSuite>, group: Option<NamedGroup>) {
        assert_eq!(self.theirs["version"], "TLSv1.3");
        if let Some(suite) = suite {
            assert_eq!(self.ours.suite.map(|ours| ours.id), Some(suite));
            assert_eq!(self.theirs["cipher"], suite.to_string());
        }
        if let Some(group) = group {
            assert_eq!(self.ours.group, Some(group));
            let theirs = &self.theirs["group"];
            assert!(theirs.is_null() || *theirs == group.to_string(), "{theirs} is not {group}");
        }
    }
}

/// Our client and their server.
fn to_them(script: &Script, kind: KeyKind, config: ClientConfigBuilder, options: &[&str], file: &'static File) -> Both {
    let server = script.server(kind, options);
    let stream = ours::connect(config.build().expect("a configuration"), server.port).expect("a connection");
    let ours = stream.facts().clone();
    let echoed = ours::exchange(stream, &file.bytes).expect("an echo");
    let theirs = server.finish();
    assert_eq!(echoed, hash(&file.bytes));
    assert_eq!(theirs["hash"], file.hash());
    Both { ours, theirs }
}

/// Their client and our server.
fn to_us(script: &Script, config: ServerConfigBuilder, options: &[&str], file: &File) -> Both {
    let server = ours::serve(config.build().expect("a configuration"), ours::echo);
    let client = script.client(server.port, file, options);
    let (ours, heard) = server.succeed_with(&client);
    let theirs = said(client);
    assert_eq!(heard, file.hash());
    assert_eq!(theirs["hash"], file.hash());
    Both { ours, theirs }
}

/// Every suite, both ways.
pub fn suites(script: &Script) {
    for suite in crate::SUITES {
        to_them(script, KeyKind::P256, WORLD.client().suites([suite]), &[], &SMALL).check(Some(suite), None);
        to_us(script, WORLD.server(KeyKind::P256).suites([suite]), &[], &SMALL).check(Some(suite), None);
    }
}

/// Every one of these groups, both ways.
pub fn groups(script: &Script, groups: &[NamedGroup]) {
    for &group in groups {
        to_them(script, KeyKind::P256, WORLD.client().groups([group]), &[], &SMALL).check(None, Some(group));
        to_us(script, WORLD.server(KeyKind::P256).groups([group]), &[], &SMALL).check(None, Some(group));
    }
}

/// Certificates of these kinds, both ways.
pub fn kinds(script: &Script, kinds: &[KeyKind]) {
    for &kind in kinds {
        to_them(script, kind, WORLD.client(), &[], &SMALL).check(None, None);
        to_us(script, WORLD.server(kind), &[], &SMALL).check(None, None);
    }
}

/// HelloRetryRequest, both ways.
pub fn retries(script: &Script, Retry { guessed, wanted }: Retry) {
    let wants = wanted.to_string();
    let both = to_them(script, KeyKind::P256, WORLD.client().groups([guessed, wanted]), &["--groups", &wants], &SMALL);
    both.check(None, Some(wanted));
    assert!(both.ours.retried);
    let both = to_us(script, WORLD.server(KeyKind::P256).groups([wanted]), &[], &SMALL);
    both.check(None, Some(wanted));
    assert!(both.ours.retried);
}

/// The protocol that both speak, both ways.
pub fn protocols(script: &Script) {
    let client = WORLD.client().protocols(["x/1", "http/1.1"]);
    let both = to_them(script, KeyKind::P256, client, &["--alpn", "http/1.1"], &SMALL);
    assert_eq!(both.ours.protocol.as_deref(), Some(&b"http/1.1"[..]));
    assert_eq!(both.theirs["protocol"], "http/1.1");
    let server = WORLD.server(KeyKind::P256).protocols(["http/1.1"]);
    let both = to_us(script, server, &["--alpn", "x/1,http/1.1"], &SMALL);
    assert_eq!(both.ours.protocol.as_deref(), Some(&b"http/1.1"[..]));
    assert_eq!(both.theirs["protocol"], "http/1.1");
}

/// Client certificates, both ways: a good one, none, and one of a stranger.
pub fn client_certificates(script: &Script) {
    let ca = WORLD.path("ca.pem");
    let demanding = ["--ca", ca.as_str()];
    let with = |stem: &str| WORLD.client().identity(WORLD.identity(stem));
    let both = to_them(script, KeyKind::P256, with("client"), &demanding, &SMALL);
    assert_eq!(both.theirs["peer"], "a client");
    for config in [WORLD.client(), with("stranger")] {
        let server = script.server(KeyKind::P256, &demanding);
        // In TLS 1.3 a client hears of it after its own handshake.
        let refused = ours::connect(config.build().expect("a configuration"), server.port)
            .and_then(|mut stream| stream.read(&mut [0]))
            .expect_err("a refusal");
        // Some say why, some just leave.
        let alert = matches!(tls_error(&refused), Some(Error::Alert(_)));
        assert!(alert || refused.kind() == ErrorKind::UnexpectedEof, "{refused}");
    }

    let [cert, key] = WORLD.files("client");
    let both = to_us(script, WORLD.strict_server(), &["--cert", &cert, "--key", &key], &SMALL);
    assert!(both.ours.peer().is_some_and(|peer| peer.verified));
    let [stranger, strangers_key] = WORLD.files("stranger");
    let strange = ["--cert", stranger.as_str(), "--key", &strangers_key];
    for options in [&[][..], &strange] {
        let server = ours::serve(WORLD.strict_server().build().expect("a configuration"), ours::echo);
        let client = script.client(server.port, &SMALL, options);
        let error = server.finish().expect_err("a refusal");
        // A client that knows whom the server trusts may well show a stranger's certificate to nobody.
        let is_told = match tls_error(&error) {
            Some(Error::Peer(Violation::CertificateRequired)) => true,
            Some(error @ Error::Certificate(_)) => {
                !options.is_empty() && error.alert() == Some(AlertDescription::UNKNOWN_CA)
            }
            _ => false,
        };
        assert!(is_told, "{error}");
        let (status, heard) = client.finish();
        assert!(!status.success(), "{heard}");
    }
}

/// 100 MiB there and back, both ways, with new keys on the way.
pub fn large(script: &Script) {
    let check = |updates: &Updates| {
        let [sent, received] = updates.counted();
        assert!(sent >= 6, "{sent} KeyUpdates sent");
        // The last ones may find a peer that has closed, and a request that is not answered yet is not repeated.
        assert!(received >= 1, "{received} KeyUpdates answered");
    };
    let updates = Arc::new(Updates::default());
    to_them(script, KeyKind::P256, WORLD.client().trace(updates.clone()), &[], &LARGE);
    check(&updates);
    let updates = Arc::new(Updates::default());
    to_us(script, WORLD.server(KeyKind::P256).trace(updates.clone()), &[], &LARGE);
    check(&updates);
}

/// The tests of a script.
#[macro_export]
macro_rules! script_tests {
    ($script:expr, groups: $groups:expr, kinds: $kinds:expr, retry: $guessed:ident to $wanted:ident) => {
        #[test]
        fn every_suite() {
            $crate::script::suites(&$script);
        }

        #[test]
        fn every_group() {
            $crate::script::groups(&$script, &$groups);
        }

        #[test]
        fn every_kind_of_certificate() {
            $crate::script::kinds(&$script, &$kinds);
        }

        #[test]
        fn hello_retry_request() {
            let (guessed, wanted) = (NamedGroup::$guessed, NamedGroup::$wanted);
            $crate::script::retries(&$script, $crate::Retry { guessed, wanted });
        }

        #[test]
        fn application_protocols() {
            $crate::script::protocols(&$script);
        }

        #[test]
        fn client_certificates() {
            $crate::script::client_certificates(&$script);
        }

        #[test]
        fn sessions() {
            $crate::again::sessions(&$script);
        }

        #[test]
        fn sessions_of_somebody() {
            $crate::again::sessions_of_somebody(&$script);
        }

        #[test]
        fn sessions_after_retries() {
            let (guessed, wanted) = (NamedGroup::$guessed, NamedGroup::$wanted);
            $crate::again::sessions_after_retries(&$script, $crate::Retry { guessed, wanted });
        }

        #[test]
        fn a_hundred_mebibytes_and_new_keys() {
            $crate::script::large(&$script);
        }
    };
}
