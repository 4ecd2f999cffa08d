//! Randomness: the system's generator, and ours in the shape the crates want.
//!
//! Where a primitive needs nothing but bytes (an X25519 key, an ML-KEM seed, the scalar of a curve) they are drawn from
//! [`Random`] directly and checked for failure on the spot. The signature schemes want a generator instead. They take a
//! fallible one, so a failure travels through them as an error and no byte is ever made up; none of this crate's calls
//! needs the infallible `CryptoRng`.

use handfast_crypto::{CryptoError, Random};
use rand_core::{TryCryptoRng, TryRng};

/// The operating system's random number generator, asked anew each time: there is no state in the process that a `fork`
/// could duplicate.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        getrandom::fill(out).map_err(|_| CryptoError::Random)
    }
}

/// A [`Random`] for crates that want a generator.
///
/// They report its failure as one of their own opaque errors, so the failure is also kept here for [`Draw::blame`].
/// Their rejection sampling has no end of its own: with a generator that is stuck at one value it would never return.
/// That is why a draw has a limit.
pub(crate) struct Draw<'a> {
    random: &'a dyn Random,
    left: u32,
    failed: bool,
}

impl<'a> Draw<'a> {
    /// How often one operation may ask. The most an honest one needs is a salt and, for RSA blinding, a number below
    /// the modulus, where a candidate is good with a probability of at least one half.
    const LIMIT: u32 = 130;

    pub(crate) fn new(random: &'a dyn Random) -> Self {
        Self { random, left: Self::LIMIT, failed: false }
    }

    /// What an operation that failed has failed of: the generator, or something in itself.
    pub(crate) fn blame(&self) -> CryptoError {
        if self.failed { CryptoError::Random } else { CryptoError::Failed }
    }
}

impl TryRng for Draw<'_> {
    type Error = CryptoError;

    fn try_next_u32(&mut self) -> Result<u32, CryptoError> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, CryptoError> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        let filled = match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                self.random.fill(out)
            }
            None => Err(CryptoError::Random),
        };
        self.failed |= filled.is_err();
        filled
    }
}

impl TryCryptoRng for Draw<'_> {}

/// Gives one byte over and over, for tests.
#[cfg(test)]
pub(crate) struct Stuck(pub(crate) u8);

#[cfg(test)]
impl Random for Stuck {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.fill(self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails;

    impl Random for Fails {
        fn fill(&self, _: &mut [u8]) -> Result<(), CryptoError> {
            Err(CryptoError::Random)
        }
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        let random: &dyn Random = &SystemRandom;
        assert_ne!(random.array::<32>().unwrap(), random.array::<32>().unwrap());
    }

    #[test]
    fn a_failure_is_passed_on_and_remembered() {
        let mut draw = Draw::new(&Fails);
        assert_eq!(draw.blame(), CryptoError::Failed);
        assert_eq!(draw.try_next_u64(), Err(CryptoError::Random));
        assert_eq!(draw.blame(), CryptoError::Random);
    }

    #[test]
    fn a_draw_has_an_end() {
        let mut draw = Draw::new(&SystemRandom);
        for _ in 0..Draw::LIMIT {
            draw.try_next_u32().unwrap();
        }
        assert_eq!(draw.blame(), CryptoError::Failed);
        assert_eq!(draw.try_next_u32(), Err(CryptoError::Random));
        assert_eq!(draw.blame(), CryptoError::Random);
    }
}
