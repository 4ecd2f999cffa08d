//! Sessions: what a later connection resumes this one with.
//!
//! | type | what it is |
//! |---|---|
//! | [`Session`] | on a client, one that was made and can be offered |
//! | [`KeepSessions`] | on a server, whoever keeps them: a [`Ticketer`], a [`MemoryStore`], both, or another |
//! | [`ResumeQuestion`], [`IssueQuestion`] | the same decisions as questions, for a store elsewhere |

mod keep;
mod question;
mod seal;
#[cfg(feature = "std")]
mod store;
#[cfg(feature = "std")]
mod ticketer;

pub use keep::{Found, KeepSessions, Kept};
pub(crate) use question::Terms;
pub use question::{IssueQuestion, ResumeQuestion};
#[cfg(feature = "std")]
pub use store::MemoryStore;
#[cfg(feature = "std")]
pub use ticketer::{TicketKeyError, Ticketer};

use alloc::vec::Vec;
use core::fmt;
use handfast_crypto::{CryptoError, Provider, Suite};
use handfast_handshake as handshake;
use handfast_handshake::Peer;
use pki_types::UnixTime;
use seal::SealingKey;
use zeroize::Zeroizing;

/// The trust that a session was made under: it is resumed under the same and no other.
pub(crate) type Domain = [u8; 32];

/// A session on a client: offer it to the same server with [`ClientStart::session`](crate::ClientStart::session), under a
/// configuration with the same trust.
///
/// It stands for the server's certificate: whoever can make one is taken for the server. That is why its bytes are sealed.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) inner: handshake::Session,
    domain: Domain,
}

impl Session {
    pub(crate) fn new(inner: handshake::Session, domain: Domain, now: UnixTime) -> Self {
        Self { inner: inner.dated(now.as_secs()), domain }
    }

    /// The host name or the address of the server it is for.
    pub fn name(&self) -> Option<&str> {
        self.inner.name()
    }

    /// The cipher suite.
    pub fn suite(&self) -> &'static Suite {
        self.inner.suite()
    }

    /// The application protocol (ALPN) of the connection it was made in.
    pub fn protocol(&self) -> Option<&[u8]> {
        self.inner.protocol()
    }

    /// Who the server was.
    pub fn peer(&self) -> Option<&Peer> {
        self.inner.peer()
    }

    /// The session ID, 0 to 32 bytes.
    pub fn id(&self) -> &[u8] {
        self.inner.id()
    }

    /// The ticket, if the server gave one.
    pub fn ticket(&self) -> Option<&[u8]> {
        self.inner.ticket()
    }

    /// How long the server means to keep it, in seconds; 0 when it did not say.
    pub fn lifetime_hint(&self) -> u32 {
        self.inner.lifetime()
    }

    /// Whether it can still be offered: its certificates were judged no longer ago than `timeout` seconds, and the server
    /// did not mean to keep it for a shorter time.
    pub(crate) fn is_fresh(&self, now: UnixTime, timeout: u32) -> bool {
        let hint = Some(self.inner.lifetime()).filter(|&hint| hint > 0).unwrap_or(timeout);
        is_within(self.inner.created(), now, timeout.min(hint))
    }

    pub(crate) fn domain(&self) -> &Domain {
        &self.domain
    }

    /// All of it as bytes, sealed under `key`, which is 32 bytes of good randomness that the caller keeps.
    ///
    /// # Errors
    /// [`CryptoError::Random`], [`CryptoError::Unsupported`] for a provider without AES-256-GCM or ChaCha20-Poly1305 and
    /// SHA-256, [`CryptoError::Length`] for a session too long for its own fields.
    pub fn seal(&self, key: &[u8; 32], provider: &Provider) -> Result<Vec<u8>, CryptoError> {
        SealingKey::of_caller(key).seal(&self.dangerous_bytes().ok_or(CryptoError::Length)?, provider)
    }

    /// The session in these bytes; `None` if they were not sealed under `key` or are not what they were.
    pub fn open(bytes: &[u8], key: &[u8; 32], provider: &Provider) -> Option<Self> {
        Self::dangerous_from_bytes(&SealingKey::of_caller(key).open(bytes, provider)?)
    }

    /// All of it as bytes, with the secret in the clear. `None` for a session too long for its own fields.
    pub fn dangerous_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        let encoded = self.inner.encode()?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(encoded.len().saturating_add(self.domain.len())));
        bytes.extend_from_slice(&self.domain);
        bytes.extend_from_slice(&encoded);
        Some(bytes)
    }

    /// The session in these bytes. Whoever could write them is taken for the server.
    pub fn dangerous_from_bytes(bytes: &[u8]) -> Option<Self> {
        let (domain, encoded) = bytes.split_first_chunk()?;
        Some(Self { inner: handshake::Session::decode(encoded)?, domain: *domain })
    }
}

/// Whether `created`, in seconds since 1970, is at most `timeout` seconds ago, and not in the future.
fn is_within(created: u64, now: UnixTime, timeout: u32) -> bool {
    now.as_secs().checked_sub(created).is_some_and(|age| age <= u64::from(timeout))
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a session with {} ({})", self.name().unwrap_or("nobody"), self.suite().id)
    }
}
