//! `serve` with certificates for several hosts, and new ones while it runs.

use crate::{Scratch, Server, echo, run};
use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity};
use handfast::{Clock, Provider, SystemClock};
use serde_json::Value;
use std::fs;
#[cfg(unix)]
use std::process::Command;

/// A CA in `ca.pem`, and what it issues.
struct Ca {
    provider: Provider,
    ca: Identity,
    scratch: Scratch,
}

impl Ca {
    fn new() -> Self {
        let (provider, scratch) = (handfast::rustcrypto::provider(), Scratch::new());
        let ca = Identity::root(&provider, Builder::ca("A CA", SystemClock.now()), KeyKind::P256).unwrap();
        scratch.write("ca.pem", ca.certificate_pem());
        Self { provider, ca, scratch }
    }

    /// A certificate for these hosts, and its key behind it.
    fn pem(&self, hosts: &[&str], kind: KeyKind) -> String {
        let leaf = self.ca.issue(&self.provider, Builder::server(hosts, SystemClock.now()), kind).unwrap();
        format!("{}{}", leaf.certificate_pem(), leaf.key.to_pem().as_str())
    }

    fn write(&self, name: &str, hosts: &[&str], kind: KeyKind) -> String {
        self.scratch.write(name, self.pem(hosts, kind))
    }

    fn serve(self, arguments: &[&str]) -> Server {
        Server::of(self.scratch, arguments)
    }
}

/// The names of the certificate that a client is shown who asks for `host`.
fn shown(server: &Server, host: &str, more: &[&str]) -> Value {
    let arguments = ["connect", &server.address, "--insecure", "--json", "--servername", host];
    let run = run(&[&arguments[..], more].concat(), b"").exits(0);
    let facts: Value = serde_json::from_str(&run.stdout()).unwrap();
    facts["names"].clone()
}

/// Puts a file in the place of another at once: nobody sees half of it.
fn replace(path: &str, content: &str) {
    let beside = format!("{path}.new");
    fs::write(&beside, content).unwrap();
    fs::rename(&beside, path).unwrap();
}

#[test]
fn each_host_has_its_certificate() {
    let ca = Ca::new();
    let (a, b) = (
        ca.write("a.pem", &["a.example", "also-a.example"], KeyKind::P256),
        ca.write("b.pem", &["*.b.example"], KeyKind::Ed25519),
    );
    let other = ca.write("other.pem", &["a.example"], KeyKind::Ed25519);
    let server = ca.serve(&["--cert", &a, "--cert", &b, "--cert", &other]);
    for (host, more, names) in [
        ("a.example", &[][..], &["a.example"][..]),
        ("a.example", &["--sigalgs", "ECDSA+SHA256"], &["a.example", "also-a.example"]),
        ("also-a.example", &[], &["a.example", "also-a.example"]),
        ("x.b.example", &["--sigalgs", "ECDSA+SHA256:ed25519"], &["*.b.example"]),
        // Where the one for the host has no key that the client takes, it gets another.
        ("x.b.example", &["--sigalgs", "ECDSA+SHA256"], &["a.example", "also-a.example"]),
    ] {
        // Of two for one host, the client's first scheme decides among those that fit.
        let found = shown(&server, host, more);
        let first = names[0];
        assert_eq!(found[0], first, "{host} {more:?}");
        if more.len() == 2 {
            assert_eq!(found, serde_json::json!(names), "{host} {more:?}");
        }
    }
    for host in ["nobody.example", "y.x.b.example", "localhost", "127.0.0.1"] {
        let found = shown(&server, host, &["--sigalgs", "ECDSA+SHA256"]);
        assert_eq!(found[0], "a.example", "the first for {host}");
    }
}

#[test]
fn a_directory_of_hosts() {
    let ca = Ca::new();
    ca.write("certs/a.example/both.pem", &["a.example", "www.a.example"], KeyKind::P256);
    // In files as certbot has them.
    let pem = ca.pem(&["x.b.example"], KeyKind::P256);
    let (cert, key) = pem.split_at(pem.find("-----BEGIN PRIVATE").unwrap());
    ca.scratch.write("certs/_.b.example/cert.pem", cert);
    ca.scratch.write("certs/_.b.example/fullchain.pem", format!("{cert}{}", ca.ca.certificate_pem()));
    ca.scratch.write("certs/_.b.example/privkey.pem", key);
    ca.scratch.write("certs/_.b.example/README", "what is what");
    ca.write("certs/default/it.pem", &["else.example"], KeyKind::P256);
    ca.write("certs/single.pem", &["single.example", "www.a.example"], KeyKind::P256);
    ca.scratch.write("certs/.hidden.pem", "nothing");
    let certs = ca.scratch.path("certs");
    let mut server = ca.serve(&["--cert-dir", &certs]);
    assert!(server.line().contains("_.b.example: the certificate is not for *.b.example"));
    for (host, name) in [
        ("a.example", "a.example"),
        ("www.a.example", "a.example"),
        ("y.b.example", "x.b.example"),
        ("single.example", "single.example"),
        ("nobody.example", "else.example"),
    ] {
        assert_eq!(shown(&server, host, &[])[0], name, "{host}");
    }
    let chain = run(&["connect", &server.address, "--insecure", "--json", "--servername", "y.b.example"], b"");
    assert_eq!(serde_json::from_str::<Value>(&chain.stdout()).unwrap()["certificates"], 2);
    let empty = server.scratch.path("empty");
    fs::create_dir(&empty).unwrap();
    run(&["serve", "--cert-dir", &empty], b"").exits(2).says("no certificate").says("called like hosts");
    run(&["serve", "--cert-dir", "/no/such/directory"], b"").exits(3).says("/no/such/directory");
}

/// Keys that are encrypted, and files of PKCS#12.
#[test]
fn a_directory_that_a_password_opens() {
    let ca = Ca::new();
    let pem = ca.write("all.pem", &["a.example"], KeyKind::P256);
    let certs = ca.scratch.path("certs/a.example");
    fs::create_dir_all(&certs).unwrap();
    let pfx = format!("{certs}/all.pfx");
    run(&["pki", "pfx", &pem, "--out-pass", "pass:word", "--out", &pfx], b"").exits(0);
    let certs = ca.scratch.path("certs");
    run(&["serve", "--cert-dir", &certs], b"").exits(2).says("--pass");
    let server = ca.serve(&["--cert-dir", &certs, "--pass", "pass:word"]);
    assert_eq!(shown(&server, "a.example", &[])[0], "a.example");
}

#[test]
fn strangers_are_refused_where_that_is_wanted() {
    let ca = Ca::new();
    let a = ca.write("a.pem", &["a.example", "*.b.example"], KeyKind::P256);
    let mut server = ca.serve(&["--cert", &a, "--strict-sni"]);
    assert_eq!(shown(&server, "A.example", &[])[0], "a.example");
    assert_eq!(shown(&server, "x.b.example", &[])[0], "a.example");
    for host in ["nobody.example", "127.0.0.1"] {
        let refused = run(&["connect", &server.address, "--insecure", "--servername", host], b"");
        refused.exits(1).says("error: unrecognized_name");
        let line = server.line();
        assert!(
            line.contains("unrecognized_name") && line.contains("hint: ") && line.contains("--strict-sni"),
            "{line}"
        );
        assert_eq!(line.contains("for nobody.example: "), host == "nobody.example", "{line}");
    }
}

/// K8: other certificates for new connections, the same for those that are there, and sessions that stay good.
#[test]
#[cfg(unix)]
fn certificates_are_read_again() {
    for by_signal in [true, false] {
        let ca = Ca::new();
        let (old, new) = (
            ca.pem(&["localhost", "old.example"], KeyKind::P256),
            ca.pem(&["localhost", "new.example"], KeyKind::P256),
        );
        let cert = ca.scratch.write("cert.pem", &old);
        let interval = if by_signal { "0" } else { "1" };
        let mut server = ca.serve(&["--cert", &cert, "--reload", interval]);
        assert_eq!(shown(&server, "localhost", &[])[1], "old.example");
        let session = server.scratch.path("session");
        server.connect(&["--session-out", &session], b"hello").exits(0);
        let (mut child, mut stdin) = server.session();
        let mut stdout = child.stdout.take().unwrap();
        let mut say = |word| echo(&mut stdin, &mut stdout, word);
        say(b"one");

        // What cannot be used changes nothing.
        replace(&cert, "half of a certi");
        if by_signal {
            server.signal("-HUP");
        }
        let lines = [server.line(), server.line()];
        assert!(lines[0].contains("stays in place") && lines[1].contains("cert.pem"), "{lines:?}");
        while !server.line().contains("hint: ") {}
        assert_eq!(shown(&server, "localhost", &[])[1], "old.example");

        replace(&cert, &new);
        if by_signal {
            server.signal("-HUP");
        }
        let line = server.line();
        assert!(line.contains("read again"), "{line}");
        assert_eq!(shown(&server, "localhost", &[])[1], "new.example");
        say(b"two");
        let again = server.connect(&["--session-in", &session, "--json"], b"").exits(0);
        assert_eq!(serde_json::from_str::<Value>(&again.stdout()).unwrap()["resumed"], true);
        server.signal("-TERM");
        assert_eq!(server.end(), Some(0));
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Whoever opens a pipe waits for somebody to write to it: nothing of that kind is read from a directory, nor a second time.
#[test]
#[cfg(unix)]
fn what_is_no_file_is_not_read() {
    let pipe = |path: &str| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    for name in ["certs/pipe.pem", "certs/a.example/pipe.key", "certs/a.example/response.ocsp"] {
        let ca = Ca::new();
        ca.write("certs/a.example/it.pem", &["a.example"], KeyKind::P256);
        pipe(&ca.scratch.path(name));
        let refused = run(&["serve", "--cert-dir", &ca.scratch.path("certs")], b"");
        refused.exits(2).says(name).says("it is not a regular file");
    }

    let ca = Ca::new();
    ca.write("certs/a.example/it.pem", &["a.example"], KeyKind::P256);
    let pem = ca.pem(&["localhost"], KeyKind::P256);
    let cert = ca.scratch.write("cert.pem", &pem);
    let keys = ca.scratch.write("keys", [1; 48]);
    // What nobody reads may be anything.
    pipe(&ca.scratch.path("certs/a.example/socket"));
    let certs = ca.scratch.path("certs");
    let mut server = ca.serve(&["--cert", &cert, "--cert-dir", &certs, "--ticket-keys", &keys, "--reload", "0"]);
    for name in ["cert.pem", "certs/a.example/late.pem"] {
        let path = server.scratch.path(name);
        let _ = fs::remove_file(&path);
        pipe(&path);
        server.signal("-HUP");
        assert!(server.line().contains("stays in place"));
        let line = server.line();
        assert!(line.contains(name) && line.contains("it is not a regular file"), "{line}");
        assert!(server.line().contains("hint: "));
        // For the next turn.
        fs::remove_file(&path).unwrap();
        if name == "cert.pem" {
            server.scratch.write(name, &pem);
        }
    }
    // Neither in the middle of a handshake.
    fs::remove_file(&keys).unwrap();
    pipe(&keys);
    assert_eq!(shown(&server, "a.example", &[])[0], "a.example");
    let line = server.line();
    assert!(line.contains("keys: it is not a regular file"), "{line}");
    server.signal("-TERM");
    assert_eq!(server.end(), Some(0));
}

/// A file of any length, and a directory with any number of them.
#[test]
fn how_much_is_read() {
    let ca = Ca::new();
    let long = ca.write("certs/a.example/it.pem", &["a.example"], KeyKind::P256);
    // Holes take no room on the disk.
    fs::OpenOptions::new().write(true).open(&long).unwrap().set_len((64 << 20) + 1).unwrap();
    let certs = ca.scratch.path("certs");
    run(&["serve", "--cert-dir", &certs], b"").exits(3).says("it.pem").says("it is longer than 64 MiB");
    ca.write("certs/a.example/it.pem", &["a.example"], KeyKind::P256);
    for number in 0..10_001 {
        fs::File::create(format!("{certs}/{number}")).unwrap();
    }
    run(&["serve", "--cert-dir", &certs], b"").exits(2).says("there are more than 10000 files in it");
}

/// A new password comes with what it opens, and is no less a change.
#[test]
#[cfg(unix)]
fn passwords_are_read_again() {
    for by_signal in [true, false] {
        let ca = Ca::new();
        let [old, new] = ["old", "new"].map(|word| {
            let pem = ca.write(&format!("{word}.pem"), &["localhost", &format!("{word}.example")], KeyKind::P256);
            let pfx = ca.scratch.path(&format!("{word}.pfx"));
            run(&["pki", "pfx", &pem, "--out-pass", &format!("pass:{word}"), "--out", &pfx], b"").exits(0);
            pfx
        });
        let (pfx, password) = (ca.scratch.path("it.pfx"), ca.scratch.write("password", "old\n"));
        fs::copy(&old, &pfx).unwrap();
        let source = format!("file:{password}");
        let interval = if by_signal { "0" } else { "1" };
        let mut server = ca.serve(&["--pfx", &pfx, "--pass", &source, "--reload", interval]);
        assert_eq!(shown(&server, "localhost", &[])[1], "old.example");
        fs::rename(&new, &pfx).unwrap();
        if by_signal {
            server.signal("-HUP");
        }
        // In this order there is a time when they do not belong together.
        assert!(server.line().contains("stays in place"));
        while !server.line().contains("hint: ") {}
        replace(&password, "new\n");
        if by_signal {
            server.signal("-HUP");
        }
        assert!(server.line().contains("read again"));
        assert_eq!(shown(&server, "localhost", &[])[1], "new.example");
    }
}

/// The names that are refused change as well.
#[test]
#[cfg(unix)]
fn hosts_come_and_go() {
    let ca = Ca::new();
    ca.write("certs/a.example/it.pem", &["a.example"], KeyKind::P256);
    let more = ca.pem(&["b.example"], KeyKind::P256);
    let certs = ca.scratch.path("certs");
    let mut server = ca.serve(&["--cert-dir", &certs, "--strict-sni", "--reload", "0"]);
    let is_served = |server: &Server, host: &str| {
        let run = run(&["connect", &server.address, "--insecure", "--servername", host, "--json"], b"");
        run.0.status.success()
    };
    assert!(is_served(&server, "a.example") && !is_served(&server, "b.example"));
    assert!(server.line().contains("unrecognized_name"));
    server.scratch.write("certs/b.example/it.pem", more);
    fs::remove_dir_all(server.scratch.path("certs/a.example")).unwrap();
    server.signal("-HUP");
    assert!(server.line().contains("read again"));
    assert!(!is_served(&server, "a.example") && is_served(&server, "b.example"));
}

/// A client CA as well: who was good is not any more.
#[test]
#[cfg(unix)]
fn client_authorities_are_read_again() {
    let (ca, others) = (Ca::new(), Ca::new());
    let client = ca.ca.issue(&ca.provider, Builder::client("client", SystemClock.now()), KeyKind::P256).unwrap();
    let client =
        ca.scratch.write("client.pem", format!("{}{}", client.certificate_pem(), client.key.to_pem().as_str()));
    let cert = ca.write("cert.pem", &["localhost"], KeyKind::P256);
    let trusted = ca.scratch.write("trusted.pem", ca.ca.certificate_pem());
    let arguments = ["--cert", &cert, "--client-auth", "require", "--client-ca", &trusted, "--reload", "0"];
    let mut server = ca.serve(&arguments);
    server.connect(&["--cert", &client], b"hello").exits(0).prints("hello");
    fs::write(&trusted, others.ca.certificate_pem()).unwrap();
    server.signal("-HUP");
    assert!(server.line().contains("read again"));
    server.connect(&["--cert", &client], b"hello").exits(1);
    let line = server.line();
    assert!(line.contains("CERT_SIGNATURE_FAILURE: ") && line.contains("(hint: `--client-ca FILE`"), "{line}");
}
