//! What the Baseline Requirements of the CA/Browser Forum add to RFC 5280: section 7.1 (the certificate profiles), 6.1.5 and
//! 6.1.6 (keys).

use super::rfc5280::{ensure, is_critical, is_written_as};
use super::{Breach, Role, syntax};
use crate::cert::{Certificate, Version};
use crate::distribution_point::DistributionPointName;
use crate::error::Rule;
use crate::extension::{GeneralName, KeyUsage};
use crate::oid;
use crate::spki;
use core::fmt::{self, Write};
use core::net::{Ipv4Addr, Ipv6Addr};
use der::Tag;
use handfast_crypto::{HashAlgorithm, KeyKind, SignatureAlgorithm};

pub(super) fn version(certificate: &Certificate<'_>) -> Result<(), Rule> {
    ensure(certificate.version() == Version::V3, Breach::NotVersion3)
}

pub(super) fn check(certificate: &Certificate<'_>, role: Role, is_server: bool) -> Result<(), Rule> {
    key(certificate)?;
    authority_key(certificate, role)?;
    places(certificate)?;
    match role {
        // The signature of a root is not relied on, and some are older than these rules.
        Role::Anchor => root(certificate),
        Role::Intermediate => {
            signature(certificate)?;
            intermediate(certificate)
        }
        Role::Leaf => {
            signature(certificate)?;
            leaf(certificate, is_server)
        }
    }
}

/// §7.1.4.1: names are copied. §7.1.3.2.2: each curve has its hash.
pub(super) fn check_pair(child: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<(), Rule> {
    ensure(child.issuer() == issuer.subject(), Breach::IssuerNotCopied)?;
    let SignatureAlgorithm::Ecdsa(hash) = child.signature_algorithm()?.algorithm else {
        return Ok(());
    };
    let of_curve = match issuer.public_key()?.kind {
        KeyKind::P256 => HashAlgorithm::Sha256,
        KeyKind::P384 => HashAlgorithm::Sha384,
        KeyKind::P521 => HashAlgorithm::Sha512,
        _ => return Ok(()),
    };
    ensure(hash == of_curve, Breach::SignatureHash)
}

/// §6.1.5, §6.1.6, §7.1.3.1. That an RSA modulus is odd and has 2,048 bits, and that the exponent is odd and at least 3, is
/// checked for every certificate.
fn key(certificate: &Certificate<'_>) -> Result<(), Rule> {
    let key = certificate.public_key()?;
    match key.kind {
        KeyKind::Rsa => ensure(spki::rsa_bits(&key.bytes)?.is_multiple_of(8), Breach::RsaModulus),
        KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => Ok(()),
        _ => Err(Rule::Breach(Breach::KeyAlgorithm)),
    }
}

/// §7.1.3.2 lists the AlgorithmIdentifiers octet by octet.
fn signature(certificate: &Certificate<'_>) -> Result<(), Rule> {
    let algorithm = certificate.signature_algorithm()?.algorithm;
    let is_listed = match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) | SignatureAlgorithm::RsaPss(_) | SignatureAlgorithm::Ecdsa(_) => {
            is_written_as(certificate, algorithm)
        }
        _ => false,
    };
    ensure(is_listed, Breach::SignatureEncoding)
}

/// §7.1.2.11.1, and for a root §7.1.2.1.3.
fn authority_key(certificate: &Certificate<'_>, role: Role) -> Result<(), Rule> {
    let Some(key) = certificate.authority_key()? else {
        return Ok(());
    };
    ensure(key.cert_issuer.is_none() && key.cert_serial.is_none(), Breach::AkiIssuerSerial)?;
    let own = certificate.subject_key_identifier()?;
    let is_root = role == Role::Anchor && certificate.is_self_issued();
    ensure(!is_root || (key.key_identifier.is_some() && key.key_identifier == own), Breach::RootAki)
}

/// §7.1.2.7.7, §7.1.2.10.3: where OCSP and the issuer are. §7.1.2.11.2: where the CRL is.
fn places(certificate: &Certificate<'_>) -> Result<(), Rule> {
    for place in certificate.authority_info_access()? {
        let is_fine = matches!(place.method, oid::OCSP | oid::CA_ISSUERS)
            && matches!(place.location, GeneralName::Uri(uri) if syntax::is_http_uri(uri));
        ensure(is_fine, Breach::AccessNotHttp)?;
    }
    for point in certificate.crl_distribution_points()? {
        let Some(DistributionPointName::Full(names)) = point.name else {
            return Err(Rule::Breach(Breach::CrlPointNotHttp));
        };
        ensure(point.reasons.is_none() && point.crl_issuer.is_none(), Breach::CrlPointNotHttp)?;
        for name in names {
            let is_fine = matches!(name?, GeneralName::Uri(uri) if syntax::is_http_uri(uri));
            ensure(is_fine, Breach::CrlPointNotHttp)?;
        }
    }
    Ok(())
}

/// §7.1.2.1. A trust anchor that another CA signed is none: it has the profile of a subordinate CA.
fn root(certificate: &Certificate<'_>) -> Result<(), Rule> {
    let is_restricted = certificate.is_self_issued() && certificate.extension(oid::EXTENDED_KEY_USAGE).is_some();
    ensure(!is_restricted, Breach::RootExtendedKeyUsage)
}

/// §7.1.2.10.6: any purpose at all is for cross-certificates (§7.1.2.2.3), which then name no other.
fn intermediate(certificate: &Certificate<'_>) -> Result<(), Rule> {
    let usage = certificate.extended_key_usage()?;
    let is_fine = |oids: &[&[u8]]| oids.len() == 1 || !oids.contains(&oid::ANY_EXTENDED_KEY_USAGE);
    ensure(usage.is_none_or(|usage| is_fine(usage.oids())), Breach::ExtendedKeyUsageAny)
}

/// §7.1.2.7.
fn leaf(certificate: &Certificate<'_>, is_server: bool) -> Result<(), Rule> {
    ensure(!certificate.basic_constraints()?.is_some_and(|constraints| constraints.ca), Breach::LeafIsCa)?;
    let usage = certificate.extended_key_usage()?.ok_or(Rule::Breach(Breach::ExtendedKeyUsageMissing))?;
    ensure(!is_critical(certificate, oid::EXTENDED_KEY_USAGE), Breach::ExtendedKeyUsageCritical)?;
    ensure(!usage.oids().contains(&oid::ANY_EXTENDED_KEY_USAGE), Breach::ExtendedKeyUsageAny)?;
    if is_server {
        const OTHERS: [&[u8]; 4] = [oid::CODE_SIGNING, oid::EMAIL_PROTECTION, oid::TIME_STAMPING, oid::OCSP_SIGNING];
        ensure(usage.oids().contains(&oid::SERVER_AUTH), Breach::ExtendedKeyUsageNoServer)?;
        ensure(!OTHERS.iter().any(|other| usage.oids().contains(other)), Breach::ExtendedKeyUsageOther)?;
    }
    let signs_crls = certificate.key_usage()?.is_some_and(|usage| usage.contains(KeyUsage::CRL_SIGN));
    ensure(!signs_crls, Breach::CrlSignLeaf)?;

    let san = certificate.extension(oid::SUBJECT_ALT_NAME).ok_or(Rule::Breach(Breach::SanMissing))?;
    ensure(!san.critical || certificate.subject().is_empty(), Breach::SanCritical)?;
    for name in certificate.subject_alt_names()? {
        match name? {
            GeneralName::Dns(name) => dns_name(name)?,
            GeneralName::Ip(_) => {}
            _ => return Err(Rule::Breach(Breach::SanKind)),
        }
    }
    common_name(certificate)
}

/// §7.1.2.7.12: non-reserved LDH labels and P-labels.
fn dns_name(name: &[u8]) -> Result<(), Rule> {
    if let Some(parent) = name.strip_prefix(b"*.") {
        ensure(parent.contains(&b'.'), Breach::WildcardTooWide)?;
    }
    ensure(syntax::labels(name).all(syntax::is_unreserved_or_punycode), Breach::ReservedLabel)
}

/// §7.1.4.3.
fn common_name(certificate: &Certificate<'_>) -> Result<(), Rule> {
    let names = certificate.subject().values(oid::COMMON_NAME)?;
    let (tag, own) = match names.as_slice() {
        [] => return Ok(()),
        [one] => *one,
        _ => return Err(Rule::Breach(Breach::CommonNameTwice)),
    };
    let mut is_found = false;
    for name in certificate.subject_alt_names()? {
        is_found |= match name? {
            GeneralName::Dns(name) => name == own,
            GeneralName::Ip(octets) => is_text_of(own, octets),
            _ => false,
        };
    }
    // §7.1.4.2 allows these two; the octets of another would not be the characters.
    let is_text = matches!(tag, Tag::Utf8String | Tag::PrintableString);
    ensure(is_text && is_found, Breach::CommonNameNotInSan)
}

/// Whether `text` is the address: RFC 3986 §3.2.2 for one of 4 octets, RFC 5952 §4 for one of 16, which is how both display.
fn is_text_of(text: &[u8], octets: &[u8]) -> bool {
    let mut rest = Rest(Some(text));
    let written = match (<[u8; 4]>::try_from(octets), <[u8; 16]>::try_from(octets)) {
        (Ok(octets), _) => write!(rest, "{}", Ipv4Addr::from(octets)),
        (_, Ok(octets)) => write!(rest, "{}", Ipv6Addr::from(octets)),
        _ => return false,
    };
    written.is_ok() && rest.0 == Some(b"")
}

/// What is left of a text when what is written is taken off its front; `None` once something else was written.
struct Rest<'a>(Option<&'a [u8]>);

impl Write for Rest<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.and_then(|rest| rest.strip_prefix(text.as_bytes()));
        Ok(())
    }
}
