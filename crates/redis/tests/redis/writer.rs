//! Somebody who may read and write everything in Redis and has no secret (docs/regressions.md row 91).

use crate::server::{SECRET, Server, open, patient};
use crate::ticket_keys::Process;
use handfast_redis::{Failure, SessionStore, Sharing};
use std::time::Duration;

const HOUR: u64 = 3600;
const START: u64 = 500_000 * HOUR;
const DAY: Duration = Duration::from_secs(86_400);

/// docs/regressions.md row 91: entries change places between IDs.
#[test]
fn a_session_is_no_other_session() {
    let server = Server::start();
    let redis = server.redis();
    let store = SessionStore::new(redis.clone());
    store.put(&[1; 32], b"one", DAY).unwrap();
    let first = server.names().remove(0);
    store.put(&[2; 32], b"two", DAY).unwrap();
    let second = server.names().into_iter().find(|name| *name != first).unwrap();
    let values = [server.get(&first), server.get(&second)];
    server.set(&first, &values[1]);
    server.set(&second, &values[0]);
    for id in [[1; 32], [2; 32]] {
        assert_eq!(store.peek(&id), Err(Failure::Forged));
        assert_eq!(store.take(&id), Err(Failure::Forged));
        assert_eq!(store.take(&id), Ok(None), "and it is gone");
    }
    assert_eq!((redis.status().forged, redis.status().reachable), (4, true));
}

/// docs/regressions.md row 91: entries change places between namespaces and secrets.
#[test]
fn a_session_is_none_elsewhere() {
    let server = Server::start();
    let store = SessionStore::new(server.redis());
    store.put(&[1; 32], b"one", DAY).unwrap();
    let name = server.names().remove(0);
    let ours = server.get(&name);
    for (namespace, secret) in [("mail", SECRET), ("shop", SECRET + 1)] {
        let other = SessionStore::new(open(&server.url, namespace, secret, patient()));
        other.put(&[1; 32], b"other", DAY).unwrap();
        let there = server.names().into_iter().find(|there| *there != name).unwrap();
        let theirs = server.get(&there);
        server.set(&there, &ours);
        assert_eq!(other.peek(&[1; 32]), Err(Failure::Forged));
        server.set(&name, &theirs);
        assert_eq!(store.peek(&[1; 32]), Err(Failure::Forged));
        server.ask::<()>(&[b"DEL", there.as_bytes()]);
    }
}

/// docs/regressions.md row 91: what is made, cut, lengthened or of another kind.
#[test]
fn nothing_is_a_session_that_was_not_sealed_as_one() {
    let server = Server::with(&["--proto-max-bulk-len", "64mb"]);
    let store = SessionStore::new(server.redis());
    store.put(&[1; 32], b"one", DAY).unwrap();
    let name = server.names().remove(0);
    let sealed = server.get(&name);
    Process::new(server.redis()).at(START);
    let keys = server.names().into_iter().find(|name| name.contains("ticket-keys")).unwrap();
    let longer = [&sealed[..], b"!"].concat();
    for planted in [b"one", &sealed[..sealed.len() - 1], &longer, &[0; 66], &server.get(&keys), &vec![7; 32 << 20]] {
        server.set(&name, planted);
        assert_eq!(store.peek(&[1; 32]), Err(Failure::Forged));
        let taken = store.take(&[1; 32]);
        assert!(matches!(taken, Err(Failure::Forged) | Ok(None)), "{taken:?}");
        assert!(!server.names().contains(&name));
    }
    server.ask::<()>(&[b"RPUSH", name.as_bytes(), b"a list"]);
    assert!(matches!(store.peek(&[1; 32]), Err(Failure::Server(message)) if message.contains("WRONGTYPE")));
    assert!(matches!(store.take(&[1; 32]), Err(Failure::Server(message)) if message.contains("WRONGTYPE")));
    // None of it makes Redis look out of reach to others.
    store.put(&[2; 32], b"two", DAY).unwrap();
    assert!(store.peek(&[2; 32]).unwrap().is_some());
}

/// docs/regressions.md row 91: ticket keys that somebody without the secret adds.
#[test]
fn ticket_keys_cannot_be_added() {
    let server = Server::start();
    let ours = Process::new(server.redis());
    ours.at(START);
    let key = ours.seals();
    let name = server.names().remove(0);
    let sealed = server.get(&name);
    // A key of the attacker's, sealed as it is done, with a secret of the attacker's.
    let theirs = Process::new(open(&server.url, "shop", SECRET + 1, patient()));
    theirs.at(START);
    let there = server.names().into_iter().find(|there| *there != name).unwrap();
    let planted = server.get(&there);
    assert_eq!(planted.len(), sealed.len());
    let mut plain = START.to_be_bytes().to_vec();
    plain.extend_from_slice(&theirs.seals());
    for planted in [&planted[..], &plain, b"", &[0; 106], &sealed[1..], &vec![7; 1 << 20]] {
        server.set(&name, planted);
        let newcomer = Process::new(server.redis());
        assert_eq!(newcomer.at(START + 60), Sharing::Shared);
        assert!(!newcomer.opens(&theirs.seals()));
        // What was planted has made room for a key of the newcomer's, or was never there; ours takes it for its own.
        assert_eq!(ours.at(START + 120), Sharing::Shared);
        assert_eq!(ours.seals(), newcomer.seals());
        assert!(!ours.opens(&theirs.seals()));
    }
    assert!(!theirs.opens(&ours.seals()) && !theirs.opens(&key));
}

/// docs/regressions.md row 91: an older generation in place of a newer one.
#[test]
fn ticket_keys_cannot_be_rolled_back() {
    let server = Server::start();
    let process = Process::new(server.redis());
    process.at(START);
    let old = process.seals();
    let old_name = server.names().remove(0);
    let old_sealed = server.get(&old_name);
    for now in [START + HOUR, START + HOUR + 180, START + 2 * HOUR] {
        process.at(now);
    }
    assert!(!process.opens(&old));
    // It is put back where it was, and in every place where there is one now.
    server.set(&old_name, &old_sealed);
    for name in server.names() {
        server.set(&name, &old_sealed);
    }
    process.at(START + 2 * HOUR + 180);
    let newcomer = Process::new(server.redis());
    newcomer.at(START + 2 * HOUR + 180);
    for process in [&process, &newcomer] {
        assert!(!process.opens(&old));
        assert_eq!(process.seals(), newcomer.seals());
    }
}

/// Two keys of one generation there can be when an entry is deleted. Whichever is in Redis, all seal with it, and open both.
#[test]
fn ticket_keys_that_change_places_are_followed() {
    let server = Server::start();
    let old = Process::new(server.redis());
    old.at(START);
    let name = server.names().remove(0);
    let first = server.get(&name);
    server.ask::<()>(&[b"DEL", name.as_bytes()]);
    let new = Process::new(server.redis());
    new.at(START);
    let second = server.get(&name);
    for (there, seals) in [(&second, new.seals()), (&first, old.seals()), (&second, new.seals())] {
        server.set(&name, there);
        for process in [&old, &new] {
            assert_eq!(process.at(START + 60), Sharing::Shared);
            assert_eq!(process.seals(), seals);
        }
    }
    assert_eq!((old.ticketer.keys().len(), new.ticketer.keys().len()), (2, 2));
}

/// A writer may delete what there is. It costs full handshakes, and the keys are put back.
#[test]
fn what_is_deleted_is_missed_and_nothing_more() {
    let server = Server::start();
    let [one, other] = [server.redis(), server.redis()].map(Process::new);
    one.at(START);
    other.at(START);
    let key = one.seals();
    let store = SessionStore::new(server.redis());
    store.put(&[1; 32], b"one", DAY).unwrap();
    server.ask::<()>(&[b"FLUSHALL"]);
    assert_eq!(store.peek(&[1; 32]), Ok(None));
    assert_eq!((one.at(START + 60), other.at(START + 60)), (Sharing::Shared, Sharing::Shared));
    assert_eq!((one.seals(), other.seals()), (key, key));
}

/// What cannot be helped, and is said in the documentation: a session that was taken can be put back.
#[test]
fn a_session_that_was_taken_can_be_put_back() {
    let server = Server::start();
    let store = SessionStore::new(server.redis());
    store.put(&[1; 32], b"one", DAY).unwrap();
    let name = server.names().remove(0);
    let sealed = server.get(&name);
    assert!(store.take(&[1; 32]).unwrap().is_some());
    server.set(&name, &sealed);
    assert!(store.take(&[1; 32]).unwrap().is_some());
}

/// docs/regressions.md row 74: of keys and secrets nothing can be read.
#[test]
fn ticket_keys_are_not_there_in_the_clear() {
    let server = Server::start();
    let process = Process::new(server.redis());
    process.at(START);
    let value = server.get(&server.names()[0]);
    let key = process.seals();
    for part in [&key[..8], &key[16..24], &key[40..], &[SECRET; 8]] {
        assert!(!value.windows(8).any(|window| window == part));
    }
    assert!(!format!("{:?}", process.ticketer).contains(&format!("{:?}", &key[16..18])));
}
