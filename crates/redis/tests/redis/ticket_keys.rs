//! Ticket keys that a fleet changes together.

use crate::server::{SECRET, Server, open, patient};
use handfast::pki_types::UnixTime;
use handfast::rustcrypto::provider;
use handfast::{Clock, Ticketer};
use handfast_redis::{Redis, Sharing, TicketKeys};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const HOUR: u64 = 3600;

/// How long before its time a key is made, at one rotation an hour.
const LEAD: u64 = HOUR / 4;

/// When a generation begins.
const START: u64 = 500_000 * HOUR;

pub(crate) type Key = [u8; Ticketer::KEY_LEN];

/// A server of a fleet.
pub(crate) struct Process {
    keys: TicketKeys,
    pub(crate) ticketer: Ticketer,
}

impl Process {
    pub(crate) fn new(redis: Redis) -> Self {
        Self { keys: TicketKeys::new(redis, HOUR), ticketer: Ticketer::new(provider()) }
    }

    pub(crate) fn at(&self, now: u64) -> Sharing {
        self.keys.refresh(&self.ticketer, UnixTime::since_unix_epoch(Duration::from_secs(now)))
    }

    pub(crate) fn seals(&self) -> Key {
        self.ticketer.keys()[0]
    }

    pub(crate) fn opens(&self, key: &Key) -> bool {
        self.ticketer.keys().contains(key)
    }
}

fn two(server: &Server) -> [Process; 2] {
    [server.redis(), server.redis()].map(Process::new)
}

#[test]
fn all_seal_with_the_same_key() {
    let server = Server::start();
    let [one, other] = two(&server);
    let own = [one.seals(), other.seals()];
    assert_eq!((one.at(START), other.at(START + 1)), (Sharing::Shared, Sharing::Shared));
    assert_eq!(one.seals(), other.seals());
    assert!(!own.contains(&one.seals()));
    assert_eq!(one.at(START + 60), Sharing::Shared);
    assert_eq!(one.seals(), other.seals(), "and go on with it");
}

#[test]
fn of_any_number_that_start_at_once_one_makes_the_key() {
    let server = Server::start();
    let fleet: Vec<_> = (0..8).map(|_| Process::new(server.redis())).collect();
    thread::scope(|scope| {
        for process in &fleet {
            scope.spawn(|| assert_eq!(process.at(START), Sharing::Shared));
        }
    });
    assert_eq!(server.names().len(), 1);
    assert!(fleet.iter().all(|process| process.seals() == fleet[0].seals() && process.ticketer.keys().len() == 1));
}

/// docs/regressions.md row 33: at the edge of a rotation.
#[test]
fn the_next_key_is_known_before_it_seals_and_the_last_one_opens_for_a_rotation() {
    let server = Server::start();
    let [one, other] = two(&server);
    one.at(START);
    other.at(START);
    let first = one.seals();

    one.at(START + HOUR - LEAD - 1);
    assert_eq!(one.ticketer.keys().len(), 1, "not due");
    one.at(START + HOUR - LEAD);
    other.at(START + HOUR - LEAD + 60);
    assert_eq!((one.seals(), other.seals()), (first, first));
    let next = *one.ticketer.keys().iter().find(|key| **key != first).expect("the next key");
    assert!(other.opens(&next), "both have it");

    one.at(START + HOUR - 1);
    assert_eq!(one.seals(), first);
    // One has a clock that is ahead, or refreshes first.
    one.at(START + HOUR);
    assert_eq!((one.seals(), other.seals()), (next, first));
    assert!(other.opens(&one.seals()) && one.opens(&other.seals()));
    other.at(START + HOUR);
    assert_eq!(other.seals(), next);

    one.at(START + 2 * HOUR - 1);
    assert!(one.opens(&first));
    one.at(START + 2 * HOUR);
    assert!(!one.opens(&first), "past its time");
    assert!(one.opens(&next) && one.seals() != next);
}

/// A process that starts late opens what the others have sealed in the generation before.
#[test]
fn who_comes_later_has_the_last_key_too() {
    let server = Server::start();
    let [one, other] = two(&server);
    one.at(START);
    let first = one.seals();
    one.at(START + HOUR - 10);
    one.at(START + HOUR);
    assert_eq!(other.at(START + HOUR + 5), Sharing::Shared);
    assert_eq!(other.seals(), one.seals());
    assert!(other.opens(&first));
}

/// Nobody has made the next key in time: the one that does gives the others time to fetch it.
#[test]
fn a_key_that_is_made_late_begins_late() {
    let server = Server::start();
    let [one, other] = two(&server);
    one.at(START);
    other.at(START);
    let first = one.seals();
    assert_eq!(one.at(START + HOUR + 100), Sharing::Shared);
    assert_eq!(one.seals(), first);
    assert_eq!(one.ticketer.keys().len(), 2);
    other.at(START + HOUR + 160);
    assert_eq!((other.seals(), other.ticketer.keys().len()), (first, 2));
    one.at(START + HOUR + 220);
    other.at(START + HOUR + 220);
    assert!(one.seals() != first && one.seals() == other.seals());
}

#[test]
fn redis_that_has_lost_everything_gets_the_same_keys_again() {
    let mut server = Server::start();
    let [one, other] = two(&server);
    one.at(START);
    other.at(START);
    let key = one.seals();
    server.ask::<()>(&[b"FLUSHALL"]);
    assert_eq!(other.at(START + 60), Sharing::Shared);
    server.kill();
    server.run();
    assert_eq!(one.at(START + 120), Sharing::Shared);
    let third = Process::new(server.redis());
    third.at(START + 130);
    assert!([one, other, third].iter().all(|process| process.seals() == key));
}

#[test]
fn without_redis_the_last_keys_go_on_and_then_each_has_its_own() {
    let mut server = Server::start();
    let [one, other] = [0, 1].map(|_| Process::new(open(&server.url, "shop", SECRET, patient().pause(Duration::ZERO))));
    one.at(START);
    other.at(START);
    let first = one.seals();
    server.kill();
    assert_eq!(one.at(START + 60), Sharing::Last);
    assert_eq!(one.seals(), first);
    // The next could not be made. The last one seals in its place.
    assert_eq!((one.at(START + 2 * HOUR - 1), other.at(START + 2 * HOUR - 1)), (Sharing::Last, Sharing::Last));
    assert_eq!((one.seals(), other.seals()), (first, first));
    // Its time is past.
    assert_eq!((one.at(START + 2 * HOUR), other.at(START + 2 * HOUR)), (Sharing::Own, Sharing::Own));
    assert!(one.seals() != first && other.seals() != first && one.seals() != other.seals());
    assert!(!one.opens(&first));
    let own = other.seals();
    assert_eq!(other.at(START + 2 * HOUR + 60), Sharing::Own);
    assert_eq!(other.seals(), own, "one for each generation");
    assert_eq!(other.at(START + 3 * HOUR), Sharing::Own);
    assert!(other.seals() != own && other.opens(&own));

    // It is back: all agree again, and nobody loses what was sealed meanwhile.
    server.run();
    let own = [&one, &other].map(Process::seals);
    assert_eq!((one.at(START + 3 * HOUR + 60), other.at(START + 3 * HOUR + 61)), (Sharing::Shared, Sharing::Shared));
    assert_eq!(one.seals(), other.seals());
    assert!(other.opens(&own[1]));
}

#[test]
fn without_redis_from_the_start_each_has_its_own() {
    let server = Server::start();
    let process = Process::new(open("unix:///nonexistent", "shop", SECRET, patient()));
    assert_eq!(process.at(START), Sharing::Own);
    let own = process.seals();
    assert_eq!(process.at(START + 60), Sharing::Own);
    assert_eq!(process.seals(), own);
    drop(server);
}

/// A key that is known in advance bridges the edge of a rotation without Redis.
#[test]
fn a_key_that_was_fetched_in_time_seals_in_its_time_without_redis() {
    let mut server = Server::start();
    let [one, other] = two(&server);
    for process in [&one, &other] {
        process.at(START);
        process.at(START + HOUR - 60);
    }
    let first = one.seals();
    server.kill();
    assert_eq!((one.at(START + HOUR), other.at(START + HOUR)), (Sharing::Last, Sharing::Last));
    assert!(one.seals() != first && one.seals() == other.seals());
}

/// What is in the place of the key of this time is broken and stays so. The next one does not seal before its time for that.
#[test]
fn the_next_key_waits_for_its_time_even_alone() {
    let server = Server::start();
    Process::new(server.redis()).at(START);
    let name = server.names().remove(0);
    server.ask::<()>(&[b"DEL", name.as_bytes()]);
    server.ask::<()>(&[b"RPUSH", name.as_bytes(), b"a list"]);
    let process = Process::new(server.redis());
    assert_eq!(process.at(START), Sharing::Own);
    let own = process.seals();
    assert_eq!(process.at(START + HOUR - 60), Sharing::Own);
    assert_eq!((process.seals(), process.ticketer.keys().len()), (own, 2));
    assert_eq!(process.at(START + HOUR), Sharing::Shared);
    assert!(process.seals() != own && process.opens(&own));
}

/// docs/regressions.md row 71: a clock that was wrong for a while leaves nothing behind.
#[test]
fn a_clock_that_was_wrong_and_is_set_right() {
    let server = Server::start();
    let [one, other] = two(&server);
    other.at(START);
    for wrong in [START + 1_000_000 * HOUR, 0, u64::MAX] {
        one.at(wrong);
        assert_eq!(one.at(START + 60), Sharing::Shared);
        assert_eq!(one.seals(), other.seals());
        assert_eq!(one.ticketer.keys().len(), 1);
    }
    other.at(START + 120);
    assert_eq!(other.ticketer.keys().len(), 1);
}

#[test]
fn rotations_namespaces_and_secrets_have_keys_of_their_own() {
    let server = Server::start();
    let process = Process::new(server.redis());
    process.at(START);
    let other_rotation = TicketKeys::new(server.redis(), 2 * HOUR);
    let other_namespace = TicketKeys::new(open(&server.url, "mail", SECRET, patient()), HOUR);
    let other_secret = TicketKeys::new(open(&server.url, "shop", SECRET + 1, patient()), HOUR);
    for other in [other_rotation, other_namespace, other_secret] {
        let other = Process { keys: other, ticketer: Ticketer::new(provider()) };
        assert_eq!(other.at(START), Sharing::Shared);
        assert!(!process.opens(&other.seals()));
    }
    assert_eq!(server.names().len(), 4);
}

#[test]
fn keys_leave_redis_when_their_time_is_past() {
    let server = Server::start();
    Process::new(server.redis()).at(START + 600);
    let left: u64 = server.ask(&[b"PTTL", server.names()[0].as_bytes()]);
    let expected = (2 * HOUR - 600) * 1000;
    assert!(left <= expected && left > expected - 60_000, "{left}");
}

#[test]
fn rotations_and_intervals_have_bounds() {
    let server = Server::start();
    let interval = |rotation| TicketKeys::new(server.redis(), rotation).interval().as_secs();
    assert_eq!([0, 60, 600, 3600, Ticketer::ROTATION, u64::MAX].map(interval), [1, 1, 18, 60, 60, 60]);
    let process = Process { keys: TicketKeys::new(server.redis(), 0), ticketer: Ticketer::new(provider()) };
    assert_eq!(process.at(START), Sharing::Shared);
}

/// docs/regressions.md row 33: the keys are of the provider's randomness, in each place.
#[test]
fn keys_are_random() {
    let server = Server::start();
    let process = Process::new(server.redis());
    let mut seen = Vec::new();
    for generation in 0..20 {
        process.at(START + generation * HOUR);
        process.at(START + generation * HOUR + 180);
        let key = process.seals();
        assert!(!seen.contains(&key) && key[..16] != [0; 16] && key[16..] != [0; 32]);
        seen.push(key);
    }
}

/// A clock that a test moves.
struct Moved(AtomicU64);

impl Clock for Moved {
    fn now(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Ordering::Relaxed)))
    }
}

#[test]
fn a_keeper_keeps_them_fresh_until_it_is_dropped() {
    let server = Server::start();
    let ticketer = Arc::new(Ticketer::new(provider()));
    let clock = Arc::new(Moved(AtomicU64::new(START)));
    let own = ticketer.keys()[0];
    // The shortest rotation has the shortest interval, a second.
    let keeper = TicketKeys::new(server.redis(), 0).keep(Arc::clone(&ticketer), clock.clone()).unwrap();
    let first = ticketer.keys()[0];
    assert!(first != own, "fresh from the start");
    assert_eq!(keeper.sharing(), Sharing::Shared);
    clock.0.store(START + 180, Ordering::Relaxed);
    let deadline = Instant::now() + Duration::from_secs(20);
    while ticketer.keys()[0] == first {
        assert!(Instant::now() < deadline, "it does not refresh");
        thread::sleep(Duration::from_millis(20));
    }
    let begun = Instant::now();
    drop(keeper);
    assert!(begun.elapsed() < Duration::from_secs(1), "it does not sleep through its end");
    let last = ticketer.keys()[0];
    clock.0.store(START + 360, Ordering::Relaxed);
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(ticketer.keys()[0], last);
    assert_eq!(Arc::strong_count(&ticketer), 1);
}
