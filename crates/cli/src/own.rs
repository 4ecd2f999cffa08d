//! One's own certificates and keys, from files.

use crate::failure::Failure;
use crate::password::Opens;
use crate::{escape, tls};
use clap::{ArgGroup, Args, ValueHint};
use handfast::pki::Certificate;
use handfast::pki::bundle::Error;
use handfast::pki::encrypted::Fault;
use handfast::{Identity, Provider};
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

    #[command(flatten)]
    opens: Opens,
}

impl Flags {
    /// The identities, those of `--cert` first, in the order of the flags.
    pub(crate) fn identities(&self, provider: &Provider) -> Result<Vec<Arc<Identity>>, Failure> {
        if self.opens.is_given() && self.cert.is_empty() && self.pfx.is_empty() {
            return Err(
                Failure::usage("there is nothing that a password could open").hint("`--cert` or `--pfx FILE` is")
            );
        }
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

    /// The files, without those of passwords.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.cert.iter().chain(&self.key).chain(&self.pfx)
    }

    /// What is in these files together.
    pub(crate) fn load(&self, provider: &Provider, files: &[&Path]) -> Result<Vec<Arc<Identity>>, Failure> {
        let bundle = self.opens.read(provider, files)?;
        let paired = bundle.pair(provider).map_err(|error| failure(files, &error))?;
        for certificate in paired.unused.iter().filter_map(|der| Certificate::parse(der).ok()) {
            tls::warn(&format!(
                "{}: not used, as it leads from no key anywhere: {}",
                names(files),
                certificate.subject()
            ));
        }
        let own = paired.pairs.into_iter().map(|pair| Identity::with_key(pair.chain, pair.signer));
        own.collect::<Result<_, _>>().map_err(|error| Failure::usage(format!("{}: {error}", names(files))))
    }
}

/// What is wrong with these files, and what to do about it.
pub(crate) fn failure(files: &[&Path], error: &Error) -> Failure {
    let failure = Failure::usage(format!("{}: {}", names(files), escape::text(&error.to_string())));
    let hint = match (error, error.fault()) {
        (Error::Issuer(..), _) => "the key of a CA stays where certificates are issued",
        (_, Some(Fault::NoPassword)) => "`--pass file:PATH` or `--pass env:NAME` says the password",
        (_, Some(Fault::WrongPassword)) => "is it the right password? A file that was changed looks the same",
        (_, Some(Fault::Unsupported(_))) => {
            "`handfast pki pem` seals it anew, in a build with the older ways, with `--legacy-keys`; so does `openssl pkcs8 -topk8`"
        }
        (Error::Mismatch(..), _) => "`--key` is the key of the certificate in the `--cert` at the same place",
        (Error::NoKey(_), _) => "the file with the private key has to be named, too: `--key FILE` for a `--cert`",
        _ => return failure,
    };
    failure.hint(hint)
}

fn names(files: &[&Path]) -> String {
    let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    names.join(" and ")
}
