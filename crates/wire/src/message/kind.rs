//! Which message a message is.

use super::HELLO_RETRY_REQUEST_RANDOM;
use crate::HandshakeType;

/// The kinds of handshake messages: what a state machine switches on.
///
/// Other than [`HandshakeType`] this knows HelloRetryRequest from ServerHello, and has no kind for `message_hash`, which is
/// never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MessageKind {
    /// RFC 5246 §7.4.1.1.
    HelloRequest,
    /// RFC 9846 §4.2.2.
    ClientHello,
    /// RFC 9846 §4.2.3.
    ServerHello,
    /// RFC 9846 §4.2.4.
    HelloRetryRequest,
    /// RFC 9846 §4.4.1.
    EncryptedExtensions,
    /// RFC 9846 §4.4.2.
    CertificateRequest,
    /// RFC 9846 §4.5.1.
    Certificate,
    /// RFC 8879 §4.
    CompressedCertificate,
    /// RFC 6066 §5.
    CertificateUrl,
    /// RFC 6066 §8.
    CertificateStatus,
    /// RFC 4680.
    SupplementalData,
    /// RFC 5246 §7.4.3.
    ServerKeyExchange,
    /// RFC 5246 §7.4.5.
    ServerHelloDone,
    /// RFC 5246 §7.4.7.
    ClientKeyExchange,
    /// RFC 9846 §4.5.2.
    CertificateVerify,
    /// RFC 9846 §4.5.3.
    Finished,
    /// RFC 9846 §4.6.
    EndOfEarlyData,
    /// RFC 9846 §4.7.1.
    NewSessionTicket,
    /// RFC 9846 §4.7.3.
    KeyUpdate,
    /// A type that no TLS message of ours has.
    Unknown,
}

impl MessageKind {
    /// Every kind, roughly in the order of a handshake.
    pub const ALL: &'static [Self] = &[
        Self::HelloRequest,
        Self::ClientHello,
        Self::ServerHello,
        Self::HelloRetryRequest,
        Self::EncryptedExtensions,
        Self::CertificateRequest,
        Self::Certificate,
        Self::CompressedCertificate,
        Self::CertificateUrl,
        Self::CertificateStatus,
        Self::SupplementalData,
        Self::ServerKeyExchange,
        Self::ServerHelloDone,
        Self::ClientKeyExchange,
        Self::CertificateVerify,
        Self::Finished,
        Self::EndOfEarlyData,
        Self::NewSessionTicket,
        Self::KeyUpdate,
        Self::Unknown,
    ];

    /// The name as the RFCs spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HelloRequest => "HelloRequest",
            Self::ClientHello => "ClientHello",
            Self::ServerHello => "ServerHello",
            Self::HelloRetryRequest => "HelloRetryRequest",
            Self::EncryptedExtensions => "EncryptedExtensions",
            Self::CertificateRequest => "CertificateRequest",
            Self::Certificate => "Certificate",
            Self::CompressedCertificate => "CompressedCertificate",
            Self::CertificateUrl => "CertificateURL",
            Self::CertificateStatus => "CertificateStatus",
            Self::SupplementalData => "SupplementalData",
            Self::ServerKeyExchange => "ServerKeyExchange",
            Self::ServerHelloDone => "ServerHelloDone",
            Self::ClientKeyExchange => "ClientKeyExchange",
            Self::CertificateVerify => "CertificateVerify",
            Self::Finished => "Finished",
            Self::EndOfEarlyData => "EndOfEarlyData",
            Self::NewSessionTicket => "NewSessionTicket",
            Self::KeyUpdate => "KeyUpdate",
            Self::Unknown => "unknown message",
        }
    }

    /// The kind of a message of type `ty` whose body is, or begins with, `body`.
    pub(super) fn of(ty: HandshakeType, body: &[u8]) -> Self {
        match ty {
            HandshakeType::HELLO_REQUEST => Self::HelloRequest,
            HandshakeType::CLIENT_HELLO => Self::ClientHello,
            // RFC 9846 §4.2.3: first examine the random, which stands behind the two bytes of the version.
            HandshakeType::SERVER_HELLO if body.get(2..34) == Some(&HELLO_RETRY_REQUEST_RANDOM) => {
                Self::HelloRetryRequest
            }
            HandshakeType::SERVER_HELLO => Self::ServerHello,
            HandshakeType::NEW_SESSION_TICKET => Self::NewSessionTicket,
            HandshakeType::END_OF_EARLY_DATA => Self::EndOfEarlyData,
            HandshakeType::ENCRYPTED_EXTENSIONS => Self::EncryptedExtensions,
            HandshakeType::CERTIFICATE => Self::Certificate,
            HandshakeType::SERVER_KEY_EXCHANGE => Self::ServerKeyExchange,
            HandshakeType::CERTIFICATE_REQUEST => Self::CertificateRequest,
            HandshakeType::SERVER_HELLO_DONE => Self::ServerHelloDone,
            HandshakeType::CERTIFICATE_VERIFY => Self::CertificateVerify,
            HandshakeType::CLIENT_KEY_EXCHANGE => Self::ClientKeyExchange,
            HandshakeType::FINISHED => Self::Finished,
            HandshakeType::CERTIFICATE_URL => Self::CertificateUrl,
            HandshakeType::CERTIFICATE_STATUS => Self::CertificateStatus,
            HandshakeType::SUPPLEMENTAL_DATA => Self::SupplementalData,
            HandshakeType::KEY_UPDATE => Self::KeyUpdate,
            HandshakeType::COMPRESSED_CERTIFICATE => Self::CompressedCertificate,
            _ => Self::Unknown,
        }
    }
}

/// The name as the RFCs spell it.
impl core::fmt::Display for MessageKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_once_under_its_name() {
        for (at, kind) in MessageKind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at, "{kind}");
        }
        assert_eq!(MessageKind::ALL.last(), Some(&MessageKind::Unknown));
        assert_eq!(MessageKind::HelloRetryRequest.name(), "HelloRetryRequest");
    }
}
