//! Private keys.

use super::{output, unmade};
use crate::failure::Failure;
use crate::file::Readers;
use crate::password::{self, Opens};
use crate::progress::Progress;
use clap::{Args, ValueEnum, ValueHint};
use handfast::Provider;
use handfast::crypto::KeyKind;
use handfast::pki::make::{Key, KeySpec};
use handfast::pki::{encrypted, pem};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Make a private key (PKCS#8, PEM)
///
/// Whoever has it can pass for whom its certificate names. It is in the clear unless `--out-pass` says otherwise; a file is
/// written so that only its owner can read it.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    choice: Choice,

    #[command(flatten)]
    seal: Seal,

    #[command(flatten)]
    output: output::Flags,
}

/// What key to make.
#[derive(Args)]
#[group(skip)]
pub(super) struct Choice {
    /// The kind of a key that is made [default: p256]
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<Kind>,

    /// The size of an RSA key: 2048 to 4096, in steps of 128 [default: 2048]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16))]
    bits: Option<u16>,
}

/// A key that is there, or one that is made.
#[derive(Args)]
#[group(skip)]
pub(super) struct Source {
    /// The private key (PEM, DER or PKCS#12)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "new_key")]
    pub(super) key: Option<PathBuf>,

    /// Make a private key, and write it to FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) new_key: Option<PathBuf>,

    #[command(flatten)]
    choice: Choice,

    #[command(flatten)]
    seal: Seal,
}

/// What a key that is written is sealed with.
#[derive(Args, Default)]
#[group(skip)]
pub(super) struct Seal {
    /// Encrypt the private key that is written, with a password from file:PATH (its first line), env:NAME or pass:WORD
    #[arg(long, value_name = "SOURCE")]
    out_pass: Option<password::Source>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// ECDSA with the curve P-256: small, fast, and known everywhere
    P256,
    /// ECDSA with the curve P-384
    P384,
    /// ECDSA with the curve P-521
    P521,
    /// Ed25519, which web browsers do not take
    Ed25519,
    /// RSA, for the oldest programs
    Rsa,
}

impl Choice {
    fn is_empty(&self) -> bool {
        self.kind.is_none() && self.bits.is_none()
    }

    /// Makes it.
    pub(super) fn generate(&self, provider: &Provider) -> Result<Key, Failure> {
        let spec = match (self.kind.unwrap_or(Kind::P256), self.bits) {
            (Kind::Rsa, Some(bits)) => KeySpec::rsa(usize::from(bits)),
            (_, Some(_)) => return Err(Failure::usage("`--bits` is for RSA keys").hint("`--type rsa` makes one")),
            (Kind::P256, None) => KeyKind::P256.into(),
            (Kind::P384, None) => KeyKind::P384.into(),
            (Kind::P521, None) => KeyKind::P521.into(),
            (Kind::Ed25519, None) => KeyKind::Ed25519.into(),
            (Kind::Rsa, None) => KeyKind::Rsa.into(),
        };
        // Primes are looked for, and there is no saying how long.
        let _progress = Progress::new("making an RSA key", matches!(self.kind, Some(Kind::Rsa)));
        Key::generate(provider, spec).map_err(|error| unmade(&error))
    }
}

impl Source {
    /// Reads the key, or makes one, which [`Source::write`] writes.
    pub(super) fn key(&self, provider: &Provider, opens: &Opens) -> Result<Key, Failure> {
        if self.new_key.is_none() && self.seal.out_pass.is_some() {
            return Err(Failure::usage("`--out-pass` is for a key that is made").hint("`--new-key FILE` makes one"));
        }
        if self.new_key.is_none() && !self.choice.is_empty() {
            return Err(
                Failure::usage("`--type` and `--bits` are for a key that is made").hint("`--new-key FILE` makes one")
            );
        }
        match (&self.key, &self.new_key) {
            (Some(path), _) => super::input::key(provider, path, opens),
            (None, Some(_)) => self.choice.generate(provider),
            (None, None) => Err(Failure::usage("whose key?")
                .hint("`--key FILE` takes one that is there, and `--new-key FILE` makes one")),
        }
    }

    /// The file of the key that is there.
    pub(super) fn input(&self) -> Option<&Path> {
        self.key.as_deref()
    }

    /// Writes the key if it is new.
    pub(super) fn write(&self, key: &Key, force: bool) -> Result<(), Failure> {
        self.new_key.as_deref().map_or(Ok(()), |path| self.seal.write(Some(path), key, force))
    }
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    arguments.output.vacant(None)?;
    let key = arguments.choice.generate(&handfast::rustcrypto::provider())?;
    arguments.seal.write(arguments.output.out.as_deref(), &key, arguments.output.force)
}

impl Seal {
    /// Whether there is a password.
    pub(super) fn is_given(&self) -> bool {
        self.out_pass.is_some()
    }

    /// Writes a key, sealed if there is a password, to a file that only its owner can read, or to standard output.
    pub(super) fn write(&self, path: Option<&Path>, key: &Key, force: bool) -> Result<(), Failure> {
        output::write(path, self.encode(key)?.as_bytes(), Readers::Owner, force)
    }

    /// The key as PEM, PKCS#8, sealed if there is a password.
    pub(super) fn encode(&self, key: &Key) -> Result<Zeroizing<String>, Failure> {
        let pkcs8 = key.to_pkcs8().map_err(|error| unmade(&error))?;
        let Some(source) = &self.out_pass else { return Ok(pem::encode("PRIVATE KEY", pkcs8.secret_pkcs8_der())) };
        let provider = handfast::rustcrypto::provider();
        let sealed = encrypted::seal_key(&provider, &source.seal()?, &pkcs8).map_err(|error| unmade(&error.into()))?;
        Ok(pem::encode("ENCRYPTED PRIVATE KEY", &sealed))
    }
}
