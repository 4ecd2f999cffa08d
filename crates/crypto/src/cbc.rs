//! Block ciphers in CBC mode and their MACs, for the older suites of TLS 1.2.

use crate::{CryptoError, Digest};
use alloc::boxed::Box;

/// The length of a block of AES, and so of every IV here, in bytes.
pub const BLOCK_LEN: usize = 16;

/// A block cipher in CBC mode: makes keys.
pub trait BlockCipher: Send + Sync {
    /// Which one it is.
    fn algorithm(&self) -> BlockAlgorithm;

    /// A key ready for use. `key` is [`BlockAlgorithm::key_len`] bytes.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when it is not.
    fn key(&self, key: &[u8]) -> Result<Box<dyn CbcKey>, CryptoError>;
}

/// One key of a block cipher in CBC mode. It pads nothing and authenticates nothing.
pub trait CbcKey: Send + Sync {
    /// Encrypts whole blocks where they lie.
    ///
    /// # Errors
    /// [`CryptoError::Length`] unless `blocks` is a multiple of [`BLOCK_LEN`].
    fn encrypt(&self, iv: &[u8; BLOCK_LEN], blocks: &mut [u8]) -> Result<(), CryptoError>;

    /// Decrypts whole blocks where they lie.
    ///
    /// # Errors
    /// [`CryptoError::Length`] unless `blocks` is a multiple of [`BLOCK_LEN`].
    fn decrypt(&self, iv: &[u8; BLOCK_LEN], blocks: &mut [u8]) -> Result<(), CryptoError>;
}

/// The block ciphers of TLS 1.2 suites. DES, 3DES and RC4 are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockAlgorithm {
    /// AES-128.
    Aes128,
    /// AES-256.
    Aes256,
}

impl BlockAlgorithm {
    /// The length of a key, in bytes.
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes256 => 32,
        }
    }
}

/// A MAC algorithm: makes keys.
pub trait Mac: Send + Sync {
    /// Which one it is.
    fn algorithm(&self) -> MacAlgorithm;

    /// A key ready for use, of any length.
    ///
    /// # Errors
    /// Whatever makes the primitive fail.
    fn key(&self, key: &[u8]) -> Result<Box<dyn MacKey>, CryptoError>;
}

/// One key of a MAC.
pub trait MacKey: Send + Sync {
    /// The MAC of the concatenation of `parts`.
    ///
    /// # Errors
    /// Whatever makes the primitive fail.
    fn mac(&self, parts: &[&[u8]]) -> Result<Digest, CryptoError>;

    /// The MAC of `header` and the first `len` bytes of `data`, where `len` is a secret: time and the memory touched
    /// depend on the lengths of `header` and `data` alone. A `len` beyond `data` counts as its length.
    ///
    /// # Errors
    /// Whatever makes the primitive fail.
    fn mac_of_secret_len(&self, header: &[u8], data: &[u8], len: usize) -> Result<Digest, CryptoError>;
}

/// The MACs of TLS 1.2 suites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MacAlgorithm {
    /// HMAC with SHA-1, which as a MAC is not broken.
    HmacSha1,
    /// HMAC with SHA-256.
    HmacSha256,
    /// HMAC with SHA-384.
    HmacSha384,
}

impl MacAlgorithm {
    /// The length of a MAC and of its key, in bytes (RFC 5246 Appendix C).
    pub const fn output_len(self) -> usize {
        match self {
            Self::HmacSha1 => 20,
            Self::HmacSha256 => 32,
            Self::HmacSha384 => 48,
        }
    }
}
