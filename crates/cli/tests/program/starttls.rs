//! `--starttls`, with peers that say what these tests tell them to.

use crate::certificates::localhost;
use crate::{Run, Scratch, run};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What a server does before TLS.
#[derive(Clone, Copy)]
enum Step {
    Says(&'static [u8]),
    /// Hears a line, or a tag of XML, with these words.
    Hears(&'static str),
    /// Hears so many bytes, which contain these.
    HearsBytes(usize, &'static [u8]),
}

use Step::{Hears, HearsBytes, Says};

/// The name here, the name in OpenSSL, and the script of a server that begins TLS.
type Script = (&'static str, &'static str, &'static [Step]);

const LDAP_NAME: &[u8] = b"1.3.6.1.4.1.1466.20037";
const LDAP_YES: &[u8] = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];
const MYSQL_HELLO: &[u8] =
    b"\x49\0\0\0\x0a8.0.1\0\x01\0\0\0ABCDEFGH\0\xff\xff\x21\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0\
    abcdefghijkl\0caching_sha2_password\0";
const TLS_NAMESPACE: &str = "urn:ietf:params:xml:ns:xmpp-tls";
const FEATURES: &[u8] = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
    id='1' from='localhost' version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>\
    </starttls></stream:features>";
const PROCEED: &[u8] = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

const SCRIPTS: &[Script] = &[
    (
        "smtp",
        "smtp",
        &[
            Says(b"220-mail.example\r\n220 ESMTP\r\n"),
            Hears("EHLO "),
            Says(b"250-mail.example\r\n250-SIZE 1000\r\n250-StartTLS\r\n250 HELP\r\n"),
            Hears("STARTTLS"),
            Says(b"220 go ahead\r\n"),
        ],
    ),
    (
        "lmtp",
        "lmtp",
        &[
            Says(b"220 mail.example LMTP\r\n"),
            Hears("LHLO "),
            Says(b"250-mail.example\r\n250 STARTTLS\r\n"),
            Hears("STARTTLS"),
            Says(b"220 go ahead\r\n"),
        ],
    ),
    (
        "imap",
        "imap",
        &[
            Says(b"* OK ready\r\n"),
            Hears("CAPABILITY"),
            // In whatever tag the client has: both programs are served by what they ask for next.
            Says(b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n"),
        ],
    ),
    ("pop3", "pop3", &[Says(b"+OK ready\r\n"), Hears("STLS"), Says(b"+OK begin\r\n")]),
    (
        "ftp",
        "ftp",
        &[Says(b"220-Welcome\r\n to this server\r\n220 ready\r\n"), Hears("AUTH TLS"), Says(b"234 begin\r\n")],
    ),
    (
        "nntp",
        "nntp",
        &[
            Says(b"201 no posting\r\n"),
            Hears("CAPABILITIES"),
            Says(b"101 these\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"),
            Hears("STARTTLS"),
            Says(b"382 begin\r\n"),
        ],
    ),
    (
        "sieve",
        "sieve",
        &[
            Says(b"\"IMPLEMENTATION\" \"Example\"\r\n\"SIEVE\" \"fileinto\"\r\n\"STARTTLS\"\r\nOK\r\n"),
            Hears("STARTTLS"),
            Says(b"OK \"begin\"\r\n"),
        ],
    ),
    ("xmpp", "xmpp", &[Hears("jabber:client"), Says(FEATURES), Hears(TLS_NAMESPACE), Says(PROCEED)]),
    ("xmpp-server", "xmpp-server", &[Hears("jabber:server"), Says(FEATURES), Hears(TLS_NAMESPACE), Says(PROCEED)]),
    ("ldap", "ldap", &[HearsBytes(31, LDAP_NAME), Says(LDAP_YES)]),
    ("pgsql", "postgres", &[HearsBytes(8, SSL_REQUEST), Says(b"S")]),
    ("mysql", "mysql", &[Says(MYSQL_HELLO), HearsBytes(36, &[0; 23])]),
];

/// The script of IMAP goes on with the client's own tags.
fn finish_imap(socket: &mut TcpStream, tag: &str, then: &[u8]) {
    socket.write_all(format!("{tag} OK done\r\n").as_bytes()).unwrap();
    let line = hear(socket, "STARTTLS");
    let tag = line.split(' ').next().unwrap().to_string();
    socket.write_all(&[format!("{tag} OK begin\r\n").as_bytes(), then].concat()).unwrap();
}

/// Reads to the end of a line or a tag that has these words.
fn hear(socket: &mut TcpStream, words: &str) -> String {
    let mut heard = Vec::new();
    loop {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap_or_else(|error| panic!("{words}: {error}: {}", heard.escape_ascii()));
        heard.push(byte[0]);
        let text = String::from_utf8_lossy(&heard);
        if matches!(byte, [b'\n' | b'>']) && text.contains(words) {
            return text.into_owned();
        }
        assert!(byte != [b'\n'], "`{words}` is not in {text}");
    }
}

/// A server at a port: its script, `more` with its last word, and then TLS, over which it hears something that ends with `you`
/// and greets. Gives what it heard.
struct Peer {
    port: u16,
    ca: String,
    thread: JoinHandle<Result<String, String>>,
    _scratch: Scratch,
}

impl Peer {
    fn start(script: &'static [Step], more: &'static [u8]) -> Self {
        let scratch = Scratch::new();
        let (ca, acceptor) = localhost(&scratch);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = thread::spawn(move || {
            let mut socket = listener.accept().unwrap().0;
            socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            play(&mut socket, script, more);
            let mut stream = acceptor.accept(socket).map_err(|error| error.to_string())?;
            let mut heard = Vec::new();
            while !heard.ends_with(b"you\r\n") && !heard.ends_with(b"you\n") {
                let mut byte = [0];
                match stream.read(&mut byte).map_err(|error| error.to_string())? {
                    0 => break,
                    _ => heard.push(byte[0]),
                }
            }
            stream.write_all(b"over TLS\n").unwrap();
            stream.close().unwrap();
            Ok(String::from_utf8_lossy(&heard).into_owned())
        });
        Self { port, ca, thread, _scratch: scratch }
    }

    fn connect(&self, protocol: &str, arguments: &[&str], input: &[u8]) -> Run {
        let target = format!("localhost:{}", self.port);
        run(&[&["connect", &target, "--cafile", &self.ca, "--starttls", protocol], arguments].concat(), input)
    }

    fn end(self) -> Result<String, String> {
        self.thread.join().unwrap()
    }
}

fn play(socket: &mut TcpStream, script: &[Step], more: &[u8]) {
    let is_imap = matches!(script.first(), Some(Says(greeting)) if greeting.starts_with(b"* OK ready"));
    let mut tag = String::new();
    for (at, step) in script.iter().enumerate() {
        let more = if at + 1 == script.len() && !is_imap { more } else { b"" };
        match step {
            Says(text) => socket.write_all(&[text, more].concat()).unwrap(),
            Hears(words) => tag = hear(socket, words).split(' ').next().unwrap().to_string(),
            HearsBytes(len, part) => {
                let mut heard = vec![0; *len];
                socket.read_exact(&mut heard).unwrap();
                assert!(heard.windows(part.len()).any(|window| window == *part), "{}", heard.escape_ascii());
                // Where the client has the last word before TLS.
                socket.write_all(more).unwrap();
            }
        }
    }
    if is_imap {
        finish_imap(socket, &tag, more);
    }
}

#[test]
fn every_protocol_turns_to_tls() {
    for (name, _, script) in SCRIPTS {
        let peer = Peer::start(script, b"");
        let run = peer.connect(name, &["--crlf"], b"hello\nyou\r\n").exits(0).says("accepted, by");
        assert_eq!(run.stdout(), "over TLS\n", "{name}: nothing that came in the clear");
        assert_eq!(peer.end().as_deref(), Ok("hello\r\nyou\r\n"), "{name}");
    }
}

/// The scripts are those of real servers as far as OpenSSL's client can tell.
#[test]
fn openssl_takes_the_same_servers() {
    for (_, name, script) in SCRIPTS {
        let peer = Peer::start(script, b"");
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-starttls", name, "-connect", &format!("localhost:{}", peer.port)])
            .args(["-CAfile", &peer.ca, "-verify_return_error"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        client.stdin.as_mut().unwrap().write_all(b"you\n").unwrap();
        let mut said = String::new();
        client.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        let output = client.wait_with_output().unwrap();
        assert!(said.contains("over TLS"), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// docs/regressions.md row 73 (CVE-2011-0411, CVE-2021-23222 and their kin): what comes with the go-ahead in the clear is no data of the connection.
#[test]
fn plaintext_after_the_go_ahead_is_refused() {
    for (name, _, script) in SCRIPTS {
        // Of MySQL the client has the last word, so all it can be is what the server says instead of TLS.
        let more = if *name == "mysql" { &b"\x07\0\0\x02\0\0\0\x02\0\0\0"[..] } else { b"250 injected\r\n" };
        let peer = Peer::start(script, more);
        let run = peer.connect(name, &[], b"secret").exits(1);
        let code = if *name == "mysql" { "error: NotTls" } else { "error: STARTTLS_INJECTION: 14 bytes" };
        assert_eq!(run.says(code).stdout(), "", "{name}");
        assert!(peer.end().is_err(), "{name}: no connection came of it");
    }
    // Along with the server's Handshake, where MySQL's client is not done yet.
    const EAGER: &[Step] = &[Says(MYSQL_HELLO)];
    let peer = Peer::start(EAGER, b"\x07\0\0\x02\0\0\0\x02\0\0\0");
    peer.connect("mysql", &[], b"").exits(1).says("error: STARTTLS_INJECTION: 11 bytes");
}

/// The same, when it comes after the client has begun TLS.
#[test]
fn plaintext_instead_of_tls_is_no_data() {
    const LATE: &[Step] = &[Says(b"+OK ready\r\n"), Hears("STLS"), Says(b"+OK begin\r\n"), HearsBytes(5, &[22, 3])];
    let peer = Peer::start(LATE, b"+OK injected\r\n");
    let run = peer.connect("pop3", &[], b"").exits(1).says("error: NotTls");
    assert_eq!(run.stdout(), "");
    assert!(peer.end().is_err());
}

#[test]
fn a_server_that_does_not_begin() {
    const SMTP: &[Step] = &[Says(b"220 a\r\n"), Hears("EHLO"), Says(b"250-a\r\n250 SIZE 10\r\n")];
    const REFUSING: &[Step] = &[
        Says(b"220 a\r\n"),
        Hears("EHLO"),
        Says(b"250-a\r\n250 STARTTLS\r\n"),
        Hears("STARTTLS"),
        Says(b"454 not\x1b[2J now\r\n"),
    ];
    const LDAP_NO: &[u8] = b"\x30\x0f\x02\x01\x01\x78\x0a\x0a\x01\x34\x04\x00\x04\x03off";
    const MYSQL_NO: &[u8] = b"\x1c\0\0\0\x0a8.0.1\0\x01\0\0\0ABCDEFGH\0\xff\xf7\x21\x02\0\xff\xdf\x15";
    const MYSQL_ERROR: &[u8] = b"\x0d\0\0\0\xff\x10\x04Too many x";
    for (protocol, script, code, words) in [
        ("smtp", SMTP, "STARTTLS_NOT_OFFERED", "it has SIZE 10"),
        ("smtp", REFUSING, "STARTTLS_REFUSED", "454 not\\u{1b}[2J now"),
        ("smtp", &[Says(b"554 go away\r\n")], "STARTTLS_REFUSED", "554 go away"),
        ("smtp", &[Says(b"SSH-2.0-OpenSSH\r\n")], "STARTTLS_UNEXPECTED", "SSH-2.0"),
        ("smtp", &[Says(b"220 a\r\n"), Hears("EHLO")], "STARTTLS_ENDED", "ended the connection"),
        ("imap", &[Says(b"* PREAUTH hello\r\n")], "STARTTLS_REFUSED", "PREAUTH"),
        ("imap", &[Says(b"+OK hello\r\n")], "STARTTLS_UNEXPECTED", "+OK hello"),
        ("pop3", &[Says(b"+OK\r\n"), Hears("STLS"), Says(b"-ERR no\r\n")], "STARTTLS_REFUSED", "-ERR no"),
        ("ftp", &[Says(b"220 a\r\n"), Hears("AUTH TLS"), Says(b"502 what\r\n")], "STARTTLS_REFUSED", "502 what"),
        ("sieve", &[Says(b"\"SIEVE\" \"x\"\r\nOK\r\n")], "STARTTLS_NOT_OFFERED", "STARTTLS"),
        (
            "xmpp",
            &[Hears("jabber"), Says(b"<stream:features><a/></stream:features>")],
            "STARTTLS_NOT_OFFERED",
            "features",
        ),
        ("xmpp", &[Hears("jabber"), Says(b"220 mail\r\n")], "STARTTLS_UNEXPECTED", "220 mail"),
        ("ldap", &[HearsBytes(31, LDAP_NAME), Says(LDAP_NO)], "STARTTLS_REFUSED", "result 52 off"),
        ("ldap", &[HearsBytes(31, LDAP_NAME), Says(b"220 mail\r\n")], "STARTTLS_UNEXPECTED", "220 mail"),
        ("pgsql", &[HearsBytes(8, SSL_REQUEST), Says(b"N")], "STARTTLS_NOT_OFFERED", "ssl = on"),
        ("pgsql", &[HearsBytes(8, SSL_REQUEST), Says(b"Egarbage")], "STARTTLS_REFUSED", "PostgreSQL"),
        (
            "pgsql",
            &[HearsBytes(8, SSL_REQUEST), Says(b"\x15\x03\x01\0\x02\x02F")],
            "STARTTLS_UNEXPECTED",
            "leave out `--starttls`",
        ),
        ("mysql", &[Says(MYSQL_NO)], "STARTTLS_NOT_OFFERED", "MySQL 8.0.1"),
        ("mysql", &[Says(MYSQL_ERROR)], "STARTTLS_REFUSED", "Too many"),
    ] {
        let (port, server) = hang_up_after(script);
        let run = run(&["connect", &format!("localhost:{port}"), "--insecure", "--starttls", protocol], b"");
        let run = run.exits(1).says(&format!("error: {code}: ")).says(words).says("hint: ");
        assert_eq!(run.stdout(), "");
        server.join().unwrap();
    }
}

/// Whatever a server says, there is an end to it.
#[test]
fn a_server_that_says_too_much_or_nothing() {
    const ENDLESS: &[u8] = &[b'2'; 70_000];
    let (port, server) = hang_up_after(&[Says(ENDLESS)]);
    let run = run(&["connect", &format!("localhost:{port}"), "--starttls", "smtp"], b"");
    run.exits(1).says("error: STARTTLS_TOO_LONG").says("65536 bytes");
    drop(server);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let silent = crate::run(&["connect", &target, "--starttls", "imap", "--timeout", "1"], b"");
    silent.exits(3).says("error: TimedOut").says("--timeout");
}

/// The certificates of a mail server, say; and the port that goes with the protocol.
#[test]
fn inspection_and_the_ports() {
    let peer = Peer::start(SCRIPTS[0].2, b"");
    let target = format!("localhost:{}", peer.port);
    let inspected = run(&["inspect", &target, "--cafile", &peer.ca, "--starttls", "smtp"], b"");
    inspected.exits(0).prints("CN=localhost");
    for (protocol, port) in [("pop3", 110), ("postgres", 5432)] {
        // Nobody listens there but on a machine that has such a server, which then says something.
        let run = run(&["connect", "127.0.0.1", "--starttls", protocol, "--timeout", "2", "--insecure"], b"");
        assert!(run.stderr().contains(&format!("127.0.0.1:{port}")) || run.0.status.success(), "{}", run.stderr());
    }
}

/// The same script for every connection.
fn mail_server() -> (String, String, Scratch) {
    let scratch = Scratch::new();
    let (ca, acceptor) = localhost(&scratch);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let target = format!("localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for mut socket in listener.incoming().map(Result::unwrap) {
            let acceptor = acceptor.clone();
            thread::spawn(move || {
                let (_, _, script) = SCRIPTS[0];
                for step in script {
                    match step {
                        // Who only wants to know whether somebody listens hears nothing of it.
                        Says(text) if socket.write_all(text).is_err() => return,
                        Hears(_) if read_line(&mut socket).is_none() => return,
                        _ => {}
                    }
                }
                // The handshake that a probe does not finish.
                if let Ok(mut stream) = acceptor.accept(socket) {
                    let _ = stream.read_to_end(&mut Vec::new());
                    let _ = stream.close();
                }
            });
        }
    });
    (target, ca, scratch)
}

fn read_line(socket: &mut TcpStream) -> Option<()> {
    let mut byte = [0];
    while byte != *b"\n" {
        socket.read_exact(&mut byte).ok()?;
    }
    Some(())
}

/// What is measured and probed begins in the clear as well.
#[test]
fn bench_and_probe() {
    let (target, ca, _scratch) = mail_server();
    let common = [target.as_str(), "--cafile", &ca, "--starttls", "smtp", "--json"];
    let measured = run(&[&["bench"], &common[..], &["--time", "0.2", "--parts", "full"]].concat(), b"").exits(0);
    let measured: Value = serde_json::from_str(&measured.stdout()).unwrap();
    let part = &measured["parts"][0];
    assert!(part["handshakes"].as_u64() > Some(0) && part["starttls_us"]["min"].as_u64() > Some(0), "{part}");
    assert_eq!(part["errors"], json!({}));

    let probed = run(&[&["probe"], &common[..], &["--fail-on", "high"]].concat(), b"").exits(0);
    let probed: Value = serde_json::from_str(&probed.stdout()).unwrap();
    let spoken = |at: usize| probed["versions"][at]["spoken"] == true;
    assert!(spoken(4) && spoken(3) && !spoken(2), "{probed:#}");
    assert_eq!((&probed["certificates"][0]["verdict"]["code"], &probed["incomplete"]), (&json!("OK"), &json!([])));

    // Without it, this is no port of TLS; and a server that does not offer it says so.
    run(&["probe", &target, "--json"], b"").exits(4).prints("NO_TLS");
    let (port, _server) = hang_up_after(&[Says(b"502 no\r\n")]);
    let refused = run(&["probe", &format!("localhost:{port}"), "--starttls", "smtp"], b"");
    refused.exits(1).says("error: STARTTLS_REFUSED");
}

/// `--trace` has what is said before TLS, each in a line of its own that does nothing to a terminal.
#[test]
fn a_trace_shows_what_is_said_before_tls() {
    let peer = Peer::start(SCRIPTS[0].2, b"");
    let brief = peer.connect("smtp", &["--trace=brief"], b"you\n").exits(0);
    for line in [
        "<- before TLS 220-mail.example",
        "<- before TLS 220 ESMTP",
        "-> before TLS EHLO [127.0.0.1]",
        "<- before TLS 250 HELP",
        "-> before TLS STARTTLS",
        "<- before TLS 220 go ahead",
    ] {
        assert!(brief.stderr().lines().any(|own| own == line), "`{line}` is not in\n{}", brief.stderr());
    }
    assert!(!brief.stderr().contains("before TLS you"));
    let peer = Peer::start(SCRIPTS[0].2, b"");
    let full = peer.connect("smtp", &["--trace"], b"you\n").exits(0);
    let full = full.says("Received before TLS: 220 ESMTP\n").says("Sent before TLS: STARTTLS\n").says("ClientHello");
    assert!(!full.stdout().contains("before TLS"));
    let peer = Peer::start(SCRIPTS[0].2, b"");
    assert!(!peer.connect("smtp", &[], b"you\n").exits(0).stderr().contains("before TLS"));

    // In packets; controls of a terminal; what came too early; what nobody could make anything of; and no end of it.
    const MYSQL: &[u8] = b"\x1c\0\0\0\x0a8.0.1\0\x01\0\0\0ABCDEFGH\0\xff\xf7\x21\x02\0\xff\xdf\x15";
    const MANY: &[u8] = &[b'\n'; 500];
    for (protocol, script, line) in [
        ("mysql", &[Says(MYSQL)][..], "<- before TLS \\n8.0.1\\0"),
        ("pgsql", &[HearsBytes(8, SSL_REQUEST), Says(b"N")], "-> before TLS \\0\\0\\0\\u{8}\\u{4}"),
        (
            "smtp",
            &[Says(b"220 \x1b[2Jmail\r\n"), Hears("EHLO"), Says(b"502 no\r\n")],
            "<- before TLS 220 \\u{1b}[2Jmail",
        ),
        ("pop3", &[Says(b"+OK\r\n"), Hears("STLS"), Says(b"+OK\r\nevil\r\n")], "<- before TLS evil"),
        ("smtp", &[Says(b"half a li")], "<- before TLS half a li"),
        (
            "nntp",
            &[Says(b"200 a\r\n"), Hears("CAPABILITIES"), Says(b"101 x\r\n"), Says(MANY)],
            "<- before TLS and so on",
        ),
    ] {
        let (port, server) = hang_up_after(script);
        let host = format!("localhost:{port}");
        let run = run(&["connect", &host, "--insecure", "--starttls", protocol, "--trace=brief"], b"").exits(1);
        let said = run.stderr();
        assert!(said.lines().any(|own| own.starts_with(line)), "`{line}` is not in\n{said}");
        assert!(said.lines().filter(|line| line.contains("before TLS")).count() < 250 && !said.contains('\x1b'));
        assert!(said.lines().all(|line| line.len() < 1000));
        server.join().unwrap();
    }
}

fn hang_up_after(script: &'static [Step]) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        for step in script {
            match step {
                // The client may have heard enough.
                Says(text) => drop(socket.write_all(text)),
                Hears(words) => drop(hear(&mut socket, words)),
                HearsBytes(len, _) => socket.read_exact(&mut vec![0; *len]).unwrap(),
            }
        }
        // Read what is left, or the end would be a reset.
        let _ = socket.shutdown(std::net::Shutdown::Write);
        let _ = socket.read_to_end(&mut Vec::new());
    });
    (port, server)
}
