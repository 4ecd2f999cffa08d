//! What can go wrong, and whose fault it is.

use crate::RawKeyError;
use alloc::string::{String, ToString};
use core::{error, fmt};
use handfast_crypto::CryptoError;
use handfast_handshake::{Failure, Refusal, Rejection};
use handfast_wire::{AlertDescription, Violation};

/// Why a call failed. All but [`Error::Usage`] are final: the alert, if one is due, is already in `out`, and the
/// connection only repeats the error.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke the protocol.
    Peer(Violation),
    /// The peer ended the connection with this alert.
    Alert(AlertDescription),
    /// Nobody did anything wrong, but there is nothing both sides want.
    Refused(Refusal),
    /// The peer's certificate was judged and rejected.
    Certificate(Rejection),
    /// The caller did something out of turn; nothing has changed.
    Usage(Usage),
    /// A primitive failed on this side.
    Crypto(CryptoError),
    /// This side's configuration makes a message longer than it can be.
    TooLong,
}

impl Error {
    /// The alert that tells the peer, where there is something to tell.
    pub fn alert(&self) -> Option<AlertDescription> {
        match self {
            Self::Peer(violation) => Some(violation.alert()),
            Self::Refused(refusal) => Some(refusal.alert()),
            Self::Certificate(rejection) => Some(rejection.alert),
            Self::Crypto(_) | Self::TooLong => Some(AlertDescription::INTERNAL_ERROR),
            // An alert is not answered with an alert.
            Self::Alert(_) | Self::Usage(_) => None,
        }
    }

    /// A stable code: the name of the violation, the refusal or the alert, or in the style of OpenSSL and Node what is
    /// wrong with a certificate (`CERT_HAS_EXPIRED`).
    pub fn code(&self) -> String {
        match self {
            Self::Peer(violation) => violation.code().to_string(),
            Self::Alert(alert) => alert.to_string(),
            Self::Refused(refusal) => refusal.code().to_string(),
            Self::Certificate(rejection) => match self.certificate() {
                Some(error) => error.code().to_string(),
                None => match rejection.reason.as_ref().and_then(|reason| reason.downcast_ref::<RawKeyError>()) {
                    Some(error) => error.code().to_string(),
                    None => rejection.alert.to_string(),
                },
            },
            Self::Usage(usage) => usage.code().to_string(),
            Self::Crypto(_) => "CryptoFailure".to_string(),
            Self::TooLong => "TooLong".to_string(),
        }
    }

    /// What the path validator said, if it was the one that rejected the peer.
    pub fn certificate(&self) -> Option<&handfast_pki::Error> {
        match self {
            Self::Certificate(rejection) => rejection.reason.as_ref()?.downcast_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(violation) => write!(f, "the peer broke the protocol: {violation}"),
            Self::Alert(alert) => write!(f, "the peer ended the connection with alert {alert}"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Certificate(rejection) => write!(f, "the peer's certificate was rejected: {rejection}"),
            Self::Usage(usage) => usage.fmt(f),
            Self::Crypto(error) => write!(f, "a cryptographic operation failed here: {error}"),
            Self::TooLong => f.write_str("the configuration makes a message longer than it can be"),
        }
    }
}

impl error::Error for Error {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Peer(violation) => Self::Peer(violation),
            Failure::Refused(refusal) => Self::Refused(refusal),
            Failure::Rejected(rejection) => Self::Certificate(rejection),
            Failure::Crypto(error) => Self::Crypto(error),
            Failure::Encode(_) => Self::TooLong,
            Failure::Usage(_) => Self::Usage(Usage::Stale),
            _ => Self::Crypto(CryptoError::Failed),
        }
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::Peer(violation)
    }
}

impl From<CryptoError> for Error {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<Usage> for Error {
    fn from(usage: Usage) -> Self {
        Self::Usage(usage)
    }
}

/// The caller did something out of turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Usage {
    /// The answer belongs to no open question of this connection.
    Stale,
    /// Application data cannot be sent before the handshake allows it.
    NotConnected,
    /// This side has sent close_notify, or the connection has failed.
    Closed,
    /// The connection cannot be split while an event or a question waits.
    Busy,
    /// tls-unique is not defined for TLS 1.3 (RFC 9266 §3).
    NoTlsUnique,
    /// There is no certificate to bind to.
    NoCertificate,
    /// tls-server-end-point is not defined for this certificate: its signature has no hash function of its own.
    NoEndPointHash,
    /// An exporter's label or output is too long.
    ExporterLength,
    /// No further KeyUpdate may be sent under RFC 9846 §4.7.3.
    KeyUpdateLimit,
    /// TLS 1.2 has no KeyUpdate.
    NoKeyUpdate,
    /// The connection is being negotiated anew: data can be sent again after `Event::Renegotiated`.
    Renegotiating,
    /// As many records were sent as one key of TLS 1.2 is good for; close_notify is out.
    RecordLimit,
    /// TLS itself uses this label (RFC 5705 §4).
    ExporterLabel,
    /// Without the extended main secret a connection of TLS 1.2 has no exporters and no tls-unique (RFC 7627 §5.4).
    NoExtendedMainSecret,
    /// tls-exporter is not defined where renegotiation is enabled (RFC 9266 §4.2).
    NoExporterBinding,
    /// The connection cannot renegotiate: it is one of TLS 1.3, its configuration does not allow it, or the peer does not
    /// know RFC 5746.
    NoRenegotiation,
    /// The client cannot be asked for a certificate: TLS 1.2, a client that has not offered it, HTTP/2, an external key, this side is
    /// the client, or a configuration that asks for none.
    NoCertificateRequest,
    /// The connection stays in one piece: a certificate may be asked for, or is, and no half could answer or take the answer.
    Undivided,
    /// The session is for another server, was made under another trust, or is too old.
    Session,
    /// The pre-shared key is one with which this side is the other end.
    PskRole,
    /// No early data can be sent: none was offered, the server did not take it, or it is too late.
    NoEarlyData,
}

impl Usage {
    /// A stable code: the variant's name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Stale => "Stale",
            Self::NotConnected => "NotConnected",
            Self::Closed => "Closed",
            Self::Busy => "Busy",
            Self::NoTlsUnique => "NoTlsUnique",
            Self::NoCertificate => "NoCertificate",
            Self::NoEndPointHash => "NoEndPointHash",
            Self::ExporterLength => "ExporterLength",
            Self::KeyUpdateLimit => "KeyUpdateLimit",
            Self::NoKeyUpdate => "NoKeyUpdate",
            Self::Renegotiating => "Renegotiating",
            Self::RecordLimit => "RecordLimit",
            Self::ExporterLabel => "ExporterLabel",
            Self::NoExtendedMainSecret => "NoExtendedMainSecret",
            Self::NoExporterBinding => "NoExporterBinding",
            Self::NoRenegotiation => "NoRenegotiation",
            Self::NoCertificateRequest => "NoCertificateRequest",
            Self::Undivided => "Undivided",
            Self::Session => "Session",
            Self::PskRole => "PskRole",
            Self::NoEarlyData => "NoEarlyData",
        }
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "the answer belongs to no open question of this connection",
            Self::NotConnected => "the handshake is not complete: wait for Event::Connected or Event::MaySend",
            Self::Closed => "this side has sent close_notify, or the connection has failed",
            Self::Busy => "a question is open or an event waits: call receive until it says NeedInput",
            Self::NoTlsUnique => "tls-unique is not defined for TLS 1.3 (RFC 9266); use tls-exporter",
            Self::NoCertificate => "the server has presented no certificate to bind to",
            Self::NoEndPointHash => {
                "tls-server-end-point is not defined for a certificate signed without a hash function"
            }
            Self::ExporterLength => "the exporter's label or output is too long",
            Self::KeyUpdateLimit => "as many KeyUpdates were sent as RFC 9846 §4.7.3 allows",
            Self::NoKeyUpdate => "TLS 1.2 has no KeyUpdate",
            Self::Renegotiating => "the connection is being negotiated anew: wait for Event::Renegotiated",
            Self::RecordLimit => "as many records were sent as one key of TLS 1.2 is good for",
            Self::ExporterLabel => "the exporter's label is one that TLS uses itself",
            Self::NoExtendedMainSecret => "the peer does not know the extended main secret (RFC 7627)",
            Self::NoExporterBinding => "tls-exporter is not defined where renegotiation is enabled (RFC 9266)",
            Self::NoRenegotiation => "this connection cannot renegotiate",
            Self::NoCertificateRequest => "the client of this connection cannot be asked for a certificate",
            Self::Undivided => "a certificate may be asked for on this connection, which takes both halves",
            Self::Session => "the session is for another server, of another trust, or too old",
            Self::PskRole => "the pre-shared key is for the other end of a connection",
            Self::NoEarlyData => "no early data can be sent on this connection, or not any more",
        })
    }
}

impl error::Error for Usage {}

/// The transport ended without a close_notify: what was received may not be all that was sent (RFC 9846 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated;

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection ended without close_notify: data may be missing")
    }
}

impl error::Error for Truncated {}
