//! Redis that is slow, gone, full or restarted: it costs a bounded time, and then none.

use crate::server::{SECRET, Server, free_port, now, open, patient};
use handfast_redis::{Failure, Options, Redis, SessionStore, StrikeRegister, Struck};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const HOUR: Duration = Duration::from_secs(3600);
const ID: [u8; 32] = [1; 32];

/// A listener that takes connections and says nothing.
fn silent(options: Options) -> (TcpListener, Redis) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    (listener, open(&url, "shop", SECRET, options))
}

/// What is far too long, also on a machine that has much to do.
const SLOW: Duration = Duration::from_millis(900);

fn timed<T>(call: impl FnOnce() -> T) -> (T, Duration) {
    let begun = Instant::now();
    let result = call();
    (result, begun.elapsed())
}

#[test]
fn a_server_that_does_not_answer_costs_one_time_out_and_then_nothing() {
    // Not to be interrupted by the time for another try.
    let (_listener, redis) = silent(Options::default().pause(Duration::from_secs(60)));
    let store = SessionStore::new(redis.clone());
    let (first, waited) = timed(|| store.peek(&ID));
    assert_eq!(first, Err(Failure::Unreachable(ErrorKind::TimedOut)));
    assert!(waited >= Options::COMMAND_TIMEOUT && waited < SLOW, "{waited:?}");
    let paused = (0..1000).filter(|_| store.peek(&ID) == Err(Failure::Paused)).count();
    assert_eq!(paused, 1000);
    let status = redis.status();
    assert_eq!((status.failures, status.skipped, status.reachable), (1, 1000, false));
    assert_eq!(status.last, Some(Failure::Unreachable(ErrorKind::TimedOut)));
    assert_eq!(StrikeRegister::new(redis).strike(&ID, now() + 5_000, now()), Err(Struck::Failed(Failure::Paused)));
}

#[test]
fn a_server_that_is_not_there_is_found_out_at_once() {
    for url in
        [format!("redis://127.0.0.1:{}", free_port()), "unix:///nonexistent".into(), "redis://localhost:1".into()]
    {
        let store = SessionStore::new(open(&url, "shop", SECRET, Options::default().pause(Duration::from_secs(60))));
        let (result, waited) = timed(|| store.take(&ID));
        assert!(matches!(result, Err(Failure::Unreachable(_))), "{result:?}");
        assert!(waited < SLOW, "{waited:?}");
        assert_eq!(store.take(&ID), Err(Failure::Paused));
    }
}

/// Connecting hangs where nobody takes what waits.
#[test]
fn connecting_takes_no_longer_than_it_may() {
    let (listener, redis) = silent(Options::default());
    let address = listener.local_addr().unwrap();
    // Its queue is full after so many.
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        waiting.push(stream);
        assert!(waiting.len() < 10_000);
    }
    let (result, waited) = timed(|| SessionStore::new(redis).peek(&ID));
    assert_eq!(result, Err(Failure::Unreachable(ErrorKind::TimedOut)));
    assert!(waited < SLOW, "{waited:?}");
}

/// While it is out of reach one in a while tries, and not all that come.
#[test]
fn one_tries_whether_it_is_back() {
    let (_listener, redis) = silent(Options::default().command_timeout(SLOW));
    let store = SessionStore::new(redis);
    assert!(store.peek(&ID).is_err());
    thread::sleep(Options::PAUSE);
    let (tried, waited) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let (result, time) = timed(|| store.peek(&ID));
                match result {
                    Err(Failure::Paused) => waited.lock().unwrap().push(time),
                    _ => drop(tried.fetch_add(1, Ordering::Relaxed)),
                }
            });
        }
    });
    assert_eq!(tried.into_inner(), 1);
    assert!(waited.into_inner().unwrap().iter().all(|time| *time < SLOW), "the others do not wait for it");
}

#[test]
fn it_is_used_again_when_it_is_back() {
    let mut server = Server::tcp(&[]);
    let redis = open(&server.url, "shop", SECRET, patient().pause(Duration::from_millis(500)));
    let store = SessionStore::new(redis.clone());
    store.put(&ID, b"one", HOUR).unwrap();
    server.kill();
    assert!(matches!(store.peek(&ID), Err(Failure::Unreachable(_))));
    assert_eq!(store.peek(&ID), Err(Failure::Paused));
    server.run();
    thread::sleep(Duration::from_millis(510));
    assert_eq!(store.peek(&ID), Ok(None));
    assert!(redis.status().reachable);
    store.put(&ID, b"one", HOUR).unwrap();
    assert!(store.peek(&ID).unwrap().is_some());
}

/// A restart that nobody has noticed, and a server that closes what is idle: the next command does not fail for it.
#[test]
fn a_connection_that_has_gone_stale_is_replaced() {
    let mut server = Server::tcp(&[]);
    let redis = server.redis();
    let store = SessionStore::new(redis.clone());
    store.put(&ID, b"one", HOUR).unwrap();
    server.kill();
    server.run();
    assert_eq!(store.peek(&ID), Ok(None));
    server.ask::<u64>(&[b"CLIENT", b"KILL", b"TYPE", b"normal"]);
    assert_eq!(store.put(&ID, b"one", HOUR), Ok(()));
    assert_eq!(redis.status().failures, 0);
}

/// What comes after the time was up is not the answer to what is asked next.
#[test]
fn an_answer_that_comes_too_late_is_nobodys() {
    let server = Server::start();
    let options = Options::default().command_timeout(SLOW).pause(Duration::ZERO);
    let store = SessionStore::new(open(&server.url, "shop", SECRET, options));
    store.put(&ID, b"one", HOUR).unwrap();
    store.put(&[2; 32], b"two", HOUR).unwrap();
    server.ask::<()>(&[b"CLIENT", b"PAUSE", b"1200", b"ALL"]);
    assert_eq!(store.peek(&ID), Err(Failure::Unreachable(ErrorKind::TimedOut)));
    thread::sleep(Duration::from_millis(500));
    for _ in 0..3 {
        assert_eq!(store.peek(&[2; 32]).unwrap().unwrap().as_slice(), b"two");
        assert_eq!(store.peek(&ID).unwrap().unwrap().as_slice(), b"one");
    }
}

/// More threads than connections take turns, and there are never more connections than there may be.
#[test]
fn connections_are_bounded_and_shared() {
    let server = Server::start();
    let redis = open(&server.url, "shop", SECRET, patient().connections(3));
    let store = SessionStore::new(redis.clone());
    thread::scope(|scope| {
        for thread in 0..24_u8 {
            let store = &store;
            scope.spawn(move || {
                for _ in 0..100 {
                    store.put(&[thread; 32], &[thread], HOUR).unwrap();
                    assert_eq!(store.peek(&[thread; 32]).unwrap().unwrap().as_slice(), [thread]);
                }
            });
        }
    });
    assert_eq!(redis.status().failures, 0);
    let clients: String = server.ask(&[b"CLIENT", b"LIST"]);
    assert_eq!(clients.lines().count(), 3 + 1, "ours and the one that asks");
}

/// One has the only connection for longer than another waits for it.
#[test]
fn who_gets_no_connection_in_time_goes_on_without() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://:hunter2@{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The login, then the command.
        for answer in [&b"+OK\r\n"[..], b"$0\r\n\r\n"] {
            let _ = stream.read(&mut [0; 4096]);
            thread::sleep(Duration::from_millis(600));
            stream.write_all(answer).unwrap();
        }
        thread::sleep(Duration::from_secs(1));
    });
    let options = Options::default().connections(1).connect_timeout(SLOW).command_timeout(SLOW);
    let redis = open(&url, "shop", SECRET, options);
    let store = SessionStore::new(redis.clone());
    let mut results = thread::scope(|scope| {
        let asked = [(); 2].map(|()| scope.spawn(|| store.peek(&ID)));
        asked.map(|asked| asked.join().unwrap())
    });
    results.sort_by_key(Result::is_err);
    assert_eq!(results, [Ok(None), Err(Failure::Busy)]);
    assert!(redis.status().reachable);
}

#[test]
fn the_operator_is_told() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let options = Options::default().on_error(move |failure| tell.lock().unwrap().push(failure.clone()));
    let redis = open("unix:///nonexistent", "shop", SECRET, options.pause(Duration::from_secs(60)));
    let store = SessionStore::new(redis.clone());
    for _ in 0..3 {
        assert!(store.peek(&ID).is_err());
    }
    assert_eq!(*told.lock().unwrap(), [Failure::Unreachable(ErrorKind::NotFound)], "and not of what was not tried");
    assert_eq!((redis.status().failures, redis.status().skipped), (1, 2));
}

/// Whoever is told may look.
#[test]
fn the_status_can_be_asked_for_while_being_told() {
    let seen = Arc::new(Mutex::new(None::<Redis>));
    let (look, counted) = (Arc::clone(&seen), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&counted);
    let options = Options::default().on_error(move |_| {
        if let Some(redis) = look.lock().unwrap().as_ref() {
            count.store(usize::try_from(redis.status().failures).unwrap(), Ordering::Relaxed);
        }
    });
    let redis = open("unix:///nonexistent", "shop", SECRET, options);
    *seen.lock().unwrap() = Some(redis.clone());
    assert!(SessionStore::new(redis).peek(&ID).is_err());
    assert_eq!(counted.load(Ordering::Relaxed), 1);
    *seen.lock().unwrap() = None;
}

/// A replica does not write, and says so.
#[test]
fn a_replica_refuses_and_is_not_out_of_reach() {
    let server = Server::start();
    let redis = server.redis();
    server.ask::<()>(&[b"REPLICAOF", b"127.0.0.1", b"1"]);
    let failure = SessionStore::new(redis.clone()).put(&ID, b"one", HOUR);
    assert!(matches!(failure, Err(Failure::Server(message)) if message.starts_with("READONLY")));
    assert!(matches!(StrikeRegister::new(redis.clone()).begin(now()), Err(Struck::Failed(Failure::Server(_)))));
    assert!(redis.status().reachable);
    server.ask::<()>(&[b"REPLICAOF", b"NO", b"ONE"]);
    assert_eq!(StrikeRegister::new(redis).begin(now()), Err(Struck::Cold));
}
