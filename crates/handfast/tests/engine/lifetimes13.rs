//! How long sessions of TLS 1.3 last: no longer than what was proved when the first of them was made.

use crate::site::{Site, resumed};
use handfast::{ClientStart, Keep, NotResumed, Question, Session, Usage};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::clock::Moving;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Keeping, Mode, Setup};
use handfast_testkit::world::NAME;

const DAY: u64 = 24 * 3_600_000;

/// docs/regressions.md row 89: renewed as often as one likes, a session ends seven days after somebody was authenticated.
#[test]
fn a_chain_of_tickets_ends() {
    let days = 7 * 86_400;
    for keeping in [Keeping::Tickets, Keeping::Store] {
        let site = Site::new(&Setup { keeping, ..Setup::default() }, |server| server.ticket_lifetime(days).tickets(1));
        // The client's time stands still, so that it is the server who says it.
        let connect = |session: Option<Session>| {
            let made = site.made_with(|client| client.ticket_lifetime(days).clock(Moving::new()));
            let mut pair = Pair::start(made, Chunking::Coalesced, |start| match session {
                Some(session) => start.session(session).unwrap(),
                None => start,
            });
            pair.connect();
            let why = pair.server.connection.facts().not_resumed;
            (resumed(&pair), why, pair.client.sessions.pop())
        };
        let mut session = connect(None).2.unwrap();
        for half_day in 1..=13_u32 {
            // A ticketer's key would be gone.
            if keeping == Keeping::Tickets && half_day > 1 {
                break;
            }
            site.clock.set(u64::from(half_day) * DAY / 2);
            let (is_resumed, _, next) = connect(Some(session));
            assert!(is_resumed, "{half_day}");
            session = next.unwrap();
            let left = days - half_day * 43_200;
            let expected = if keeping == Keeping::Tickets { left.min(2 * 43_200) } else { left };
            assert_eq!(session.lifetime_hint(), expected);
        }
        if keeping == Keeping::Store {
            site.clock.set(7 * DAY);
            let (is_resumed, _, next) = connect(Some(session.clone()));
            // In its last second, and there is none after it.
            assert!(is_resumed && next.is_none());
            site.clock.set(7 * DAY + 1_000);
            let (is_resumed, why, next) = connect(Some(session));
            assert_eq!((is_resumed, why), (false, Some(NotResumed::Expired)));
            // Somebody was authenticated now.
            assert_eq!(next.unwrap().lifetime_hint(), days);
        }
    }
}

/// docs/regressions.md row 89: the date is that of the handshake, however late a ticket is made or comes.
#[test]
fn a_late_ticket_has_the_date_of_its_handshake() {
    let days = 7 * 86_400;
    let setup = Setup { mode: Mode::Ask, keeping: Keeping::Store, ..Setup::default() };
    let site = Site::new(&setup, |server| server.ticket_lifetime(days).tickets(1));
    let mut pair = Pair::new(site.made_with(|client| client.ticket_lifetime(days)), Chunking::Coalesced);
    let mut issue = None;
    pair.client.carry(&mut pair.server, Chunking::Coalesced);
    pair.server.carry(&mut pair.client, Chunking::Coalesced);
    let finished = std::mem::take(&mut pair.client.outbox);
    pair.server.inbox = finished;
    while issue.is_none() {
        let server = &mut pair.server;
        let received = server.connection.receive(&mut server.inbox, &mut server.outbox).unwrap();
        let consumed = received.consumed;
        if let handfast::Event::Question(Question::Issue(question)) = received.event {
            issue = Some(question);
        }
        server.inbox.drain(..consumed);
    }
    let issue = issue.unwrap();
    assert_eq!(issue.keep(), Keep::SessionId);
    assert_eq!(issue.lifetime(), days);
    site.clock.set(6 * DAY);
    assert_eq!(issue.lifetime(), 86_400);
    let answer = pair.server.answers.answer(Question::Issue(issue), false);
    pair.server.connection.answer(answer, &mut pair.server.outbox).unwrap();
    pair.run();
    let session = pair.client.sessions.pop().unwrap();
    assert_eq!(session.lifetime_hint(), 86_400);
    assert_ends(&site, &session);
}

/// docs/regressions.md row 89: a client counts from the first authentication as well, whatever its server says.
#[test]
fn a_client_counts_for_itself() {
    let days = 7 * 86_400;
    let setup = Setup { keeping: Keeping::Store, ..Setup::default() };
    let site = Site::new(&setup, |server| server.ticket_lifetime(days).tickets(1));
    let mut session = site.session();
    for day in 1..=6 {
        site.clock.set(day * DAY);
        let made = site.made_with(|client| client.ticket_lifetime(days));
        let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.session(session).unwrap());
        pair.connect();
        assert!(resumed(&pair));
        session = pair.client.sessions.pop().unwrap();
    }
    assert_eq!(session.lifetime_hint(), 86_400);
    assert_ends(&site, &session);
}

/// A session that its server has said is good for a day, offered as if it were for seven, ends on the seventh day of the site.
fn assert_ends(site: &Site, session: &Session) {
    let days = 7 * 86_400_u32;
    let bytes = session.dangerous_bytes().unwrap();
    let at = bytes.windows(4).rposition(|part| part == 86_400_u32.to_be_bytes()).unwrap();
    let longer = [&bytes[..at], &days.to_be_bytes(), &bytes[at + 4..]].concat();
    let longer = Session::dangerous_from_bytes(&longer).unwrap();
    let offer = || {
        let made = site.made_with(|client| client.ticket_lifetime(days));
        ClientStart::new(&made.client, NAME.try_into().unwrap()).session(longer.clone()).map(drop)
    };
    site.clock.set(7 * DAY);
    assert_eq!(offer(), Ok(()));
    site.clock.set(7 * DAY + 1_000);
    assert_eq!(offer(), Err(Usage::Session));
}
