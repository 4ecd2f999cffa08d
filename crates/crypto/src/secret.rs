//! Bytes that are wiped when dropped, compared in constant time, and never printed.

use alloc::vec::Vec;
use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A secret of the key schedule: as long as the suite's hash, at most 64 bytes, kept inline.
#[derive(Clone)]
pub struct Secret {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Secret {
    /// The longest secret, in bytes: the output of SHA-512.
    pub const MAX: usize = 64;

    /// A secret of `bytes`, or `None` when there are more than [`Secret::MAX`].
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut own = Self { bytes: [0; Self::MAX], len: bytes.len() };
        own.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(own)
    }

    /// `len` zero bytes, what the key schedule takes where it has no secret (RFC 9846 §7.1). At most
    /// [`Secret::MAX`]; a larger `len` is cut to that.
    pub fn zero(len: usize) -> Self {
        Self { bytes: [0; Self::MAX], len: len.min(Self::MAX) }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The bytes, to be filled by a primitive.
    pub fn as_mut_bytes(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.len).unwrap_or_default()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        // What is behind them is zero as it ever was.
        self.as_mut_bytes().zeroize();
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len)
    }
}

/// What a key exchange agreed on: 32 bytes for X25519 and P-256, 48, 66 for the larger curves, 64 to 80 for hybrids, as
/// many as the prime or the modulus for a finite field or RSA.
pub struct SharedSecret(Zeroizing<Vec<u8>>);

impl SharedSecret {
    /// Takes over `bytes`, which are wiped when this is dropped.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedSecret({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};

    #[test]
    fn equality_is_of_content_and_length() {
        let a = Secret::new(&[1, 2, 3]).unwrap();
        assert_eq!(a, Secret::new(&[1, 2, 3]).unwrap());
        assert_ne!(a, Secret::new(&[1, 2, 4]).unwrap());
        assert_ne!(a, Secret::new(&[1, 2, 3, 0]).unwrap());
        assert!(Secret::new(&[0; 65]).is_none());
        assert_eq!(Secret::zero(48).as_bytes(), &[0; 48]);
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_no_byte() {
        assert_eq!(format!("{:?}", Secret::new(&[0xab; 32]).unwrap()), "Secret(32 bytes)");
        assert_eq!(format!("{:?}", SharedSecret::new(vec![0xab; 80])), "SharedSecret(80 bytes)");
    }
}
