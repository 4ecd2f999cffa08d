//! Why a configuration cannot be made.

use crate::limits::{MAX_CERTIFICATE, MAX_TICKETS};
use core::{error, fmt};
use handfast_crypto::CryptoError;
use handfast_wire::{CipherSuite, NamedGroup, SignatureScheme};

/// Why a configuration cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// No cipher suite is left.
    NoSuites,
    /// No group is left.
    NoGroups,
    /// No signature scheme is left.
    NoSchemes,
    /// The provider lacks this suite's cipher or hash.
    Suite(CipherSuite),
    /// The provider lacks this group.
    Group(NamedGroup),
    /// Nobody here verifies this scheme.
    Scheme(SignatureScheme),
    /// A protocol name is empty, longer than 255 bytes, or there are too many.
    Protocol,
    /// A record size limit outside 64 … 16,385 (RFC 8449 §4).
    RecordSizeLimit(u16),
    /// A client that neither verifies servers nor says that it does not.
    NoVerifier,
    /// A server without a certificate.
    NoIdentity,
    /// A server that asks for client certificates and has no way to judge them.
    NoClientVerifier,
    /// There is no clock: the `std` feature is off and none was given.
    NoClock,
    /// The lowest version is above the highest.
    Versions,
    /// The same group twice (RFC 9846 §4.3.7).
    DuplicateGroup(NamedGroup),
    /// A key share for a group that is not offered (RFC 9846 §4.3.8).
    KeyShare(NamedGroup),
    /// None of the schemes can sign a TLS 1.3 handshake.
    NoHandshakeSchemes,
    /// The names of authorities are longer together than an extension can be, 65,535 bytes with a length before each.
    Authorities,
    /// A Certificate message of more than [`MAX_CERTIFICATE`] bytes.
    CertificateLimit(usize),
    /// A suite of the older ways of TLS 1.2 without the switch that turns it on.
    Legacy(CipherSuite),
    /// A session timeout of more than a day.
    SessionTimeout(u32),
    /// A ticket lifetime of nothing, or of more than seven days.
    TicketLifetime(u32),
    /// More tickets for each connection than [`MAX_TICKETS`](crate::limits::MAX_TICKETS).
    Tickets(u8),
    /// A list of certificate types that is empty, repeats one, or has another than X.509 and raw public keys.
    CertificateTypes,
    /// A certificate compression algorithm twice, or more than 127 of them.
    Compression,
    /// Early data without anybody who sees to it that it is acted on once, where others may take the same tickets.
    NoAntiReplay,
    /// [`Recheck::All`](crate::Recheck::All) where the judge of certificates is asked, and so has no answer at hand.
    RecheckAsks,
    /// A maximum fragment length that is not 512, 1,024, 2,048 or 4,096 bytes (RFC 6066 §4).
    MaxFragmentLength(usize),
    /// The key that decrypts for RSA key transport is one that signs as well.
    SharedKey,
    /// The provider has no SHA-256 to name the trust of sessions with.
    Sessions(CryptoError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuites => f.write_str("no cipher suite is enabled"),
            Self::NoGroups => f.write_str("no key-exchange group is enabled"),
            Self::NoSchemes => f.write_str("no signature scheme is enabled"),
            Self::Suite(suite) => write!(f, "the provider does not have {suite}"),
            Self::Group(group) => write!(f, "the provider does not have the group {group}"),
            Self::Scheme(scheme) => write!(f, "nobody here verifies {scheme}"),
            Self::Protocol => f.write_str("an ALPN protocol is 1 to 255 bytes, and all together at most 65,535"),
            Self::RecordSizeLimit(limit) => write!(f, "a record size limit of {limit} is outside 64 … 16385"),
            Self::NoVerifier => {
                f.write_str("say how servers are verified: anchors, verifier, or dangerous_no_verification")
            }
            Self::NoIdentity => f.write_str("a server needs at least one identity (certificate and key)"),
            Self::NoClientVerifier => f.write_str("client certificates are asked for and nothing judges them"),
            Self::NoClock => f.write_str("there is no clock: give one to the builder"),
            Self::Versions => f.write_str("the lowest version is above the highest"),
            Self::DuplicateGroup(group) => write!(f, "the group {group} is listed twice"),
            Self::KeyShare(group) => write!(f, "a key share of {group} is wanted, which is not offered"),
            Self::NoHandshakeSchemes => f.write_str("none of the signature schemes can sign a TLS 1.3 handshake"),
            Self::Authorities => f.write_str("the names of the authorities are longer together than 65,535 bytes"),
            Self::Legacy(suite) => write!(f, "{suite} is one of the older ways, and its switch is off"),
            Self::SessionTimeout(seconds) => write!(f, "a session timeout of {seconds} seconds is more than a day"),
            Self::TicketLifetime(seconds) => {
                write!(f, "a ticket lifetime of {seconds} seconds is not between one second and seven days")
            }
            Self::Tickets(count) => {
                write!(f, "{count} tickets for each connection are more than {}", MAX_TICKETS)
            }
            Self::Compression => {
                f.write_str("a certificate compression algorithm is listed twice, or there are more than 127")
            }
            Self::CertificateTypes => {
                f.write_str("a list of certificate types has X.509, raw public keys, or each of them once")
            }
            Self::NoAntiReplay => f.write_str("early data is on, and nothing keeps it from being replayed"),
            Self::RecheckAsks => {
                f.write_str("certificates in sessions are to be judged again by a judge that is asked")
            }
            Self::MaxFragmentLength(bytes) => {
                write!(f, "a maximum fragment length of {bytes} is not 512, 1024, 2048 or 4096")
            }
            Self::SharedKey => f.write_str("the key for RSA key transport signs as well"),
            Self::Sessions(error) => write!(f, "sessions cannot be kept: {error}"),
            Self::CertificateLimit(limit) => {
                write!(f, "a certificate limit of {limit} is above {MAX_CERTIFICATE} bytes")
            }
        }
    }
}

impl error::Error for ConfigError {}
