//! The strike register.

use crate::server::{SECRET, Server, now, open, patient};
use handfast_redis::{Failure, StrikeRegister, Struck};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const BINDER: [u8; 32] = [0xab; 32];
const COLD: u64 = StrikeRegister::COLD.as_millis() as u64;
const WINDOW: u64 = StrikeRegister::WINDOW.as_millis() as u64;
const ALLOWANCE: u64 = StrikeRegister::CLOCK_ALLOWANCE.as_millis() as u64;

impl Server {
    /// The name of the register.
    pub(crate) fn register(&self) -> String {
        let names = self.names();
        names.into_iter().find(|name| name.starts_with("handfast:shop:strikes:")).expect("there is a register")
    }

    /// Moves the beginning of the register `by` milliseconds into the past, which is the same as waiting for so long.
    pub(crate) fn wait_for(&self, by: u64) {
        let name = self.register();
        let marks: Vec<(String, f64)> = self.ask(&[b"ZRANGEBYSCORE", name.as_bytes(), b"-inf", b"(0", b"WITHSCORES"]);
        assert_eq!(marks.len(), 1, "{marks:?}");
        let since = (-marks[0].1 as u64) - by;
        self.ask::<()>(&[b"ZADD", name.as_bytes(), format!("-{since}").as_bytes(), marks[0].0.as_bytes()]);
    }

    /// A register that has run for long enough.
    fn warm(&self) -> StrikeRegister {
        let register = StrikeRegister::new(self.redis());
        assert_eq!(register.begin(now()), Err(Struck::Cold));
        self.wait_for(COLD);
        register
    }
}

fn strike(register: &StrikeRegister, binder: &[u8]) -> Result<(), Struck> {
    let now = now();
    register.strike(binder, now + WINDOW, now)
}

/// docs/regressions.md rows 41 and 82: the same flight twice.
#[test]
fn a_flight_is_taken_once_by_one_process_or_another() {
    let server = Server::start();
    let register = server.warm();
    let other = StrikeRegister::new(server.redis());
    assert_eq!(strike(&register, &BINDER), Ok(()));
    assert_eq!(strike(&register, &BINDER), Err(Struck::Replayed));
    assert_eq!(strike(&other, &BINDER), Err(Struck::Replayed));
    assert_eq!(strike(&other, &[0xac; 48]), Ok(()));
    assert_eq!(strike(&register, &[0xac; 48]), Err(Struck::Replayed));
}

#[test]
fn of_any_number_at_once_one_takes_it() {
    let server = Server::start();
    let registers: Vec<_> = (0..8).map(|_| server.redis()).map(StrikeRegister::new).collect();
    server.warm();
    for round in 0..50_u8 {
        let first = AtomicUsize::new(0);
        thread::scope(|scope| {
            for register in &registers {
                scope.spawn(|| match strike(register, &[round; 32]) {
                    Ok(()) => drop(first.fetch_add(1, Ordering::Relaxed)),
                    other => assert_eq!(other, Err(Struck::Replayed)),
                });
            }
        });
        assert_eq!(first.into_inner(), 1);
    }
}

/// docs/regressions.md row 82: not before it has run for one window; and what came until then is refused for good.
#[test]
fn it_takes_nothing_until_it_has_run_for_long_enough() {
    let server = Server::start();
    let register = StrikeRegister::new(server.redis());
    assert_eq!(strike(&register, &BINDER), Err(Struck::Cold));
    assert_eq!(strike(&register, &BINDER), Err(Struck::Replayed));
    server.wait_for(COLD - 500);
    assert_eq!(strike(&register, &[1; 32]), Err(Struck::Cold));
    server.wait_for(500);
    assert_eq!(strike(&register, &[2; 32]), Ok(()));
    for binder in [&BINDER, &[1; 32], &[2; 32]] {
        assert_eq!(strike(&register, binder), Err(Struck::Replayed));
    }
}

#[test]
fn it_begins_once() {
    let server = Server::start();
    let register = server.warm();
    assert_eq!(register.begin(now()), Ok(()));
    assert_eq!(StrikeRegister::new(server.redis()).begin(now()), Ok(()));
    assert_eq!(server.ask::<u64>(&[b"ZCARD", server.register().as_bytes()]), 1, "the mark alone");
}

/// docs/regressions.md row 82, for all the ways in which Redis forgets.
#[test]
fn a_register_that_was_lost_is_cold() {
    let mut server = Server::start();
    let register = server.warm();
    for lose in 0..3 {
        assert_eq!(strike(&register, &[lose; 32]), Ok(()));
        match lose {
            0 => server.ask::<()>(&[b"FLUSHALL"]),
            1 => server.ask::<()>(&[b"DEL", server.register().as_bytes()]),
            _ => {
                server.kill();
                server.run();
            }
        }
        assert_eq!(strike(&register, &[lose; 32]), Err(Struck::Cold));
        server.wait_for(COLD);
    }
}

/// What a snapshot brings back was true when it was made: the flights since then are not in it, the mark is.
#[test]
fn a_register_that_was_restored_is_cold_and_knows_what_it_knew() {
    let mut server = Server::start();
    let register = server.warm();
    assert_eq!(strike(&register, &[1; 32]), Ok(()));
    server.ask::<()>(&[b"SAVE"]);
    assert_eq!(strike(&register, &[2; 32]), Ok(()));
    server.kill();
    server.run();
    let marks: u64 = server.ask(&[b"ZCOUNT", server.register().as_bytes(), b"-inf", b"(0"]);
    assert_eq!(marks, 1, "the mark is there again");
    assert_eq!(strike(&register, &[2; 32]), Err(Struck::Cold));
    assert_eq!(strike(&register, &[1; 32]), Err(Struck::Replayed));
    server.wait_for(COLD);
    assert_eq!(strike(&register, &[3; 32]), Ok(()));
    let marks: u64 = server.ask(&[b"ZCOUNT", server.register().as_bytes(), b"-inf", b"(0"]);
    assert_eq!(marks, 1, "of this run only");
}

/// The register has a key, and what evicts it evicts all of it.
#[test]
fn a_register_that_was_evicted_is_cold() {
    let server = Server::with(&["--maxmemory-policy", "allkeys-random"]);
    let register = server.warm();
    assert_eq!(strike(&register, &BINDER), Ok(()));
    server.ask::<()>(&[b"CONFIG", b"SET", b"maxmemory", b"1"]);
    // Something has to be written for it to look.
    let _ = redis_set_fails(&server);
    server.ask::<()>(&[b"CONFIG", b"SET", b"maxmemory", b"0"]);
    assert!(server.names().is_empty());
    assert_eq!(strike(&register, &BINDER), Err(Struck::Cold));
}

fn redis_set_fails(server: &Server) -> redis::RedisResult<()> {
    let mut connection = redis::Client::open(server.url.as_str())?.get_connection()?;
    redis::cmd("SET").arg("x").arg("y").exec(&mut connection)
}

#[test]
fn a_register_without_room_refuses() {
    let server = Server::with(&["--maxmemory-policy", "noeviction"]);
    let register = server.warm();
    assert_eq!(strike(&register, &BINDER), Ok(()));
    server.ask::<()>(&[b"CONFIG", b"SET", b"maxmemory", b"1"]);
    let Err(Struck::Failed(Failure::Server(message))) = strike(&register, &[1; 32]) else { panic!("it has no room") };
    assert!(message.starts_with("OOM"), "{message}");
    // What is over makes room all the same.
    let past = (now() - 1).to_string();
    server.ask::<()>(&[b"CONFIG", b"SET", b"maxmemory", b"0"]);
    server.ask::<()>(&[b"ZADD", server.register().as_bytes(), past.as_bytes(), b"over"]);
    server.ask::<()>(&[b"CONFIG", b"SET", b"maxmemory", b"1"]);
    assert!(matches!(strike(&register, &[1; 32]), Err(Struck::Failed(Failure::Server(_)))));
    assert_eq!(server.ask::<u64>(&[b"ZCARD", server.register().as_bytes()]), 2, "the mark and the first strike");
    server.ask::<()>(&[b"CONFIG", b"SET", b"maxmemory", b"0"]);
    assert_eq!(strike(&register, &BINDER), Err(Struck::Replayed), "nothing was forgotten");
    assert_eq!(strike(&register, &[2; 32]), Ok(()));
}

#[test]
fn strikes_are_bounded_in_number() {
    let server = Server::start();
    let register = server.warm();
    let fill = "for i = 1, ARGV[2], 1000 do
            local some = {}
            for j = i, math.min(i + 999, ARGV[2]) do
                some[#some + 1] = ARGV[1]
                some[#some + 1] = j
            end
            redis.call('ZADD', KEYS[1], unpack(some))
        end";
    let most = (StrikeRegister::MAX_STRIKES - 1).to_string();
    let soon = (now() + 60_000).to_string();
    server.ask::<()>(&[b"EVAL", fill.as_bytes(), b"1", server.register().as_bytes(), soon.as_bytes(), most.as_bytes()]);
    assert_eq!(strike(&register, &[1; 32]), Ok(()));
    assert_eq!(strike(&register, &[2; 32]), Err(Struck::Full));
    assert_eq!(strike(&register, &[1; 32]), Err(Struck::Replayed));
}

/// A strike stays until no server would find the flight fresh, and then goes.
#[test]
fn strikes_are_kept_for_as_long_as_they_count() {
    let server = Server::start();
    let register = server.warm();
    let expires = now() + 7_000;
    assert_eq!(register.strike(&BINDER, expires, now()), Ok(()));
    let strikes: Vec<(Vec<u8>, f64)> =
        server.ask(&[b"ZRANGEBYSCORE", server.register().as_bytes(), b"0", b"+inf", b"WITHSCORES"]);
    assert_eq!(strikes.len(), 1);
    assert_eq!(strikes[0].1 as u64, expires + ALLOWANCE, "a clock that is behind as far as it may be");
    assert!(strikes[0].0.len() == 32 && strikes[0].0 != BINDER, "a hash");
    // What is over makes room when the next comes.
    let past = now() - 1;
    server.ask::<()>(&[b"ZADD", server.register().as_bytes(), past.to_string().as_bytes(), &strikes[0].0]);
    assert_eq!(strike(&register, &[1; 32]), Ok(()));
    assert_eq!(server.ask::<u64>(&[b"ZCOUNT", server.register().as_bytes(), b"0", b"+inf"]), 1);
    let left: u128 = server.ask(&[b"PTTL", server.register().as_bytes()]);
    assert!(left <= StrikeRegister::IDLE.as_millis() && left > StrikeRegister::IDLE.as_millis() - 60_000);
}

#[test]
fn a_server_whose_clock_is_off_takes_nothing() {
    let server = Server::start();
    let register = server.warm();
    for now in [now() - ALLOWANCE - 1_000, now() + ALLOWANCE + 1_000, 0, u64::MAX - WINDOW] {
        assert_eq!(register.strike(&BINDER, now + 1, now), Err(Struck::Failed(Failure::Clocks)));
    }
    assert_eq!(server.ask::<u64>(&[b"ZCARD", server.register().as_bytes()]), 1, "and leaves nothing behind");
    for now in [now() - ALLOWANCE + 500, now() + ALLOWANCE - 500] {
        assert_eq!(register.strike(&now.to_be_bytes(), now + WINDOW, now), Ok(()));
    }
}

/// Redis's clock went back: a mark in the future says nothing about what was seen until then.
#[test]
fn a_mark_in_the_future_is_none() {
    let server = Server::start();
    let register = server.warm();
    let name = server.register();
    let marks: Vec<String> = server.ask(&[b"ZRANGEBYSCORE", name.as_bytes(), b"-inf", b"(0"]);
    let future = format!("-{}", now() + 60_000);
    server.ask::<()>(&[b"ZADD", name.as_bytes(), future.as_bytes(), marks[0].as_bytes()]);
    assert_eq!(strike(&register, &BINDER), Err(Struck::Cold));
    server.wait_for(COLD);
    assert_eq!(strike(&register, &[1; 32]), Ok(()));
}

#[test]
fn a_flight_that_is_fresh_for_longer_than_the_window_is_refused() {
    let server = Server::start();
    let register = server.warm();
    assert_eq!(register.strike(&BINDER, now() + WINDOW + 1_000, now()), Err(Struck::TooLong));
    assert_eq!(strike(&register, &BINDER), Ok(()));
}

#[test]
fn namespaces_and_secrets_have_registers_of_their_own() {
    let server = Server::start();
    let register = server.warm();
    assert_eq!(strike(&register, &BINDER), Ok(()));
    for (namespace, secret) in [("mail", SECRET), ("shop", SECRET + 1)] {
        let other = StrikeRegister::new(open(&server.url, namespace, secret, patient()));
        assert_eq!(strike(&other, &BINDER), Err(Struck::Cold));
    }
}

/// Somebody has put another kind of value where the register is.
#[test]
fn a_register_that_is_none_refuses() {
    let server = Server::start();
    let register = server.warm();
    server.set(&server.register(), b"nonsense");
    assert!(
        matches!(strike(&register, &BINDER), Err(Struck::Failed(Failure::Server(message))) if message.contains("WRONGTYPE"))
    );
}
