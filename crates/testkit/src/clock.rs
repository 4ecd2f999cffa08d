//! A clock that stands still until the test moves it.

use crate::world::NOW;
use handfast::Clock;
use pki_types::UnixTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Tells the time that it was set to, in milliseconds since 1970.
pub struct Moving(AtomicU64);

impl Moving {
    /// A clock at [`NOW`].
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(NOW.as_secs() * 1000)))
    }

    /// Goes forward by so many milliseconds.
    pub fn forward(&self, milliseconds: u64) {
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Goes to so many milliseconds after [`NOW`].
    pub fn set(&self, milliseconds: u64) {
        self.0.store(NOW.as_secs() * 1000 + milliseconds, Ordering::Relaxed);
    }

    /// Goes back by so many milliseconds.
    pub fn back(&self, milliseconds: u64) {
        self.0.fetch_sub(milliseconds, Ordering::Relaxed);
    }
}

impl Clock for Moving {
    fn now(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(self.millis() / 1000))
    }

    fn millis(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
