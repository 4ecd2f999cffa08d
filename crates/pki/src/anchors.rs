//! What is trusted.

use crate::cert::Certificate;
use crate::constraints::NameConstraints;
use crate::encode;
use crate::error::Rule;
use crate::pem::{self, Report};
use crate::subject::Name;
use alloc::vec::Vec;
use core::fmt;
use handfast_crypto::{CryptoError, HashAlgorithm, Provider};
use pki_types::{CertificateDer, Der, TrustAnchor};

/// The trust anchors of a verifier, in the order in which they were added, with an index by subject.
///
/// An anchor is a bare name and key ([`Anchors::add_trust_anchor`], how Mozilla's roots come) or a whole certificate
/// ([`Anchors::add`]). RFC 5280 §6.1 asks nothing of an anchor but its name and key. Where a certificate is given, though,
/// what it says about itself holds: an expired one, one that is no CA, or one for another purpose issues nothing
/// (RFC 5937 calls this using the anchor's constraints). So a server's self-signed certificate can be trusted for that
/// server and does not become a CA.
#[derive(Clone, Default)]
pub struct Anchors {
    list: Vec<Anchor>,
    /// The key of each subject ([`Name::key`]) with its index in `list`, sorted.
    by_subject: Vec<(Vec<u8>, usize)>,
    pins: Vec<[u8; PIN_LEN]>,
}

/// The length of a pin, in bytes: SHA-256.
pub const PIN_LEN: usize = 32;

/// One trust anchor.
#[derive(Clone)]
pub(crate) struct Anchor {
    pub(crate) trust: TrustAnchor<'static>,
    /// The whole certificate, where there is one. It has been parsed before.
    pub(crate) certificate: Option<CertificateDer<'static>>,
    /// Its subjectKeyIdentifier, if it has one.
    pub(crate) key_identifier: Option<Vec<u8>>,
}

impl Anchors {
    /// Trusts nobody.
    pub const fn new() -> Self {
        Self { list: Vec::new(), by_subject: Vec::new(), pins: Vec::new() }
    }

    /// Trusts the certificates of a PEM file.
    ///
    /// # Errors
    /// As [`pem::certificates`].
    pub fn from_pem(text: &[u8]) -> Result<(Self, Report), pem::Error> {
        let mut own = Self::new();
        let report = own.add_pem(text)?;
        Ok((own, report))
    }

    /// Trusts the certificates of a PEM file as well; says how many were new and what was skipped.
    ///
    /// # Errors
    /// As [`pem::certificates`]; nothing is added then.
    pub fn add_pem(&mut self, text: &[u8]) -> Result<Report, pem::Error> {
        let (certificates, mut report) = pem::certificates(text)?;
        report.added = 0;
        for certificate in &certificates {
            // `pem::certificates` gives only what parses, so the error cannot occur.
            report.added += usize::from(self.add(certificate).unwrap_or(false));
        }
        Ok(report)
    }

    /// Trusts `certificate`: as an issuer, if it is a CA, and as a peer's certificate if the peer presents exactly it.
    /// Returns whether it was new.
    ///
    /// # Errors
    /// As [`Certificate::parse`].
    pub fn add(&mut self, certificate: &CertificateDer<'_>) -> Result<bool, Rule> {
        let parsed = Certificate::parse(certificate)?;
        if self.find_exact(&parsed, &parsed.subject().key()).is_some() {
            return Ok(false);
        }
        let trust = TrustAnchor {
            subject: Der::from(parsed.subject().as_bytes().to_vec()),
            subject_public_key_info: Der::from(parsed.spki().to_vec()),
            name_constraints: None,
        };
        let key_identifier = parsed.subject_key_identifier().ok().flatten().map(<[u8]>::to_vec);
        self.insert(Anchor { trust, certificate: Some(certificate.clone().into_owned()), key_identifier });
        Ok(true)
    }

    /// Trusts a name and key.
    pub fn add_trust_anchor(&mut self, trust: TrustAnchor<'static>) {
        self.insert(Anchor { trust, certificate: None, key_identifier: None });
    }

    /// Trusts a peer whose own certificate is for the key with this SHA-256 over its SubjectPublicKeyInfo in DER, whoever
    /// issued it: the pin of RFC 7469 §2.4, and `3 1 1` of RFC 6698. The certificate must be valid in all else, and speak
    /// for the name that was asked for. Nobody above it is needed; but who is there and has revoked it is heard, and a stapled
    /// response that is insisted on needs an issuer that leads to an anchor.
    pub fn pin(&mut self, sha256: [u8; PIN_LEN]) {
        self.pins.push(sha256);
    }

    /// How many anchors there are, pins not counted.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.pins.is_empty()
    }

    /// The subject of the anchor at `index`, for facts and messages.
    pub fn subject(&self, index: usize) -> Option<Name<'_>> {
        self.list.get(index).map(Anchor::subject)
    }

    /// The subjects of all of them, each as the DER of a Name: what a CertificateRequest lists (RFC 9846 §4.3.4).
    pub fn subjects(&self) -> Vec<Vec<u8>> {
        self.list.iter().map(|anchor| anchor.subject().to_der()).collect()
    }

    /// All that is trusted, as the bytes that say so: subject, key, name constraints and certificate of each anchor, in the
    /// order in which they were added, and then each pin.
    pub fn contents(&self) -> impl Iterator<Item = [&[u8]; 4]> {
        let anchors = self.list.iter().map(|anchor| {
            let trust = &anchor.trust;
            let constraints = trust.name_constraints.as_ref().map(AsRef::as_ref).unwrap_or_default();
            let certificate = anchor.certificate.as_deref().unwrap_or_default();
            [trust.subject.as_ref(), trust.subject_public_key_info.as_ref(), constraints, certificate]
        });
        anchors.chain(self.pins.iter().map(|pin| [&pin[..], &[], &[], &[]]))
    }

    /// The anchor at `index`.
    pub(crate) fn get(&self, index: usize) -> Option<&Anchor> {
        self.list.get(index)
    }

    /// The anchors with this subject, given by its key, with their indices; the first added first.
    pub(crate) fn with_subject(&self, key: &[u8]) -> impl Iterator<Item = (usize, &Anchor)> {
        let start = self.by_subject.partition_point(|(subject, _)| subject.as_slice() < key);
        let rest = self.by_subject.get(start..).unwrap_or_default().iter();
        let own = rest.take_while(move |(subject, _)| subject.as_slice() == key);
        own.filter_map(|(_, index)| Some((*index, self.get(*index)?)))
    }

    /// The index of the anchor that is this very certificate, octet for octet; `subject` is the key of its subject.
    pub(crate) fn find_exact(&self, certificate: &Certificate<'_>, subject: &[u8]) -> Option<usize> {
        let same = |anchor: &Anchor| anchor.certificate.as_deref() == Some(certificate.der());
        self.with_subject(subject).find(|(_, anchor)| same(anchor)).map(|(index, _)| index)
    }

    /// The index of the pin of this certificate's key.
    pub(crate) fn find_pin(&self, certificate: &Certificate<'_>, provider: &Provider) -> Result<Option<usize>, Rule> {
        if self.pins.is_empty() {
            return Ok(None);
        }
        let hash = provider.hash(HashAlgorithm::Sha256).ok_or(Rule::Crypto(CryptoError::Unsupported))?;
        let mut context = hash.start();
        context.update(&encode::sequence(&[certificate.spki()]));
        let own = context.current().map_err(Rule::Crypto)?;
        Ok(self.pins.iter().position(|pin| pin == own.as_bytes()))
    }

    fn insert(&mut self, anchor: Anchor) {
        let entry = (anchor.subject().key(), self.list.len());
        let at = self.by_subject.partition_point(|other| *other < entry);
        self.by_subject.insert(at, entry);
        self.list.push(anchor);
    }
}

impl Anchor {
    /// The whole certificate, where there is one.
    pub(crate) fn certificate(&self) -> Result<Option<Certificate<'_>>, Rule> {
        self.certificate.as_deref().map(Certificate::parse).transpose()
    }

    /// Which names those below it may have: what its certificate says, this one, or what it was given with.
    pub(crate) fn name_constraints<'a>(
        &'a self,
        certificate: Option<&Certificate<'a>>,
    ) -> Result<Option<NameConstraints<'a>>, Rule> {
        match certificate {
            Some(certificate) => certificate.name_constraints(),
            None => self.trust.name_constraints.as_deref().map(NameConstraints::read_content).transpose(),
        }
    }

    pub(crate) fn subject(&self) -> Name<'_> {
        Name::new(&self.trust.subject)
    }
}

impl fmt::Debug for Anchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(Anchor::subject)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(subject: &'static [u8], key: &'static [u8]) -> TrustAnchor<'static> {
        TrustAnchor {
            subject: Der::from_slice(subject),
            subject_public_key_info: Der::from_slice(key),
            name_constraints: None,
        }
    }

    #[test]
    fn the_index_finds_every_anchor_of_a_name() {
        let mut anchors = Anchors::new();
        assert!(anchors.is_empty());
        for (subject, key) in
            [(&b"b"[..], &b"1"[..]), (b"a", b"2"), (b"b", b"3"), (b"", b"4"), (b"c", b"5"), (b"b", b"6")]
        {
            anchors.add_trust_anchor(named(subject, key));
        }
        assert_eq!(anchors.len(), 6);
        for (subject, indices) in [
            (&b""[..], &[3][..]),
            (b"a", &[1]),
            (b"b", &[0, 2, 5]),
            (b"c", &[4]),
            (b"d", &[]),
            (b"aa", &[]),
            (b"0", &[]),
        ] {
            let found: Vec<_> = anchors.with_subject(&Name::new(subject).key()).map(|(index, _)| index).collect();
            assert_eq!(found, indices);
        }
    }
}
