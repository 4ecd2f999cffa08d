//! What a peer can do wrong, each with its alert and its clause: one table, no wildcard row.
//!
//! The table lives in this crate because the record layer, the handshake and the engine all speak of violations and
//! share no other ground. docs/alerts.md is printed from it.

use crate::{
    AlertDescription, CertificateType, CompressionAlgorithm, DecodeError, ExtensionType, HandshakeType, MessageKind,
};
use core::fmt;

macro_rules! violations {
    ($( $(#[$doc:meta])* $name:ident $(($payload:ident: $type:ty))? => $alert:ident, $clause:literal, $text:literal; )*) => {
        /// Something the peer did that the protocol forbids.
        ///
        /// Every violation ends the connection with [`Violation::alert`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Violation {
            $( $(#[$doc])* #[doc = ""] #[doc = concat!("Alert `", stringify!($alert), "`, ", $clause, ".")] $name $(($type))?, )*
        }

        impl Violation {
            /// The alert that goes to the peer.
            pub fn alert(&self) -> AlertDescription {
                match self { $( Self::$name { .. } => AlertDescription::$alert, )* }
            }

            /// Where it is written.
            pub fn clause(&self) -> &'static str {
                match self { $( Self::$name { .. } => $clause, )* }
            }

            /// A stable code: the variant's name.
            pub fn code(&self) -> &'static str {
                match self { $( Self::$name { .. } => stringify!($name), )* }
            }

            /// The whole table: code, alert, clause, text.
            pub const TABLE: &'static [ViolationRow] = &[
                $( ViolationRow { code: stringify!($name), alert: AlertDescription::$alert, clause: $clause, text: $text }, )*
            ];
        }

        impl fmt::Display for Violation {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $( Self::$name $(($payload))? => {
                        f.write_str($text)?;
                        $( write!(f, ": {}", $payload)?; )?
                    } )*
                }
                write!(f, " ({})", self.clause())
            }
        }
    };
}

/// A row of [`Violation::TABLE`].
#[derive(Clone, Copy, Debug)]
pub struct ViolationRow {
    /// The stable code.
    pub code: &'static str,
    /// The alert sent.
    pub alert: AlertDescription,
    /// The clause violated.
    pub clause: &'static str,
    /// What it says to a person.
    pub text: &'static str,
}

violations! {
    /// The first bytes are not a TLS record, and what they look like instead.
    NotTls(speaks: &'static str) => PROTOCOL_VERSION, "RFC 9846 §5.1", "the peer does not speak TLS";
    /// A record longer than the protocol allows.
    RecordOverflow => RECORD_OVERFLOW, "RFC 9846 §5.2", "a record is longer than 2^14 + 256 bytes";
    /// The content of a record is longer than 2^14 bytes or the limit we announced.
    PlaintextOverflow => RECORD_OVERFLOW, "RFC 9846 §5.4, RFC 8449 §4", "the content of a record is longer than the limit";
    /// A content type nobody defined.
    UnknownContentType(content_type: u8) => UNEXPECTED_MESSAGE, "RFC 9846 §5", "a record of unknown type";
    /// A record that does not decrypt.
    BadRecordMac => BAD_RECORD_MAC, "RFC 9846 §5.2", "a record does not decrypt";
    /// Protected content that is all padding.
    NoContentType => UNEXPECTED_MESSAGE, "RFC 9846 §5.4", "a protected record has no content type";
    /// A handshake or alert record without content.
    EmptyRecord => UNEXPECTED_MESSAGE, "RFC 9846 §5.1, §5.4", "a handshake or alert record is empty";
    /// Too many empty application records in a row.
    TooManyEmptyRecords => UNEXPECTED_MESSAGE, "RFC 9846 §5.4", "too many empty records in a row";
    /// An unprotected record where only protected ones may come.
    UnprotectedRecord => UNEXPECTED_MESSAGE, "RFC 9846 §5.2", "an unprotected record after keys were agreed";
    /// Another record in the middle of a handshake message.
    InterleavedHandshake => UNEXPECTED_MESSAGE, "RFC 9846 §5.1", "a handshake message is interrupted by another record";
    /// More data in the record that should have ended with this message.
    MisalignedMessage(kind: MessageKind) => UNEXPECTED_MESSAGE, "RFC 9846 §5.1", "data follows in the record that must end with this message";
    /// A handshake message announced longer than its type may be.
    MessageTooLong(kind: HandshakeType) => ILLEGAL_PARAMETER, "RFC 9846 §4", "a handshake message is longer than its type may be";
    /// A change_cipher_spec record outside the handshake, or protected.
    UnexpectedChangeCipherSpec => UNEXPECTED_MESSAGE, "RFC 9846 §5", "change_cipher_spec where none may come";
    /// A change_cipher_spec record that is not the single byte 1.
    MalformedChangeCipherSpec => UNEXPECTED_MESSAGE, "RFC 9846 §5", "change_cipher_spec is not the single byte 1";
    /// Too many change_cipher_spec records.
    TooManyChangeCipherSpecs => UNEXPECTED_MESSAGE, "RFC 9846 §5", "too many change_cipher_spec records";
    /// An alert record that is not exactly one alert.
    MalformedAlert => DECODE_ERROR, "RFC 9846 §5.1, §6", "an alert record is not exactly one alert";
    /// Too many warning alerts in a row.
    TooManyWarnings => UNEXPECTED_MESSAGE, "RFC 9846 §6", "too many warning alerts in a row";
    /// Application data before the peer may send any.
    EarlyApplicationData => UNEXPECTED_MESSAGE, "RFC 9846 §2", "application data before the handshake allows it";

    /// A handshake message that this state does not expect.
    UnexpectedMessage(message: Unexpected) => UNEXPECTED_MESSAGE, "RFC 9846 Appendix A", "a handshake message that this state does not expect";
    /// A message does not have the syntax of its type.
    Malformed(field: &'static str) => DECODE_ERROR, "RFC 9846 §6.2", "a field cannot be decoded";
    /// A field has the right syntax and a value nobody may send.
    IllegalValue(field: &'static str) => ILLEGAL_PARAMETER, "RFC 9846 §6.2", "a field has a value it may not have";
    /// The same thing twice where once is allowed.
    Duplicate(what: &'static str) => ILLEGAL_PARAMETER, "RFC 9846 §4.3", "a value is repeated where it may not be";
    /// An extension twice in a block.
    DuplicateExtension(extension: ExtensionType) => ILLEGAL_PARAMETER, "RFC 9846 §4.3", "an extension is repeated";
    /// A known extension in a message that may not carry it.
    MisplacedExtension(extension: ExtensionType) => ILLEGAL_PARAMETER, "RFC 9846 §4.3", "an extension stands in a message that may not carry it";
    /// A response to an extension that was not sent.
    UnsolicitedExtension(extension: ExtensionType) => UNSUPPORTED_EXTENSION, "RFC 9846 §4.3", "a response to an extension that was not offered";
    /// An extension without which the message makes no sense.
    MissingExtension(extension: ExtensionType) => MISSING_EXTENSION, "RFC 9846 §9.2", "a mandatory extension is missing";
    /// pre_shared_key is not the last extension of a ClientHello.
    PreSharedKeyNotLast => ILLEGAL_PARAMETER, "RFC 9846 §4.3.11", "pre_shared_key is not the last extension";
    /// The binder of a pre-shared key does not fit the ClientHello.
    BadBinder => DECRYPT_ERROR, "RFC 9846 §4.3.11", "the binder of the pre-shared key does not verify";
    /// The server selected a pre-shared key that was not offered, or that does not go with its cipher suite.
    SelectedPsk => ILLEGAL_PARAMETER, "RFC 9846 §4.3.11", "the selected pre-shared key was not offered, does not fit the cipher suite, or lacks the key exchange it was offered with";
    /// The server accepted early data under other parameters than those it was sent under.
    EarlyDataMismatch => ILLEGAL_PARAMETER, "RFC 9846 §4.3.10", "early data was accepted with another key, cipher suite or protocol";
    /// More early data than the ticket allows.
    TooMuchEarlyData => UNEXPECTED_MESSAGE, "RFC 9846 §4.7.1", "there is more early data than the ticket allows";
    /// An older version in answer to early data, which only TLS 1.3 has.
    VersionOnEarlyData => PROTOCOL_VERSION, "RFC 9846 Appendix E.3", "the server answered early data in an older version";
    /// A server that showed a certificate where one of the offered keys was required.
    PskRequired => HANDSHAKE_FAILURE, "RFC 9846 §4.3.11", "the server took none of the pre-shared keys";
    /// Bytes in server_name that are not visible ASCII.
    BadServerName => ILLEGAL_PARAMETER, "RFC 6066 §3", "server_name has bytes that no host name has";

    /// legacy_version is not TLS 1.2 in a TLS 1.3 ServerHello.
    LegacyVersion => PROTOCOL_VERSION, "RFC 9846 §4.2.3", "legacy_version of a TLS 1.3 ServerHello is not TLS 1.2";
    /// legacy_version is not TLS 1.2 in a ClientHello of TLS 1.3.
    ClientLegacyVersion => PROTOCOL_VERSION, "RFC 9846 §4.2.2", "legacy_version of a TLS 1.3 ClientHello is not TLS 1.2";
    /// The server picked a version that was not offered.
    SelectedVersion => ILLEGAL_PARAMETER, "RFC 9846 §4.3.1", "the selected version was not offered";
    /// The server wants a version of TLS that is not spoken here.
    ServerVersion => PROTOCOL_VERSION, "RFC 9846 §4.3.1", "the server speaks no version that was offered";
    /// The downgrade sentinel in the server's random.
    Downgrade => ILLEGAL_PARAMETER, "RFC 9846 §4.2.3", "the server's random says that the version was downgraded";
    /// The session ID came back changed.
    SessionIdEcho => ILLEGAL_PARAMETER, "RFC 9846 §4.2.3", "legacy_session_id_echo differs from what was sent";
    /// A compression method other than null.
    Compression => ILLEGAL_PARAMETER, "RFC 9846 §4.2.2, §4.2.3", "a compression method other than null";
    /// A cipher suite that was not offered, or changed after HelloRetryRequest.
    SelectedSuite => ILLEGAL_PARAMETER, "RFC 9846 §4.2.3, §4.2.4", "the selected cipher suite was not offered or changed";
    /// The group of the server's share does not match.
    SelectedGroup => ILLEGAL_PARAMETER, "RFC 9846 §4.3.8", "the selected group was not offered";
    /// HelloRetryRequest would change nothing.
    UselessRetry => ILLEGAL_PARAMETER, "RFC 9846 §4.2.4", "HelloRetryRequest asks for no change";
    /// HelloRetryRequest asks for a group that was not offered, or whose share was there.
    RetryGroup => ILLEGAL_PARAMETER, "RFC 9846 §4.3.8", "HelloRetryRequest asks for a group that was not offered or already sent";
    /// The second ClientHello changes what it may not.
    ChangedHello(what: &'static str) => ILLEGAL_PARAMETER, "RFC 9846 §4.2.2", "the second ClientHello changes what it may not";
    /// The second ClientHello does not carry the one share that was asked for.
    RetryShare => ILLEGAL_PARAMETER, "RFC 9846 §4.3.8", "the second ClientHello does not carry just the share that was asked for";
    /// A key share for a group that is not in supported_groups.
    ShareWithoutGroup => ILLEGAL_PARAMETER, "RFC 9846 §4.3.8", "a key share for a group that is not in supported_groups";
    /// A key share that is no valid public key.
    InvalidShare => ILLEGAL_PARAMETER, "RFC 9846 §4.3.8.2, §7.4.2", "a key share is not a valid public key";
    /// The selected ALPN protocol was not offered, or not exactly one.
    SelectedProtocol => ILLEGAL_PARAMETER, "RFC 7301 §3.1", "the selected protocol was not offered";
    /// certificate_request_context is not what it must be.
    RequestContext => ILLEGAL_PARAMETER, "RFC 9846 §4.4.2, §4.5.1", "certificate_request_context is not what it must be";
    /// A server without a certificate.
    NoCertificate => DECODE_ERROR, "RFC 9846 §4.5.1.3", "the server's Certificate message is empty";
    /// A client without the certificate that was required.
    CertificateRequired => CERTIFICATE_REQUIRED, "RFC 9846 §4.5.1.3", "the client sent no certificate";
    /// A certificate that is compressed in a way that was not offered.
    CompressionNotOffered(algorithm: CompressionAlgorithm) => ILLEGAL_PARAMETER, "RFC 8879 §4", "the certificate is compressed with an algorithm that was not offered";
    /// A compressed certificate that announces more than is taken.
    UncompressedTooLong => BAD_CERTIFICATE, "RFC 8879 §4, §5", "the compressed certificate announces more than is taken";
    /// A compressed certificate that is not what was compressed, or has another length than it announces.
    BadCompression => BAD_CERTIFICATE, "RFC 8879 §4", "the certificate does not decompress to what it announces";
    /// A certificate whose key cannot be read.
    BadCertificate => BAD_CERTIFICATE, "RFC 9846 §4.5.1.3", "the certificate cannot be parsed";
    /// A list of certificate types with X.509 alone, which goes without saying.
    X509Alone => ILLEGAL_PARAMETER, "RFC 7250 §4.1", "a list of certificate types has X.509 alone, and must then be left out";
    /// The server selected a certificate type that was not offered.
    SelectedCertificateType(ty: CertificateType) => ILLEGAL_PARAMETER, "RFC 7250 §4.2", "the selected certificate type was not offered";
    /// More than a raw public key where one was negotiated.
    SeveralRawKeys => ILLEGAL_PARAMETER, "RFC 9846 §4.5.1", "a raw public key is not the only entry of its list";
    /// A raw public key that cannot be read.
    BadRawKey => DECODE_ERROR, "RFC 7250 §3", "the raw public key cannot be read or used";
    /// A certificate with a key of a kind nobody here verifies.
    UnsupportedCertificate => UNSUPPORTED_CERTIFICATE, "RFC 9846 §6.2", "the certificate's key is of an unsupported kind";
    /// A certificate whose keyUsage does not let its key sign.
    CertificateKeyUsage => UNSUPPORTED_CERTIFICATE, "RFC 9846 §4.5.1.2", "the certificate's keyUsage does not allow signatures";
    /// CertificateVerify with a scheme that was not offered.
    SchemeNotOffered => ILLEGAL_PARAMETER, "RFC 9846 §4.5.2", "CertificateVerify uses a signature scheme that was not offered";
    /// CertificateVerify with a scheme that does not fit the certificate's key.
    SchemeMismatch => ILLEGAL_PARAMETER, "RFC 9846 §4.5.2", "CertificateVerify uses a scheme that does not fit the key";
    /// The signature of CertificateVerify does not verify.
    BadSignature => DECRYPT_ERROR, "RFC 9846 §4.5.2", "the signature of CertificateVerify does not verify";
    /// Finished does not match the transcript.
    BadFinished => DECRYPT_ERROR, "RFC 9846 §4.5.3", "Finished does not match the handshake";
    /// Another version was tried before, and the one that was asked for now is not the best of both.
    InappropriateFallback => INAPPROPRIATE_FALLBACK, "RFC 7507 §3", "the client has fallen back to a version below the best of both";
    /// renegotiation_info is not what binds this handshake to the one before, or is missing where it is required.
    RenegotiationInfo => HANDSHAKE_FAILURE, "RFC 5746 §3.4 to §3.7", "renegotiation_info does not fit the handshake before";
    /// The peer wants another handshake, which is not allowed here or not so often.
    Renegotiation => NO_RENEGOTIATION, "RFC 5246 §7.2.2", "the peer wants to renegotiate";
    /// The extended main secret is missing where it is required, or comes or goes where it may not.
    NoExtendedMainSecret => HANDSHAKE_FAILURE, "RFC 7627 §5.2, §5.3", "the extended main secret is missing or does not fit the session";
    /// No uncompressed points in ec_point_formats.
    PointFormat => ILLEGAL_PARAMETER, "RFC 8422 §5.1.2", "ec_point_formats has no uncompressed points";
    /// The server answered max_fragment_length with another one.
    MaxFragmentLength => ILLEGAL_PARAMETER, "RFC 6066 §4", "the server answered with another max_fragment_length";
    /// CBC without encrypt_then_mac, which is not allowed here.
    MacThenEncrypt => HANDSHAKE_FAILURE, "RFC 7366 §3", "the server uses CBC and does not know encrypt_then_mac";
    /// A certificate whose key the cipher suite cannot use.
    KeyMismatch => ILLEGAL_PARAMETER, "RFC 5246 §7.4.2", "the certificate's key does not fit the cipher suite";
    /// Another certificate in a renegotiation.
    ChangedCertificate => ILLEGAL_PARAMETER, "RFC 7627 §1", "the server's certificate changed in a renegotiation";
    /// Something else than the certificate changed in a renegotiation that may not.
    ChangedName => ILLEGAL_PARAMETER, "RFC 5746 §5", "a renegotiation is for another host name";
    /// A client of TLS 1.2 without the certificate that was required.
    ClientCertificateMissing => HANDSHAKE_FAILURE, "RFC 5246 §7.4.6", "the client sent no certificate";
    /// A finite field that is too small.
    ShortField => INSUFFICIENT_SECURITY, "RFC 7919 §5.1", "the server's finite field is too small";
    /// A finite field that was not offered, or is none.
    UnknownField => ILLEGAL_PARAMETER, "RFC 7919 §3, §5.1", "the server's finite field was not offered or is not one";
    /// A cipher suite that HTTP/2 forbids, with HTTP/2.
    SuiteForHttp2 => INSUFFICIENT_SECURITY, "RFC 9113 §9.2.2", "the server chose HTTP/2 with a cipher suite that it forbids";
    /// A PSK identity that nobody knows.
    UnknownPskIdentity => UNKNOWN_PSK_IDENTITY, "RFC 4279 §2, RFC 9846 §6.2", "the PSK identity is unknown";
    /// Too many HelloRequests.
    TooManyHelloRequests => UNEXPECTED_MESSAGE, "RFC 5246 §7.4.1.1", "too many HelloRequest messages without data";
    /// Too many KeyUpdate messages without application data.
    TooManyKeyUpdates => UNEXPECTED_MESSAGE, "RFC 9846 §4.7.3", "too many KeyUpdate messages without data";
    /// Too many CertificateRequests after the handshake without application data.
    TooManyCertificateRequests => UNEXPECTED_MESSAGE, "RFC 9846 §4.7.2", "too many CertificateRequest messages without data";
}

/// Which message came in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unexpected {
    /// The message.
    pub kind: MessageKind,
    /// The state, as RFC 9846 Appendix A names it.
    pub state: &'static str,
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.kind, self.state)
    }
}

impl From<DecodeError> for Violation {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Truncated(field) | DecodeError::Trailing(field) | DecodeError::Length(field) => {
                Self::Malformed(field)
            }
            DecodeError::Value(field) => Self::IllegalValue(field),
            DecodeError::Duplicate(what) => Self::Duplicate(what),
            DecodeError::DuplicateExtension(extension) => Self::DuplicateExtension(extension),
            DecodeError::MisplacedExtension(extension) => Self::MisplacedExtension(extension),
        }
    }
}

impl core::error::Error for Violation {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::string::ToString;

    #[test]
    fn every_row_has_its_own_code_and_a_clause() {
        let codes: BTreeSet<_> = Violation::TABLE.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), Violation::TABLE.len());
        assert!(Violation::TABLE.iter().all(|row| row.clause.starts_with("RFC ") && !row.text.is_empty()));
    }

    #[test]
    fn display_names_the_detail_and_the_clause() {
        let violation = Violation::UnsolicitedExtension(ExtensionType::COOKIE);
        assert_eq!(violation.to_string(), "a response to an extension that was not offered: cookie (RFC 9846 §4.3)");
        assert_eq!(violation.alert(), AlertDescription::UNSUPPORTED_EXTENSION);
        assert_eq!(violation.code(), "UnsolicitedExtension");
    }
}
