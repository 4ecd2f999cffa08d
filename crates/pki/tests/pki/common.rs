//! What the tests share: a provider, a time, and certificates made on the spot.

pub(crate) use crate::noise::Noise;
use handfast_crypto::{KeyKind, Provider};
use handfast_pki::make::{Builder, Identity};
use handfast_pki::{Anchors, Certificate, Error, Path, Policy, Rule, verify_client, verify_server};
use pki_types::{CertificateDer, ServerName, UnixTime};
use std::time::Duration;

/// 2027-01-15T08:00:00Z.
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) fn now() -> UnixTime {
    at(NOW)
}

pub(crate) fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

pub(crate) fn provider() -> Provider {
    handfast_rustcrypto::provider()
}

pub(crate) fn ca(name: &str) -> Builder {
    Builder::ca(name, now())
}

pub(crate) fn server() -> Builder {
    Builder::server(&["host.test"], now())
}

pub(crate) fn client() -> Builder {
    Builder::client("somebody", now())
}

/// A certificate that signs itself.
pub(crate) fn root(builder: Builder) -> Identity {
    Identity::root(&provider(), builder, KeyKind::P256).unwrap()
}

pub(crate) trait Issue {
    /// A certificate for a fresh P-256 key, signed by this one.
    fn issues(&self, builder: Builder) -> Identity;
}

impl Issue for Identity {
    fn issues(&self, builder: Builder) -> Identity {
        self.issue(&provider(), builder, KeyKind::P256).unwrap()
    }
}

pub(crate) fn anchors(trusted: &[&Identity]) -> Anchors {
    let mut anchors = Anchors::new();
    for identity in trusted {
        anchors.add(&identity.certificate).unwrap();
    }
    anchors
}

pub(crate) fn chain(sent: &[&Identity]) -> Vec<CertificateDer<'static>> {
    sent.iter().map(|identity| identity.certificate.clone()).collect()
}

/// Verifies `sent` as the server `host.test`, now, under the default policy.
pub(crate) fn serve(trusted: &[&Identity], sent: &[&Identity]) -> Result<Path, Error> {
    serve_with(&Policy::default(), trusted, sent)
}

pub(crate) fn serve_with(policy: &Policy, trusted: &[&Identity], sent: &[&Identity]) -> Result<Path, Error> {
    let name = ServerName::try_from("host.test").unwrap();
    verify_server(&provider(), &anchors(trusted), policy, &chain(sent), &name, now())
}

/// Verifies `sent` as a client, now, under the default policy.
pub(crate) fn present(trusted: &[&Identity], sent: &[&Identity]) -> Result<Path, Error> {
    verify_client(&provider(), &anchors(trusted), &Policy::default(), &chain(sent), now())
}

/// The stable code of the failure, or `OK`.
pub(crate) fn code<T>(result: &Result<T, Error>) -> &'static str {
    result.as_ref().map_or_else(Error::code, |_| "OK")
}

/// The certificate with one bit of its signature turned.
pub(crate) fn tampered(identity: Identity) -> Identity {
    let mut der = identity.certificate.to_vec();
    *der.last_mut().unwrap() ^= 1;
    Identity { certificate: der.into(), key: identity.key }
}

/// Everything that a certificate can be asked.
pub(crate) fn read_everything(certificate: &Certificate<'_>) -> Result<(), Rule> {
    certificate.public_key()?;
    certificate.basic_constraints()?;
    certificate.key_usage()?;
    certificate.extended_key_usage()?;
    certificate.subject_key_identifier()?;
    certificate.authority_key_identifier()?;
    certificate.authority_key()?;
    certificate.name_constraints()?;
    certificate.certificate_policies()?;
    certificate.policy_mappings()?;
    certificate.policy_constraints()?;
    certificate.inhibit_any_policy()?;
    certificate.must_staple()?;
    certificate.crl_distribution_points()?;
    certificate.freshest_crl()?;
    certificate.authority_info_access()?;
    certificate.subject_info_access()?;
    certificate.subject_alt_names()?.try_for_each(|name| name.map(drop))?;
    certificate.issuer_alt_names()?.try_for_each(|name| name.map(drop))?;
    // The oldest sign themselves with SHA-1, which nobody checks.
    match certificate.signature_algorithm() {
        Ok(_) | Err(Rule::UnsupportedSignature(_)) => Ok(()),
        Err(rule) => Err(rule),
    }
}
