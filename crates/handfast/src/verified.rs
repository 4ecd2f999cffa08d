//! Verdicts that are remembered.

use core::fmt;
use handfast_pki::time::Time;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A name for all that a verdict depends on: SHA-256.
pub(crate) type Key = [u8; 32];

/// Paths that were found good, a bounded number of them, and until when they are.
///
/// A verdict is remembered for an hour at most ([`Verified::LIFETIME`]), and never past the end of what it rests on: the
/// certificates of the path, and what was said about their revocation.
pub(crate) struct Verified {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    verdicts: HashMap<Key, Span>,
    /// The keys of all verdicts, the oldest first.
    order: VecDeque<Key>,
}

/// From when to when a verdict holds, both ends included.
#[derive(Clone, Copy)]
struct Span {
    since: Time,
    until: Time,
}

impl Verified {
    /// How long a verdict is remembered at most, in seconds: who takes a certificate back must not wait longer for it.
    pub(crate) const LIFETIME: i64 = 3_600;

    /// Remembers so many; when there are more, the oldest goes.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::new(Inner::default()) }
    }

    /// Whether this was found good, and still is.
    pub(crate) fn holds(&self, key: &Key, now: Time) -> bool {
        // A clock that was set back knows nothing of what was verified later.
        self.lock().verdicts.get(key).is_some_and(|span| (span.since..=span.until).contains(&now))
    }

    /// Keeps that this was found good.
    pub(crate) fn put(&self, key: Key, since: Time, until: Time) {
        if until < since {
            return;
        }
        let until = until.min(Time::from_unix(since.unix().saturating_add(Self::LIFETIME)));
        let mut inner = self.lock();
        if inner.verdicts.insert(key, Span { since, until }).is_none() {
            inner.order.push_back(key);
        }
        while inner.order.len() > self.capacity {
            if let Some(oldest) = inner.order.pop_front() {
                inner.verdicts.remove(&oldest);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No code panics while it holds the lock, and whatever a map is like after a panic, it is whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_unix(seconds)
    }

    #[test]
    fn a_verdict_has_its_time() {
        let verified = Verified::new(2);
        verified.put([1; 32], at(1_000), at(2_000));
        for (now, holds) in [(999, false), (1_000, true), (2_000, true), (2_001, false)] {
            assert_eq!(verified.holds(&[1; 32], at(now)), holds, "{now}");
        }
        verified.put([2; 32], at(1_000), Time::MAX);
        for (now, holds) in [(1_000, true), (4_600, true), (4_601, false)] {
            assert_eq!(verified.holds(&[2; 32], at(now)), holds, "{now}");
        }
        assert!(!verified.holds(&[3; 32], at(1_000)));
    }

    #[test]
    fn the_oldest_goes() {
        let verified = Verified::new(2);
        for key in [1, 2, 1, 3] {
            verified.put([key; 32], at(0), at(10));
        }
        assert_eq!([1, 2, 3].map(|key| verified.holds(&[key; 32], at(5))), [false, true, true]);
        let none = Verified::new(0);
        none.put([1; 32], at(0), at(10));
        assert!(!none.holds(&[1; 32], at(5)));
    }
}
