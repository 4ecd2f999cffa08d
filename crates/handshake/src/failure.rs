//! How a handshake ends badly.

use alloc::sync::Arc;
use core::{error, fmt};
use handfast_crypto::CryptoError;
use handfast_wire::{AlertDescription, DecodeError, EncodeError, Violation};

/// Why the handshake does not go on. All but [`Failure::Usage`] are final.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The peer broke the protocol.
    Peer(Violation),
    /// Nobody did anything wrong, but there is nothing both want.
    Refused(Refusal),
    /// The peer's certificate was judged and rejected.
    Rejected(Rejection),
    /// A primitive failed on this side.
    Crypto(CryptoError),
    /// A message does not fit its own length fields: this side's configuration asks for too much.
    Encode(EncodeError),
    /// The caller did something out of turn. Nothing has changed.
    Usage(Usage),
}

impl Failure {
    /// The alert that tells the peer, where there is something to tell.
    pub fn alert(&self) -> Option<AlertDescription> {
        match self {
            Self::Peer(violation) => Some(violation.alert()),
            Self::Refused(refusal) => Some(refusal.alert()),
            Self::Rejected(rejection) => Some(rejection.alert),
            Self::Crypto(_) | Self::Encode(_) => Some(AlertDescription::INTERNAL_ERROR),
            Self::Usage(_) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(violation) => violation.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Crypto(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::Usage(usage) => usage.fmt(f),
        }
    }
}

impl error::Error for Failure {}

impl From<Violation> for Failure {
    fn from(violation: Violation) -> Self {
        Self::Peer(violation)
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::Peer(error.into())
    }
}

impl From<CryptoError> for Failure {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<EncodeError> for Failure {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What the two sides have not in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The client offers no version that is enabled here.
    Version,
    /// No common cipher suite.
    Suite,
    /// No common group.
    Group,
    /// No signature scheme that the peer takes and a key here makes.
    Scheme,
    /// No common application protocol.
    Protocol,
    /// No kind of certificate that one side shows and the other takes (RFC 7250).
    CertificateType,
    /// No certificate of the kind that the server wants of its client.
    OwnCertificateType,
    /// No certificate of an authority that the peer names, and those there are have to be.
    Authority,
    /// There is no certificate to show.
    Credential,
    /// There is no pre-shared key to show.
    Psk,
    /// Whoever answered a question refused, with this alert.
    Answered(AlertDescription),
    /// The question was given up.
    Abandoned,
}

impl Refusal {
    /// The alert that says it.
    pub fn alert(self) -> AlertDescription {
        match self {
            Self::Version => AlertDescription::PROTOCOL_VERSION,
            Self::Suite
            | Self::Group
            | Self::Scheme
            | Self::OwnCertificateType
            | Self::Authority
            | Self::Credential
            | Self::Psk => AlertDescription::HANDSHAKE_FAILURE,
            Self::Protocol => AlertDescription::NO_APPLICATION_PROTOCOL,
            Self::CertificateType => AlertDescription::UNSUPPORTED_CERTIFICATE,
            Self::Answered(alert) => alert,
            Self::Abandoned => AlertDescription::INTERNAL_ERROR,
        }
    }

    /// Refused with this alert, or a fatal one instead.
    pub fn answered(alert: AlertDescription) -> Self {
        Self::Answered(fatal(alert))
    }

    /// A stable code: the variant's name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Version => "NoCommonVersion",
            Self::Suite => "NoCommonSuite",
            Self::Group => "NoCommonGroup",
            Self::Scheme => "NoCommonScheme",
            Self::Protocol => "NoCommonProtocol",
            Self::CertificateType => "NoCommonCertificateType",
            Self::OwnCertificateType => "NoOwnCertificateType",
            Self::Authority => "NoCommonAuthority",
            Self::Credential => "NoCredential",
            Self::Psk => "NoPsk",
            Self::Answered(_) => "Refused",
            Self::Abandoned => "Abandoned",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "the peer offers no protocol version that is enabled here",
            Self::Suite => "no cipher suite in common",
            Self::Group => "no key-exchange group in common",
            Self::Scheme => "no signature scheme that the peer accepts fits a key that is loaded here",
            Self::Protocol => "no application protocol in common (ALPN)",
            Self::CertificateType => "no kind of certificate in common: X.509, or a raw public key",
            Self::OwnCertificateType => "no certificate of the kind that the server wants: X.509, or a raw public key",
            Self::Authority => "no certificate of an authority that the peer names",
            Self::Credential => "there is no certificate to present",
            Self::Psk => "there is no pre-shared key to present",
            Self::Answered(alert) => return write!(f, "the connection was refused here, with alert {alert}"),
            Self::Abandoned => "the connection was given up here",
        })
    }
}

/// Two alerts do not say that anything is wrong: with one of them the peer would see an orderly end.
pub(crate) fn fatal(alert: AlertDescription) -> AlertDescription {
    match alert {
        AlertDescription::CLOSE_NOTIFY | AlertDescription::USER_CANCELED => AlertDescription::HANDSHAKE_FAILURE,
        alert => alert,
    }
}

/// A judgement on the peer's certificate.
#[derive(Clone, Debug)]
pub struct Rejection {
    /// What the peer is told.
    pub alert: AlertDescription,
    /// What the judge said. The engine's own verifier gives a `handfast_pki::Error` here.
    pub reason: Option<Arc<dyn error::Error + Send + Sync>>,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Some(reason) => reason.fmt(f),
            None => write!(f, "the peer's certificate was rejected with alert {}", self.alert),
        }
    }
}

impl error::Error for Rejection {}

/// The caller did something out of turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Usage {
    /// The answer is to a question that is not open: answered before, or another connection's.
    Stale,
    /// A question is open, so no message is taken.
    QuestionOpen,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stale => "the answer belongs to no open question of this connection",
            Self::QuestionOpen => "a question waits for its answer",
        })
    }
}

impl error::Error for Usage {}
