//! The sessions of a client, by the name of the server.

use super::Session;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use core::fmt;
use handfast_handshake as handshake;
use pki_types::ServerName;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps the sessions of a client in this process, a bounded number of them.
///
/// A session of TLS 1.3 is given out once: a ticket that is used twice tells whoever listens that two connections are of one
/// client (RFC 9846 Appendix C.4). One of TLS 1.2 stays until a newer one takes its place.
///
/// It knows neither the time nor the trust. Sessions that have become too old, or were made under another trust, are not
/// offered by the connection they are handed to; a cache for each configuration does not waste them.
pub struct SessionCache {
    servers: usize,
    sessions: usize,
    inner: Mutex<Inner<Session>>,
}

/// What is kept, whatever a session is.
struct Inner<S> {
    shelves: HashMap<Arc<str>, Shelf<S>>,
    /// The names of the servers by their [`Shelf::turn`].
    turns: BTreeMap<u64, Arc<str>>,
    /// How many sessions were ever put.
    put: u64,
}

/// The sessions of one server.
struct Shelf<S> {
    /// When the last one was put: its number.
    turn: u64,
    /// The oldest first.
    sessions: VecDeque<Entry<S>>,
}

struct Entry<S> {
    session: S,
    /// Whether it is given out once.
    once: bool,
}

impl SessionCache {
    /// How many servers [`SessionCache::default`] keeps sessions of.
    pub const DEFAULT_SERVERS: usize = 256;

    /// How many sessions of one server [`SessionCache::default`] keeps: as many connections can begin at once.
    pub const DEFAULT_SESSIONS: usize = 8;

    /// A cache for so many servers, and so many sessions of each. When there are more, the server that has given none for the
    /// longest time goes, and of one server's sessions the oldest.
    pub fn new(servers: usize, sessions: usize) -> Self {
        Self { servers, sessions, inner: Mutex::new(Inner::default()) }
    }

    /// Keeps a session under the name that it is for. One without a name is not kept.
    pub fn put(&self, session: Session) {
        let Some(name) = session.shared_name() else { return };
        let once = session.is_single_use();
        self.lock().put(name, Entry { session, once }, self.servers, self.sessions);
    }

    /// The newest session with this server. One of TLS 1.3 is no longer here then.
    pub fn take(&self, name: &ServerName<'_>) -> Option<Session> {
        self.take_of(&handshake::Session::name_of(name)?)
    }

    pub(crate) fn take_of(&self, name: &str) -> Option<Session> {
        self.lock().take(name)
    }

    /// Forgets the session of TLS 1.2 with this server: a connection that used it has failed (RFC 5246 §7.2.2). Those of
    /// TLS 1.3 were never used.
    pub fn invalidate(&self, name: &ServerName<'_>) {
        if let Some(name) = handshake::Session::name_of(name) {
            self.invalidate_of(&name);
        }
    }

    pub(crate) fn invalidate_of(&self, name: &str) {
        self.lock().invalidate(name);
    }

    /// Forgets the sessions with this server.
    pub fn remove(&self, name: &ServerName<'_>) {
        if let Some(name) = handshake::Session::name_of(name) {
            self.lock().remove(&name);
        }
    }

    /// Forgets all sessions.
    pub fn clear(&self) {
        *self.lock() = Inner::default();
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Inner<Session>> {
        // Nothing in here panics half-way; and a cache that is wrong is a full handshake.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Clone> Inner<S> {
    fn put(&mut self, name: Arc<str>, entry: Entry<S>, servers: usize, sessions: usize) {
        if sessions == 0 {
            return;
        }
        let turn = self.put;
        self.put = turn.wrapping_add(1);
        let shelf = self.shelves.entry(name.clone()).or_insert_with(|| Shelf { turn, sessions: VecDeque::new() });
        self.turns.remove(&shelf.turn);
        shelf.turn = turn;
        if !entry.once {
            shelf.sessions.retain(|other| other.once);
        }
        while shelf.sessions.len() >= sessions {
            shelf.sessions.pop_front();
        }
        shelf.sessions.push_back(entry);
        self.turns.insert(turn, name);
        while self.shelves.len() > servers {
            let Some((_, oldest)) = self.turns.pop_first() else { break };
            self.shelves.remove(&oldest);
        }
    }

    fn take(&mut self, name: &str) -> Option<S> {
        let shelf = self.shelves.get_mut(name)?;
        let newest = shelf.sessions.pop_back()?;
        if !newest.once {
            shelf.sessions.push_back(Entry { session: newest.session.clone(), once: false });
        } else if shelf.sessions.is_empty() {
            self.remove(name);
        }
        Some(newest.session)
    }

    fn invalidate(&mut self, name: &str) {
        let Some(shelf) = self.shelves.get_mut(name) else { return };
        shelf.sessions.retain(|entry| entry.once);
        if shelf.sessions.is_empty() {
            self.remove(name);
        }
    }

    fn remove(&mut self, name: &str) {
        if let Some(shelf) = self.shelves.remove(name) {
            self.turns.remove(&shelf.turn);
        }
    }

    fn len(&self) -> usize {
        self.shelves.values().map(|shelf| shelf.sessions.len()).sum()
    }
}

impl<S> Default for Inner<S> {
    fn default() -> Self {
        Self { shelves: HashMap::new(), turns: BTreeMap::new(), put: 0 }
    }
}

impl Default for SessionCache {
    fn default() -> Self {
        Self::new(Self::DEFAULT_SERVERS, Self::DEFAULT_SESSIONS)
    }
}

/// How many there are, and nothing of them.
impl fmt::Debug for SessionCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("SessionCache").field("servers", &inner.shelves.len()).field("sessions", &inner.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, vec};

    impl Inner<u32> {
        fn add(&mut self, name: &str, session: u32, once: bool) {
            self.put(name.into(), Entry { session, once }, 3, 4);
        }

        fn take_all(&mut self, name: &str) -> vec::Vec<u32> {
            core::iter::from_fn(|| self.take(name)).take(10).collect()
        }
    }

    /// docs/regressions.md row 38: a session of TLS 1.3 is offered once.
    #[test]
    fn what_is_good_for_once_is_given_once() {
        let mut inner = Inner::default();
        for n in 0..3 {
            inner.add("a", n, true);
        }
        inner.add("b", 7, true);
        assert_eq!(inner.take_all("a"), [2, 1, 0]);
        assert_eq!(inner.take("a"), None);
        assert_eq!(inner.take_all("b"), [7]);
        assert_eq!(inner.take("c"), None);
        // Whose last session is gone takes no room.
        assert!(inner.shelves.is_empty() && inner.turns.is_empty());
    }

    #[test]
    fn what_is_good_for_more_stays_until_there_is_a_newer_one() {
        let mut inner = Inner::default();
        inner.add("a", 1, false);
        assert_eq!([inner.take("a"), inner.take("a")], [Some(1); 2]);
        inner.add("a", 2, false);
        assert_eq!([inner.take("a"), inner.take("a")], [Some(2); 2]);
        assert_eq!(inner.len(), 1);
        // The newest first, of whichever version.
        inner.add("a", 3, true);
        assert_eq!([inner.take("a"), inner.take("a"), inner.take("a")], [Some(3), Some(2), Some(2)]);
        inner.add("a", 4, true);
        inner.add("a", 5, false);
        assert_eq!((inner.take("a"), inner.len()), (Some(5), 2));
    }

    /// docs/regressions.md row 42: never more than its bounds, and the oldest goes first.
    #[test]
    fn of_one_server_the_oldest_goes() {
        let mut inner = Inner::default();
        for n in 0..100_000 {
            inner.add("a", n, n % 7 != 0);
            assert!(inner.len() <= 4);
        }
        assert_eq!((inner.shelves.len(), inner.turns.len()), (1, 1));
        for n in 0..5 {
            inner.add("a", n, true);
        }
        assert_eq!(inner.take_all("a"), [4, 3, 2, 1]);
    }

    /// docs/regressions.md row 42.
    #[test]
    fn of_all_servers_the_longest_silent_goes() {
        let mut inner = Inner::default();
        for (n, name) in (0..).zip(["a", "b", "c", "a", "d"]) {
            inner.add(name, n, true);
        }
        assert_eq!(inner.take_all("b"), []);
        assert_eq!((inner.take_all("a"), inner.take_all("c"), inner.take_all("d")), (vec![3, 0], vec![2], vec![4]));
        for n in 0..100_000 {
            inner.add(&format!("{}", n % 1_000), n, n % 2 == 0);
            assert!(inner.shelves.len() <= 3 && inner.turns.len() == inner.shelves.len());
        }
        assert_eq!([inner.take("998"), inner.take("999"), inner.take("996")], [Some(99_998), Some(99_999), None]);
    }

    #[test]
    fn what_failed_is_forgotten_and_what_was_not_used_stays() {
        let mut inner = Inner::default();
        inner.add("a", 1, true);
        inner.add("a", 2, false);
        inner.add("b", 3, false);
        inner.invalidate("a");
        inner.invalidate("b");
        inner.invalidate("c");
        assert_eq!((inner.take_all("a"), inner.take("b")), (vec![1], None));
        assert!(inner.shelves.is_empty() && inner.turns.is_empty());
    }

    #[test]
    fn what_is_removed_leaves_its_place() {
        let mut inner = Inner::default();
        for name in ["a", "b", "c"] {
            inner.add(name, 0, false);
        }
        inner.remove("a");
        inner.remove("nobody");
        assert_eq!(inner.take("a"), None);
        inner.add("d", 1, true);
        assert_eq!([inner.take("b"), inner.take("c"), inner.take("d")], [Some(0), Some(0), Some(1)]);
    }

    #[test]
    fn no_room_is_no_session() {
        for (servers, sessions) in [(0, 4), (4, 0)] {
            let mut inner = Inner::default();
            inner.put("a".into(), Entry { session: 1, once: true }, servers, sessions);
            assert_eq!((inner.take("a"), inner.shelves.len()), (None, 0));
        }
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_counts() {
        assert_eq!(format!("{:?}", SessionCache::default()), "SessionCache { servers: 0, sessions: 0 }");
    }
}
