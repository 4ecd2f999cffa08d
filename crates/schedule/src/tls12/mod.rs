//! The key schedule of TLS 1.2, RFC 5246 §5, §6.3, §8.1 and RFC 7627.
//!
//! ```text
//!   what the key exchange agreed on
//!       │
//!      PRF  with "extended master secret" and the hash of the handshake (RFC 7627), or
//!       │   with "master secret" and both randoms
//!       ▼
//!   MainSecret ──┬──► key block          both randoms
//!                ├──► client Finished    every message before it
//!                ├──► server Finished    every message before it
//!                └──► exporter           both randoms (RFC 5705)
//! ```
//!
//! The labels say "master" where the names say main, as in TLS 1.3: the bytes could not change.

mod key_block;
mod prf;

pub use key_block::KeyBlock;
pub use prf::prf;
use prf::prf_with;

use crate::Side;
use core::fmt;
use handfast_crypto::{CryptoError, Digest, Hash, HmacKey, Secret};
use subtle::ConstantTimeEq;

/// The length of a main secret, in bytes (RFC 5246 §8.1).
pub const MAIN_SECRET_LEN: usize = 48;

/// The length of verify_data with every suite that is understood here, in bytes (RFC 5246 §7.4.9).
pub const VERIFY_DATA_LEN: usize = 12;

/// ClientHello.random and ServerHello.random of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Randoms {
    /// The client's.
    pub client: [u8; 32],
    /// The server's.
    pub server: [u8; 32],
}

/// What a connection, and every later one that resumes its session, lives on.
#[derive(Clone)]
pub struct MainSecret {
    hash: &'static dyn Hash,
    secret: Secret,
}

impl MainSecret {
    /// From what the key exchange agreed on and the hash of all messages up to and including ClientKeyExchange
    /// (RFC 7627 §4): this secret belongs to one handshake and no other.
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn extended(hash: &'static dyn Hash, agreed: &[u8], session_hash: &Digest) -> Result<Self, CryptoError> {
        Self::derive(hash, agreed, b"extended master secret", &[session_hash.as_bytes()])
    }

    /// From what the key exchange agreed on and both randoms (RFC 5246 §8.1). Somebody in the middle can make two
    /// connections share it, which is why sessions and exporters want [`MainSecret::extended`].
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn plain(hash: &'static dyn Hash, agreed: &[u8], randoms: &Randoms) -> Result<Self, CryptoError> {
        Self::derive(hash, agreed, b"master secret", &[&randoms.client, &randoms.server])
    }

    /// The secret of a session that is resumed: [`MAIN_SECRET_LEN`] bytes, as [`MainSecret::as_bytes`] gave them.
    ///
    /// # Errors
    /// [`CryptoError::Length`].
    pub fn restore(hash: &'static dyn Hash, bytes: &[u8]) -> Result<Self, CryptoError> {
        let secret = Secret::new(bytes).filter(|_| bytes.len() == MAIN_SECRET_LEN).ok_or(CryptoError::Length)?;
        Ok(Self { hash, secret })
    }

    /// The bytes, for the session and the key log. Whoever has them reads the connection.
    pub fn as_bytes(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    /// The secret made ready for what a handshake derives from it: the key block and two Finished messages.
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn ready(&self) -> Result<ReadySecret, CryptoError> {
        Ok(ReadySecret { hash: self.hash, key: self.hash.prepare(self.as_bytes())? })
    }

    /// Keying material for whatever runs above TLS (RFC 5705 §4). No context and an empty one are not the same here.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a label that TLS uses itself, [`CryptoError::Length`] for a label longer than 255
    /// bytes, a context longer than 65,535 bytes or an `okm` longer than [`MAX_EXPORT`], and whatever makes
    /// the hash fail. `okm` is not to be used then.
    pub fn export(
        &self,
        randoms: &Randoms,
        label: &[u8],
        context: Option<&[u8]>,
        okm: &mut [u8],
    ) -> Result<(), CryptoError> {
        if RESERVED.contains(&label) {
            return Err(CryptoError::Unsupported);
        }
        if label.len() > MAX_LABEL || okm.len() > MAX_EXPORT {
            return Err(CryptoError::Length);
        }
        let secret = self.secret.as_bytes();
        match context {
            None => prf(self.hash, secret, label, &[&randoms.client, &randoms.server], okm),
            Some(context) => {
                let length = u16::try_from(context.len()).map_err(|_| CryptoError::Length)?;
                let seed = [&randoms.client[..], &randoms.server, &length.to_be_bytes(), context];
                prf(self.hash, secret, label, &seed, okm)
            }
        }
    }

    fn derive(hash: &'static dyn Hash, agreed: &[u8], label: &[u8], seed: &[&[u8]]) -> Result<Self, CryptoError> {
        let mut secret = Secret::zero(MAIN_SECRET_LEN);
        prf(hash, agreed, label, seed, secret.as_mut_bytes())?;
        Ok(Self { hash, secret })
    }
}

/// A [`MainSecret`] for the time of a handshake.
pub struct ReadySecret {
    hash: &'static dyn Hash,
    key: HmacKey,
}

impl ReadySecret {
    /// The content of the Finished message of `side`; `transcript` is the hash of every message before it
    /// (RFC 5246 §7.4.9). [`Digest`] compares in constant time.
    ///
    /// # Errors
    /// Whatever makes the hash fail.
    pub fn verify_data(&self, side: Side, transcript: &Digest) -> Result<Digest, CryptoError> {
        let label: &[u8] = match side {
            Side::Client => b"client finished",
            Side::Server => b"server finished",
        };
        let mut out = [0; VERIFY_DATA_LEN];
        prf_with(self.hash, &self.key, label, &[transcript.as_bytes()], &mut out)?;
        Ok(Digest::new(&out))
    }
}

/// Which hash, and not a byte of the secret.
impl fmt::Debug for ReadySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadySecret({:?})", self.hash.algorithm())
    }
}

/// The labels that TLS itself gives the PRF (RFC 5705 §4): exported, they would be its own secrets.
const RESERVED: [&[u8]; 5] =
    [b"client finished", b"server finished", b"master secret", b"key expansion", b"extended master secret"];

/// The longest label of an exporter, in bytes. The RFC has no bound; no registered one comes near.
const MAX_LABEL: usize = 255;

/// The most keying material that one call exports, in bytes. The RFC has no bound.
pub const MAX_EXPORT: usize = 16_384;

impl PartialEq for MainSecret {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for MainSecret {}

/// Which hash and how long, and not a byte of the secret.
impl fmt::Debug for MainSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MainSecret({:?}, {:?})", self.hash.algorithm(), self.secret)
    }
}
