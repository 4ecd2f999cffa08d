//! Sessions of TLS 1.3: how many there are, when they come, and what is said of those that are not resumed.

use crate::site::{Site, resumed};
use handfast::wire::CipherSuite;
use handfast::{Event, Keep, NotResumed, Question, ServerConfigBuilder, Session, SessionCache, Ticketer, Usage};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::clock::Moving;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Keeping, Setup};
use handfast_testkit::trace::Entry;
use handfast_testkit::world::NAME;
use std::collections::BTreeSet;
use std::sync::Arc;

#[test]
fn two_tickets_come_and_are_resumed() {
    let site = Site::plain();
    let sessions = site.sessions();
    assert_eq!(sessions.len(), 2);
    assert_ne!(sessions[0].ticket(), sessions[1].ticket());
    for session in sessions {
        let pair = site.resume(session);
        assert!(resumed(&pair));
        assert_eq!(pair.client.sessions.len(), 2);
    }
}

/// RFC 9149: as many as the client asks for, after a full handshake and after one that resumed; never more than eight.
#[test]
fn a_client_says_how_many_tickets_it_wants() {
    for (new, again, expected) in [(0, 0, [0, 0]), (1, 0, [1, 0]), (3, 1, [3, 1]), (8, 8, [8, 8]), (255, 9, [8, 8])] {
        let site = Site::plain();
        let connect = |session: Option<Session>| {
            let made = site.made_with(|client| client.ticket_request(new, again));
            let mut pair = Pair::start(made, Chunking::Coalesced, |start| match session {
                Some(session) => start.session(session).unwrap(),
                None => start,
            });
            pair.connect();
            let tickets: BTreeSet<_> =
                pair.client.sessions.iter().map(|session| session.ticket().map(<[u8]>::to_vec)).collect();
            assert_eq!(tickets.len(), pair.client.sessions.len());
            pair
        };
        let first = connect(None);
        assert_eq!(first.client.sessions.len(), expected[0]);
        let second = connect(Some(site.session()));
        assert!(resumed(&second));
        assert_eq!(second.client.sessions.len(), expected[1]);
    }
}

#[test]
fn a_server_says_how_many_there_are() {
    let count =
        |server: fn(ServerConfigBuilder) -> ServerConfigBuilder| Site::new(&Setup::default(), server).sessions().len();
    assert_eq!(count(|server| server.tickets(0)), 0);
    assert_eq!(count(|server| server.tickets(1)), 1);
    assert_eq!(count(|server| server.tickets(32)), 32);
    assert_eq!(count(|server| server.no_sessions()), 0);
}

/// A client that keeps no sessions asks for none, and its server sends none (RFC 9846 §4.3.9).
#[test]
fn whoever_keeps_no_sessions_gets_none() {
    let site = Site::plain();
    let made = site.made_with(|client| client.sessions(false));
    let log = made.server_log.clone();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    assert!(pair.client.sessions.is_empty());
    assert!(!log.sent().contains(&"NewSessionTicket"));
}

/// docs/regressions.md row 38: a cache gives each session of TLS 1.3 once, and all of them are different tickets.
#[test]
fn a_cache_gives_each_session_once() {
    let site = Site::plain();
    let (cache, name) = (SessionCache::default(), NAME.try_into().unwrap());
    for session in site.sessions().into_iter().chain(site.sessions()) {
        assert!(session.is_single_use());
        cache.put(session);
    }
    let mut tickets = BTreeSet::new();
    for left in (0..4).rev() {
        let session = cache.take(&name).unwrap();
        assert!(tickets.insert(session.ticket().unwrap().to_vec()));
        assert!(resumed(&site.resume(session)));
        assert_eq!(cache.len(), left);
    }
    assert!(cache.take(&name).is_none());
}

/// What a server says of a session that it does not resume, and what a client does.
#[test]
fn everybody_is_told_why_not() {
    let not_resumed = |session: Session, at: &Site| {
        let made = at.made();
        let logs = [made.client_log.clone(), made.server_log.clone()];
        // The server's log has what was before.
        let before = logs[1].entries().len();
        let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.session(session).unwrap());
        pair.connect();
        assert!(!resumed(&pair));
        let [client, server] = [&pair.client, &pair.server].map(|end| end.connection.facts().not_resumed.unwrap());
        assert!(logs[0].entries().contains(&Entry::NotResumed(client)));
        assert!(logs[1].entries()[before..].contains(&Entry::NotResumed(server)));
        (client, server)
    };
    let ticketer = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let with = |server: &dyn Fn(ServerConfigBuilder) -> ServerConfigBuilder| {
        Site::new(&Setup::default(), |builder| server(builder.sessions(ticketer.clone())))
    };
    let site = with(&|server| server);
    let declined = |why| (NotResumed::Declined, why);
    assert_eq!(not_resumed(site.session(), &with(&|server| server.no_sessions())), declined(NotResumed::Disabled));
    assert_eq!(not_resumed(Site::plain().session(), &site), declined(NotResumed::Unknown));
    assert_eq!(
        not_resumed(site.session(), &with(&|server| server.session_context("another"))),
        declined(NotResumed::Domain)
    );
    let suites = with(&|server| server.suites([CipherSuite::TLS_AES_256_GCM_SHA384]));
    assert_eq!(not_resumed(site.session(), &suites), declined(NotResumed::Suite));
    let old = with(&|server| server.clock(late(7_201_000)));
    assert_eq!(not_resumed(site.session(), &old), declined(NotResumed::Expired));
    let old = with(&|server| server.ticket_lifetime(10).clock(late(11_000)));
    assert_eq!(not_resumed(site.session(), &old), declined(NotResumed::Expired));
    // Nothing was offered, so nothing is said.
    let pair = site.connect(|start| start);
    assert_eq!([&pair.client, &pair.server].map(|end| end.connection.facts().not_resumed), [None; 2]);
}

fn late(milliseconds: u64) -> Arc<Moving> {
    let clock = Moving::new();
    clock.forward(milliseconds);
    clock
}

/// A session of the other version is no use, and is no harm.
#[cfg(feature = "tls12")]
#[test]
fn a_session_of_another_version_is_a_full_handshake() {
    use handfast::Version;
    let ticketer = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let at =
        |version| Site::new(&Setup::default(), |server| server.sessions(ticketer.clone()).versions(version, version));
    let [old, new] = [Version::Tls12, Version::Tls13].map(at);
    for (from, to) in [(&old, &new), (&new, &old)] {
        let pair = to.resume(from.session());
        assert!(!resumed(&pair));
        assert_eq!(pair.client.connection.facts().not_resumed, Some(NotResumed::Version));
    }
}

/// A site that asks about sessions, and the server's end when the first question about a ticket is open.
fn asking() -> (Site, Pair, Question) {
    let site =
        Site::new(&Setup { keeping: Keeping::Tickets, ..Setup::default() }, |server| server.ask_sessions(true, false));
    let mut pair = site.pair(|start| start);
    let mut question = None;
    while question.is_none() {
        pair.client.carry(&mut pair.server, Chunking::Coalesced);
        pair.server.carry(&mut pair.client, Chunking::Coalesced);
        let bytes = std::mem::take(&mut pair.client.outbox);
        pair.server.inbox.extend_from_slice(&bytes);
        // Not with `deliver`, which answers.
        loop {
            let server = &mut pair.server;
            let received = server.connection.receive(&mut server.inbox, &mut server.outbox).unwrap();
            let consumed = received.consumed;
            match received.event {
                Event::NeedInput { .. } => break,
                Event::Question(asked @ Question::Issue(_)) => question = Some(asked),
                Event::Question(asked) => {
                    let answer = server.answers.answer(asked, false);
                    server.connection.answer(answer, &mut server.outbox).unwrap();
                }
                _ => {}
            }
            server.inbox.drain(..consumed);
        }
    }
    (site, pair, question.unwrap())
}

/// Nothing waits for a ticket: data comes and goes, keys are updated, and the ticket follows when it is there.
#[test]
fn a_question_about_a_ticket_stops_nothing() {
    let (site, mut pair, question) = asking();
    assert!(pair.server.connection.is_connected());
    pair.client.send(b"to the server");
    pair.server.send(b"to the client");
    pair.client.connection.update_keys(&mut pair.client.outbox).unwrap();
    pair.client.send(b", again");
    pair.run();
    pair.server.send(b", again");
    pair.run();
    assert_eq!(
        (&pair.server.received[..], &pair.client.received[..]),
        (&b"to the server, again"[..], &b"to the client, again"[..])
    );
    assert!(pair.client.sessions.is_empty());
    let Question::Issue(issue) = &question else { panic!() };
    assert_eq!(issue.keep(), Keep::Ticket);
    let answer = pair.server.answers.answer(question, false);
    pair.server.connection.answer(answer, &mut pair.server.outbox).unwrap();
    // The next is asked for then, and answered in the course of this.
    pair.server.deliver(&[]);
    pair.run();
    assert_eq!(pair.client.sessions.len(), 2);
    for session in std::mem::take(&mut pair.client.sessions) {
        let mut pair = site.pair(|start| start.session(session).unwrap());
        pair.connect();
        assert!(resumed(&pair));
    }
}

/// Whoever keeps no session now will keep none a moment later.
#[test]
fn who_keeps_no_session_is_not_asked_again() {
    let (_, mut pair, question) = asking();
    let Question::Issue(issue) = question else { panic!() };
    pair.server.connection.answer(issue.none(), &mut pair.server.outbox).unwrap();
    assert!(pair.server.outbox.is_empty());
    assert!(matches!(pair.server.connection.receive(&mut [], &mut Vec::new()).unwrap().event, Event::NeedInput { .. }));
}

/// After close_notify a ticket is of no use to anybody, and its answer does no harm; after a failure it is stale.
#[test]
fn an_answer_about_a_ticket_may_come_too_late() {
    let (_, mut pair, question) = asking();
    pair.server.connection.close(&mut pair.server.outbox).unwrap();
    let sent = pair.server.outbox.len();
    let answer = pair.server.answers.answer(question, false);
    pair.server.connection.answer(answer, &mut pair.server.outbox).unwrap();
    assert_eq!(pair.server.outbox.len(), sent);
    pair.run();
    assert!(pair.client.error.is_none() && pair.client.sessions.is_empty());
    assert_eq!(pair.client.connection.end_of_input(), Ok(()));

    let (_, mut pair, question) = asking();
    pair.server.connection.abandon(&mut pair.server.outbox);
    let answer = pair.server.answers.answer(question, false);
    let late = pair.server.connection.answer(answer, &mut pair.server.outbox).unwrap_err();
    assert_eq!(late.code(), "Abandoned");
    let (_, mut pair, question) = asking();
    let answer = pair.server.answers.answer(question, false);
    let (_, mut other, _) = asking();
    // That one has asked a question of the same number.
    let stale = other.client.connection.answer(answer, &mut pair.server.outbox).unwrap_err();
    assert!(matches!(stale, handfast::Error::Usage(Usage::Stale)), "{stale}");
}
