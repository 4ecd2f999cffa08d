//! The rules of one certificate on a path (RFC 5280 §6.1.3 to §6.1.5), apart from its signature and its name.

use crate::cert::{Certificate, Version};
use crate::error::Rule;
use crate::extension::KeyUsage;
use crate::oid;
use crate::policy::{Policy, Purpose};
use crate::profile::{self, Role};
use crate::spki;
use crate::time::Time;

/// What is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) purposes: &'a [Purpose],
    pub(crate) now: Time,
    pub(crate) policy: &'a Policy,
}

/// Checks the peer's own certificate.
pub(crate) fn leaf(certificate: &Certificate<'_>, context: Context<'_>) -> Result<(), Rule> {
    certificate.validity().check(context.now)?;
    critical_extensions(certificate, context.purposes.contains(&Purpose::Server))?;
    // Its content does not matter to a leaf, but an extension that is relied on elsewhere has to be readable.
    certificate.basic_constraints()?;
    policies(certificate)?;
    // RFC 9846 §4.5.1.2: a leaf signs the handshake. RFC 5246 §7.4.2: or something is encrypted for it.
    let usage = context.policy.leaf_usage;
    if usage != KeyUsage::NONE && certificate.key_usage()?.is_some_and(|own| !own.has_any(usage)) {
        return Err(match usage {
            KeyUsage::KEY_ENCIPHERMENT => Rule::NoKeyEncipherment,
            _ => Rule::NoDigitalSignature,
        });
    }
    purposes(certificate, context)?;
    spki::read_content(certificate.spki()).map(|_| ())
}

/// Checks a certificate as the issuer of another one, with `below` intermediate certificates that are not self-issued
/// between it and the leaf.
pub(crate) fn issuer(
    certificate: &Certificate<'_>,
    role: Role,
    below: usize,
    context: Context<'_>,
) -> Result<(), Rule> {
    certificate.validity().check(context.now)?;
    profile::check(certificate, role, context.policy.profile, context.purposes)?;
    // A self-signed certificate of version 1 cannot say that it is a CA; to trust it explicitly says so instead (RFC 5280
    // §6.1.4 (k)).
    if role == Role::Anchor && certificate.version() < Version::V3 && certificate.is_self_issued() {
        return Ok(());
    }
    critical_extensions(certificate, false)?;
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
    policies(certificate)?;
    // What is said about revocation may hang on it.
    certificate.subject_key_identifier()?;
    // RFC 5280 leaves the extKeyUsage of a CA open; everybody who processes it takes it as a restriction of what
    // may be issued below.
    purposes(certificate, context)
}

/// What is said about certificate policies is judged when the path is whole. Whether it can be read is known here.
fn policies(certificate: &Certificate<'_>) -> Result<(), Rule> {
    certificate.certificate_policies()?;
    certificate.policy_mappings()?;
    certificate.policy_constraints()?;
    certificate.inhibit_any_policy().map(|_| ())
}

fn purposes(certificate: &Certificate<'_>, context: Context<'_>) -> Result<(), Rule> {
    let Some(usage) = certificate.extended_key_usage()? else { return Ok(()) };
    match context.purposes.iter().find(|purpose| !usage.permits(**purpose)) {
        Some(purpose) => Err(Rule::Purpose(*purpose)),
        None => Ok(()),
    }
}

/// RFC 5280 §4.2: who meets a critical extension that it does not process must refuse the certificate. TLS features are
/// processed in the certificate of a server; what those of a CA demand of the certificates below it (RFC 7633 §4.2.2), or
/// those of a client, is not.
fn critical_extensions(certificate: &Certificate<'_>, is_server: bool) -> Result<(), Rule> {
    for extension in certificate.extensions().iter().filter(|extension| extension.critical) {
        match extension.oid {
            oid::BASIC_CONSTRAINTS
            | oid::KEY_USAGE
            | oid::EXTENDED_KEY_USAGE
            | oid::SUBJECT_ALT_NAME
            | oid::SUBJECT_KEY_IDENTIFIER
            | oid::AUTHORITY_KEY_IDENTIFIER
            | oid::NAME_CONSTRAINTS
            | oid::CERTIFICATE_POLICIES
            | oid::POLICY_MAPPINGS
            | oid::POLICY_CONSTRAINTS
            | oid::INHIBIT_ANY_POLICY
            | oid::CRL_DISTRIBUTION_POINTS => {}
            oid::TLS_FEATURE if is_server => {}
            unknown => return Err(Rule::CriticalExtension(oid::dotted(unknown))),
        }
    }
    Ok(())
}
