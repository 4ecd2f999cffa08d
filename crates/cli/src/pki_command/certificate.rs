//! Certificates: self-signed, and issued by a CA.

use super::input::{self, Authority, bad};
use super::key::Source;
use super::terms::{Terms, Whose, remark};
use super::{output, unmade};
use crate::failure::Failure;
use crate::password::Opens;
use crate::{tls, verify};
use clap::{Args, ValueHint};
use handfast::crypto::PublicKey;
use handfast::pki::inspect;
use handfast::pki::make::{Builder, Declined, Identity};
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
        conflicts_with_all = ["key", "new_key", "kind", "bits", "out_pass"]
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
    let whose = &arguments.whose;
    if whose.subject.as_ref().is_some_and(|subject| subject.name().is_empty()) {
        return Err(Failure::usage("a certificate has the name of its issuer, and here that is its own subject")
            .hint("leave out `--subject`, or say one that is not empty"));
    }
    let inputs: Vec<_> = arguments.source.input().into_iter().chain(arguments.csr.as_deref()).collect();
    arguments.output.check(arguments.source.new_key.as_ref(), &inputs)?;
    let provider = handfast::rustcrypto::provider();
    let key = arguments.source.key(&provider, &arguments.opens)?;
    let mut builder = arguments.terms.builder(SystemClock.now(), key.public_key(), None)?;
    let mut is_nameless = whose.subject.is_none() && whose.is_nameless();
    if let Some(path) = &arguments.csr {
        let der = input::request(&provider, path)?;
        let request = CertificationRequest::parse(&der).map_err(|rule| bad(path, &rule))?;
        if request.public_key().as_ref() != Ok(key.public_key()) {
            return Err(bad(path, "the request is for another key"));
        }
        is_nameless = whose.subject.is_none() && request.subject().is_empty();
        builder = grant(builder, &request, None, path, whose)?;
    }
    let mut builder = whose.apply(builder, arguments.csr.is_some())?;
    if is_nameless {
        builder = builder.subject(NAMELESS);
    }
    let certificate = builder.self_signed(&provider, &key).map_err(|error| unmade(&error))?;
    remark(&certificate, &arguments.terms.purposes(), Path::new("the certificate"))?;
    if arguments.csr.is_some() {
        tell(&certificate, Path::new("the certificate"))?;
    }
    let text = pem::encode("CERTIFICATE", &certificate);
    arguments.output.write_with_key(text.as_bytes(), &arguments.source, Some(&key))
}

/// The common name of a certificate that signs itself and has no name that fits: the issuer must have one (RFC 5280 §4.1.2.4).
const NAMELESS: &str = "self-signed certificate";

/// Runs `handfast pki issue`.
pub(super) fn issue(arguments: &Issue) -> Result<(), Failure> {
    if arguments.csr.is_none() && arguments.whose.is_empty() {
        return Err(nobody());
    }
    let inputs = [Some(&arguments.authority.ca), Some(&arguments.authority.ca_key), arguments.csr.as_ref()];
    let inputs = inputs.into_iter().flatten().map(PathBuf::as_path).chain(arguments.source.input());
    arguments.output.check(arguments.source.new_key.as_ref(), &inputs.collect::<Vec<_>>())?;
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let ca = arguments.authority.read(&provider, &arguments.opens)?;
    let above = input::above(&provider, &ca.certificate, &arguments.authority.ca)?;
    let issuer = input::parse(&ca.certificate, &arguments.authority.ca)?;
    let (builder, public, key) = match &arguments.csr {
        Some(path) => {
            let der = input::request(&provider, path)?;
            let request = CertificationRequest::parse(&der).map_err(|rule| bad(path, &rule))?;
            let public = request.public_key().map_err(|rule| bad(path, &rule))?;
            let builder = arguments.terms.builder(now, &public, Some(&issuer))?;
            (grant(builder, &request, Some(&issuer), path, &arguments.whose)?, public, None)
        }
        None => {
            let key = arguments.source.key(&provider, &arguments.opens)?;
            let public = key.public_key().clone();
            (arguments.terms.builder(now, &public, Some(&issuer))?, public, Some(key))
        }
    };
    let builder = arguments.whose.apply(builder, arguments.csr.is_some())?;
    let certificate = sign(&provider, &ca, &above, builder, &public, &arguments.terms.purposes(), now)?;
    remark(&certificate, &arguments.terms.purposes(), &arguments.authority.ca)?;
    if arguments.csr.is_some() {
        tell(&certificate, Path::new("the certificate"))?;
    }
    let text = chain(&certificate, &ca.certificate, &above, &issuer);
    arguments.output.write_with_key(text.as_bytes(), &arguments.source, key.as_ref())
}

/// Signs it, unless nobody would accept what comes out. `above` leads from the CA to a root, as far as that is known.
pub(super) fn sign(
    provider: &Provider,
    ca: &Identity,
    above: &[CertificateDer<'static>],
    builder: Builder,
    key: &PublicKey,
    purposes: &[Purpose],
    now: UnixTime,
) -> Result<CertificateDer<'static>, Failure> {
    let certificate = builder.signed_by(provider, ca, key).map_err(|error| unmade(&error))?;
    let is_its_own = {
        let own = Certificate::parse(&certificate).map_err(|rule| Failure::broken(rule.to_string()))?;
        own.is_self_issued()
    };
    if is_its_own {
        return Err(Failure::usage("the subject is the name of the CA").hint("`--subject` gives another one"));
    }
    let chain = [certificate.clone(), ca.certificate.clone()].into_iter().chain(above.iter().cloned());
    judge(provider, chain.collect(), purposes, now)?;
    Ok(certificate)
}

/// Whether this chain would be accepted where its last certificate is trusted. What it says is judged, not whether a response was
/// stapled.
pub(super) fn judge(
    provider: &Provider,
    mut chain: Vec<CertificateDer<'static>>,
    purposes: &[Purpose],
    now: UnixTime,
) -> Result<(), Failure> {
    let mut anchors = Anchors::new();
    if let Some(last) = chain.pop() {
        anchors.add(&last).map_err(|rule| Failure::broken(rule.to_string()))?;
    }
    let leaf_usage = verify::leaf_usage(purposes);
    let policy = Policy { stapling: Stapling::Off, leaf_usage, ..Policy::default() };
    let request = Request { chain: &chain, staple: None, purposes, reference: None, now };
    handfast::pki::verify(provider, &anchors, &policy, &request).map(drop).map_err(|error| Failure::certificate(&error))
}

/// The certificate as PEM, and behind it that of the CA and those above it, but for a root, which nobody needs to send.
pub(super) fn chain(
    certificate: &CertificateDer<'_>,
    ca: &CertificateDer<'_>,
    above: &[CertificateDer<'_>],
    issuer: &Certificate<'_>,
) -> String {
    let mut text = pem::encode("CERTIFICATE", certificate).to_string();
    if issuer.is_self_issued() {
        return text;
    }
    let is_root = |der: &&CertificateDer<'_>| Certificate::parse(der).is_ok_and(|own| own.is_self_issued());
    for der in [ca].into_iter().chain(above.iter().filter(|der| !is_root(der))) {
        text.push_str(&pem::encode("CERTIFICATE", der));
    }
    text
}

/// How many names, and how many notes about what was not granted, are shown.
const SHOWN: usize = 20;

/// Grants what may be, and says what not.
fn grant(
    builder: Builder,
    request: &CertificationRequest<'_>,
    issuer: Option<&Certificate<'_>>,
    path: &Path,
    whose: &Whose,
) -> Result<Builder, Failure> {
    let names = request.subject_alt_names().map_err(|rule| bad(path, &rule))?;
    if names.take(Builder::REQUESTED_NAMES + 1).count() > Builder::REQUESTED_NAMES {
        return Err(bad(path, format!("the request has more than {} names", Builder::REQUESTED_NAMES)));
    }
    let constraints = issuer.map(Certificate::name_constraints).transpose().map_err(|rule| bad(path, &rule))?.flatten();
    let (builder, mut declined) = builder.grant(request, constraints.as_ref()).map_err(|rule| bad(path, &rule))?;
    let is_bad = |reason: &Declined| matches!(reason, Declined::Subject(_));
    if whose.subject.is_some() {
        declined.retain(|reason| !is_bad(reason));
    }
    if let Some(Declined::Subject(error)) = declined.iter().find(|reason| is_bad(reason)) {
        return Err(
            bad(path, format!("its subject cannot be certified: {error}")).hint("`--subject` gives another one")
        );
    }
    for reason in declined.iter().take(SHOWN) {
        tls::warn(&format!("not granted: {reason}"));
    }
    if declined.len() > SHOWN {
        tls::warn(&format!("not granted: and {} more", declined.len() - SHOWN));
    }
    Ok(builder)
}

/// Says whom the certificate is for: who asked has chosen that.
fn tell(der: &CertificateDer<'_>, path: &Path) -> Result<(), Failure> {
    let certificate = input::parse(der, path)?;
    let mut names: Vec<_> = certificate
        .subject_alt_names()
        .and_then(|names| names.map(|name| Ok(inspect::general_name(&name?))).collect())
        .map_err(|rule| bad(path, &rule))?;
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let names = match (names.join(", "), more) {
        (names, _) if names.is_empty() => "no names".to_string(),
        (names, 0) => names,
        (names, more) => format!("{names} and {more} more"),
    };
    tls::warn(&format!("granted: {}; {names}", certificate.subject()));
    Ok(())
}

fn nobody() -> Failure {
    Failure::usage("whose certificate is it to be?").hint(
        "`--csr FILE` takes that from a request, `--name www.example.com` names a host, `--subject CN=…` gives a \
         distinguished name",
    )
}
