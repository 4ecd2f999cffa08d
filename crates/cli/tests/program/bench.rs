//! `handfast bench`: that it counts right, not how fast anything is.

use crate::certificates::{Issue, ca, localhost, now, root};
use crate::{Run, Scratch, Server, run};
use handfast::pki::make::Builder;
use handfast_net::Acceptor;
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

impl Server {
    fn bench(&self, arguments: &[&str]) -> Run {
        run(&[&["bench", &self.host, "--cafile", &self.ca, "--time", "0.3"], arguments].concat(), b"")
    }
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout(), run.stderr()))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn full_and_resumed_handshakes() {
    for (versions, version) in [("--tls1_2", "TLS 1.2"), ("--tls1_3", "TLS 1.3")] {
        let server = Server::start(&[versions]);
        let report = report(&server.bench(&["--json", "--connections", "3"]).exits(0));
        assert_eq!((&report["schema"], &report["connections"]), (&json!("handfast-bench/1"), &json!(3)));
        assert_eq!((&report["version"], &report["address"]), (&json!(version), &json!(server.address)));
        let parts = report["parts"].as_array().unwrap();
        let [full, resumed] = parts.as_slice() else { panic!("{parts:?}") };
        assert_eq!((&full["part"], &resumed["part"]), (&json!("full"), &json!("resumed")));
        assert!(number(&full["handshakes"]) > 0.0);
        assert_eq!((&full["resumed"], &full["errors"]), (&json!(0), &json!({})));
        // Each of three threads has one to begin with that resumes nothing.
        let (all, again) = (number(&resumed["handshakes"]), number(&resumed["resumed"]));
        assert!((1.0..=3.0).contains(&(all - again)), "{again} of {all}");
        assert!((number(&resumed["resumed_share"]) - again / all).abs() < 0.001);
        for part in parts {
            let told = &part["handshake_us"];
            let order = ["min", "p50", "p90", "p99", "max"].map(|name| number(&told[name]));
            assert!(order.is_sorted() && order[0] > 0.0, "{told}");
            assert!(number(&part["seconds"]) >= 0.3);
        }
    }
}

/// Without tickets, and without a cache, nothing is resumed, and nobody waits for what does not come.
#[test]
fn what_is_not_resumed_is_said() {
    let server = Server::start(&["--no-ticket"]);
    let report = report(&server.bench(&["--json", "--parts", "resumed", "--connections", "1"]).exits(0));
    let part = &report["parts"][0];
    assert!(number(&part["handshakes"]) > 1.0);
    assert_eq!((&part["resumed"], &part["resumed_share"]), (&json!(0), &json!(0.0)));
}

#[test]
fn data_down_and_up() {
    let server = Server::start(&[]);
    let page = server.scratch.write("www/page", vec![b'x'; 100_000]);
    let www = page.strip_suffix("/page").unwrap();
    let files = Server::start(&["--www", www]);
    let down = report(&files.bench(&["--json", "--get", "/page", "--parts", "down", "--connections", "2"]).exits(0));
    let part = &down["parts"][0];
    let (requests, bytes) = (number(&part["requests"]), number(&part["bytes_in"]));
    // The last of each connection may be cut off.
    assert!(requests > 2.0 && bytes > (requests - 2.0) * 100_000.0 && bytes <= requests * 100_000.0, "{part}");
    assert_eq!(part["errors"], json!({}));
    // They come one after the other on a connection.
    assert!(number(&part["handshakes"]) <= 4.0, "{part}");

    let up = report(&server.bench(&["--json", "--upload", "--parts", "up", "--connections", "1"]).exits(0));
    let part = &up["parts"][0];
    assert!(number(&part["bytes_out"]) >= 65_536.0 && part["bytes_out"] == part["bytes_in"], "{part}");
    assert_eq!((&part["handshakes"], &part["errors"]), (&json!(1), &json!({})));

    // The echo of a line is one byte.
    let lines =
        report(&server.bench(&["--json", "--reply-size", "1", "--parts", "down", "--connections", "1"]).exits(0));
    let part = &lines["parts"][0];
    assert_eq!(part["requests"], part["bytes_in"]);
    assert!(number(&part["requests"]) > 1.0);
}

/// A server in this process, with its CA in a file: what it does with each connection, the first of which is number 0.
fn peer(serve: impl Fn(usize, &Acceptor, TcpStream) + Send + Sync + 'static) -> (String, Scratch) {
    let scratch = Scratch::new();
    let (_, acceptor) = localhost(&scratch);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let target = format!("localhost:{}", listener.local_addr().unwrap().port());
    let serve = Arc::new(serve);
    thread::spawn(move || {
        // One that only looks whether somebody listens is no connection.
        for (number, socket) in listener.incoming().skip(1).enumerate() {
            let (serve, acceptor) = (serve.clone(), acceptor.clone());
            thread::spawn(move || serve(number, &acceptor, socket.unwrap()));
        }
    });
    (target, scratch)
}

/// One connection that the server leaves without an answer takes a thread's time, and nothing of the other thread's rate.
#[test]
fn a_thread_that_waits_makes_the_others_no_slower() {
    let (target, scratch) = peer(|number, acceptor, mut socket| match number {
        0 => drop(io::copy(&mut socket, &mut io::sink())),
        _ => drop(acceptor.accept(socket)),
    });
    let ca = scratch.path("ca.pem");
    let arguments = ["bench", &target, "--cafile", &ca, "--json", "--parts", "full", "--connections", "2"];
    let found = report(&run(&[&arguments[..], &["--time", "0.2", "--timeout", "2"]].concat(), b"").exits(0));
    let part = &found["parts"][0];
    let (count, rate, seconds) =
        (number(&part["handshakes"]), number(&part["handshakes_per_second"]), number(&part["seconds"]));
    assert!(count > 0.0 && seconds >= 2.0, "{part}");
    assert!(rate > 2.0 * count / seconds, "{part}");
    assert_eq!(part["errors"], json!({ "TimedOut": 1 }));
}

/// What a server has sent back counts, also where the connection then breaks; and that it breaks is said.
#[test]
fn what_came_back_before_an_error_is_counted() {
    let (target, scratch) = peer(|_, acceptor, socket| {
        let mut raw = socket.try_clone().unwrap();
        let Ok(mut stream) = acceptor.accept(socket) else { return };
        stream.write_all(b"hello").and_then(|()| stream.flush()).unwrap();
        // No record of this connection.
        raw.write_all(&[23, 3, 3, 0, 20]).and_then(|()| raw.write_all(&[7; 20])).unwrap();
        let _ = raw.read_to_end(&mut Vec::new());
    });
    let ca = scratch.path("ca.pem");
    let arguments = ["bench", &target, "--cafile", &ca, "--upload", "--parts", "up", "--connections", "1"];
    let found = report(&run(&[&arguments[..], &["--json", "--time", "0.2"]].concat(), b""));
    let part = &found["parts"][0];
    assert!(number(&part["handshakes"]) >= 1.0, "{part}");
    assert_eq!(number(&part["bytes_in"]), 5.0 * number(&part["handshakes"]), "{part}");
    assert_eq!(part["errors"], json!({ "BadRecordMac": part["handshakes"] }));
    run(&[&arguments[..], &["--time", "0.1"]].concat(), b"").prints(" times BadRecordMac");
}

/// The server asks for a certificate, and gets one.
#[test]
fn certificates_of_clients() {
    let issuer = root(ca("clients"));
    let own = issuer.issues(Builder::client("somebody", now()));
    let scratch = Scratch::new();
    let trusted = scratch.write("clients.pem", issuer.certificate_pem());
    let cert = scratch.write("own.pem", own.certificate_pem());
    let key = scratch.write("own.key", own.key.to_pem().as_bytes());
    let server = Server::start(&["--client-auth", "require", "--client-ca", &trusted]);
    let with = report(&server.bench(&["--json", "--cert", &cert, "--key", &key, "--tls1_2"]).exits(0));
    assert_eq!((&with["error"], &with["parts"][0]["errors"]), (&Value::Null, &json!({})));
    let without = server.bench(&["--json", "--tls1_2", "--parts", "full"]).exits(1);
    assert!(report(&without)["error"]["hint"].as_str().unwrap().contains("--cert"), "{}", without.stdout());
}

#[test]
fn for_people() {
    let server = Server::start(&[]);
    let run = server.bench(&["--connections", "1", "--upload"]).exits(0).prints("one connection at once: TLS 1.3, ");
    let run = run.prints("Full handshakes in 0.").prints("Resumed handshakes in 0.").prints("Data to the server in 0.");
    let run = run.prints("  handshake    half within ").prints(" MB a second");
    assert_eq!(run.stderr(), "", "no progress where there is no terminal");
}

#[test]
fn what_fails_is_counted_and_fatal_when_all_does() {
    let server = Server::start(&["--www", "/"]);
    let missing = server.bench(&["--get", "/no/such/page", "--parts", "full,down", "--json"]).exits(1);
    let missing = missing.says("error: FAILED: the response is `HTTP/1.1 404 Not Found`");
    let found = report(&missing);
    let parts = found["parts"].as_array().unwrap();
    assert!(number(&parts[0]["handshakes"]) > 0.0);
    assert_eq!(parts[1]["requests"], 0);
    assert!(number(&parts[1]["errors"]["FAILED"]) >= 1.0, "{}", parts[1]);

    assert_eq!(found["error"]["code"], "FAILED");

    let untrusted = run(&["bench", &server.host, "--time", "0.3"], b"").exits(1);
    untrusted.says("error: UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    run(&["bench", &server.host, "--time", "0.1", "--insecure"], b"").exits(0);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let gone = run(&["bench", &address, "--json"], b"").exits(3).says("error: ConnectionRefused");
    assert_eq!(report(&gone)["error"]["code"], "ConnectionRefused");
    assert_eq!(report(&server.bench(&["--json", "--parts", "full"]).exits(0))["error"], Value::Null);
}

/// More connections than this system lets the program have are refused, with a number that is possible.
#[test]
#[cfg(unix)]
fn more_connections_than_files() {
    let server = Server::start(&[]);
    let program = crate::handfast(&["bench", &server.host, "--insecure", "--time", "0.1", "--connections", "100"]);
    let limited = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 60 && exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(program.get_args())
        .output();
    let limited = Run(limited.unwrap()).exits(2).says("no more than 60 open files");
    limited.says("`--connections 28` is possible");
}

#[test]
fn what_cannot_be_meant() {
    for (arguments, words) in [
        (&["--parts", "down"][..], "`--parts down` needs to know what to ask for"),
        (&["--get", "page"], "a path begins with / and has no blanks"),
        (&["--get", "/a\r\nb"], "a path begins with / and has no blanks"),
        (&["--time", "0"], "0.001 to 3600 seconds"),
        (&["--time", "inf"], "0.001 to 3600 seconds"),
        (&["--get", "/", "--reply-size", "5"], "cannot be used with"),
        (&["--connections", "0"], "0 is not in"),
    ] {
        run(&[&["bench", "localhost"], arguments].concat(), b"").exits(2).says(words);
    }
}
