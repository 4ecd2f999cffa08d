//! What is easily overlooked around sessions, keys and early data: what stays behind, what a rule means at its edge.

use crate::site::{Site, resumed};
use handfast::crypto::HashAlgorithm;
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{
    Answer, ClientAuth, EarlyData, EarlyRefusal, Event, ExternalPsk, KeepSessions, NotResumed, Padding, PskRole,
    Question, Resolve, Session, Ticketer, UnknownPsk, Usage, Version,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use std::sync::Arc;

/// Those of this build.
const VERSIONS: &[Version] = &[
    #[cfg(feature = "tls12")]
    Version::Tls12,
    Version::Tls13,
];

fn psk(role: PskRole) -> ExternalPsk {
    ExternalPsk::new(role, "me", &[1; 32], HashAlgorithm::Sha256).unwrap()
}

/// In how many places this session is, or one of the same server.
fn places(session: &Session) -> usize {
    Arc::strong_count(&session.peer().unwrap().credential)
}

/// A session that the server did not take, and one whose handshake has failed, is nowhere any more: no secret stays longer than
/// it is of use.
#[test]
fn what_was_offered_is_forgotten_with_its_answer() {
    for &version in VERSIONS {
        // The second one takes a HelloRetryRequest.
        for group in [NamedGroup::X25519, NamedGroup::SECP256R1] {
            let setup = Setup { server_groups: Some(vec![group]), ..Setup::default() };
            let site = Site::new(&setup, |server| server.versions(version, version));
            let session = site.session();
            let before = places(&session);
            let offer = |site: &Site| site.pair(|start| start.session(session.clone()).unwrap());
            let mut pair = offer(&Site::new(&setup, |server| server.versions(version, version).no_sessions()));
            assert_eq!(places(&session), before + 1);
            pair.connect();
            assert_eq!(
                pair.client.connection.facts().retried,
                group != NamedGroup::X25519 && version == Version::Tls13
            );
            assert!(!resumed(&pair));
            assert_eq!(places(&session), before, "{version:?} {group}");

            // Before there is an answer, and behind one.
            for answers in [0, 1] {
                let mut pair = offer(&site);
                for _ in 0..answers {
                    pair.client.carry(&mut pair.server, Chunking::Coalesced);
                    let end = pair.server.outbox.len() - 1;
                    pair.server.outbox[end] ^= 1;
                    pair.server.carry(&mut pair.client, Chunking::Coalesced);
                }
                pair.client.connection.abandon(&mut pair.client.outbox);
                assert_eq!(places(&session), before, "{version:?} {group} {answers}");
            }

            // What is resumed is in the facts, and in TLS 1.3 with the machine that makes sessions of the tickets to come.
            let mut pair = offer(&site);
            pair.connect();
            assert!(resumed(&pair));
            pair.client.sessions.clear();
            let kept = if version == Version::Tls13 { 2 } else { 1 };
            assert_eq!(places(&session), before + kept, "{version:?} {group}");
        }
    }
}

/// RFC 9846 §4.7.1: a server that does not take early data cannot tell padding from content, and skips no more than the ticket
/// allows.
#[test]
fn early_data_is_not_padded() {
    const RECORD: usize = 5 + 1 + 1 + 16;
    for warm in [true, false] {
        let site = Site::new(&Setup { early_data: 100, warm, ..Setup::default() }, |server| server);
        let session = site.session();
        let made = site.made_with(|client| client.padding(Padding::Full));
        let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.session(session).unwrap().early_data(true));
        let client = &mut pair.client;
        let before = client.outbox.len();
        for _ in 0..20 {
            assert_eq!(client.connection.send_early(b"x", &mut client.outbox).unwrap(), 1);
        }
        assert_eq!(client.outbox.len() - before, 20 * RECORD);
        pair.connect();
        let taken = if warm { EarlyData::Accepted { limit: 100 } } else { EarlyData::Refused(EarlyRefusal::Cold) };
        assert_eq!(pair.server.connection.facts().early_data, taken);
        // What comes later is padded as ever.
        pair.client.send(b"y");
        assert!(pair.client.outbox.len() > 16_384);
        pair.run();
        assert_eq!(pair.server.received, b"y");
    }
}

/// A ticket that nobody has made yet holds up no split: it is not made then.
#[test]
fn a_ticket_that_is_asked_for_does_not_hold_up_a_split() {
    let setup = Setup { client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() };
    let site = Site::new(&setup, |server| server.ask_sessions(true, false));
    let mut pair = site.pair(|start| start);
    pair.client.carry(&mut pair.server, Chunking::Coalesced);
    pair.server.carry(&mut pair.client, Chunking::Coalesced);
    let Pair { mut client, server, .. } = pair;
    let (mut server, mut out) = (server.connection, Vec::new());
    let mut input = std::mem::take(&mut client.outbox);
    let mut at = 0;
    while !server.is_connected() {
        at += server.receive(&mut input[at..], &mut out).unwrap().consumed;
    }
    // The question has not been delivered yet.
    let (mut server, why) = *server.split().unwrap_err();
    assert_eq!(why, Usage::Busy);
    let mut issue = None;
    while issue.is_none() {
        match server.receive(&mut [], &mut out).unwrap().event {
            Event::Question(Question::Issue(question)) => issue = Some(question),
            Event::Connected => {}
            other => panic!("{other:?}"),
        }
    }
    let (mut reader, mut writer) = server.split().unwrap();
    // What it would be made of is gone: who the client is say the facts alone.
    drop(issue);
    assert_eq!(Arc::strong_count(&reader.facts().peer().unwrap().credential), 1);
    writer.send(b"hello", &mut out).unwrap();
    client.deliver(&out);
    assert_eq!((&client.received[..], client.sessions.len()), (&b"hello"[..], 0));
    client.send(b"and back");
    let received = reader.receive(&mut client.outbox).unwrap();
    assert!(matches!(received.event, Event::Data { ref bytes, .. } if *bytes == b"and back"));
}

/// A session of an external key, where somebody is asked for keys: it is resumed while that one says that it knows the key.
#[test]
fn a_session_of_a_key_is_resumed_where_keys_are_asked_for() {
    let known: fn(Question) -> Answer = |question| match question {
        Question::Resume(mut question) => {
            let keys: Vec<_> = question.keys().map(<[u8]>::to_vec).collect();
            assert!(keys.is_empty() || keys == [b"me"]);
            for _ in keys {
                question.known(psk(PskRole::Server));
            }
            if question.offers().len() == 1 {
                question.external(0, psk(PskRole::Server));
            }
            question.done()
        }
        other => panic!("{other:?}"),
    };
    let unknown: fn(Question) -> Answer = |question| match question {
        Question::Resume(mut question) => {
            // It has the name, and is another.
            question.known(ExternalPsk::new(PskRole::Server, "me", &[2; 32], HashAlgorithm::Sha256).unwrap());
            assert_eq!(question.keys().collect::<Vec<_>>(), [b"me"]);
            question.done()
        }
        other => panic!("{other:?}"),
    };
    let beside: fn(Question) -> Answer = |question| match question {
        Question::Resume(mut question) => {
            // The key itself is a way to say that it is known.
            question.external(1, psk(PskRole::Server));
            question.done()
        }
        other => panic!("{other:?}"),
    };
    let site = Site::new(&Setup::default(), |server| server.psks(Resolve::Ask));
    let connect = |session: Option<Session>, answer: fn(Question) -> Answer| {
        let mut pair = site.pair(|start| {
            let start = start.psk(psk(PskRole::Client)).unwrap();
            match session {
                Some(session) => start.session(session).unwrap(),
                None => start,
            }
        });
        pair.server.answers.other = Some(answer);
        pair.connect();
        pair
    };
    let session = || connect(None, known).client.sessions.pop().unwrap();
    assert_eq!(session().peer().map(drop), None);
    for answer in [known, beside] {
        let pair = connect(Some(session()), answer);
        assert!(resumed(&pair));
        assert_eq!(pair.server.connection.facts().psk_identity.as_deref(), Some(&b"me"[..]));
    }
    let pair = connect(Some(session()), unknown);
    assert!(!resumed(&pair));
    let facts = pair.server.connection.facts();
    assert_eq!((facts.not_resumed, &facts.psk_identity), (Some(NotResumed::Domain), &None));
}

/// A session was found, and a key beside it has to be asked for: it is, for the session may not fit.
#[test]
fn a_key_is_asked_for_beside_a_session_that_was_found() {
    let keeper: Arc<dyn KeepSessions> = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let (long, short) = (CipherSuite::TLS_AES_256_GCM_SHA384, CipherSuite::TLS_AES_128_GCM_SHA256);
    let setup = Setup { psks: vec![psk(PskRole::Server)], ..Setup::default() };
    let site = |suites: &[CipherSuite]| {
        Site::new(&setup, |server| {
            let server = server.sessions(keeper.clone()).suites(suites.iter().copied());
            server.psks(Resolve::Ask).unknown_psk(UnknownPsk::Certificate)
        })
    };
    let session = site(&[long]).session();
    let offer =
        |site: &Site| site.connect(|start| start.psk(psk(PskRole::Client)).unwrap().session(session.clone()).unwrap());
    let pair = offer(&site(&[short]));
    assert!(!resumed(&pair));
    assert_eq!(pair.server.connection.facts().psk_identity.as_deref(), Some(&b"me"[..]));
    assert_eq!(pair.server.events, ["Resume?", "Connected"]);
    // Where it fits, the client's order counts.
    let pair = offer(&site(&[long, short]));
    assert!(resumed(&pair));
    // Nothing is left to ask for where all was found.
    let pair = site(&[long, short]).resume(session.clone());
    assert!(resumed(&pair));
    assert_eq!(pair.server.events, ["Connected"]);
}

/// Whether a session fits can be asked before it is offered, and why it does not.
#[test]
fn a_client_can_ask_whether_a_session_fits() {
    let site = Site::new(&Setup { psks: vec![psk(PskRole::Server)], ..Setup::default() }, |server| server);
    let session = site.session();
    let start = |name: &'static str| handfast::ClientStart::new(&site.made().client, name.try_into().unwrap());
    let name = handfast_testkit::world::NAME;
    assert_eq!(start(name).check(&session), Ok(()));
    assert_eq!(start("elsewhere.example").check(&session), Err(NotResumed::Name));
    let with = |client: fn(handfast::ClientConfigBuilder) -> handfast::ClientConfigBuilder| {
        handfast::ClientStart::new(&site.made_with(client).client, name.try_into().unwrap()).check(&session)
    };
    assert_eq!(with(|client| client.session_context("another")), Err(NotResumed::Domain));
    assert_eq!(with(|client| client.sessions(false)), Err(NotResumed::Domain));
    assert_eq!(with(|client| client.suites([CipherSuite::TLS_AES_256_GCM_SHA384])), Err(NotResumed::Suite));

    // One of a key, before that key is offered and behind it.
    let mut pair = site.pair(|start| start.psk(psk(PskRole::Client)).unwrap());
    pair.connect();
    let of_key = pair.client.sessions.pop().unwrap();
    assert_eq!(start(name).check(&of_key), Err(NotResumed::Domain));
    assert_eq!(start(name).psk(psk(PskRole::Client)).unwrap().check(&of_key), Ok(()));

    site.clock.set(7_200_000 + 1_000);
    let late = start(name);
    assert_eq!(late.check(&session), Err(NotResumed::Expired));
    // Nothing is lost by having asked.
    late.connect(&mut Vec::new()).unwrap();
}
