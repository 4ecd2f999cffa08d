//! Time, as a value of the configuration.

use pki_types::UnixTime;

/// Tells the time. Read when a certificate is judged; nothing below the engine asks the system.
pub trait Clock: Send + Sync {
    /// Seconds since 1970, for the validity of certificates.
    fn now(&self) -> UnixTime;

    /// Milliseconds since 1970, for the age of tickets. A clock of seconds does where there is no early data.
    fn millis(&self) -> u64 {
        self.now().as_secs().saturating_mul(1000)
    }
}

/// The system's clock.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(feature = "std")]
impl SystemClock {
    /// A clock before 1970 is broken; at 1970 no certificate is valid, so it fails closed.
    fn since_1970() -> core::time::Duration {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
    }
}

#[cfg(feature = "std")]
impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Self::since_1970())
    }

    fn millis(&self) -> u64 {
        u64::try_from(Self::since_1970().as_millis()).unwrap_or(u64::MAX)
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
