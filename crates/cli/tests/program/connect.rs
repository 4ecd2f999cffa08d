use crate::{Scratch, Server, echo, run};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

#[test]
fn what_goes_in_comes_back() {
    let server = Server::start(&[]);
    let data: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
    let run = server.connect(&[], &data).exits(0).says("protocol      TLS 1.3").says("accepted, by");
    assert!(run.0.stdout == data);
    server.connect(&[], b"").exits(0);
}

/// Both directions are open at once: the answer is there before standard input ends.
#[test]
fn a_conversation() {
    let server = Server::start(&[]);
    let (mut child, mut stdin) = server.session();
    let mut stdout = child.stdout.take().unwrap();
    for word in [b"one", b"two"] {
        echo(&mut stdin, &mut stdout, word);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// When the server is stopped it closes, and that ends the client although its standard input does not.
#[test]
fn a_server_that_closes_ends_the_program() {
    let server = Server::start(&[]);
    let (mut child, mut stdin) = server.session();
    stdin.write_all(b"x").unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    server.signal("-TERM");
    assert!(child.wait().unwrap().success());
    drop(stdin);
}

#[test]
fn the_facts_are_json() {
    let server = Server::start(&["--alpn", "two,one"]);
    let run = server.connect(&["--json", "--alpn", "one,two"], b"").exits(0);
    let facts: Value = serde_json::from_str(&run.stdout()).unwrap();
    for (key, value) in [
        ("protocol", "TLS 1.3"),
        ("cipher", "TLS_AES_128_GCM_SHA256"),
        ("group", "X25519MLKEM768"),
        ("signature", "ecdsa_secp256r1_sha256"),
        ("alpn", "two"),
        ("server_name", "localhost"),
        ("subject", "CN=localhost"),
        ("issuer", "CN=Handfast throwaway CA"),
    ] {
        assert_eq!(facts[key], value, "{facts:#}");
    }
    assert_eq!(facts["names"], serde_json::json!(["localhost", "127.0.0.1", "::1"]));
    assert_eq!((&facts["verified"], &facts["retried"]), (&Value::Bool(true), &Value::Bool(false)));
    assert_eq!(run.stderr(), "");
}

#[test]
fn groups_and_suites_are_chosen() {
    let server = Server::start(&["--groups", "P-384", "--suites", "CHACHA20_POLY1305_SHA256,AES_256_GCM_SHA384"]);
    for (groups, retried) in [("p384,x25519", false), ("x25519,secp384r1", true)] {
        let run = server.connect(&["--json", "--groups", groups], b"").exits(0);
        let facts: Value = serde_json::from_str(&run.stdout()).unwrap();
        assert_eq!(facts["cipher"], "TLS_CHACHA20_POLY1305_SHA256");
        assert_eq!((&facts["group"], &facts["retried"]), (&"secp384r1".into(), &Value::Bool(retried)), "{groups}");
    }
    server
        .connect(&["--groups", "P-521"], b"")
        .exits(1)
        .says("error: handshake_failure")
        .says("hint: nothing in common");
}

/// The rule, the stable code, and what to do.
#[test]
fn a_server_nobody_vouches_for_is_not_talked_to() {
    let (server, other) = (Server::start(&[]), Server::start(&[]));
    let run = run(&["connect", &server.host, "--cafile", &other.ca], b"secret");
    let run = run.exits(1).says("error: CERT_SIGNATURE_FAILURE: ").says("hint: ");
    assert_eq!(run.stdout(), "");
    let mozilla = crate::run(&["connect", &server.host], b"");
    mozilla.exits(1).says("error: UNABLE_TO_VERIFY_LEAF_SIGNATURE: ").says("--cafile FILE");
    let name = server.connect(&["--servername", "example.com"], b"");
    name.exits(1).says("error: HOSTNAME_MISMATCH: ").says("localhost").says("--servername");
    let json = server.connect(&["--servername", "example.com", "--json"], b"").exits(1);
    let json: Value = serde_json::from_str(&json.stdout()).unwrap();
    assert_eq!(json["error"]["code"], "HOSTNAME_MISMATCH");
}

#[test]
fn whoever_insists_is_told_what_is_wrong() {
    let server = Server::start(&[]);
    let run = run(&["connect", &server.host, "--insecure"], b"hello").exits(0);
    let run =
        run.says("NOT ACCEPTED, and ignored (--insecure): UNABLE_TO_VERIFY_LEAF_SIGNATURE").says("verified      no");
    assert_eq!(run.stdout(), "hello");
    server.connect(&["--insecure"], b"").exits(0).says("would be accepted by");
}

#[test]
fn addresses_have_no_server_name() {
    let server = Server::start(&[]);
    let run = run(&["connect", &server.address, "--cafile", &server.ca, "--json"], b"").exits(0);
    let facts: Value = serde_json::from_str(&run.stdout()).unwrap();
    assert_eq!(facts["server_name"], Value::Null);
}

#[test]
fn the_trace_and_the_key_log() {
    let mut server = Server::start(&["--trace=brief"]);
    let log = server.scratch.path("keys");
    let run = server.connect(&["--trace=brief", "--keylog", &log], b"hi").exits(0);
    let run = run.says("-> ClientHello (").says("; key shares: X25519MLKEM768 and x25519");
    run.says("<- Certificate (").says("bytes, handshake keys): CN=localhost").says("-> alert close_notify");
    let log = fs::read_to_string(log).unwrap();
    assert_eq!(log.lines().count(), 5, "{log}");
    let labels = ["CLIENT_HANDSHAKE", "SERVER_HANDSHAKE", "CLIENT_TRAFFIC", "SERVER_TRAFFIC", "EXPORTER"];
    assert!(labels.iter().all(|label| log.lines().any(|line| line.starts_with(label))), "{log}");
    let line = server.line();
    assert!(line.starts_with("127.0.0.1:") && line.contains(" <- ClientHello ("), "{line}");
}

/// K5: in full, with the records and what is in them.
#[test]
fn the_trace_in_full() {
    let mut server = Server::start(&["--trace"]);
    let run = server.connect(&["--trace"], b"hi").exits(0);
    let run = run.says("Sent Record\nHeader:\n  Version = TLS 1.0 (0x301)\n  Content Type = Handshake (22)\n");
    let run =
        run.says("        extension_type=key_share(51), length=").says("          NamedGroup: X25519MLKEM768 (4588)\n");
    run.says("        Subject: CN=localhost\n").says("    Alert, description=close_notify(0)\n");
    let line = server.line();
    assert!(line.starts_with("127.0.0.1:") && line.ends_with(" Received Record\n"), "{line}");
}

#[test]
fn nobody_there() {
    let (listener, port) = listen();
    drop(listener);
    run(&["connect", &format!("127.0.0.1:{port}")], b"").exits(3).says("error: ConnectionRefused").says("hint: ");
}

#[test]
fn a_server_that_speaks_something_else() {
    let (listener, port) = listen();
    let server = thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        socket.write_all(b"220 mail.example ESMTP\r\n").unwrap();
        // Until the client is gone.
        let _ = socket.read_to_end(&mut Vec::new());
    });
    run(&["connect", &format!("127.0.0.1:{port}")], b"").exits(1).says("error: NotTls").says("`--starttls PROTOCOL`");
    server.join().unwrap();
}

#[test]
fn a_server_that_says_nothing() {
    let (_listener, port) = listen();
    let run = run(&["connect", &format!("127.0.0.1:{port}"), "--timeout", "1"], b"");
    run.exits(3).says("error: TimedOut").says("--timeout");
}

#[test]
fn a_client_with_a_certificate() {
    // Any certificate and key will do for the question; the server below does not trust it.
    let scratch = Scratch::new();
    let (cert, key) = client_certificate(&scratch, "client");
    let server =
        Server::start(&["--client-auth", "require", "--client-ca", &scratch.path("client-ca.pem"), "--status"]);
    let run = server.connect(&["--cert", &cert, "--key", &key, "--http", "/json"], b"").exits(0);
    let body = run.stdout();
    let facts: Value = serde_json::from_str(body.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!((&facts["subject"], &facts["verified"]), (&"CN=client".into(), &true.into()));

    let page = server.connect(&["--cert", &cert, "--key", &key, "--http", "/"], b"").exits(0);
    page.prints("<pre>subject").prints("CN=client");

    server.connect(&["--http", "/"], b"").exits(1).says("error: certificate_required").says("--cert FILE --key FILE");
    // TLS 1.3 says so after the handshake; JSON is not written before that is over.
    let refused = server.connect(&["--json"], b"").exits(1);
    let refused: Value = serde_json::from_str(&refused.stdout()).unwrap();
    assert_eq!(refused["error"]["code"], "certificate_required");
    let (cert, key) = client_certificate(&scratch, "stranger");
    let stranger = server.connect(&["--cert", &cert, "--key", &key, "--http", "/"], b"");
    stranger.exits(1).says("does not accept this side's certificate");
    let mixed = server.connect(&["--cert", &cert, "--key", &scratch.path("client.key")], b"");
    mixed.exits(2).says("is the key of none of the certificates: CN=stranger");
}

/// A CA in `NAME-ca.pem`, and a client's certificate from it.
fn client_certificate(scratch: &Scratch, name: &str) -> (String, String) {
    use handfast::Clock;
    use handfast::crypto::KeyKind;
    use handfast::pki::make::{Builder, Identity};

    let (provider, now) = (handfast::rustcrypto::provider(), handfast::SystemClock.now());
    let ca = Identity::root(&provider, Builder::ca("A CA", now), KeyKind::P256).unwrap();
    let leaf = ca.issue(&provider, Builder::client(name, now), KeyKind::Ed25519).unwrap();
    scratch.write(&format!("{name}-ca.pem"), ca.certificate_pem());
    let key = scratch.write(&format!("{name}.key"), leaf.key.to_pem().as_bytes());
    (scratch.write(&format!("{name}.pem"), leaf.certificate_pem()), key)
}

fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Input that cannot be read to its end is not taken for all there was.
#[test]
#[cfg(unix)]
fn standard_input_that_breaks_is_an_io_error() {
    let server = Server::start(&[]);
    let directory = fs::File::open("/").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_handfast"));
    let output = command.args(["connect", &server.host, "--cafile", &server.ca]).stdin(directory).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
}
