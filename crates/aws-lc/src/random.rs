//! AWS-LC's random number generator. It seeds itself anew after a `fork`.

use handfast_crypto::{CryptoError, Random};

pub(crate) struct ModuleRandom;

impl Random for ModuleRandom {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        aws_lc_rs::rand::fill(out).map_err(|_| CryptoError::Random)
    }
}
