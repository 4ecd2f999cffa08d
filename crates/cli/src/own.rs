//! One's own certificates and keys, from files.

use crate::failure::Failure;
use crate::password::Source;
use crate::{escape, tls};
use clap::{ArgGroup, Args, ValueHint};
use handfast::pki::bundle::Error;
use handfast::pki::encrypted::Fault;
use handfast::{Bundle, Identity, IdentityError, Provider};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whose certificate is shown.
#[derive(Args)]
#[group(skip)]
#[command(group = ArgGroup::new("own").multiple(true))]
pub(crate) struct Flags {
    /// A certificate and those that lead from it to a root, in any order; PEM or DER, with the private key or without. Give it
    /// several times for keys of several kinds
    #[arg(long, value_name = "FILE", group = "own", value_hint = ValueHint::FilePath)]
    pub(crate) cert: Vec<PathBuf>,

    /// The private key of the `--cert` at the same place, unless it is in the same file: PKCS#8, PKCS#1 or SEC1, PEM or DER
    #[arg(long, value_name = "FILE", requires = "cert", value_hint = ValueHint::FilePath)]
    key: Vec<PathBuf>,

    /// A private key and its certificates in a PKCS#12 file (.pfx, .p12)
    #[arg(long, value_name = "FILE", group = "own", value_hint = ValueHint::FilePath)]
    pfx: Vec<PathBuf>,

    /// The password of what is encrypted: file:PATH (its first line), env:NAME, pass:WORD (which others on this machine can see)
    #[arg(long, value_name = "SOURCE", requires = "own")]
    pass: Option<Source>,

    /// Open keys that are encrypted with MD5, DES or RC2 as well
    #[cfg(feature = "legacy")]
    #[arg(long, requires = "own")]
    legacy_keys: bool,
}

impl Flags {
    /// The identities, those of `--cert` first, in the order of the flags.
    pub(crate) fn identities(&self, provider: &Provider) -> Result<Vec<Arc<Identity>>, Failure> {
        let (certs, keys) = (self.cert.len(), self.key.len());
        if keys != 0 && keys != certs {
            return Err(Failure::usage(format!(
                "{certs} times `--cert` and {keys} times `--key`: they belong in pairs"
            ))
            .hint("a `--cert` whose file has the private key too needs no `--key`, but then none of them has one"));
        }
        let mut identities = Vec::new();
        for (at, cert) in self.cert.iter().enumerate() {
            let files: Vec<_> = [Some(cert), self.key.get(at)].into_iter().flatten().map(PathBuf::as_path).collect();
            identities.extend(self.load(provider, &files)?);
        }
        for pfx in &self.pfx {
            identities.extend(self.load(provider, &[pfx])?);
        }
        Ok(identities)
    }

    /// What is in these files together.
    fn load(&self, provider: &Provider, files: &[&Path]) -> Result<Vec<Arc<Identity>>, Failure> {
        let password = self.pass.as_ref().map(Source::read).transpose()?;
        let mut bundle = self.bundle();
        for file in files {
            let bytes = tls::read(file)?;
            let password = password.as_ref().map(|word| word.as_slice());
            bundle.add(provider, &bytes, password).map_err(|error| failure(&[file], &IdentityError::Bundle(error)))?;
        }
        Identity::from_bundle(provider, bundle).map_err(|error| failure(files, &error))
    }

    #[cfg(feature = "legacy")]
    fn bundle(&self) -> Bundle<'static> {
        match self.legacy_keys {
            true => Bundle::new().legacy(handfast_legacy_keys::WAYS),
            false => Bundle::new(),
        }
    }

    #[cfg(not(feature = "legacy"))]
    fn bundle(&self) -> Bundle<'static> {
        Bundle::new()
    }
}

/// What is wrong with these files, and what to do about it.
fn failure(files: &[&Path], error: &IdentityError) -> Failure {
    let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    let failure = Failure::usage(format!("{}: {}", names.join(" and "), escape::text(&error.to_string())));
    let IdentityError::Bundle(error) = error else { return failure };
    match (error, error.fault()) {
        (_, Some(fault)) => match hint_of(fault) {
            Some(hint) => failure.hint(hint),
            None => failure,
        },
        (Error::Mismatch(..), _) => {
            failure.hint("`--key` is the key of the certificate in the `--cert` at the same place")
        }
        (Error::Pem(handfast::pki::pem::Error::NoKey(_)), _) => failure.hint("`--key FILE` has the private key"),
        _ => failure,
    }
}

/// What to do about something that does not open.
pub(crate) fn hint_of(fault: &Fault) -> Option<&'static str> {
    Some(match fault {
        Fault::NoPassword => "`--pass file:PATH` or `--pass env:NAME` says the password",
        Fault::WrongPassword => "is it the right password? A file that was changed looks the same",
        Fault::Unsupported(_) => {
            "`openssl pkcs8 -topk8` or `openssl pkcs12` seals it anew in today's way; a build with the older ways has `--legacy-keys`"
        }
        _ => return None,
    })
}
