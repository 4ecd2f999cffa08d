//! Files that are read up to a size, that appear whole or not at all, and secrets that only their owner can read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process;

/// The longest file that is read at once, in bytes. Revocation lists are the longest that are meant, of some 10 MB.
pub(crate) const LONGEST: u64 = 64 << 20;

/// What is in a file, which may be a pipe.
///
/// # Errors
/// [`ErrorKind::FileTooLarge`] beyond [`LONGEST`], also where there is no end.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_all(File::open(path)?)
}

/// What is in a regular file. Of anything else nothing is read, and nobody is waited for, whatever becomes of the path meanwhile.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] where it is no regular file, [`ErrorKind::FileTooLarge`] beyond [`LONGEST`].
pub(crate) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    read_all(open_regular(path)?)
}

/// A regular file, to read it. One that is looked at before it is opened may be another one by then, a pipe say, that waits for a
/// writer.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] where it is no regular file.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"))
}

fn read_all(file: File) -> io::Result<Vec<u8>> {
    let len = file.metadata().map_or(0, |metadata| metadata.len());
    // One more, so that the end is seen without more room.
    let mut bytes = Vec::with_capacity(usize::try_from(len.min(LONGEST)).unwrap_or(0).saturating_add(1));
    match file.take(LONGEST + 1).read_to_end(&mut bytes)? {
        len if len as u64 > LONGEST => {
            Err(io::Error::new(ErrorKind::FileTooLarge, format!("it is longer than {} MiB", LONGEST >> 20)))
        }
        _ => Ok(bytes),
    }
}

/// Whether a path leads to a regular file: one that has a length, can be read again, and is opened without waiting for
/// anybody. It may be a symbolic link.
pub(crate) fn is_regular(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
}

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
    Staged::new(path, bytes, readers)?.commit()
}

/// Puts two files there that belong together: both are whole before the first one is replaced.
pub(crate) fn replace_both(files: [(&Path, &[u8], Readers); 2]) -> io::Result<()> {
    if files.iter().any(|(path, ..)| is_special(path)) {
        return files.into_iter().try_for_each(|(path, bytes, readers)| replace(path, bytes, readers));
    }
    let [first, second] = files.map(|(path, bytes, readers)| Staged::new(path, bytes, readers));
    let (first, second) = (first?, second?);
    first.commit()?;
    second.commit()
}

/// A file beside its place, whole; gone if it is not put there.
struct Staged {
    beside: PathBuf,
    path: PathBuf,
}

impl Staged {
    fn new(path: &Path, bytes: &[u8], readers: Readers) -> io::Result<Self> {
        let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
        let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), process::id()));
        // Left behind by a process of this number that was killed.
        let _ = fs::remove_file(&beside);
        let file = open(&beside, readers)?;
        let own = Self { beside, path: path.to_path_buf() };
        fill(file, bytes)?;
        Ok(own)
    }

    fn commit(self) -> io::Result<()> {
        fs::rename(&self.beside, &self.path)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Not there any more where it was put into its place.
        let _ = fs::remove_file(&self.beside);
    }
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
pub(crate) fn is_special(path: &Path) -> bool {
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
    fn of_two_files_none_is_replaced_alone() {
        let dir = std::env::temp_dir().join(format!("handfast-files-{}", process::id()));
        fs::create_dir_all(&dir).unwrap();
        let [a, b, nowhere] = ["a", "b", "no/such"].map(|name| dir.join(name));
        let both = |b: &Path, text: &'static [u8]| replace_both([(&a, text, Readers::All), (b, text, Readers::Owner)]);
        both(&b, b"one").unwrap();
        both(&b, b"two").unwrap();
        assert_eq!([fs::read(&a).unwrap(), fs::read(&b).unwrap()], [b"two", b"two"]);
        assert_eq!(both(&nowhere, b"three").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(fs::read(&a).unwrap(), b"two");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 2);
        fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let path = std::env::temp_dir().join(format!("handfast-long-{}", process::id()));
        fs::write(&path, b"short").unwrap();
        assert_eq!((read(&path).unwrap(), is_regular(&path)), (b"short".to_vec(), true));
        assert_eq!(read_regular(&path).unwrap(), b"short");
        // Holes take no room on the disk.
        OpenOptions::new().write(true).open(&path).unwrap().set_len(LONGEST + 1).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read_regular(&path).unwrap_err().kind(), ErrorKind::FileTooLarge);
        fs::remove_file(&path).unwrap();
        #[cfg(unix)]
        {
            assert_eq!(read(Path::new("/dev/zero")).unwrap_err().kind(), ErrorKind::FileTooLarge);
            assert!(!is_regular(Path::new("/dev/zero")) && is_special(Path::new("/dev/zero")));
            let pipe = path.with_extension("pipe");
            process::Command::new("mkfifo").arg(&pipe).status().unwrap();
            for special in [pipe.as_path(), Path::new("/dev/zero"), Path::new("/")] {
                assert_eq!(read_regular(special).unwrap_err().kind(), ErrorKind::InvalidInput, "{}", special.display());
            }
            fs::remove_file(&pipe).unwrap();
        }
        assert!(!is_regular(&path) && !is_special(&path));
    }

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
