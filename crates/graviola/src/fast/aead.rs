//! AES-GCM and ChaCha20-Poly1305.
//!
//! `seal` is the trait's own: the crate works in place only, so the plaintext is copied once, and nothing is allocated.

use graviola::aead::{AesGcm, ChaCha20Poly1305};
use handfast_crypto::{
    Aead, AeadAlgorithm, AeadKey, CryptoError,
    aead::{MAX_TAG_LEN, NONCE_LEN},
};
use std::marker::PhantomData;
use zeroize::{Zeroize, Zeroizing};

pub(super) const AES_128_GCM: &dyn Aead = &Algorithm::<AesGcm>(AeadAlgorithm::Aes128Gcm, PhantomData);
pub(super) const AES_256_GCM: &dyn Aead = &Algorithm::<AesGcm>(AeadAlgorithm::Aes256Gcm, PhantomData);
pub(super) const CHACHA20_POLY1305: &dyn Aead =
    &Algorithm::<ChaCha20Poly1305>(AeadAlgorithm::ChaCha20Poly1305, PhantomData);

/// The longest message, in bytes: the counter of GCM has 32 bits, and two of its values are taken (NIST SP 800-38D
/// §5.2.1.1). ChaCha20 could do more (RFC 8439 §2.8), and nobody needs it.
const LONGEST: u64 = (1 << 36) - 32;

/// The AEAD `C`.
struct Algorithm<C>(AeadAlgorithm, PhantomData<fn() -> C>);

impl<C: Cipher> Aead for Algorithm<C> {
    fn algorithm(&self) -> AeadAlgorithm {
        self.0
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        if key.len() != self.0.key_len() {
            return Err(CryptoError::Length);
        }
        Ok(Box::new(Key(C::expand(key).ok_or(CryptoError::Length)?)))
    }
}

/// One key, expanded. The ciphers wipe themselves when dropped.
struct Key<C>(C);

impl<C: Cipher> AeadKey for Key<C> {
    fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
    ) -> Result<[u8; MAX_TAG_LEN], CryptoError> {
        if buf.len() as u64 > LONGEST {
            return Err(CryptoError::Length);
        }
        let mut tag = [0; MAX_TAG_LEN];
        self.0.encrypt(nonce, aad, buf, &mut tag);
        Ok(tag)
    }

    fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
        tag: &[u8],
    ) -> Result<(), CryptoError> {
        if buf.len() as u64 <= LONGEST && self.0.decrypt(nonce, aad, buf, tag) {
            return Ok(());
        }
        buf.zeroize();
        Err(CryptoError::OpenFailed)
    }

    fn tag_len(&self) -> usize {
        MAX_TAG_LEN
    }
}

/// What the ciphers of the crate have in common; it has no trait for them.
trait Cipher: Sized + Send + Sync + 'static {
    /// A key that has a length of the algorithm; with another the crate panics, or there is none.
    fn expand(key: &[u8]) -> Option<Self>;
    fn encrypt(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], buf: &mut [u8], tag: &mut [u8; MAX_TAG_LEN]);
    fn decrypt(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], buf: &mut [u8], tag: &[u8]) -> bool;
}

impl Cipher for AesGcm {
    fn expand(key: &[u8]) -> Option<Self> {
        matches!(key.len(), 16 | 32).then(|| Self::new(key))
    }

    fn encrypt(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], buf: &mut [u8], tag: &mut [u8; MAX_TAG_LEN]) {
        Self::encrypt(self, nonce, aad, buf, tag);
    }

    fn decrypt(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], buf: &mut [u8], tag: &[u8]) -> bool {
        Self::decrypt(self, nonce, aad, buf, tag).is_ok()
    }
}

impl Cipher for ChaCha20Poly1305 {
    fn expand(key: &[u8]) -> Option<Self> {
        let key = Zeroizing::new(<[u8; 32]>::try_from(key).ok()?);
        Some(Self::new(*key))
    }

    fn encrypt(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], buf: &mut [u8], tag: &mut [u8; MAX_TAG_LEN]) {
        Self::encrypt(self, nonce, aad, buf, tag);
    }

    fn decrypt(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], buf: &mut [u8], tag: &[u8]) -> bool {
        Self::decrypt(self, nonce, aad, buf, tag).is_ok()
    }
}
