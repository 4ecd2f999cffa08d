//! Repeatable randomness.

use handfast_crypto::{CryptoError, Random};
use std::sync::{Arc, Mutex};

/// A source that gives the same bytes for the same seed. Nothing secret may ever come from it.
pub struct Seeded(Mutex<u64>);

impl Seeded {
    /// A source that begins at `seed`.
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(seed)))
    }

    /// A number below `bound`.
    pub fn below(&self, bound: usize) -> usize {
        let mut bytes = [0; 8];
        let _ = self.fill(&mut bytes);
        (u64::from_be_bytes(bytes) % bound as u64) as usize
    }
}

impl Random for Seeded {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        let mut state = self.0.lock().map_err(|_| CryptoError::Random)?;
        for byte in out {
            // Knuth's MMIX generator; the upper bits are the good ones.
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (*state >> 56) as u8;
        }
        Ok(())
    }
}

/// A source that gives `good` calls their bytes and then fails.
pub struct Failing {
    inner: Arc<Seeded>,
    left: Mutex<u32>,
}

impl Failing {
    /// Fails after `good` calls.
    pub fn after(good: u32) -> Arc<Self> {
        Arc::new(Self { inner: Seeded::new(7), left: Mutex::new(good) })
    }
}

impl Random for Failing {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        let mut left = self.left.lock().map_err(|_| CryptoError::Random)?;
        *left = left.checked_sub(1).ok_or(CryptoError::Random)?;
        self.inner.fill(out)
    }
}
