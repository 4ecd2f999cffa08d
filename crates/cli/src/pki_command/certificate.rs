//! Certificates.

use super::input::{self, Authority, bad};
use super::key::Source;
use super::terms::{Terms, Whose, refused, remark};
use super::{output, unmade};
use crate::failure::Failure;
use crate::password::Opens;
use crate::{tls, verify};
use clap::{Args, ValueHint};
use handfast::crypto::PublicKey;
use handfast::pki::make::{Builder, Identity, Key, Subject};
use handfast::pki::ocsp::Stapling;
use handfast::pki::request::CertificationRequest;
use handfast::pki::{Certificate, Policy, Purpose, Request, pem};
use handfast::pki_types::{CertificateDer, UnixTime};
use handfast::{Anchors, Clock, Provider, SystemClock};
use std::path::{Path, PathBuf};

/// Make a certificate that is signed with its own key (PEM): it is trusted by whoever has a copy
///
/// Of a request the subject and the names are taken, and that it wants to be stapled; not that it wants to be a CA, nor other
/// extensions. What is not taken is said.
#[derive(Args)]
pub(super) struct SelfSign {
    #[command(flatten)]
    source: Source,

    /// Take subject and names from this certificate request (PEM or DER), which is for the same key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    csr: Option<PathBuf>,

    #[command(flatten)]
    whose: Whose,

    #[command(flatten)]
    terms: Terms,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    output: output::Flags,
}

/// Make a CA: a certificate that may sign others (PEM), and its key
///
/// Whoever has the key can pass for everybody that the CA may issue for, wherever the CA is trusted: `--permit` draws the line.
#[derive(Args)]
pub(super) struct Ca {
    #[command(flatten)]
    source: Source,

    /// The distinguished name of the CA, as in "CN=Example CA,O=Example" (RFC 4514). No two CAs may have the same
    #[arg(long, value_name = "DN", value_parser = Subject::parse)]
    subject: Subject,

    /// How many days it is valid, beginning an hour ago
    #[arg(long, value_name = "NUMBER", default_value = "3650", value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,

    /// How many CAs may stand between it and a certificate that is no CA's [default: any number]
    #[arg(long, value_name = "NUMBER")]
    path_length: Option<u8>,

    /// It may issue for this domain and what is below it, this address or ADDRESS/LENGTH, or this mailbox, and for no others of
    /// the same form. May be given several times
    #[arg(long, value_name = "NAME")]
    permit: Vec<String>,

    /// The certificate of the CA that issues it (PEM) [default: it signs itself]
    #[arg(long = "ca", value_name = "FILE", value_hint = ValueHint::FilePath, requires = "issuer_key")]
    issuer: Option<PathBuf>,

    /// The private key of `--ca` (PEM)
    #[arg(long = "ca-key", value_name = "FILE", value_hint = ValueHint::FilePath, requires = "issuer")]
    issuer_key: Option<PathBuf>,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    output: output::Flags,
}

/// Issue a certificate in the name of a CA (PEM), by a request or for a new key
///
/// Of a request the subject is granted, and that it wants to be stapled; of its names those that the CA may issue for. That it
/// wants to be a CA is never granted, nor are other extensions: what the certificate is for is said here. What is not granted is
/// said on standard error.
#[derive(Args)]
pub(super) struct Issue {
    #[command(flatten)]
    authority: Authority,

    /// The certificate request (PEM or DER)
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        conflicts_with_all = ["key", "new_key", "kind", "bits"]
    )]
    csr: Option<PathBuf>,

    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    whose: Whose,

    #[command(flatten)]
    terms: Terms,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    output: output::Flags,
}

/// Runs `handfast pki self-sign`.
pub(super) fn self_sign(arguments: &SelfSign) -> Result<(), Failure> {
    if arguments.csr.is_none() && arguments.whose.is_empty() {
        return Err(nobody());
    }
    arguments.output.vacant(arguments.source.new_key.as_ref())?;
    let provider = handfast::rustcrypto::provider();
    let key = arguments.source.key(&provider, &arguments.opens)?;
    let mut builder = arguments.terms.builder(SystemClock.now(), key.public_key(), None)?;
    if let Some(path) = &arguments.csr {
        let der = input::request(&provider, path)?;
        let request = CertificationRequest::parse(&der).map_err(|rule| bad(path, &rule))?;
        if request.public_key().as_ref() != Ok(key.public_key()) {
            return Err(bad(path, "the request is for another key"));
        }
        builder = grant(builder, &request, None, path)?;
    }
    let builder = arguments.whose.apply(builder, arguments.csr.is_some())?;
    let certificate = builder.self_signed(&provider, &key).map_err(|error| unmade(&error))?;
    remark(&certificate, &arguments.terms.purposes(), Path::new("the certificate"))?;
    arguments.source.write(&key, arguments.output.force)?;
    arguments.output.write(pem::encode("CERTIFICATE", &certificate).as_bytes())
}

/// Runs `handfast pki ca`.
pub(super) fn ca(arguments: &Ca) -> Result<(), Failure> {
    arguments.output.vacant(arguments.source.new_key.as_ref())?;
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let issuer = match (&arguments.issuer, &arguments.issuer_key) {
        (Some(path), Some(key)) => Some((input::authority(&provider, path, key, &arguments.opens)?, path)),
        _ => None,
    };
    let parsed = issuer.as_ref().map(|(own, path)| input::parse(&own.certificate, path)).transpose()?;
    let limit = parsed.as_ref().map(|issuer| issuer.validity().not_after);
    let mut builder = Builder::ca("", now)
        .distinguished_name(&arguments.subject)
        .days(now, arguments.days, limit)
        .basic_constraints(true, arguments.path_length);
    if arguments.subject.name().is_empty() {
        return Err(Failure::usage("a CA has a name").hint("`--subject \"CN=Example CA\"` is one"));
    }
    if !arguments.permit.is_empty() {
        builder = builder.permit(arguments.permit.iter().map(String::as_str)).map_err(|error| refused(&error))?;
    }
    let key = arguments.source.key(&provider, &arguments.opens)?;
    let made = match &issuer {
        Some((issuer, _)) => builder.signed_by(&provider, issuer, key.public_key()),
        None => builder.self_signed(&provider, &key),
    };
    let certificate = made.map_err(|error| unmade(&error))?;
    arguments.source.write(&key, arguments.output.force)?;
    arguments.output.write(pem::encode("CERTIFICATE", &certificate).as_bytes())
}

/// Runs `handfast pki issue`.
pub(super) fn issue(arguments: &Issue) -> Result<(), Failure> {
    if arguments.csr.is_none() && arguments.whose.is_empty() {
        return Err(nobody());
    }
    arguments.output.vacant(arguments.source.new_key.as_ref())?;
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let ca = arguments.authority.read(&provider, &arguments.opens)?;
    let issuer = input::parse(&ca.certificate, &arguments.authority.ca)?;
    let (builder, public, key) = match &arguments.csr {
        Some(path) => {
            let der = input::request(&provider, path)?;
            let request = CertificationRequest::parse(&der).map_err(|rule| bad(path, &rule))?;
            let public = request.public_key().map_err(|rule| bad(path, &rule))?;
            let builder = arguments.terms.builder(now, &public, Some(&issuer))?;
            (grant(builder, &request, Some(&issuer), path)?, public, None)
        }
        None => {
            let key = arguments.source.key(&provider, &arguments.opens)?;
            let public = key.public_key().clone();
            (arguments.terms.builder(now, &public, Some(&issuer))?, public, Some(key))
        }
    };
    let builder = arguments.whose.apply(builder, arguments.csr.is_some())?;
    let certificate = sign(&provider, &ca, builder, &public, &arguments.terms.purposes(), now)?;
    remark(&certificate, &arguments.terms.purposes(), &arguments.authority.ca)?;
    let text = chain(&certificate, &ca, &issuer);
    write_key(&arguments.source, key.as_ref(), arguments.output.force)?;
    arguments.output.write(text.as_bytes())
}

/// Signs it, unless nobody would accept what comes out.
pub(super) fn sign(
    provider: &Provider,
    ca: &Identity,
    builder: Builder,
    key: &PublicKey,
    purposes: &[Purpose],
    now: UnixTime,
) -> Result<CertificateDer<'static>, Failure> {
    let certificate = builder.signed_by(provider, ca, key).map_err(|error| unmade(&error))?;
    let mut anchors = Anchors::new();
    anchors.add(&ca.certificate).map_err(|rule| Failure::broken(rule.to_string()))?;
    // What it says is judged, not whether a response was stapled.
    let leaf_usage = verify::leaf_usage(purposes);
    let policy = Policy { stapling: Stapling::Off, leaf_usage, ..Policy::default() };
    let chain = [certificate];
    let request = Request { chain: &chain, staple: None, purposes, reference: None, now };
    match handfast::pki::verify(provider, &anchors, &policy, &request) {
        Ok(_) => Ok(chain.into_iter().next().unwrap_or_else(|| Vec::new().into())),
        Err(error) => Err(Failure::certificate(&error)),
    }
}

/// The certificate as PEM, and behind it that of the CA unless it is a root, which nobody needs to send.
pub(super) fn chain(certificate: &CertificateDer<'_>, ca: &Identity, issuer: &Certificate<'_>) -> String {
    let own = pem::encode("CERTIFICATE", certificate).to_string();
    if issuer.is_self_issued() { own } else { own + &ca.certificate_pem() }
}

fn write_key(source: &Source, key: Option<&Key>, force: bool) -> Result<(), Failure> {
    key.map_or(Ok(()), |key| source.write(key, force))
}

/// Grants what may be, and says what not.
fn grant(
    builder: Builder,
    request: &CertificationRequest<'_>,
    issuer: Option<&Certificate<'_>>,
    path: &Path,
) -> Result<Builder, Failure> {
    let constraints = issuer.map(Certificate::name_constraints).transpose().map_err(|rule| bad(path, &rule))?.flatten();
    let (builder, declined) = builder.grant(request, constraints.as_ref()).map_err(|rule| bad(path, &rule))?;
    for reason in declined {
        tls::warn(&format!("not granted: {reason}"));
    }
    Ok(builder)
}

fn nobody() -> Failure {
    Failure::usage("whose certificate is it to be?").hint(
        "`--csr FILE` takes that from a request, `--name www.example.com` names a host, `--subject CN=…` gives a \
         distinguished name",
    )
}
