//! The server's certificates: from files, or made on the spot.

use crate::failure::Failure;
use crate::tls;
use clap::{ArgGroup, Args, ValueHint};
use handfast::crypto::KeyKind;
use handfast::pki::make::{self, Builder};
use handfast::pki::ocsp::Response;
use handfast::{Clock, Identity, Provider, SystemClock};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
#[command(group = ArgGroup::new("whose"))]
pub(crate) struct Flags {
    /// A certificate (PEM, leaf first); give several pairs for keys of several kinds
    #[arg(long, value_name = "FILE", requires = "key", group = "whose", value_hint = ValueHint::FilePath)]
    cert: Vec<PathBuf>,

    /// The private key of the `--cert` at the same place (PEM)
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    key: Vec<PathBuf>,

    /// The OCSP response to staple to the `--cert` at the same place (DER). It is read once, when the program starts
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    ocsp: Vec<PathBuf>,

    /// Make a CA and a certificate for localhost, 127.0.0.1 and ::1, for as long as the program runs
    #[arg(long, group = "whose")]
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
    if arguments.cert.len() != arguments.key.len() {
        let (certs, keys) = (arguments.cert.len(), arguments.key.len());
        return Err(Failure::usage(format!("{certs} times `--cert` and {keys} times `--key`: they belong in pairs")));
    }
    if !arguments.ocsp.is_empty() && arguments.ocsp.len() != arguments.cert.len() {
        let (certs, responses) = (arguments.cert.len(), arguments.ocsp.len());
        return Err(Failure::usage(format!(
            "{certs} times `--cert` and {responses} times `--ocsp`: they belong together"
        )));
    }
    let pairs = arguments.cert.iter().zip(&arguments.key);
    let identities: Result<Vec<_>, _> = pairs.map(|(cert, key)| tls::identity(provider, cert, key)).collect();
    if arguments.ocsp.is_empty() {
        return identities;
    }
    let responses: Result<Vec<_>, _> = arguments.ocsp.iter().map(|path| response(path)).collect();
    Ok(identities?.into_iter().zip(responses?).map(|(identity, response)| identity.with_ocsp(response)).collect())
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
