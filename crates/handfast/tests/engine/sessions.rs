//! Sessions of TLS 1.2: what is resumed, and all that is not.
//!
//! docs/regressions.md rows 18, 33, 34, 35, 43: named at the tests.

use crate::tls12::{again, with};
use handfast::crypto::KeyKind;
use handfast::pki_types::UnixTime;
use handfast::wire::CipherSuite;
use handfast::{
    Answer, ClientAuth, ClientConfigBuilder, ClientStart, Clock, FixedClock, Keep, KeepSessions, NotResumed, Question,
    ServerConfigBuilder, Session, TicketKeyError, Ticketer, Usage,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Made, Mode, Setup};
use handfast_testkit::world::{NAME, NOW, World};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn provider() -> handfast::Provider {
    handfast::rustcrypto::provider()
}

fn later(seconds: u64) -> Arc<dyn Clock> {
    Arc::new(FixedClock(UnixTime::since_unix_epoch(Duration::from_secs(NOW.as_secs() + seconds))))
}

/// A session from a first connection to a server that keeps sessions with `keeper`.
fn session(keeper: &Arc<dyn KeepSessions>) -> Session {
    session_of(&Setup::default(), keeper)
}

fn session_of(setup: &Setup, keeper: &Arc<dyn KeepSessions>) -> Session {
    let made = with(setup, |client| client, |server| server.sessions(keeper.clone()));
    let mut first = Pair::new(made, Chunking::Coalesced);
    first.connect();
    first.client.sessions.pop().expect("a session")
}

fn ticketer() -> Arc<dyn KeepSessions> {
    Arc::new(Ticketer::new(provider()))
}

/// Whether a second connection, configured so, resumes `session`. It succeeds in any case.
fn resumes(
    session: Session,
    keeper: &Arc<dyn KeepSessions>,
    setup: &Setup,
    client: impl FnOnce(ClientConfigBuilder) -> ClientConfigBuilder,
    server: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder,
) -> bool {
    let made = with(setup, client, |builder| server(builder.sessions(keeper.clone())));
    let mut second = again(made, session);
    second.connect();
    let resumed = second.client.connection.facts().resumed;
    assert_eq!(second.server.connection.facts().resumed, resumed);
    resumed
}

/// docs/regressions.md row 34: what is bound into a session, one after the other: anything else is a full handshake, and no
/// error.
#[test]
fn what_does_not_fit_is_a_full_handshake() {
    let keeper = ticketer();
    let fresh = || session(&keeper);
    let plain = Setup::default();
    let try_with = |setup: &Setup, server: &dyn Fn(ServerConfigBuilder) -> ServerConfigBuilder| {
        resumes(fresh(), &keeper, setup, |client| client, server)
    };
    assert!(try_with(&plain, &|server| server));
    assert!(!try_with(&plain, &|server| server.session_context("another application")));
    assert!(!try_with(&plain, &|server| server.clock(later(301))), "older than the timeout");
    assert!(try_with(&plain, &|server| server.clock(later(299))));
    // Row 43: a date in the future is no reason to underflow.
    let past = NOW.as_secs() - 1;
    let past = Arc::new(FixedClock(UnixTime::since_unix_epoch(Duration::from_secs(past))));
    assert!(!try_with(&plain, &|server| server.clock(past.clone())), "from the future");
    let other_suite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384;
    assert!(!try_with(&plain, &|server| server.suites([other_suite])));
    // Whoever asks for certificates now does not take a session without one.
    let asks = Setup { client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() };
    let known = Setup { client_auth: ClientAuth::None, ..asks.clone() };
    assert!(!resumes(session_of(&known, &keeper), &keeper, &asks, |client| client, |server| server));
    // Another keeper has other keys.
    assert!(!resumes(fresh(), &ticketer(), &plain, |client| client, |server| server));
    assert!(!try_with(&plain, &|server| server.no_sessions()));
}

/// docs/regressions.md row 35: what must not be offered is not: for another server, too old, or under another trust.
#[test]
fn a_client_offers_only_what_fits() {
    let keeper = ticketer();
    let made = with(&Setup::default(), |client| client, |server| server);
    let offer = |made: &Made, name: &'static str, session| {
        ClientStart::new(&made.client, name.try_into().unwrap()).session(session).map(drop)
    };
    assert_eq!(offer(&made, NAME, session(&keeper)), Ok(()));
    assert_eq!(offer(&made, "other.example", session(&keeper)), Err(Usage::Session));
    let too_old = with(&Setup::default(), |client| client.clock(later(301)), |server| server);
    assert_eq!(offer(&too_old, NAME, session(&keeper)), Err(Usage::Session));
    let other_trust =
        with(&Setup::default(), |client| client.anchors(World::of(KeyKind::P384).anchors.clone()), |server| server);
    assert_eq!(offer(&other_trust, NAME, session(&keeper)), Err(Usage::Session));
    let no_trust = with(&Setup::default(), ClientConfigBuilder::dangerous_no_verification, |server| server);
    assert_eq!(offer(&no_trust, NAME, session(&keeper)), Err(Usage::Session));
    // It may have been another client's, who showed who it is.
    let other_client = Setup { client_certificate: true, ..Setup::default() };
    let other_client = with(&other_client, |client| client, |server| server);
    assert_eq!(offer(&other_client, NAME, session(&keeper)), Err(Usage::Session));
    let suites = [CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256];
    let other_suites = with(&Setup::default(), |client| client.suites(suites), |server| server);
    assert_eq!(offer(&other_suites, NAME, session(&keeper)), Err(Usage::Session));
}

/// docs/regressions.md row 18: without the extended main secret there is no session; and a client that had it and offers the
/// session without it is somebody else.
#[test]
fn sessions_need_the_extended_main_secret() {
    let keeper = ticketer();
    let strip = |hello: &mut Vec<u8>| {
        // extended_main_secret (23) becomes padding (21), which is as empty.
        let at = hello.windows(4).position(|bytes| bytes == [0, 23, 0, 0]).expect("the extension");
        hello[at + 1] = 21;
    };
    let make = || with(&Setup::default(), |client| client.grease(false), |server| server.sessions(keeper.clone()));
    let mut pair = again(make(), session(&keeper));
    strip(&mut pair.client.outbox);
    pair.run();
    assert_eq!(pair.server.error.unwrap().code(), "NoExtendedMainSecret");

    let mut pair = Pair::new(make(), Chunking::Coalesced);
    strip(&mut pair.client.outbox);
    pair.run();
    // The transcripts differ, so that it cannot end well; but no session was asked for.
    assert!(!pair.server.events.contains(&"Session"));
}

/// docs/regressions.md row 43: a ticket of any length, damaged anywhere, or somebody else's, is ignored.
#[test]
fn a_malformed_ticket_is_ignored() {
    let keeper = ticketer();
    let good = session(&keeper);
    let ticket = good.ticket().unwrap().to_vec();
    let offer = |ticket: &[u8]| {
        let bytes = good.dangerous_bytes().unwrap();
        let at = bytes.windows(good.ticket().unwrap().len()).position(|part| part == good.ticket().unwrap()).unwrap();
        let mut changed = bytes[..at - 2].to_vec();
        changed.extend_from_slice(&(ticket.len() as u16).to_be_bytes());
        changed.extend_from_slice(ticket);
        changed.extend_from_slice(&bytes[at + good.ticket().unwrap().len()..]);
        let session = Session::dangerous_from_bytes(&changed).unwrap();
        resumes(session, &keeper, &Setup::default(), |client| client, |server| server)
    };
    assert!(offer(&ticket));
    for len in (0..=64).chain([ticket.len() - 1]) {
        assert!(!offer(&ticket[..len]), "{len}");
    }
    for at in (0..ticket.len()).step_by(7) {
        let mut damaged = ticket.clone();
        damaged[at] ^= 1;
        assert!(!offer(&damaged), "{at}");
    }
    assert!(!offer(&[&ticket[..], &[0]].concat()));
    assert!(!offer(&vec![7; 60_000]));
}

/// A saved session comes back under its key and no other, and unchanged.
#[test]
fn a_session_can_be_saved() {
    let keeper = ticketer();
    let saved = session(&keeper);
    let sealed = saved.seal(&[7; 32], &provider()).unwrap();
    assert!(Session::open(&sealed, &[8; 32], &provider()).is_none());
    for at in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        assert!(Session::open(&damaged, &[7; 32], &provider()).is_none(), "{at}");
        assert!(Session::open(&sealed[..at], &[7; 32], &provider()).is_none(), "{at}");
    }
    let opened = Session::open(&sealed, &[7; 32], &provider()).unwrap();
    assert_eq!(opened.ticket(), saved.ticket());
    assert_eq!(opened.to_string(), saved.to_string());
    assert!(resumes(opened, &keeper, &Setup::default(), |client| client, |server| server));
    // Twice the same bytes would say that it is the same session.
    assert_ne!(saved.seal(&[7; 32], &provider()).unwrap(), sealed);
}

/// R3: keys as Node has them, given, exchanged while the server runs, and never zero (docs/regressions.md row 33).
#[test]
fn ticket_keys_are_set_and_changed() {
    let ticketer = Arc::new(Ticketer::with_keys(provider(), &[[1; 48]]).unwrap());
    let keeper: Arc<dyn KeepSessions> = ticketer.clone();
    let plain = Setup::default();
    let check = |session| resumes(session, &keeper, &plain, |client| client, |server| server);
    assert_eq!(*ticketer.keys(), [[1; 48]]);
    let old = session(&keeper);
    assert!(check(old.clone()));
    ticketer.set_keys(&[[2; 48], [1; 48]]).unwrap();
    assert!(check(old.clone()), "the key before opens still");
    ticketer.set_keys(&[[2; 48]]).unwrap();
    assert!(!check(old));
    // Another process with the same keys.
    let other: Arc<dyn KeepSessions> = Arc::new(Ticketer::with_keys(provider(), &[[2; 48]]).unwrap());
    assert!(resumes(session(&keeper), &other, &plain, |client| client, |server| server));

    let mut zero = [0; 48];
    assert_eq!(ticketer.set_keys(&[zero]), Err(TicketKeyError::Zero));
    zero[0] = 1;
    assert_eq!(ticketer.set_keys(&[[3; 48], zero]), Err(TicketKeyError::Zero), "a name is no secret");
    assert_eq!(ticketer.set_keys(&[]), Err(TicketKeyError::Count(0)));
    assert_eq!(ticketer.set_keys(&[[1; 48]; 17]), Err(TicketKeyError::Count(17)));
    assert_eq!(*ticketer.keys(), [[2; 48]]);
    // Those of a configuration's own are random.
    assert_ne!(Ticketer::new(provider()).keys(), Ticketer::new(provider()).keys());
}

/// A clock that the test moves.
struct Moving(AtomicU64);

impl Clock for Moving {
    fn now(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Ordering::Relaxed)))
    }
}

/// R3: the key changes on schedule; a ticket of the one before is taken, and replaced by one of the new.
#[test]
fn ticket_keys_rotate() {
    let ticketer = Arc::new(Ticketer::rotating(provider(), 100));
    let keeper: Arc<dyn KeepSessions> = ticketer.clone();
    let clock = Arc::new(Moving(AtomicU64::new(NOW.as_secs())));
    let plain = Setup::default();
    let connect = |session: Option<Session>| {
        let made = with(
            &plain,
            |client| client.clock(clock.clone()),
            |server| server.clock(clock.clone()).sessions(keeper.clone()),
        );
        let mut pair = match session {
            Some(session) => again(made, session),
            None => Pair::new(made, Chunking::Coalesced),
        };
        pair.connect();
        let resumed = pair.client.connection.facts().resumed;
        let session = pair.client.sessions.pop();
        (resumed, session)
    };
    let first = connect(None).1.unwrap();
    let key = ticketer.keys();
    // Within its time nothing changes, and a ticket that was taken stays good.
    clock.0.fetch_add(99, Ordering::Relaxed);
    let (resumed, renewed) = connect(Some(first.clone()));
    assert!(resumed && renewed.is_none());
    clock.0.fetch_add(1, Ordering::Relaxed);
    let (resumed, renewed) = connect(Some(first.clone()));
    let renewed = renewed.expect("a ticket under the new key");
    assert!(resumed && renewed.ticket() != first.ticket());
    assert_eq!(ticketer.keys()[1..], *key);
    assert!(connect(Some(renewed.clone())).0);
    // The date is the one of the first handshake, so the session ends when it must.
    clock.0.fetch_add(201, Ordering::Relaxed);
    assert!(
        ClientStart::new(
            &with(&plain, |client| client.clock(clock.clone()), |server| server).client,
            NAME.try_into().unwrap()
        )
        .session(renewed)
        .is_err()
    );
    // After two rotations without a ticket the old keys are gone.
    assert!(connect(None).1.is_some());
    assert_eq!(ticketer.keys().len(), 1);
}

/// R1: a store elsewhere, by questions: what was to be kept comes back, and nothing else is taken.
#[test]
fn sessions_can_be_asked_for() {
    static STORE: Mutex<Vec<(Vec<u8>, Vec<u8>)>> = Mutex::new(Vec::new());
    let answer: fn(Question) -> Answer = |question| match question {
        Question::Issue(question) if question.keep() == Keep::Ticket => question.none(),
        Question::Issue(question) => {
            assert_eq!(question.keep(), Keep::SessionId);
            assert_eq!(question.lifetime(), 300);
            let state = question.state().expect("a trust with a name");
            STORE.lock().unwrap().push((question.session_id().to_vec(), state.to_vec()));
            question.stored()
        }
        Question::Resume(question) => {
            let store = STORE.lock().unwrap();
            match store.iter().find(|(id, _)| id == question.offers()[0].name()) {
                Some((_, state)) => {
                    let mut question = question;
                    // What is wrong with it, the last of the connections below asks for.
                    let found = question.session(0, state, false);
                    assert!(matches!(found, Ok(()) | Err(NotResumed::Domain)), "{found:?}");
                    question.done()
                }
                None => question.fresh(),
            }
        }
        other => panic!("{other:?}"),
    };
    // The servers here draw their session IDs from one seed, so only the first may make any.
    let connect = |session: Option<Session>| {
        let tickets = session.is_some();
        let made = |server: ServerConfigBuilder| server.ask_sessions(tickets, true);
        let mut made = with(&Setup { mode: Mode::Now, ..Setup::default() }, |client| client, made);
        made.server_answers.other = Some(answer);
        let mut pair = match session {
            Some(session) => again(made, session),
            None => Pair::new(made, Chunking::OneByte),
        };
        pair.connect();
        let session = pair.client.sessions.pop();
        (pair.server.connection.facts().resumed, session)
    };
    let (resumed, first) = connect(None);
    assert!(!resumed);
    let first = first.unwrap();
    assert_eq!(first.id().len(), 32);
    assert!(connect(Some(first.clone())).0);
    // One of another trust is none.
    STORE.lock().unwrap().iter_mut().for_each(|(_, state)| state[0] ^= 1);
    assert!(!connect(Some(first)).0);
}

/// RFC 5246 §7.2.2: a connection that failed takes its session with it, where that is kept here.
#[test]
fn a_failed_connection_forgets_its_session() {
    let store = Arc::new(handfast::MemoryStore::default());
    let keeper: Arc<dyn KeepSessions> = store.clone();
    let made = with(&Setup::default(), |client| client, |server| server.sessions(keeper.clone()));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    assert_eq!(store.len(), 1);
    pair.client.send(b"data");
    *pair.client.outbox.last_mut().unwrap() ^= 1;
    pair.run();
    assert_eq!(pair.server.error.unwrap().code(), "BadRecordMac");
    assert!(store.is_empty());
}
