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

    /// A key (any length) for more than one HMAC or HKDF-Expand: what depends on the key alone is done here, once.
    ///
    /// A provider that can do nothing ahead leaves this and the two methods behind it as they are.
    ///
    /// # Errors
    /// Whatever made the primitive fail.
    fn prepare(&self, key: &[u8]) -> Result<HmacKey, CryptoError> {
        match HmacKey::new(&[key]) {
            Some(own) => Ok(own),
            // RFC 2104 §2: a key longer than a block stands for its hash, and no block is as long as this.
            None => {
                let mut short = self.digest(&[key])?;
                let own = HmacKey::new(&[short.as_bytes()]).ok_or(CryptoError::Failed);
                short.zeroize();
                own
            }
        }
    }

    /// As [`Hash::hmac`], under a key from [`Hash::prepare`] of the same hash of the same provider.
    ///
    /// # Errors
    /// As [`Hash::hmac`].
    fn hmac_with(&self, key: &HmacKey, parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        self.hmac(key.as_bytes(), parts)
    }

    /// As [`Hash::expand`], under a key from [`Hash::prepare`] of the same hash of the same provider.
    ///
    /// # Errors
    /// As [`Hash::expand`], but that a provider need not know how long the key was.
    fn expand_with(&self, prk: &HmacKey, info: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError> {
        self.expand(prk.as_bytes(), info, okm)
    }
}

/// A key that [`Hash::prepare`] has made ready, in whatever form its provider wants to see it again: at most
/// [`HmacKey::MAX`] bytes, kept inline and wiped when dropped.
#[derive(Clone)]
pub struct HmacKey {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl HmacKey {
    /// The longest form, in bytes: two states of SHA-512 with their counters, or a key as long as its block.
    pub const MAX: usize = 160;

    /// The concatenation of `parts`, or `None` when that is longer than [`HmacKey::MAX`].
    pub fn new(parts: &[&[u8]]) -> Option<Self> {
        let mut own = Self { bytes: [0; Self::MAX], len: 0 };
        for part in parts {
            let end = own.len.checked_add(part.len())?;
            own.bytes.get_mut(own.len..end)?.copy_from_slice(part);
            own.len = end;
        }
        Some(own)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        // What is behind was never anything but zero.
        self.bytes.get_mut(..self.len).unwrap_or_default().zeroize();
    }
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacKey({} bytes)", self.len)
    }
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

    /// The hash of nothing, which the key schedule of TLS 1.3 takes in five times (RFC 9846 §7.1).
    pub fn of_nothing(self) -> Digest {
        Digest::new(match self {
            Self::Sha256 => &[
                0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
                0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
            ],
            Self::Sha384 => &[
                0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e, 0xb1, 0xb1, 0xe3, 0x6a, 0x21,
                0xfd, 0xb7, 0x11, 0x14, 0xbe, 0x07, 0x43, 0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6, 0xe1, 0xda, 0x27, 0x4e,
                0xde, 0xbf, 0xe7, 0x6f, 0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48, 0x98, 0xb9, 0x5b,
            ],
            Self::Sha512 => &[
                0xcf, 0x83, 0xe1, 0x35, 0x7e, 0xef, 0xb8, 0xbd, 0xf1, 0x54, 0x28, 0x50, 0xd6, 0x6d, 0x80, 0x07, 0xd6,
                0x20, 0xe4, 0x05, 0x0b, 0x57, 0x15, 0xdc, 0x83, 0xf4, 0xa9, 0x21, 0xd3, 0x6c, 0xe9, 0xce, 0x47, 0xd0,
                0xd1, 0x3c, 0x5d, 0x85, 0xf2, 0xb0, 0xff, 0x83, 0x18, 0xd2, 0x87, 0x7e, 0xec, 0x2f, 0x63, 0xb9, 0x31,
                0xbd, 0x47, 0x41, 0x7a, 0x81, 0xa5, 0x38, 0x32, 0x7a, 0xf9, 0x27, 0xda, 0x3e,
            ],
        })
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
        let bytes = bytes.get(..Self::MAX).unwrap_or(bytes);
        let mut own = Self { bytes: [0; Self::MAX], len: bytes.len() };
        if let Some(front) = own.bytes.get_mut(..bytes.len()) {
            front.copy_from_slice(bytes);
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
        // What is behind was never anything but zero.
        self.bytes.get_mut(..self.len).unwrap_or_default().zeroize();
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
