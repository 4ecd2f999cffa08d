//! Time, as a value of the configuration.

use pki_types::UnixTime;

/// Tells the time. Read when a certificate is judged; nothing below the engine asks the system.
pub trait Clock: Send + Sync {
    /// Seconds since 1970, for the validity of certificates.
    fn now(&self) -> UnixTime;
}

/// The system's clock.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(feature = "std")]
impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A clock before 1970 is broken; at 1970 no certificate is valid, so it fails closed.
        UnixTime::since_unix_epoch(since.unwrap_or_default())
    }
}

/// A clock that stands still: for tests, and for devices that learn the time from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub UnixTime);

impl Clock for FixedClock {
    fn now(&self) -> UnixTime {
        self.0
    }
}
