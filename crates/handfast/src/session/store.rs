//! Sessions in memory, under their IDs.

use super::{AntiReplay, EarlyDataQuestion, Found, IssueQuestion, KeepSessions, Kept, SessionName};
use alloc::vec::Vec;
use core::fmt;
use handfast_handshake::{EarlyRefusal, Keep};
use pki_types::UnixTime;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Keeps sessions in this process, a bounded number of them: when it is full, the oldest goes.
///
/// Sessions that have become too old are refused when they are offered, and make room like all others.
pub struct MemoryStore {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    states: HashMap<Vec<u8>, Zeroizing<Vec<u8>>>,
    /// Every ID that was ever stored and has not been passed over, the oldest first.
    order: VecDeque<Vec<u8>>,
}

impl MemoryStore {
    /// How many sessions [`MemoryStore::default`] keeps: as many as OpenSSL does.
    pub const DEFAULT_CAPACITY: usize = 20_480;

    /// A store for so many sessions.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::new(Inner::default()) }
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.lock().states.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps `state` under `session_id`. Takes constant time, however full the store is.
    fn put(&self, session_id: &[u8], state: Zeroizing<Vec<u8>>) {
        if self.capacity == 0 {
            return;
        }
        let mut inner = self.lock();
        // An ID is random and new, so it stands in the order once; one that was removed is passed over when it comes up.
        while inner.order.len() >= self.capacity {
            let Some(oldest) = inner.order.pop_front() else { break };
            inner.states.remove(&oldest);
        }
        inner.order.push_back(session_id.to_vec());
        inner.states.insert(session_id.to_vec(), state);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics half-way; and a cache that is wrong is a full handshake.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Self::DEFAULT_CAPACITY)
    }
}

impl KeepSessions for MemoryStore {
    fn tickets(&self) -> bool {
        false
    }

    fn session_ids(&self) -> bool {
        true
    }

    fn issue(&self, question: &IssueQuestion, _: UnixTime) -> Kept {
        match (question.keep(), question.state()) {
            (Keep::SessionId, Some(state)) => {
                self.put(question.session_id(), state);
                Kept::Stored
            }
            _ => Kept::Nothing,
        }
    }

    /// Also for whoever wants a session gone, for instance because its user has logged out.
    fn forget(&self, session_id: &[u8]) {
        self.lock().states.remove(session_id);
    }

    fn resume(&self, name: SessionName<'_>, _: UnixTime) -> Option<Found> {
        let SessionName::Id(id) = name else { return None };
        let state = self.lock().states.get(id)?.clone();
        Some(Found { state, renew: false })
    }
}

/// Single-use tickets (RFC 9846 §8.1): early data takes its session out of the store, so that there is none for a replay. For
/// a server whose only keeper this is, and that is alone with its tickets.
impl AntiReplay for MemoryStore {
    fn admit(&self, question: &EarlyDataQuestion) -> Result<(), EarlyRefusal> {
        match self.lock().states.remove(question.ticket()) {
            Some(_) => Ok(()),
            None => Err(EarlyRefusal::Replayed),
        }
    }
}

/// Nothing secret.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(n: u32) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(n.to_be_bytes().to_vec())
    }

    /// docs/regressions.md row 42: never more than its capacity, and the oldest goes first.
    #[test]
    fn a_million_sessions_fill_it_and_no_more() {
        let store = MemoryStore::new(1000);
        for n in 0..1_000_000_u32 {
            store.put(&n.to_be_bytes(), state(n));
            assert!(store.len() <= 1000);
        }
        let inner = store.lock();
        assert_eq!((inner.states.len(), inner.order.len()), (1000, 1000));
        assert!(!inner.states.contains_key(&998_999_u32.to_be_bytes()[..]));
        assert!(inner.states.contains_key(&999_000_u32.to_be_bytes()[..]));
    }

    #[test]
    fn what_was_removed_leaves_its_place() {
        let store = MemoryStore::new(2);
        store.put(b"a", state(1));
        store.forget(b"a");
        assert!(store.is_empty());
        store.put(b"b", state(2));
        store.put(b"c", state(3));
        assert_eq!(store.len(), 2);
        MemoryStore::new(0).put(b"a", state(1));
    }
}
