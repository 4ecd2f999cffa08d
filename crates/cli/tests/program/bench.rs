//! `handfast bench`: that it counts right, not how fast anything is.

use crate::{Run, Server, run};
use serde_json::{Value, json};
use std::net::TcpListener;

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
