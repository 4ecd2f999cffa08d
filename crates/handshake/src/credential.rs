//! Own and received certificates.

use crate::CertificateCompressor;
use crate::compression::compress;
use alloc::{borrow::Cow, sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::PublicKey;
use handfast_wire::extension::{CertificateStatus, DelegatedCredential, SerializedSct, SignedCertificateTimestampList};
use handfast_wire::message::{Certificate, CertificateEntry};
use handfast_wire::{
    CertificateType, CompressionAlgorithm, EncodeError, ExtensionBlock, ExtensionType, Extensions, List,
    SignatureScheme,
};
use pki_types::{CertificateDer, SubjectPublicKeyInfoDer};

/// A certificate chain or a raw public key of one's own, ready to be sent.
///
/// The Certificate message is encoded once, when this is made, not once a connection.
#[derive(Clone)]
pub struct Credential {
    chain: Vec<CertificateDer<'static>>,
    raw_key: Option<SubjectPublicKeyInfoDer<'static>>,
    key: PublicKey,
    message: Vec<u8>,
    ocsp: Option<Vec<u8>>,
    scts: Vec<Vec<u8>>,
    delegated: Option<Delegated>,
    /// The message as it is compressed, for each algorithm that was named, and each choice of what else is in it.
    compressed: Vec<Compressed>,
}

/// A message that was compressed once.
#[derive(Clone)]
struct Compressed {
    algorithm: CompressionAlgorithm,
    ocsp: bool,
    scts: bool,
    /// `None` where it is not worth it.
    message: Option<Vec<u8>>,
}

/// A key that signs in the place of the leaf's (RFC 9345).
#[derive(Clone)]
struct Delegated {
    /// The `DelegatedCredential`.
    bytes: Vec<u8>,
    /// What its key signs with.
    verify_algorithm: SignatureScheme,
    /// What the leaf's key has signed it with.
    algorithm: SignatureScheme,
}

impl Credential {
    /// A chain, leaf first, and the leaf's public key, under which signatures from elsewhere are checked before they are
    /// sent.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PublicKey) -> Result<Self, CredentialError> {
        if chain.is_empty() {
            return Err(CredentialError::Empty);
        }
        let message = encode(&chain).map_err(|_| CredentialError::TooLong)?;
        Ok(Self {
            chain,
            raw_key: None,
            key,
            message,
            ocsp: None,
            scts: Vec::new(),
            delegated: None,
            compressed: Vec::new(),
        })
    }

    /// A raw public key (RFC 7250): its SubjectPublicKeyInfo, and what is in it.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub fn raw(spki: SubjectPublicKeyInfoDer<'static>, key: PublicKey) -> Result<Self, CredentialError> {
        if spki.is_empty() {
            return Err(CredentialError::Empty);
        }
        let message = encode_with(&[], [spki.as_ref()], Extensions::default()).map_err(|_| CredentialError::TooLong)?;
        let (chain, scts) = (Vec::new(), Vec::new());
        Ok(Self { chain, raw_key: Some(spki), key, message, ocsp: None, scts, delegated: None, compressed: Vec::new() })
    }

    /// The certificates, leaf first; none where it is a raw public key.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The SubjectPublicKeyInfo that is shown in place of certificates.
    pub fn raw_key(&self) -> Option<&SubjectPublicKeyInfoDer<'static>> {
        self.raw_key.as_ref()
    }

    /// Which of both it is.
    pub fn certificate_type(&self) -> CertificateType {
        type_of(self.raw_key.as_ref())
    }

    /// The same with an OCSP response to staple (RFC 6066 §8), in DER, for peers that ask for one; at most 2^24 − 1 bytes,
    /// and none where there are more. There is none of a raw public key.
    pub fn with_ocsp(mut self, response: Vec<u8>) -> Self {
        let fits = |response: &Vec<u8>| self.raw_key.is_none() && (1..1 << 24).contains(&response.len());
        self.ocsp = Some(response).filter(fits);
        self.compressed.clear();
        self
    }

    /// What is presented with this response, or without any if it is empty.
    pub(crate) fn stapled(self: Arc<Self>, response: Vec<u8>) -> Arc<Self> {
        Arc::new(Arc::unwrap_or_clone(self).with_ocsp(response))
    }

    /// The same with signed certificate timestamps (RFC 6962 §3.3) for peers that ask for them, each as a log gave it. There are
    /// none of a raw public key.
    pub fn with_scts(mut self, scts: Vec<Vec<u8>>) -> Self {
        self.scts = if self.raw_key.is_some() { Vec::new() } else { scts };
        self.compressed.clear();
        self
    }

    /// The same chain with a `DelegatedCredential` (RFC 9345 §4), whose key signs instead of the leaf's: in TLS 1.3, for peers
    /// that take what it signs with, and what it is signed with.
    ///
    /// # Errors
    /// [`CredentialError::Delegation`] for bytes that are none; [`CredentialError::RawKey`] where there is no certificate, whose
    /// key alone can delegate.
    pub fn delegating(mut self, bytes: Vec<u8>, key: PublicKey) -> Result<Self, CredentialError> {
        let credential = DelegatedCredential::read_all(&bytes).map_err(|_| CredentialError::Delegation)?;
        if self.raw_key.is_some() {
            return Err(CredentialError::RawKey);
        }
        let (verify_algorithm, algorithm) = (credential.verify_algorithm, credential.algorithm);
        self.delegated = Some(Delegated { bytes, verify_algorithm, algorithm });
        self.key = key;
        self.compressed.clear();
        Ok(self)
    }

    /// The `DelegatedCredential` that goes with the chain.
    pub fn delegated(&self) -> Option<&[u8]> {
        self.delegated.as_ref().map(|delegated| delegated.bytes.as_slice())
    }

    /// Whether a peer takes a signature with `scheme`: one that verifies `schemes`, and `delegated` of a delegated key.
    pub fn is_verified_by(
        &self,
        scheme: SignatureScheme,
        schemes: &[SignatureScheme],
        delegated: &[SignatureScheme],
    ) -> bool {
        match &self.delegated {
            None => schemes.contains(&scheme),
            // RFC 9345 §4.1.1: each of the two by a list of its own.
            Some(own) => {
                scheme == own.verify_algorithm && delegated.contains(&scheme) && schemes.contains(&own.algorithm)
            }
        }
    }

    /// The OCSP response to staple.
    pub fn ocsp(&self) -> Option<&[u8]> {
        self.ocsp.as_deref()
    }

    /// The signed certificate timestamps.
    pub fn scts(&self) -> &[Vec<u8>] {
        &self.scts
    }

    /// The public key that signatures are checked with: of the leaf, by itself, or delegated.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The same, compressed (RFC 8879) by each of these now and not once a connection. What is set later, an OCSP response or
    /// timestamps, undoes that.
    pub fn with_compression(mut self, compressors: &[Arc<dyn CertificateCompressor>]) -> Self {
        self.compressed.clear();
        for compressor in compressors {
            for (ocsp, scts) in [(false, false), (true, false), (false, true), (true, true)] {
                let wanted = Wanted { ocsp, scts, compressor: Some(compressor.clone()) };
                let has_all = (!ocsp || self.ocsp.is_some()) && (!scts || !self.scts.is_empty());
                if let Some(Ok(message)) = has_all.then(|| self.compress(&**compressor, &wanted)) {
                    self.compressed.push(Compressed { algorithm: compressor.algorithm(), ocsp, scts, message });
                }
            }
        }
        self
    }

    /// The message as the peer wants it: compressed (RFC 8879) where it can decompress, and that is worth it.
    pub(crate) fn message(&self, wanted: &Wanted) -> Result<Cow<'_, [u8]>, EncodeError> {
        let Some(compressor) = &wanted.compressor else { return self.plain(wanted) };
        let (ocsp, scts) = (wanted.ocsp && self.ocsp.is_some(), wanted.scts && !self.scts.is_empty());
        let same =
            |before: &&Compressed| (before.algorithm, before.ocsp, before.scts) == (compressor.algorithm(), ocsp, scts);
        let compressed = match self.compressed.iter().find(same) {
            Some(before) => before.message.as_deref().map(Cow::Borrowed),
            None => self.compress(&**compressor, wanted)?.map(Cow::Owned),
        };
        compressed.map_or_else(|| self.plain(wanted), Ok)
    }

    fn compress(
        &self,
        compressor: &dyn CertificateCompressor,
        wanted: &Wanted,
    ) -> Result<Option<Vec<u8>>, EncodeError> {
        compress(compressor, &self.plain(wanted)?)
    }

    /// The Certificate message that answers a request with this context, which came after the handshake.
    pub(crate) fn answer(&self, context: &[u8], wanted: &Wanted) -> Result<Vec<u8>, EncodeError> {
        // One or the other is there.
        let raw_key = self.raw_key().map(|spki| spki.as_ref());
        let data = raw_key.into_iter().chain(self.chain.iter().map(AsRef::as_ref));
        let plain = encode_with(context, data, Extensions::default())?;
        let compressed = wanted.compressor.as_ref().map(|compressor| compress(&**compressor, &plain)).transpose()?;
        Ok(compressed.flatten().unwrap_or(plain))
    }

    /// The encoded Certificate message, with an empty certificate_request_context as the handshake has it, and of what else
    /// there is, in the leaf's entry, what the peer wants (RFC 9846 §4.5.1.1).
    fn plain(&self, wanted: &Wanted) -> Result<Cow<'_, [u8]>, EncodeError> {
        let mut leaf = ExtensionBlock::new();
        // Nobody needs either, so what is too long for its field is left out.
        if let Some(response) = self.ocsp.as_deref().filter(|_| wanted.ocsp) {
            let _ = leaf.push(&CertificateStatus(response));
        }
        if wanted.scts && !self.scts.is_empty() {
            let scts: Vec<_> = self.scts.iter().map(|sct| SerializedSct(sct)).collect();
            let _ = leaf.push(&SignedCertificateTimestampList(List::from(scts.as_slice())));
        }
        if let Some(delegated) = &self.delegated {
            leaf.push_raw(ExtensionType::DELEGATED_CREDENTIAL, &delegated.bytes)?;
        }
        if leaf.as_extensions().types().next().is_none() {
            return Ok(Cow::Borrowed(&self.message));
        }
        encode_with(&[], self.chain.iter().map(AsRef::as_ref), leaf.as_extensions()).map(Cow::Owned)
    }
}

/// What the peer wants to see of a credential beside the certificates.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) ocsp: bool,
    pub(crate) scts: bool,
    /// How the message is compressed.
    pub(crate) compressor: Option<Arc<dyn CertificateCompressor>>,
}

/// A Certificate message, in the handshake's form: with an empty certificate_request_context.
pub(crate) fn encode(chain: &[CertificateDer<'_>]) -> Result<Vec<u8>, EncodeError> {
    encode_with(&[], chain.iter().map(AsRef::as_ref), Extensions::default())
}

/// What a client sends that has no certificate to show (RFC 9846 §4.5.1), in answer to a request with this context.
pub(crate) fn encode_none(context: &[u8]) -> Result<Vec<u8>, EncodeError> {
    encode_with(context, [], Extensions::default())
}

fn encode_with<'a>(
    context: &[u8],
    chain: impl IntoIterator<Item = &'a [u8]>,
    leaf: Extensions<'a>,
) -> Result<Vec<u8>, EncodeError> {
    let entries: Vec<_> = chain
        .into_iter()
        .zip(core::iter::once(leaf).chain(core::iter::repeat(Extensions::default())))
        .map(|(der, extensions)| CertificateEntry { data: der, extensions })
        .collect();
    let mut message = Vec::new();
    Certificate { context, entries: List::from(entries.as_slice()) }.write(&mut message)?;
    Ok(message)
}

/// A Certificate message of TLS 1.2 (RFC 5246 §7.4.2, RFC 7250 §3). Without a credential it is what a client sends that has
/// none to show (RFC 5246 §7.4.6).
#[cfg(feature = "tls12")]
pub(crate) fn encode_tls12(credential: Option<&Credential>) -> Result<Vec<u8>, EncodeError> {
    use handfast_wire::message::tls12::{Certificate, CertificateData, RawPublicKey};
    let mut message = Vec::new();
    if let Some(spki) = credential.and_then(Credential::raw_key) {
        RawPublicKey { spki }.write(&mut message)?;
        return Ok(message);
    }
    let chain = credential.map(Credential::chain).unwrap_or_default();
    let certificates: Vec<_> = chain.iter().map(|der| CertificateData(der)).collect();
    Certificate { certificates: List::from(certificates.as_slice()) }.write(&mut message)?;
    Ok(message)
}

/// Why certificates make no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialError {
    /// There is nothing to show.
    Empty,
    /// It is longer than a Certificate message can be (2^24 − 1 bytes).
    TooLong,
    /// It is no `DelegatedCredential` (RFC 9345 §4).
    Delegation,
    /// A raw public key delegates nothing.
    RawKey,
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is no certificate",
            Self::TooLong => "the certificate chain is longer than TLS can send",
            Self::Delegation => "it is no delegated credential",
            Self::RawKey => "a raw public key delegates nothing",
        })
    }
}

impl core::error::Error for CredentialError {}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.raw_key {
            Some(_) => f.write_str("Credential(a raw public key)"),
            None => write!(f, "Credential({} certificates)", self.chain.len()),
        }
    }
}

/// What the peer presented in its Certificate message.
///
/// That is a chain or a raw public key, and never both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerCredential {
    /// The certificates, leaf first, as they came. Empty where it is a raw public key, and only there.
    pub chain: Vec<CertificateDer<'static>>,
    /// The SubjectPublicKeyInfo that came in place of certificates (RFC 7250), where the configuration takes such.
    pub raw_key: Option<SubjectPublicKeyInfoDer<'static>>,
    /// The stapled OCSP response of the leaf.
    pub ocsp: Option<Vec<u8>>,
    /// The signed certificate timestamps of the leaf (RFC 6962 §3.3), each as it came.
    pub scts: Option<Vec<Vec<u8>>>,
}

impl PeerCredential {
    /// Which of both it is.
    pub fn certificate_type(&self) -> CertificateType {
        type_of(self.raw_key.as_ref())
    }

    /// What speaks for the peer itself: the leaf, or the raw public key.
    pub fn leaf(&self) -> Option<&[u8]> {
        self.raw_key.as_deref().or(self.chain.first().map(AsRef::as_ref))
    }
}

fn type_of(raw_key: Option<&SubjectPublicKeyInfoDer<'_>>) -> CertificateType {
    if raw_key.is_some() { CertificateType::RAW_PUBLIC_KEY } else { CertificateType::X509 }
}

/// Who the peer is, after its Finished.
#[derive(Clone, Debug)]
pub struct Peer {
    /// What it presented and proved to possess.
    pub credential: Arc<PeerCredential>,
    /// Whether a verifier accepted it. `false` when whoever answered took it without verification.
    pub verified: bool,
}
