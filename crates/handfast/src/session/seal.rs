//! Bytes that only their maker can read and make.

use alloc::{boxed::Box, vec::Vec};
use handfast_crypto::aead::NONCE_LEN;
use handfast_crypto::{
    Aead, AeadAlgorithm, AeadKey, CryptoError, Hash, HashAlgorithm, HmacKey, Provider, Random, Secret,
};
use zeroize::Zeroizing;

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
pub(super) struct SealingKey {
    pub(super) name: [u8; NAME_LEN],
    #[cfg(feature = "std")]
    secret: Zeroizing<[u8; 32]>,
    /// The secret again, made ready; without it, why.
    ready: Result<Ready, CryptoError>,
}

/// What of all the work does not depend on the content.
struct Ready {
    hash: &'static dyn Hash,
    aead: &'static dyn Aead,
    prk: HmacKey,
}

impl SealingKey {
    /// `secret` is as good as random, so HKDF has nothing to extract from it (RFC 5869 §3.3).
    pub(super) fn new(name: [u8; NAME_LEN], secret: &[u8; 32], provider: &Provider) -> Self {
        Self {
            name,
            #[cfg(feature = "std")]
            secret: Zeroizing::new(*secret),
            ready: Ready::new(secret, provider),
        }
    }

    /// A caller's own, which needs no name.
    pub(super) fn of_caller(secret: &[u8; 32], provider: &Provider) -> Self {
        Self::new(*b"handfast session", secret, provider)
    }

    #[cfg(feature = "std")]
    pub(super) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    pub(super) fn seal(&self, content: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        let mut header = [0; HEADER_LEN];
        let (name, fresh) = header.split_first_chunk_mut().ok_or(CryptoError::Failed)?;
        *name = self.name;
        random.fill(fresh)?;
        let key = self.key(fresh)?;
        let mut out = Vec::with_capacity(HEADER_LEN.saturating_add(content.len()).saturating_add(TAG_LEN));
        out.extend_from_slice(&header);
        key.seal(&[0; NONCE_LEN], &header, &[content], &mut out)?;
        Ok(out)
    }

    pub(super) fn open(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (header, rest) = sealed.split_at_checked(HEADER_LEN)?;
        let (name, fresh) = header.split_first_chunk()?;
        if *name != self.name {
            return None;
        }
        let (content, tag) = rest.split_last_chunk::<TAG_LEN>()?;
        let mut content = Zeroizing::new(content.to_vec());
        let key = self.key(fresh).ok()?;
        key.open_in_place(&[0; NONCE_LEN], header, &mut content, tag).ok()?;
        Some(content)
    }

    fn key(&self, fresh: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        let Ready { hash, aead, prk } = self.ready.as_ref().map_err(|why| *why)?;
        let mut key = Secret::zero(32);
        hash.expand_with(prk, &[b"handfast ticket 2", fresh], key.as_mut_bytes())?;
        aead.key(key.as_bytes())
    }
}

impl Ready {
    fn new(secret: &[u8; 32], provider: &Provider) -> Result<Self, CryptoError> {
        let hash = provider.hash(HashAlgorithm::Sha256).ok_or(CryptoError::Unsupported)?;
        let algorithms = [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::ChaCha20Poly1305];
        let aead = algorithms.into_iter().find_map(|algorithm| provider.aead(algorithm));
        Ok(Self { hash, aead: aead.ok_or(CryptoError::Unsupported)?, prk: hash.prepare(secret)? })
    }
}

/// How much randomness makes a key its own, in bytes.
const FRESH_LEN: usize = 32;

const HEADER_LEN: usize = NAME_LEN + FRESH_LEN;

const TAG_LEN: usize = 16;
