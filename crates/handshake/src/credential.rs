//! Own and received certificates.

use crate::CertificateCompressor;
use crate::compression::compress;
use alloc::{borrow::Cow, sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::PublicKey;
use handfast_wire::extension::{CertificateStatus, SerializedSct, SignedCertificateTimestampList};
use handfast_wire::message::{Certificate, CertificateEntry};
use handfast_wire::{EncodeError, ExtensionBlock, Extensions, List};
use pki_types::CertificateDer;

/// A certificate chain of one's own, ready to be sent.
///
/// The Certificate message is encoded once, when this is made, not once a connection.
#[derive(Clone)]
pub struct Credential {
    chain: Vec<CertificateDer<'static>>,
    key: PublicKey,
    message: Vec<u8>,
    ocsp: Option<Vec<u8>>,
    scts: Vec<Vec<u8>>,
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
        Ok(Self { chain, key, message, ocsp: None, scts: Vec::new() })
    }

    /// The certificates, leaf first.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The same with an OCSP response to staple (RFC 6066 §8), in DER, for peers that ask for one; at most 2^24 − 1 bytes,
    /// and none where there are more.
    pub fn with_ocsp(mut self, response: Vec<u8>) -> Self {
        self.ocsp = Some(response).filter(|response| (1..1 << 24).contains(&response.len()));
        self
    }

    /// The same with signed certificate timestamps (RFC 6962 §3.3) for peers that ask for them, each as a log gave it.
    pub fn with_scts(mut self, scts: Vec<Vec<u8>>) -> Self {
        self.scts = scts;
        self
    }

    /// The OCSP response to staple.
    pub fn ocsp(&self) -> Option<&[u8]> {
        self.ocsp.as_deref()
    }

    /// The signed certificate timestamps.
    pub fn scts(&self) -> &[Vec<u8>] {
        &self.scts
    }

    /// The public key of the leaf.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The message as the peer wants it: compressed (RFC 8879) where it can decompress, and that is worth it.
    pub(crate) fn message(&self, wanted: &Wanted) -> Result<Cow<'_, [u8]>, EncodeError> {
        let plain = self.plain(wanted)?;
        let compressed = wanted.compressor.as_ref().map(|compressor| compress(&**compressor, &plain));
        Ok(compressed.transpose()?.flatten().map_or(plain, Cow::Owned))
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
        if leaf.as_extensions().types().next().is_none() {
            return Ok(Cow::Borrowed(&self.message));
        }
        encode_with(&self.chain, leaf.as_extensions()).map(Cow::Owned)
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

/// A Certificate message, in the handshake's form: with an empty certificate_request_context. Without certificates it is
/// what a client sends that has none to show (RFC 9846 §4.5.1).
pub(crate) fn encode(chain: &[CertificateDer<'_>]) -> Result<Vec<u8>, EncodeError> {
    encode_with(chain, Extensions::default())
}

fn encode_with(chain: &[CertificateDer<'_>], leaf: Extensions<'_>) -> Result<Vec<u8>, EncodeError> {
    let entries: Vec<_> = chain
        .iter()
        .zip(core::iter::once(leaf).chain(core::iter::repeat(Extensions::default())))
        .map(|(der, extensions)| CertificateEntry { data: der, extensions })
        .collect();
    let mut message = Vec::new();
    Certificate { context: &[], entries: List::from(entries.as_slice()) }.write(&mut message)?;
    Ok(message)
}

/// A Certificate message of TLS 1.2 (RFC 5246 §7.4.2).
#[cfg(feature = "tls12")]
pub(crate) fn encode_tls12(chain: &[CertificateDer<'_>]) -> Result<Vec<u8>, EncodeError> {
    use handfast_wire::message::tls12::{Certificate, CertificateData};
    let certificates: Vec<_> = chain.iter().map(|der| CertificateData(der)).collect();
    let mut message = Vec::new();
    Certificate { certificates: List::from(certificates.as_slice()) }.write(&mut message)?;
    Ok(message)
}

/// Why certificates make no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialError {
    /// There are none.
    Empty,
    /// They are longer than a Certificate message can be (2^24 − 1 bytes).
    TooLong,
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is no certificate",
            Self::TooLong => "the certificate chain is longer than TLS can send",
        })
    }
}

impl core::error::Error for CredentialError {}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({} certificates)", self.chain.len())
    }
}

/// What the peer presented in its Certificate message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCredential {
    /// The certificates, leaf first, as they came. Never empty.
    pub chain: Vec<CertificateDer<'static>>,
    /// The stapled OCSP response of the leaf.
    pub ocsp: Option<Vec<u8>>,
    /// The signed certificate timestamps of the leaf (RFC 6962 §3.3), each as it came.
    pub scts: Option<Vec<Vec<u8>>>,
}

/// Who the peer is, after its Finished.
#[derive(Clone, Debug)]
pub struct Peer {
    /// What it presented and proved to possess.
    pub credential: Arc<PeerCredential>,
    /// Whether a verifier accepted it. `false` when whoever answered took it without verification.
    pub verified: bool,
}
