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
    /// There is no private key; the sections of PEM there were instead.
    NoKey(Vec<pem::Skipped>),
    /// There is no certificate; the sections of PEM there were instead.
    NoCertificate(Vec<pem::Skipped>),
    /// A certificate or key of a PEM text cannot be taken.
    Pem(pem::Error),
    /// There are more certificates or keys than [`MAX_CERTIFICATES`](super::MAX_CERTIFICATES) and
    /// [`MAX_KEYS`](super::MAX_KEYS).
    TooMany,
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
    /// This key is that of a CA, with this subject, escaped and cut, which issued another one of the certificates: whoever ends
    /// connections with it could make certificates.
    Issuer(Place, String),
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
            Self::NoCertificate(_) | Self::Pem(pem::Error::NoCertificate(_)) => "NO_CERTIFICATE",
            Self::NoKey(_) | Self::Pem(pem::Error::NoKey(_)) => "NO_KEY",
            Self::TooMany => "TOO_MANY",
            Self::Issuer(..) => "KEY_OF_AN_ISSUER",
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
pub(super) const SHOWN_SUBJECTS: usize = 4;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey(seen) => write_seen(f, "there is no private key", seen),
            Self::NoCertificate(seen) => write_seen(f, "there is no certificate", seen),
            Self::Pem(error) => error.fmt(f),
            Self::TooMany => f.write_str("there are more certificates or private keys than anybody uses"),
            Self::Issuer(place, subject) => {
                write!(
                    f,
                    "{place} is that of {subject}, a CA that issued another of the certificates; it does not belong here"
                )
            }
            Self::Pfx(fault) => write!(f, "the PKCS#12 file cannot be opened: {fault}"),
            Self::Locked(fault) => write!(f, "the private key cannot be opened: {fault}"),
            Self::Unknown => f.write_str("it is neither PEM nor a certificate, private key or PKCS#12 file in DER"),
            Self::Key(place, error) => write!(f, "{place} cannot be used: {error}"),
            Self::Mismatch(place, kind, subjects) => {
                write!(f, "{place} ({kind:?}) is the key of none of the certificates: ")?;
                for (at, subject) in subjects.iter().take(SHOWN_SUBJECTS).enumerate() {
                    write!(f, "{}{subject}", if at == 0 { "" } else { "; " })?;
                }
                if subjects.len() > SHOWN_SUBJECTS { f.write_str(" and more") } else { Ok(()) }
            }
        }
    }
}

fn write_seen(f: &mut fmt::Formatter<'_>, what: &str, seen: &[pem::Skipped]) -> fmt::Result {
    f.write_str(what)?;
    for (at, section) in seen.iter().take(pem::SHOWN_SECTIONS).enumerate() {
        let lead = if at == 0 { "; seen:" } else { "," };
        write!(f, "{lead} {} in line {}", section.label, section.line)?;
    }
    match seen.len().checked_sub(pem::SHOWN_SECTIONS) {
        Some(more @ 1..) => write!(f, " and {more} more"),
        _ => Ok(()),
    }
}

impl core::error::Error for Error {}

impl From<pem::Error> for Error {
    fn from(error: pem::Error) -> Self {
        Self::Pem(error)
    }
}
