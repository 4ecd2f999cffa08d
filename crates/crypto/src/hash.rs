//! Hash functions, with the HMAC and HKDF that stand on them.

use crate::{CryptoError, Secret};
use alloc::boxed::Box;
use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// A hash function with its HMAC (RFC 2104) and HKDF (RFC 5869).
pub trait Hash: Send + Sync {
    /// Which one it is.
    fn algorithm(&self) -> HashAlgorithm;

    /// A running hash over nothing yet.
    fn start(&self) -> Box<dyn HashContext>;

    /// The hash of the concatenation of `parts`.
    ///
    /// # Errors
    /// Whatever made the primitive fail.
    fn digest(&self, parts: &[&[u8]]) -> Result<Digest, CryptoError>;

    /// HMAC under `key` (any length) of the concatenation of `parts`.
    ///
    /// # Errors
    /// Whatever made the primitive fail.
    fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> Result<Digest, CryptoError>;

    /// HKDF-Extract: a pseudorandom key as long as the hash.
    ///
    /// # Errors
    /// Whatever made the primitive fail.
    fn extract(&self, salt: &[u8], ikm: &[u8]) -> Result<Secret, CryptoError>;

    /// HKDF-Expand of `prk` with the concatenation of `info` into the whole of `okm` (at most 255 hash lengths). `prk` is as long
    /// as the hash or longer; beyond [`Secret::MAX`] bytes a provider may refuse it.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `okm` is too long or `prk` too short; `okm` is not to be used then.
    fn expand(&self, prk: &[u8], info: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError>;
}

/// A running hash, for the transcript.
pub trait HashContext: Send + Sync {
    /// Takes in `bytes`. A failure is kept and reported by [`HashContext::current`].
    fn update(&mut self, bytes: &[u8]);

    /// The hash of all that was taken in so far; the context goes on.
    ///
    /// # Errors
    /// Whatever made the primitive fail, now or in an earlier `update`.
    fn current(&self) -> Result<Digest, CryptoError>;

    /// A copy that goes its own way from here.
    fn fork(&self) -> Box<dyn HashContext>;
}

/// The hash functions TLS names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes; for signatures and fingerprints, no cipher suite uses it.
    Sha512,
}

impl HashAlgorithm {
    /// The length of the output, in bytes.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// SHA-1 of the concatenation of `parts`, as a mere name: the CertID of OCSP (RFC 6960 §4.1.1) calls an issuer's name and
/// key by it, beside a signature that something better made.
///
/// It is no [`Hash`] and no [`HashAlgorithm`], so that nothing can sign, authenticate or derive keys with it.
///
/// # Errors
/// Whatever made the primitive fail.
pub type Sha1 = fn(parts: &[&[u8]]) -> Result<Digest, CryptoError>;

/// The output of a hash or an HMAC: at most 64 bytes. Comparison is constant-time.
#[derive(Clone, Copy)]
pub struct Digest {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Digest {
    /// The longest output, in bytes.
    pub const MAX: usize = 64;

    /// A digest of `bytes`; what is beyond [`Digest::MAX`] is cut.
    pub fn new(bytes: &[u8]) -> Self {
        let mut own = Self { bytes: [0; Self::MAX], len: bytes.len().min(Self::MAX) };
        for (to, from) in own.bytes.iter_mut().zip(bytes) {
            *to = *from;
        }
        own
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for Digest {}

/// For a digest that is key material, which its owner wipes; a copy of it is another one.
impl Zeroize for Digest {
    fn zeroize(&mut self) {
        self.bytes.zeroize();
    }
}

/// A digest can be the output of an HMAC under a secret key, so only its length is printed.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_compare_by_content_and_length() {
        assert_eq!(Digest::new(&[7; 32]), Digest::new(&[7; 32]));
        assert_ne!(Digest::new(&[7; 32]), Digest::new(&[7; 48]));
        assert_ne!(Digest::new(&[7; 32]), Digest::new(&[8; 32]));
    }
}
