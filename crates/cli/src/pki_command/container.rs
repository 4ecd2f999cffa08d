//! Keys and certificates in one file, and out of it.

use super::key::Seal;
use super::{output, unmade};
use crate::failure::Failure;
use crate::file::Readers;
use crate::own;
use crate::password::{Opens, Source};
use clap::{Args, ValueHint};
use handfast::pki::encrypted::{ITERATIONS, MAX_ITERATIONS};
use handfast::pki::make::Key;
use handfast::pki::{pem, pfx};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Make a PKCS#12 file (.pfx, .p12) of a private key and its certificates
///
/// Key and certificates are encrypted with AES-256, and the whole has a MAC of SHA-256, as OpenSSL 3 does it.
#[derive(Args)]
pub(super) struct ToPfx {
    /// Files with the private key, its certificate, and the certificates that lead from it to a root, in any order (PEM, DER or
    /// PKCS#12)
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,

    /// The password of the file: file:PATH (its first line), env:NAME or pass:WORD; `pass:` is the empty one
    #[arg(long, value_name = "SOURCE")]
    out_pass: Source,

    /// What programs show for it
    #[arg(long, value_name = "NAME")]
    friendly_name: Option<String>,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    output: output::Flags,
}

/// Make PEM of all private keys and certificates in files of any kind, keys first
///
/// It takes PKCS#12 files apart, opens what is encrypted (`--pass`), and seals it anew (`--out-pass`). With `--certificates` nothing is
/// written that is a secret.
#[derive(Args)]
pub(super) struct ToPem {
    /// Files with private keys and certificates, in any order (PEM, DER or PKCS#12)
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,

    /// Write the certificates alone
    #[arg(long, conflicts_with = "out_pass")]
    certificates: bool,

    #[command(flatten)]
    seal: Seal,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    output: output::Flags,
}

/// Runs `handfast pki pfx`.
pub(super) fn to_pfx(arguments: &ToPfx) -> Result<(), Failure> {
    let files = paths(&arguments.files);
    arguments.output.check(None, &files)?;
    let provider = handfast::rustcrypto::provider();
    let paired =
        arguments.opens.read(&provider, &files)?.pair(&provider).map_err(|error| own::failure(&files, &error))?;
    let [pair] = paired.pairs.as_slice() else {
        return Err(Failure::usage(format!("there are {} private keys, and the file is for one", paired.pairs.len()))
            .hint("make a file for each"));
    };
    let key = Key::load(&provider, &pair.key).map_err(|error| unmade(&error))?;
    let key = key.to_pkcs8().map_err(|error| unmade(&error))?;
    // What leads nowhere is behind the chain, as somebody put it there.
    let chain = [&pair.chain[..], &paired.unused[..]].concat();
    let name = arguments.friendly_name.as_deref();
    let made = pfx::write(&provider, &arguments.out_pass.seal()?, &chain, &key, name);
    let der = made.map_err(|error| unmade(&error.into()))?;
    arguments.output.write_secret(&der)
}

/// Runs `handfast pki pem`.
pub(super) fn to_pem(arguments: &ToPem) -> Result<(), Failure> {
    let files = paths(&arguments.files);
    arguments.output.check(None, &files)?;
    let provider = handfast::rustcrypto::provider();
    let bundle = arguments.opens.read(&provider, &files)?;
    let readers = if arguments.certificates { Readers::All } else { Readers::Owner };
    let mut sections = Vec::new();
    for key in bundle.keys().filter(|_| !arguments.certificates) {
        let key = Key::load(&provider, key).map_err(|error| unmade(&error))?;
        sections.push(arguments.seal.encode(&key)?);
    }
    if sections.len() > MAX_SEALED && arguments.seal.is_given() {
        return Err(Failure::usage(format!(
            "{} keys under passwords in one file take too long to open",
            sections.len()
        ))
        .hint("make a file for each"));
    }
    sections.extend(bundle.certificates().iter().map(|certificate| pem::encode("CERTIFICATE", certificate)));
    if sections.is_empty() {
        return Err(Failure::usage("there is neither a private key nor a certificate"));
    }
    // Never grown, so that no copy of a key stays behind.
    let mut text = Zeroizing::new(String::with_capacity(sections.iter().map(|section| section.len()).sum()));
    sections.iter().for_each(|section| text.push_str(section));
    output::write(arguments.output.out.as_deref(), text.as_bytes(), readers, arguments.output.force)
}

/// How many keys under passwords a file can have so that we open it again.
const MAX_SEALED: usize = (MAX_ITERATIONS / ITERATIONS) as usize;

fn paths(files: &[PathBuf]) -> Vec<&Path> {
    files.iter().map(PathBuf::as_path).collect()
}
