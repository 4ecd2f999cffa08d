//! By what a file is known that has not changed.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// How a file looks from outside. A length and a time are not enough: files of keys have the same length as a rule, and who copies
/// them may copy the times as well, or write twice within what the system takes for one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    modified: SystemTime,
    len: u64,
    /// The file system and the number in it, and when this was last changed in any way, in seconds and nanoseconds.
    #[cfg(unix)]
    node: (u64, u64, i64, i64),
}

impl Look {
    /// None where it cannot be seen.
    pub(super) fn at(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        #[cfg(unix)]
        let node = {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
        };
        Some(Self {
            modified: metadata.modified().ok()?,
            len: metadata.len(),
            #[cfg(unix)]
            node,
        })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn another_file_of_the_same_length_and_time_looks_different() {
        let path = std::env::temp_dir().join(format!("handfast-look-{}", std::process::id()));
        let other = path.with_extension("other");
        for path in [&path, &other] {
            fs::write(path, b"the same length").unwrap();
            File::options().write(true).open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        let before = Look::at(&path);
        assert!(before.is_some() && before == Look::at(&path));
        fs::rename(&other, &path).unwrap();
        let after = Look::at(&path);
        assert!(after.is_some() && after != before);
        fs::remove_file(&path).unwrap();
        assert_eq!(Look::at(&path), None);
    }
}
