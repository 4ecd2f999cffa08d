//! Why files give no identity.

use crate::encrypted::Fault;
use crate::pem;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use handfast_crypto::{KeyError, KeyKind};

/// Why files give no key with its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// There is no certificate or no key, or one that cannot be read. It names the labels that were seen.
    Pem(pem::Error),
    /// The PKCS#12 file does not open.
    Pfx(Fault),
    /// The encrypted key does not open.
    Locked(Fault),
    /// It is neither PEM nor a certificate, key or PKCS#12 file in DER.
    Unknown,
    /// The provider does not load this key.
    Key(Place, KeyError),
    /// No certificate is for this key, of this kind. The certificates are for these subjects, which are escaped and cut.
    Mismatch(Place, KeyKind, Vec<String>),
}

/// Where a key was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The line of its BEGIN, counted from 1.
    Line(usize),
    /// In a PKCS#12 file.
    Pfx,
    /// A file of its own.
    Der,
}

impl Error {
    /// A stable name for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Pem(pem::Error::NoCertificate(_)) => "NO_CERTIFICATE",
            Self::Pem(pem::Error::NoKey(_)) => "NO_KEY",
            Self::Pem(pem::Error::BadKey(pem::Skipped { reason: pem::Reason::Locked(fault), .. }))
            | Self::Pfx(fault)
            | Self::Locked(fault) => fault.code(),
            Self::Pem(pem::Error::BadKey(_)) => "BAD_KEY",
            Self::Pem(pem::Error::BadCertificate(_)) => "BAD_CERTIFICATE",
            Self::Unknown => "UNKNOWN_FORMAT",
            Self::Key(..) => "KEY_NOT_LOADED",
            Self::Mismatch(..) => "KEY_MISMATCH",
        }
    }

    /// Why something does not open, where that is what it is.
    pub const fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Pem(pem::Error::BadKey(pem::Skipped { reason: pem::Reason::Locked(fault), .. }))
            | Self::Pfx(fault)
            | Self::Locked(fault) => Some(fault),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "the private key in line {line}"),
            Self::Pfx => f.write_str("the private key of the PKCS#12 file"),
            Self::Der => f.write_str("the private key"),
        }
    }
}

/// How many subjects an error lists.
const SHOWN_SUBJECTS: usize = 4;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pem(error) => error.fmt(f),
            Self::Pfx(fault) => write!(f, "the PKCS#12 file cannot be opened: {fault}"),
            Self::Locked(fault) => write!(f, "the private key cannot be opened: {fault}"),
            Self::Unknown => f.write_str("it is neither PEM nor a certificate, private key or PKCS#12 file in DER"),
            Self::Key(place, error) => write!(f, "{place} cannot be used: {error}"),
            Self::Mismatch(place, kind, subjects) => {
                write!(f, "{place} ({kind:?}) is the key of none of the certificates: ")?;
                for (at, subject) in subjects.iter().take(SHOWN_SUBJECTS).enumerate() {
                    write!(f, "{}{subject}", if at == 0 { "" } else { "; " })?;
                }
                match subjects.len().checked_sub(SHOWN_SUBJECTS) {
                    Some(more @ 1..) => write!(f, " and {more} more"),
                    _ => Ok(()),
                }
            }
        }
    }
}

impl core::error::Error for Error {}

impl From<pem::Error> for Error {
    fn from(error: pem::Error) -> Self {
        Self::Pem(error)
    }
}
