//! The server's certificates: from files, or made on the spot.

use crate::failure::Failure;
use crate::{own, tls};
use clap::{Args, ValueHint};
use handfast::crypto::KeyKind;
use handfast::pki::make::{self, Builder};
use handfast::pki::ocsp::Response;
use handfast::{Clock, Identity, Provider, SystemClock};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
pub(crate) struct Flags {
    #[command(flatten)]
    own: own::Flags,

    /// The OCSP response to staple to the certificate at the same place, those of `--pfx` last (DER). It is read once, when the program starts
    #[arg(long, value_name = "FILE", requires = "own", value_hint = ValueHint::FilePath)]
    ocsp: Vec<PathBuf>,

    /// Make a CA and a certificate for localhost, 127.0.0.1 and ::1, for as long as the program runs
    #[arg(long, conflicts_with = "own")]
    self_signed: bool,

    /// Where the certificate of that CA is written (PEM)
    #[arg(long, value_name = "FILE", requires = "self_signed", value_hint = ValueHint::FilePath)]
    ca_out: Option<PathBuf>,
}

/// What a certificate that is made on the spot is for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The certificates, most preferred first; none where the flags name none.
pub(crate) fn identities(arguments: &Flags, provider: &Provider) -> Result<Vec<Arc<Identity>>, Failure> {
    if arguments.self_signed {
        return Ok(vec![self_signed(arguments, provider)?]);
    }
    let identities = arguments.own.identities(provider)?;
    if arguments.ocsp.is_empty() {
        return Ok(identities);
    }
    let (owners, responses) = (identities.len(), arguments.ocsp.len());
    if owners != responses {
        return Err(Failure::usage(format!(
            "{owners} certificates and {responses} times `--ocsp`: they belong together"
        )));
    }
    let responses: Result<Vec<_>, _> = arguments.ocsp.iter().map(|path| response(path)).collect();
    Ok(identities.into_iter().zip(responses?).map(|(identity, response)| identity.with_ocsp(response)).collect())
}

/// An OCSP response. Whether it says what clients want to hear is for them.
fn response(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = tls::read(path)?;
    match Response::parse(&bytes) {
        Ok(_) => Ok(bytes),
        Err(rule) => Err(Failure::usage(format!("{}: it cannot be stapled: {rule}", path.display()))
            .hint("`openssl ocsp … -respout FILE` writes one that can be stapled")),
    }
}

fn self_signed(arguments: &Flags, provider: &Provider) -> Result<Arc<Identity>, Failure> {
    let now = SystemClock.now();
    let made = |error: make::Error| Failure::broken(format!("no certificate could be made: {error}"));
    let ca = make::Identity::root(provider, Builder::ca("Handfast throwaway CA", now), KeyKind::P256).map_err(made)?;
    let leaf = ca.issue(provider, Builder::server(&NAMES, now), KeyKind::P256).map_err(made)?;
    match &arguments.ca_out {
        Some(path) => {
            fs::write(path, ca.certificate_pem()).map_err(|error| Failure::io(&error, path.display()))?;
        }
        None => tls::warn("no client can trust this server: `--ca-out FILE` writes the CA's certificate"),
    }
    Identity::new(provider, vec![leaf.certificate], leaf.key.der())
        .map_err(|error| Failure::broken(format!("no certificate could be made: {error}")))
}
