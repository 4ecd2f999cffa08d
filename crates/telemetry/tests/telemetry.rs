//! What a handshake leaves in a subscriber and in a recorder.
#![cfg(all(feature = "metrics", feature = "tracing"))]

use handfast::trace::All;
use handfast::wire::NamedGroup;
use handfast::{ClientAuth, Trace};
use handfast_telemetry::{Numbers, Spans, describe};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Made, Setup};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// Where a subscriber writes.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Page {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The events of `work`, a line each.
fn events(level: tracing::Level, work: impl FnOnce()) -> Vec<String> {
    let page = Page::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .without_time()
        .with_ansi(false)
        .with_writer(page.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    page.text().lines().map(str::to_owned).collect()
}

/// The numbers of `work`: a counter or gauge as it is, of a histogram how often.
fn numbers(work: impl FnOnce()) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    metrics::with_local_recorder(&recorder, || {
        describe();
        work();
    });
    let all = recorder.snapshotter().snapshot().into_vec().into_iter();
    all.map(|(key, _, description, value)| {
        assert!(description.is_some(), "{key:?} is not described");
        let key = key.key();
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.0,
            DebugValue::Histogram(times) => {
                assert!(times.iter().all(|time| time.0 >= 0.0));
                times.len() as f64
            }
        };
        (format!("{} {}", key.name(), labels.join(" ")), value)
    })
    .collect()
}

fn made(setup: &Setup, trace: Arc<dyn Trace>) -> Made {
    setup.make_with(|b| b.trace(trace.clone()), |b| b.trace(trace.clone()))
}

#[test]
fn a_handshake_in_spans() {
    let lines = events(tracing::Level::DEBUG, || {
        let span = tracing::info_span!("request", id = 7);
        let mut pair = span.in_scope(|| Pair::new(made(&Setup::default(), Arc::new(Spans)), Chunking::Coalesced));
        pair.connect();
        pair.client.connection.close(&mut Vec::new()).unwrap();
    });
    let text = lines.join("\n");
    let has = |wanted: &[&str]| lines.iter().any(|line| wanted.iter().all(|word| line.contains(word)));
    let server = "request{id=7}:tls{side=\"server\"";
    let client = "request{id=7}:tls{side=\"client\"";
    assert!(has(&["DEBUG", client, "message", "direction=Send", "name=\"ClientHello\"", "epoch=Initial"]), "{text}");
    assert!(has(&["DEBUG", server, "direction=Receive", "name=\"ClientHello\""]), "{text}");
    let agreed = [
        " INFO",
        "version=\"TLS 1.3\"",
        "suite=\"TLS_AES_128_GCM_SHA256\"",
        "group=\"x25519\"",
        "protocol=\"http/1.1\"",
        "server_name=\"server.example\"",
        "resumption=\"full\"",
        "connected",
    ];
    assert!(has(&[&agreed[..], &[client, "verified=\"OK\""]].concat()), "{text}");
    assert!(has(&[&agreed[..], &[server, "verified=\"none\""]].concat()), "{text}");
    assert!(has(&[" INFO", client, "alert", "direction=Send", "alert=\"close_notify\""]), "{text}");
}

/// A client that is asked after the handshake is judged then.
#[test]
fn a_certificate_that_came_later() {
    let http = vec!["http/1.1"];
    let setup =
        Setup { client_certificate: true, client_protocols: http.clone(), server_protocols: http, ..Setup::default() };
    let run = |trace: &Arc<dyn Trace>| {
        let willing = setup.make_with(|b| b.trace(trace.clone()).post_handshake_auth(true), |b| b.trace(trace.clone()));
        let mut pair = Pair::new(willing, Chunking::Coalesced);
        pair.connect();
        let stricter = made(&Setup { client_auth: ClientAuth::Require, ..setup.clone() }, trace.clone()).server;
        pair.server.connection.request_certificate(stricter, &mut pair.server.outbox).unwrap();
        pair.run();
        assert!(pair.server.connection.facts().peer().is_some());
    };
    let spans: Arc<dyn Trace> = Arc::new(Spans);
    let text = events(tracing::Level::INFO, || run(&spans)).join("\n");
    assert!(
        text.contains("verified=\"none\" verified=\"OK\"}: handfast_telemetry::spans: client authenticated"),
        "{text}"
    );
    let numbers = numbers(|| run(&(Arc::new(Numbers) as Arc<dyn Trace>)));
    let judged = |code: &str| numbers.get(&format!("handfast_verifications_total side=server code={code}"));
    assert_eq!((judged("none"), judged("OK")), (Some(&1.0), Some(&1.0)), "{numbers:?}");
}

#[test]
fn a_failure_in_spans() {
    let setup = Setup { server_groups: Some(vec![NamedGroup::SECP384R1]), ..Setup::default() };
    let lines = events(tracing::Level::WARN, || {
        Pair::new(made(&setup, Arc::new(Spans)), Chunking::Coalesced).run();
    });
    let text = lines.join("\n");
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains("failed code=\"") && lines[1].contains("failed code=\"handshake_failure\""), "{text}");
}

#[test]
fn handshakes_in_numbers() {
    let numbers = numbers(|| {
        let made = made(&Setup::default(), Arc::new(All::new([Arc::new(Spans) as Arc<dyn Trace>, Arc::new(Numbers)])));
        let mut first = Pair::new(made.clone(), Chunking::Coalesced);
        first.connect();
        let session = first.client.sessions.pop().unwrap();
        let mut second = Pair::start(made, Chunking::Coalesced, |start| start.session(session).unwrap());
        second.connect();
        second.client.connection.close(&mut second.client.outbox).unwrap();
        second.run();
        drop(first);
        std::mem::forget(second);
    });
    let agreed = "version=TLS 1.3 suite=TLS_AES_128_GCM_SHA256 group=x25519";
    for (name, value) in [
        ("handfast_connections_total side=client", 2.0),
        ("handfast_connections side=server", 1.0),
        (&format!("handfast_handshakes_total side=server {agreed} resumption=full"), 1.0),
        (&format!("handfast_handshakes_total side=client {agreed} resumption=resumed"), 1.0),
        ("handfast_handshake_seconds side=client version=TLS 1.3 resumption=full", 1.0),
        ("handfast_verifications_total side=client code=OK", 2.0),
        ("handfast_verifications_total side=server code=none", 2.0),
        ("handfast_alerts_total side=client direction=sent alert=close_notify", 1.0),
        ("handfast_alerts_total side=server direction=received alert=close_notify", 1.0),
        ("handfast_connection_seconds side=client", 1.0),
    ] {
        assert_eq!(numbers.get(name), Some(&value), "{name}\n{numbers:#?}");
    }
    let bytes = |side, direction| numbers[&format!("handfast_record_bytes_total side={side} direction={direction}")];
    assert_eq!(bytes("client", "sent"), bytes("server", "received"));
    assert!(bytes("server", "sent") > 1_000.0);
}

/// A client that hangs up, or whose time runs out, before the handshake is complete; one that is connected has not failed.
#[test]
fn what_ends_unfinished() {
    let made = || made(&Setup::default(), Arc::new(All::new([Arc::new(Spans) as Arc<dyn Trace>, Arc::new(Numbers)])));
    let (mut counted, mut whole) = (BTreeMap::new(), BTreeMap::new());
    let lines = events(tracing::Level::WARN, || {
        counted = numbers(|| drop(Pair::new(made(), Chunking::Coalesced)));
        whole = numbers(|| {
            Pair::new(made(), Chunking::Coalesced).connect();
        });
    });
    for side in ["client", "server"] {
        let failures = format!("handfast_failures_total side={side} code=Unfinished");
        assert_eq!((counted.get(&failures), whole.get(&failures)), (Some(&1.0), None), "{counted:#?}\n{whole:#?}");
    }
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines.iter().all(|line| line.contains("failed code=\"Unfinished\"")), "{lines:#?}");
}

#[test]
fn failures_in_numbers() {
    let numbers = numbers(|| {
        let setup = Setup { server_groups: Some(vec![NamedGroup::SECP384R1]), ..Setup::default() };
        Pair::new(made(&setup, Arc::new(Numbers)), Chunking::Coalesced).run();
        // Somebody who speaks something else, and a peer whose name is another.
        let other = made(&Setup::default(), Arc::new(Numbers));
        let mut server = handfast::Connection::server(&other.server).unwrap();
        server.receive(&mut b"GET / HTTP/1.1\r\n\r\n".to_vec(), &mut Vec::new()).unwrap_err();
        let start = handfast::ClientStart::new(&other.client, "other.example".try_into().unwrap());
        let mut pair = Pair::new(other, Chunking::Coalesced);
        pair.client.outbox.clear();
        pair.client.connection = start.connect(&mut pair.client.outbox).unwrap();
        pair.run();
    });
    for (name, value) in [
        ("handfast_failures_total side=client code=handshake_failure", 1.0),
        ("handfast_failures_total side=server code=NotTls", 1.0),
        ("handfast_failures_total side=client code=HOSTNAME_MISMATCH", 1.0),
        ("handfast_verifications_total side=client code=HOSTNAME_MISMATCH", 1.0),
        ("handfast_alerts_total side=server direction=received alert=bad_certificate", 1.0),
        ("handfast_connections side=server", 0.0),
    ] {
        assert_eq!(numbers.get(name), Some(&value), "{name}\n{numbers:#?}");
    }
}
