//! WAIT_CERT, WAIT_CV, ASK_PEER: who the client is.

use super::ServerCx;
use super::exchange::WaitCke;
use super::finish::WaitCcs;
use crate::auth::{Claimed, PeerAuth, Possession};
use crate::host::KeyUse;
use crate::tls12::agreed::Secured;
use crate::tls12::exchange::algorithm;
use crate::{ClientAuth, Fact, Failure, PeerCredential, PeerQuestion, Purpose, Question};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::CryptoError;
use handfast_wire::message::CertificateVerify;
use handfast_wire::message::tls12::{Certificate, RawPublicKey};
use handfast_wire::{CertificateType, Violation};
use pki_types::CertificateDer;

/// A certificate was asked for.
pub(crate) struct WaitCert {
    next: WaitCke,
}

/// The client has named itself and must prove it.
pub(crate) struct WaitCv {
    secured: Box<Secured>,
    claimed: Claimed,
}

/// It has proved it. Is it welcome?
pub(crate) struct AskPeer {
    secured: Box<Secured>,
    possession: Possession,
}

impl WaitCert {
    pub(super) fn new(next: WaitCke) -> Self {
        Self { next }
    }

    /// Certificate (RFC 5246 §7.4.6); one without certificates says that the client has none.
    pub(super) fn certificate(self, m: &Certificate<'_>, cx: &mut ServerCx<'_>) -> Result<WaitCke, Failure> {
        let chain: Vec<_> = m.certificates.iter().map(|der| CertificateDer::from(der.0.to_vec())).collect();
        self.presented(PeerCredential { chain, ..PeerCredential::default() }, cx)
    }

    /// Certificate where a raw public key was negotiated (RFC 7250 §3).
    pub(super) fn raw_key(self, m: &RawPublicKey<'_>, cx: &mut ServerCx<'_>) -> Result<WaitCke, Failure> {
        let raw_key = Some(m.spki).filter(|spki| !spki.is_empty()).map(|spki| spki.to_vec().into());
        self.presented(PeerCredential { raw_key, ..PeerCredential::default() }, cx)
    }

    /// Whether a raw public key is next.
    pub(super) fn takes_raw_key(&self) -> bool {
        self.next.agreed().types.client == CertificateType::RAW_PUBLIC_KEY
    }

    fn presented(mut self, credential: PeerCredential, cx: &mut ServerCx<'_>) -> Result<WaitCke, Failure> {
        if credential.leaf().is_none() {
            return match cx.core.params.client_auth {
                // RFC 5246 §7.4.6 has handshake_failure; certificate_required is an alert of TLS 1.3.
                ClientAuth::Require => Err(Violation::ClientCertificateMissing.into()),
                ClientAuth::None | ClientAuth::Request => Ok(self.next),
            };
        }
        let credential = Arc::new(credential);
        let key = cx.host.leaf_key(&credential, KeyUse::Sign)?;
        self.next.claimed = Some(Claimed { credential, key });
        Ok(self.next)
    }
}

impl WaitCv {
    pub(super) fn new(secured: Box<Secured>, claimed: Claimed) -> Self {
        Self { secured, claimed }
    }

    /// CertificateVerify (RFC 5246 §7.4.8), then the question whether this client is welcome.
    pub(super) fn certificate_verify(
        self,
        m: &CertificateVerify<'_>,
        raw: &[u8],
        cx: &mut ServerCx<'_>,
    ) -> Result<AskPeer, Failure> {
        let params = cx.core.params.clone();
        let algorithm = algorithm(m.scheme, &self.claimed.key, &params.schemes)?;
        // Everything before this message, which the transcript has already.
        let signed = cx.transcript.messages().and_then(|messages| messages.strip_suffix(raw));
        let signed = signed.ok_or(CryptoError::Failed)?;
        let possession = self.claimed.verify(algorithm, signed, m.signature, &params.provider)?;
        cx.transcript.forget_messages();
        cx.host.learn(Fact::PeerScheme(m.scheme));
        let credential = possession.credential.clone();
        let usage = KeyUse::Sign;
        cx.asker.ask(|id| {
            Question::Peer(PeerQuestion { id, purpose: Purpose::Client, name: None, credential, usage, resumed: false })
        });
        Ok(AskPeer { secured: self.secured, possession })
    }
}

impl AskPeer {
    /// It is.
    pub(super) fn accepted(self, verified: bool) -> WaitCcs {
        WaitCcs::full(self.secured, Some(PeerAuth::new(self.possession, verified)))
    }
}
