//! Project Wycheproof's vectors, for every primitive there is.
//!
//! Each test states how many vectors were accepted, how many refused and how many left out, so that none can pass by
//! running none. Left out is only what has no meaning here: other key, nonce or tag lengths than TLS has, and what
//! tests the decoding of a private key that never leaves this provider.

mod aead;
mod encryption;
mod exchange;
mod mac;
mod signature;

pub use aead::*;
pub use encryption::*;
pub use exchange::*;
pub use mac::*;
pub use signature::*;

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
