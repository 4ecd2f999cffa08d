//! Keys, certificates and all that goes with them, made on the spot: for tests, for demonstrations, for a small CA of one's own, and
//! for servers whose certificate is trusted by being copied.
//!
//! ```
//! use handfast_crypto::KeyKind;
//! use handfast_pki::make::{Builder, Identity};
//! use handfast_pki::{Anchors, Policy, verify_server};
//! use pki_types::{ServerName, UnixTime};
//!
//! let provider = handfast_rustcrypto::provider();
//! let now = UnixTime::since_unix_epoch(core::time::Duration::from_secs(1_800_000_000));
//! let root = Identity::root(&provider, Builder::ca("Example Root", now), KeyKind::P256)?;
//! let leaf = root.issue(&provider, Builder::server(&["example.com", "192.0.2.1"], now), KeyKind::P256)?;
//!
//! let mut anchors = Anchors::new();
//! anchors.add(&root.certificate)?;
//! let name = ServerName::try_from("example.com").unwrap();
//! verify_server(&provider, &anchors, &Policy::default(), &[leaf.certificate], &name, now)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod crl;
mod extensions;
mod issue;
mod key;
mod ocsp;
mod request;
mod subject;

pub use builder::Builder;
pub use crl::CrlBuilder;
pub use issue::NameError;
pub use key::{Key, KeySpec};
pub use ocsp::{OcspBuilder, OcspEntry};
pub use request::Declined;
pub use subject::{Subject, SubjectError};

use crate::error::Rule;
use crate::pem;
use alloc::string::String;
use core::fmt;
use handfast_crypto::{CryptoError, KeyError, Provider};
use pki_types::CertificateDer;

/// A certificate and its private key.
#[derive(Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: CertificateDer<'static>,
    /// The key it certifies.
    pub key: Key,
}

impl Identity {
    /// Makes a key and a certificate that is signed with it.
    ///
    /// # Errors
    /// As [`Key::generate`] and [`Builder::self_signed`].
    pub fn root(provider: &Provider, builder: Builder, spec: impl Into<KeySpec>) -> Result<Self, Error> {
        let key = Key::generate(provider, spec)?;
        let certificate = builder.self_signed(provider, &key)?;
        Ok(Self { certificate, key })
    }

    /// Makes a key and a certificate that this identity signs. That it is a CA is not checked: tests need those
    /// that are not.
    ///
    /// # Errors
    /// As [`Key::generate`] and [`Builder::signed_by`].
    pub fn issue(&self, provider: &Provider, builder: Builder, spec: impl Into<KeySpec>) -> Result<Self, Error> {
        let key = Key::generate(provider, spec)?;
        let certificate = builder.signed_by(provider, self, key.public_key())?;
        Ok(Self { certificate, key })
    }

    /// The certificate as PEM.
    pub fn certificate_pem(&self) -> String {
        core::mem::take(&mut pem::encode("CERTIFICATE", &self.certificate))
    }
}

/// Why a key or a certificate was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The provider does not load the key.
    Key(KeyError),
    /// The provider gave no randomness, hash or signature.
    Crypto(CryptoError),
    /// The issuer's certificate cannot be read, or the key or signature has no encoding.
    Rule(Rule),
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<CryptoError> for Error {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<Rule> for Error {
    fn from(rule: Rule) -> Self {
        Self::Rule(rule)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => fmt::Display::fmt(error, f),
            Self::Crypto(error) => fmt::Display::fmt(error, f),
            Self::Rule(rule) => write!(f, "no certificate could be made: {rule}"),
        }
    }
}

impl core::error::Error for Error {}
