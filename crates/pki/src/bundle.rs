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
//! let pairs = bundle.pair(&provider)?;
//! assert_eq!((pairs.len(), pairs[0].chain.len()), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;

pub use error::{Error, Place};

use crate::asn1::{Element, Reader};
use crate::cert::Certificate;
use crate::encrypted::{Legacy, Opener};
use crate::pem::{self, Reason, Sections, Skipped};
use crate::pfx::Pfx;
use crate::spki;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use der::Tag;
use handfast_crypto::{Provider, SigningKey};
use pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};

/// Certificates and private keys, collected from files. A private key never becomes a certificate, whatever a file says of
/// it (docs/regressions.md row 72).
#[derive(Default)]
pub struct Bundle<'a> {
    legacy: Option<&'a dyn Legacy>,
    certificates: Vec<CertificateDer<'static>>,
    keys: Vec<(Place, PrivateKeyDer<'static>)>,
    /// What was something else.
    others: Vec<Skipped>,
}

/// A private key and the chain that goes with it.
pub struct Pair {
    /// The certificate of the key, and those that lead from it to a root, as far as they were there.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key, ready to sign.
    pub signer: Arc<dyn SigningKey>,
    /// The key.
    pub key: PrivateKeyDer<'static>,
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
        match bytes.first() {
            // A SEQUENCE begins with this octet, and no text does.
            Some(0x30) if Pfx::is_one(bytes) => self.add_pfx(provider, bytes, password),
            Some(0x30) => self.add_der(provider, bytes, password),
            _ => self.add_pem(provider, bytes, password),
        }
    }

    /// Adds the certificates and private keys of a PEM text: `CERTIFICATE`, `X509 CERTIFICATE`, `TRUSTED CERTIFICATE`;
    /// `PRIVATE KEY` (PKCS#8), `ENCRYPTED PRIVATE KEY`, `RSA PRIVATE KEY` (PKCS#1), `EC PRIVATE KEY` (SEC1). Other sections are
    /// passed over.
    ///
    /// # Errors
    /// [`Error::Pem`] for the first one that cannot be taken; nothing is added then.
    pub fn add_pem(&mut self, provider: &Provider, text: &[u8], password: Option<&[u8]>) -> Result<&mut Self, Error> {
        let mut opener = self.opener(provider, password);
        let (mut certificates, mut keys, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for section in Sections::new(text) {
            let certificate = section.certificate();
            if let Some(certificate) = certificate.map_err(|why| pem::Error::BadCertificate(section.skipped(why)))? {
                certificates.push(certificate);
                continue;
            }
            match section.private_key(&mut opener).map_err(|why| pem::Error::BadKey(section.skipped(why)))? {
                Some(key) => keys.push((Place::Line(section.line), key)),
                None => others.push(section.skipped(Reason::OtherLabel)),
            }
        }
        self.certificates.append(&mut certificates);
        self.keys.append(&mut keys);
        self.others.append(&mut others);
        Ok(self)
    }

    /// Adds the certificates and private keys of a PKCS#12 file.
    ///
    /// # Errors
    /// [`Error::Pfx`]; nothing is added then.
    pub fn add_pfx(&mut self, provider: &Provider, der: &[u8], password: Option<&[u8]>) -> Result<&mut Self, Error> {
        let mut pfx = Pfx::read(der, self.opener(provider, password)).map_err(Error::Pfx)?;
        self.certificates.append(&mut pfx.certificates);
        self.keys.extend(pfx.keys.into_iter().map(|key| (Place::Pfx, key.into())));
        Ok(self)
    }

    /// Adds a certificate, or a private key in PKCS#8, encrypted or not, PKCS#1 or SEC1.
    ///
    /// # Errors
    /// [`Error::Locked`] for an encrypted key that does not open; [`Error::Unknown`] for something else.
    pub fn add_der(&mut self, provider: &Provider, der: &[u8], password: Option<&[u8]>) -> Result<&mut Self, Error> {
        if Certificate::parse(der).is_ok() {
            self.certificates.push(CertificateDer::from(der.to_vec()));
            return Ok(self);
        }
        let bytes = || der.to_vec();
        let key: PrivateKeyDer<'static> = match *shape(der).as_slice() {
            [Tag::Integer, Tag::Sequence] => PrivatePkcs8KeyDer::from(bytes()).into(),
            [Tag::Integer, Tag::Integer] => PrivatePkcs1KeyDer::from(bytes()).into(),
            [Tag::Integer, Tag::OctetString] => PrivateSec1KeyDer::from(bytes()).into(),
            [Tag::Sequence, Tag::OctetString] => {
                self.opener(provider, password).open_key(der).map_err(Error::Locked)?.into()
            }
            _ => return Err(Error::Unknown),
        };
        self.keys.push((Place::Der, key));
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
    pub fn keys(&self) -> impl Iterator<Item = &PrivateKeyDer<'static>> {
        self.keys.iter().map(|(_, key)| key)
    }

    /// The first private key.
    ///
    /// # Errors
    /// [`Error::Pem`] without one, with the labels that were seen instead.
    pub fn into_key(self) -> Result<PrivateKeyDer<'static>, Error> {
        let first = self.keys.into_iter().next();
        first.map(|(_, key)| key).ok_or_else(|| pem::Error::NoKey(self.others).into())
    }

    /// Each key with its chain, in the order of the keys: first the certificate that is for the key, then those that issued
    /// it, one after the other. A key that is there twice counts once, and a certificate that leads from no key nowhere.
    ///
    /// # Errors
    /// [`Error::Pem`] without keys or without certificates, with the labels that were seen instead; [`Error::Key`] for a key that
    /// the provider does not load; [`Error::Mismatch`] for one that no certificate is for.
    pub fn pair(self, provider: &Provider) -> Result<Vec<Pair>, Error> {
        if self.keys.is_empty() {
            return Err(pem::Error::NoKey(self.others).into());
        }
        if self.certificates.is_empty() {
            return Err(pem::Error::NoCertificate(self.others).into());
        }
        let parsed: Vec<_> = self.certificates.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
        let mut pairs: Vec<Pair> = Vec::new();
        for (place, key) in self.keys {
            let signer = provider.keys.load(&key).map_err(|error| Error::Key(place, error))?;
            if pairs.iter().any(|pair| pair.signer.public_key() == signer.public_key()) {
                continue;
            }
            let is_own = |certificate: &&Certificate<'_>| {
                spki::parse_content(certificate.spki()).is_ok_and(|public| public == *signer.public_key())
            };
            let Some(leaf) = parsed.iter().find(is_own) else {
                let subjects = parsed.iter().map(|certificate| certificate.subject().to_string()).collect();
                return Err(Error::Mismatch(place, signer.public_key().kind, subjects));
            };
            pairs.push(Pair { chain: chain(leaf, &parsed), signer, key });
        }
        Ok(pairs)
    }
}

/// The certificates that lead from `leaf` up, it among them, and of those with one name all: which of them a peer has an anchor
/// for is not known. They keep the order of the files.
fn chain(leaf: &Certificate<'_>, all: &[Certificate<'_>]) -> Vec<CertificateDer<'static>> {
    let mut chain = Vec::from([leaf]);
    let mut at = 0;
    while let Some(below) = chain.get(at).copied() {
        at = at.saturating_add(1);
        for above in all {
            let is_new = || !chain.iter().any(|own| own.der() == above.der());
            if is_issuer(above, below) && is_new() {
                chain.push(above);
            }
        }
    }
    chain.into_iter().map(|certificate| CertificateDer::from(certificate.der().to_vec())).collect()
}

/// By name, and by the identifier of the key where both give one.
fn is_issuer(above: &Certificate<'_>, below: &Certificate<'_>) -> bool {
    let key = |id: Result<Option<&[u8]>, _>| id.ok().flatten().map(<[u8]>::to_vec);
    let (wanted, own) = (key(below.authority_key_identifier()), key(above.subject_key_identifier()));
    above.subject().matches(below.issuer()) && (wanted.is_none() || own.is_none() || wanted == own)
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
