//! Where passwords come from, and what they open.

use crate::failure::Failure;
use crate::{escape, file, own, tls};
use clap::Args;
use handfast::pki::bundle::Error;
use handfast::pki::encrypted::{Fault, Opener};
use handfast::{Bundle, Provider};
use std::fmt::{self, Display};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{env, thread};
use zeroize::Zeroizing;

/// What opens files that are encrypted.
#[derive(Args, Default)]
#[group(skip)]
pub(crate) struct Opens {
    /// The password of what is encrypted: file:PATH (its first line), env:NAME, pass:WORD (which others on this machine can see).
    /// Of several each is tried; without any it is asked for, if standard input is a terminal
    #[arg(long, value_name = "SOURCE")]
    pass: Vec<Source>,

    /// Those that were typed.
    #[arg(skip)]
    typed: Mutex<Vec<Zeroizing<Vec<u8>>>>,

    /// Open keys that are encrypted with MD5, DES or RC2 as well
    #[cfg(feature = "legacy")]
    #[arg(long)]
    legacy_keys: bool,
}

impl Opens {
    /// What is in these files together.
    pub(crate) fn read(&self, provider: &Provider, files: &[&Path]) -> Result<Bundle<'static>, Failure> {
        let mut bundle = Bundle::new();
        #[cfg(feature = "legacy")]
        if self.legacy_keys {
            bundle = bundle.legacy(handfast_legacy_keys::WAYS);
        }
        for file in files {
            let bytes = Zeroizing::new(tls::read(file)?);
            let added = self.try_each(file, |password| bundle.add(provider, &bytes, password).map(drop))?;
            added.map_err(|error| own::failure(&[file], &error))?;
        }
        Ok(bundle)
    }

    /// Tries each password until one is not wrong.
    fn try_each(
        &self,
        file: &Path,
        mut open: impl FnMut(Option<&[u8]>) -> Result<(), Error>,
    ) -> Result<Result<(), Error>, Failure> {
        let is_locked =
            |opened: &Result<(), Error>| matches!(opened, Err(error) if error.fault().is_some_and(is_for_want_of_one));
        let mut opened = open(None);
        for source in &self.pass {
            if !is_locked(&opened) {
                return Ok(opened);
            }
            opened = open(Some(&source.read()?));
        }
        if !is_locked(&opened) || !self.pass.is_empty() {
            return Ok(opened);
        }
        let mut typed = self.typed.lock().unwrap_or_else(PoisonError::into_inner);
        for word in typed.iter() {
            opened = open(Some(word));
            if !is_locked(&opened) {
                return Ok(opened);
            }
        }
        if let Some(word) = self.ask(file.display()) {
            opened = open(Some(&word));
            typed.push(word);
        }
        Ok(opened)
    }

    /// Asks for a password, without showing it, where somebody can be asked and has not said where it comes from.
    pub(crate) fn ask(&self, what: impl Display) -> Option<Word> {
        // Nobody sits before a server that reads its files again.
        let is_main = thread::current().name() == Some("main");
        if !self.pass.is_empty() || !is_main || !io::stdin().is_terminal() {
            return None;
        }
        let question = format!("password for {}: ", escape::text(&what.to_string()));
        unseen(&question).ok().map(|word| Zeroizing::new(word.into_bytes()))
    }

    /// What opens a single thing with this password.
    pub(crate) fn opener<'a>(&self, provider: &Provider, password: Option<&'a [u8]>) -> Opener<'a> {
        let opener = Opener::new(provider, password);
        #[cfg(feature = "legacy")]
        if self.legacy_keys {
            return opener.legacy(handfast_legacy_keys::WAYS);
        }
        opener
    }

    /// The passwords.
    pub(crate) fn words(&self) -> Result<Vec<Word>, Failure> {
        self.pass.iter().map(Source::read).collect()
    }

    /// Whether anything was said.
    pub(crate) fn is_given(&self) -> bool {
        #[cfg(feature = "legacy")]
        if self.legacy_keys {
            return true;
        }
        !self.pass.is_empty()
    }
}

/// What is typed and not shown. Who interrupts it ends the program, but not before the terminal shows again what is typed.
fn unseen(question: &str) -> io::Result<String> {
    #[cfg(unix)]
    let interrupt = nix::sys::signal::SigSet::from(nix::sys::signal::Signal::SIGINT);
    #[cfg(unix)]
    interrupt.thread_block()?;
    let word = rpassword::prompt_password(question);
    #[cfg(unix)]
    interrupt.thread_unblock()?;
    word
}

/// Whether another password could help.
pub(crate) fn is_for_want_of_one(fault: &Fault) -> bool {
    matches!(fault, Fault::NoPassword | Fault::WrongPassword)
}

/// A password.
pub(crate) type Word = Zeroizing<Vec<u8>>;

/// Where a password comes from, in OpenSSL's words. A file is read each time, for it may have changed with what it opens; everything else
/// once: a pipe has nothing the second time.
#[derive(Clone)]
pub(crate) struct Source {
    from: From,
    word: OnceLock<Word>,
}

#[derive(Clone)]
enum From {
    /// The first line of a file.
    File(PathBuf),
    /// A variable of the environment.
    Env(String),
    /// The command line itself.
    Pass(Zeroizing<String>),
}

impl Source {
    /// The password.
    pub(crate) fn read(&self) -> Result<Word, Failure> {
        if let Some(word) = self.word.get() {
            return Ok(word.clone());
        }
        let is_lasting = matches!(&self.from, From::File(path) if file::is_regular(path));
        let word = self.from.read()?;
        Ok(if is_lasting { word } else { self.word.get_or_init(|| word).clone() })
    }

    /// The password to seal something with, which is empty only on purpose.
    pub(crate) fn seal(&self) -> Result<Word, Failure> {
        let word = self.read()?;
        if word.is_empty() && !matches!(self.from, From::Pass(_)) {
            return Err(
                Failure::usage("the password is empty").hint("`pass:` is the empty one, if that is what is meant")
            );
        }
        Ok(word)
    }
}

impl From {
    fn read(&self) -> Result<Word, Failure> {
        match self {
            Self::File(path) => {
                let mut bytes = Zeroizing::new(tls::read(path)?);
                if let Some(end) = bytes.iter().position(|octet| *octet == b'\n') {
                    // A file written elsewhere ends its lines with two characters.
                    let end = if bytes[..end].ends_with(b"\r") { end - 1 } else { end };
                    bytes.truncate(end);
                }
                Ok(bytes)
            }
            Self::Env(name) => match env::var_os(name) {
                Some(word) => Ok(Zeroizing::new(word.into_encoded_bytes())),
                None => Err(Failure::usage(format!("the environment has no `{name}`, which `env:{name}` asks for"))),
            },
            Self::Pass(word) => Ok(Zeroizing::new(word.as_bytes().to_vec())),
        }
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let from = match text.split_once(':') {
            Some(("file", path)) => From::File(path.into()),
            Some(("env", name)) => From::Env(name.to_string()),
            Some(("pass", word)) => From::Pass(Zeroizing::new(word.to_string())),
            // The word itself is not repeated: it may be the password.
            _ => return Err("a password comes from file:PATH, env:NAME or pass:WORD".to_string()),
        };
        Ok(Self { from, word: OnceLock::new() })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.from {
            From::File(_) => "file",
            From::Env(_) => "env",
            From::Pass(_) => "pass",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources() {
        let path = env::temp_dir().join(format!("handfast-password-{}", std::process::id()));
        let text = format!("file:{}", path.display());
        for (content, expected) in [
            ("word", "word"),
            ("word\n", "word"),
            ("word\r\nmore\n", "word"),
            (" a:b \n", " a:b "),
            ("", ""),
            ("\n", ""),
            ("\r", "\r"),
        ] {
            std::fs::write(&path, content).unwrap();
            let file: Source = text.parse().unwrap();
            assert_eq!(*file.read().unwrap(), expected.as_bytes(), "{content:?}");
            assert_eq!(file.seal().is_err(), expected.is_empty(), "{content:?}");
            // What it is now.
            std::fs::write(&path, "another").unwrap();
            assert_eq!(*file.read().unwrap(), b"another", "{content:?}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(text.parse::<Source>().unwrap().read().is_err());
        assert_eq!("pass:a:b".parse::<Source>().unwrap().read().unwrap().as_slice(), b"a:b");
        assert_eq!("pass:".parse::<Source>().unwrap().seal().unwrap().as_slice(), b"");
        assert!("env:HANDFAST_NO_SUCH_NAME".parse::<Source>().unwrap().read().is_err());
        let said = "hunter2".parse::<Source>().unwrap_err();
        assert!(!said.contains("hunter2"));
        assert_eq!(format!("{:?}", "pass:hunter2".parse::<Source>().unwrap()), "pass");
    }
}
