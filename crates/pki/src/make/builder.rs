//! A certificate to be: every field can be set, also to what it must not be, because that is what tests are made of.

use super::extensions::{Extensions, OCTET_STRING, encode_extension, extension_setters};
use super::{Error, Identity, Key};
use crate::cert::{Certificate, Version};
use crate::encode::{self, bit_string, oid as encode_oid, sequence, small_integer, tlv};
use crate::extension::{GeneralName, GeneralNames, KeyUsage};
use crate::policy::Purpose;
use crate::subject::Name;
use crate::time::Time;
use crate::{oid, signature_algorithm, spki};
use alloc::string::ToString;
use alloc::vec::Vec;
use handfast_crypto::signature::Scheme;
use handfast_crypto::{CryptoError, HashAlgorithm, KeyKind, Provider, PublicKey, SignatureAlgorithm};
use pki_types::{CertificateDer, IpAddr, UnixTime};

/// A certificate that is not signed yet. Later calls replace what earlier ones set.
#[derive(Clone, Debug)]
pub struct Builder {
    version: Version,
    serial: Option<Vec<u8>>,
    issuer: Option<Vec<u8>>,
    not_before: Vec<u8>,
    not_after: Vec<u8>,
    subject: Vec<u8>,
    spki: Option<Vec<u8>>,
    algorithm: Option<SignatureAlgorithm>,
    algorithm_der: Option<Vec<u8>>,
    unique_ids: Vec<u8>,
    /// GeneralNames of the subjectAltName.
    names: Vec<u8>,
    has_key_identifiers: bool,
    extensions: Extensions,
}

/// How long before the time it was given a certificate becomes valid, in seconds: other clocks are slow.
pub(super) const HEAD_START: i64 = 3_600;
/// How long a leaf is valid, in seconds: 90 days.
const LEAF_LIFETIME: i64 = 90 * 86_400;
/// How long a CA is valid, in seconds: 3,650 days.
const CA_LIFETIME: i64 = 3_650 * 86_400;

const SET: u8 = 0x31;

impl Builder {
    /// A certificate of version 3 with a common name, valid for 90 days, without extensions but key identifiers.
    pub fn new(common_name: &str, now: UnixTime) -> Self {
        let now = Time::from(now).unix();
        let blank = Self {
            version: Version::V3,
            serial: None,
            issuer: None,
            not_before: Vec::new(),
            not_after: Vec::new(),
            subject: Vec::new(),
            spki: None,
            algorithm: None,
            algorithm_der: None,
            unique_ids: Vec::new(),
            names: Vec::new(),
            has_key_identifiers: true,
            extensions: Extensions::default(),
        };
        blank.subject(common_name).valid(now.saturating_sub(HEAD_START), now.saturating_add(LEAF_LIFETIME))
    }

    /// A CA, valid for ten years.
    pub fn ca(common_name: &str, now: UnixTime) -> Self {
        let start = Time::from(now).unix();
        Self::new(common_name, now)
            .valid(start.saturating_sub(HEAD_START), start.saturating_add(CA_LIFETIME))
            .basic_constraints(true, None)
            .key_usage(KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN)
    }

    /// A TLS server that answers to `names`: host names, also with wildcards, and addresses.
    pub fn server(names: &[&str], now: UnixTime) -> Self {
        let own = Self::new(names.first().copied().unwrap_or_default(), now)
            .key_usage(KeyUsage::DIGITAL_SIGNATURE)
            .purposes(&[Purpose::Server]);
        names.iter().fold(own, |own, name| match IpAddr::try_from(*name) {
            Ok(address) => own.ip(address),
            Err(_) => own.dns(name),
        })
    }

    /// A TLS client.
    pub fn client(common_name: &str, now: UnixTime) -> Self {
        Self::new(common_name, now).key_usage(KeyUsage::DIGITAL_SIGNATURE).purposes(&[Purpose::Client])
    }

    /// Somebody who signs OCSP responses for the CA that issues this, and need not be asked about himself (RFC 6960
    /// §4.2.2.2).
    pub fn ocsp_signer(common_name: &str, now: UnixTime) -> Self {
        Self::new(common_name, now)
            .key_usage(KeyUsage::DIGITAL_SIGNATURE)
            .extension(oid::EXTENDED_KEY_USAGE, false, &sequence(&[&encode_oid(oid::OCSP_SIGNING)]))
            .extension(oid::OCSP_NO_CHECK, false, spki::NULL)
    }

    /// Sets the TLS features to status_request: the certificate is to be used with a stapled OCSP response only (RFC 7633).
    pub fn must_staple(self) -> Self {
        self.extension(oid::TLS_FEATURE, false, &sequence(&[&small_integer(5)]))
    }

    /// Sets the subject to one common name.
    pub fn subject(self, common_name: &str) -> Self {
        const UTF8_STRING: u8 = 0x0c;
        let value = tlv(UTF8_STRING, &[common_name.as_bytes()]);
        let attribute = sequence(&[&encode_oid(oid::COMMON_NAME), &value]);
        self.subject_content(&tlv(SET, &[&attribute]))
    }

    /// Sets the content octets of the subject.
    pub fn subject_content(mut self, content: &[u8]) -> Self {
        self.subject = sequence(&[content]);
        self
    }

    /// Sets the issuer to another name than that of the certificate that signs.
    pub fn issuer(mut self, name: Name<'_>) -> Self {
        self.issuer = Some(sequence(&[name.as_bytes()]));
        self
    }

    /// Sets the first and the last second of validity, counted from 1970.
    pub fn valid(mut self, from: i64, until: i64) -> Self {
        self.not_before = encode_time(Time::from_unix(from));
        self.not_after = encode_time(Time::from_unix(until));
        self
    }

    /// Sets the DER of notBefore and notAfter.
    pub fn validity_der(mut self, not_before: &[u8], not_after: &[u8]) -> Self {
        self.not_before = not_before.to_vec();
        self.not_after = not_after.to_vec();
        self
    }

    /// Sets the version. Below 3 no extensions are written.
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Sets the content octets of the serial number. It is random otherwise.
    pub fn serial(mut self, content: &[u8]) -> Self {
        self.serial = Some(content.to_vec());
        self
    }

    /// Sets the DER of the SubjectPublicKeyInfo, whatever key is certified.
    pub fn spki(mut self, der: &[u8]) -> Self {
        self.spki = Some(der.to_vec());
        self
    }

    /// Sets the algorithm to sign with. Otherwise it is the one that the issuer's key prefers, and PKCS#1 v1.5 for RSA.
    pub fn algorithm(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Sets the DER of both AlgorithmIdentifiers, whatever algorithm signs.
    pub fn algorithm_der(mut self, der: &[u8]) -> Self {
        self.algorithm_der = Some(der.to_vec());
        self
    }

    /// Adds an issuerUniqueID and a subjectUniqueID. Below version 2 they make no certificate.
    pub fn unique_ids(mut self, issuer: &[u8], subject: &[u8]) -> Self {
        self.unique_ids = [tlv(0x81, &[&[0], issuer]), tlv(0x82, &[&[0], subject])].concat();
        self
    }

    /// Adds a dNSName.
    pub fn dns(self, name: &str) -> Self {
        self.general_name(0x82, name.as_bytes())
    }

    /// Adds an iPAddress.
    pub fn ip(self, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => self.general_name(0x87, address.as_ref()),
            IpAddr::V6(address) => self.general_name(0x87, address.as_ref()),
        }
    }

    /// Adds a GeneralName, given its identifier octet.
    pub fn general_name(mut self, tag: u8, content: &[u8]) -> Self {
        self.names.extend(tlv(tag, &[content]));
        self
    }

    /// Sets the basicConstraints, critical.
    pub fn basic_constraints(self, ca: bool, path_len: Option<u8>) -> Self {
        let ca: &[u8] = if ca { &[1, 1, 0xff] } else { &[] };
        let path_len = path_len.map_or_else(Vec::new, small_integer);
        self.extension(oid::BASIC_CONSTRAINTS, true, &sequence(&[ca, &path_len]))
    }

    /// Sets the keyUsage, critical.
    pub fn key_usage(self, usage: KeyUsage) -> Self {
        // X.690 §11.2.2: zero bits at the end are left out, and the first octet counts those of the last one.
        let unused = usage.bits().trailing_zeros() as usize;
        let octets = usage.bits().to_be_bytes();
        let used = octets.get(..octets.len().saturating_sub(unused / 8)).unwrap_or_default();
        let bits = tlv(encode::BIT_STRING, &[&[(unused % 8) as u8], used]);
        self.extension(oid::KEY_USAGE, true, &bits)
    }

    /// Sets the extKeyUsage.
    pub fn purposes(self, purposes: &[Purpose]) -> Self {
        let oids: Vec<_> = purposes.iter().flat_map(|purpose| encode_oid(purpose.oid())).collect();
        self.extension(oid::EXTENDED_KEY_USAGE, false, &sequence(&[&oids]))
    }

    extension_setters!();

    /// Leaves out the subjectKeyIdentifier and authorityKeyIdentifier that are there otherwise.
    pub fn without_key_identifiers(mut self) -> Self {
        self.has_key_identifiers = false;
        self
    }

    /// Signs it with its own key.
    ///
    /// # Errors
    /// As [`Builder::signed_by`].
    pub fn self_signed(self, provider: &Provider, key: &Key) -> Result<CertificateDer<'static>, Error> {
        let subject = self.subject.clone();
        self.sign(provider, key, &subject, None, key.public_key())
    }

    /// Signs it, for `key`, with the key of `issuer`.
    ///
    /// # Errors
    /// [`Error::Rule`] when the issuer's certificate cannot be read or a key has no encoding; [`Error::Crypto`] when the
    /// provider does not sign.
    pub fn signed_by(
        self,
        provider: &Provider,
        issuer: &Identity,
        key: &PublicKey,
    ) -> Result<CertificateDer<'static>, Error> {
        let certificate = Certificate::parse(&issuer.certificate)?;
        let name = sequence(&[certificate.subject().as_bytes()]);
        self.sign(provider, &issuer.key, &name, certificate.subject_key_identifier()?, key)
    }

    fn sign(
        self,
        provider: &Provider,
        signer: &Key,
        issuer: &[u8],
        issuer_key_id: Option<&[u8]>,
        key: &PublicKey,
    ) -> Result<CertificateDer<'static>, Error> {
        let scheme = scheme(signer, self.algorithm)?;
        let algorithm = match &self.algorithm_der {
            Some(der) => der.clone(),
            None => signature_algorithm::encode(scheme.algorithm, signer.public_key().kind)?,
        };
        let serial = match &self.serial {
            Some(serial) => serial.clone(),
            None => random_serial(provider)?,
        };
        let spki = match &self.spki {
            Some(spki) => spki.clone(),
            None => spki::encode(key)?,
        };
        let tbs = sequence(&[
            &encode_version(self.version),
            &tlv(encode::INTEGER, &[&serial]),
            &algorithm,
            self.issuer.as_deref().unwrap_or(issuer),
            &sequence(&[&self.not_before, &self.not_after]),
            &self.subject,
            &spki,
            &self.unique_ids,
            &self.encode_extensions(provider, key, issuer_key_id)?,
        ]);
        let signature = signer.signer().sign(scheme.id, &tbs, &*provider.random)?;
        Ok(CertificateDer::from(sequence(&[&tbs, &algorithm, &bit_string(&signature)])))
    }

    /// The subject, as DER.
    pub(super) fn subject_der(&self) -> &[u8] {
        &self.subject
    }

    /// The algorithm that was set.
    pub(super) fn chosen_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.algorithm
    }

    /// Whether there is a dNSName among the names.
    pub(super) fn has_dns_name(&self) -> bool {
        GeneralNames::read(&sequence(&[&self.names]))
            .is_ok_and(|mut names| names.any(|name| matches!(name, Ok(GeneralName::Dns(_)))))
    }

    pub(super) fn has_extension(&self, oid: &[u8], der: &[u8]) -> bool {
        self.extensions.has(oid, der)
    }

    /// The extensions that do not depend on who issues it, one after the other.
    pub(super) fn requestable(&self) -> Vec<u8> {
        let mut all = self.extensions.encode();
        if !self.names.is_empty() {
            // RFC 5280 §4.2.1.6: critical where there is no other name.
            let critical = self.subject == sequence(&[]);
            all.extend(encode_extension(oid::SUBJECT_ALT_NAME, critical, &sequence(&[&self.names])));
        }
        all
    }

    fn encode_extensions(
        &self,
        provider: &Provider,
        key: &PublicKey,
        issuer_key_id: Option<&[u8]>,
    ) -> Result<Vec<u8>, Error> {
        let mut all = self.requestable();
        if self.has_key_identifiers {
            // RFC 7093 §2 (1): the leftmost 160 bits of a SHA-256 hash.
            let hash = provider.hash(HashAlgorithm::Sha256).ok_or(CryptoError::Unsupported)?.digest(&[&key.bytes])?;
            let own = tlv(OCTET_STRING, &[hash.as_bytes().get(..20).unwrap_or_default()]);
            all.extend(encode_extension(oid::SUBJECT_KEY_IDENTIFIER, false, &own));
            if let Some(id) = issuer_key_id {
                let issuer = sequence(&[&tlv(0x80, &[id])]);
                all.extend(encode_extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &issuer));
            }
        }
        let is_written = self.version == Version::V3 && !all.is_empty();
        Ok(if is_written { tlv(0xa3, &[&sequence(&[&all])]) } else { Vec::new() })
    }
}

/// What `signer` signs with: `wanted`, or what it prefers. An rsaEncryption key prefers PKCS#1 v1.5: in a handshake PSS is better,
/// but there are still programs that read no certificate signed so.
pub(super) fn scheme(signer: &Key, wanted: Option<SignatureAlgorithm>) -> Result<&'static Scheme, CryptoError> {
    let is_rsa = signer.public_key().kind == KeyKind::Rsa;
    let wanted = wanted.or(is_rsa.then_some(SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256)));
    let mut schemes = signer.signer().schemes().iter().filter_map(|id| Scheme::find(*id));
    schemes.find(|scheme| wanted.is_none_or(|wanted| wanted == scheme.algorithm)).ok_or(CryptoError::Unsupported)
}

fn encode_version(version: Version) -> Vec<u8> {
    match version {
        Version::V1 => Vec::new(),
        Version::V2 => tlv(0xa0, &[&small_integer(1)]),
        Version::V3 => tlv(0xa0, &[&small_integer(2)]),
    }
}

/// RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from then on.
pub(super) fn encode_time(time: Time) -> Vec<u8> {
    const UTC_TIME: u8 = 0x17;
    let digits = digits(time);
    match digits.as_slice() {
        [b'1', b'9', b'5'..=b'9', ..] | [b'2', b'0', b'0'..=b'4', ..] => {
            tlv(UTC_TIME, &[digits.get(2..).unwrap_or_default()])
        }
        _ => encode_generalized_time(time),
    }
}

pub(super) fn encode_generalized_time(time: Time) -> Vec<u8> {
    const GENERALIZED_TIME: u8 = 0x18;
    tlv(GENERALIZED_TIME, &[&digits(time)])
}

/// "2026-01-31T12:00:00Z" without its marks.
fn digits(time: Time) -> Vec<u8> {
    time.to_string().bytes().filter(|c| c.is_ascii_digit() || *c == b'Z').collect()
}

/// 16 random octets; the first says that the number is positive and not shorter.
fn random_serial(provider: &Provider) -> Result<Vec<u8>, CryptoError> {
    let mut serial = provider.random.array::<16>()?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    Ok(serial.to_vec())
}
