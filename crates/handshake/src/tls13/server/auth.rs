//! WAIT_CERT, WAIT_CV, ASK_PEER: who the client is.

use super::{ServerCx, WaitFinished};
use crate::auth::{Claimed, PeerAuth, Possession};
use crate::host::KeyUse;
use crate::tls13::auth::{prove, receive_certificate};
use crate::{ClientAuth, Fact, Failure, PeerQuestion, Purpose, Question, ServerParams};
use alloc::sync::Arc;
use handfast_crypto::Digest;
use handfast_schedule::Side;
use handfast_wire::message::{Certificate, CertificateVerify, CompressedCertificate};
use handfast_wire::{CertificateType, Violation};

/// A certificate was asked for, in the handshake or after it.
pub(crate) struct WaitCert<F = WaitFinished> {
    pub(super) params: Arc<ServerParams>,
    pub(super) ty: CertificateType,
    pub(super) finish: F,
}

/// The client has named itself and must prove it.
pub(crate) struct WaitCv<F = WaitFinished> {
    params: Arc<ServerParams>,
    pub(super) finish: F,
    claimed: Claimed,
}

/// It has proved it. Is it welcome?
pub(crate) struct AskPeer<F = WaitFinished> {
    pub(super) finish: F,
    possession: Possession,
}

/// Where the arrow from WAIT_CERT ends.
pub(super) enum AfterCert<F = WaitFinished> {
    WaitCv(WaitCv<F>),
    WaitFinished(F),
}

/// What waits for the client's Finished.
pub(crate) trait Unfinished: Sized {
    /// What the answer to the request begins with.
    fn context(&self) -> &[u8];

    /// Who the client is.
    fn authenticated(self, peer: PeerAuth) -> Self;
}

impl Unfinished for WaitFinished {
    fn context(&self) -> &[u8] {
        &[]
    }

    fn authenticated(self, peer: PeerAuth) -> Self {
        Self { peer: Some(peer), ..self }
    }
}

impl<F: Unfinished> WaitCert<F> {
    /// Whether the client may compress it.
    pub(super) fn compresses(&self) -> bool {
        self.params.compression.is_offered()
    }

    /// A Certificate that is compressed (RFC 8879 §4): opened here, where one is expected.
    pub(super) fn compressed(
        self,
        m: &CompressedCertificate<'_>,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterCert<F>, Failure> {
        let body = self.params.compression.decompress(m)?;
        self.certificate(&Certificate::read(&body)?, cx)
    }

    /// Certificate (RFC 9846 §4.5.1); one without entries says that the client has none.
    pub(super) fn certificate(self, m: &Certificate<'_>, cx: &mut ServerCx<'_>) -> Result<AfterCert<F>, Failure> {
        if m.context != self.finish.context() {
            return Err(Violation::RequestContext.into());
        }
        if m.entries.is_empty() {
            return match self.params.client_auth {
                ClientAuth::Require => Err(Violation::CertificateRequired.into()),
                ClientAuth::None | ClientAuth::Request => Ok(AfterCert::WaitFinished(self.finish)),
            };
        }
        // CertificateRequest carried nothing that an entry could answer.
        let credential = Arc::new(receive_certificate(m, self.ty, |_| false)?);
        let key = cx.host.leaf_key(&credential, KeyUse::Sign)?;
        let claimed = Claimed { credential, key };
        Ok(AfterCert::WaitCv(WaitCv { params: self.params, finish: self.finish, claimed }))
    }
}

impl<F> WaitCv<F> {
    /// CertificateVerify (RFC 9846 §4.5.2), then the question whether this client is welcome.
    pub(super) fn certificate_verify(
        self,
        m: &CertificateVerify<'_>,
        before: &Digest,
        cx: &mut ServerCx<'_>,
    ) -> Result<AskPeer<F>, Failure> {
        let params = &self.params;
        let possession = prove(self.claimed, m, Side::Client, before, &params.schemes, &params.provider)?;
        cx.host.learn(Fact::PeerScheme(m.scheme));
        let credential = possession.credential.clone();
        let usage = KeyUse::Sign;
        cx.asker.ask(|id| {
            Question::Peer(PeerQuestion { id, purpose: Purpose::Client, name: None, credential, usage, resumed: false })
        });
        Ok(AskPeer { finish: self.finish, possession })
    }
}

impl<F: Unfinished> AskPeer<F> {
    /// It is.
    pub(super) fn accepted(self, verified: bool) -> F {
        self.finish.authenticated(PeerAuth::new(self.possession, verified))
    }
}
