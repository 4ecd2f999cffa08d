//! AES-GCM and ChaCha20-Poly1305.
//!
//! `seal` is the trait's own, which copies and seals in place. The crate can seal from one buffer into another, but wants that
//! other filled before, which costs what the copy does.

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use handfast_crypto::{
    Aead, AeadAlgorithm, AeadKey, CryptoError,
    aead::{MAX_TAG_LEN, NONCE_LEN},
};
use zeroize::Zeroize;

pub(crate) const AES_128_GCM: &dyn Aead = &Algorithm(AeadAlgorithm::Aes128Gcm, &aead::AES_128_GCM);
pub(crate) const AES_256_GCM: &dyn Aead = &Algorithm(AeadAlgorithm::Aes256Gcm, &aead::AES_256_GCM);
pub(crate) const CHACHA20_POLY1305: &dyn Aead = &Algorithm(AeadAlgorithm::ChaCha20Poly1305, &aead::CHACHA20_POLY1305);

struct Algorithm(AeadAlgorithm, &'static aead::Algorithm);

impl Aead for Algorithm {
    fn algorithm(&self) -> AeadAlgorithm {
        self.0
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        let key = UnboundKey::new(self.1, key).map_err(|_| CryptoError::Length)?;
        Ok(Box::new(Key(LessSafeKey::new(key))))
    }
}

/// One key, expanded. The crate wipes it.
struct Key(LessSafeKey);

impl AeadKey for Key {
    fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
    ) -> Result<[u8; MAX_TAG_LEN], CryptoError> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let sealed = self.0.seal_in_place_separate_tag(nonce, Aad::from(aad), buf);
        sealed.ok().and_then(|tag| tag.as_ref().try_into().ok()).ok_or(CryptoError::Length)
    }

    fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
        tag: &[u8],
    ) -> Result<(), CryptoError> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        // A tag that is cut would be taken for what is left of it.
        if tag.len() == MAX_TAG_LEN && self.0.open_in_place_separate_tag(nonce, Aad::from(aad), tag, buf).is_ok() {
            return Ok(());
        }
        buf.zeroize();
        Err(CryptoError::OpenFailed)
    }

    fn tag_len(&self) -> usize {
        MAX_TAG_LEN
    }
}
