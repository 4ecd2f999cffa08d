//! Why a cipher string cannot be used.

use super::MAX_STRING;
use alloc::{string::String, vec::Vec};
use core::{error, fmt};

/// Why a cipher string cannot be used. Positions are in bytes from the beginning of the string.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CipherStringError {
    /// It has this many bytes, more than [`MAX_STRING`].
    TooLong(usize),
    /// At `at`, in the rule `rule`, there has to be a name and is none.
    NoName {
        /// The rule, up to the next separator.
        rule: String,
        /// Where the name had to begin.
        at: usize,
    },
    /// A rule that begins with `@` and is not one of those that exist.
    Command {
        /// The rule, up to the next separator.
        rule: String,
        /// Where it begins.
        at: usize,
    },
    /// It turns on no suite.
    NoSuites {
        /// As in [`Ciphers::ignored`](super::Ciphers::ignored).
        ignored: Vec<String>,
    },
}

impl fmt::Display for CipherStringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(len) => write!(f, "a cipher string of {len} bytes is longer than {MAX_STRING}"),
            Self::NoName { rule, at } => write!(f, "a name is missing at byte {at} of the cipher string, in {rule:?}"),
            Self::Command { rule, at } => {
                write!(f, "{rule:?} at byte {at} of the cipher string is neither @STRENGTH nor @SECLEVEL=0 to 5")
            }
            Self::NoSuites { ignored } => {
                f.write_str("the cipher string selects no suite")?;
                if ignored.is_empty() { Ok(()) } else { write!(f, "; not known are {ignored:?}") }
            }
        }
    }
}

impl error::Error for CipherStringError {}
