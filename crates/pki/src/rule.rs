//! The rules that a certificate can break.

use crate::ocsp::OcspFault;
use crate::policy::Purpose;
use crate::profile::Breach;
use crate::reason::Reason;
use crate::time::Time;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use handfast_crypto::{CryptoError, SignatureAlgorithm};

/// A rule that a certificate can break.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// This field is not the DER that it has to be.
    Malformed(&'static str),
    /// An extension, given as a dotted identifier, is there twice (RFC 5280 §4.2).
    DuplicateExtension(String),
    /// A critical extension, given as a dotted identifier, is not known (RFC 5280 §4.2).
    CriticalExtension(String),
    /// There was no certificate.
    EmptyChain,
    /// It is too early.
    NotYetValid {
        /// The first second of validity.
        not_before: Time,
        /// The time that the check was given.
        now: Time,
    },
    /// It is too late.
    Expired {
        /// The last second of validity.
        not_after: Time,
        /// The time that the check was given.
        now: Time,
    },
    /// Its issuer took it back.
    Revoked {
        /// When, by the issuer's statement.
        at: Time,
        /// Why, if the issuer says.
        reason: Option<Reason>,
    },
    /// No CRL of its issuer is at hand, and policy wants one.
    NoCrl,
    /// The issuer's CRL is not valid yet.
    CrlNotYetValid {
        /// When it says it was made.
        this_update: Time,
        /// The time that the check was given.
        now: Time,
    },
    /// The issuer's CRL is out of date.
    CrlExpired {
        /// When its successor was due.
        next_update: Time,
        /// The time that the check was given.
        now: Time,
    },
    /// The issuer's key did not sign the CRL that has the issuer's name.
    CrlSignature,
    /// The signature algorithm of the issuer's CRL, a dotted identifier or a name, is not known or not accepted.
    CrlAlgorithm(String),
    /// The issuer's key is of another kind than the signature of the CRL, or unusable.
    CrlSigner,
    /// The issuer's keyUsage does not contain cRLSign (RFC 5280 §6.3.3 (f)).
    NoCrlSign,
    /// The issuer's CRLs are about other certificates or not about all reasons, or of a kind that is not processed: this field
    /// says so.
    CrlScope(&'static str),
    /// A critical extension of the issuer's CRL or of one of its entries, given as a dotted identifier, is not known
    /// (RFC 5280 §5.2, §5.3).
    CrlCriticalExtension(String),
    /// This field of the issuer's CRL is missing, or not the DER that it has to be.
    CrlMalformed(&'static str),
    /// The issuer's CRL was not loaded: it has more octets or entries than a set of CRLs can have.
    CrlTooLarge,
    /// No OCSP response came with it, and one is insisted on, by itself or by the policy.
    MissingStaple,
    /// The OCSP response that came with it is of no use.
    Ocsp(OcspFault),
    /// No trust anchor and no certificate of the peer has this name, the issuer's; escaped and cut.
    UnknownIssuer(String),
    /// It is signed with its own key, and not trusted.
    SelfSigned,
    /// The issuer's key did not make the signature.
    BadSignature,
    /// The issuer's key is of another kind than the signature.
    WrongSigner,
    /// The signature algorithm, given as a dotted identifier, is not known or too weak.
    UnsupportedSignature(String),
    /// The policy does not accept the signature algorithm.
    RefusedSignature(SignatureAlgorithm),
    /// The key's algorithm or curve, given as a dotted identifier, is not known.
    UnsupportedKey(String),
    /// The public key cannot be one.
    BadKey(&'static str),
    /// The RSA modulus has this many bits, fewer than 2,048 or more than 8,192.
    RsaSize(usize),
    /// It is not a CA and issued a certificate (RFC 5280 §6.1.4 (k)).
    NotCa,
    /// Its keyUsage does not contain keyCertSign, and it issued a certificate (RFC 5280 §6.1.4 (n)).
    NoCertSign,
    /// More intermediate certificates follow it than this pathLenConstraint allows (RFC 5280 §6.1.4 (l)).
    PathLength(u32),
    /// Its keyUsage does not contain digitalSignature, and a leaf signs the handshake (RFC 9846 §4.5.1.2).
    NoDigitalSignature,
    /// keyUsage of the leaf does not include keyEncipherment, which RSA key transport needs (RFC 5246 §7.4.2).
    NoKeyEncipherment,
    /// Its extKeyUsage does not contain this purpose.
    Purpose(Purpose),
    /// An explicit certificate policy is required, and the path is valid for none, or for none that is acceptable
    /// (RFC 5280 §6.1.3 (f), §6.1.5 (g)).
    NoPolicy,
    /// An extension about certificate policies says what it may not (RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11).
    PolicyExtension(&'static str),
    /// More intermediate certificates than the policy allows would be needed.
    TooDeep(u8),
    /// The search took as much work as the policy allows and had not ended.
    Budget,
    /// It does not keep a MUST of the profile that is asked for.
    Breach(Breach),
    /// It speaks for other names.
    Name(Box<NameMismatch>),
    /// It has a name that the name constraints of a CA above it do not allow (RFC 5280 §6.1.3 (b), (c)).
    NameConstraint {
        /// The form and the name, escaped and cut.
        name: String,
        /// The name is excluded; otherwise it is outside of all that is permitted.
        excluded: bool,
    },
    /// A name constraint cannot be processed, and so whether it is kept cannot be told (RFC 5280 §4.2.1.10).
    UnprocessableConstraint(Unprocessable),
    /// The provider could not do its part.
    Crypto(CryptoError),
}

/// Why a name constraint cannot be processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unprocessable {
    /// A subtree has a minimum other than 0 or a maximum.
    Distance,
    /// Names of this form are constrained and the certificate has one, but the form is not processed.
    Form(&'static str),
    /// A constraint on names of this form is not what such a constraint has to be.
    Constraint(&'static str),
    /// This name of the certificate, escaped and cut, falls under a constraint and is not what its form asks for.
    Name(String),
}

/// The names that did not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameMismatch {
    /// The name that was asked for.
    pub expected: String,
    /// Names of the certificate, escaped and cut; the first few.
    pub presented: Vec<String>,
    /// How many more it has.
    pub more: usize,
}

impl Rule {
    /// The same about a CRL: `self` is what the readers say that CRLs share with certificates.
    pub(crate) fn of_crl(self) -> Self {
        match self {
            Self::Malformed(field) => Self::CrlMalformed(field),
            Self::DuplicateExtension(_) => Self::CrlMalformed("list of extensions"),
            Self::UnsupportedSignature(oid) => Self::CrlAlgorithm(oid),
            rule => rule,
        }
    }

    /// How much it tells when several candidates failed: a candidate that fits and is expired says more than one that
    /// happens to have the same name, and what was found on a path that reaches an anchor more than any of them.
    pub(crate) fn weight(&self) -> u8 {
        match self {
            Self::BadSignature | Self::WrongSigner => 0,
            Self::UnknownIssuer(_) | Self::SelfSigned => 1,
            Self::TooDeep(_) => 2,
            Self::NameConstraint { .. } | Self::NoPolicy | Self::NoCrl | Self::MissingStaple => 4,
            Self::Revoked { .. } => 5,
            _ => 3,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(field) => write!(f, "its {field} is malformed"),
            Self::DuplicateExtension(oid) => write!(f, "its extension {oid} is there twice"),
            Self::CriticalExtension(oid) => write!(f, "its critical extension {oid} is not known"),
            Self::EmptyChain => f.write_str("there is no certificate"),
            Self::NotYetValid { not_before, now } => write!(f, "it is valid from {not_before}, and now is {now}"),
            Self::Expired { not_after, now } => write!(f, "it was valid until {not_after}, and now is {now}"),
            Self::Revoked { at, reason: Some(reason) } => write!(f, "it was revoked at {at}: {reason}"),
            Self::Revoked { at, reason: None } => write!(f, "it was revoked at {at}"),
            Self::NoCrl => f.write_str("there is no CRL of its issuer"),
            Self::CrlNotYetValid { this_update, now } => {
                write!(f, "the CRL of its issuer is valid from {this_update}, and now is {now}")
            }
            Self::CrlExpired { next_update, now } => {
                write!(f, "the CRL of its issuer was valid until {next_update}, and now is {now}")
            }
            Self::CrlSignature => f.write_str("its issuer's key did not make the signature of the CRL"),
            Self::CrlAlgorithm(algorithm) => {
                write!(f, "the signature algorithm {algorithm} of its issuer's CRL is not accepted")
            }
            Self::CrlSigner => f.write_str("its issuer's key is of another kind than the signature of the CRL"),
            Self::NoCrlSign => f.write_str("its issuer's keyUsage does not allow it to sign CRLs"),
            Self::CrlScope(field) => write!(f, "the CRL of its issuer does not cover it, by its {field}"),
            Self::CrlCriticalExtension(oid) => {
                write!(f, "the critical extension {oid} of its issuer's CRL is not known")
            }
            Self::CrlMalformed(field) => write!(f, "the {field} of its issuer's CRL is missing or malformed"),
            Self::CrlTooLarge => f.write_str("the CRL of its issuer is too large and was not loaded"),
            Self::MissingStaple => f.write_str("no OCSP response came with it, and one is required"),
            Self::Ocsp(fault) => fmt::Display::fmt(fault, f),
            Self::UnknownIssuer(issuer) => {
                write!(f, "its issuer ({issuer}) is neither a trust anchor nor among the peer's certificates")
            }
            Self::SelfSigned => f.write_str("it is self-signed and not trusted"),
            Self::BadSignature => f.write_str("its key did not make the signature"),
            Self::WrongSigner => f.write_str("its key is of another kind than the signature"),
            Self::UnsupportedSignature(oid) => write!(f, "its signature algorithm {oid} is not supported"),
            Self::RefusedSignature(algorithm) => {
                write!(f, "its signature algorithm {algorithm:?} is not accepted by the policy")
            }
            Self::UnsupportedKey(oid) => write!(f, "its public key algorithm {oid} is not supported"),
            Self::BadKey(why) => write!(f, "its public key is unusable: {why}"),
            Self::RsaSize(bits) => write!(f, "its RSA key has {bits} bits, not 2048 to 8192"),
            Self::NotCa => f.write_str("it is not a CA"),
            Self::NoCertSign => f.write_str("its keyUsage does not allow it to sign certificates"),
            Self::PathLength(limit) => write!(f, "it allows only {limit} intermediate certificates below it"),
            Self::NoDigitalSignature => f.write_str("its keyUsage does not allow digital signatures"),
            Self::NoKeyEncipherment => f.write_str("its keyUsage does not allow the encipherment of keys"),
            Self::Purpose(Purpose::Server) => f.write_str("its extKeyUsage does not allow it to be a TLS server"),
            Self::Purpose(Purpose::Client) => f.write_str("its extKeyUsage does not allow it to be a TLS client"),
            Self::NoPolicy => {
                f.write_str("an explicit certificate policy is required, and none that is acceptable is valid")
            }
            Self::PolicyExtension(what) => write!(f, "its certificate policies are invalid: {what}"),
            Self::Purpose(purpose) => write!(f, "its extKeyUsage does not contain {purpose}"),
            Self::TooDeep(limit) => write!(f, "a path would need more than {limit} intermediate certificates"),
            Self::Budget => f.write_str("the search for a path was given up: it costs more than it may"),
            Self::Breach(breach) => fmt::Display::fmt(breach, f),
            Self::Name(names) => fmt::Display::fmt(names, f),
            Self::NameConstraint { name, excluded: false } => {
                write!(f, "its {name} is not among the names that a CA above it may issue for")
            }
            Self::NameConstraint { name, excluded: true } => {
                write!(f, "its {name} is among the names that a CA above it may not issue for")
            }
            Self::UnprocessableConstraint(why) => fmt::Display::fmt(why, f),
            Self::Crypto(error) => write!(f, "the check could not be made: {error}"),
        }
    }
}

impl core::error::Error for Rule {}

impl fmt::Display for Unprocessable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distance => f.write_str("its nameConstraints limit the depth of a subtree"),
            Self::Form(form) => write!(f, "a CA above it constrains names of the form {form}, which is not supported"),
            Self::Constraint(form) => write!(f, "its nameConstraints have a malformed {form}"),
            Self::Name(name) => write!(f, "its {name} is malformed, and a CA above it constrains such names"),
        }
    }
}

impl fmt::Display for NameMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it does not speak for {}", self.expected)?;
        if self.presented.is_empty() {
            return f.write_str(": it names no host");
        }
        for (at, name) in self.presented.iter().enumerate() {
            write!(f, "{}{name}", if at == 0 { ", only for " } else { ", " })?;
        }
        if self.more > 0 {
            write!(f, " and {} more", self.more)?;
        }
        Ok(())
    }
}
