//! What can be wrong with an OCSP response.

use super::MAX_AGE;
use crate::error::Rule;
use crate::time::Time;
use core::fmt;

/// Why an OCSP response is of no use. It displays as the end of a sentence about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OcspFault {
    /// This field of it, or of the certificate of who signed it, is not the DER that it has to be.
    Malformed(&'static str),
    /// The responder did not answer, but said this.
    Unsuccessful(ResponseStatus),
    /// It is of another type than id-pkix-ocsp-basic.
    NotBasic,
    /// It has more entries or more certificates than are looked at.
    TooMany,
    /// It has a critical extension that is not known.
    CriticalExtension,
    /// No entry of it is about this certificate.
    OtherCertificate,
    /// It identifies the certificate or the responder with a hash that the provider does not have.
    NoHash,
    /// Neither the issuer nor a certificate in the response is who it says signed it.
    UnknownResponder,
    /// It, or the certificate of who signed it, is signed with an algorithm that the policy does not accept.
    RefusedSignature,
    /// The key of who it says signed it did not.
    BadSignature,
    /// Who signed it has no certificate from the issuer itself.
    DelegateIssuer,
    /// The extKeyUsage of who signed it does not contain id-kp-OCSPSigning.
    DelegatePurpose,
    /// The keyUsage of who signed it does not contain digitalSignature.
    DelegateUsage,
    /// The certificate of who signed it has a critical extension that is not known.
    DelegateExtension,
    /// The certificate of who signed it is not valid now.
    DelegateNotValid,
    /// It comes from the future.
    NotYetValid {
        /// The later of thisUpdate and producedAt.
        from: Time,
        /// The time that the check was given.
        now: Time,
    },
    /// It is out of date.
    Expired {
        /// When its successor was due.
        next_update: Time,
        /// The time that the check was given.
        now: Time,
    },
    /// It does not say when its successor is due, and is older than [`MAX_AGE`].
    Stale {
        /// When it was known to be right.
        this_update: Time,
        /// The time that the check was given.
        now: Time,
    },
    /// The responder knows nothing about the certificate.
    Unknown,
}

impl OcspFault {
    /// A stable name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Unsuccessful(status) => status.name(),
            Self::NotBasic => "not-basic",
            Self::TooMany => "too-many",
            Self::CriticalExtension => "critical-extension",
            Self::OtherCertificate => "other-certificate",
            Self::NoHash => "no-hash",
            Self::UnknownResponder => "unknown-responder",
            Self::RefusedSignature => "refused-signature",
            Self::BadSignature => "bad-signature",
            Self::DelegateIssuer => "delegate-issuer",
            Self::DelegatePurpose => "delegate-purpose",
            Self::DelegateUsage => "delegate-usage",
            Self::DelegateExtension => "delegate-extension",
            Self::DelegateNotValid => "delegate-not-valid",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Expired { .. } => "expired",
            Self::Stale { .. } => "stale",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for OcspFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(field) => write!(f, "the {field} of its OCSP response is malformed"),
            Self::Unsuccessful(status) => write!(f, "its OCSP response is none: {}", status.name()),
            Self::NotBasic => f.write_str("its OCSP response is of an unknown type"),
            Self::TooMany => f.write_str("its OCSP response has too many entries or certificates"),
            Self::CriticalExtension => f.write_str("its OCSP response has a critical extension that is not known"),
            Self::OtherCertificate => f.write_str("its OCSP response is about other certificates"),
            Self::NoHash => f.write_str("its OCSP response uses a hash that the provider does not have"),
            Self::UnknownResponder => f.write_str("its OCSP response does not say by whom it is in a known way"),
            Self::RefusedSignature => {
                f.write_str("the signature algorithm of its OCSP response is not accepted by the policy")
            }
            Self::BadSignature => f.write_str("its OCSP response is not signed by who it says"),
            Self::DelegateIssuer => f.write_str("its OCSP response is signed by somebody without its issuer's mandate"),
            Self::DelegatePurpose => {
                f.write_str("its OCSP response is signed by somebody whose extKeyUsage does not allow it")
            }
            Self::DelegateUsage => {
                f.write_str("its OCSP response is signed by somebody whose keyUsage does not allow it")
            }
            Self::DelegateExtension => f.write_str(
                "its OCSP response is signed by somebody whose certificate has a critical extension that is not known",
            ),
            Self::DelegateNotValid => {
                f.write_str("its OCSP response is signed by somebody whose certificate is not valid now")
            }
            Self::NotYetValid { from, now } => write!(f, "its OCSP response is valid from {from}, and now is {now}"),
            Self::Expired { next_update, now } => {
                write!(f, "its OCSP response was valid until {next_update}, and now is {now}")
            }
            Self::Stale { this_update, now } => write!(
                f,
                "its OCSP response of {this_update} has no end and is older than {} hours, and now is {now}",
                MAX_AGE / 3600
            ),
            Self::Unknown => f.write_str("the OCSP responder of its issuer does not know it"),
        }
    }
}

impl From<OcspFault> for Rule {
    fn from(fault: OcspFault) -> Self {
        Self::Ocsp(fault)
    }
}

impl Rule {
    /// The same about an OCSP response: `self` is what the readers say that responses share with certificates.
    pub(super) fn of_response(self) -> Self {
        match self {
            Self::Malformed(field) => OcspFault::Malformed(field).into(),
            Self::DuplicateExtension(_) => OcspFault::Malformed("list of extensions").into(),
            Self::UnsupportedSignature(_) => OcspFault::RefusedSignature.into(),
            rule => rule,
        }
    }
}

/// The answers of a responder that are none.
///
/// ```text
/// OCSPResponseStatus ::= ENUMERATED {                       RFC 6960 §4.2.1
///     successful 0   malformedRequest 1   internalError 2   tryLater 3   sigRequired 5   unauthorized 6 }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseStatus {
    /// The request was not understood.
    MalformedRequest,
    /// Something is wrong at the responder.
    InternalError,
    /// Not now.
    TryLater,
    /// Requests have to be signed.
    SigRequired,
    /// Not for this client, or the responder knows nothing about that certificate.
    Unauthorized,
    /// A number without a name.
    Other(u8),
}

impl ResponseStatus {
    /// The status with this number; `None` for 0, which is success.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => return None,
            1 => Self::MalformedRequest,
            2 => Self::InternalError,
            3 => Self::TryLater,
            5 => Self::SigRequired,
            6 => Self::Unauthorized,
            other => Self::Other(other),
        })
    }

    /// The number.
    pub const fn number(self) -> u8 {
        match self {
            Self::MalformedRequest => 1,
            Self::InternalError => 2,
            Self::TryLater => 3,
            Self::SigRequired => 5,
            Self::Unauthorized => 6,
            Self::Other(number) => number,
        }
    }

    /// A stable name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MalformedRequest => "malformed-request",
            Self::InternalError => "internal-error",
            Self::TryLater => "try-later",
            Self::SigRequired => "sig-required",
            Self::Unauthorized => "unauthorized",
            Self::Other(_) => "other-status",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::string::ToString;

    #[test]
    fn names_are_distinct_and_sentences_bounded() {
        let time = Time::from_unix(i64::MAX);
        let statuses = [1, 2, 3, 4, 5, 6].map(|number| {
            let status = ResponseStatus::from_number(number).unwrap();
            assert_eq!(status.number(), number);
            OcspFault::Unsuccessful(status)
        });
        let others = [
            OcspFault::Malformed("list of extensions"),
            OcspFault::NotBasic,
            OcspFault::TooMany,
            OcspFault::CriticalExtension,
            OcspFault::OtherCertificate,
            OcspFault::NoHash,
            OcspFault::UnknownResponder,
            OcspFault::RefusedSignature,
            OcspFault::BadSignature,
            OcspFault::DelegateIssuer,
            OcspFault::DelegatePurpose,
            OcspFault::DelegateUsage,
            OcspFault::DelegateExtension,
            OcspFault::DelegateNotValid,
            OcspFault::NotYetValid { from: time, now: time },
            OcspFault::Expired { next_update: time, now: time },
            OcspFault::Stale { this_update: time, now: time },
            OcspFault::Unknown,
        ];
        let all: alloc::vec::Vec<_> = statuses.into_iter().chain(others).collect();
        let names: BTreeSet<_> = all.iter().map(|fault| fault.name()).collect();
        let sentences: BTreeSet<_> = all.iter().map(|fault| fault.to_string()).collect();
        assert_eq!((names.len(), sentences.len()), (all.len(), all.len()));
        assert!(names.iter().all(|name| name.bytes().all(|c| c.is_ascii_lowercase() || c == b'-')));
        assert!(sentences.iter().all(|sentence| sentence.len() < 128), "{sentences:?}");
        assert_eq!(ResponseStatus::from_number(0), None);
    }
}
