//! A CRL to be: like a certificate to be, every field can be set also to what it must not be.

use super::builder::{encode_generalized_time, encode_time, scheme};
use super::extensions::{Extensions, encode_extension, extension_setters};
use super::{Error, Identity};
use crate::cert::Certificate;
use crate::encode::{self, bit_string, sequence, small_integer, tlv};
use crate::reason::Reason;
use crate::subject::Name;
use crate::time::Time;
use crate::{oid, signature_algorithm};
use alloc::vec::Vec;
use handfast_crypto::{Provider, SignatureAlgorithm};
use pki_types::UnixTime;

/// A CRL that is not signed yet. Later calls replace what earlier ones set.
#[derive(Clone, Debug)]
pub struct CrlBuilder {
    version: Vec<u8>,
    issuer: Option<Vec<u8>>,
    this_update: Vec<u8>,
    next_update: Vec<u8>,
    entries: Vec<u8>,
    has_key_identifier: bool,
    has_extensions: bool,
    algorithm: Option<SignatureAlgorithm>,
    extensions: Extensions,
}

/// How long before the time it was given a CRL becomes valid, in seconds: other clocks are slow.
const HEAD_START: i64 = 3_600;
/// How long a CRL is valid, in seconds: 7 days.
const LIFETIME: i64 = 7 * 86_400;

const ENUMERATED: u8 = 0x0a;

impl CrlBuilder {
    /// A CRL of version 2 with the number 1 and no entry, valid for 7 days, with the signer's key identifier.
    pub fn new(now: UnixTime) -> Self {
        let now = Time::from(now).unix();
        let blank = Self {
            version: small_integer(1),
            issuer: None,
            this_update: Vec::new(),
            next_update: Vec::new(),
            entries: Vec::new(),
            has_key_identifier: true,
            has_extensions: true,
            algorithm: None,
            extensions: Extensions::default(),
        };
        blank.valid(now.saturating_sub(HEAD_START), now.saturating_add(LIFETIME)).number(&[1])
    }

    /// Sets thisUpdate and nextUpdate, counted from 1970.
    pub fn valid(self, from: i64, until: i64) -> Self {
        self.updates_der(&encode_time(Time::from_unix(from)), &encode_time(Time::from_unix(until)))
    }

    /// Sets the DER of thisUpdate and nextUpdate; nothing leaves it out.
    pub fn updates_der(mut self, this_update: &[u8], next_update: &[u8]) -> Self {
        self.this_update = this_update.to_vec();
        self.next_update = next_update.to_vec();
        self
    }

    /// Sets the content octets of the cRLNumber.
    pub fn number(self, content: &[u8]) -> Self {
        self.extension(oid::CRL_NUMBER, false, &tlv(encode::INTEGER, &[content]))
    }

    /// Sets the DER of the version; nothing leaves it out, which means version 1.
    pub fn version_der(mut self, der: &[u8]) -> Self {
        self.version = der.to_vec();
        self
    }

    /// Leaves the extensions out, as in version 1.
    pub fn without_extensions(mut self) -> Self {
        self.has_extensions = false;
        self
    }

    /// Lists the certificate with this serial number, given as content octets, as revoked at a time counted from 1970.
    pub fn revoke(self, serial: &[u8], at: i64, reason: Option<Reason>) -> Self {
        self.revoke_since(serial, at, reason, None)
    }

    /// The same, and from when on the key may have been somebody else's.
    pub fn revoke_since(self, serial: &[u8], at: i64, reason: Option<Reason>, invalid: Option<Time>) -> Self {
        let reason = reason.map(|reason| tlv(ENUMERATED, &[&[reason.number()]]));
        let invalid = invalid.map(encode_generalized_time);
        let reason = reason.as_deref().map(|der| (oid::REASON_CODE, false, der));
        let invalid = invalid.as_deref().map(|der| (oid::INVALIDITY_DATE, false, der));
        self.revoke_with(serial, at, &reason.into_iter().chain(invalid).collect::<Vec<_>>())
    }

    /// Lists a certificate with entry extensions: for each the content octets of the object identifier, whether it is critical,
    /// and the DER that goes into extnValue.
    pub fn revoke_with(self, serial: &[u8], at: i64, extensions: &[(&[u8], bool, &[u8])]) -> Self {
        let encoded: Vec<_> =
            extensions.iter().flat_map(|(oid, critical, der)| encode_extension(oid, *critical, der)).collect();
        let extensions = if encoded.is_empty() { Vec::new() } else { sequence(&[&encoded]) };
        let serial = tlv(encode::INTEGER, &[serial]);
        self.entry_der(&sequence(&[&serial, &encode_time(Time::from_unix(at)), &extensions]))
    }

    /// Adds the DER of an entry.
    pub fn entry_der(mut self, der: &[u8]) -> Self {
        self.entries.extend(der);
        self
    }

    /// Sets the issuer to another name than that of the certificate that signs.
    pub fn issuer(mut self, name: Name<'_>) -> Self {
        self.issuer = Some(name.to_der());
        self
    }

    /// Sets the algorithm to sign with. Otherwise it is the one that the key prefers.
    pub fn algorithm(mut self, algorithm: SignatureAlgorithm) -> Self {
        self.algorithm = Some(algorithm);
        self
    }

    /// Leaves out the authorityKeyIdentifier that is there otherwise.
    pub fn without_key_identifier(mut self) -> Self {
        self.has_key_identifier = false;
        self
    }

    extension_setters!();

    /// Signs it with the key of `issuer`. Gives its DER.
    ///
    /// # Errors
    /// [`Error::Rule`] when the issuer's certificate cannot be read or its key's signature has no encoding;
    /// [`Error::Crypto`] when the provider does not sign.
    pub fn signed_by(self, provider: &Provider, issuer: &Identity) -> Result<Vec<u8>, Error> {
        let certificate = Certificate::parse(&issuer.certificate)?;
        let name = self.issuer.clone().unwrap_or_else(|| certificate.subject().to_der());
        let scheme = scheme(&issuer.key, self.algorithm)?;
        let algorithm = signature_algorithm::encode(scheme.algorithm, issuer.key.public_key().kind)?;
        let entries = if self.entries.is_empty() { Vec::new() } else { sequence(&[&self.entries]) };
        let extensions = self.encode_extensions(certificate.subject_key_identifier()?);
        let tbs =
            sequence(&[&self.version, &algorithm, &name, &self.this_update, &self.next_update, &entries, &extensions]);
        let signature = issuer.key.signer().sign(scheme.id, &tbs, &*provider.random)?;
        Ok(sequence(&[&tbs, &algorithm, &bit_string(&signature)]))
    }

    fn encode_extensions(&self, key_identifier: Option<&[u8]>) -> Vec<u8> {
        let mut all = Vec::new();
        if let Some(id) = key_identifier.filter(|_| self.has_key_identifier) {
            all.extend(encode_extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &sequence(&[&tlv(0x80, &[id])])));
        }
        all.extend(self.extensions.encode());
        let is_written = self.has_extensions && !all.is_empty();
        if is_written { tlv(0xa0, &[&sequence(&[&all])]) } else { Vec::new() }
    }
}
