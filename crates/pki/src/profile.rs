//! What can be held against a single certificate beyond the validation of paths: the MUSTs of a certificate profile.
//!
//! RFC 5280 §6 asks little of a certificate: what it does not process, it does not look at. §4 and the CA/Browser Forum tell
//! issuers more. A relying party that insists on it learns early that an issuer is careless; one that does not accepts
//! what others accept. So this is a choice, [`Profile`].
//!
//! # Every MUST of RFC 5280 §4, and what becomes of it
//!
//! *Parser*: no certificate without it can be read, or relied on, under any profile. *Issuer*: the certificate does not show
//! whether it was kept.
//!
//! | clause | MUST | where |
//! |---|---|---|
//! | §4.1 | DER | parser |
//! | §4.1.1.2 | both algorithm identifiers are the same | parser |
//! | §4.1.1.2, RFC 4055 §5 | the parameters fit the algorithm | parser; RSA without NULL must be understood, and is |
//! | §4.1.2.1 | version 3 where there are extensions, 2 or 3 where there are unique identifiers | parser |
//! | §4.1.2.2 | the serial number is positive, and has at most 20 octets | [`Breach::SerialNotPositive`], [`Breach::SerialTooLong`] |
//! | §4.1.2.2 | the serial number is unique for its issuer | issuer |
//! | §4.1.2.4 | the issuer is not empty | [`Breach::IssuerEmpty`] |
//! | §4.1.2.4 | DirectoryString is PrintableString or UTF8String | not held: names that began otherwise are to stay so |
//! | §4.1.2.5 | seconds and Z, no fraction | parser |
//! | §4.1.2.5 | UTCTime through 2049, GeneralizedTime from 2050 | [`Breach::TimeForm`] |
//! | §4.1.2.6 | a CA, a CRL issuer, and who has no alternative name has a subject | [`Breach::SubjectEmpty`] |
//! | §4.1.2.6 | a CA writes its name as issuer as it is written as subject | as octets by WebPki alone ([`Breach::IssuerNotCopied`]): a reader compares names as §7.1 says |
//! | §4.1.2.7 | the key is encoded as its algorithm says (no explicit curve: OpenSSL's EC_KEY_EXPLICIT_PARAMS) | parser |
//! | §4.1.2.8 | no unique identifiers | [`Breach::UniqueIdentifier`] |
//! | §4.2 | no extension twice; critical ones are known | parser, path |
//! | §4.2.1.1 | there, with keyIdentifier, unless self-signed; not critical | [`Breach::AkiMissing`], [`Breach::AkiCritical`], [`Breach::AkiUnpaired`] |
//! | §4.2.1.1 | it is the issuer's | [`Breach::AkiMismatch`], [`Breach::AkiSerialMismatch`] |
//! | §4.2.1.2 | in every CA; not critical | [`Breach::SkiMissing`], [`Breach::SkiCritical`] |
//! | §4.2.1.3 | in every CA; one bit at least; keyCertSign only with cA | [`Breach::KeyUsageMissing`], [`Breach::KeyUsageEmpty`], [`Breach::CertSignNotCa`] |
//! | §4.2.1.4 | no policy twice | [`Breach::PolicyTwice`] |
//! | §4.2.1.4 | encodings and lengths of notices | not held: nobody here shows a notice |
//! | §4.2.1.5 | never from or to anyPolicy | [`Breach::MappingAnyPolicy`] |
//! | §4.2.1.6 | not empty; critical when the subject is empty | [`Breach::SanEmpty`], [`Breach::SubjectEmptySanNotCritical`] |
//! | §4.2.1.6, §4.2.1.7 | the forms of names | [`Breach::DnsNameForm`], [`Breach::EmailForm`], [`Breach::UriForm`], [`Breach::IpAddressForm`] |
//! | §4.2.1.6 | the CA verified each name | issuer |
//! | §4.2.1.8 | not critical | [`Breach::SdaCritical`] |
//! | §4.2.1.9 | in every CA, critical; pathLen only with cA and keyCertSign | [`Breach::BasicConstraintsMissing`], [`Breach::BasicConstraintsNotCritical`], [`Breach::PathLenNotCa`], [`Breach::PathLenNoCertSign`] |
//! | §4.2.1.10 | only in a CA; critical; not empty; no minimum, no maximum; forms | [`Breach::NameConstraintsNotCa`], [`Breach::NameConstraintsNotCritical`], [`Breach::NameConstraintsEmpty`], [`Breach::NameConstraintsForm`] |
//! | §4.2.1.11 | critical; not empty | [`Breach::PolicyConstraintsNotCritical`], [`Breach::PolicyConstraintsEmpty`] |
//! | §4.2.1.12 | consistent with keyUsage | not held: RFC 5280 says for no purpose that a bit must be there |
//! | §4.2.1.13, §4.2.1.15 | a point is not reasons alone; cRLIssuer only when it is another | [`Breach::CrlPointEmpty`], [`Breach::CrlIssuerIsIssuer`] |
//! | §4.2.1.14 | critical | [`Breach::InhibitAnyPolicyNotCritical`] |
//! | §4.2.1.15 | not critical | [`Breach::FreshestCrlCritical`] |
//! | §4.2.2.1, §4.2.2.2 | not critical | [`Breach::AiaCritical`], [`Breach::SiaCritical`] |
//!
//! What a SHOULD says is not held: a critical issuerAltName, cRLDistributionPoints or anyExtendedKeyUsage, mappings that are
//! not critical.
//!
//! # Trust anchors
//!
//! An anchor that is given as a certificate is held to the same, because `openssl verify -x509_strict` does. Its
//! authorityKeyIdentifier may be missing when it is self-signed (§4.2.1.1). One of version 1 has no basicConstraints, and is
//! refused: §6.1.4 (k) lets a verifier know by other means that it is a CA, but §4.2.1.9 lets no issuer leave it out. Under
//! [`Profile::Path`] it is still accepted.
//!
//! A leaf that is itself trusted, octet for octet, is outside of both profiles (RFC 6818 §2): nobody should call [`check`] for
//! it.
//!
//! # What of the Baseline Requirements is not held
//!
//! - The longest validity: a duty of the issuer that changes by date.
//! - The presence of authorityInfoAccess, cRLDistributionPoints and policies, and the entropy of serial numbers: duties that
//!   make the life of a relying party easier and whose breach makes no certificate wrong.
//! - Wildcards below a public suffix of more than one label, internal names and reserved addresses: they need lists that
//!   change, and a name that nobody can own is not reached by accident.
//! - Bits of keyUsage but keyCertSign and a leaf's cRLSign, its criticality, and attributes of subjects but the commonName: many roots and private CAs are
//!   older than the clauses, and no decision depends on them.
//! - That nameConstraints are critical: BR §7.1.2.10.8 makes an exception from RFC 5280.
//!
//! The Baseline Requirements know servers only. A certificate for another purpose is held to the same under
//! [`Profile::WebPki`], but for what they say of purposes.

mod breach;
mod rfc5280;
pub(crate) mod syntax;
mod web_pki;

pub use breach::Breach;

use crate::cert::Certificate;
use crate::error::Rule;
use crate::policy::Purpose;

/// What is asked of each certificate of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// What the validation of paths needs (RFC 5280 §6), no more.
    #[default]
    Path,
    /// The MUSTs of RFC 5280 §4.
    Rfc5280,
    /// Those, and of the Baseline Requirements for TLS server certificates of the CA/Browser Forum (version 2) the
    /// certificate profiles and the rules for keys.
    WebPki,
}

/// The place of a certificate on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The peer's own.
    Leaf,
    /// It issued another certificate of the path, and is not trusted by itself.
    Intermediate,
    /// A trust anchor that was given as a whole certificate.
    Anchor,
}

/// Checks what one certificate, whose leaf is to serve these purposes, says about itself. The time is linear in its length, but for a logarithm for the policies.
///
/// # Errors
/// [`Rule::Breach`]; [`Rule::Malformed`] for any extension that is known here; under [`Profile::WebPki`] also what
/// [`Certificate::public_key`] and [`Certificate::signature_algorithm`] find.
pub fn check(certificate: &Certificate<'_>, role: Role, profile: Profile, purposes: &[Purpose]) -> Result<(), Rule> {
    match profile {
        Profile::Path => Ok(()),
        Profile::Rfc5280 => {
            rfc5280::check(certificate, role)?;
            rfc5280::name_constraints_are_critical(certificate)
        }
        Profile::WebPki => {
            web_pki::version(certificate)?;
            rfc5280::check(certificate, role)?;
            web_pki::check(certificate, role, purposes.contains(&Purpose::Server))
        }
    }
}

/// Checks where `child` and the certificate of its issuer must agree.
///
/// # Errors
/// As [`check`].
pub fn check_pair(child: &Certificate<'_>, issuer: &Certificate<'_>, profile: Profile) -> Result<(), Rule> {
    match profile {
        Profile::Path => Ok(()),
        Profile::Rfc5280 => rfc5280::check_pair(child, issuer),
        Profile::WebPki => {
            rfc5280::check_pair(child, issuer)?;
            web_pki::check_pair(child, issuer)
        }
    }
}
