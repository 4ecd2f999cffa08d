//! An OCSP response to be: like a certificate to be, every field can be set also to what it must not be.

use super::builder::{encode_generalized_time, scheme};
use super::extensions::{OCTET_STRING, encode_extension};
use super::{Error, Identity};
use crate::cert::Certificate;
use crate::encode::{self, bit_string, oid as encode_oid, sequence, tlv};
use crate::ocsp::{CertIdHash, ResponseStatus, Status};
use crate::subject::Name;
use crate::time::Time;
use crate::{oid, signature_algorithm};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Digest, Provider, SignatureAlgorithm};
use pki_types::{CertificateDer, UnixTime};

/// An OCSP response that is not signed yet. Later calls replace what earlier ones set.
#[derive(Clone, Debug)]
pub struct OcspBuilder {
    by_name: bool,
    responder: Option<Vec<u8>>,
    produced_at: Vec<u8>,
    entries: Vec<u8>,
    certificates: Vec<u8>,
    algorithm: Option<SignatureAlgorithm>,
    extensions: Vec<u8>,
}

/// What an OCSP response is to say about one certificate.
#[derive(Clone, Debug)]
pub struct OcspEntry {
    algorithm: Vec<u8>,
    issuer_name_hash: Vec<u8>,
    issuer_key_hash: Vec<u8>,
    serial: Vec<u8>,
    status: Vec<u8>,
    this_update: Vec<u8>,
    next_update: Vec<u8>,
    extensions: Vec<u8>,
}

/// How long before the time it was given an answer is right, in seconds: other clocks are slow.
const HEAD_START: i64 = 3_600;
/// How long an answer is right, in seconds: 7 days.
const LIFETIME: i64 = 7 * 86_400;

const ENUMERATED: u8 = 0x0a;

impl OcspBuilder {
    /// A response without entries, made now. It names its signer by key (RFC 9919 §3.2).
    pub fn new(now: UnixTime) -> Self {
        let blank = Self {
            by_name: false,
            responder: None,
            produced_at: Vec::new(),
            entries: Vec::new(),
            certificates: Vec::new(),
            algorithm: None,
            extensions: Vec::new(),
        };
        blank.produced_at(Time::from(now).unix())
    }

    /// What a responder says that has no answer.
    pub fn unsuccessful(status: ResponseStatus) -> Vec<u8> {
        sequence(&[&tlv(ENUMERATED, &[&[status.number()]])])
    }

    /// Adds an entry.
    pub fn entry(self, entry: OcspEntry) -> Self {
        self.entry_der(&entry.encode())
    }

    /// Adds the DER of an entry.
    pub fn entry_der(mut self, der: &[u8]) -> Self {
        self.entries.extend(der);
        self
    }

    /// Sets when it was made, counted from 1970.
    pub fn produced_at(mut self, time: i64) -> Self {
        self.produced_at = encode_time(time);
        self
    }

    /// Names the signer by its subject.
    pub fn by_name(mut self) -> Self {
        self.by_name = true;
        self
    }

    /// Sets the DER of the responderID, whoever signs. A version can go before it.
    pub fn responder_der(mut self, der: &[u8]) -> Self {
        self.responder = Some(der.to_vec());
        self
    }

    /// Brings along a certificate: that of the delegate who signs.
    pub fn certificate(mut self, certificate: &CertificateDer<'_>) -> Self {
        self.certificates.extend_from_slice(certificate);
        self
    }

    /// Sets the algorithm to sign with. Otherwise it is the one that the key prefers.
    pub fn algorithm(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Adds an extension, given the content octets of its object identifier and the DER that goes into extnValue.
    pub fn extension(mut self, oid: &[u8], critical: bool, der: &[u8]) -> Self {
        self.extensions.extend(encode_extension(oid, critical, der));
        self
    }

    /// Signs it with the key of `signer`: the issuer of the certificates, or its delegate. Gives its DER.
    ///
    /// # Errors
    /// [`Error::Rule`] when the signer's certificate cannot be read or its key's signature has no encoding;
    /// [`Error::Crypto`] when the provider does not sign or has no SHA-1.
    pub fn signed_by(self, provider: &Provider, signer: &Identity) -> Result<Vec<u8>, Error> {
        let certificate = Certificate::parse(&signer.certificate)?;
        let responder = match self.responder {
            Some(responder) => responder,
            None if self.by_name => tlv(0xa1, &[&certificate.subject().to_der()]),
            None => {
                let hash = digest(provider, CertIdHash::Sha1, &signer.key.public_key().bytes)?;
                tlv(0xa2, &[&tlv(OCTET_STRING, &[hash.as_bytes()])])
            }
        };
        let extensions = encode_extensions(&self.extensions);
        let tbs = sequence(&[&responder, &self.produced_at, &sequence(&[&self.entries]), &extensions]);
        let scheme = scheme(&signer.key, self.algorithm)?;
        let algorithm = signature_algorithm::encode(scheme.algorithm, signer.key.public_key().kind)?;
        let signature = signer.key.signer().sign(scheme.id, &tbs, &*provider.random)?;
        let certificates = match self.certificates.as_slice() {
            [] => Vec::new(),
            list => tlv(0xa0, &[&sequence(&[list])]),
        };
        let basic = sequence(&[&tbs, &algorithm, &bit_string(&signature), &certificates]);
        let bytes = sequence(&[&encode_oid(oid::OCSP_BASIC), &tlv(OCTET_STRING, &[&basic])]);
        Ok(sequence(&[&tlv(ENUMERATED, &[&[0]]), &tlv(0xa0, &[&bytes])]))
    }
}

impl OcspEntry {
    /// `certificate` is good, for seven days from now. Its issuer is told by SHA-1, as everybody does.
    ///
    /// # Errors
    /// [`Error::Rule`] when `issuer`'s key cannot be read; [`Error::Crypto`] when the provider has no SHA-1.
    pub fn good(
        provider: &Provider,
        certificate: &Certificate<'_>,
        issuer: &Certificate<'_>,
        now: UnixTime,
    ) -> Result<Self, Error> {
        let now = Time::from(now).unix();
        let blank = Self {
            algorithm: Vec::new(),
            issuer_name_hash: Vec::new(),
            issuer_key_hash: Vec::new(),
            serial: certificate.serial().to_vec(),
            status: Vec::new(),
            this_update: Vec::new(),
            next_update: Vec::new(),
            extensions: Vec::new(),
        };
        blank.status(Status::Good).valid(now.saturating_sub(HEAD_START), Some(now.saturating_add(LIFETIME))).issuer(
            provider,
            CertIdHash::Sha1,
            certificate.issuer(),
            &issuer.public_key()?.bytes,
        )
    }

    /// Sets the issuer that the entry is about: its name, and the octets of its key.
    ///
    /// # Errors
    /// [`Error::Crypto`] when the provider does not have the hash.
    pub fn issuer(mut self, provider: &Provider, hash: CertIdHash, name: Name<'_>, key: &[u8]) -> Result<Self, Error> {
        self.algorithm = sequence(&[&encode_oid(hash.oid()), crate::spki::NULL]);
        self.issuer_name_hash = digest(provider, hash, &name.to_der())?.as_bytes().to_vec();
        self.issuer_key_hash = digest(provider, hash, key)?.as_bytes().to_vec();
        Ok(self)
    }

    /// Sets the DER of the AlgorithmIdentifier, without changing the hashes.
    pub fn algorithm_der(mut self, der: &[u8]) -> Self {
        self.algorithm = der.to_vec();
        self
    }

    /// Sets the content octets of the serial number.
    pub fn serial(mut self, content: &[u8]) -> Self {
        self.serial = content.to_vec();
        self
    }

    /// Sets the status.
    pub fn status(self, status: Status) -> Self {
        let der = match status {
            Status::Good => tlv(0x80, &[]),
            Status::Unknown => tlv(0x82, &[]),
            Status::Revoked { at, reason } => {
                let reason =
                    reason.map_or_else(Vec::new, |reason| tlv(0xa0, &[&tlv(ENUMERATED, &[&[reason.number()]])]));
                tlv(0xa1, &[&encode_time(at.unix()), &reason])
            }
        };
        self.status_der(&der)
    }

    /// Sets the DER of the status.
    pub fn status_der(mut self, der: &[u8]) -> Self {
        self.status = der.to_vec();
        self
    }

    /// Sets thisUpdate and nextUpdate, counted from 1970.
    pub fn valid(mut self, from: i64, until: Option<i64>) -> Self {
        self.this_update = encode_time(from);
        self.next_update = until.map_or_else(Vec::new, |until| tlv(0xa0, &[&encode_time(until)]));
        self
    }

    /// Sets the DER of thisUpdate and of nextUpdate with its tag; nothing leaves it out.
    pub fn updates_der(mut self, this_update: &[u8], next_update: &[u8]) -> Self {
        self.this_update = this_update.to_vec();
        self.next_update = next_update.to_vec();
        self
    }

    /// Adds an extension, given the content octets of its object identifier and the DER that goes into extnValue.
    pub fn extension(mut self, oid: &[u8], critical: bool, der: &[u8]) -> Self {
        self.extensions.extend(encode_extension(oid, critical, der));
        self
    }

    fn encode(&self) -> Vec<u8> {
        let id = sequence(&[
            &self.algorithm,
            &tlv(OCTET_STRING, &[&self.issuer_name_hash]),
            &tlv(OCTET_STRING, &[&self.issuer_key_hash]),
            &tlv(encode::INTEGER, &[&self.serial]),
        ]);
        let extensions = encode_extensions(&self.extensions);
        sequence(&[&id, &self.status, &self.this_update, &self.next_update, &extensions])
    }
}

fn encode_extensions(list: &[u8]) -> Vec<u8> {
    if list.is_empty() { Vec::new() } else { tlv(0xa1, &[&sequence(&[list])]) }
}

fn encode_time(seconds: i64) -> Vec<u8> {
    encode_generalized_time(Time::from_unix(seconds))
}

fn digest(provider: &Provider, hash: CertIdHash, bytes: &[u8]) -> Result<Digest, CryptoError> {
    match hash.algorithm() {
        Some(algorithm) => provider.hash(algorithm).ok_or(CryptoError::Unsupported)?.digest(&[bytes]),
        None => provider.sha1.ok_or(CryptoError::Unsupported)?(&[bytes]),
    }
}
