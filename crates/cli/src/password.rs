//! Where passwords come from.

use crate::failure::Failure;
use crate::tls;
use std::env;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use zeroize::Zeroizing;

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
