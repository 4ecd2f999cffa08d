//! External pre-shared keys of TLS 1.3: `--psk` and `--psk-file` of a client, `--psk-file` of a server.

use crate::failure::Failure;
use crate::{hex, tls};
use clap::{Args, ValueEnum, ValueHint};
use handfast::crypto::HashAlgorithm;
use handfast::{ExternalPsk, Importer, Provider, PskError, PskRole};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// How both sides use their keys.
#[derive(Args)]
#[group(skip)]
struct Import {
    /// Import the pre-shared keys (RFC 9258) instead of using them as they are; the other side has to do the same
    #[arg(long)]
    psk_import: bool,

    /// What imported keys were agreed on for; the same on both sides, and sent in the clear
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true, requires = "psk_import")]
    psk_context: String,
}

/// A client's key.
#[derive(Args)]
#[group(skip)]
pub(crate) struct ClientFlags {
    /// Offer this pre-shared key of TLS 1.3, in hexadecimal digits, 16 bytes or more. Whoever sees the processes of this
    /// machine sees the command line
    #[arg(long, value_name = "HEX", requires = "psk_identity")]
    psk: Option<String>,

    /// What the key is called; sent in the clear
    #[arg(long, value_name = "TEXT", requires = "psk")]
    psk_identity: Option<String>,

    /// The hash that the key of `--psk` belongs to
    #[arg(long, value_name = "HASH", default_value = "sha256", requires = "psk")]
    psk_hash: Hash,

    /// Offer the pre-shared keys of TLS 1.3 in FILE, the first one first: a line for each, `IDENTITY:HEX`, and `:sha384` behind it
    /// for a key of that hash
    #[arg(long, value_name = "FILE", conflicts_with = "psk", value_hint = ValueHint::FilePath)]
    psk_file: Option<PathBuf>,

    #[command(flatten)]
    import: Import,
}

/// A server's keys.
#[derive(Args)]
#[group(skip)]
pub(crate) struct ServerFlags {
    /// Take the pre-shared keys of TLS 1.3 in FILE, one a line: `IDENTITY:HEX`, and `:sha384` behind it for a key of that
    /// hash. With no certificate the server takes nothing else
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    psk_file: Option<PathBuf>,

    #[command(flatten)]
    import: Import,
}

#[derive(Clone, Copy, ValueEnum)]
enum Hash {
    Sha256,
    Sha384,
}

impl ClientFlags {
    /// What is offered, the preferred first.
    pub(crate) fn keys(&self, provider: &Provider) -> Result<Vec<ExternalPsk>, Failure> {
        if let Some(path) = &self.psk_file {
            return self.import.file(PskRole::Client, path, provider);
        }
        let (Some(key), Some(identity)) = (&self.psk, &self.psk_identity) else {
            return Ok(Vec::new());
        };
        // Decoded here: clap would repeat what it does not like, and it is secret.
        let key = hex::decode(key).ok_or_else(|| Failure::usage("`--psk`: the key is not in hexadecimal digits"))?;
        let made = self.import.keys(PskRole::Client, identity, &key, self.psk_hash, provider);
        made.map_err(|error| Failure::usage(format!("`--psk`: {error}")))
    }
}

impl ServerFlags {
    /// The file.
    pub(crate) fn file(&self) -> Option<&PathBuf> {
        self.psk_file.as_ref()
    }

    /// What is taken; `None` where no keys are.
    pub(crate) fn keys(&self, provider: &Provider) -> Result<Option<Vec<ExternalPsk>>, Failure> {
        self.psk_file.as_deref().map(|path| self.import.file(PskRole::Server, path, provider)).transpose()
    }
}

impl Import {
    /// The keys of a file, in its order.
    fn file(&self, role: PskRole, path: &Path, provider: &Provider) -> Result<Vec<ExternalPsk>, Failure> {
        let bytes = Zeroizing::new(tls::read(path)?);
        let text = str::from_utf8(&bytes)
            .map_err(|_| Failure::usage(format!("{}: a file of pre-shared keys is text", path.display())))?;
        let mut keys = Vec::new();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            // What is in the line is secret, and not repeated.
            let wrong = |what: String| Failure::usage(format!("{}, line {}: {what}", path.display(), at + 1));
            let Some((identity, key, hash)) = entry(line) else {
                return Err(wrong("a pre-shared key is IDENTITY:HEX or IDENTITY:HEX:HASH".to_string()));
            };
            let made = self.keys(role, identity, &key, hash, provider);
            keys.extend(made.map_err(|error| wrong(error.to_string()))?);
        }
        if keys.is_empty() {
            return Err(Failure::usage(format!("{}: no pre-shared key", path.display())));
        }
        Ok(keys)
    }

    fn keys(
        &self,
        role: PskRole,
        identity: &str,
        key: &[u8],
        hash: Hash,
        provider: &Provider,
    ) -> Result<Vec<ExternalPsk>, PskError> {
        let hash = match hash {
            Hash::Sha256 => HashAlgorithm::Sha256,
            Hash::Sha384 => HashAlgorithm::Sha384,
        };
        if self.psk_import {
            let importer = Importer::new(identity, key)?.hash(hash).context(self.psk_context.as_str());
            return importer.import_all(role, provider);
        }
        Ok(vec![ExternalPsk::new(role, identity, key, hash)?])
    }
}

/// One line: an identity, which may have colons, a key, and perhaps a hash.
fn entry(line: &str) -> Option<(&str, Vec<u8>, Hash)> {
    let (line, hash) = match line.rsplit_once(':')? {
        (rest, "sha256") => (rest, Hash::Sha256),
        (rest, "sha384") => (rest, Hash::Sha384),
        _ => (line, Hash::Sha256),
    };
    let (identity, key) = line.rsplit_once(':')?;
    Some((identity, hex::decode(key)?, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (line, identity, key, is_384) in [
            ("pump:00ff", "pump", &[0, 255][..], false),
            ("pump:00ff:sha256", "pump", &[0, 255], false),
            ("pump:00ff:sha384", "pump", &[0, 255], true),
            ("a:b c:AB", "a:b c", &[0xab], false),
            ("sha384:ab", "sha384", &[0xab], false),
            (":ab", "", &[0xab], false),
        ] {
            let (name, bytes, hash) = entry(line).expect(line);
            assert_eq!((name, bytes.as_slice(), matches!(hash, Hash::Sha384)), (identity, key, is_384), "{line}");
        }
        for line in ["", "pump", "pump:0", "pump:xy", "pump:00ff:sha512", "00ff:sha384"] {
            assert!(entry(line).is_none(), "{line}");
        }
    }
}
