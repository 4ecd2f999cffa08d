//! Protection by passwords that protects nothing, so that a fuzzer reaches what lies behind it: every derivation is at once
//! done and gives zeros, every MAC is zeros, what is encrypted lies open.
//!
//! Like [`null`](crate::null) never to be built into anything but tests.

use crate::null::Null;
use handfast::crypto::passwords::{PasswordHash, Passwords, Pkcs12Key, Scrypt};
use handfast::crypto::{CryptoError, Digest};
use zeroize::Zeroizing;

/// Takes every password for the right one.
pub const PASSWORDS: &dyn Passwords = &Null(());

impl Passwords for Null<()> {
    fn pbkdf2(&self, _: PasswordHash, _: &[u8], _: &[u8], _: u32, key: &mut [u8]) -> Result<(), CryptoError> {
        key.fill(0);
        Ok(())
    }

    fn scrypt(&self, _: &[u8], _: &[u8], _: Scrypt, key: &mut [u8]) -> Result<(), CryptoError> {
        key.fill(0);
        Ok(())
    }

    fn pkcs12(
        &self,
        _: PasswordHash,
        _: Pkcs12Key,
        _: &[u8],
        _: &[u8],
        _: u32,
        key: &mut [u8],
    ) -> Result<(), CryptoError> {
        key.fill(0);
        Ok(())
    }

    fn hmac(&self, hash: PasswordHash, _: &[u8], _: &[u8]) -> Result<Digest, CryptoError> {
        Ok(Digest::new(&[0; Digest::MAX][..hash.output_len()]))
    }

    fn encrypt(&self, _: &[u8], _: &[u8; 16], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(plaintext.to_vec())
    }

    fn decrypt(&self, _: &[u8], _: &[u8; 16], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Ok(Zeroizing::new(ciphertext.to_vec()))
    }
}
