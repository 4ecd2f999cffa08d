//! OCSP responses.

use super::crl::{issued, reason, reasons, sayable};
use super::input::{self, Authority, bad};
use super::{HEAD_START, output, unmade};
use crate::failure::Failure;
use crate::password::Opens;
use crate::verify;
use clap::{Args, ValueHint};
use handfast::pki::make::{OcspBuilder, OcspEntry};
use handfast::pki::ocsp::{self, Status};
use handfast::pki::time::Time;
use handfast::pki::{Policy, Reason};
use handfast::{Clock, SystemClock};
use std::path::{Path, PathBuf};

/// Make an OCSP response (DER): what a CA says of one certificate now, for its server to staple
///
/// `handfast serve --ocsp` staples it.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    authority: Authority,

    /// The certificate that it is about (PEM, the first one of the file, or DER)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    cert: PathBuf,

    /// What is said: good, unknown, revoked, revoked:REASON or revoked:REASON@TIME
    #[arg(long, value_name = "STATUS", default_value = "good", value_parser = status)]
    status: Answer,

    /// For how many days it is right
    #[arg(long, value_name = "NUMBER", default_value = "7", value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,

    /// The certificate of whoever signs in place of the CA (PEM), from `handfast pki issue --ocsp-signer`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "responder_key")]
    responder: Option<PathBuf>,

    /// The private key of `--responder` (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "responder")]
    responder_key: Option<PathBuf>,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    output: output::Flags,
}

/// A status that may be missing its time: now.
#[derive(Clone, Copy)]
enum Answer {
    Good,
    Unknown,
    Revoked(Option<Reason>, Option<Time>),
}

fn status(text: &str) -> Result<Answer, String> {
    let (name, rest) = text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
    match (name, rest) {
        ("good", None) => Ok(Answer::Good),
        ("unknown", None) => Ok(Answer::Unknown),
        ("revoked", None) => Ok(Answer::Revoked(None, None)),
        ("revoked", Some(rest)) => {
            let (name, time) = rest.split_once('@').map_or((rest, None), |(name, time)| (name, Some(time)));
            let reason = reason(name).ok_or_else(|| format!("reasons are {}", reasons()))?;
            Ok(Answer::Revoked(Some(reason), time.map(verify::time).transpose()?.map(Time::from)))
        }
        _ => Err("a status is good, unknown, revoked, revoked:REASON or revoked:REASON@TIME".to_string()),
    }
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut inputs: Vec<&Path> = vec![&arguments.authority.ca, &arguments.authority.ca_key, &arguments.cert];
    inputs.extend([&arguments.responder, &arguments.responder_key].into_iter().flatten().map(PathBuf::as_path));
    arguments.output.check(None, &inputs)?;
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let ca = arguments.authority.read(&provider, &arguments.opens)?;
    let issuer = input::parse(&ca.certificate, &arguments.authority.ca)?;
    let der = input::certificate(&arguments.cert)?;
    let certificate = input::parse(&der, &arguments.cert)?;
    issued(&certificate, &provider, &issuer).map_err(|why| {
        bad(&arguments.cert, why)
            .hint("a CA answers for the certificates that it has issued; the first of FILE is meant")
    })?;

    let from = Time::from(now).unix();
    let status = match arguments.status {
        Answer::Good => Status::Good,
        Answer::Unknown => Status::Unknown,
        Answer::Revoked(_, Some(at)) if at > Time::from_unix(from) => {
            return Err(Failure::usage(format!("{at} has not come yet, and what is revoked is revoked already"))
                .hint("without a time it is now"));
        }
        Answer::Revoked(reason, at) => {
            Status::Revoked { at: at.unwrap_or(Time::from_unix(from)), reason: sayable(reason)? }
        }
    };
    let until = from.saturating_add(i64::from(arguments.days) * 86_400);
    let entry = OcspEntry::good(&provider, &certificate, &issuer, now).map_err(|error| unmade(&error))?;
    let mut response =
        OcspBuilder::new(now).entry(entry.status(status).valid(from.saturating_sub(HEAD_START), Some(until)));
    let delegate = match (&arguments.responder, &arguments.responder_key) {
        (Some(path), Some(key)) => Some((input::identity(&provider, path, key, &arguments.opens)?, path)),
        _ => None,
    };
    if let Some((delegate, _)) = &delegate {
        response = response.certificate(&delegate.certificate);
    }
    let signer = delegate.as_ref().map_or(&ca, |(delegate, _)| delegate);
    let response = response.signed_by(&provider, signer).map_err(|error| unmade(&error))?;
    // As a client will.
    match (ocsp::verify(&provider, &Policy::default(), &response, &certificate, &issuer, now), &delegate) {
        (Ok(_), _) => arguments.output.write_binary(&response),
        (Err(rule), Some((_, path))) => Err(bad(path, format!("no client would take the response: {rule}"))
            .hint("`handfast pki issue --ocsp-signer` issues a certificate that may sign in place of the CA")),
        (Err(rule), None) => Err(Failure::broken(format!("no client would take the response: {rule}"))),
    }
}
