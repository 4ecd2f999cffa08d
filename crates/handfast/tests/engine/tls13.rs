//! What a connection does after the handshake, and what a configuration makes of it.

use handfast::wire::{AlertDescription, Dialect, Message, NamedGroup};
use handfast::{
    ChannelBinding, ClientAuth, Connection, Direction, Epoch, Error, Event, Padding, Pq, Question, Received, Truncated,
    Usage,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Mode, Setup};
use handfast_testkit::trace::Entry;

fn connected(setup: &Setup) -> Pair {
    let mut pair = Pair::new(setup.make(), Chunking::Coalesced);
    pair.connect();
    pair
}

/// K2, docs/regressions.md row 97: what binds is the same on both sides, and tls-unique is an error.
#[test]
fn channel_bindings() {
    let pair = connected(&Setup::default());
    let of = |binding| [&pair.client, &pair.server].map(|end| end.connection.channel_binding(binding));
    let [client, server] = of(ChannelBinding::Exporter);
    assert_eq!(client.as_ref().unwrap().len(), 32);
    assert_eq!(client.unwrap(), server.unwrap());
    let [client, server] = of(ChannelBinding::ServerEndPoint);
    assert_eq!(client.unwrap(), server.unwrap());
    for unique in of(ChannelBinding::Unique) {
        assert!(matches!(unique, Err(Error::Usage(Usage::NoTlsUnique))));
    }
}

/// K3: labels and contexts separate, and nothing is exported before the handshake is complete.
#[test]
fn exporters() {
    let pair = connected(&Setup::default());
    let export = |label: &[u8], context| {
        let mut okm = [0; 40];
        pair.client.connection.export(label, context, &mut okm).map(|()| okm)
    };
    assert_ne!(export(b"a", None).unwrap(), export(b"b", None).unwrap());
    assert_ne!(export(b"a", None).unwrap(), export(b"a", Some(b"c")).unwrap());
    assert_eq!(export(b"a", None).unwrap(), export(b"a", Some(b"")).unwrap());
    assert!(matches!(export(&[b'l'; 300], None), Err(Error::Usage(Usage::ExporterLength))));

    let early = Pair::new(Setup::default().make(), Chunking::Coalesced);
    let refused = early.client.connection.export(b"a", None, &mut [0; 8]);
    assert!(matches!(refused, Err(Error::Usage(Usage::NotConnected))));
}

/// K7, docs/regressions.md row 76: an end without close_notify is a truncation, and one direction can close alone.
#[test]
fn half_close_and_truncation() {
    let mut pair = connected(&Setup::default());
    assert_eq!(pair.client.connection.end_of_input(), Err(Truncated));
    pair.client.connection.close(&mut pair.client.outbox).unwrap();
    pair.run();
    assert_eq!(pair.server.connection.end_of_input(), Ok(()));
    let refused = pair.client.connection.send(b"late", &mut pair.client.outbox);
    assert!(matches!(refused, Err(Error::Usage(Usage::Closed))));
    pair.server.send(b"still here");
    pair.run();
    assert_eq!(pair.client.received, b"still here");
    // What comes after close_notify is somebody else's: neither an error nor consumed.
    pair.server.deliver(b"anything");
    assert!(pair.server.error.is_none());
    assert_eq!(pair.server.inbox, b"anything");
}

/// V20: a server may send before it knows its client.
#[test]
fn half_rtt_data() {
    let setup = Setup { client_auth: ClientAuth::Request, client_certificate: true, ..Setup::default() };
    let made = setup.make_with(|client| client, |server| server.half_rtt(true));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    assert!(pair.client.carry(&mut pair.server, Chunking::Coalesced));
    assert_eq!(pair.server.events, ["MaySend"]);
    pair.server.send(b"early bird");
    assert!(pair.server.connection.facts().peer().is_none());
    pair.connect();
    assert_eq!(pair.client.received, b"early bird");
    assert!(pair.server.connection.facts().peer().is_some_and(|peer| peer.verified));

    // Unless the configuration says so, nothing goes to somebody unknown.
    let mut pair = Pair::new(setup.make(), Chunking::Coalesced);
    assert!(pair.client.carry(&mut pair.server, Chunking::Coalesced));
    assert!(pair.server.events.is_empty());
    let refused = pair.server.connection.send(b"secret", &mut pair.server.outbox);
    assert!(matches!(refused, Err(Error::Usage(Usage::NotConnected))));
}

/// RFC 9846 §6.1: closing in the middle of a handshake ends it, and nothing follows close_notify.
#[test]
fn a_handshake_that_is_closed_does_not_go_on() {
    let mut pair = Pair::new(Setup { mode: Mode::Ask, ..Setup::default() }.make(), Chunking::Coalesced);
    let hello = std::mem::take(&mut pair.client.outbox);
    let mut input = hello;
    let received = pair.server.connection.receive(&mut input, &mut Vec::new()).unwrap();
    let Event::Question(Question::Config(question)) = received.event else { panic!() };
    let mut out = Vec::new();
    pair.server.connection.close(&mut out).unwrap();
    assert_eq!(out, [21, 3, 3, 0, 2, 1, 90, 21, 3, 3, 0, 2, 1, 0]);
    let made = Setup::default().make();
    let late = pair.server.connection.answer(question.serve(made.server), &mut out);
    assert_eq!(late.unwrap_err().code(), "Abandoned");
    assert_eq!(out.len(), 14);
}

/// docs/regressions.md row 81: an answer to another connection's question changes nothing.
#[test]
fn an_answer_of_another_connection_is_stale() {
    let ask = || {
        let mut pair = Pair::new(Setup { mode: Mode::Ask, ..Setup::default() }.make(), Chunking::Coalesced);
        let mut hello = std::mem::take(&mut pair.client.outbox);
        let received = pair.server.connection.receive(&mut hello, &mut Vec::new()).unwrap();
        let Event::Question(Question::Config(question)) = received.event else { panic!() };
        (pair.server.connection, question)
    };
    let (config, mut out) = (Setup::default().make().server, Vec::new());
    let (mut one, own) = ask();
    let (_, foreign) = ask();
    let stale = Connection::server(&config).unwrap().answer(foreign.serve(config.clone()), &mut out);
    assert!(matches!(stale, Err(Error::Usage(Usage::Stale))) && out.is_empty());
    one.answer(own.serve(config), &mut out).unwrap();
    assert!(!out.is_empty());
}

/// RFC 9846 §6: a connection that failed keeps no secret and gives none away.
#[test]
fn a_failed_connection_exports_nothing() {
    let mut pair = connected(&Setup::default());
    pair.server.deliver(&[23, 3, 3, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut okm = [0; 8];
    assert_eq!(pair.server.connection.export(b"x", None, &mut okm).unwrap_err().code(), "BadRecordMac");
    assert_eq!(pair.server.connection.channel_binding(ChannelBinding::Exporter).unwrap_err().code(), "BadRecordMac");
    pair.server.connection.abandon(&mut Vec::new());
    let again = pair.server.connection.receive(&mut [], &mut Vec::new()).unwrap_err();
    assert_eq!(again.code(), "BadRecordMac", "the first error stays");
}

/// docs/regressions.md row 86: the second ClientHello has the first one's order and GREASE.
#[test]
fn the_second_hello_looks_like_the_first() {
    let setup = Setup { server_groups: Some(vec![NamedGroup::SECP256R1]), ..Setup::default() };
    let made = setup.make();
    let log = made.client_log.clone();
    Pair::new(made, Chunking::Coalesced).connect();
    let hellos: Vec<Vec<u8>> = log
        .entries()
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Message(Direction::Send, Epoch::Initial, raw) => Some(raw),
            _ => None,
        })
        .collect();
    let [first, second] = [0, 1].map(|at| {
        let Message::ClientHello(hello) = Message::read(Dialect::Tls13, &hellos[at]).unwrap() else { panic!() };
        let types: Vec<_> = hello.extensions.types().collect();
        let suites: Vec<_> = hello.cipher_suites.iter().collect();
        (hello.random, hello.session_id.to_vec(), suites, types)
    });
    assert_eq!(first, second);
    assert!(first.2[0].is_grease());
}

/// V14: at the limit of a key the next one is used, before the next record.
#[test]
fn keys_are_updated_at_their_limit() {
    let made = Setup::default().make_with(|client| client.max_records_per_key(4), |server| server);
    let log = made.client_log.clone();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    for _ in 0..10 {
        pair.client.send(&[7; 20_000]);
        pair.run();
    }
    assert_eq!(pair.server.received.len(), 200_000);
    let updates = log.sent().iter().filter(|name| **name == "KeyUpdate").count();
    assert_eq!(updates, 4, "20 records, 4 to a key");
}

/// V18: both limits hold, and padding fills what it should.
#[test]
fn record_sizes() {
    let made = Setup::default().make_with(
        |client| client.record_size_limit(Some(200)),
        |server| server.record_size_limit(300).padding(Padding::ToMultiple(64)),
    );
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    assert_eq!(pair.client.connection.facts().send_limit, Some(299));
    assert_eq!(pair.server.connection.facts().send_limit, Some(199));
    let (client_sent, server_sent) = (pair.client.sent.len(), pair.server.sent.len());
    pair.client.send(&[1; 1000]);
    pair.server.send(&[2; 1000]);
    pair.run();
    assert_eq!((pair.server.received.len(), pair.client.received.len()), (1000, 1000));
    let lengths =
        |bytes: &[u8]| -> Vec<usize> { Chunking::Record.cut(bytes).iter().map(|record| record.len()).collect() };
    assert!(lengths(&pair.client.sent[client_sent..]).iter().all(|len| *len <= 300 + 16 + 5));
    for len in lengths(&pair.server.sent[server_sent..]) {
        let inner = len - 16 - 5;
        assert!(inner <= 200 && (inner.is_multiple_of(64) || inner == 200), "{inner}");
    }
}

/// A record under construction is sealed where it lies, or leaves no trace.
#[test]
fn a_record_can_be_written_in_place() {
    let mut pair = connected(&Setup::default());
    let before = pair.client.outbox.len();
    let mut record = pair.client.connection.record(&mut pair.client.outbox).unwrap();
    record.put(b"never mind");
    drop(record);
    assert_eq!(pair.client.outbox.len(), before);
    let mut record = pair.client.connection.record(&mut pair.client.outbox).unwrap();
    assert_eq!(record.put(b"hello "), 6);
    assert_eq!(record.put(b"there"), 5);
    record.finish().unwrap();
    pair.run();
    assert_eq!(pair.server.received, b"hello there");
}

/// `at` says where the plaintext is in the caller's buffer, and what is not consumed is as it was.
#[test]
fn data_lies_where_the_event_says() {
    let mut pair = connected(&Setup::default());
    pair.client.send(b"one");
    pair.client.send(b"two");
    let mut input = std::mem::take(&mut pair.client.outbox);
    input.extend_from_slice(b"\x17\x03");
    let untouched = input.clone();
    let Received { consumed, event } = pair.server.connection.receive(&mut input, &mut Vec::new()).unwrap();
    let Event::Data { at, bytes } = event else { panic!() };
    assert_eq!(bytes, b"one");
    let len = bytes.len();
    assert_eq!(&input[at..at + len], b"one");
    assert_eq!(input[consumed..], untouched[consumed..]);
}

/// An error is final, its alert is on the wire, and it repeats itself.
#[test]
fn an_error_repeats_itself() {
    let mut pair = connected(&Setup::default());
    pair.server.deliver(&[23, 3, 3, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(pair.server.error.as_ref().unwrap().code(), "BadRecordMac");
    let again = pair.server.connection.receive(&mut [], &mut Vec::new()).unwrap_err();
    assert_eq!(again.code(), "BadRecordMac");
    let late = pair.server.connection.send(b"x", &mut Vec::new());
    assert!(matches!(late, Err(Error::Usage(Usage::Closed))));
    pair.run();
    assert!(matches!(pair.client.error, Some(Error::Alert(AlertDescription::BAD_RECORD_MAC))));
}

/// A question that is lost ends the connection, and the peer is told.
#[test]
fn an_abandoned_connection_fails_closed() {
    let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
    pair.client.connection.abandon(&mut pair.client.outbox);
    assert_eq!(pair.client.connection.receive(&mut [], &mut Vec::new()).unwrap_err().code(), "Abandoned");
    pair.run();
    assert!(matches!(pair.server.error, Some(Error::Alert(AlertDescription::INTERNAL_ERROR))));
}

/// C2, docs/regressions.md row 30: no common protocol is fatal.
#[test]
fn alpn_without_overlap() {
    let setup = Setup { client_protocols: vec!["a"], server_protocols: vec!["b"], ..Setup::default() };
    let mut pair = Pair::new(setup.make(), Chunking::Coalesced);
    pair.run();
    assert_eq!(pair.server.error.unwrap().code(), "NoCommonProtocol");
    assert!(matches!(pair.client.error, Some(Error::Alert(AlertDescription::NO_APPLICATION_PROTOCOL))));
}

/// C7: a certificate that is required and missing. The client is connected by then (docs/regressions.md row 95).
#[test]
fn a_required_certificate_that_is_missing() {
    let setup = Setup { client_auth: ClientAuth::Require, ..Setup::default() };
    let mut pair = Pair::new(setup.make(), Chunking::Coalesced);
    pair.run();
    assert_eq!(pair.server.error.unwrap().code(), "CertificateRequired");
    assert!(pair.client.events.contains(&"Connected"));
    assert!(matches!(pair.client.error, Some(Error::Alert(AlertDescription::CERTIFICATE_REQUIRED))));
}

/// V6: `Pq::Require` refuses a peer without hybrids, `Pq::Off` offers none.
#[test]
fn hybrids_required_and_off() {
    let made =
        Setup { client_groups: None, ..Setup::default() }.make_with(|client| client.pq(Pq::Require), |server| server);
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    assert_eq!(pair.server.error.unwrap().code(), "NoCommonGroup");

    let made = Setup { client_groups: None, server_groups: None, ..Setup::default() }
        .make_with(|client| client.pq(Pq::Off), |server| server);
    let mut pair = Pair::new(made, Chunking::Coalesced);
    assert_eq!(pair.connect().client.connection.facts().group, Some(NamedGroup::X25519));
}
