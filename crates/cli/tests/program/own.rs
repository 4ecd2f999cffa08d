//! One's own certificates and keys, from files of every kind.

use crate::certificates::{Issue, ca, localhost, now, provider, root, server};
use crate::{Scratch, Server, run};
use handfast::pki::encrypted::seal_key;
use handfast::pki::make::Builder;
use handfast::pki::{pem, pfx};
use handfast::pki_types::PrivateKeyDer;
use handfast::{Anchors, ClientAuth, ServerConfig};
use handfast_net::error_code;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

/// A folder with a CA, a chain, its key in the clear and under passwords, and all of it in a PKCS#12 file.
fn files() -> Scratch {
    let scratch = Scratch::new();
    let authority = root(ca("An Authority"));
    let leaf = authority.issues(server(&["localhost"]));
    let PrivateKeyDer::Pkcs8(key) = leaf.key.der() else { panic!() };
    let sealed = seal_key(&provider(), b"secret", key).unwrap();
    let chain = [leaf.certificate.clone(), authority.certificate.clone()];
    scratch.write("ca.pem", authority.certificate_pem());
    scratch.write("chain.pem", leaf.certificate_pem() + &authority.certificate_pem());
    scratch.write(
        "all.pem",
        [authority.certificate_pem(), leaf.key.to_pem().to_string(), leaf.certificate_pem()].concat(),
    );
    scratch.write("leaf.der", &leaf.certificate);
    scratch.write("key.der", key.secret_pkcs8_der());
    scratch.write("sealed.pem", pem::encode("ENCRYPTED PRIVATE KEY", &sealed).as_bytes());
    scratch.write("sealed.der", &sealed);
    scratch.write("all.pfx", pfx::write(&provider(), b"secret", &chain, key, Some("a name")).unwrap());
    scratch.write("password", "secret\n");
    scratch
}

/// `handfast serve` with these flags, whose values are files of the folder, answers a client that trusts the CA.
#[track_caller]
fn serves(flags: &[(&str, &str)], certificates: u64) {
    let scratch = files();
    let mut arguments = Vec::new();
    for (flag, value) in flags {
        arguments.push((*flag).to_string());
        arguments.push(match value.strip_prefix("file:") {
            Some(name) => format!("file:{}", scratch.path(name)),
            None if value.contains(':') => (*value).to_string(),
            None => scratch.path(value),
        });
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = Server::of(scratch, &arguments);
    server.connect(&["--json"], b"").exits(0).prints(&format!("\"certificates\": {certificates}"));
}

#[test]
fn in_the_clear() {
    serves(&[("--cert", "chain.pem"), ("--key", "key.der")], 2);
    serves(&[("--cert", "all.pem")], 2);
    serves(&[("--cert", "leaf.der"), ("--key", "key.der")], 1);
}

#[test]
fn under_a_password() {
    serves(&[("--cert", "chain.pem"), ("--key", "sealed.pem"), ("--pass", "file:password")], 2);
    serves(&[("--cert", "chain.pem"), ("--key", "sealed.der"), ("--pass", "pass:secret")], 2);
    serves(&[("--pfx", "all.pfx"), ("--pass", "file:password")], 2);
    // Of several passwords each is tried, and what needs none is read as well.
    serves(&[("--cert", "chain.pem"), ("--key", "sealed.pem"), ("--pass", "pass:other"), ("--pass", "pass:secret")], 2);
    serves(&[("--cert", "all.pem"), ("--pass", "pass:other")], 2);
    // The file says itself what it is.
    serves(&[("--cert", "all.pfx"), ("--pass", "pass:secret")], 2);
}

#[test]
fn what_does_not_open_is_said() {
    let scratch = files();
    let (chain, sealed, pfx) = (scratch.path("chain.pem"), scratch.path("sealed.pem"), scratch.path("all.pfx"));
    for (arguments, words) in [
        (&["--cert", &chain, "--key", &sealed][..], "it is encrypted, and there is no password"),
        (&["--cert", &chain, "--key", &sealed], "--pass file:PATH"),
        (&["--cert", &chain, "--key", &sealed, "--pass", "pass:wrong"], "does not open with this password"),
        (&["--pfx", &pfx], "it is encrypted, and there is no password"),
        (&["--pfx", &pfx, "--pass", "pass:wrong"], "the PKCS#12 file cannot be opened"),
        (&["--pfx", &pfx, "--pass", "env:HANDFAST_NO_SUCH_NAME"], "the environment has no `HANDFAST_NO_SUCH_NAME`"),
        (&["--pfx", &scratch.path("password")], "there is no private key"),
        (&["--cert", &chain], "--key FILE"),
    ] {
        let run = run(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat(), b"").exits(2).says(words);
        assert!(!run.stderr().contains("wrong"), "the password is not repeated: {}", run.stderr());
    }
}

#[test]
#[cfg(feature = "legacy")]
fn older_encryption_is_a_switch() {
    let scratch = Scratch::new();
    let old = include_bytes!("../../../legacy-keys/tests/data/PBE-SHA1-RC2-40.pfx");
    let file = scratch.write("old.pfx", old);
    let arguments = ["connect", "127.0.0.1:1", "--pfx", &file, "--pass", "pass:secret"];
    run(&arguments, b"").exits(2).says("pbeWithSHAAnd40BitRC2-CBC").says("--legacy-keys");
    // It opens; that nobody listens is another matter.
    run(&[&arguments[..], &["--legacy-keys"]].concat(), b"").exits(3).says("ConnectionRefused");
}

/// `pki pfx` puts together, `pki pem` takes apart, and in between nothing is lost.
#[test]
fn files_are_put_together_and_taken_apart() {
    let scratch = files();
    let path = |name: &str| scratch.path(name);
    let pfx = path("new.pfx");
    let made = ["pki", "pfx", &path("sealed.pem"), &path("chain.pem"), "--pass", "pass:secret"];
    run(&[&made[..], &["--out-pass", "pass:other", "--friendly-name", "a 🔑", "--out", &pfx]].concat(), b"").exits(0);
    let back = run(&["pki", "pem", &pfx, "--pass", "pass:other"], b"").exits(0).stdout();
    let (key, chain) = back.split_at(back.find("-----BEGIN CERTIFICATE").expect("a certificate"));
    assert_eq!(chain, std::fs::read_to_string(path("chain.pem")).unwrap());
    assert!(
        key.starts_with("-----BEGIN PRIVATE KEY") && std::fs::read_to_string(path("all.pem")).unwrap().contains(key)
    );

    let alone = run(&["pki", "pem", &pfx, "--pass", "pass:other", "--certificates"], b"").exits(0).stdout();
    assert_eq!(alone, chain);
    let sealed = run(&["pki", "pem", &pfx, "--pass", "pass:other", "--out-pass", "pass:third"], b"").exits(0).stdout();
    let sealed = scratch.write("third.pem", sealed);
    let again = run(&["pki", "pem", &sealed, "--pass", "pass:third"], b"").exits(0).stdout();
    assert_eq!(again, back);
    // SEC1 comes out as PKCS#8, which is the same key.
    assert_eq!(run(&["pki", "pem", &path("key.der")], b"").exits(0).stdout(), key);
    run(&["pki", "pem", &path("password")], b"").exits(2).says("neither a private key nor a certificate");
    run(&["pki", "pfx", &path("chain.pem"), "--out-pass", "pass:", "--out", &path("none.pfx")], b"")
        .exits(2)
        .says("there is no private key");
}

/// A pipe gives a password once, and it is for everything.
#[test]
fn a_password_is_read_once() {
    let scratch = files();
    let path = |name: &str| scratch.path(name);
    let two =
        scratch.write("two.pem", std::fs::read_to_string(path("all.pem")).unwrap() + &root(ca("Another")).key.to_pem());
    let sealed = run(&["pki", "pem", &two, "--out-pass", "file:/dev/stdin"], b"secret\n").exits(0).stdout();
    let sealed = scratch.write("sealed-two.pem", sealed);
    let opened = run(&["pki", "pem", &sealed, "--pass", "file:/dev/stdin"], b"secret\n").exits(0).stdout();
    assert_eq!(opened.matches("-----BEGIN PRIVATE KEY-----").count(), 2);
    run(&["pki", "pem", &two, "--out-pass", "file:/dev/null"], b"").exits(2).says("the password is empty");
    run(&["pki", "pem", &two, "--out-pass", "pass:"], b"").exits(0);
}

/// Whoever ends connections has no use for the key of a CA.
#[test]
fn the_key_of_a_ca_is_not_served() {
    let scratch = Scratch::new();
    let authority = root(ca("An Authority"));
    let leaf = authority.issues(server(&["localhost"]));
    let chain = scratch.write("chain.pem", leaf.certificate_pem() + &authority.certificate_pem());
    let key = scratch.write("ca.key", authority.key.to_pem().as_bytes());
    run(&["serve", "--cert", &chain, "--key", &key], b"")
        .exits(2)
        .says("is that of CN=An Authority, a CA that issued another of the certificates")
        .says("the key of a CA stays");
    // What leads nowhere is said.
    let other = root(ca("Somebody else"));
    let own = scratch
        .write("own.pem", [leaf.certificate_pem(), leaf.key.to_pem().to_string(), other.certificate_pem()].concat());
    let run = run(&["connect", "127.0.0.1:1", "--cert", &own], b"").exits(3);
    run.says("not used, as it leads from no key anywhere: CN=Somebody else");
}

/// A server that has heard what is wanted asks who wants it, and the client answers where it was told to.
#[test]
fn a_certificate_after_the_request() {
    let scratch = Scratch::new();
    let issuer = root(ca("clients"));
    let own = issuer.issues(Builder::client("somebody", now()));
    let cert = scratch.write("own.pem", own.certificate_pem());
    let key = scratch.write("own.key", own.key.to_pem().as_bytes());
    let (trusted, acceptor) = localhost(&scratch);
    let mut anchors = Anchors::new();
    anchors.add(&issuer.certificate).unwrap();
    let identity = handfast::Identity::new(&provider(), vec![own.certificate], own.key.der()).unwrap();
    let known = ServerConfig::builder().identity(identity).client_auth(ClientAuth::Require, Arc::new(anchors));
    let known = known.build().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let target = format!("localhost:{}", listener.local_addr().unwrap().port());
    let server = thread::spawn(move || {
        [(); 2].map(|()| {
            let mut stream = acceptor.accept(listener.accept().unwrap().0).unwrap();
            let mut request = [0; 12];
            stream.read_exact(&mut request).unwrap();
            let asked = stream.request_certificate(known.clone()).map_err(|error| error_code(&error));
            while asked.is_ok() && !stream.await_certificate().unwrap() {
                // What is left of the request.
                let _ = stream.read(&mut [0; 1024]).unwrap();
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello").unwrap();
            stream.close().unwrap();
            asked.map(|()| stream.facts().peer().unwrap().verified)
        })
    });
    let get = ["connect", &target, "--cafile", &trusted, "--cert", &cert, "--key", &key, "--http", "/private"];
    run(&[&get[..], &["--post-handshake-auth"]].concat(), b"").exits(0).prints("hello");
    run(&get, b"").exits(0);
    assert_eq!(server.join().unwrap(), [Ok(true), Err("NoCertificateRequest".into())]);
    run(&["connect", &target, "--post-handshake-auth"], b"").exits(2).says("--http");
}
