use core::fmt;
use handfast_crypto::CryptoError;
use handfast_wire::{ContentType, HandshakeType};

/// Why a record was not opened, sealed or understood.
///
/// The engine knows the alert for each; there is none to send for a mistake of the caller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// The first record is none of TLS: neither its type nor its major version is one that TLS ever had.
    NotTls,
    /// A content type that TLS does not have (RFC 9846 §5).
    UnknownContentType(u8),
    /// The fragment is longer than a record may be (RFC 9846 §5.1, §5.2, RFC 5246 §6.2.3).
    Overflow,
    /// The decrypted content is longer than 2^14 bytes or than the limit we announced (RFC 9846 §5.4, RFC 8449 §4).
    PlaintextOverflow,
    /// An unprotected record of this type after there were keys (RFC 9846 §5.2).
    Unprotected(ContentType),
    /// A change_cipher_spec record that was encrypted in TLS 1.3 (RFC 9846 §5).
    ProtectedChangeCipherSpec,
    /// The record does not decrypt, for whatever reason (RFC 9846 §5.2, RFC 5246 §7.2.2).
    OpenFailed,
    /// All of the decrypted record is padding (RFC 9846 §5.4).
    NoContentType,
    /// A record of this type must have content (RFC 9846 §5.1, §5.4).
    Empty(ContentType),
    /// A message of this type was announced longer than the caller allows.
    MessageTooLong(HandshakeType),
    /// The key has been used for as many records as there are sequence numbers (RFC 9846 §5.3).
    SequenceExhausted,
    /// Caller's mistake: what was to be opened is not exactly one record.
    NotOneRecord,
    /// Caller's mistake: application data before there are keys (RFC 9846 §5.1).
    NoKeys,
    /// A primitive failed.
    Crypto(CryptoError),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTls => f.write_str("the peer does not speak TLS"),
            Self::UnknownContentType(value) => write!(f, "a record of unknown type {value}"),
            Self::Overflow => f.write_str("a record is longer than the protocol allows"),
            Self::PlaintextOverflow => f.write_str("the content of a record is longer than the limit"),
            Self::Unprotected(content_type) => write!(f, "an unprotected {content_type} record after keys were agreed"),
            Self::ProtectedChangeCipherSpec => f.write_str("a change_cipher_spec record is encrypted"),
            Self::OpenFailed => f.write_str("a record does not decrypt"),
            Self::NoContentType => f.write_str("a protected record has no content type"),
            Self::Empty(content_type) => write!(f, "an empty {content_type} record"),
            Self::MessageTooLong(message) => write!(f, "a {message} message is longer than its type may be"),
            Self::SequenceExhausted => f.write_str("the sequence numbers of a key are used up"),
            Self::NotOneRecord => f.write_str("the bytes to open are not exactly one record"),
            Self::NoKeys => f.write_str("application data cannot be sent before there are keys"),
            Self::Crypto(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RecordError {}

/// A failed authentication is the peer's fault, everything else the primitive's.
impl From<CryptoError> for RecordError {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::OpenFailed => Self::OpenFailed,
            other => Self::Crypto(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn display_names_the_type() {
        assert_eq!(RecordError::Empty(ContentType::ALERT).to_string(), "an empty alert record");
        assert_eq!(
            RecordError::MessageTooLong(HandshakeType::FINISHED).to_string(),
            "a finished message is longer than its type may be"
        );
    }

    #[test]
    fn a_failed_authentication_is_told_apart() {
        assert_eq!(RecordError::from(CryptoError::OpenFailed), RecordError::OpenFailed);
        assert_eq!(RecordError::from(CryptoError::Length), RecordError::Crypto(CryptoError::Length));
    }
}
