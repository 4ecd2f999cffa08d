//! A certificate that is asked for after the handshake (RFC 9846 §4.7.2).

use crate::report_only::stranger;
use handfast::crypto::{HashAlgorithm, KeyKind};
use handfast::wire::{Message, MessageKind, Violation};
use handfast::{
    ChooseIdentity, ClientAuth, CredentialQuestion, Direction, Error, ExternalPsk, Identity, PskRole, Resolve,
    ServerConfig, Usage, Version,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::setup::{Keeping, Made, Mode, Setup};
use handfast_testkit::trace::Entry;
use handfast_testkit::world::World;
use std::sync::{Arc, Mutex};

/// HTTP/2 does not go with it.
fn setup() -> Setup {
    let http = vec!["http/1.1"];
    Setup { client_certificate: true, client_protocols: http.clone(), server_protocols: http, ..Setup::default() }
}

/// A client that may be asked, and a server that asks for nothing yet.
fn willing(setup: &Setup) -> Made {
    setup.make_with(|client| client.post_handshake_auth(true), |server| server)
}

/// Under which the server asks.
fn asking(setup: &Setup, client_auth: ClientAuth) -> Arc<ServerConfig> {
    Setup { client_auth, ..setup.clone() }.make().server
}

fn connected(setup: &Setup) -> Pair {
    let mut pair = Pair::new(willing(setup), Chunking::Coalesced);
    pair.connect();
    pair
}

fn ask(server: &mut End, config: Arc<ServerConfig>) -> Result<(), Error> {
    server.connection.request_certificate(config, &mut server.outbox)
}

/// Whoever answers, and however often, with data and new keys in between.
#[test]
fn a_server_asks_later() {
    for (mode, chunking) in
        [(Mode::Now, Chunking::Coalesced), (Mode::Ask, Chunking::OneByte), (Mode::Ask, Chunking::Coalesced)]
    {
        let setup = Setup { mode, ..setup() };
        let mut pair = Pair::new(willing(&setup), chunking);
        pair.connect();
        assert!(pair.server.connection.facts().peer().is_none());
        for round in 1..=3 {
            ask(&mut pair.server, asking(&setup, ClientAuth::Require)).unwrap();
            assert!(pair.server.connection.awaits_certificate());
            // Neither waits for the other, and the answer is under the keys of its time.
            pair.server.send(b"down");
            pair.client.send(b"up");
            pair.server.connection.update_keys(&mut pair.server.outbox).unwrap();
            pair.client.connection.update_keys(&mut pair.client.outbox).unwrap();
            pair.run();
            for end in [&pair.client, &pair.server] {
                assert!(end.error.is_none(), "{:?}", end.error);
            }
            assert!(!pair.server.connection.awaits_certificate());
            let times = pair.server.events.iter().filter(|name| **name == "ClientAuthenticated").count();
            assert_eq!(times, round);
            let facts = pair.server.connection.facts();
            assert!(facts.peer().unwrap().verified && facts.peer_scheme.is_some());
            pair.client.send(b".");
            pair.run();
        }
        assert_eq!(pair.server.received, b"up.up.up.");
        assert_eq!(pair.client.received, b"downdowndown");
    }
}

/// Nothing comes between the messages of an answer, however late its signature is (RFC 9846 §4.7.2).
#[test]
fn an_answer_is_not_interrupted() {
    let setup = Setup { mode: Mode::Ask, ..setup() };
    let made = willing(&setup);
    let log = made.client_log.clone();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    ask(&mut pair.server, asking(&setup, ClientAuth::Require)).unwrap();
    let mut input = std::mem::take(&mut pair.server.outbox);
    let before = log.entries().len();
    let (client, out) = (&mut pair.client.connection, &mut pair.client.outbox);
    let mut at = 0;
    while client.needs_answer() || at < input.len() {
        let received = client.receive(&mut input[at..], out).unwrap();
        at += received.consumed;
        let handfast::Event::Question(question) = received.event else { continue };
        // The application goes on in the meantime.
        client.send(b"meanwhile", out).unwrap();
        client.update_sending_key(out).unwrap();
        let answer = pair.client.answers.answer(question, false);
        client.answer(answer, out).unwrap();
    }
    let sent: Vec<_> = log.entries()[before..]
        .iter()
        .filter_map(|entry| match entry {
            Entry::Message(Direction::Send, _, raw) => Some(Message::kind_of(raw)),
            _ => None,
        })
        .collect();
    use MessageKind as M;
    let update = M::KeyUpdate;
    assert_eq!(sent, [update, update, M::Certificate, M::CertificateVerify, M::Finished]);
    pair.run();
    assert!(pair.server.error.is_none(), "{:?}", pair.server.error);
    assert!(pair.server.connection.facts().peer().unwrap().verified);
}

/// A client without a certificate: where it may it stays who it was, and where it may not that is the end.
#[test]
fn a_client_has_nothing_to_show() {
    let setup = Setup { client_certificate: false, ..setup() };
    let mut pair = connected(&setup);
    ask(&mut pair.server, asking(&setup, ClientAuth::Request)).unwrap();
    pair.run();
    assert_eq!(pair.server.events.last(), Some(&"ClientAuthenticated"));
    assert!(pair.server.connection.facts().peer().is_none());
    pair.client.send(b"a word in between");
    pair.run();
    ask(&mut pair.server, asking(&setup, ClientAuth::Require)).unwrap();
    pair.run();
    assert!(matches!(pair.server.error, Some(Error::Peer(Violation::CertificateRequired))), "{:?}", pair.server.error);

    // One that wants to be known ends it itself.
    let made =
        setup.make_with(|client| client.post_handshake_auth(true).require_own_certificate(true), |server| server);
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    ask(&mut pair.server, asking(&setup, ClientAuth::Request)).unwrap();
    pair.run();
    assert!(matches!(pair.client.error, Some(Error::Refused(_))), "{:?}", pair.client.error);
}

/// One that has said all that it had to say does not answer, and goes on listening.
#[test]
fn a_client_that_has_closed() {
    let mut pair = connected(&setup());
    pair.client.connection.close(&mut pair.client.outbox).unwrap();
    ask(&mut pair.server, asking(&setup(), ClientAuth::Request)).unwrap();
    pair.server.send(b"so be it");
    pair.run();
    assert!(pair.client.error.is_none() && pair.server.error.is_none(), "{:?}", pair.client.error);
    assert_eq!(pair.client.received, b"so be it");
    assert!(pair.server.connection.awaits_certificate());
}

/// Who shows nothing when it is asked is nobody from then on, whoever it was before.
#[test]
fn a_client_that_was_somebody() {
    let known = Setup { client_auth: ClientAuth::Require, ..setup() };
    let shows = Arc::new(Mutex::new(true));
    let chooser = Resolve::Now(Arc::new(Moody(shows.clone(), World::of(KeyKind::P256).client.clone())) as Arc<_>);
    let made = known.make_with(|client| client.post_handshake_auth(true).identities(chooser), |server| server);
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    let facts = pair.server.connection.facts();
    assert!(facts.peer().unwrap().verified && facts.peer_scheme.is_some());
    *shows.lock().unwrap() = false;
    ask(&mut pair.server, asking(&known, ClientAuth::Request)).unwrap();
    pair.run();
    assert_eq!(pair.server.events.last(), Some(&"ClientAuthenticated"));
    let facts = pair.server.connection.facts();
    assert!(facts.peer().is_none() && facts.peer_scheme.is_none() && facts.peer_rejection().is_none());
}

/// Shows its certificate when it likes.
struct Moody(Arc<Mutex<bool>>, Arc<Identity>);

impl ChooseIdentity for Moody {
    fn choose(&self, _: &CredentialQuestion) -> Option<Arc<Identity>> {
        self.0.lock().unwrap().then(|| self.1.clone())
    }
}

/// Nobody waits for tickets, and what a certificate shows later is in none of them.
#[test]
fn tickets_that_are_still_to_be_made() {
    let setup = Setup { keeping: Keeping::Tickets, ..setup() };
    let made = setup.make_with(|client| client.post_handshake_auth(true), |server| server.ask_sessions(true, false));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.server.holds_tickets = true;
    pair.connect();
    ask(&mut pair.server, asking(&setup, ClientAuth::Require)).unwrap();
    pair.run();
    assert!(pair.server.connection.facts().peer().unwrap().verified);
    let question = pair.server.held.take().unwrap();
    let answer = pair.server.answers.answer(question, false);
    let late = pair.server.connection.answer(answer, &mut pair.server.outbox);
    assert!(matches!(late, Err(Error::Usage(Usage::Stale))), "{late:?}");
    assert!(pair.client.sessions.is_empty());
}

/// A certificate that nobody vouches for, and a server that lets it in and reports.
#[test]
fn a_certificate_that_is_not_accepted() {
    let connected = || {
        let made = setup().make_with(|client| client.post_handshake_auth(true).identity(stranger()), |server| server);
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        pair
    };
    let mut pair = connected();
    ask(&mut pair.server, asking(&setup(), ClientAuth::Require)).unwrap();
    pair.run();
    assert!(matches!(pair.server.error, Some(Error::Certificate(_))), "{:?}", pair.server.error);

    let mut pair = connected();
    let stricter = Setup { client_auth: ClientAuth::Require, ..setup() };
    ask(&mut pair.server, stricter.make_with(|client| client, |server| server.dangerous_report_only()).server).unwrap();
    pair.run();
    let facts = pair.server.connection.facts();
    assert!(!facts.peer().unwrap().verified && facts.peer_rejection().is_some());
}

/// Where it cannot be, nothing changes.
#[test]
fn who_cannot_be_asked() {
    let usage = |asked: Result<(), Error>| match asked {
        Err(Error::Usage(usage)) => usage,
        other => panic!("{other:?}"),
    };
    let stricter = || asking(&setup(), ClientAuth::Request);
    // Not offered, HTTP/2, TLS 1.2.
    let http2 = Setup { client_protocols: vec!["h2"], server_protocols: vec!["h2"], ..setup() };
    #[cfg_attr(not(feature = "tls12"), expect(unused_mut, reason = "there is nothing to add"))]
    let mut cases = vec![setup().make(), willing(&http2)];
    #[cfg(feature = "tls12")]
    cases.push(setup().make_with(
        |client| client.post_handshake_auth(true),
        |server| server.versions(Version::Tls12, Version::Tls12),
    ));
    let _ = Version::Tls13;
    for made in cases {
        let mut pair = Pair::new(made, Chunking::Coalesced);
        assert_eq!(usage(ask(&mut pair.server, stricter())), Usage::NotConnected);
        pair.connect();
        assert_eq!(usage(ask(&mut pair.server, stricter())), Usage::NoCertificateRequest);
        pair.server.send(b"on");
        pair.run();
        assert_eq!(pair.client.received, b"on");
    }
    // RFC 9846 Appendix F.1: known by an external key.
    let psk = |role| ExternalPsk::new(role, b"bob", &[1; 32], HashAlgorithm::Sha256).unwrap();
    let made = willing(&Setup { psks: vec![psk(PskRole::Server)], ..setup() });
    let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.psk(psk(PskRole::Client)).unwrap());
    pair.connect();
    assert!(pair.server.connection.facts().psk_identity.is_some());
    assert_eq!(usage(ask(&mut pair.server, stricter())), Usage::NoCertificateRequest);

    let mut pair = connected(&setup());
    assert_eq!(usage(ask(&mut pair.server, setup().make().server)), Usage::NoCertificateRequest);
    assert_eq!(usage(ask(&mut pair.client, stricter())), Usage::NoCertificateRequest);
    ask(&mut pair.server, stricter()).unwrap();
    assert_eq!(usage(ask(&mut pair.server, stricter())), Usage::Busy);
    let Pair { client, server, .. } = pair;
    // No half of a connection could answer, or take the answer.
    for end in [client, server] {
        let (mut connection, why) = *end.connection.split().unwrap_err();
        assert_eq!(why, Usage::Undivided);
        connection.close(&mut Vec::new()).unwrap();
        let config = stricter();
        let asked = connection.request_certificate(config, &mut Vec::new());
        assert_eq!(usage(asked), Usage::Closed);
    }
    let mut pair = Pair::new(setup().make(), Chunking::Coalesced);
    pair.connect();
    assert!(pair.client.connection.split().is_ok());
    // Where nobody may ask, nothing is in the way.
    let mut pair = Pair::new(willing(&http2), Chunking::Coalesced);
    pair.connect();
    assert!(pair.client.connection.split().is_ok());
}
