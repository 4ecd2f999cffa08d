use crate::{Scratch, Server};
use std::io::{Read, Write};

/// The heads of the responses in `text`, and what is behind the last of them.
fn split(text: &str) -> (&str, &str) {
    text.split_once("\r\n\r\n").unwrap_or((text, ""))
}

#[test]
fn the_status_page() {
    let server = Server::start(&["--status"]);
    let run = server.connect(&["--http", "/", "--alpn", "http/1.1"], b"").exits(0);
    let text = run.stdout();
    let (head, body) = split(&text);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("\r\nContent-Type: text/html; charset=utf-8\r\n") && head.contains("\r\nConnection: close"));
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())));
    for cell in ["<td>TLS 1.3</td>", "<td>X25519MLKEM768</td>", "<td>http/1.1</td>", "<td>localhost</td>"] {
        assert!(body.contains(cell), "{cell} is missing in {body}");
    }
    server.connect(&["--http", "/json"], b"").exits(0).prints("\"server_name\": \"localhost\"");
    server.connect(&["--http", "/nothing"], b"").exits(0).prints("HTTP/1.1 404 Not Found");
}

/// As `openssl s_server -www` does: what the client offered, what both can, and who has come so far.
#[test]
fn what_the_client_offered() {
    let suites = "ECDHE+AES128:TLS_AES_256_GCM_SHA384:AES256-SHA";
    let arguments = ["--status", "--alpn", "http/1.1,two", "--groups", "P-384:P-256", "--ciphers", suites];
    let server = Server::start(&arguments);
    let run = server.connect(&["--http", "/", "--groups", "X25519:P-256", "--alpn", "two,http/1.1"], b"").exits(0);
    let text = run.stdout();
    for row in [
        "<th>groups</th><td>x25519, secp256r1</td>",
        "<th>shared groups</th><td>secp256r1</td>",
        "<th>key shares</th><td>x25519</td>",
        "<th>shared cipher suites</th><td>TLS_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
         TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256</td>",
        "<th>protocols</th><td>two, http/1.1</td>",
        "<th>versions</th><td>TLS 1.3, TLS 1.2</td>",
        "<th>full handshakes</th><td>1</td>",
        "<p>None.</p>",
    ] {
        assert!(text.contains(row), "{row} is missing in {text}");
    }
    let run = server.connect(&["--http", "/json", "--sigalgs", "ecdsa_secp256r1_sha256,ed25519"], b"").exits(0);
    let facts: serde_json::Value = serde_json::from_str(split(&run.stdout()).1).unwrap();
    let schemes = serde_json::json!(["ecdsa_secp256r1_sha256", "ed25519"]);
    assert_eq!(facts["client_hello"]["signature_schemes"], schemes);
    assert!(facts["client_hello"]["shared_signature_schemes"].as_array().is_some_and(|shared| !shared.is_empty()));
    let suites = facts["client_hello"]["cipher_suites"].as_array().unwrap();
    assert!(suites.contains(&"TLS_AES_128_GCM_SHA256".into()), "{suites:?}");
    assert_eq!((&facts["server"]["accepted"], &facts["server"]["full_handshakes"]), (&2.into(), &2.into()));
    assert!(facts["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
}

/// docs/regressions.md row 90: the name comes from the client.
#[test]
fn a_host_name_that_is_a_script_is_text() {
    let server = Server::start(&["--status"]);
    // No client of ours sends it; what a host name may be, the page shows as it is.
    let run = server.connect(&["--servername", "localhost", "--alpn", "<script>,http/1.1", "--http", "/"], b"");
    assert!(!run.exits(0).stdout().contains("<script>"));
    let server = Server::start(&["--status", "--alpn", "<script>"]);
    let run = server.connect(&["--alpn", "<script>", "--http", "/"], b"").exits(0);
    assert!(run.stdout().contains("&lt;script&gt;") && !run.stdout().contains("<script>"));
}

#[test]
fn files() {
    let scratch = Scratch::new();
    let large: String = (0..200_000).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
    scratch.write("www/index.html", "<h1>front</h1>");
    scratch.write("www/large.txt", &large);
    scratch.write("secret.txt", "secret");
    // Whoever opens a pipe waits for somebody to write to it.
    #[cfg(unix)]
    std::process::Command::new("mkfifo").arg(scratch.path("www/pipe")).status().expect("mkfifo");
    let server = Server::start(&["--www", &scratch.path("www")]);
    for (path, status, content_type, body) in [
        ("/", "200 OK", "text/html; charset=utf-8", "<h1>front</h1>"),
        ("/large.txt?version=1", "200 OK", "text/plain; charset=utf-8", large.as_str()),
        ("/pipe", "404 Not Found", "text/plain; charset=utf-8", "404 Not Found\n"),
        ("/../secret.txt", "404 Not Found", "text/plain; charset=utf-8", "404 Not Found\n"),
        ("/%2e%2e/secret.txt", "404 Not Found", "text/plain; charset=utf-8", "404 Not Found\n"),
    ] {
        let run = server.connect(&["--http", path], b"").exits(0);
        let text = run.stdout();
        let (head, content) = split(&text);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{path}: {head}");
        assert!(head.contains(&format!("\r\nContent-Type: {content_type}\r\n")), "{path}: {head}");
        assert!(content == body, "{path}");
    }
}

/// Requests one after the other, also in one piece; a bad one ends it, and each has its answer.
#[test]
fn one_connection_for_many_requests() {
    let server = Server::start(&["--status"]);
    let get = "GET /json HTTP/1.1\r\nHost: a\r\n\r\n";
    for (requests, answers) in [
        (format!("{get}{get}\r\n{get}"), &["200", "200", "200"][..]),
        (format!("{get}HEAD / HTTP/1.1\r\nHost: a\r\n\r\n{get}"), &["200", "200", "200"]),
        (format!("{get}POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc{get}"), &["200", "405"]),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n{get}"), &["200"]),
        ("GET / HTTP/1.1\r\n\r\n".to_string(), &["400"]),
        ("GET / HTTP/3\r\nHost: a\r\n\r\n".to_string(), &["505"]),
        ("nonsense\r\n\r\n".to_string(), &["400"]),
        (format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(20_000)), &["431"]),
        ("GET / HTTP/1.1\r\nHost:".to_string(), &[]),
    ] {
        let run = server.connect(&[], requests.as_bytes()).exits(0);
        let text = run.stdout();
        let statuses: Vec<_> = text.split("HTTP/1.1 ").skip(1).map(|rest| &rest[..3]).collect();
        assert_eq!(statuses, answers, "{requests:.60}\n{text}");
        if answers.contains(&"405") {
            assert!(text.contains("\r\nAllow: GET, HEAD\r\n"), "{text}");
        }
    }
}

/// The head comes in pieces.
#[test]
fn a_slow_typist_is_understood() {
    let server = Server::start(&["--status"]);
    let (child, mut stdin) = server.session();
    for piece in ["\r\nGE", "T /json HT", "TP/1.1\r\nHost: a\r", "\n\r", "\n"] {
        stdin.write_all(piece.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("HTTP/1.1 200 OK"));
}

/// Who has asked everything, and stays, gives its place to whoever comes.
#[test]
fn the_idle_make_room() {
    let server = Server::start(&["--status", "--timeout", "86400", "--max-connections", "1"]);
    let (mut child, mut stdin) = server.session();
    stdin.write_all(b"GET /json HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut status = [0; 15];
    child.stdout.as_mut().unwrap().read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200 OK");
    server.connect(&["--http", "/json"], b"").exits(0).prints("\"open_now\": 1,");
    // It is told that there is no more.
    assert!(child.wait_with_output().unwrap().status.success());
    drop(stdin);
}

/// So does who has not asked anything yet, or not all of it; and who is closed for that is named.
#[test]
fn those_who_do_not_ask_make_room() {
    let times = ["--timeout", "86400", "--max-connections", "1"];
    for (service, beginning) in
        [(&["--status"][..], &b""[..]), (&["--status"], b"G"), (&["--reply-size", "10"], b"a lin")]
    {
        let mut server = Server::start(&[service, &times].concat());
        let mut client = server.stream();
        client.write_all(beginning).and_then(|()| client.flush()).unwrap();
        server.connect(&["--http", "/json"], b"").exits(0).prints("HTTP/1.1 200 OK");
        let line = std::iter::repeat_with(|| server.line()).find(|line| !line.starts_with("accept: ")).unwrap();
        let words = ": TimedOut: others wait, and nothing was asked here (hint: with `--max-connections NUMBER` more";
        assert!(line.starts_with("127.0.0.1:") && line.contains(words), "{line}");
        assert_eq!(client.read(&mut [0]).unwrap(), 0, "close_notify");
    }
}

/// Where nobody makes room, it is said.
#[test]
fn a_full_house_is_said() {
    let mut server = Server::start(&["--timeout", "86400", "--max-connections", "1"]);
    let _client = server.stream();
    let _waiting = std::net::TcpStream::connect(&server.address).unwrap();
    let line = server.line();
    let words =
        "accept: all 1 places are taken, and others wait (hint: with `--max-connections NUMBER` more have room)";
    assert!(line.contains(words), "{line}");
}

/// docs/regressions.md row 16: the whole head has its time, and then the place is somebody else's.
#[test]
fn a_request_that_never_ends_is_not_waited_for() {
    let server = Server::start(&["--status", "--timeout", "1", "--max-connections", "1"]);
    let (child, mut stdin) = server.session();
    stdin.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nX: ").unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    server.connect(&["--http", "/json"], b"").exits(0).prints("HTTP/1.1 200 OK");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("HTTP/1.1 408 Request Timeout"));
    assert!(output.status.success());
}
