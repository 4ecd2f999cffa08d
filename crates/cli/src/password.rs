//! Where passwords come from, and what they open.

use crate::failure::Failure;
use crate::{own, tls};
use clap::Args;
use handfast::pki::encrypted::Opener;
use handfast::{Bundle, Provider};
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use zeroize::Zeroizing;

/// What opens files that are encrypted.
#[derive(Args, Default)]
#[group(skip)]
pub(crate) struct Opens {
    /// The password of what is encrypted: file:PATH (its first line), env:NAME, pass:WORD (which others on this machine can see)
    #[arg(long, value_name = "SOURCE")]
    pass: Option<Source>,

    /// Open keys that are encrypted with MD5, DES or RC2 as well
    #[cfg(feature = "legacy")]
    #[arg(long)]
    legacy_keys: bool,
}

impl Opens {
    /// What is in these files together.
    pub(crate) fn read(&self, provider: &Provider, files: &[&Path]) -> Result<Bundle<'static>, Failure> {
        let password = self.password()?;
        let password = password.as_ref().map(|word| word.as_slice());
        let mut bundle = Bundle::new();
        #[cfg(feature = "legacy")]
        if self.legacy_keys {
            bundle = bundle.legacy(handfast_legacy_keys::WAYS);
        }
        for file in files {
            let bytes = Zeroizing::new(tls::read(file)?);
            bundle.add(provider, &bytes, password).map_err(|error| own::failure(&[file], &error))?;
        }
        Ok(bundle)
    }

    /// What opens a single thing with `password`, which [`Opens::password`] gave.
    pub(crate) fn opener<'a>(&self, provider: &Provider, password: Option<&'a [u8]>) -> Opener<'a> {
        let opener = Opener::new(provider, password);
        #[cfg(feature = "legacy")]
        if self.legacy_keys {
            return opener.legacy(handfast_legacy_keys::WAYS);
        }
        opener
    }

    /// The password, if there is one.
    pub(crate) fn password(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        self.pass.as_ref().map(Source::read).transpose()
    }

    /// Whether anything was said.
    pub(crate) fn is_given(&self) -> bool {
        #[cfg(feature = "legacy")]
        if self.legacy_keys {
            return true;
        }
        self.pass.is_some()
    }
}

/// Where a password comes from, in OpenSSL's words.
#[derive(Clone)]
pub(crate) enum Source {
    /// The first line of a file.
    File(PathBuf),
    /// A variable of the environment.
    Env(String),
    /// The command line itself.
    Pass(Zeroizing<String>),
}

impl Source {
    /// The password.
    pub(crate) fn read(&self) -> Result<Zeroizing<Vec<u8>>, Failure> {
        match self {
            Self::File(path) => {
                let mut bytes = Zeroizing::new(tls::read(path)?);
                let line = bytes.iter().position(|octet| *octet == b'\n').unwrap_or(bytes.len());
                // A file written elsewhere ends its lines with two characters.
                let end = if line > 0 && bytes[line - 1] == b'\r' { line - 1 } else { line };
                bytes.truncate(end);
                Ok(bytes)
            }
            Self::Env(name) => match env::var(name) {
                Ok(word) => Ok(Zeroizing::new(word.into_bytes())),
                Err(_) => {
                    Err(Failure::usage(format!("the environment has no `{name}`, which `--pass env:{name}` asks for")))
                }
            },
            Self::Pass(word) => Ok(Zeroizing::new(word.as_bytes().to_vec())),
        }
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("file", path)) => Ok(Self::File(path.into())),
            Some(("env", name)) => Ok(Self::Env(name.to_string())),
            Some(("pass", word)) => Ok(Self::Pass(Zeroizing::new(word.to_string()))),
            // The word itself is not repeated: it may be the password.
            _ => Err("a password comes from file:PATH, env:NAME or pass:WORD".to_string()),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(_) => "file",
            Self::Env(_) => "env",
            Self::Pass(_) => "pass",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        let path = env::temp_dir().join(format!("handfast-password-{}", std::process::id()));
        let file: Source = format!("file:{}", path.display()).parse().unwrap();
        for (content, expected) in [
            ("word", "word"),
            ("word\n", "word"),
            ("word\r\nmore\n", "word"),
            (" a:b \n", " a:b "),
            ("", ""),
            ("\n", ""),
        ] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(*file.read().unwrap(), expected.as_bytes(), "{content:?}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(file.read().is_err());
        assert_eq!(*"pass:a:b".parse::<Source>().unwrap().read().unwrap(), b"a:b");
        assert!("env:HANDFAST_NO_SUCH_NAME".parse::<Source>().unwrap().read().is_err());
        let said = "hunter2".parse::<Source>().unwrap_err();
        assert!(!said.contains("hunter2"));
        assert_eq!(format!("{:?}", "pass:hunter2".parse::<Source>().unwrap()), "pass");
    }
}
