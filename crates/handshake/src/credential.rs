//! Own and received certificates.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_wire::message::{Certificate, CertificateEntry};
use handfast_wire::{EncodeError, Extensions, List};
use pki_types::CertificateDer;

/// A certificate chain of one's own, ready to be sent.
///
/// The Certificate message is encoded once, when this is made, not once a connection.
pub struct Credential {
    chain: Vec<CertificateDer<'static>>,
    message: Vec<u8>,
}

impl Credential {
    /// A chain, leaf first.
    ///
    /// # Errors
    /// When the chain is longer than a Certificate message can be (2^24 − 1 bytes).
    pub fn new(chain: Vec<CertificateDer<'static>>) -> Result<Self, EncodeError> {
        Self::encode(chain)
    }

    fn encode(chain: Vec<CertificateDer<'static>>) -> Result<Self, EncodeError> {
        let entries: Vec<_> =
            chain.iter().map(|der| CertificateEntry { data: der, extensions: Extensions::default() }).collect();
        let mut message = Vec::new();
        Certificate { context: &[], entries: List::from(entries.as_slice()) }.write(&mut message)?;
        Ok(Self { chain, message })
    }

    /// No certificate: what a client sends that has none to show (RFC 9846 §4.5.1).
    pub(crate) fn empty() -> Result<Self, EncodeError> {
        Self::encode(Vec::new())
    }

    /// The certificates, leaf first.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// The encoded Certificate message, with an empty certificate_request_context as the handshake has it.
    pub(crate) fn message(&self) -> &[u8] {
        &self.message
    }
}

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
