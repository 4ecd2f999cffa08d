//! Early data (0-RTT): what is sent and taken, what is said of what is not, and what goes with it.

use crate::site::{Site, resumed};
use crate::violations::{Keys, meet};
use handfast::wire::{CipherSuite, ContentType};
use handfast::{
    AntiReplay, ClientAuth, ClientConfigBuilder, ClientStart, Connection, EarlyData, EarlyDataQuestion, EarlyOmission,
    EarlyRefusal, Error, Event, Resolve, ServerConfigBuilder, Session, Ticketer, Usage,
};
use handfast_handshake::ClientParams;
use handfast_testkit::chunk::Chunking;
use handfast_testkit::clock::Moving;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::puppet::{Item, Puppet, PuppetAnswers, client_params};
use handfast_testkit::setup::Setup;
use handfast_testkit::trace::Entry;
use handfast_testkit::world::NAME;
use std::sync::Arc;

/// Why a server took no early data, in a handshake that succeeded.
fn refused(pair: &Pair) -> Option<EarlyRefusal> {
    match pair.server.connection.facts().early_data {
        EarlyData::Refused(why) => {
            assert!(pair.server.early.is_empty());
            assert!(matches!(pair.client.connection.facts().early_data, EarlyData::Refused(_)));
            Some(why)
        }
        _ => None,
    }
}

fn export_early(end: &End) -> Result<[u8; 32], Error> {
    let mut exported = [0; 32];
    end.connection.export_early(b"EXPERIMENTAL early", Some(b"context"), &mut exported)?;
    Ok(exported)
}

/// With every suite, and as an event of its own, before anything is known of the client.
#[test]
fn it_is_taken_apart_from_data() {
    for suite in [
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
    ] {
        let setup = Setup { early_data: 16_384, suites: Some(vec![suite]), ..Setup::default() };
        let site = Site::new(&setup, |server| server);
        let session = site.session();
        assert_eq!(session.max_early_data(), 16_384);
        let pair = site.send_early(session, b"GET /");
        assert!(resumed(&pair));
        assert_eq!((&pair.server.early[..], &pair.server.received[..]), (&b"GET /"[..], &b""[..]));
        for end in [&pair.client, &pair.server] {
            assert_eq!(end.connection.facts().early_data, EarlyData::Accepted { limit: 16_384 });
        }
        assert_eq!(pair.client.events, ["EarlyDataAccepted", "Connected", "Session", "Session"]);
        assert_eq!(pair.server.events, ["Connected"]);
    }
}

/// A client that has shown a certificate before is not known by it before it has finished.
#[test]
fn the_client_is_not_known_yet() {
    let setup =
        Setup { early_data: 100, client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() };
    let site = Site::new(&setup, |server| server);
    let session = site.session();
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    pair.client.connection.send_early(b"me again", &mut pair.client.outbox).unwrap();
    pair.client.carry(&mut pair.server, Chunking::Coalesced);
    assert_eq!(pair.server.early, b"me again");
    assert!(pair.server.connection.facts().peer().is_none() && !pair.server.connection.is_connected());
    pair.connect();
    let peer = pair.server.connection.facts().peer().unwrap();
    assert!(peer.verified);
    // Nothing was shown again.
    assert!(pair.server.connection.facts().peer_scheme.is_none());
}

/// What does not fit is not sent, and the caller is told.
#[test]
fn no_more_is_sent_than_the_ticket_allows() {
    let site = Site::new(&Setup { early_data: 20_000, ..Setup::default() }, |server| server);
    let session = site.session();
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    let client = &mut pair.client;
    assert_eq!(client.connection.early_data_left(), 20_000);
    let mut send = |data: &[u8], expected: usize| {
        assert_eq!(client.connection.send_early(data, &mut client.outbox).unwrap(), expected);
        client.connection.early_data_left()
    };
    assert_eq!(send(&[1; 1], 1), 19_999);
    assert_eq!(send(&[], 0), 19_999);
    assert_eq!(send(&[2; 19_998], 19_998), 1);
    assert_eq!(send(&[3; 100], 1), 0);
    assert_eq!(send(&[4; 100], 0), 0);
    pair.connect();
    assert_eq!(pair.server.early, [&[1; 1][..], &[2; 19_998], &[3; 1]].concat());
    assert_eq!(pair.client.connection.early_data_left(), 0);
    let late = pair.client.connection.send_early(b"late", &mut pair.client.outbox).unwrap_err();
    assert!(matches!(late, Error::Usage(Usage::NoEarlyData)));
    // Whoever offers none has none to send.
    let mut pair = site.pair(|start| start);
    let none = pair.client.connection.send_early(b"none", &mut pair.client.outbox).unwrap_err();
    assert!(matches!(none, Error::Usage(Usage::NoEarlyData)));
}

/// What nobody has seen the client is told of, to the byte, so that it can send it again.
#[test]
fn what_was_not_taken_is_reported() {
    let site = Site::new(&Setup { early_data: 5_000, warm: false, ..Setup::default() }, |server| server);
    let session = site.session();
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    for _ in 0..3 {
        assert_eq!(pair.client.connection.send_early(&[7; 1_000], &mut pair.client.outbox).unwrap(), 1_000);
    }
    pair.connect();
    assert_eq!(refused(&pair), Some(EarlyRefusal::Cold));
    assert_eq!(pair.client.rejected, Some(3_000));
    assert_eq!(pair.client.events, ["EarlyDataRejected", "Connected", "Session", "Session"]);
    pair.client.send(&[7; 3_000]);
    pair.run();
    assert_eq!(pair.server.received, [7; 3_000]);
}

/// RFC 9846 §2.3: the server answers early data before the client has finished.
#[test]
fn half_rtt_data_answers_it() {
    let site = Site::new(&Setup { early_data: 100, ..Setup::default() }, |server| server.half_rtt(true));
    let session = site.session();
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    pair.client.connection.send_early(b"GET /", &mut pair.client.outbox).unwrap();
    pair.client.carry(&mut pair.server, Chunking::OneByte);
    assert_eq!((pair.server.events.as_slice(), &pair.server.early[..]), (&["MaySend"][..], &b"GET /"[..]));
    pair.server.send(b"200 OK");
    pair.connect();
    assert_eq!(pair.client.received, b"200 OK");
    assert_eq!(pair.server.events, ["MaySend", "Connected"]);
}

/// RFC 9846 §7.5: the same on both sides, while there is early data, and not otherwise.
#[test]
fn the_early_exporter_is_there_with_early_data() {
    let site = Site::early();
    let session = site.session();
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    let of_client = export_early(&pair.client).unwrap();
    assert!(matches!(export_early(&pair.server), Err(Error::Usage(Usage::NoEarlyData))));
    pair.client.carry(&mut pair.server, Chunking::Coalesced);
    assert_eq!(export_early(&pair.server).unwrap(), of_client);
    pair.server.carry(&mut pair.client, Chunking::Coalesced);
    pair.connect();
    for end in [&pair.client, &pair.server] {
        assert!(matches!(export_early(end), Err(Error::Usage(Usage::NoEarlyData))));
    }
    // Another connection has another.
    let session = site.session();
    let pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    assert_ne!(export_early(&pair.client).unwrap(), of_client);
    let session = site.session();
    let pair = site.pair(|start| start.session(session).unwrap());
    assert!(matches!(export_early(&pair.client), Err(Error::Usage(Usage::NoEarlyData))));
}

/// A client that hears of the refusal exports nothing that the server has not.
#[test]
fn the_early_exporter_goes_with_a_refusal() {
    let site = Site::new(&Setup { early_data: 100, warm: false, ..Setup::default() }, |server| server.half_rtt(true));
    let session = site.session();
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    assert!(export_early(&pair.client).is_ok());
    pair.client.carry(&mut pair.server, Chunking::Coalesced);
    assert!(export_early(&pair.server).is_err());
    let bytes = std::mem::take(&mut pair.server.outbox);
    // Up to the first event, which is the refusal.
    pair.client.inbox.extend_from_slice(&bytes);
    let client = &mut pair.client;
    let received = client.connection.receive(&mut client.inbox, &mut client.outbox).unwrap();
    assert!(matches!(received.event, Event::EarlyDataRejected { bytes: 0 }));
    assert!(!client.connection.is_connected());
    assert!(matches!(export_early(client), Err(Error::Usage(Usage::NoEarlyData))));
}

/// A site where another configuration of the same server made the session.
fn at_another(
    first: impl Fn(ServerConfigBuilder) -> ServerConfigBuilder,
    second: impl Fn(ServerConfigBuilder) -> ServerConfigBuilder,
) -> Pair {
    let keeper = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let setup = Setup { early_data: 100, ..Setup::default() };
    let session = Site::new(&setup, |server| first(server.sessions(keeper.clone()))).session();
    Site::new(&setup, |server| second(server.sessions(keeper.clone()))).send_early(session, b"early")
}

/// docs/regressions.md rows 34 and 41: another protocol or suite refuses early data, and nothing else (RFC 9846 §4.3.10).
#[test]
fn what_does_not_fit_refuses_early_data_alone() {
    let same = |server| server;
    let pair = at_another(same, same);
    assert_eq!((refused(&pair), resumed(&pair)), (None, true));
    let pair = at_another(same, |server| server.protocols(["h2"]));
    assert_eq!((refused(&pair), resumed(&pair)), (Some(EarlyRefusal::Protocol), true));
    let none: [&str; 0] = [];
    let pair = at_another(same, |server| server.protocols(none));
    assert_eq!((refused(&pair), resumed(&pair)), (Some(EarlyRefusal::Protocol), true));
    let suites = [CipherSuite::TLS_CHACHA20_POLY1305_SHA256, CipherSuite::TLS_AES_128_GCM_SHA256];
    let pair = at_another(|server| server.suites([suites[1]]), |server| server.suites(suites));
    assert_eq!((refused(&pair), resumed(&pair)), (Some(EarlyRefusal::Suite), true));
    let pair = at_another(same, |server| server.early_data(0));
    assert_eq!((refused(&pair), resumed(&pair)), (Some(EarlyRefusal::Disabled), true));
    let pair = at_another(same, |server| server.session_context("another"));
    assert_eq!((refused(&pair), resumed(&pair)), (Some(EarlyRefusal::NotResumed), false));
}

/// A client that wants to send early data and cannot says why it has offered none.
#[test]
fn a_client_says_why_it_offers_none() {
    let offers = |site: &Site, client: fn(ClientConfigBuilder) -> ClientConfigBuilder, session: Option<Session>| {
        let offer = |start: ClientStart| {
            let start = start.early_data(true);
            session.into_iter().fold(start, |start, session| start.session(session).unwrap())
        };
        Pair::start(site.made_with(client), Chunking::Coalesced, offer).connect().client.connection.facts().early_data
    };
    let (early, without) = (Site::early(), Site::new(&Setup::default(), |server| server));
    let not = EarlyData::NotOffered;
    assert_eq!(offers(&early, |client| client, None), not(EarlyOmission::NoSession));
    assert_eq!(offers(&without, |client| client, Some(without.session())), not(EarlyOmission::Ticket));
    assert!(matches!(offers(&early, |client| client, Some(early.session())), EarlyData::Accepted { .. }));
    let session = early.session();
    assert!(session.protocol().is_some());
    let none: fn(ClientConfigBuilder) -> ClientConfigBuilder = |client| client.protocols(Vec::<String>::new());
    assert_eq!(offers(&early, none, Some(session)), not(EarlyOmission::Protocol));
    let suite: fn(ClientConfigBuilder) -> ClientConfigBuilder =
        |client| client.suites([CipherSuite::TLS_CHACHA20_POLY1305_SHA256]);
    assert_eq!(offers(&early, suite, Some(early.session())), not(EarlyOmission::Suite));
    let pair = early.pair(|start| start.session(early.session()).unwrap());
    assert_eq!(pair.client.connection.facts().early_data, EarlyData::None);
}

/// A ticket that allows none is one of a client that says it does.
#[test]
fn a_ticket_without_early_data_takes_none() {
    let keeper = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let without = Site::new(&Setup::default(), |server| server.sessions(keeper.clone()));
    let session = without.session();
    let pair = without.pair(|start| start.session(session.clone()).unwrap().early_data(true));
    assert_eq!(pair.client.connection.early_data_left(), 0, "a client that plays by the rules offers none");
    let bytes = session.dangerous_bytes().unwrap();
    // Behind the date, the time and the age of the ticket.
    let at = bytes.windows(8).position(|part| part == session_issued()).unwrap() + 8 + 4;
    let mut edited = bytes.to_vec();
    edited[at..at + 4].copy_from_slice(&100_u32.to_be_bytes());
    let session = Session::dangerous_from_bytes(&edited).unwrap();
    let with = Site::new(&Setup { early_data: 100, ..Setup::default() }, |server| server.sessions(keeper.clone()));
    let pair = with.send_early(session, b"early");
    assert_eq!((refused(&pair), resumed(&pair)), (Some(EarlyRefusal::Ticket), true));
}

/// When every session here is issued that no clock was moved for.
fn session_issued() -> [u8; 8] {
    (handfast_testkit::world::NOW.as_secs() * 1000).to_be_bytes()
}

/// RFC 9846 §8.3: the ticket has to be as old as the client says, within ten seconds either way.
#[test]
fn a_ticket_of_another_age_takes_none() {
    let try_with = |of_client: i64| {
        let site = Site::early();
        let session = site.session();
        site.clock.forward(60_000);
        let clock = Moving::new();
        clock.set(u64::try_from(60_000 + of_client).unwrap());
        let made = site.made_with(|client| client.clock(clock));
        let start = |start: ClientStart| start.session(session).unwrap().early_data(true);
        let mut pair = Pair::start(made, Chunking::Coalesced, start);
        pair.client.connection.send_early(b"early", &mut pair.client.outbox).unwrap();
        pair.connect();
        assert!(resumed(&pair));
        // What the client tells it, less what it is: known also where it is too much.
        let told = u64::try_from(60_000 + of_client).unwrap();
        let told = told - u64::from(!told.is_multiple_of(1_000));
        let skew = pair.server.connection.facts().ticket_age_skew;
        assert_eq!(skew, Some(i64::try_from(told).unwrap() - 60_000));
        refused(&pair)
    };
    // What the client tells is one millisecond less than what it measures, unless that is whole seconds.
    for fresh in [0, 1, -1, 10_000, 10_001, -9_999, -10_000] {
        assert_eq!(try_with(fresh), None, "{fresh}");
    }
    for stale in [10_002, -10_001, 30_000, -60_000, 600_000] {
        assert_eq!(try_with(stale), Some(EarlyRefusal::Age), "{stale}");
    }
}

/// Somebody else decides, and the trace sees it on both sides.
#[test]
fn whoever_is_asked_may_refuse() {
    struct Never;
    impl AntiReplay for Never {
        fn admit(&self, question: &EarlyDataQuestion) -> Result<(), EarlyRefusal> {
            assert_eq!((question.binder().len(), question.protocol()), (32, Some(&b"http/1.1"[..])));
            assert_eq!(question.server_name(), Some("server.example"));
            assert_eq!(question.expires() - question.now(), handfast::FRESHNESS);
            Err(EarlyRefusal::Unreachable)
        }
    }
    let site = Site::new(&Setup { early_data: 100, ..Setup::default() }, |server| {
        server.anti_replay(Resolve::Now(Arc::new(Never)))
    });
    let session = site.session();
    let made = site.made();
    let logs = [made.client_log.clone(), made.server_log.clone()];
    let start = |start: ClientStart| start.session(session).unwrap().early_data(true);
    let mut pair = Pair::start(made, Chunking::Coalesced, start);
    pair.connect();
    assert_eq!(refused(&pair), Some(EarlyRefusal::Unreachable));
    let [client, server] = logs.map(|log| {
        let states = log.entries().into_iter().filter_map(|entry| match entry {
            Entry::EarlyData(state) => Some(state),
            _ => None,
        });
        states.collect::<Vec<_>>()
    });
    assert_eq!(client, [EarlyData::Offered { limit: 100 }, EarlyData::Refused(EarlyRefusal::Declined)]);
    assert_eq!(server, [EarlyData::Refused(EarlyRefusal::Unreachable)]);
}

/// A client that gives up in the middle of its early data ends the connection and nothing else.
#[test]
fn a_client_may_give_up() {
    let site = Site::early();
    let session = site.session();
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    pair.client.connection.send_early(b"half of", &mut pair.client.outbox).unwrap();
    pair.client.connection.close(&mut pair.client.outbox).unwrap();
    pair.run();
    assert_eq!(pair.server.early, b"half of");
    assert_eq!(pair.server.error.unwrap().code(), "close_notify");
}

/// RFC 8449 §4: a limit on records holds from the handshake that agrees on it, and a client that has not heard of it yet keeps
/// to none, whether its early data is taken or skipped.
#[test]
fn a_limit_on_records_is_none_on_early_data() {
    for warm in [true, false] {
        let site = Site::new(&Setup { early_data: 20_000, warm, ..Setup::default() }, |server| {
            server.record_size_limit(1_000)
        });
        let session = site.session();
        let mut pair = site.send_early(session, &[7; 20_000]);
        assert_eq!(pair.server.early.len(), if warm { 20_000 } else { 0 });
        assert_eq!(pair.server.connection.facts().receive_limit, Some(999));
        // And from then on it is one.
        pair.client.send(&[8; 5_000]);
        assert_eq!(pair.client.outbox[3..5], (1_000_u16 + 16).to_be_bytes());
        pair.run();
        assert_eq!(pair.server.received, [8; 5_000]);
    }
}

/// The limit is the server's again when early data has ended.
#[test]
fn a_client_that_goes_over_it_later_is_refused() {
    for early_data in [false, true] {
        let site = Site::new(&Setup { early_data: 100, ..Setup::default() }, |server| server.record_size_limit(64));
        let bytes = site.session().dangerous_bytes().unwrap();
        let session = handfast_handshake::Session::decode(&bytes[32..]).unwrap();
        let prior = handfast_handshake::Prior { session: Some(Box::new(session)), early_data, ..Default::default() };
        let made = site.made();
        let server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
        let params =
            ClientParams { record_size_limit: Some(16_385), protocols: vec![b"http/1.1".to_vec()], ..client_params() };
        let (keys, answers, mut wire) = (Keys::default(), PuppetAnswers::new(None, None), Vec::new());
        let name = NAME.try_into().unwrap();
        let puppet = Puppet::client_with(Arc::new(params), name, prior, answers, keys.watch(|_| {}), &mut wire);
        let error =
            meet(server, puppet, wire, &keys, |_| vec![Item::Record(ContentType::APPLICATION_DATA, vec![1; 64])]);
        assert_eq!(error.unwrap().code(), "PlaintextOverflow");
    }
}
