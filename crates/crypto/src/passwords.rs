//! What opens and seals keys that are protected by a password. TLS itself needs none of it.

use crate::{CryptoError, Digest};
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// Key derivation from passwords, and the cipher that goes with it.
pub trait Passwords: Send + Sync {
    /// PBKDF2 (RFC 8018 §5.2) with HMAC over `hash`; fills `key`.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a hash that is not there, [`CryptoError::Length`] for no iterations.
    fn pbkdf2(
        &self,
        hash: PasswordHash,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        key: &mut [u8],
    ) -> Result<(), CryptoError>;

    /// scrypt (RFC 7914 §6); fills `key`. It takes `128 * 2^log_n * r` bytes of memory, and the caller has bounded them.
    ///
    /// # Errors
    /// [`CryptoError::Length`] for a cost that scrypt does not have.
    fn scrypt(&self, password: &[u8], salt: &[u8], cost: Scrypt, key: &mut [u8]) -> Result<(), CryptoError>;

    /// The key derivation of PKCS#12 (RFC 7292 Appendix B.2); fills `key`. `password` is UTF-16, big-endian, with two zero
    /// bytes at the end, or nothing.
    ///
    /// # Errors
    /// As [`Passwords::pbkdf2`].
    fn pkcs12(
        &self,
        hash: PasswordHash,
        diversifier: Pkcs12Key,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        key: &mut [u8],
    ) -> Result<(), CryptoError>;

    /// HMAC (RFC 2104).
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a hash that is not there.
    fn hmac(&self, hash: PasswordHash, key: &[u8], message: &[u8]) -> Result<Digest, CryptoError>;

    /// AES in CBC mode with the padding of RFC 8018 §6.1.1; `key` is 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// [`CryptoError::Length`] for a key of another length.
    fn encrypt(&self, key: &[u8], iv: &[u8; 16], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError>;

    /// The way back.
    ///
    /// # Errors
    /// [`CryptoError::Length`] for a key of another length; [`CryptoError::OpenFailed`] when the ciphertext is no whole
    /// number of blocks or its padding is wrong. Nobody else waits for the answer, so that no oracle can come of it.
    fn decrypt(&self, key: &[u8], iv: &[u8; 16], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError>;
}

/// The hashes of key derivation. SHA-1 is among them: HMAC over it is not broken, and it is the default of PBKDF2 (RFC 8018
/// Appendix A.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordHash {
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl PasswordHash {
    /// The length of a hash, in bytes.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// The cost of scrypt (RFC 7914 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrypt {
    /// The logarithm of N.
    pub log_n: u8,
    /// The block size.
    pub r: u32,
    /// The parallelization.
    pub p: u32,
}

/// What the key of [`Passwords::pkcs12`] is for (RFC 7292 Appendix B.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkcs12Key {
    /// Encryption: 1.
    Encryption,
    /// An initial vector: 2.
    Iv,
    /// A MAC: 3.
    Mac,
}
