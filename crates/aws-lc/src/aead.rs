//! AES-GCM and ChaCha20-Poly1305.
//!
//! A record is sealed from where it lies straight into the output. That saves the copy, but not all it costs: the crate wants the
//! output filled before. What is left are 5 % of 16 KiB.

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use handfast_crypto::{
    Aead, AeadAlgorithm, AeadKey, CryptoError,
    aead::{MAX_TAG_LEN, NONCE_LEN, seal_copy},
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
        if self.0.open_in_place_separate_tag(nonce, Aad::from(aad), tag, buf).is_ok() {
            return Ok(());
        }
        buf.zeroize();
        Err(CryptoError::OpenFailed)
    }

    fn tag_len(&self) -> usize {
        MAX_TAG_LEN
    }

    fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], plain: &[&[u8]], out: &mut Vec<u8>) -> Result<(), CryptoError> {
        // The crate takes two parts: what TLS 1.2 seals is one, and TLS 1.3 seals the type of the content behind it.
        let (first, second) = match plain {
            [] => (&[][..], &[][..]),
            [first] => (*first, &[][..]),
            [first, second] => (*first, *second),
            // And padding behind that, sometimes.
            _ => return seal_copy(self, nonce, aad, plain, out),
        };
        let (start, nonce) = (out.len(), Nonce::assume_unique_for_key(*nonce));
        out.resize(start + first.len() + second.len() + MAX_TAG_LEN, 0);
        let (sealed, rest) = out.split_at_mut(start).1.split_at_mut(first.len());
        self.0.seal_out_of_place_scatter(nonce, Aad::from(aad), first, sealed, second, rest).map_err(|_| {
            out.truncate(start);
            CryptoError::Length
        })
    }
}
