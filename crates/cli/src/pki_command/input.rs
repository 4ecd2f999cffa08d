//! Files that are read.

use super::crl::issued;
use crate::failure::Failure;
use crate::password::Opens;
use crate::{escape, tls};
use clap::{Args, ValueHint};
use handfast::Provider;
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::{Identity, Key};
use handfast::pki::request::CertificationRequest;
use handfast::pki::{Certificate, Rule, key_matches, pem};
use handfast::pki_types::CertificateDer;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A CA.
#[derive(Args)]
#[group(skip)]
pub(super) struct Authority {
    /// The certificate of the CA (PEM, the first one of the file), and those that lead from it to a root
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) ca: PathBuf,

    /// The private key of the CA (PEM, DER or PKCS#12)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) ca_key: PathBuf,
}

impl Authority {
    /// Reads it. It is one that may sign certificates, by its certificate.
    pub(super) fn read(&self, provider: &Provider, opens: &Opens) -> Result<Identity, Failure> {
        authority(provider, &self.ca, &self.ca_key, opens)
    }
}

/// How many CAs may stand above the one that issues.
const ABOVE: usize = 8;

/// The certificates that lead from a CA to a root, as far as its file has them: each has issued the one before it.
pub(super) fn above(
    provider: &Provider,
    ca: &CertificateDer<'_>,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bytes = tls::read(path)?;
    let mut others = match pem::is_der(&bytes) {
        true => Vec::new(),
        false => pem::certificates(&bytes).map_err(|error| bad(path, &error))?.0,
    };
    let mut chain: Vec<CertificateDer<'static>> = Vec::new();
    while chain.len() < ABOVE {
        let last = parse(chain.last().unwrap_or(ca), path)?;
        if last.is_self_issued() {
            break;
        }
        let has_issued = |der: &CertificateDer<'_>| {
            Certificate::parse(der).is_ok_and(|other| issued(&last, provider, &other).is_ok())
        };
        let Some(at) = others.iter().position(has_issued) else { break };
        chain.push(others.swap_remove(at));
    }
    Ok(chain)
}

/// A CA from its two files.
pub(super) fn authority(
    provider: &Provider,
    certificate: &Path,
    key: &Path,
    opens: &Opens,
) -> Result<Identity, Failure> {
    let own = identity(provider, certificate, key, opens)?;
    let found = parse(&own.certificate, certificate)?;
    let constraints = found.basic_constraints().map_err(|rule| bad(certificate, &rule))?;
    let usage = found.key_usage().map_err(|rule| bad(certificate, &rule))?;
    if !constraints.is_some_and(|own| own.ca) {
        return Err(Failure::usage(format!("{}: it is not the certificate of a CA", certificate.display()))
            .hint("`handfast pki ca` makes a CA"));
    }
    if usage.is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN)) {
        return Err(bad(certificate, "its key may not sign certificates"));
    }
    Ok(own)
}

/// A certificate and its key.
pub(super) fn identity(
    provider: &Provider,
    certificate: &Path,
    key: &Path,
    opens: &Opens,
) -> Result<Identity, Failure> {
    let own = Identity { certificate: self::certificate(certificate)?, key: self::key(provider, key, opens)? };
    if !key_matches(&own.certificate, own.key.public_key()) {
        return Err(Failure::usage(format!("{} is not the key of {}", key.display(), certificate.display()))
            .hint("the first certificate of a file counts"));
    }
    Ok(own)
}

/// A private key, the first one of a file.
pub(super) fn key(provider: &Provider, path: &Path, opens: &Opens) -> Result<Key, Failure> {
    let der = opens.read(provider, &[path])?.into_key().map_err(|error| bad(path, error))?;
    Key::load(provider, &der).map_err(|error| bad(path, &error))
}

/// The first certificate of a file, PEM or DER.
pub(super) fn certificate(path: &Path) -> Result<CertificateDer<'static>, Failure> {
    let bytes = tls::read(path)?;
    if pem::is_der(&bytes) {
        Certificate::parse(&bytes).map_err(|rule| bad(path, &rule))?;
        return Ok(bytes.into());
    }
    let (certificates, _) = pem::certificates(&bytes).map_err(|error| bad(path, &error))?;
    certificates.into_iter().next().ok_or_else(|| bad(path, "there is no certificate"))
}

/// A certificate that was read from `path`.
pub(super) fn parse<'a>(der: &'a CertificateDer<'_>, path: &Path) -> Result<Certificate<'a>, Failure> {
    Certificate::parse(der).map_err(|rule| bad(path, &rule))
}

/// The DER of a certificate request, PEM or DER, whose maker has the key.
pub(super) fn request(provider: &Provider, path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = tls::read(path)?;
    let der = match pem::is_der(&bytes) {
        true => bytes,
        false => CertificationRequest::from_pem(&bytes).map_err(|error| bad(path, &error))?,
    };
    let proof = CertificationRequest::parse(&der).and_then(|request| request.check_signature(provider));
    match proof {
        Ok(()) => Ok(der),
        Err(Rule::BadSignature) => Err(bad(path, "the request is not signed with the key that is in it")
            .hint("it was changed on the way, or whoever made it does not have the key: do not issue for it")),
        Err(rule) => Err(bad(path, format!("the request cannot be used: {rule}"))),
    }
}

/// A file cannot be used.
pub(super) fn bad(path: &Path, why: impl Display) -> Failure {
    Failure::usage(format!("{}: {}", path.display(), escape::text(&why.to_string())))
}
