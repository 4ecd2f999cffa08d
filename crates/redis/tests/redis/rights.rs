//! What a user of Redis needs, and no more: the line in the documentation of the crate.

use crate::server::{SECRET, Server, now, open, patient};
use crate::ticket_keys::Process;
use handfast_redis::{Failure, SessionStore, Sharing, StrikeRegister, Struck};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// The words of the line that begins with `ACL SETUSER` in the documentation.
fn documented() -> Vec<String> {
    let text = include_str!("../../src/lib.rs").replace("//!", "").replace("\\\n", " ");
    let line = text.lines().find(|line| line.trim().starts_with("ACL SETUSER")).expect("it is documented");
    line.split_whitespace().map(String::from).collect()
}

#[test]
fn the_documented_rights_are_enough_and_each_is_needed() {
    let server = Server::start();
    let set = |words: &[String]| {
        server.ask::<()>(&[b"ACL", b"SETUSER", b"handfast", b"reset"]);
        server.ask::<()>(&words.iter().map(String::as_bytes).collect::<Vec<_>>());
    };
    let password = documented().iter().find_map(|word| word.strip_prefix('>').map(String::from)).unwrap();
    let url = format!("{}?user=handfast&pass={password}", server.url);
    let all_work = || {
        server.ask::<()>(&[b"FLUSHALL"]);
        let redis = open(&url, "shop", SECRET, patient().pause(Duration::ZERO));
        let store = SessionStore::new(redis.clone());
        let kept = store.put(&[1; 32], b"one", HOUR).is_ok()
            && store.peek(&[1; 32]).is_ok_and(|state| state.is_some())
            && store.take(&[1; 32]).is_ok_and(|state| state.is_some())
            && store.forget(&[1; 32]).is_ok();
        let register = StrikeRegister::new(redis.clone());
        kept && register.strike(&[1; 32], now() + 9_000, now()) == Err(Struck::Cold)
            && {
                // As after a restart.
                server.ask::<()>(&[b"ZREMRANGEBYSCORE", server.names()[0].as_bytes(), b"-inf", b"(0"]);
                server.ask::<()>(&[b"ZADD", server.names()[0].as_bytes(), b"-1", b"run 0"]);
                register.begin(now()) == Err(Struck::Cold)
            }
            && Process::new(redis).at(1_800_000_000) == Sharing::Shared
    };
    let words = documented();
    set(&words);
    assert!(all_work());
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.starts_with('+')) {
        let mut fewer = words.clone();
        fewer.remove(at);
        set(&fewer);
        assert!(!all_work(), "{word} is not needed");
    }
    // And it reaches no other namespace.
    set(&words);
    let other = SessionStore::new(open(&url, "mail", SECRET, patient()));
    assert!(matches!(other.put(&[1; 32], b"one", HOUR), Err(Failure::Server(message)) if message.contains("NOPERM")));
}

#[test]
fn passwords_and_databases() {
    let server = Server::start();
    server.ask::<()>(&[b"CONFIG", b"SET", b"requirepass", b"hunter2"]);
    let put = |url: &str| {
        let redis = open(url, "shop", SECRET, patient());
        (SessionStore::new(redis.clone()).put(&[1; 32], b"one", HOUR), redis)
    };
    assert!(matches!(put(&server.url).0, Err(Failure::Server(message)) if message.starts_with("NOAUTH")));
    let (wrong, redis) = put(&format!("{}?pass=hunter3", server.url));
    assert!(matches!(wrong, Err(Failure::Login(message)) if message.starts_with("WRONGPASS")));
    assert!(!redis.status().reachable);
    assert_eq!(put(&format!("{}?pass=hunter2&db=3", server.url)).0, Ok(()));
    assert!(matches!(put(&format!("{}?pass=hunter2&db=99", server.url)).0, Err(Failure::Login(_))));
    // The password is needed to look, and what there is is in the other database.
    let mut operator =
        redis::Client::open(format!("{}?pass=hunter2&db=3", server.url)).unwrap().get_connection().unwrap();
    let count: u64 = redis::cmd("DBSIZE").query(&mut operator).unwrap();
    assert_eq!(count, 1);
}
