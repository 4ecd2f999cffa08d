//! The MUSTs of RFC 5280 §4 that a certificate shows.

use super::{Breach, Role, syntax};
use crate::asn1::{Reader, constructed, primitive};
use crate::cert::Certificate;
use crate::distribution_point::{DistributionPoint, DistributionPointName};
use crate::error::Rule;
use crate::extension::{GeneralName, GeneralNames, KeyUsage};
use crate::oid;
use crate::signature_algorithm;
use alloc::collections::BTreeSet;
use der::Tag;
use handfast_crypto::{KeyKind, SignatureAlgorithm};

/// RFC 5280 §4.1.2.2.
const SERIAL_MAX_OCTETS: usize = 20;

pub(super) fn check(certificate: &Certificate<'_>, role: Role) -> Result<(), Rule> {
    // OpenSSL takes a leaf that calls itself a CA for one, and so do these rules.
    let is_ca = role != Role::Leaf || certificate.basic_constraints()?.is_some_and(|constraints| constraints.ca);
    fields(certificate, role)?;
    subject(certificate, is_ca)?;
    key_identifiers(certificate, role, is_ca)?;
    usages(certificate, role, is_ca)?;
    names(certificate.issuer_alt_names()?)?;
    policies(certificate)?;
    name_constraints(certificate, is_ca)?;
    distribution_points(certificate)?;
    information(certificate)
}

/// Where a certificate and that of its issuer must agree.
pub(super) fn check_pair(child: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<(), Rule> {
    let Some(key) = child.authority_key()? else {
        return Ok(());
    };
    if let (Some(wanted), Some(found)) = (key.key_identifier, issuer.subject_key_identifier()?) {
        ensure(wanted == found, Breach::AkiMismatch)?;
    }
    ensure(key.cert_serial.is_none_or(|serial| serial == issuer.serial()), Breach::AkiSerialMismatch)?;
    if let Some(names) = key.cert_issuer {
        let mut directory_names = 0_usize;
        let mut is_same = false;
        for name in names {
            if let GeneralName::Directory(name) = name? {
                directory_names = directory_names.saturating_add(1);
                is_same |= name.matches(issuer.issuer());
            }
        }
        ensure(is_same || directory_names == 0, Breach::AkiSerialMismatch)?;
    }
    Ok(())
}

/// What holds, or else what is broken.
pub(super) fn ensure(holds: bool, breach: Breach) -> Result<(), Rule> {
    if holds { Ok(()) } else { Err(Rule::Breach(breach)) }
}

/// §4.1, but for the subject.
fn fields(certificate: &Certificate<'_>, role: Role) -> Result<(), Rule> {
    let serial = certificate.serial();
    // Nobody looks for a root by its serial number, and some well-known ones have 0.
    let is_zero = serial == [0] && role != Role::Anchor;
    ensure(!is_zero && !matches!(serial, [0x80..=0xff, ..]), Breach::SerialNotPositive)?;
    ensure(serial.len() <= SERIAL_MAX_OCTETS, Breach::SerialTooLong)?;
    ensure(!certificate.issuer().is_empty(), Breach::IssuerEmpty)?;
    ensure(certificate.has_fitting_time_forms(), Breach::TimeForm)?;
    let ids = certificate.issuer_unique_id().or(certificate.subject_unique_id());
    ensure(ids.is_none(), Breach::UniqueIdentifier)?;
    // To the end, for their shape.
    certificate.issuer().values(oid::COMMON_NAME)?;
    certificate.subject().values(oid::COMMON_NAME).map(|_| ())
}

/// Whether the AlgorithmIdentifier of the signature is exactly the one that is written for `algorithm`, RSA or ECDSA.
pub(super) fn is_written_as(certificate: &Certificate<'_>, algorithm: SignatureAlgorithm) -> bool {
    // The kind of key makes a difference for ML-DSA alone.
    let expected = signature_algorithm::encode(algorithm, KeyKind::Rsa);
    expected.is_ok_and(|der| der == crate::encode::sequence(&[certificate.algorithm()]))
}

/// §4.1.2.6, §4.2.1.6.
fn subject(certificate: &Certificate<'_>, is_ca: bool) -> Result<(), Rule> {
    let san = certificate.extension(oid::SUBJECT_ALT_NAME);
    if let Some(san) = san {
        ensure(san.value != [0x30, 0], Breach::SanEmpty)?;
    }
    if certificate.subject().is_empty() {
        let signs_crls = certificate.key_usage()?.is_some_and(|usage| usage.contains(KeyUsage::CRL_SIGN));
        ensure(!is_ca && !signs_crls && san.is_some(), Breach::SubjectEmpty)?;
        ensure(san.is_some_and(|san| san.critical), Breach::SubjectEmptySanNotCritical)?;
    }
    names(certificate.subject_alt_names()?)
}

/// The forms of §4.2.1.6, which §4.2.1.7 wants of an issuer's names as well.
fn names(names: GeneralNames<'_>) -> Result<(), Rule> {
    for name in names {
        match name? {
            GeneralName::Dns(name) => ensure(syntax::is_dns_name(name), Breach::DnsNameForm)?,
            GeneralName::Email(name) => ensure(syntax::is_mailbox(name), Breach::EmailForm)?,
            GeneralName::Uri(uri) => ensure(syntax::is_uri_with_host(uri), Breach::UriForm)?,
            GeneralName::Ip(address) => ensure(matches!(address.len(), 4 | 16), Breach::IpAddressForm)?,
            GeneralName::Directory(name) => name.values(oid::COMMON_NAME).map(|_| ())?,
            GeneralName::SmtpUtf8Mailbox(_) | GeneralName::Other(_) => {}
        }
    }
    Ok(())
}

/// §4.2.1.1, §4.2.1.2.
fn key_identifiers(certificate: &Certificate<'_>, role: Role, is_ca: bool) -> Result<(), Rule> {
    ensure(!is_critical(certificate, oid::AUTHORITY_KEY_IDENTIFIER), Breach::AkiCritical)?;
    ensure(!is_critical(certificate, oid::SUBJECT_KEY_IDENTIFIER), Breach::SkiCritical)?;
    let key = certificate.authority_key()?;
    if let Some(key) = &key {
        // Appendix A.2, below the definition: both or neither.
        ensure(key.cert_issuer.is_some() == key.cert_serial.is_some(), Breach::AkiUnpaired)?;
    }
    // Only a self-signed certificate may be without. One that is on a path and not its end was signed by another.
    let is_root = role == Role::Anchor && certificate.is_self_issued();
    if is_root {
        // §4.2.1.2: what it says of who issued it, itself, is what it says of itself.
        check_pair(certificate, certificate)?;
    }
    ensure(is_root || key.is_some_and(|key| key.key_identifier.is_some()), Breach::AkiMissing)?;
    ensure(!is_ca || certificate.subject_key_identifier()?.is_some(), Breach::SkiMissing)
}

/// §4.2.1.3, §4.2.1.8, §4.2.1.9, §4.2.1.12.
fn usages(certificate: &Certificate<'_>, role: Role, is_ca: bool) -> Result<(), Rule> {
    let constraints = certificate.basic_constraints()?;
    let usage = certificate.key_usage()?;
    let signs = usage.is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN));
    certificate.extended_key_usage()?;
    ensure(role == Role::Leaf || constraints.is_some(), Breach::BasicConstraintsMissing)?;
    ensure(!is_ca || is_critical(certificate, oid::BASIC_CONSTRAINTS), Breach::BasicConstraintsNotCritical)?;
    if constraints.is_some_and(|constraints| constraints.path_len.is_some()) {
        ensure(constraints.is_some_and(|constraints| constraints.ca), Breach::PathLenNotCa)?;
        ensure(signs, Breach::PathLenNoCertSign)?;
    }
    ensure(usage.is_none_or(|usage| usage.bits() != 0), Breach::KeyUsageEmpty)?;
    ensure(!is_ca || usage.is_some(), Breach::KeyUsageMissing)?;
    ensure(!signs || constraints.is_some_and(|constraints| constraints.ca), Breach::CertSignNotCa)?;
    ensure(!is_critical(certificate, oid::SUBJECT_DIRECTORY_ATTRIBUTES), Breach::SdaCritical)
}

/// §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14.
///
/// ```text
/// certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { policyIdentifier OBJECT IDENTIFIER, … }
/// PolicyMappings ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE {
///     issuerDomainPolicy     OBJECT IDENTIFIER
///     subjectDomainPolicy    OBJECT IDENTIFIER }
/// PolicyConstraints ::= SEQUENCE {
///     requireExplicitPolicy    [0] INTEGER OPTIONAL
///     inhibitPolicyMapping     [1] INTEGER OPTIONAL }
/// ```
fn policies(certificate: &Certificate<'_>) -> Result<(), Rule> {
    if let Some(extension) = certificate.extension(oid::CERTIFICATE_POLICIES) {
        let mut list = Reader::sequence(extension.value, "certificatePolicies")?;
        let mut seen = BTreeSet::new();
        while !list.is_empty() {
            let policy = Reader::new(list.take(Tag::Sequence)?, "certificatePolicies")?.take(Tag::ObjectIdentifier)?;
            ensure(seen.insert(policy), Breach::PolicyTwice)?;
        }
        if seen.is_empty() {
            return Err(list.malformed());
        }
    }
    if let Some(extension) = certificate.extension(oid::POLICY_MAPPINGS) {
        let mut list = Reader::sequence(extension.value, "policyMappings")?;
        if list.is_empty() {
            return Err(list.malformed());
        }
        while !list.is_empty() {
            let mut mapping = Reader::new(list.take(Tag::Sequence)?, "policyMappings")?;
            let pair = [mapping.take(Tag::ObjectIdentifier)?, mapping.take(Tag::ObjectIdentifier)?];
            mapping.end()?;
            ensure(!pair.contains(&oid::ANY_POLICY), Breach::MappingAnyPolicy)?;
        }
    }
    if let Some(extension) = certificate.extension(oid::POLICY_CONSTRAINTS) {
        ensure(extension.critical, Breach::PolicyConstraintsNotCritical)?;
        let reader = Reader::sequence(extension.value, "policyConstraints")?;
        ensure(!reader.is_empty(), Breach::PolicyConstraintsEmpty)?;
    }
    if let Some(extension) = certificate.extension(oid::INHIBIT_ANY_POLICY) {
        ensure(extension.critical, Breach::InhibitAnyPolicyNotCritical)?;
    }
    Ok(())
}

/// §4.2.1.10, but for the criticality, from which the Baseline Requirements make an exception.
///
/// ```text
/// NameConstraints ::= SEQUENCE {
///     permittedSubtrees    [0] GeneralSubtrees OPTIONAL
///     excludedSubtrees     [1] GeneralSubtrees OPTIONAL }
/// GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree
/// GeneralSubtree ::= SEQUENCE {
///     base           GeneralName
///     minimum    [0] INTEGER DEFAULT 0      never another value
///     maximum    [1] INTEGER OPTIONAL }     never there
/// ```
fn name_constraints(certificate: &Certificate<'_>, is_ca: bool) -> Result<(), Rule> {
    const WHAT: &str = "nameConstraints";
    let Some(extension) = certificate.extension(oid::NAME_CONSTRAINTS) else {
        return Ok(());
    };
    ensure(is_ca, Breach::NameConstraintsNotCa)?;
    let mut reader = Reader::sequence(extension.value, WHAT)?;
    ensure(!reader.is_empty(), Breach::NameConstraintsEmpty)?;
    let lists = [reader.maybe(constructed(0))?, reader.maybe(constructed(1))?];
    reader.end()?;
    for list in lists.into_iter().flatten() {
        let mut subtrees = Reader::new(list, WHAT)?;
        ensure(!subtrees.is_empty(), Breach::NameConstraintsEmpty)?;
        while !subtrees.is_empty() {
            let mut subtree = Reader::new(subtrees.take(Tag::Sequence)?, WHAT)?;
            let base = GeneralName::read(&mut subtree)?;
            let minimum = subtree.maybe(primitive(0))?;
            let maximum = subtree.maybe(primitive(1))?;
            subtree.end()?;
            let is_fine = minimum.is_none() && maximum.is_none() && is_constraint(&base);
            ensure(is_fine, Breach::NameConstraintsForm)?;
        }
    }
    Ok(())
}

pub(super) fn name_constraints_are_critical(certificate: &Certificate<'_>) -> Result<(), Rule> {
    let extension = certificate.extension(oid::NAME_CONSTRAINTS);
    ensure(extension.is_none_or(|extension| extension.critical), Breach::NameConstraintsNotCritical)
}

/// An empty name constrains all that there are of its kind. A dNSName, unlike the host of a URI or mailbox, has no dot in
/// front: every name below it counts anyway.
fn is_constraint(base: &GeneralName<'_>) -> bool {
    let is_domain = |name: &[u8]| syntax::is_host(name.strip_prefix(b".").unwrap_or(name));
    match base {
        GeneralName::Dns(name) => name.is_empty() || syntax::is_host(name),
        GeneralName::Email(name) => name.is_empty() || is_domain(name) || syntax::is_mailbox(name),
        GeneralName::Uri(host) => host.is_empty() || is_domain(host),
        GeneralName::Ip(address) => match address.len() {
            8 | 32 => {
                let mask = address.get(address.len() / 2..).unwrap_or_default();
                let ones: u32 = mask.iter().take_while(|octet| **octet == 0xff).count() as u32 * 8
                    + mask.iter().find(|octet| **octet != 0xff).map_or(0, |octet| octet.leading_ones());
                // RFC 4632 §3.1: a prefix, so that no one follows a zero.
                ones == mask.iter().map(|octet| octet.count_ones()).sum::<u32>()
            }
            _ => false,
        },
        GeneralName::Directory(name) => name.values(oid::COMMON_NAME).is_ok(),
        GeneralName::SmtpUtf8Mailbox(_) | GeneralName::Other(_) => true,
    }
}

/// §4.2.1.13, §4.2.1.15.
fn distribution_points(certificate: &Certificate<'_>) -> Result<(), Rule> {
    ensure(!is_critical(certificate, oid::FRESHEST_CRL), Breach::FreshestCrlCritical)?;
    let points = certificate.crl_distribution_points()?;
    points.iter().chain(&certificate.freshest_crl()?).try_for_each(|point| distribution_point(certificate, point))
}

fn distribution_point(certificate: &Certificate<'_>, point: &DistributionPoint<'_>) -> Result<(), Rule> {
    ensure(point.name.is_some() || point.crl_issuer.is_some(), Breach::CrlPointEmpty)?;
    for name in point.crl_issuer.clone().into_iter().flatten() {
        let is_own = matches!(name?, GeneralName::Directory(name) if name.matches(certificate.issuer()));
        ensure(!is_own, Breach::CrlIssuerIsIssuer)?;
    }
    if let Some(DistributionPointName::Full(names)) = &point.name {
        for name in names.clone() {
            // An LDAP URI need not name a host.
            if let GeneralName::Uri(uri) = name? {
                ensure(syntax::is_uri(uri), Breach::UriForm)?;
            }
        }
    }
    Ok(())
}

/// §4.2.2.
fn information(certificate: &Certificate<'_>) -> Result<(), Rule> {
    ensure(!is_critical(certificate, oid::AUTHORITY_INFO_ACCESS), Breach::AiaCritical)?;
    ensure(!is_critical(certificate, oid::SUBJECT_INFO_ACCESS), Breach::SiaCritical)?;
    let places = [certificate.authority_info_access()?, certificate.subject_info_access()?];
    for place in places.iter().flatten() {
        if let GeneralName::Uri(uri) = place.location {
            ensure(syntax::is_uri(uri), Breach::UriForm)?;
        }
    }
    Ok(())
}

pub(super) fn is_critical(certificate: &Certificate<'_>, oid: &[u8]) -> bool {
    certificate.extension(oid).is_some_and(|extension| extension.critical)
}
