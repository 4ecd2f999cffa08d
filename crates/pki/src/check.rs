//! The rules of one certificate on a path (RFC 5280 §6.1.3 to §6.1.5), apart from its signature and its name.

use crate::cert::{Certificate, Version};
use crate::error::Rule;
use crate::extension::KeyUsage;
use crate::oid;
use crate::policy::Purpose;
use crate::time::Time;

/// What is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    pub(crate) purpose: Purpose,
    pub(crate) now: Time,
    /// What the leaf's key does.
    pub(crate) leaf_usage: KeyUsage,
}

/// Checks the peer's own certificate.
pub(crate) fn leaf(certificate: &Certificate<'_>, context: Context) -> Result<(), Rule> {
    certificate.validity().check(context.now)?;
    critical_extensions(certificate)?;
    policy_constraints(certificate)?;
    // Its content does not matter to a leaf, but an extension that is relied on elsewhere has to be readable.
    certificate.basic_constraints()?;
    // RFC 9846 §4.5.1.2: a leaf signs the handshake. RFC 5246 §7.4.2: or something is encrypted for it.
    if certificate.key_usage()?.is_some_and(|usage| !usage.contains(context.leaf_usage)) {
        return Err(match context.leaf_usage {
            KeyUsage::KEY_ENCIPHERMENT => Rule::NoKeyEncipherment,
            _ => Rule::NoDigitalSignature,
        });
    }
    purpose(certificate, context.purpose)?;
    certificate.public_key().map(|_| ())
}

/// Checks a certificate as the issuer of another one, with `below` intermediate certificates that are not self-issued
/// between it and the leaf.
pub(crate) fn issuer(certificate: &Certificate<'_>, below: usize, context: Context) -> Result<(), Rule> {
    certificate.validity().check(context.now)?;
    critical_extensions(certificate)?;
    let constraints = certificate.basic_constraints()?;
    if !constraints.is_some_and(|constraints| constraints.ca) {
        return Err(Rule::NotCa);
    }
    if let Some(limit) = constraints.and_then(|constraints| constraints.path_len)
        && u32::try_from(below).unwrap_or(u32::MAX) > limit
    {
        return Err(Rule::PathLength(limit));
    }
    if certificate.key_usage()?.is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN)) {
        return Err(Rule::NoCertSign);
    }
    // Critical or not: ignoring it would accept names that the CA was never meant to speak for.
    if certificate.extensions().iter().any(|extension| extension.oid == oid::NAME_CONSTRAINTS) {
        return Err(Rule::Unprocessed("nameConstraints"));
    }
    policy_constraints(certificate)?;
    // RFC 5280 leaves the extKeyUsage of a CA open; everybody who processes it takes it as a restriction of what
    // may be issued below.
    purpose(certificate, context.purpose)
}

/// Checks a trust anchor that was given as a certificate. It is an issuer like any, except that a self-signed
/// certificate of version 1 cannot say that it is a CA; to trust it explicitly says so instead (RFC 5280 §6.1.4 (k)).
pub(crate) fn anchor(certificate: &Certificate<'_>, below: usize, context: Context) -> Result<(), Rule> {
    if certificate.version() < Version::V3 && certificate.is_self_issued() {
        return certificate.validity().check(context.now);
    }
    issuer(certificate, below, context)
}

/// Critical or not, as RFC 5280 §6.1.4 (i) has it: it can require an explicit policy, and no set of policies is kept here.
fn policy_constraints(certificate: &Certificate<'_>) -> Result<(), Rule> {
    if certificate.extensions().iter().any(|extension| extension.oid == oid::POLICY_CONSTRAINTS) {
        return Err(Rule::Unprocessed("policyConstraints"));
    }
    Ok(())
}

fn purpose(certificate: &Certificate<'_>, purpose: Purpose) -> Result<(), Rule> {
    match certificate.extended_key_usage()? {
        Some(usage) if !usage.permits(purpose) => Err(Rule::Purpose(purpose)),
        _ => Ok(()),
    }
}

/// RFC 5280 §4.2: who meets a critical extension that it does not process must refuse the certificate.
fn critical_extensions(certificate: &Certificate<'_>) -> Result<(), Rule> {
    for extension in certificate.extensions().iter().filter(|extension| extension.critical) {
        match extension.oid {
            oid::BASIC_CONSTRAINTS
            | oid::KEY_USAGE
            | oid::EXTENDED_KEY_USAGE
            | oid::SUBJECT_ALT_NAME
            | oid::SUBJECT_KEY_IDENTIFIER
            | oid::AUTHORITY_KEY_IDENTIFIER => {}
            // RFC 5280 §6.1.1 (c), (e): any policy is acceptable and none is required explicitly. With these inputs no
            // set of policies can fail unless a certificate requires an explicit policy, and that is refused anyway.
            oid::CERTIFICATE_POLICIES => {}
            oid::NAME_CONSTRAINTS => return Err(Rule::Unprocessed("nameConstraints")),
            oid::POLICY_CONSTRAINTS => {}
            oid::POLICY_MAPPINGS => return Err(Rule::Unprocessed("policyMappings")),
            oid::INHIBIT_ANY_POLICY => return Err(Rule::Unprocessed("inhibitAnyPolicy")),
            unknown => return Err(Rule::CriticalExtension(oid::dotted(unknown))),
        }
    }
    Ok(())
}
