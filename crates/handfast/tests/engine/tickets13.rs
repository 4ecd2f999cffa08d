//! Tickets of TLS 1.3: under which keys, how old, how often, and what is not one.

use crate::site::{Site, resumed};
use handfast::crypto::KeyKind;
use handfast::pki_types::UnixTime;
use handfast::wire::extension::OfferedPsks;
use handfast::wire::message::{ClientHello, NewSessionTicket};
use handfast::wire::{Dialect, Message};
use handfast::{
    ClientStart, Direction, Found, IssueQuestion, Keep, KeepSessions, Kept, NotResumed, ServerConfig, Session,
    SessionName, TicketKeyError, Ticketer, Usage,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::clock::Moving;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Keeping, Setup};
use handfast_testkit::trace::{Entry, Log};
use handfast_testkit::world::{NAME, World};
use std::collections::BTreeSet;
use std::sync::Arc;

fn provider() -> handfast::Provider {
    handfast::rustcrypto::provider()
}

/// The tickets a client got: lifetime, age_add, ticket.
fn tickets(log: &Log) -> Vec<(u32, u32, Vec<u8>)> {
    let ticket = |entry| match entry {
        Entry::Message(Direction::Receive, _, raw) => match Message::read(Dialect::Tls13, &raw) {
            Ok(Message::NewSessionTicket(NewSessionTicket { lifetime, age_add, ticket, .. })) => {
                Some((lifetime, age_add, ticket.to_vec()))
            }
            _ => None,
        },
        _ => None,
    };
    log.entries().into_iter().filter_map(ticket).collect()
}

/// The obfuscated age in the ClientHello of a client that offers one session.
fn age_told(log: &Log) -> u32 {
    let age = |entry| {
        let Entry::Message(Direction::Send, _, raw) = entry else { return None };
        let Ok(Message::ClientHello(ClientHello { extensions, .. })) = Message::read(Dialect::Tls13, &raw) else {
            return None;
        };
        let psks = extensions.find::<OfferedPsks<'_>>().ok()??;
        psks.identities.iter().next().map(|identity| identity.obfuscated_ticket_age)
    };
    log.entries().into_iter().find_map(age).unwrap()
}

/// A server configuration with randomness of the system's.
fn fresh() -> Arc<ServerConfig> {
    let identity = World::of(KeyKind::P256).server.clone();
    ServerConfig::builder().identity(identity).clock(Moving::new()).build().unwrap()
}

/// docs/regressions.md row 33: two configurations that nobody gave keys have different ones, which are not zero.
#[test]
fn two_configurations_never_take_each_others_tickets() {
    let site = Site::plain();
    let configs = [fresh(), fresh()];
    let connect = |config: &Arc<ServerConfig>, session: Option<Session>| {
        let made =
            handfast_testkit::setup::Made { admission: config.clone().into(), server: config.clone(), ..site.made() };
        let mut pair = Pair::start(made, Chunking::Coalesced, |start| match session {
            Some(session) => start.session(session).unwrap(),
            None => start,
        });
        pair.connect();
        pair
    };
    let sessions: Vec<_> = configs.iter().map(|config| connect(config, None).client.sessions.pop().unwrap()).collect();
    for (of, session) in sessions.iter().enumerate() {
        for (at, config) in configs.iter().enumerate() {
            let pair = connect(config, Some(session.clone()));
            assert_eq!(resumed(&pair), of == at);
            let why = pair.server.connection.facts().not_resumed;
            assert_eq!(why, (of != at).then_some(NotResumed::Unknown));
        }
    }
    let keys = [Ticketer::new(provider()).keys(), Ticketer::new(provider()).keys()];
    assert_ne!(keys[0], keys[1]);
    assert!(keys.iter().all(|keys| keys.len() == 1 && keys[0][16..].iter().any(|&byte| byte != 0)));
    assert!(matches!(Ticketer::with_keys(provider(), &[[0; 48]]), Err(TicketKeyError::Zero)));
}

/// docs/regressions.md row 33: a key seals for its time and opens for as long again, and no ticket is said to last longer.
#[test]
fn a_ticket_lasts_as_long_as_its_key() {
    let ticketer = Arc::new(Ticketer::rotating(provider(), 100));
    let site = Site::new(&Setup::default(), |server| server.sessions(ticketer.clone()).tickets(1));
    let session = |expected: u32| {
        let session = site.session();
        assert_eq!(session.lifetime_hint(), expected);
        session
    };
    let first = session(200);
    let key = ticketer.keys();
    site.clock.set(99_000);
    let last = session(101);
    assert!(resumed(&site.resume(first.clone())));
    assert_eq!(ticketer.keys(), key);
    // The boundary: another key seals, and the old one opens.
    site.clock.set(100_000);
    let next = session(200);
    assert_eq!((ticketer.keys().len(), ticketer.keys()[1]), (2, key[0]));
    for session in [&first, &last, &next] {
        assert!(resumed(&site.resume(session.clone())));
    }
    site.clock.set(199_000);
    assert!(resumed(&site.resume(first.clone())));
    // The old key is gone, whatever its tickets say.
    site.clock.set(200_000);
    let clock = Moving::new();
    clock.set(199_000);
    let made = site.made_with(|client| client.clock(clock));
    let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.session(last).unwrap());
    pair.connect();
    assert_eq!(pair.server.connection.facts().not_resumed, Some(NotResumed::Unknown));
    assert!(resumed(&site.resume(next)));
}

/// docs/regressions.md row 37: what hides the age of a ticket is random, for each ticket anew.
#[test]
fn the_age_is_hidden_by_something_random() {
    let site = Site::new(&Setup::default(), |server| server.tickets(32));
    let mut seen = Vec::new();
    for _ in 0..32 {
        let made = site.made();
        let log = made.client_log.clone();
        Pair::new(made, Chunking::Coalesced).connect();
        seen.extend(tickets(&log).into_iter().map(|(_, age_add, _)| age_add));
    }
    assert_eq!(seen.len(), 1_024);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 1_024);
    for bit in 0..32 {
        // Within six standard deviations of one half.
        let ones = seen.iter().filter(|&&age_add| age_add >> bit & 1 == 1).count();
        assert!((416..=608).contains(&ones), "bit {bit}: {ones}");
    }
}

/// docs/regressions.md row 37: the age is counted in milliseconds from when the ticket came, and never below zero.
#[test]
fn the_age_is_what_has_passed() {
    let site = Site::plain();
    let made = site.made();
    let log = made.client_log.clone();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    let session = pair.client.sessions[0].clone();
    let (_, age_add, _) = tickets(&log)[0];
    let told = || {
        let made = site.made();
        let log = made.client_log.clone();
        let pair = Pair::start(made, Chunking::Coalesced, |start| start.session(session.clone()).unwrap());
        drop(pair);
        age_told(&log).wrapping_sub(age_add)
    };
    for age in [0, 1, 999, 1_000, 65_536, 7_200_000] {
        site.clock.set(age);
        // One less, because both ends of it were rounded down.
        assert_eq!(u64::from(told()), age - u64::from(!age.is_multiple_of(1_000)));
    }
    site.clock.set(0);
    site.clock.back(10_000);
    assert_eq!(told(), 0, "a clock that went back a little");
    site.clock.back(1);
    let start = ClientStart::new(&site.made().client, NAME.try_into().unwrap());
    assert_eq!(start.session(session).map(drop), Err(Usage::Session), "and one that went back far");
}

/// A session with another ticket.
fn with_ticket(session: &Session, ticket: &[u8]) -> Session {
    let (bytes, old) = (session.dangerous_bytes().unwrap(), session.ticket().unwrap());
    let at = bytes.windows(old.len()).position(|part| part == old).unwrap();
    let length = (ticket.len() as u16).to_be_bytes();
    Session::dangerous_from_bytes(&[&bytes[..at - 2], &length, ticket, &bytes[at + old.len()..]].concat()).unwrap()
}

/// docs/regressions.md row 43: a ticket of any length, damaged anywhere, somebody else's or of the future, is ignored.
#[test]
fn a_malformed_ticket_is_ignored() {
    for keeping in [Keeping::Tickets, Keeping::Store] {
        let site = Site::new(&Setup { keeping, ..Setup::default() }, |server| server.tickets(1));
        let session = site.session();
        let ticket = session.ticket().unwrap().to_vec();
        let ignored = |ticket: &[u8]| {
            let pair = site.resume(with_ticket(&session, ticket));
            assert_eq!(pair.server.connection.facts().not_resumed, Some(NotResumed::Unknown));
            assert!(!resumed(&pair));
        };
        for len in (1..=64.min(ticket.len() - 1)).chain([ticket.len() - 1]) {
            ignored(&ticket[..len]);
        }
        for at in (0..ticket.len()).step_by(5).chain([ticket.len() - 1]) {
            let mut damaged = ticket.clone();
            damaged[at] ^= 1;
            ignored(&damaged);
        }
        ignored(&[&ticket[..], &[0]].concat());
        for len in [32, 64, 60_000] {
            ignored(&vec![7; len]);
        }
        assert!(resumed(&site.resume(session)));
    }
}

/// docs/regressions.md row 43: clocks of one fleet differ a little; a ticket from further ahead is none.
#[test]
fn a_ticket_of_the_future_is_ignored() {
    let site = Site::plain();
    let session = site.session();
    let at_server = |back| {
        site.clock.set(0);
        site.clock.back(back);
        // The client's time stands still.
        let made = site.made_with(|client| client.clock(Moving::new()));
        let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.session(session.clone()).unwrap());
        pair.connect();
        // New ones come of it in any case.
        assert_eq!(pair.client.sessions.len(), 2);
        pair.server.connection.facts().not_resumed
    };
    assert_eq!([0, 1, 1_500, 10_000].map(at_server), [None; 4]);
    assert_eq!([10_001, 60_000].map(at_server), [Some(NotResumed::Expired); 2]);
}

/// A session without a ticket is none that could be offered.
#[test]
fn a_session_without_a_ticket_is_not_offered() {
    let site = Site::plain();
    let session = with_ticket(&site.session(), &[]);
    let start = ClientStart::new(&site.made().client, NAME.try_into().unwrap());
    assert_eq!(start.session(session).map(drop), Err(Usage::Session));
}

/// A store that says it has kept what was to be in a ticket has named nothing: no ticket of no bytes is sent.
#[test]
fn an_empty_ticket_is_not_sent() {
    struct Confused;
    impl KeepSessions for Confused {
        fn tickets(&self) -> bool {
            true
        }

        fn session_ids(&self) -> bool {
            false
        }

        fn issue(&self, question: &IssueQuestion, _: UnixTime) -> Kept {
            assert_eq!(question.keep(), Keep::Ticket);
            Kept::Stored
        }

        fn resume(&self, _: SessionName<'_>, _: UnixTime) -> Option<Found> {
            None
        }
    }
    let site = Site::new(&Setup::default(), |server| server.sessions(Arc::new(Confused)));
    assert!(site.sessions().is_empty());
}

/// docs/regressions.md row 94: a saved session with any bit changed, or cut, is none.
#[test]
fn a_session_is_saved_as_it_is() {
    let site = Site::early();
    let saved = site.session();
    let sealed = saved.seal(&[7; 32], &provider()).unwrap();
    assert!(Session::open(&sealed, &[8; 32], &provider()).is_none());
    for bit in 0..sealed.len() * 8 {
        let mut damaged = sealed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(Session::open(&damaged, &[7; 32], &provider()).is_none(), "{bit}");
    }
    for len in 0..sealed.len() {
        assert!(Session::open(&sealed[..len], &[7; 32], &provider()).is_none(), "{len}");
    }
    assert!(Session::open(&[&sealed[..], &[0]].concat(), &[7; 32], &provider()).is_none());
    let opened = Session::open(&sealed, &[7; 32], &provider()).unwrap();
    assert_eq!(opened.dangerous_bytes(), saved.dangerous_bytes());
    assert_eq!(site.send_early(opened, b"saved").server.early, b"saved");
}

/// Servers that shall take each other's tickets are given the same keys.
#[test]
fn servers_with_the_same_keys_are_one() {
    let keeper = || -> Arc<dyn KeepSessions> { Arc::new(Ticketer::with_keys(provider(), &[[5; 48]]).unwrap()) };
    let sites = [(); 2].map(|()| Site::new(&Setup::default(), |server| server.sessions(keeper())));
    assert!(resumed(&sites[1].resume(sites[0].session())));
    assert!(resumed(&sites[0].resume(sites[1].session())));
}
