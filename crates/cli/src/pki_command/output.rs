//! Files that are written.

use super::key::Source;
use crate::failure::Failure;
use crate::file::{self, Readers};
use clap::{Args, ValueHint};
use handfast::pki::make::Key;
use std::fs;
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
    /// As [`Flags::check`], with nothing that is read.
    pub(super) fn vacant(&self, new_key: Option<&PathBuf>) -> Result<(), Failure> {
        self.check(new_key, &[])
    }

    /// Fails where a file of these is there already and may not be overwritten: before anything is made, so that not half of it
    /// is written. What is read must not be overwritten at all, and two outputs are two files.
    pub(super) fn check(&self, new_key: Option<&PathBuf>, inputs: &[&Path]) -> Result<(), Failure> {
        // What is no file, a pipe say, is written to and not replaced.
        let is_kept = |path: &Path| !path.exists() || path.is_file();
        let outputs: Vec<_> = self.out.iter().chain(new_key).filter(|path| is_kept(path)).collect();
        if let [out, key] = outputs.as_slice()
            && place(out) == place(key)
        {
            return Err(Failure::usage("`--out` and `--new-key` are one file").hint("the key stays with its owner"));
        }
        for path in outputs {
            let is_it = |input: &&&Path| place(input) == place(path) || input.canonicalize().ok() == Some(place(path));
            if inputs.iter().find(is_it).is_some() {
                return Err(Failure::usage(format!("{} is read here, and would be overwritten", path.display()))
                    .hint("write to another file"));
            }
            if path.is_file() && !self.force {
                return Err(occupied(path));
            }
        }
        Ok(())
    }

    /// Writes a new key, and then what is made with it; the key does not stay behind where that fails.
    pub(super) fn write_with_key(&self, bytes: &[u8], source: &Source, key: Option<&Key>) -> Result<(), Failure> {
        if let Some(key) = key {
            source.write(key, self.force)?;
        }
        self.write(bytes).inspect_err(|_| {
            if let (Some(path), Some(_)) = (source.new_key.as_ref().filter(|path| path.is_file()), key) {
                // It was told already that something went wrong.
                let _ = fs::remove_file(path);
            }
        })
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

/// The directory as it is, and the name in it: what is replaced when a file is written there.
fn place(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = parent.canonicalize().unwrap_or_else(|_| parent.to_path_buf());
    path.file_name().map_or_else(|| parent.clone(), |name| parent.join(name))
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
