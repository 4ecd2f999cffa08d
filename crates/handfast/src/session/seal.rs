//! Bytes that only their maker can read and make.

use alloc::vec::Vec;
use handfast_crypto::aead::NONCE_LEN;
use handfast_crypto::{AeadAlgorithm, AeadKey, CryptoError, HashAlgorithm, Provider, Secret};
use zeroize::{Zeroize, Zeroizing};

use alloc::boxed::Box;

/// The length of a key's name, in bytes: what a ticket begins with (RFC 5077 §4).
pub(super) const NAME_LEN: usize = 16;

/// A key that seals, with the name by which it is found again.
///
/// ```text
/// name      16   of the key
/// fresh     32   random
/// content         sealed under a key made of both, with name and fresh as additional data
/// tag       16
/// ```
///
/// A key of its own for everything that is sealed: nonces that a fleet of servers draws at random would meet one day, and
/// two of them are enough to break GCM.
#[derive(Clone)]
pub(super) struct SealingKey {
    pub(super) name: [u8; NAME_LEN],
    secret: [u8; 32],
}

impl SealingKey {
    #[cfg(feature = "std")]
    pub(super) const fn new(name: [u8; NAME_LEN], secret: [u8; 32]) -> Self {
        Self { name, secret }
    }

    /// A caller's own, which needs no name.
    pub(super) const fn of_caller(secret: &[u8; 32]) -> Self {
        Self { name: *b"handfast session", secret: *secret }
    }

    #[cfg(feature = "std")]
    pub(super) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    pub(super) fn seal(&self, content: &[u8], provider: &Provider) -> Result<Vec<u8>, CryptoError> {
        let fresh: [u8; FRESH_LEN] = provider.random.array()?;
        let mut out = Vec::with_capacity(HEADER_LEN.saturating_add(content.len()).saturating_add(TAG_LEN));
        out.extend_from_slice(&self.name);
        out.extend_from_slice(&fresh);
        let header = out.clone();
        self.key(&fresh, provider)?.seal(&[0; NONCE_LEN], &header, &[content], &mut out)?;
        Ok(out)
    }

    pub(super) fn open(&self, sealed: &[u8], provider: &Provider) -> Option<Zeroizing<Vec<u8>>> {
        let (header, rest) = sealed.split_at_checked(HEADER_LEN)?;
        let (name, fresh) = header.split_first_chunk()?;
        if *name != self.name {
            return None;
        }
        let (content, tag) = rest.split_last_chunk::<TAG_LEN>()?;
        let mut content = Zeroizing::new(content.to_vec());
        let key = self.key(fresh, provider).ok()?;
        key.open_in_place(&[0; NONCE_LEN], header, &mut content, tag).ok()?;
        Some(content)
    }

    fn key(&self, fresh: &[u8], provider: &Provider) -> Result<Box<dyn AeadKey>, CryptoError> {
        let hash = provider.hash(HashAlgorithm::Sha256).ok_or(CryptoError::Unsupported)?;
        let algorithms = [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305];
        let aead = algorithms.into_iter().find_map(|algorithm| provider.aead(algorithm));
        let prk = hash.extract(fresh, &self.secret)?;
        let mut key = Secret::zero(32);
        hash.expand(prk.as_bytes(), &[b"handfast ticket"], key.as_mut_bytes())?;
        aead.ok_or(CryptoError::Unsupported)?.key(key.as_bytes())
    }
}

/// How much randomness makes a key its own, in bytes.
const FRESH_LEN: usize = 32;

const HEADER_LEN: usize = NAME_LEN + FRESH_LEN;

const TAG_LEN: usize = 16;

impl Drop for SealingKey {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}
