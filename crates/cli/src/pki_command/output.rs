//! Files that are written.

use crate::failure::Failure;
use crate::file::{self, Readers};
use clap::{Args, ValueHint};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Where to.
#[derive(Args)]
#[group(skip)]
pub(super) struct Flags {
    /// Write to FILE instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) out: Option<PathBuf>,

    /// Overwrite files that are there
    #[arg(long)]
    pub(super) force: bool,
}

impl Flags {
    /// Fails where a file of these is there already and may not be overwritten: before anything is made, so that not half of it
    /// is written.
    pub(super) fn vacant(&self, new_key: Option<&PathBuf>) -> Result<(), Failure> {
        if new_key.is_some() && self.out.as_ref() == new_key {
            return Err(Failure::usage("`--out` and `--new-key` are one file").hint("the key stays with its owner"));
        }
        let mut files = self.out.iter().chain(new_key).filter(|_| !self.force);
        files.find(|path| path.is_file()).map_or(Ok(()), |path| Err(occupied(path)))
    }

    /// Writes what everybody may read.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        write(self.out.as_deref(), bytes, Readers::All, self.force)
    }

    /// Writes what is no text.
    pub(super) fn write_binary(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.refuse_terminal()?;
        self.write(bytes)
    }

    /// Writes what is no text, and has secrets in it.
    pub(super) fn write_secret(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.refuse_terminal()?;
        write(self.out.as_deref(), bytes, Readers::Owner, self.force)
    }

    fn refuse_terminal(&self) -> Result<(), Failure> {
        match self.out.is_none() && io::stdout().is_terminal() {
            true => Err(Failure::usage("that is no text for a terminal").hint("`--out FILE` writes it to a file")),
            false => Ok(()),
        }
    }
}

/// Writes to a file, or to standard output.
pub(super) fn write(path: Option<&Path>, bytes: &[u8], readers: Readers, force: bool) -> Result<(), Failure> {
    let Some(path) = path else {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::output(&error));
    };
    let written = if force { file::replace(path, bytes, readers) } else { file::create(path, bytes, readers) };
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => occupied(path),
        _ => Failure::io(&error, path.display()),
    })
}

/// A file that is there already.
pub(super) fn occupied(path: &Path) -> Failure {
    Failure::io(&ErrorKind::AlreadyExists.into(), path.display())
        .hint("`--force` overwrites it; what it held is lost then")
}
