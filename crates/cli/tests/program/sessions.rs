//! Sessions in files, early data, and pre-shared keys of TLS 1.3.

use crate::{Run, Scratch, Server, run};
use serde_json::Value;
use std::{fs, io, thread};

const GET: &str = "GET /json HTTP/1.1\r\nHost: a\r\n\r\n";

fn facts(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap()
}

/// What the server knows, from its page.
fn page(run: &Run) -> Value {
    serde_json::from_str(run.stdout().split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

/// Connects, and gives the file with the session.
fn session(server: &Server, name: &str, more: &[&str]) -> String {
    let file = server.scratch.path(name);
    server.connect(&[&["--session-out", &file], more].concat(), b"hello").exits(0).prints("hello");
    file
}

#[test]
fn a_session_in_a_file_is_resumed() {
    let server = Server::start(&["--status"]);
    for (version, how) in [("--tls1_3", &["--json"][..]), ("--tls1_2", &["--json"]), ("--tls1_3", &["--http", "/json"])]
    {
        let file = server.scratch.path("session");
        server.connect(&[&[version, "--session-out", &file], how].concat(), b"").exits(0);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // Replaced whole, by the next one.
        let before = fs::read(&file).unwrap();
        let arguments = [version, "--session-in", &file, "--session-out", &file, "--http", "/json"];
        let again = server.connect(&arguments, b"").exits(0).says("resumed ");
        assert_eq!((&page(&again)["resumed"], &page(&again)["not_resumed"]), (&true.into(), &Value::Null));
        assert_eq!(fs::read(&file).unwrap() != before, version == "--tls1_3");
        assert_eq!(fs::read_dir(&server.scratch.0).unwrap().count(), 2, "the CA, the session and nothing else");
    }
}

/// A conversation has its session in the file before it ends.
#[test]
fn a_session_is_there_as_soon_as_it_has_come() {
    use std::io::{Read, Write};

    let server = Server::start(&[]);
    let file = server.scratch.path("session");
    let arguments = ["connect", &server.host, "--cafile", &server.ca, "--session-out", &file];
    let mut child = crate::handfast(&arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for word in [b"one", b"two"] {
        stdin.write_all(word).unwrap();
        stdin.flush().unwrap();
        stdout.read_exact(&mut [0; 3]).unwrap();
    }
    assert!(!fs::read(&file).unwrap().is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    server.connect(&["--session-in", &file], b"").exits(0).says("resumed ");
}

/// A connection that ends badly has given its session all the same: here the server hangs up on a client that is silent.
#[test]
fn a_session_outlives_its_connection() {
    let server = Server::start(&["--timeout", "1"]);
    let file = server.scratch.path("session");
    let arguments = ["connect", &server.host, "--cafile", &server.ca, "--tls1_2", "--session-out", &file];
    let mut command = crate::handfast(&arguments);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let stdin = child.stdin.take();
    assert!(!child.wait().unwrap().success(), "there was no close_notify");
    drop(stdin);
    server.connect(&["--tls1_2", "--session-in", &file], b"").exits(0).says("resumed ");
}

/// What is no file stays what it is.
#[cfg(unix)]
#[test]
fn a_session_goes_down_a_pipe() {
    use std::os::unix::fs::FileTypeExt;

    let server = Server::start(&[]);
    let pipe = server.scratch.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    server.connect(&["--tls1_2", "--session-out", &pipe, "--json"], b"").exits(0);
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    let file = server.scratch.write("session", reader.join().unwrap());
    server.connect(&["--tls1_2", "--session-in", &file], b"").exits(0).says("resumed ");
}

#[test]
fn a_sealed_session_needs_its_key() {
    let server = Server::start(&[]);
    let key = server.scratch.write("key", [7; 32]);
    let file = session(&server, "session", &["--session-key", &key]);
    server.connect(&["--session-in", &file, "--session-key", &key], b"").exits(0).says("resumed ");
    let other = server.scratch.write("other", [8; 32]);
    for more in [&["--session-key", &other][..], &[]] {
        let refused = server.connect(&[&["--session-in", &file], more].concat(), b"");
        refused.exits(2).says("error: USAGE").says(": no session").says("--session-key");
    }
    let short = server.scratch.write("short", [7; 31]);
    server.connect(&["--session-in", &file, "--session-key", &short], b"").exits(2).says("has 32 bytes");
    run(&["connect", &server.host, "--session-in", "/no/such/file"], b"").exits(3);
}

/// It is said, and the handshake is a full one.
#[test]
fn a_session_that_may_not_be_offered_is_not() {
    let server = Server::start(&[]);
    let file = session(&server, "session", &[]);
    let run = server.connect(&["--session-in", &file, "--insecure"], b"").exits(0);
    assert!(
        !run.says("is not offered (Domain): the session was made under another trust").stderr().contains("resumed ")
    );
    // It is as good as before.
    server.connect(&["--session-in", &file], b"").exits(0).says("resumed ");
}

/// Each side says what it knows: a client that it was declined, a server why.
#[test]
fn why_it_was_not_resumed() {
    let connect =
        |server: &Server, more: &[&str]| run(&[&["connect", &server.host, "--insecure"], more].concat(), b"").exits(0);
    let (one, mut other) = (Server::start(&[]), Server::start(&["--status", "--trace=brief"]));
    let file = one.scratch.path("session");
    let first = connect(&one, &["--session-out", &file, "--json"]);
    assert_eq!((&facts(&first)["resumed"], &facts(&first)["not_resumed"]), (&false.into(), &Value::Null));
    // The other one has other ticket keys.
    let declined = connect(&other, &["--session-in", &file, "--trace=brief", "--http", "/json"]);
    let declined = declined.says("; a session or pre-shared key");
    let declined = declined.says("-- not resumed (Declined): the server did not take the session\n");
    let declined = declined.says("not resumed   Declined: the server did not take the session\n");
    assert_eq!(page(&declined)["not_resumed"], "Unknown: there is no session behind what was offered");
    let why = " -- not resumed (Unknown): there is no session behind what was offered\n";
    assert!(std::iter::from_fn(|| Some(other.line())).take(20).any(|line| line.ends_with(why)));
}

#[test]
fn no_session_is_said_so() {
    let server = Server::start(&["--no-ticket"]);
    let file = server.scratch.path("session");
    let run = server.connect(&["--session-out", &file], b"").exits(0);
    run.says("was not written: the server has given no session");
    assert!(fs::metadata(&file).is_err());
    for (tickets, count) in [("0", 0), ("5", 5)] {
        let server = Server::start(&["--tickets", tickets]);
        let run = server.connect(&["--trace=brief"], b"x").exits(0);
        assert_eq!(run.stderr().matches("<- NewSessionTicket").count(), count);
    }
}

/// The same keys in two servers, and others while one runs.
#[test]
fn ticket_keys_in_a_file() {
    let scratch = Scratch::new();
    let key = |byte: u8| [byte; 48];
    let file = scratch.write("keys", key(1));
    let (cert, private) = certificate(&scratch);
    let arguments = ["--cert", &cert, "--key", &private, "--ticket-keys", &file, "--status"];
    let start = || {
        let own = Scratch::new();
        fs::copy(scratch.path("ca.pem"), own.path("ca.pem")).unwrap();
        Server::of(own, &arguments)
    };
    let (one, mut two) = (start(), start());
    let session = scratch.path("session");
    let resumes = |server: &Server| {
        one.connect(&["--session-out", &session, "--json"], b"").exits(0);
        let run = server.connect(&["--session-in", &session, "--http", "/json"], b"").exits(0);
        page(&run)["resumed"] == true
    };
    assert!(resumes(&one) && resumes(&two));
    // Keys that are gone open nothing.
    let old = scratch.path("old");
    one.connect(&["--session-out", &old, "--json"], b"").exits(0);
    scratch.write("keys", [key(3), key(4)].concat());
    let visit = two.connect(&["--session-in", &old, "--http", "/json"], b"").exits(0);
    assert_eq!(page(&visit)["resumed"], false);
    assert!(two.line().contains("have changed"));
    scratch.write("keys", key(1));
    assert!(resumes(&two));
    assert!(two.line().contains("have changed"));
    // The new one in front: both still open what the old one has sealed.
    scratch.write("keys", [key(2), key(1)].concat());
    assert!(resumes(&two));
    assert!(two.line().contains("have changed"));
    scratch.write("keys", "no keys");
    assert!(resumes(&two), "the old ones stay");
    assert!(two.line().contains("48 bytes each"));
    let odd = scratch.write("odd", [1; 47]);
    for (keys, words) in [(odd, "48 bytes each"), (scratch.write("zero", [0; 48]), "a ticket key is zero")] {
        run(&["serve", "--self-signed", "--ticket-keys", &keys], b"").exits(2).says(words);
    }
}

/// A CA in `ca.pem`, and a server's certificate of it with its key.
fn certificate(scratch: &Scratch) -> (String, String) {
    use handfast::Clock;
    use handfast::crypto::KeyKind;
    use handfast::pki::make::{Builder, Identity};

    let (provider, now) = (handfast::rustcrypto::provider(), handfast::SystemClock.now());
    let ca = Identity::root(&provider, Builder::ca("A CA", now), KeyKind::P256).unwrap();
    let leaf = ca.issue(&provider, Builder::server(&["localhost"], now), KeyKind::P256).unwrap();
    scratch.write("ca.pem", ca.certificate_pem());
    let key = scratch.write("server.key", leaf.key.to_pem().as_bytes());
    (scratch.write("server.pem", leaf.certificate_pem()), key)
}

#[test]
fn early_data_is_echoed() {
    let server = Server::start(&["--early-data"]);
    let file = session(&server, "session", &[]);
    let early = server.scratch.write("early", "before, ");
    let arguments = ["--session-in", &file, "--early-data", &early];
    let run = server.connect(&arguments, b"after").exits(0).prints("before, after");
    run.says("early data       accepted").says("note: early data: accepted, 8 of 8 bytes\n");
    // The same ticket again, and the register remembers another flight: only the copy of a flight is a replay.
    let json = server.connect(&[&arguments[..], &["--json"]].concat(), b"").exits(0);
    assert_eq!(facts(&json)["early_data_taken"], "8 of 8 bytes");
    assert_eq!(facts(&json)["early_data"], "accepted, at most 16384 bytes");
    let more = server.scratch.write("more", vec![b'.'; 20_000]);
    let run = server.connect(&["--session-in", &file, "--early-data", &more], b"").exits(0);
    let run = run.says("accepted, 16384 of 20000 bytes; 3616 bytes follow as ordinary data");
    assert_eq!(run.stdout().len(), 20_000);
}

/// What the server does not take is sent later, or not at all.
#[test]
fn early_data_that_is_not_taken() {
    let server = Server::start(&["--alpn", "one,two"]);
    let early = server.scratch.write("early", "hello");
    let none = server.connect(&["--early-data", &early], b"").exits(0).prints("hello");
    none.says("note: early data: not sent, for want of a session that allows it; 5 bytes follow as ordinary data\n");

    let scratch = Scratch::new();
    let (cert, key) = certificate(&scratch);
    let keys = scratch.write("keys", [1; 48]);
    let start = |more: &[&str]| {
        let own = Scratch::new();
        fs::copy(scratch.path("ca.pem"), own.path("ca.pem")).unwrap();
        let arguments = ["--cert", &cert, "--key", &key, "--ticket-keys", &keys];
        Server::of(own, &[&arguments[..], more].concat())
    };
    // Who has only just begun with keys that others have cannot know what they have taken.
    let cold = start(&["--early-data", "--alpn", "one"]);
    let file = session(&cold, "session", &["--alpn", "one,two"]);
    let arguments = ["--alpn", "one,two", "--session-in", &file, "--early-data", &early];
    let run = cold.connect(&arguments, b"").exits(0).prints("hello");
    let run = run.says("early data       refused, Declined: the server did not take it\n");
    run.says(
        "note: early data: rejected, 5 bytes (Declined: the server did not take it); 5 bytes follow as ordinary data\n",
    );
    let other = start(&["--early-data=100", "--alpn", "two"]);
    let run = other.connect(&arguments, b"").exits(0);
    assert_eq!(run.stdout(), "");
    run.says("; not sent again: it was for one, and this connection speaks two\n");
}

/// RFC 8470: what does something waits for the end of the handshake.
#[test]
fn early_requests_do_nothing() {
    let scratch = Scratch::new();
    scratch.write("www/index.html", "<h1>front</h1>");
    let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (arguments, body) in [
        (&["--status", "--early-data"][..], "What is known of this connection"),
        (&["--www", &scratch.path("www"), "--early-data"], "<h1>front</h1>"),
    ] {
        let server = Server::start(arguments);
        let file = server.scratch.path("session");
        for (request, then, statuses) in [
            (get.to_string(), "", &["200"][..]),
            (format!("{get}{get}"), get, &["200", "200", "200"]),
            (format!("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n{get}"), "", &["200", "200"]),
            // The end of a request decides when it is answered.
            ("\r\nGET / HTTP/1.1\r\nHost".to_string(), ": a\r\n\r\n", &["200"]),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent".to_string(), "-Length: 0\r\n\r\n", &["405"]),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".to_string(), get, &["425"]),
            (format!("{get}DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"), get, &["200", "425"]),
            (format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n{get}"), "", &["200"]),
            ("nonsense\r\n\r\n".to_string(), get, &["400"]),
            (
                format!("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc{get}"),
                get,
                &["200"],
            ),
        ] {
            server.connect(&["--session-out", &file, "--http", "/"], b"").exits(0);
            let early = server.scratch.write("early", &request);
            let arguments = ["--session-in", &file, "--early-data", &early];
            let run = server.connect(&arguments, then.as_bytes()).exits(0).says("early data: accepted");
            let text = run.stdout();
            let came: Vec<_> = text.split("HTTP/1.1 ").skip(1).map(|rest| &rest[..3]).collect();
            assert_eq!(came, statuses, "{request}\n{text}");
            assert_eq!(text.contains(body), statuses.contains(&"200"), "{text}");
            assert_eq!(text.contains("425 Too Early\r\n"), statuses.contains(&"425"));
        }
    }
}

/// A long answer waits for the end of the handshake, and what was asked after it waits for the answer.
#[test]
fn a_long_answer_is_not_early() {
    let scratch = Scratch::new();
    scratch.write("www/long", "x".repeat(100_000));
    scratch.write("www/short", "y");
    let server = Server::start(&["--www", &scratch.path("www"), "--early-data"]);
    let file = server.scratch.path("session");
    server.connect(&["--session-out", &file, "--http", "/short"], b"").exits(0);
    let get = |name: &str| format!("GET /{name} HTTP/1.1\r\nHost: a\r\n\r\n");
    let early =
        server.scratch.write("early", [get("short"), get("long"), get("short"), get("short")[..8].into()].concat());
    let run = server.connect(&["--session-in", &file, "--early-data", &early], &get("short").as_bytes()[8..]).exits(0);
    let text = run.says("early data: accepted").stdout();
    let bodies: Vec<_> =
        text.split("HTTP/1.1 200 OK\r\n").skip(1).filter_map(|one| one.split("\r\n\r\n").nth(1)).collect();
    assert_eq!(bodies.iter().map(|body| body.len()).collect::<Vec<_>>(), [1, 100_000, 1, 1]);
}

/// How much a server has sent before the handshake was complete, by its trace, in bytes.
fn sent_early(trace: &str) -> usize {
    let early = trace.split("Early data: Accepted").nth(1).and_then(|rest| rest.split("EndOfEarlyData").next());
    let sent = early.expect("a trace").split("Sent Record").skip(1);
    let lengths = sent.map(|record| record.split("Length = ").nth(1).and_then(|rest| rest.lines().next()).unwrap());
    lengths.map(|length| length.parse::<usize>().unwrap()).sum()
}

/// What comes early behind a request that is answered later is answered, too: more of it than is read at once.
#[test]
fn nothing_early_is_lost() {
    let scratch = Scratch::new();
    scratch.write("www/long", "x".repeat(100_000));
    // Two of these are more than is sent before the client is known.
    scratch.write("www/short", "y".repeat(9_000));
    let get = |name: &str| format!("GET /{name} HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "z".repeat(1_000));
    for (first, lengths) in [("short", 9_000), ("long", 100_000)] {
        let mut server = Server::start(&["--www", &scratch.path("www"), "--early-data=200000", "--trace"]);
        let mut stderr = server.stderr.take().unwrap();
        let reader = thread::spawn(move || io::read_to_string(&mut stderr).unwrap());
        let file = server.scratch.path("session");
        server.connect(&["--session-out", &file, "--http", "/short"], b"").exits(0);
        let early = server.scratch.write("early", format!("{}{}", get(first), get("short").repeat(99)));
        let run = server.connect(&["--session-in", &file, "--early-data", &early], get("short").as_bytes()).exits(0);
        let text = run.says("early data: accepted").stdout();
        let bodies = text.split("HTTP/1.1 200 OK\r\n").skip(1).filter_map(|one| one.split("\r\n\r\n").nth(1));
        let bodies: Vec<_> = bodies.map(str::len).collect();
        assert_eq!(bodies, [&[lengths][..], &[9_000; 100]].concat(), "{first}");
        // Before the client is known there is one short answer at most.
        server.signal("-TERM");
        let sent = sent_early(&reader.join().unwrap());
        let expected = if first == "short" { 9_000..18_000 } else { 0..1_000 };
        assert!(expected.contains(&sent), "{first}: {sent}");
    }
}

/// Answers without a body are not free: whoever replays a flight of them is not sent more than a little.
#[test]
fn early_answers_are_counted() {
    let scratch = Scratch::new();
    scratch.write("www/empty", "");
    let mut server = Server::start(&["--www", &scratch.path("www"), "--early-data=200000", "--trace"]);
    let mut stderr = server.stderr.take().unwrap();
    let reader = thread::spawn(move || io::read_to_string(&mut stderr).unwrap());
    let file = server.scratch.path("session");
    server.connect(&["--session-out", &file, "--http", "/empty"], b"").exits(0);
    let early = server.scratch.write("early", "GET /empty HTTP/1.1\r\nHost: a\r\n\r\n".repeat(500));
    let run = server.connect(&["--session-in", &file, "--early-data", &early], b"").exits(0);
    let text = run.says("early data: accepted").stdout();
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 500);
    server.signal("-TERM");
    let sent = sent_early(&reader.join().unwrap());
    assert!(sent > 0 && sent <= 16 * 1024, "{sent} bytes");
}

/// The page of an early request says so, and the trace of both sides.
#[test]
fn the_page_knows_of_early_data() {
    let mut server = Server::start(&["--status", "--early-data=5000", "--trace=brief"]);
    let file = server.scratch.path("session");
    let first = server.connect(&["--session-out", &file, "--trace=brief", "--http", "/json"], b"").exits(0);
    let first = first.says("good for 7200 seconds and 5000 bytes of early data");
    assert_eq!((&page(&first)["resumed"], &page(&first)["early_data"]), (&false.into(), &Value::Null));
    let early = server.scratch.write("early", GET);
    let run = server.connect(&["--session-in", &file, "--early-data", &early, "--trace=brief"], b"").exits(0);
    let run =
        run.says("-- early data offered, at most 5000 bytes\n").says("-- early data accepted, at most 5000 bytes\n");
    let run = run.says("; early data follows").says("-> EndOfEarlyData (4 bytes, early keys)");
    assert_eq!(
        (&page(&run)["resumed"], &page(&run)["early_data"]),
        (&true.into(), &"accepted, at most 5000 bytes".into())
    );
    let is_told = |line: &String| line.contains(" -- early data accepted, at most 5000 bytes");
    assert!(std::iter::from_fn(|| Some(server.line())).take(100).any(|line| is_told(&line)));
}

/// In TLS 1.3 as in TLS 1.2; the early data goes with those that are resumed.
#[test]
fn reconnecting_with_early_data() {
    let server = Server::start(&["--early-data"]);
    let early = server.scratch.write("early", "hello");
    let run = server.connect(&["--reconnect", "--early-data", &early], b"").exits(0).prints("hello");
    assert_eq!(run.stderr().matches("Reused, TLSv1.3, TLS_AES_128_GCM_SHA256\n").count(), 5);
    run.says("early data: accepted, 5 of 5 bytes");
}

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[test]
fn pre_shared_keys() {
    let scratch = Scratch::new();
    let text = format!("# ours\n\npump:{KEY}\na:b:{KEY}:sha384\n");
    let file = scratch.write("keys", &text);
    let (plain, alone) = (
        Server::start(&["--psk-file", &file, "--status"]),
        Server::of(Scratch::new(), &["--psk-file", &file, "--status"]),
    );
    for server in [&plain, &alone] {
        for (identity, more, suite) in
            [("pump", &[][..], "TLS_AES_128_GCM_SHA256"), ("a:b", &["--psk-hash", "sha384"], "TLS_AES_256_GCM_SHA384")]
        {
            let arguments = ["connect", &server.host, "--psk", KEY, "--psk-identity", identity, "--http", "/json"];
            let run = run(&[&arguments[..], more].concat(), b"").exits(0);
            let theirs = page(&run.says("verification  by the pre-shared key, without a certificate"));
            assert_eq!((&theirs["psk_identity"], &theirs["cipher"]), (&identity.into(), &suite.into()));
            assert_eq!(theirs["resumed"], false);
        }
    }
    // Who is not known is shown the certificate, where there is one, and is told nothing where there is none.
    plain.connect(&["--psk", KEY, "--psk-identity", "nobody"], b"").exits(0).says("accepted, by ");
    for identity in ["nobody", "a:b"] {
        let run = run(&["connect", &alone.host, "--psk", KEY, "--psk-identity", identity], b"");
        run.exits(1).says("error: decrypt_error");
    }
    let arguments = ["connect", &plain.host, "--psk", &KEY.replace('0', "1"), "--psk-identity", "pump"];
    run(&arguments, b"").exits(1).says("error: decrypt_error");
}

/// All keys of a file are offered, and the server takes the first it knows that goes with the suite.
#[test]
fn a_client_with_a_file_of_keys() {
    let scratch = Scratch::new();
    let known = scratch.write("known", format!("pump:{KEY}\n"));
    let server = Server::of(Scratch::new(), &["--psk-file", &known, "--status"]);
    let mine = scratch.write("mine", format!("# of two plants\nother:{}\npump:{KEY}\n", KEY.replace('0', "1")));
    let run_with = |file: &str| run(&["connect", &server.host, "--psk-file", file, "--http", "/json"], b"");
    assert_eq!(page(&run_with(&mine).exits(0))["psk_identity"], "pump");
    let others = scratch.write("others", format!("other:{KEY}\n"));
    run_with(&others).exits(1).says("error: decrypt_error");
    let broken = scratch.write("broken", "pump:00fg\n");
    let told = run_with(&broken).exits(2).says("broken, line 1: a pre-shared key is IDENTITY:HEX");
    assert!(!told.stderr().contains("00fg"));
    let both = ["connect", &server.host, "--psk-file", &mine, "--psk", KEY, "--psk-identity", "pump"];
    run(&both, b"").exits(2).says("cannot be used with");
}

/// A session that was made with a key is resumed beside it.
#[test]
fn a_session_of_a_pre_shared_key() {
    let scratch = Scratch::new();
    let file = scratch.write("keys", format!("pump:{KEY}\n"));
    let server = Server::of(Scratch::new(), &["--psk-file", &file, "--status"]);
    let session = scratch.path("session");
    let psk = ["connect", &server.host, "--psk", KEY, "--psk-identity", "pump"];
    run(&[&psk[..], &["--session-out", &session, "--json"]].concat(), b"").exits(0);
    let resumed = run(&[&psk[..], &["--session-in", &session, "--json"]].concat(), b"").exits(0);
    assert_eq!((&facts(&resumed)["resumed"], &facts(&resumed)["psk_identity"]), (&true.into(), &"pump".into()));
    // Without the key it stands for nobody.
    run(&["connect", &server.host, "--session-in", &session], b"").exits(1).says("is not offered");
}

#[test]
fn imported_keys() {
    let scratch = Scratch::new();
    let file = scratch.write("keys", format!("pump:{KEY}\n"));
    let server = Server::of(Scratch::new(), &["--psk-file", &file, "--psk-import", "--psk-context", "plant 7"]);
    let psk = ["connect", &server.host, "--psk", KEY, "--psk-identity", "pump"];
    for more in [&[][..], &["--suites", "AES_256_GCM_SHA384"]] {
        let arguments = [&psk[..], &["--psk-import", "--psk-context", "plant 7"], more].concat();
        run(&arguments, b"hello").exits(0).prints("hello");
    }
    for more in [&[][..], &["--psk-import"], &["--psk-import", "--psk-context", "plant 8"]] {
        run(&[&psk[..], more].concat(), b"").exits(1).says("error: decrypt_error");
    }
}

#[test]
fn keys_that_cannot_be_used() {
    let scratch = Scratch::new();
    for (line, words) in [
        ("pump", "line 2: a pre-shared key is IDENTITY:HEX"),
        ("pump:00ff:md5", "line 2: a pre-shared key is"),
        ("pump:00ff", "line 2: a pre-shared key of 2 bytes, where 16 to 4096 are taken"),
        (&format!(":{KEY}"), "line 2: an identity of 0 bytes"),
        ("# none", "no pre-shared key"),
    ] {
        let file = scratch.write("keys", format!("#\n{line}\n"));
        let run = run(&["serve", "--psk-file", &file], b"").exits(2).says(words);
        assert!(!run.stderr().contains("00ff"), "{}", run.stderr());
    }
    for (arguments, words) in [
        (&["--psk", KEY][..], "--psk-identity"),
        (&["--psk", "xyz", "--psk-identity", "a"], "hexadecimal"),
        (&["--psk", "00ff", "--psk-identity", "a"], "`--psk`: a pre-shared key of 2 bytes"),
        (&["--psk", KEY, "--psk-identity", "a", "--psk-context", "x"], "--psk-import"),
    ] {
        run(&[&["connect", "localhost"], arguments].concat(), b"").exits(2).says(words);
    }
}
