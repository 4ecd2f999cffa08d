//! Sessions under their IDs.

use crate::server::{SECRET, Server, open, patient};
use handfast_redis::{Failure, SessionStore};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const ID: [u8; 32] = [0xab; 32];
const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn what_one_process_keeps_another_finds() {
    for server in [Server::start(), Server::tcp(&[])] {
        let [one, other] = [server.redis(), server.redis()].map(SessionStore::new);
        one.put(&ID, b"state", HOUR).unwrap();
        for _ in 0..2 {
            assert_eq!(other.peek(&ID).unwrap().unwrap().as_slice(), b"state", "looking takes nothing away");
        }
        assert_eq!(other.peek(&[0xac; 32]).unwrap(), None);
        one.put(&ID, b"another", HOUR).unwrap();
        assert_eq!(other.peek(&ID).unwrap().unwrap().as_slice(), b"another");
        one.forget(&ID).unwrap();
        assert_eq!(other.peek(&ID).unwrap(), None);
        assert!(server.names().is_empty());
    }
}

#[test]
fn it_is_taken_once_however_many_try_at_once() {
    let server = Server::start();
    let stores: Vec<_> = (0..8).map(|_| SessionStore::new(server.redis())).collect();
    for round in 0..50_u8 {
        stores[0].put(&[round; 32], b"state", HOUR).unwrap();
        let taken = AtomicUsize::new(0);
        thread::scope(|scope| {
            for store in &stores {
                scope.spawn(|| {
                    if let Some(state) = store.take(&[round; 32]).unwrap() {
                        assert_eq!(state.as_slice(), b"state");
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(taken.into_inner(), 1);
    }
    assert!(server.names().is_empty());
}

#[test]
fn it_goes_when_its_time_is_over() {
    let server = Server::start();
    let store = SessionStore::new(server.redis());
    store.put(&ID, b"state", HOUR).unwrap();
    let name = server.names().remove(0);
    let left: u64 = server.ask(&[b"PTTL", name.as_bytes()]);
    assert!((3_590_000..=3_600_000).contains(&left), "{left}");
    store.put(&ID, b"state", Duration::from_millis(30)).unwrap();
    thread::sleep(Duration::from_millis(60));
    assert_eq!(store.peek(&ID).unwrap(), None);
    assert_eq!(store.take(&ID).unwrap(), None);
}

#[test]
fn lengths() {
    let server = Server::start();
    let redis = server.redis();
    let store = SessionStore::new(redis.clone());
    for state in [vec![], vec![7; SessionStore::MAX_STATE_LEN]] {
        store.put(&ID, &state, HOUR).unwrap();
        assert_eq!(store.peek(&ID).unwrap().unwrap().as_slice(), state);
        assert_eq!(store.take(&ID).unwrap().unwrap().as_slice(), state);
    }
    assert_eq!(store.put(&ID, &[7; SessionStore::MAX_STATE_LEN + 1], HOUR), Err(Failure::Length));
    for id in [&[][..], &[7; 31], &[7; 33], &[7; 70_000]] {
        assert_eq!(store.put(id, b"state", HOUR), Err(Failure::Length));
        assert_eq!(store.peek(id).unwrap(), None);
        assert_eq!(store.take(id).unwrap(), None);
        store.forget(id).unwrap();
    }
    assert!(server.names().is_empty());
    assert_eq!(redis.status().failures, 5);
}

#[test]
fn namespaces_and_secrets_have_nothing_in_common() {
    let server = Server::start();
    let store = SessionStore::new(server.redis());
    store.put(&ID, b"state", HOUR).unwrap();
    let other_namespace = SessionStore::new(open(&server.url, "mail", SECRET, patient()));
    let other_secret = SessionStore::new(open(&server.url, "shop", SECRET + 1, patient()));
    for other in [other_namespace, other_secret] {
        assert_eq!(other.peek(&ID).unwrap(), None);
        other.forget(&ID).unwrap();
    }
    assert!(store.peek(&ID).unwrap().is_some());
}

/// docs/regressions.md row 74: neither the state nor the ID can be read in Redis.
#[test]
fn nothing_is_there_in_the_clear() {
    let server = Server::start();
    SessionStore::new(server.redis()).put(&ID, b"the secret of a session", HOUR).unwrap();
    let name = server.names().remove(0);
    let value = server.get(&name);
    assert!(name.starts_with("handfast:shop:session:") && !name.contains("abab"));
    assert!(!value.windows(6).any(|window| window == b"secret") && !value.windows(8).any(|window| window == [0xab; 8]));
}
