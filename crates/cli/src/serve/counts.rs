//! What has become of the clients so far.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Counted since the program began.
pub(crate) struct Counts {
    began: Instant,
    accepted: AtomicU64,
    full: AtomicU64,
    resumed: AtomicU64,
    refused: AtomicU64,
}

impl Default for Counts {
    fn default() -> Self {
        let zero = AtomicU64::default;
        Self { began: Instant::now(), accepted: zero(), full: zero(), resumed: zero(), refused: zero() }
    }
}

impl Counts {
    /// A connection has come.
    pub(crate) fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// It has become one of TLS.
    pub(crate) fn served(&self, resumed: bool) {
        let count = if resumed { &self.resumed } else { &self.full };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// It has not.
    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> [(&'static str, u64); 5] {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("seconds", self.began.elapsed().as_secs()),
            ("accepted", read(&self.accepted)),
            ("full handshakes", read(&self.full)),
            ("resumed", read(&self.resumed)),
            ("refused", read(&self.refused)),
        ]
    }
}
