//! Sessions: what a later connection resumes this one with.
//!
//! | type | what it is |
//! |---|---|
//! | [`Session`] | on a client, one that was made and can be offered |
//! | [`KeepSessions`] | on a server, whoever keeps them: a [`Ticketer`], a [`MemoryStore`], both, or another |
//! | [`AntiReplay`] | on a server, whoever sees to it that early data is acted on once |
//! | [`ResumeQuestion`], [`IssueQuestion`], [`EarlyDataQuestion`] | the same decisions as questions, for a store elsewhere |

#[cfg(feature = "std")]
mod cache;
mod keep;
mod psk;
mod question;
mod replay;
mod seal;
#[cfg(feature = "std")]
mod store;
#[cfg(feature = "std")]
mod strike;
mod terms;
#[cfg(feature = "std")]
mod ticketer;

#[cfg(feature = "std")]
pub use cache::SessionCache;
pub use keep::{Found, KeepSessions, Kept, SessionName};
pub use psk::FindPsk;
pub use question::{EarlyDataQuestion, IssueQuestion, ResumeQuestion};
pub use replay::AntiReplay;
#[cfg(feature = "std")]
pub use store::MemoryStore;
#[cfg(feature = "std")]
pub use strike::{StrikeRegister, Struck};
pub use terms::Recheck;
pub(crate) use terms::Terms;
#[cfg(feature = "std")]
pub use ticketer::{TicketKeyError, Ticketer};

use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use handfast_crypto::{CryptoError, Provider, Suite};
use handfast_handshake as handshake;
use handfast_handshake::Peer;
use pki_types::UnixTime;
use seal::SealingKey;
use zeroize::Zeroizing;

/// The trust that a session was made under: it is resumed under the same and no other.
pub(crate) type Domain = [u8; 32];

/// How far the age of a ticket may be from what its client says, either way, for early data to be taken, in milliseconds
/// (RFC 9846 §8.3).
pub const FRESHNESS: u64 = 10_000;

/// What a session travels over, which is part of its trust (docs/regressions.md row 36).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transport {
    #[default]
    Tcp,
    /// Not there yet; its sessions will be others all the same.
    #[cfg(test)]
    Quic,
}

/// A session on a client: offer it to the same server with [`ClientStart::session`](crate::ClientStart::session), under a
/// configuration with the same trust.
///
/// It stands for the server's certificate: whoever can make one is taken for the server. That is why its bytes are sealed.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) inner: Box<handshake::Session>,
    domain: Domain,
}

impl Session {
    pub(crate) fn new(mut inner: Box<handshake::Session>, domain: Domain, now: UnixTime) -> Self {
        inner.date(now.as_secs());
        Self { inner, domain }
    }

    #[cfg(feature = "std")]
    pub(crate) fn shared_name(&self) -> Option<alloc::sync::Arc<str>> {
        self.inner.shared_name()
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

    /// How much early data may be sent with it, in bytes; 0 for none.
    pub fn max_early_data(&self) -> u32 {
        self.inner.max_early_data()
    }

    /// Whether it is of TLS 1.3, where it shall be offered once: whoever watches could tell two connections with the same
    /// ticket for those of the same client (RFC 9846 Appendix C.4).
    pub fn is_single_use(&self) -> bool {
        self.inner.is_tls13()
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
        let bytes = self.dangerous_bytes().ok_or(CryptoError::Length)?;
        SealingKey::of_caller(key, provider).seal(&bytes, &*provider.random)
    }

    /// The session in these bytes; `None` if they were not sealed under `key` or are not what they were.
    pub fn open(bytes: &[u8], key: &[u8; 32], provider: &Provider) -> Option<Self> {
        Self::dangerous_from_bytes(&SealingKey::of_caller(key, provider).open(bytes)?)
    }

    /// All of it as bytes, with the secret in the clear. `None` for a session too long for its own fields.
    pub fn dangerous_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.inner.encode_behind(&self.domain, 0)
    }

    /// The session in these bytes. Whoever could write them is taken for the server.
    pub fn dangerous_from_bytes(bytes: &[u8]) -> Option<Self> {
        let (domain, encoded) = bytes.split_first_chunk()?;
        Some(Self { inner: Box::new(handshake::Session::decode(encoded)?), domain: *domain })
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a session with {} ({})", self.name().unwrap_or("nobody"), self.suite().id)
    }
}
