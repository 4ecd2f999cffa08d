//! Project Wycheproof's vectors, through the public constants, for every primitive there is.
//!
//! Each test states how many vectors were accepted, how many refused and how many left out, so that none can pass by
//! running none. Left out is only what has no meaning here: other key, nonce or tag lengths than TLS has, and what
//! tests the decoding of a private key that never leaves this provider.

mod aead;
#[cfg(feature = "legacy")]
mod encryption;
mod exchange;
mod mac;
mod signature;

use handfast_crypto::{CryptoError, Random};
use std::sync::Mutex;

/// What became of a set of vectors.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    /// Valid, and ours agreed.
    accepted: usize,
    /// Not valid, or not for us, and refused as it must be.
    refused: usize,
    /// Not run.
    left_out: usize,
}

impl Count {
    /// Notes a vector that must be accepted if `valid`, else refused.
    fn check(&mut self, valid: bool, accepted: bool, what: impl std::fmt::Debug) {
        assert_eq!(accepted, valid, "{what:?}");
        if valid { self.accepted += 1 } else { self.refused += 1 }
    }
}

const fn count(accepted: usize, refused: usize, left_out: usize) -> Count {
    Count { accepted, refused, left_out }
}

/// Gives the bytes of a vector where the primitive asks for random ones: once, and only if it asks for that many.
struct Given(Mutex<Option<Vec<u8>>>);

impl Given {
    fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Mutex::new(Some(bytes.into())))
    }
}

impl Random for Given {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        let bytes = self.0.lock().unwrap().take().expect("asked twice");
        assert_eq!(bytes.len(), out.len());
        out.copy_from_slice(&bytes);
        Ok(())
    }
}
