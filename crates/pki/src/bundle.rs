//! Certificates and private keys from files, in any order, and each key with its chain.
//!
//! ```
//! use handfast_pki::Bundle;
//! # use handfast_crypto::KeyKind;
//! # use handfast_pki::make::{Builder, Identity};
//! # let now = pki_types::UnixTime::since_unix_epoch(core::time::Duration::from_secs(1_800_000_000));
//! let provider = handfast_rustcrypto::provider();
//! # let made = Identity::root(&provider, Builder::server(&["example.com"], now), KeyKind::P256)?;
//! # let (chain, key) = (made.certificate_pem(), made.key.to_pem());
//! let mut bundle = Bundle::new();
//! bundle.add_pem(&provider, key.as_bytes(), None)?.add_pem(&provider, chain.as_bytes(), None)?;
//! let pairs = bundle.pair(&provider)?.pairs;
//! assert_eq!((pairs.len(), pairs[0].chain.len()), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;

pub use error::{Error, Place};

use error::SHOWN_SUBJECTS;

use crate::asn1::{Element, Reader};
use crate::cert::Certificate;
use crate::encrypted::{Legacy, Opener};
use crate::pem::{self, Reason, Sections, Skipped};
use crate::pfx::Pfx;
use crate::spki;
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use der::Tag;
use handfast_crypto::{KeyKind, Provider, PublicKey, SigningKey};
use pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use zeroize::Zeroizing;

/// Certificates and private keys, collected from files. A private key never becomes a certificate, whatever a file says of
/// it (docs/regressions.md row 72).
#[derive(Default)]
pub struct Bundle<'a> {
    legacy: Option<&'a dyn Legacy>,
    certificates: Vec<CertificateDer<'static>>,
    keys: Vec<(Place, Zeroizing<PrivateKeyDer<'static>>)>,
    /// The PEM sections there were, for errors.
    seen: Vec<Skipped>,
}

/// How many certificates a bundle takes.
pub const MAX_CERTIFICATES: usize = 1024;
/// How many private keys a bundle takes.
pub const MAX_KEYS: usize = 64;

/// Keys with their chains.
#[derive(Debug)]
pub struct Pairs {
    /// Each key with its chain, in the order in which the keys were added.
    pub pairs: Vec<Pair>,
    /// The certificates that are in no chain.
    pub unused: Vec<CertificateDer<'static>>,
}

/// A private key and the chain that goes with it.
pub struct Pair {
    /// The certificate of the key, and behind it those that lead from it to a root, as far as they were there.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key, ready to sign.
    pub signer: Arc<dyn SigningKey>,
    /// The key.
    pub key: Zeroizing<PrivateKeyDer<'static>>,
}

impl<'a> Bundle<'a> {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Understands these older ways of encryption too.
    pub fn legacy(mut self, legacy: &'a dyn Legacy) -> Self {
        self.legacy = Some(legacy);
        self
    }

    /// Adds what is in a file of any of these kinds: PEM, a PKCS#12 file, or a certificate or private key in DER. `password` is
    /// for all that is encrypted in it.
    ///
    /// # Errors
    /// As [`Bundle::add_pem`], [`Bundle::add_pfx`] and [`Bundle::add_der`].
    pub fn add(&mut self, provider: &Provider, bytes: &[u8], password: Option<&[u8]>) -> Result<&mut Self, Error> {
        if !pem::is_der(bytes) {
            return self.add_pem(provider, bytes, password);
        }
        match Pfx::is_one(bytes) {
            true => self.add_pfx(provider, bytes, password),
            false => self.add_der(provider, bytes, password),
        }
    }

    /// Adds the certificates and private keys of a PEM text: `CERTIFICATE`, `X509 CERTIFICATE`, `TRUSTED CERTIFICATE`;
    /// `PRIVATE KEY` (PKCS#8), `ENCRYPTED PRIVATE KEY`, `RSA PRIVATE KEY` (PKCS#1), `EC PRIVATE KEY` (SEC1). Other sections are
    /// passed over.
    ///
    /// # Errors
    /// [`Error::Pem`] for the first one that cannot be taken, and nothing is added then; [`Error::TooMany`].
    pub fn add_pem(&mut self, provider: &Provider, text: &[u8], password: Option<&[u8]>) -> Result<&mut Self, Error> {
        let mut opener = self.opener(provider, password);
        let (mut certificates, mut keys, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for section in Sections::new(text) {
            if seen.len() >= MAX_SECTIONS {
                return Err(Error::TooMany);
            }
            seen.push(section.skipped(Reason::OtherLabel));
            let certificate = section.certificate();
            if let Some(certificate) = certificate.map_err(|why| pem::Error::BadCertificate(section.skipped(why)))? {
                certificates.push(certificate);
                continue;
            }
            let key = section.private_key(&mut opener);
            if let Some(key) = key.map_err(|why| pem::Error::BadKey(section.skipped(why)))? {
                keys.push((Place::Line(section.line), key));
            }
        }
        self.seen.append(&mut seen);
        self.take(certificates, keys)
    }

    /// Adds the certificates and private keys of a PKCS#12 file.
    ///
    /// # Errors
    /// [`Error::Pfx`], and nothing is added then; [`Error::TooMany`].
    pub fn add_pfx(&mut self, provider: &Provider, bytes: &[u8], password: Option<&[u8]>) -> Result<&mut Self, Error> {
        let pfx = Pfx::read(bytes, &mut self.opener(provider, password)).map_err(Error::Pfx)?;
        let keys = pfx.keys.into_iter().map(|key| (Place::Pfx, of_pkcs8(&key)));
        let keys = keys.collect();
        self.take(pfx.certificates, keys)
    }

    /// Adds a certificate, or a private key in PKCS#8, encrypted or not, PKCS#1 or SEC1.
    ///
    /// # Errors
    /// [`Error::Locked`] for an encrypted key that does not open; [`Error::Unknown`] for something else; [`Error::TooMany`].
    pub fn add_der(&mut self, provider: &Provider, der: &[u8], password: Option<&[u8]>) -> Result<&mut Self, Error> {
        if Certificate::parse(der).is_ok() {
            return self.take(Vec::from([CertificateDer::from(der.to_vec())]), Vec::new());
        }
        let bytes = || der.to_vec();
        let key: Zeroizing<PrivateKeyDer<'static>> = match *shape(der).as_slice() {
            [Tag::Integer, Tag::Sequence] => Zeroizing::new(PrivatePkcs8KeyDer::from(bytes()).into()),
            [Tag::Integer, Tag::Integer] => Zeroizing::new(PrivatePkcs1KeyDer::from(bytes()).into()),
            [Tag::Integer, Tag::OctetString] => Zeroizing::new(PrivateSec1KeyDer::from(bytes()).into()),
            [Tag::Sequence, Tag::OctetString] => {
                let key = self.opener(provider, password).open_key(der).map_err(Error::Locked)?;
                of_pkcs8(&key)
            }
            _ => return Err(Error::Unknown),
        };
        self.take(Vec::new(), Vec::from([(Place::Der, key)]))
    }

    fn take(
        &mut self,
        mut certificates: Vec<CertificateDer<'static>>,
        mut keys: Vec<(Place, Zeroizing<PrivateKeyDer<'static>>)>,
    ) -> Result<&mut Self, Error> {
        let is_over = |own: usize, more: usize, limit: usize| own.saturating_add(more) > limit;
        if is_over(self.certificates.len(), certificates.len(), MAX_CERTIFICATES)
            || is_over(self.keys.len(), keys.len(), MAX_KEYS)
        {
            return Err(Error::TooMany);
        }
        self.certificates.append(&mut certificates);
        self.keys.append(&mut keys);
        Ok(self)
    }

    fn opener<'o>(&self, provider: &Provider, password: Option<&'o [u8]>) -> Opener<'o>
    where
        'a: 'o,
    {
        let opener = Opener::new(provider, password);
        match self.legacy {
            Some(legacy) => opener.legacy(legacy),
            None => opener,
        }
    }

    /// The certificates, in the order in which they were added.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// The private keys, in the order in which they were added.
    pub fn keys(&self) -> impl Iterator<Item = &Zeroizing<PrivateKeyDer<'static>>> {
        self.keys.iter().map(|(_, key)| key)
    }

    /// The first private key.
    ///
    /// # Errors
    /// [`Error::NoKey`], with the labels that were seen instead.
    pub fn into_key(self) -> Result<Zeroizing<PrivateKeyDer<'static>>, Error> {
        let first = self.keys.into_iter().next();
        first.map(|(_, key)| key).ok_or(Error::NoKey(self.seen))
    }

    /// Each key with its chain, in the order of the keys: first the certificate that is for the key, then those that issued
    /// it, in the order of the files where several have one name. Of several certificates for one key it is the one that became
    /// valid last. A key that is there twice counts once.
    ///
    /// # Errors
    /// [`Error::NoKey`] and [`Error::NoCertificate`], with the labels that were seen instead; [`Error::Key`] for a key that the
    /// provider does not load; [`Error::Mismatch`] for one that no certificate is for; [`Error::Issuer`] for the key of a CA that has
    /// issued another of the certificates, which has no place where connections end.
    pub fn pair(self, provider: &Provider) -> Result<Pairs, Error> {
        if self.keys.is_empty() {
            return Err(Error::NoKey(self.seen));
        }
        if self.certificates.is_empty() {
            return Err(Error::NoCertificate(self.seen));
        }
        let mut all: Vec<Certificate<'_>> = Vec::new();
        for certificate in self.certificates.iter().filter_map(|der| Certificate::parse(der).ok()) {
            if !all.iter().any(|own| own.der() == certificate.der()) {
                all.push(certificate);
            }
        }
        let mut pairs: Vec<Pair> = Vec::new();
        for (place, key) in self.keys {
            let signer = provider.keys.load(&key).map_err(|error| Error::Key(place, error))?;
            if pairs.iter().any(|pair| pair.signer.public_key() == signer.public_key()) {
                continue;
            }
            let leaf =
                leaf(signer.public_key(), &all).ok_or_else(|| mismatch(place, signer.public_key().kind, &all))?;
            if all.iter().any(|other| other.der() != leaf.der() && is_issuer(leaf, other) && is_ca(leaf)) {
                return Err(Error::Issuer(place, leaf.subject().to_string()));
            }
            pairs.push(Pair { chain: chain(leaf, &all), signer, key });
        }
        let is_used = |der: &[u8]| pairs.iter().any(|pair| pair.chain.iter().any(|own| &**own == der));
        let unused = all.iter().map(Certificate::der).filter(|der| !is_used(der));
        let unused = unused.map(|der| CertificateDer::from(der.to_vec())).collect();
        Ok(Pairs { pairs, unused })
    }
}

/// How many sections a text has.
const MAX_SECTIONS: usize = 4096;

fn of_pkcs8(key: &PrivatePkcs8KeyDer<'_>) -> Zeroizing<PrivateKeyDer<'static>> {
    Zeroizing::new(key.clone_key().into())
}

/// The certificate that is for this key. Of several it is the one that became valid last: a renewed one.
fn leaf<'a, 'c>(key: &PublicKey, all: &'a [Certificate<'c>]) -> Option<&'a Certificate<'c>> {
    let is_own =
        |certificate: &&Certificate<'_>| spki::parse_content(certificate.spki()).is_ok_and(|public| public == *key);
    // Of equals the last is the maximum, and the first is preferred.
    all.iter().filter(is_own).rev().max_by_key(|certificate| certificate.validity().not_before)
}

fn is_ca(certificate: &Certificate<'_>) -> bool {
    certificate.basic_constraints().is_ok_and(|own| own.is_some_and(|own| own.ca))
}

/// No certificate is for the key; one whose key cannot be read may have been meant.
fn mismatch(place: Place, kind: KeyKind, all: &[Certificate<'_>]) -> Error {
    let subject = |certificate: &Certificate<'_>| match certificate.public_key() {
        Ok(_) => certificate.subject().to_string(),
        Err(rule) => format!("{} ({rule})", certificate.subject()),
    };
    Error::Mismatch(place, kind, all.iter().take(SHOWN_SUBJECTS + 1).map(subject).collect())
}

/// The certificates that lead from `leaf` up, it among them, and of those with one name all: which of them a peer has an anchor
/// for is not known.
fn chain(leaf: &Certificate<'_>, all: &[Certificate<'_>]) -> Vec<CertificateDer<'static>> {
    let mut chain = Vec::from([leaf]);
    let mut rest: Vec<_> = all.iter().filter(|other| other.der() != leaf.der()).collect();
    let mut at = 0;
    while let Some(below) = chain.get(at).copied() {
        at = at.saturating_add(1);
        let (above, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|above| is_issuer(above, below));
        chain.extend(above);
        rest = others;
    }
    chain.into_iter().map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect()
}

/// By name, and by the identifier of the key where both give one.
fn is_issuer(above: &Certificate<'_>, below: &Certificate<'_>) -> bool {
    let (wanted, own) = (below.authority_key_identifier(), above.subject_key_identifier());
    let fits = match (wanted, own) {
        (Ok(Some(wanted)), Ok(Some(own))) => wanted == own,
        _ => true,
    };
    fits && above.subject().matches(below.issuer())
}

/// The tags of the first two elements of a SEQUENCE.
fn shape(der: &[u8]) -> Vec<Tag> {
    let Ok(mut reader) = Reader::sequence(der, "outer structure") else { return Vec::new() };
    let mut tag = || reader.element().ok().map(|Element { tag, .. }| tag);
    [tag(), tag()].into_iter().flatten().collect()
}

impl fmt::Debug for Bundle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (certificates, keys) = (self.certificates.len(), self.keys.len());
        f.debug_struct("Bundle").field("certificates", &certificates).field("keys", &keys).finish_non_exhaustive()
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("chain", &self.chain.len()).field("signer", &self.signer).finish_non_exhaustive()
    }
}
