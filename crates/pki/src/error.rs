//! Why a certificate is not accepted: which one, which rule, and what else was tried.

pub use crate::rule::{NameMismatch, Rule, Unprocessable};

use crate::cert::Certificate;
use crate::escape::Bounded;
use crate::ocsp::OcspFault;
use crate::spki::RSA_MAX_BITS;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};

/// Why a peer's certificates are not accepted.
///
/// It displays in at most [`Error::DISPLAY_LIMIT`] bytes whatever the peer sent, and what the peer wrote is escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Report>);

/// What an [`Error`] holds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Report {
    rule: Rule,
    place: Option<Place>,
    tried: Vec<Tried>,
    untold: usize,
}

/// Which certificate an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it came from.
    pub which: Which,
    /// How many certificates lie below it on the path: 0 for the leaf.
    pub depth: usize,
    /// Its subject, escaped and cut.
    pub subject: String,
    /// Who issued it, escaped and cut; of a trust anchor that is a bare name and key, nobody.
    pub issuer: Option<String>,
}

/// Where a certificate came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The peer sent it, at this index of its list.
    Peer(usize),
    /// It is the trust anchor at this index.
    Anchor(usize),
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(at) => write!(f, "certificate {at}"),
            Self::Anchor(at) => write!(f, "trust anchor {at}"),
        }
    }
}

/// A certificate that was looked at and not taken, in the order of the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Where it came from.
    pub which: Which,
    /// How many certificates lay below it on the path that was tried: 0 for the leaf.
    pub depth: usize,
    /// Its subject, escaped and cut.
    pub subject: String,
    /// What was wrong with it.
    pub rule: Rule,
}

/// Stands for the subject of a certificate that could not be read.
pub(crate) const UNREAD: &str = "unread";

impl Error {
    /// The longest text an error displays as, in bytes.
    pub const DISPLAY_LIMIT: usize = 1024;
    /// How many rejected candidates an error keeps; of the others it knows the number.
    pub const TRIED_LIMIT: usize = 64;
    /// How many of them it displays.
    const TRIED_SHOWN: usize = 4;

    pub(crate) fn new(rule: Rule, place: Option<Place>) -> Self {
        Self(Box::new(Report { rule, place, tried: Vec::new(), untold: 0 }))
    }

    /// An error about the peer's own certificate.
    pub(crate) fn about_leaf(rule: Rule, leaf: &Certificate<'_>) -> Self {
        let (subject, issuer) = (leaf.subject().to_string(), Some(leaf.issuer().to_string()));
        Self::new(rule, Some(Place { which: Which::Peer(0), depth: 0, subject, issuer }))
    }

    /// An error about the peer's own certificate, which cannot be read.
    pub(crate) fn about_unread(rule: Rule) -> Self {
        let subject = UNREAD.to_string();
        Self::new(rule, Some(Place { which: Which::Peer(0), depth: 0, subject, issuer: None }))
    }

    /// Adds the candidates that were rejected on the way; the one that this error is about need not be told twice.
    pub(crate) fn with_tried(mut self, mut tried: Vec<Tried>, untold: usize) -> Self {
        if let Some(place) = &self.0.place {
            tried.retain(|tried| tried.which != place.which || tried.rule != self.0.rule);
        }
        self.0.tried = tried;
        self.0.untold = untold;
        self
    }

    /// How close the candidate came that this is about: how much its rule tells, and of signatures that do not fit the one
    /// with more that fit below it.
    pub(crate) fn closeness(&self) -> (u8, usize) {
        let weight = self.0.rule.weight();
        let depth = self.0.place.as_ref().filter(|_| weight == 0).map_or(0, |place| place.depth);
        (weight, depth)
    }

    /// The rule that was broken.
    pub fn rule(&self) -> &Rule {
        &self.0.rule
    }

    /// The certificate that broke it; `None` when it was not read far enough to tell, or there was none.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// Certificates that were rejected on other paths, at most [`Error::TRIED_LIMIT`] of them, in the order of the search.
    pub fn tried(&self) -> &[Tried] {
        &self.0.tried
    }

    /// How many more were rejected.
    pub fn untold(&self) -> usize {
        self.0.untold
    }

    /// A stable name for programs, as OpenSSL and Node.js write it: `CERT_HAS_EXPIRED`.
    pub fn code(&self) -> &'static str {
        let is_leaf = self.0.place.as_ref().is_none_or(|place| place.depth == 0);
        match self.0.rule {
            Rule::UnknownIssuer(_) if is_leaf => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            Rule::UnknownIssuer(_) => "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            Rule::SelfSigned if is_leaf => "DEPTH_ZERO_SELF_SIGNED_CERT",
            Rule::SelfSigned => "SELF_SIGNED_CERT_IN_CHAIN",
            Rule::Malformed("notBefore") => "ERROR_IN_CERT_NOT_BEFORE_FIELD",
            Rule::Malformed("notAfter") => "ERROR_IN_CERT_NOT_AFTER_FIELD",
            Rule::NoPolicy => "NO_EXPLICIT_POLICY",
            Rule::PolicyExtension(_)
            | Rule::Malformed("certificatePolicies" | "policyMappings" | "policyConstraints" | "inhibitAnyPolicy") => {
                "INVALID_POLICY_EXTENSION"
            }
            Rule::NotYetValid { .. } => "CERT_NOT_YET_VALID",
            Rule::Expired { .. } => "CERT_HAS_EXPIRED",
            Rule::Revoked { .. } => "CERT_REVOKED",
            Rule::NoCrl => "UNABLE_TO_GET_CRL",
            Rule::CrlNotYetValid { .. } => "CRL_NOT_YET_VALID",
            Rule::CrlExpired { .. } => "CRL_HAS_EXPIRED",
            Rule::CrlSignature | Rule::CrlAlgorithm(_) => "CRL_SIGNATURE_FAILURE",
            Rule::CrlSigner => "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
            Rule::NoCrlSign => "KEYUSAGE_NO_CRL_SIGN",
            Rule::CrlScope(_) => "DIFFERENT_CRL_SCOPE",
            Rule::CrlCriticalExtension(_) => "UNHANDLED_CRITICAL_CRL_EXTENSION",
            Rule::CrlMalformed("thisUpdate") => "ERROR_IN_CRL_LAST_UPDATE_FIELD",
            Rule::CrlMalformed("nextUpdate") => "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
            Rule::MissingStaple => "OCSP_VERIFY_NEEDED",
            Rule::Ocsp(OcspFault::Unknown) => "OCSP_CERT_UNKNOWN",
            Rule::Ocsp(_) => "OCSP_VERIFY_FAILED",
            Rule::BadSignature | Rule::WrongSigner => "CERT_SIGNATURE_FAILURE",
            Rule::UnsupportedKey(_) | Rule::BadKey(_) if !is_leaf => "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
            Rule::RsaSize(bits) if bits > RSA_MAX_BITS => "CERT_REJECTED",
            Rule::RsaSize(_) if is_leaf => "EE_KEY_TOO_SMALL",
            Rule::RsaSize(_) => "CA_KEY_TOO_SMALL",
            Rule::UnsupportedSignature(_) | Rule::RefusedSignature(_) => "CA_MD_TOO_WEAK",
            Rule::CriticalExtension(_) => "UNHANDLED_CRITICAL_EXTENSION",
            Rule::NotCa | Rule::NoCertSign => "INVALID_CA",
            Rule::PathLength(_) => "PATH_LENGTH_EXCEEDED",
            Rule::Purpose(_) | Rule::NoDigitalSignature | Rule::NoKeyEncipherment => "INVALID_PURPOSE",
            Rule::TooDeep(_) | Rule::Budget => "CERT_CHAIN_TOO_LONG",
            Rule::Name(_) => "HOSTNAME_MISMATCH",
            Rule::NameConstraint { excluded: false, .. } => "PERMITTED_VIOLATION",
            Rule::NameConstraint { excluded: true, .. } => "EXCLUDED_VIOLATION",
            Rule::UnprocessableConstraint(Unprocessable::Distance) => "SUBTREE_MINMAX",
            Rule::UnprocessableConstraint(Unprocessable::Form(_)) => "UNSUPPORTED_CONSTRAINT_TYPE",
            Rule::UnprocessableConstraint(Unprocessable::Constraint(_)) => "UNSUPPORTED_CONSTRAINT_SYNTAX",
            Rule::UnprocessableConstraint(Unprocessable::Name(_)) => "UNSUPPORTED_NAME_SYNTAX",
            Rule::Breach(breach) => breach.code(),
            Rule::Malformed(_)
            | Rule::CrlMalformed(_)
            | Rule::CrlTooLarge
            | Rule::DuplicateExtension(_)
            | Rule::EmptyChain
            | Rule::UnsupportedKey(_)
            | Rule::BadKey(_)
            | Rule::Crypto(_) => "CERT_REJECTED",
        }
    }

    /// What usually helps, for people.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self.code() {
            "CERT_HAS_EXPIRED" => "its owner must renew it; or is the clock of this machine wrong?",
            "CERT_NOT_YET_VALID" | "CRL_NOT_YET_VALID" => "is the clock of this machine right?",
            "HOSTNAME_MISMATCH" => "ask for a name that the certificate has, or have it issued for this one",
            "DEPTH_ZERO_SELF_SIGNED_CERT" => "trust this very certificate, if it is the right one",
            "SELF_SIGNED_CERT_IN_CHAIN" => "trust the CA's certificate, if it is the right one",
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE" | "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" => {
                "either its CA is not trusted, or the peer does not send the intermediate certificates that lead there"
            }
            "CERT_SIGNATURE_FAILURE" => "a CA of this name is there, and another key signed: was the CA made anew?",
            "CERT_REVOKED" => "the issuer has taken it back; its owner must have a new one issued",
            "UNABLE_TO_GET_CRL" => "give a revocation list of its issuer, or accept what none speaks of",
            "CRL_HAS_EXPIRED" => "fetch the issuer's revocation list anew",
            "PERMITTED_VIOLATION" | "EXCLUDED_VIOLATION" => "a CA above it may not issue for this name",
            "INVALID_PURPOSE" => "it was issued for another use; have one issued for this",
            "INVALID_CA" => "what issued it is no CA: is it the right intermediate certificate?",
            "EE_KEY_TOO_SMALL" | "CA_KEY_TOO_SMALL" | "CA_MD_TOO_WEAK" => {
                "it must be made anew with today's algorithms"
            }
            _ => return None,
        })
    }

    /// The alert that tells the peer (RFC 9846 §6.2).
    pub fn alert(&self) -> AlertClass {
        match self.0.rule {
            Rule::NotYetValid { .. } | Rule::Expired { .. } => AlertClass::CertificateExpired,
            Rule::Revoked { .. } => AlertClass::CertificateRevoked,
            // RFC 6066 §8.
            Rule::MissingStaple | Rule::Ocsp(_) => AlertClass::BadCertificateStatusResponse,
            Rule::UnknownIssuer(_) | Rule::SelfSigned => AlertClass::UnknownCa,
            Rule::UnsupportedKey(_)
            | Rule::CriticalExtension(_)
            | Rule::Purpose(_)
            | Rule::NoDigitalSignature
            | Rule::NoKeyEncipherment => AlertClass::UnsupportedCertificate,
            // RFC 9846 §4.5.1.3 asks for bad_certificate where a signature needs SHA-1 or MD5.
            Rule::UnsupportedSignature(_)
            | Rule::RefusedSignature(_)
            | Rule::Malformed(_)
            | Rule::DuplicateExtension(_)
            | Rule::EmptyChain
            | Rule::BadSignature
            | Rule::WrongSigner
            | Rule::BadKey(_)
            | Rule::RsaSize(_)
            | Rule::NotCa
            | Rule::NoCertSign
            | Rule::PathLength(_)
            | Rule::PolicyExtension(_)
            | Rule::NameConstraint { .. }
            | Rule::UnprocessableConstraint(_)
            | Rule::Breach(_)
            | Rule::Name(_) => AlertClass::BadCertificate,
            // Not the peer's fault, nor that of its certificate: whether that is revoked cannot be told.
            Rule::NoCrl
            | Rule::CrlNotYetValid { .. }
            | Rule::CrlExpired { .. }
            | Rule::CrlSignature
            | Rule::CrlAlgorithm(_)
            | Rule::CrlSigner
            | Rule::NoCrlSign
            | Rule::CrlScope(_)
            | Rule::CrlCriticalExtension(_)
            | Rule::CrlMalformed(_)
            | Rule::CrlTooLarge => AlertClass::CertificateUnknown,
            Rule::TooDeep(_) | Rule::Budget | Rule::NoPolicy => AlertClass::CertificateUnknown,
            Rule::Crypto(_) => AlertClass::InternalError,
        }
    }
}

/// A rule by itself, not yet tied to a certificate of a chain.
impl From<Rule> for Error {
    fn from(rule: Rule) -> Self {
        Self::new(rule, None)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let out = &mut Bounded::new(f, Self::DISPLAY_LIMIT);
        if let Some(place) = &self.0.place {
            write!(out, "{} ({}): ", place.which, place.subject)?;
        }
        write!(out, "{}", self.0.rule)?;
        for tried in self.0.tried.iter().take(Self::TRIED_SHOWN) {
            write!(out, "; tried {} ({}): {}", tried.which, tried.subject, tried.rule)?;
        }
        let more = self.0.tried.len().saturating_sub(Self::TRIED_SHOWN).saturating_add(self.0.untold);
        if more > 0 {
            write!(out, "; and {more} more")?;
        }
        Ok(())
    }
}

impl core::error::Error for Error {}

/// The alerts that a certificate can cause. The value is the code point of RFC 9846 §6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum AlertClass {
    /// Corrupt, or a signature does not verify, or for another name.
    BadCertificate = 42,
    /// Of a type or for a purpose that does not fit.
    UnsupportedCertificate = 43,
    /// Revoked by its issuer.
    CertificateRevoked = 44,
    /// Expired, or not valid yet.
    CertificateExpired = 45,
    /// Some other reason.
    CertificateUnknown = 46,
    /// No path to a trust anchor.
    UnknownCa = 48,
    /// The fault is on this side.
    InternalError = 80,
    /// The stapled OCSP response is of no use, or missing.
    BadCertificateStatusResponse = 113,
}

impl AlertClass {
    /// The code point.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Purpose;
    use crate::profile::Breach;
    use crate::reason::Reason;
    use crate::time::Time;
    use alloc::vec;
    use handfast_crypto::{CryptoError, SignatureAlgorithm};

    fn at(depth: usize, rule: Rule) -> Error {
        Error::new(rule, Some(Place { which: Which::Peer(depth), depth, subject: "CN=x".into(), issuer: None }))
    }

    #[test]
    fn codes_and_alerts() {
        let time = Time::from_unix(0);
        for (error, code, alert) in [
            (at(0, Rule::UnknownIssuer("CN=y".into())), "UNABLE_TO_VERIFY_LEAF_SIGNATURE", 48),
            (at(1, Rule::UnknownIssuer("CN=y".into())), "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", 48),
            (at(0, Rule::SelfSigned), "DEPTH_ZERO_SELF_SIGNED_CERT", 48),
            (at(1, Rule::SelfSigned), "SELF_SIGNED_CERT_IN_CHAIN", 48),
            (at(0, Rule::Expired { not_after: time, now: time }), "CERT_HAS_EXPIRED", 45),
            (at(0, Rule::NotYetValid { not_before: time, now: time }), "CERT_NOT_YET_VALID", 45),
            (at(1, Rule::Revoked { at: time, reason: None }), "CERT_REVOKED", 44),
            (at(0, Rule::NoCrl), "UNABLE_TO_GET_CRL", 46),
            (at(0, Rule::CrlNotYetValid { this_update: time, now: time }), "CRL_NOT_YET_VALID", 46),
            (at(0, Rule::CrlExpired { next_update: time, now: time }), "CRL_HAS_EXPIRED", 46),
            (at(0, Rule::CrlSignature), "CRL_SIGNATURE_FAILURE", 46),
            (at(0, Rule::CrlAlgorithm("1.2".into())), "CRL_SIGNATURE_FAILURE", 46),
            (at(0, Rule::CrlSigner), "UNABLE_TO_DECRYPT_CRL_SIGNATURE", 46),
            (at(0, Rule::NoCrlSign), "KEYUSAGE_NO_CRL_SIGN", 46),
            (at(0, Rule::CrlScope("x")), "DIFFERENT_CRL_SCOPE", 46),
            (at(0, Rule::CrlCriticalExtension("1.2".into())), "UNHANDLED_CRITICAL_CRL_EXTENSION", 46),
            (at(0, Rule::CrlMalformed("thisUpdate")), "ERROR_IN_CRL_LAST_UPDATE_FIELD", 46),
            (at(0, Rule::CrlMalformed("nextUpdate")), "ERROR_IN_CRL_NEXT_UPDATE_FIELD", 46),
            (at(0, Rule::CrlMalformed("issuer")), "CERT_REJECTED", 46),
            (at(0, Rule::CrlTooLarge), "CERT_REJECTED", 46),
            (at(0, Rule::MissingStaple), "OCSP_VERIFY_NEEDED", 113),
            (at(0, Rule::Ocsp(OcspFault::BadSignature)), "OCSP_VERIFY_FAILED", 113),
            (at(0, Rule::Ocsp(OcspFault::Unknown)), "OCSP_CERT_UNKNOWN", 113),
            (at(0, Rule::Malformed("notBefore")), "ERROR_IN_CERT_NOT_BEFORE_FIELD", 42),
            (at(0, Rule::Malformed("notAfter")), "ERROR_IN_CERT_NOT_AFTER_FIELD", 42),
            (at(0, Rule::Malformed("issuer")), "CERT_REJECTED", 42),
            (at(0, Rule::DuplicateExtension("1.2".into())), "CERT_REJECTED", 42),
            (at(0, Rule::CriticalExtension("1.2".into())), "UNHANDLED_CRITICAL_EXTENSION", 43),
            (at(1, Rule::BadSignature), "CERT_SIGNATURE_FAILURE", 42),
            (at(1, Rule::WrongSigner), "CERT_SIGNATURE_FAILURE", 42),
            (at(0, Rule::UnsupportedSignature("1.2".into())), "CA_MD_TOO_WEAK", 42),
            (at(0, Rule::RefusedSignature(SignatureAlgorithm::Ed25519)), "CA_MD_TOO_WEAK", 42),
            (at(0, Rule::UnsupportedKey("1.2".into())), "CERT_REJECTED", 43),
            (at(1, Rule::UnsupportedKey("1.2".into())), "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", 43),
            (at(0, Rule::BadKey("x")), "CERT_REJECTED", 42),
            (at(1, Rule::BadKey("x")), "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", 42),
            (at(0, Rule::RsaSize(16_384)), "CERT_REJECTED", 42),
            (at(0, Rule::RsaSize(1024)), "EE_KEY_TOO_SMALL", 42),
            (at(1, Rule::RsaSize(1024)), "CA_KEY_TOO_SMALL", 42),
            (at(1, Rule::NotCa), "INVALID_CA", 42),
            (at(1, Rule::NoCertSign), "INVALID_CA", 42),
            (at(1, Rule::PathLength(0)), "PATH_LENGTH_EXCEEDED", 42),
            (at(0, Rule::NoDigitalSignature), "INVALID_PURPOSE", 43),
            (at(0, Rule::NoKeyEncipherment), "INVALID_PURPOSE", 43),
            (at(0, Rule::Purpose(Purpose::Server)), "INVALID_PURPOSE", 43),
            (at(0, Rule::NoPolicy), "NO_EXPLICIT_POLICY", 46),
            (at(1, Rule::PolicyExtension("x")), "INVALID_POLICY_EXTENSION", 42),
            (at(1, Rule::Malformed("certificatePolicies")), "INVALID_POLICY_EXTENSION", 42),
            (at(1, Rule::Malformed("policyMappings")), "INVALID_POLICY_EXTENSION", 42),
            (at(1, Rule::Malformed("policyConstraints")), "INVALID_POLICY_EXTENSION", 42),
            (at(1, Rule::Malformed("inhibitAnyPolicy")), "INVALID_POLICY_EXTENSION", 42),
            (at(1, Rule::TooDeep(10)), "CERT_CHAIN_TOO_LONG", 46),
            (at(1, Rule::Budget), "CERT_CHAIN_TOO_LONG", 46),
            (at(0, Rule::NameConstraint { name: "x".into(), excluded: false }), "PERMITTED_VIOLATION", 42),
            (at(0, Rule::NameConstraint { name: "x".into(), excluded: true }), "EXCLUDED_VIOLATION", 42),
            (at(1, Rule::UnprocessableConstraint(Unprocessable::Distance)), "SUBTREE_MINMAX", 42),
            (at(0, Rule::UnprocessableConstraint(Unprocessable::Form("x"))), "UNSUPPORTED_CONSTRAINT_TYPE", 42),
            (at(1, Rule::UnprocessableConstraint(Unprocessable::Constraint("x"))), "UNSUPPORTED_CONSTRAINT_SYNTAX", 42),
            (at(0, Rule::UnprocessableConstraint(Unprocessable::Name("x".into()))), "UNSUPPORTED_NAME_SYNTAX", 42),
            (at(0, Rule::Breach(Breach::SerialTooLong)), "CERT_REJECTED", 42),
            (at(1, Rule::Breach(Breach::BasicConstraintsNotCritical)), "CA_BCONS_NOT_CRITICAL", 42),
            (Rule::EmptyChain.into(), "CERT_REJECTED", 42),
            (at(0, Rule::Crypto(CryptoError::Failed)), "CERT_REJECTED", 80),
        ] {
            assert_eq!((error.code(), error.alert().number()), (code, alert), "{error}");
        }
    }

    /// docs/regressions.md row 63.
    #[test]
    fn the_worst_error_displays_in_a_kibibyte() {
        let names = NameMismatch { expected: "e".repeat(253), presented: vec!["p".repeat(200); 4], more: usize::MAX };
        let tried = Tried {
            which: Which::Anchor(usize::MAX),
            depth: 1,
            subject: "s".repeat(131),
            rule: Rule::UnknownIssuer("i".repeat(131)),
        };
        let error = at(0, Rule::Name(Box::new(names))).with_tried(vec![tried; Error::TRIED_LIMIT], usize::MAX);
        let text = error.to_string();
        assert!(text.len() <= Error::DISPLAY_LIMIT, "{}", text.len());
        assert!(text.ends_with('…'));
    }

    #[test]
    fn an_error_reads_well() {
        let at_1970 = Time::from_unix(0);
        assert_eq!(
            Rule::Revoked { at: at_1970, reason: Some(Reason::KeyCompromise) }.to_string(),
            "it was revoked at 1970-01-01T00:00:00Z: keyCompromise"
        );
        let tried = Tried { which: Which::Anchor(7), depth: 2, subject: "CN=R".into(), rule: Rule::BadSignature };
        let error = at(1, Rule::Expired { not_after: Time::from_unix(0), now: Time::from_unix(86_400) });
        assert_eq!(
            error.with_tried(vec![tried], 2).to_string(),
            "certificate 1 (CN=x): it was valid until 1970-01-01T00:00:00Z, and now is 1970-01-02T00:00:00Z; \
             tried trust anchor 7 (CN=R): its key did not make the signature; and 2 more"
        );
    }
}
