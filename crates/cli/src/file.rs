//! Files that appear whole or not at all, and secrets that only their owner can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process;

/// Who can read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner: mode 0600.
    Owner,
    /// Whomever the umask leaves.
    All,
}

/// Puts a file there, in the place of one that is there. What is there and no file, a pipe say, is written to.
pub(crate) fn replace(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    if is_special(path) {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), process::id()));
    // Left behind by a process of this number that was killed.
    let _ = fs::remove_file(&beside);
    let file = open(&beside, readers)?;
    let written = fill(file, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Puts a file there where there is none. What is there and no file is written to.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] where there is one.
pub(crate) fn create(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    if is_special(path) {
        return replace(path, bytes, readers);
    }
    let written = fill(open(path, readers)?, bytes);
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// Whether something is there that is no file.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file())
}

fn open(path: &Path, readers: Readers) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    options.open(path)
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes).and_then(|()| file.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_replaced_and_not_created() {
        let path = std::env::temp_dir().join(format!("handfast-file-{}", process::id()));
        let _ = fs::remove_file(&path);
        create(&path, b"one", Readers::Owner).unwrap();
        assert_eq!(create(&path, b"two", Readers::All).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"three", Readers::All).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        fs::remove_file(&path).unwrap();
        #[cfg(unix)]
        create(Path::new("/dev/null"), b"four", Readers::All).unwrap();
    }
}
