//! Authenticated encryption.

use crate::CryptoError;
use alloc::{boxed::Box, vec::Vec};
use zeroize::Zeroize;

/// The length of every nonce that TLS gives an AEAD, in bytes (RFC 9846 §5.3).
pub const NONCE_LEN: usize = 12;

/// The longest tag of any AEAD here, in bytes.
pub const MAX_TAG_LEN: usize = 16;

/// An AEAD algorithm: makes keys.
pub trait Aead: Send + Sync {
    /// Which one it is.
    fn algorithm(&self) -> AeadAlgorithm;

    /// A key ready for use. `key` is [`AeadAlgorithm::key_len`] bytes.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when it is not.
    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError>;
}

/// One AEAD key. The caller never uses a nonce twice.
pub trait AeadKey: Send + Sync {
    /// Encrypts `buf` where it lies and returns the tag, [`AeadAlgorithm::tag_len`] bytes of it in use.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when the message is too long for the algorithm.
    fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
    ) -> Result<[u8; MAX_TAG_LEN], CryptoError>;

    /// Checks `tag` and decrypts `buf` where it lies.
    ///
    /// # Errors
    /// [`CryptoError::OpenFailed`]; `buf` then holds no plaintext.
    fn open_in_place(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], buf: &mut [u8], tag: &[u8])
    -> Result<(), CryptoError>;

    /// The length of the tag, in bytes.
    fn tag_len(&self) -> usize;

    /// Appends the ciphertext of the concatenation of `plain`, then the tag, to `out`.
    ///
    /// By default [`seal_copy`]; a cipher that can work out of place overrides it and saves the copy.
    ///
    /// # Errors
    /// As [`AeadKey::seal_in_place`]; `out` is then as long as it was.
    fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], plain: &[&[u8]], out: &mut Vec<u8>) -> Result<(), CryptoError> {
        seal_copy(self, nonce, aad, plain, out)
    }
}

/// What [`AeadKey::seal`] does unless a cipher has something better: for ciphers that have it for some messages only.
///
/// # Errors
/// As [`AeadKey::seal`].
pub fn seal_copy<K: AeadKey + ?Sized>(
    key: &K,
    nonce: &[u8; NONCE_LEN],
    aad: &[u8],
    plain: &[&[u8]],
    out: &mut Vec<u8>,
) -> Result<(), CryptoError> {
    let start = out.len();
    for part in plain {
        out.extend_from_slice(part);
    }
    let sealed = key.seal_in_place(nonce, aad, out.get_mut(start..).unwrap_or_default());
    match sealed {
        Ok(tag) => {
            out.extend_from_slice(tag.get(..key.tag_len()).ok_or(CryptoError::Length)?);
            Ok(())
        }
        Err(error) => {
            // What was copied is plaintext; it does not stay in a buffer that goes to the network.
            out.get_mut(start..).unwrap_or_default().zeroize();
            out.truncate(start);
            Err(error)
        }
    }
}

/// The AEADs of TLS 1.2 and 1.3 suites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AeadAlgorithm {
    /// AES-128 in Galois/Counter Mode.
    Aes128Gcm,
    /// AES-256 in Galois/Counter Mode.
    Aes256Gcm,
    /// ChaCha20 with Poly1305 (RFC 8439).
    ChaCha20Poly1305,
    /// AES-128 in CCM with a 16-byte tag.
    Aes128Ccm,
    /// AES-128 in CCM with an 8-byte tag.
    Aes128Ccm8,
    /// AES-256 in CCM with a 16-byte tag; TLS 1.2 only.
    Aes256Ccm,
    /// AES-256 in CCM with an 8-byte tag; TLS 1.2 only.
    Aes256Ccm8,
}

impl AeadAlgorithm {
    /// The length of a key, in bytes.
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Ccm | Self::Aes128Ccm8 => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 | Self::Aes256Ccm | Self::Aes256Ccm8 => 32,
        }
    }

    /// The length of a tag, in bytes.
    pub const fn tag_len(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm | Self::ChaCha20Poly1305 | Self::Aes128Ccm | Self::Aes256Ccm => {
                MAX_TAG_LEN
            }
            Self::Aes128Ccm8 | Self::Aes256Ccm8 => 8,
        }
    }

    /// How many bytes of the nonce stand in every record of TLS 1.2: those of its number (RFC 5288 §3, RFC 6655 §3), or
    /// none (RFC 7905 §2). The rest of [`NONCE_LEN`] comes from the key block, and is what a suite calls its fixed IV.
    pub const fn explicit_nonce_len(self) -> usize {
        match self {
            Self::Aes128Gcm
            | Self::Aes256Gcm
            | Self::Aes128Ccm
            | Self::Aes128Ccm8
            | Self::Aes256Ccm
            | Self::Aes256Ccm8 => 8,
            Self::ChaCha20Poly1305 => 0,
        }
    }

    /// How many records one key may seal before it must be replaced (RFC 9846 §5.5), `u64::MAX` where only the
    /// sequence number limits it.
    pub const fn record_limit(self) -> u64 {
        match self {
            // 2^24.5 full-size records keep the advantage below 2^-57; the power of two below it is simple to state.
            Self::Aes128Gcm | Self::Aes256Gcm => 1 << 24,
            Self::Aes128Ccm | Self::Aes128Ccm8 | Self::Aes256Ccm | Self::Aes256Ccm8 => 1 << 23,
            Self::ChaCha20Poly1305 => u64::MAX,
        }
    }
}
