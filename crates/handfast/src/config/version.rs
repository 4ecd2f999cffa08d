//! The versions that can be enabled.

/// A version of the protocol that can be enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Version {
    /// TLS 1.2, RFC 5246.
    #[cfg(feature = "tls12")]
    Tls12,
    /// TLS 1.3, RFC 9846.
    Tls13,
}

/// What is enabled by default.
#[cfg(feature = "tls12")]
pub(super) const LOWEST: Version = Version::Tls12;
#[cfg(not(feature = "tls12"))]
pub(super) const LOWEST: Version = Version::Tls13;
