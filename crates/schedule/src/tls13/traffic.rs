//! Traffic secrets: the keys of one direction, the next generation, and Finished.

use crate::label::Rooted;
use handfast_crypto::aead::NONCE_LEN;
use handfast_crypto::{CryptoError, Digest, Hash, Provider, RecordKeys, Secret, Suite};
use zeroize::Zeroizing;

/// What protects the records of one direction for a while (RFC 9846 §7.3).
#[derive(Clone, Debug)]
pub struct TrafficSecret(pub(super) Rooted);

impl TrafficSecret {
    /// The bytes, for the key log and for a kernel that takes over the records. Whoever has them reads the connection.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.secret.as_bytes()
    }

    /// The hash this was derived with.
    pub fn hash(&self) -> &'static dyn Hash {
        self.0.hash
    }

    /// The key and the IV of records, in the algorithm of `suite` (RFC 9846 §7.3).
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] when `provider` lacks the AEAD or `suite` has another hash than this secret, and
    /// whatever makes the primitives fail.
    pub fn record_keys(&self, suite: &Suite, provider: &Provider) -> Result<RecordKeys, CryptoError> {
        if suite.hash != self.0.hash.algorithm() {
            return Err(CryptoError::Unsupported);
        }
        let algorithm = suite.aead().ok_or(CryptoError::Unsupported)?;
        let aead = provider.aead(algorithm).ok_or(CryptoError::Unsupported)?;
        let mut key = Secret::zero(algorithm.key_len());
        let stem = self.0.stem()?;
        stem.expand(b"key", b"", key.as_mut_bytes())?;
        let mut iv = Zeroizing::new([0; NONCE_LEN]);
        stem.expand(b"iv", b"", &mut *iv)?;
        Ok(RecordKeys::Aead { algorithm, key: aead.key(key.as_bytes())?, iv: *iv })
    }

    /// The secret of the next generation, after a KeyUpdate (RFC 9846 §7.2). The caller drops this one.
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn next(&self) -> Result<Self, CryptoError> {
        self.0.expand(b"traffic upd", b"").map(Self)
    }

    /// The content of the Finished message of the side whose secret this is (RFC 9846 §4.5.3); `transcript` ends before
    /// that message. [`Digest`] compares in constant time.
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn verify_data(&self, transcript: &Digest) -> Result<Digest, CryptoError> {
        self.0.verify_data(transcript)
    }
}
