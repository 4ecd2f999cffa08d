//! The server's certificates: from files, or made on the spot.

use crate::failure::Failure;
use crate::tls;
use clap::{ArgGroup, Args, ValueHint};
use handfast::crypto::KeyKind;
use handfast::pki::make::{self, Builder};
use handfast::{Clock, Identity, Provider, SystemClock};
use std::fs;
use std::path::PathBuf;
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
    let pairs = arguments.cert.iter().zip(&arguments.key);
    pairs.map(|(cert, key)| tls::identity(provider, cert, key)).collect()
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
