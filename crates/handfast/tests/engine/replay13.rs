//! Early data that comes twice is taken once (RFC 9846 §8).

use crate::site::{Site, resumed};
use handfast::crypto::{HashAlgorithm, KeyKind};
use handfast::{
    AntiReplay, ConfigError, Connection, EarlyData, EarlyRefusal, Event, ExternalPsk, KeepSessions, MemoryStore,
    NotResumed, PskRole, Question, Resolve, ServerConfig, ServerConfigBuilder, StrikeRegister, Ticketer,
};
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::setup::Setup;
use handfast_testkit::world::World;
use std::sync::Arc;

/// A site with this register.
fn site(register: &Arc<StrikeRegister>) -> Site {
    site_with(register, |server| server)
}

fn site_with(register: &Arc<StrikeRegister>, server: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder) -> Site {
    let register = register.clone();
    Site::new(&Setup::default(), |builder| server(builder.early_data(1_000).anti_replay(Resolve::Now(register))))
}

fn warm() -> Arc<StrikeRegister> {
    Arc::new(StrikeRegister::default().warm_since(0))
}

/// The first flight of a client with early data, and the client that waits for its answer.
fn flight(site: &Site, psks: &[ExternalPsk]) -> (Pair, Vec<u8>) {
    let session = site.session();
    let mut pair = site.pair(|mut start| {
        for psk in psks {
            start = start.psk(psk.clone()).unwrap();
        }
        start.session(session).unwrap().early_data(true)
    });
    pair.client.connection.send_early(b"pay 100", &mut pair.client.outbox).unwrap();
    let flight = std::mem::take(&mut pair.client.outbox);
    (pair, flight)
}

/// A new connection of the server that gets this.
fn server_gets(site: &Site, flight: &[u8]) -> End {
    let made = site.made();
    let mut server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    server.deliver(flight);
    server
}

fn state(end: &End) -> EarlyData {
    end.connection.facts().early_data
}

const TAKEN: EarlyData = EarlyData::Accepted { limit: 1_000 };
const REPLAYED: EarlyData = EarlyData::Refused(EarlyRefusal::Replayed);

/// docs/regressions.md row 41: the second copy of a flight is a handshake like any other, without its data.
#[test]
fn the_same_flight_is_taken_once() {
    let register = warm();
    let site = site(&register);
    let (mut pair, flight) = flight(&site, &[]);
    // Somebody is faster than the client.
    let thief = server_gets(&site, &flight);
    assert_eq!((state(&thief), &thief.early[..], register.len()), (TAKEN, &b"pay 100"[..], 1));
    pair.client.outbox = flight.clone();
    pair.connect();
    assert_eq!((state(&pair.server), pair.server.early.len(), resumed(&pair)), (REPLAYED, 0, true));
    assert_eq!(pair.client.rejected, Some(7));
    for _ in 0..3 {
        let again = server_gets(&site, &flight);
        assert_eq!((state(&again), again.early.len()), (REPLAYED, 0));
        assert!(again.error.is_none());
    }
    assert_eq!(register.len(), 1);
}

/// docs/regressions.md row 82: what was not selected is no part of it: another binder there changes nothing, and another
/// identity is another ClientHello, whose binder is wrong.
#[test]
fn what_was_not_selected_makes_no_other_flight() {
    let register = warm();
    let site = site(&register);
    let psk = ExternalPsk::new(PskRole::Client, "nobody knows", &[7; 32], HashAlgorithm::Sha256).unwrap();
    let (_, flight) = flight(&site, &[psk]);
    assert_eq!(state(&server_gets(&site, &flight)), TAKEN);
    // The record of the ClientHello ends with the second binder.
    let end = 5 + usize::from(u16::from_be_bytes([flight[3], flight[4]]));
    for at in [end - 1, end - 32] {
        let mut other = flight.clone();
        other[at] ^= 1;
        let server = server_gets(&site, &other);
        assert_eq!(server.connection.facts().early_data, REPLAYED);
        assert!(server.early.is_empty());
    }
    let at = flight.windows(12).position(|part| part == b"nobody knows").unwrap();
    let mut other = flight;
    other[at] ^= 1;
    assert_eq!(server_gets(&site, &other).error.unwrap().code(), "BadBinder");
    assert_eq!(register.len(), 1);
}

/// docs/regressions.md row 82: nothing is recorded for a bad binder, so nobody can burn a flight before its client.
#[test]
fn nothing_is_recorded_for_a_bad_binder() {
    let register = warm();
    let site = site(&register);
    let (mut pair, flight) = flight(&site, &[]);
    let end = 5 + usize::from(u16::from_be_bytes([flight[3], flight[4]]));
    for at in (end - 32..end).chain([50]) {
        let mut other = flight.clone();
        other[at] ^= 0x80;
        assert_eq!(server_gets(&site, &other).error.unwrap().code(), "BadBinder", "{at}");
        assert!(register.is_empty());
    }
    pair.client.outbox = flight;
    pair.connect();
    assert_eq!(state(&pair.server), TAKEN);
}

/// docs/regressions.md row 82: until a server has run for one window it cannot know what was before, unless somebody does.
#[test]
fn a_server_that_has_just_started_takes_none() {
    let started = |register: StrikeRegister, site: &dyn Fn(&Arc<StrikeRegister>) -> Site, after: u64| {
        let site = site(&Arc::new(register));
        let session = site.session();
        site.clock.forward(after);
        let pair = site.send_early(session, b"early");
        state(&pair.server)
    };
    let begin = handfast_testkit::world::NOW.as_secs() * 1000;
    let cold = EarlyData::Refused(EarlyRefusal::Cold);
    let at = &site as &dyn Fn(&Arc<StrikeRegister>) -> Site;
    let register = || StrikeRegister::default().started(begin);
    assert_eq!(started(register(), at, 0), cold);
    assert_eq!(started(register(), at, StrikeRegister::WINDOW - 1), cold);
    assert_eq!(started(register(), at, StrikeRegister::WINDOW), TAKEN);
    let register = || StrikeRegister::default().warm_since(begin - 15_000);
    assert_eq!(started(register(), at, 4_999), cold);
    assert_eq!(started(register(), at, 5_000), TAKEN);
    // One that was told nothing begins with its first flight.
    assert_eq!(started(StrikeRegister::default(), at, StrikeRegister::WINDOW), cold);
}

/// What was refused because a server had just started its client has sent again in the ordinary way.
#[test]
fn a_flight_that_came_too_early_stays_refused() {
    let begin = handfast_testkit::world::NOW.as_secs() * 1000;
    let site = site(&Arc::new(StrikeRegister::default().warm_since(begin - 15_000)));
    let (_, flight) = flight(&site, &[]);
    assert_eq!(state(&server_gets(&site, &flight)), EarlyData::Refused(EarlyRefusal::Cold));
    site.clock.forward(5_000);
    assert_eq!(state(&server_gets(&site, &flight)), REPLAYED);
}

/// A configuration that says nothing of a register has one, which is warm, for tickets of its own; where others may take the
/// same tickets it would be no use.
#[test]
fn a_register_of_its_own_is_for_tickets_of_its_own() {
    let alone = Site::new(&Setup::default(), |server| server.early_data(1_000));
    assert_eq!(state(&alone.send_early(alone.session(), b"early").server), TAKEN);
    let server = || ServerConfig::builder().identity(World::of(KeyKind::P256).server.clone()).early_data(1_000);
    let keeper = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    assert_eq!(server().sessions(keeper).build().unwrap_err(), ConfigError::NoAntiReplay);
    assert_eq!(server().ask_sessions(true, false).build().unwrap_err(), ConfigError::NoAntiReplay);
    assert!(server().no_sessions().build().is_ok());
}

/// An answer that took so long that the flight is not fresh any more comes too late, whatever it is.
#[test]
fn a_late_answer_takes_nothing() {
    for (late, expected) in [(10_000, TAKEN), (10_001, EarlyData::Refused(EarlyRefusal::Age))] {
        let site = Site::new(&Setup::default(), |server| server.early_data(1_000).anti_replay(Resolve::Ask));
        let (_, flight) = flight(&site, &[]);
        let mut server = Connection::accept(&site.made().admission).unwrap();
        let (mut out, mut flight) = (Vec::new(), flight);
        let question = loop {
            let received = server.receive(&mut flight, &mut out).unwrap();
            let consumed = received.consumed;
            match received.event {
                Event::Question(Question::EarlyData(question)) => break question,
                Event::NeedInput { .. } => panic!("no question"),
                _ => drop(flight.drain(..consumed)),
            }
        };
        site.clock.forward(late);
        server.answer(question.accept(), &mut out).unwrap();
        assert_eq!(server.facts().early_data, expected, "{late}");
    }
}

/// A register forgets a flight when its age alone refuses it, and not before.
#[test]
fn a_flight_is_refused_for_ever() {
    let register = warm();
    let site = site(&register);
    let (_, flight) = flight(&site, &[]);
    assert_eq!(state(&server_gets(&site, &flight)), TAKEN);
    for (milliseconds, why) in [
        (1, EarlyRefusal::Replayed),
        (5_000, EarlyRefusal::Replayed),
        (10_000, EarlyRefusal::Replayed),
        (10_001, EarlyRefusal::Age),
        (12_000, EarlyRefusal::Age),
        (100_000, EarlyRefusal::Age),
    ] {
        site.clock.set(milliseconds);
        assert_eq!(state(&server_gets(&site, &flight)), EarlyData::Refused(why), "{milliseconds}");
    }
}

/// RFC 9846 §8.1: early data takes its session out of the store.
#[test]
fn a_stored_session_is_good_for_early_data_once() {
    let store = Arc::new(MemoryStore::default());
    let keeper: Arc<dyn KeepSessions> = store.clone();
    let site = Site::new(&Setup { server_protocols: vec!["http/1.1"], ..Setup::default() }, |server| {
        server.early_data(1_000).sessions(keeper).anti_replay(Resolve::Now(store.clone()))
    });
    let session = site.session();
    assert_eq!(store.len(), 2);
    // Without early data it stays.
    assert!(resumed(&site.resume(session.clone())));
    let (mut pair, flight) = flight(&site, &[]);
    let before = store.len();
    pair.client.outbox = flight.clone();
    pair.connect();
    assert_eq!((state(&pair.server), &pair.server.early[..]), (TAKEN, &b"pay 100"[..]));
    // One has gone, and two have come.
    assert_eq!(store.len(), before + 1);
    let again = server_gets(&site, &flight);
    assert_eq!(state(&again), EarlyData::Refused(EarlyRefusal::NotResumed));
    assert_eq!(again.connection.facts().not_resumed, Some(NotResumed::Unknown));
    let again = site.send_early(session.clone(), b"early");
    assert_eq!(state(&again.server), TAKEN);
    let again = site.send_early(session, b"early");
    assert!(!resumed(&again));
    assert_eq!(again.client.rejected, Some(5));
}

/// Two copies that come at the same time find the same session, and one of them takes it.
#[test]
fn of_two_flights_at_once_one_is_taken() {
    let store = Arc::new(MemoryStore::default());
    let keeper: Arc<dyn KeepSessions> = store.clone();
    let site =
        Site::new(&Setup::default(), |server| server.early_data(1_000).sessions(keeper).anti_replay(Resolve::Ask));
    let (_, flight) = flight(&site, &[]);
    let mut servers = [(); 2].map(|()| {
        let made = site.made();
        let mut server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
        server.inbox.extend_from_slice(&flight);
        let received = server.connection.receive(&mut server.inbox, &mut server.outbox).unwrap();
        let consumed = received.consumed;
        let Event::Question(Question::EarlyData(question)) = received.event else { panic!("no question") };
        server.inbox.drain(..consumed);
        (server, Some(question))
    });
    let verdicts = servers.each_mut().map(|(server, question)| {
        let question = question.take().unwrap();
        let verdict = store.admit(&question);
        let answer = match verdict {
            Ok(()) => question.accept(),
            Err(why) => question.refuse(why),
        };
        server.connection.answer(answer, &mut server.outbox).unwrap();
        server.deliver(&[]);
        verdict
    });
    assert_eq!(verdicts, [Ok(()), Err(EarlyRefusal::Replayed)]);
    let seen = servers.map(|(server, _)| (state(&server), server.early));
    assert_eq!(seen, [(TAKEN, b"pay 100".to_vec()), (REPLAYED, vec![])]);
}

/// Two registers, one near and one shared: both have to admit it.
#[test]
fn two_registers_have_to_agree() {
    let cold = || StrikeRegister::default();
    for (pair, expected) in [
        ((warm(), warm()), TAKEN),
        ((warm(), Arc::new(cold())), EarlyData::Refused(EarlyRefusal::Cold)),
        ((Arc::new(cold()), warm()), EarlyData::Refused(EarlyRefusal::Cold)),
        ((warm(), Arc::new(StrikeRegister::new(0).warm_since(0))), EarlyData::Refused(EarlyRefusal::Full)),
    ] {
        let (first, second) = pair;
        let both = (Arc::into_inner(first).unwrap(), Arc::into_inner(second).unwrap());
        let site =
            Site::new(&Setup::default(), |server| server.early_data(1_000).anti_replay(Resolve::Now(Arc::new(both))));
        assert_eq!(state(&site.send_early(site.session(), b"early").server), expected);
    }
}
