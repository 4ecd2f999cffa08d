//! Own and received certificates.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::PublicKey;
use handfast_wire::message::{Certificate, CertificateEntry};
use handfast_wire::{EncodeError, Extensions, List};
use pki_types::CertificateDer;

/// A certificate chain of one's own, ready to be sent.
///
/// The Certificate message is encoded once, when this is made, not once a connection.
pub struct Credential {
    chain: Vec<CertificateDer<'static>>,
    key: PublicKey,
    message: Vec<u8>,
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
        Ok(Self { chain, key, message })
    }

    /// The certificates, leaf first.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The public key of the leaf.
    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The encoded Certificate message, with an empty certificate_request_context as the handshake has it.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }
}

/// A Certificate message, in the handshake's form: with an empty certificate_request_context. Without certificates it is
/// what a client sends that has none to show (RFC 9846 §4.5.1).
pub(crate) fn encode(chain: &[CertificateDer<'_>]) -> Result<Vec<u8>, EncodeError> {
    let entries: Vec<_> =
        chain.iter().map(|der| CertificateEntry { data: der, extensions: Extensions::default() }).collect();
    let mut message = Vec::new();
    Certificate { context: &[], entries: List::from(entries.as_slice()) }.write(&mut message)?;
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
