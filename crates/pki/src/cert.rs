//! A certificate, read in place.

mod extensions;

use crate::asn1::{Reader, Signed, constructed, primitive};
use crate::constraints::NameConstraints;
use crate::error::Rule;
use crate::extension::{self, BasicConstraints, ExtendedKeyUsage, Extension, GeneralNames, KeyUsage};
use crate::oid;
use crate::policy_extension::{self, CertificatePolicies, PolicyConstraints, PolicyMapping};
use crate::signature_algorithm::CertificateSignature;
use crate::spki;
use crate::subject::Name;
use crate::time::Time;
use alloc::vec::Vec;
use core::fmt;
use der::Tag;
use handfast_crypto::PublicKey;

/// A certificate whose outer structure is well-formed DER. What is inside keys, algorithms and extensions is read when
/// it is asked for, so that an odd certificate that nobody relies on stands in nobody's way.
///
/// ```text
/// Certificate ::= SEQUENCE {                                RFC 5280 §4.1
///     tbsCertificate          TBSCertificate               what is signed
///     signatureAlgorithm      AlgorithmIdentifier          the same octets as inside
///     signatureValue          BIT STRING }                 whole octets
///
/// TBSCertificate ::= SEQUENCE {
///     version             [0] EXPLICIT INTEGER DEFAULT v1  v1 = 0, v2 = 1, v3 = 2
///     serialNumber            INTEGER                      any sign, any length
///     signature               AlgorithmIdentifier
///     issuer                  Name
///     validity                SEQUENCE { notBefore Time, notAfter Time }
///     subject                 Name
///     subjectPublicKeyInfo    SubjectPublicKeyInfo
///     issuerUniqueID      [1] IMPLICIT BIT STRING OPTIONAL     v2, v3; nobody uses it
///     subjectUniqueID     [2] IMPLICIT BIT STRING OPTIONAL     v2, v3; nobody uses it
///     extensions          [3] EXPLICIT Extensions OPTIONAL }   v3
/// ```
#[derive(Clone)]
pub struct Certificate<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    version: Version,
    serial: &'a [u8],
    algorithm: &'a [u8],
    issuer: Name<'a>,
    validity: Validity,
    times: &'a [u8],
    subject: Name<'a>,
    spki: &'a [u8],
    rest: Rest<'a>,
    signature: &'a [u8],
}

/// What follows the SubjectPublicKeyInfo.
#[derive(Clone)]
struct Rest<'a> {
    issuer_unique_id: Option<&'a [u8]>,
    subject_unique_id: Option<&'a [u8]>,
    extensions: Vec<Extension<'a>>,
}

/// The version of a certificate's syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Without extensions.
    V1,
    /// With unique identifiers.
    V2,
    /// With extensions.
    V3,
}

/// From when to when a certificate is valid, both ends included (RFC 5280 §4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: Time,
    /// The last second.
    pub not_after: Time,
}

impl Validity {
    /// Whether `now` lies inside.
    ///
    /// # Errors
    /// [`Rule::NotYetValid`], [`Rule::Expired`].
    pub fn check(&self, now: Time) -> Result<(), Rule> {
        if now < self.not_before {
            return Err(Rule::NotYetValid { not_before: self.not_before, now });
        }
        if now > self.not_after {
            return Err(Rule::Expired { not_after: self.not_after, now });
        }
        Ok(())
    }

    fn read(content: &[u8]) -> Result<Self, Rule> {
        let mut reader = Reader::new(content, "notBefore")?;
        let not_before = Time::read(&mut reader)?;
        let mut reader = reader.named("notAfter");
        let not_after = Time::read(&mut reader)?;
        reader.named("validity").end()?;
        Ok(Self { not_before, not_after })
    }
}

impl<'a> Certificate<'a> {
    /// Reads a certificate.
    ///
    /// # Errors
    /// [`Rule::Malformed`] names the field; [`Rule::DuplicateExtension`].
    pub fn parse(der: &'a [u8]) -> Result<Self, Rule> {
        let Signed { tbs, algorithm, signature } = Signed::read(der)?;
        let mut reader = Reader::new(tbs.value, "version")?;
        let version = Version::read(&mut reader)?;
        let mut reader = reader.named("serialNumber");
        let serial = reader.integer()?;
        // RFC 5280 §4.1.1.2: what names the algorithm is outside of what is signed, so it has to repeat what is inside.
        let mut reader = reader.named("signatureAlgorithm");
        if reader.take(Tag::Sequence)? != algorithm {
            return Err(reader.malformed());
        }
        let mut reader = reader.named("issuer");
        let issuer = Name::new(reader.take(Tag::Sequence)?);
        let mut reader = reader.named("validity");
        let times = reader.take(Tag::Sequence)?;
        let validity = Validity::read(times)?;
        let mut reader = reader.named("subject");
        let subject = Name::new(reader.take(Tag::Sequence)?);
        let mut reader = reader.named("subjectPublicKeyInfo");
        let spki = reader.take(Tag::Sequence)?;
        let rest = Rest::read(reader.named("tbsCertificate"), version)?;
        let tbs = tbs.der;
        Ok(Self { der, tbs, version, serial, algorithm, issuer, validity, times, subject, spki, rest, signature })
    }

    /// When a certificate is valid, for who has parsed it before and needs nothing else of it: what follows is not read.
    ///
    /// # Errors
    /// Those of [`Certificate::parse`] that concern what is read.
    pub fn validity_of(der: &'a [u8]) -> Result<Validity, Rule> {
        let mut reader = Reader::new(Signed::read(der)?.tbs.value, "version")?;
        Version::read(&mut reader)?;
        let mut reader = reader.named("serialNumber");
        reader.integer()?;
        let mut reader = reader.named("signatureAlgorithm");
        reader.take(Tag::Sequence)?;
        let mut reader = reader.named("issuer");
        reader.take(Tag::Sequence)?;
        Validity::read(reader.named("validity").take(Tag::Sequence)?)
    }

    /// The whole certificate.
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// What the issuer signed.
    pub const fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// The version of the syntax.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The content octets of the serial number, a signed big-endian integer of any length.
    pub const fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// Who signed it.
    pub const fn issuer(&self) -> Name<'a> {
        self.issuer
    }

    /// From when to when.
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Whether both times are written in the form that RFC 5280 §4.1.2.5 has for their year.
    pub fn has_fitting_time_forms(&self) -> bool {
        let Ok(mut reader) = Reader::new(self.times, "validity") else {
            return false;
        };
        [self.validity.not_before, self.validity.not_after]
            .into_iter()
            .all(|time| reader.element().is_ok_and(|element| time.is_written_as(element.tag)))
    }

    /// Whose key it certifies.
    pub const fn subject(&self) -> Name<'a> {
        self.subject
    }

    /// The content octets of the SubjectPublicKeyInfo, without its outer tag and length.
    pub const fn spki(&self) -> &'a [u8] {
        self.spki
    }

    /// The content octets of the AlgorithmIdentifier of the signature.
    pub const fn algorithm(&self) -> &'a [u8] {
        self.algorithm
    }

    /// The `issuerUniqueID`, the content octets of its BIT STRING.
    pub const fn issuer_unique_id(&self) -> Option<&'a [u8]> {
        self.rest.issuer_unique_id
    }

    /// The `subjectUniqueID`, the content octets of its BIT STRING.
    pub const fn subject_unique_id(&self) -> Option<&'a [u8]> {
        self.rest.subject_unique_id
    }

    /// The octets of the signature.
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// Issuer and subject are the same name. The key may still be another one: a CA that changes keys issues such.
    pub fn is_self_issued(&self) -> bool {
        self.issuer.matches(self.subject)
    }

    /// The subject's key.
    ///
    /// # Errors
    /// As [`spki::parse_content`].
    pub fn public_key(&self) -> Result<PublicKey, Rule> {
        spki::parse_content(self.spki)
    }

    /// How it is signed.
    ///
    /// # Errors
    /// As [`CertificateSignature::parse_content`].
    pub fn signature_algorithm(&self) -> Result<CertificateSignature, Rule> {
        CertificateSignature::parse_content(self.algorithm)
    }

    /// All extensions, each at most once, in the order of the certificate.
    pub fn extensions(&self) -> &[Extension<'a>] {
        &self.rest.extensions
    }

    /// The extension with this object identifier, given as its content octets.
    pub fn extension(&self, oid: &[u8]) -> Option<&Extension<'a>> {
        self.rest.extensions.iter().find(|extension| extension.oid == oid)
    }

    /// The `basicConstraints`.
    ///
    /// # Errors
    /// [`Rule::Malformed`], as for all extensions below.
    pub fn basic_constraints(&self) -> Result<Option<BasicConstraints>, Rule> {
        self.find(oid::BASIC_CONSTRAINTS).map(BasicConstraints::read).transpose()
    }

    /// The `keyUsage`.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn key_usage(&self) -> Result<Option<KeyUsage>, Rule> {
        self.find(oid::KEY_USAGE).map(KeyUsage::read).transpose()
    }

    /// The `extKeyUsage`.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn extended_key_usage(&self) -> Result<Option<ExtendedKeyUsage<'a>>, Rule> {
        self.find(oid::EXTENDED_KEY_USAGE).map(ExtendedKeyUsage::read).transpose()
    }

    /// The names of the `subjectAltName`; none when there is no such extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`], here or from the iterator.
    pub fn subject_alt_names(&self) -> Result<GeneralNames<'a>, Rule> {
        self.find(oid::SUBJECT_ALT_NAME).map_or(Ok(GeneralNames::none()), GeneralNames::read)
    }

    /// The `nameConstraints`.
    ///
    /// # Errors
    /// [`Rule::Malformed`]; [`Rule::UnprocessableConstraint`].
    pub fn name_constraints(&self) -> Result<Option<NameConstraints<'a>>, Rule> {
        self.find(oid::NAME_CONSTRAINTS).map(NameConstraints::read).transpose()
    }

    /// The `subjectKeyIdentifier`.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn subject_key_identifier(&self) -> Result<Option<&'a [u8]>, Rule> {
        self.find(oid::SUBJECT_KEY_IDENTIFIER).map(extension::subject_key_identifier).transpose()
    }

    /// The `keyIdentifier` of the `authorityKeyIdentifier`.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn authority_key_identifier(&self) -> Result<Option<&'a [u8]>, Rule> {
        self.find(oid::AUTHORITY_KEY_IDENTIFIER).map_or(Ok(None), extension::authority_key_identifier)
    }

    /// The `certificatePolicies`.
    ///
    /// # Errors
    /// [`Rule::Malformed`]; [`Rule::PolicyExtension`] when a policy is there twice.
    pub fn certificate_policies(&self) -> Result<Option<CertificatePolicies<'a>>, Rule> {
        self.find(oid::CERTIFICATE_POLICIES).map(CertificatePolicies::read).transpose()
    }

    /// The `policyMappings`, at least one when there is the extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`]; [`Rule::PolicyExtension`] when anyPolicy is mapped.
    pub fn policy_mappings(&self) -> Result<Vec<PolicyMapping<'a>>, Rule> {
        self.find(oid::POLICY_MAPPINGS).map_or(Ok(Vec::new()), PolicyMapping::read_all)
    }

    /// The `policyConstraints`.
    ///
    /// # Errors
    /// [`Rule::Malformed`]; [`Rule::PolicyExtension`] when it is empty.
    pub fn policy_constraints(&self) -> Result<Option<PolicyConstraints>, Rule> {
        self.find(oid::POLICY_CONSTRAINTS).map(PolicyConstraints::read).transpose()
    }

    /// The `inhibitAnyPolicy`: after how many certificates that are not self-issued anyPolicy counts no more.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn inhibit_any_policy(&self) -> Result<Option<u32>, Rule> {
        self.find(oid::INHIBIT_ANY_POLICY).map(policy_extension::inhibit_any_policy).transpose()
    }

    /// Whether the certificate may only be used with a stapled OCSP response: its TLS features contain status_request (RFC
    /// 7633 §4). What other features it asks for is not looked at.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn must_staple(&self) -> Result<bool, Rule> {
        self.find(oid::TLS_FEATURE).map_or(Ok(false), extension::must_staple)
    }

    /// Whether the certificate has the extension that a filter of a TLS server asks for, both in DER (RFC 9846 §4.3.5): of
    /// keyUsage every bit, of extKeyUsage every purpose, and with an empty value any. Other extensions are not recognised,
    /// and a filter for one excludes nobody.
    pub fn passes_filter(&self, oid: &[u8], value: &[u8]) -> bool {
        match filtered(oid) {
            Some(oid::KEY_USAGE) => match (self.key_usage(), KeyUsage::read(value)) {
                (Ok(Some(own)), Ok(wanted)) => own.contains(wanted),
                (Ok(own), Err(_)) => own.is_some() && value.is_empty(),
                (Ok(None) | Err(_), _) => false,
            },
            Some(oid::EXTENDED_KEY_USAGE) => match (self.extended_key_usage(), ExtendedKeyUsage::read(value)) {
                (Ok(Some(own)), Ok(wanted)) => wanted.oids().iter().all(|purpose| own.oids().contains(purpose)),
                (Ok(own), Err(_)) => own.is_some() && value.is_empty(),
                (Ok(None) | Err(_), _) => false,
            },
            _ => true,
        }
    }

    /// Whether a filter for this extension, its OID in DER, is one that [`Certificate::passes_filter`] recognises: what has no
    /// extensions passes none of those.
    pub fn has_filter(oid: &[u8]) -> bool {
        matches!(filtered(oid), Some(oid::KEY_USAGE | oid::EXTENDED_KEY_USAGE))
    }

    fn find(&self, oid: &[u8]) -> Option<&'a [u8]> {
        self.extension(oid).map(|extension| extension.value)
    }
}

/// The content of a filter's OID.
fn filtered(oid: &[u8]) -> Option<&[u8]> {
    match oid.split_first_chunk() {
        Some(([crate::encode::OBJECT_IDENTIFIER, len], content)) => {
            Some(content).filter(|_| content.len() == usize::from(*len))
        }
        None | Some(_) => None,
    }
}

impl fmt::Debug for Certificate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject)
            .field("issuer", &self.issuer)
            .field("validity", &self.validity)
            .finish_non_exhaustive()
    }
}

impl Version {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Rule> {
        let Some(explicit) = reader.maybe(constructed(0))? else {
            return Ok(Self::V1);
        };
        let mut inner = Reader::new(explicit, "version")?;
        let version = match inner.small()? {
            // v1 is the default, and DER leaves a default out.
            1 => Self::V2,
            2 => Self::V3,
            _ => return Err(inner.malformed()),
        };
        inner.end()?;
        Ok(version)
    }
}

impl<'a> Rest<'a> {
    /// Unique identifiers and extensions, as far as the version has them.
    fn read(mut reader: Reader<'a>, version: Version) -> Result<Self, Rule> {
        let mut own = Self { issuer_unique_id: None, subject_unique_id: None, extensions: Vec::new() };
        if version >= Version::V2 {
            own.issuer_unique_id = reader.maybe(primitive(1))?;
            own.subject_unique_id = reader.maybe(primitive(2))?;
        }
        if version == Version::V3
            && let Some(explicit) = reader.maybe(constructed(3))?
        {
            own.extensions = Extension::read_all(explicit)?;
        }
        reader.end()?;
        Ok(own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{bit_string, oid as encode_oid, sequence, small_integer, tlv};

    /// The parts of a certificate that a test may want otherwise, each DER or nothing.
    struct Parts {
        version: Vec<u8>,
        serial: Vec<u8>,
        algorithm: Vec<u8>,
        outer_algorithm: Vec<u8>,
        validity: Vec<u8>,
        rest: Vec<u8>,
        signature: Vec<u8>,
        after: Vec<u8>,
    }

    fn v(version: u8) -> Vec<u8> {
        tlv(0xa0, &[&small_integer(version)])
    }

    fn time(text: &[u8]) -> Vec<u8> {
        tlv(0x17, &[text])
    }

    fn extensions() -> Vec<u8> {
        let one = sequence(&[&encode_oid(&[0x2a, 3]), &tlv(4, &[&[5, 0]])]);
        tlv(0xa3, &[&sequence(&[&one])])
    }

    fn parts() -> Parts {
        let algorithm = sequence(&[&encode_oid(oid::ED25519)]);
        Parts {
            version: v(2),
            serial: small_integer(1),
            outer_algorithm: algorithm.clone(),
            algorithm,
            validity: sequence(&[&time(b"700101000000Z"), &time(b"700101000001Z")]),
            rest: extensions(),
            signature: bit_string(&[1, 2]),
            after: Vec::new(),
        }
    }

    fn parse(parts: &Parts) -> Result<Version, Rule> {
        let spki = sequence(&[]);
        let name = sequence(&[]);
        let tbs = sequence(&[
            &parts.version,
            &parts.serial,
            &parts.algorithm,
            &name,
            &parts.validity,
            &name,
            &spki,
            &parts.rest,
        ]);
        let der = sequence(&[&tbs, &parts.outer_algorithm, &parts.signature, &parts.after]);
        let certificate = Certificate::parse(&der)?;
        assert_eq!((certificate.tbs(), certificate.signature(), certificate.der()), (&*tbs, &[1, 2][..], &*der));
        assert_eq!(Certificate::validity_of(&der), Ok(certificate.validity()));
        Ok(certificate.version())
    }

    #[test]
    fn versions_and_what_they_may_hold() {
        let unique = [tlv(0x81, &[&[0, 1]]), tlv(0x82, &[&[0, 1]])].concat();
        let tbs = Err(Rule::Malformed("tbsCertificate"));
        let version = Err(Rule::Malformed("version"));
        for (version, rest, expected) in [
            (Vec::new(), Vec::new(), Ok(Version::V1)),
            (Vec::new(), extensions(), tbs.clone()),
            (Vec::new(), unique.clone(), tbs.clone()),
            (v(1), unique.clone(), Ok(Version::V2)),
            (v(1), extensions(), tbs.clone()),
            (v(2), [unique, extensions()].concat(), Ok(Version::V3)),
            (v(2), Vec::new(), Ok(Version::V3)),
            (v(2), [extensions(), extensions()].concat(), tbs.clone()),
            (v(2), tlv(0xa4, &[]), tbs),
            // The default, spelled out; a version nobody knows; more than a version.
            (v(0), Vec::new(), version.clone()),
            (v(3), Vec::new(), version.clone()),
            (tlv(0xa0, &[&[2, 1, 2, 0]]), Vec::new(), version),
        ] {
            assert_eq!(parse(&Parts { version, rest, ..parts() }), expected);
        }
    }

    /// RFC 5280 §4.1.1.2.
    #[test]
    fn both_algorithm_identifiers_are_the_same() {
        let other = sequence(&[&encode_oid(oid::ED25519), &[5, 0]]);
        let expected = Err(Rule::Malformed("signatureAlgorithm"));
        assert_eq!(parse(&Parts { algorithm: other.clone(), ..parts() }), expected);
        assert_eq!(parse(&Parts { outer_algorithm: other.clone(), ..parts() }), expected);
        assert_eq!(parse(&Parts { algorithm: other.clone(), outer_algorithm: other, ..parts() }), Ok(Version::V3));
    }

    /// docs/regressions.md row 68: every structure is used up whole.
    #[test]
    fn nothing_may_follow() {
        let soon = time(b"700101000001Z");
        for (parts, field) in [
            (Parts { after: small_integer(0), ..parts() }, "signatureValue"),
            (Parts { signature: tlv(3, &[&[1, 2]]), ..parts() }, "signatureValue"),
            (Parts { validity: sequence(&[&soon, &soon, &soon]), ..parts() }, "validity"),
            (Parts { validity: sequence(&[&soon]), ..parts() }, "notAfter"),
            (Parts { validity: sequence(&[]), ..parts() }, "notBefore"),
            (Parts { serial: tlv(2, &[]), ..parts() }, "serialNumber"),
            (Parts { serial: Vec::new(), ..parts() }, "serialNumber"),
            (Parts { rest: [extensions(), small_integer(0)].concat(), ..parts() }, "tbsCertificate"),
        ] {
            assert_eq!(parse(&parts), Err(Rule::Malformed(field)));
        }
        assert_eq!(Certificate::parse(&[]).map(|_| ()), Err(Rule::Malformed("outer structure")));
    }
}
