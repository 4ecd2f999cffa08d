//! WAIT_LATE_CERT, WAIT_LATE_CV, ASK_LATE_PEER, WAIT_LATE_FINISHED: who the client is, asked after the handshake
//! (RFC 9846 §4.7.2). One request at a time; data goes on meanwhile, in both directions.

use super::auth::{AfterCert, AskPeer, Unfinished, WaitCert, WaitCv};
use super::flight::certificate_request;
use super::{Connected, ServerCx, State};
use crate::auth::{PeerAuth, PeerFinished};
use crate::machine::Asker;
use crate::party::Party;
use crate::{Epoch, Fact, Failure, Host, ServerParams};
use alloc::{boxed::Box, sync::Arc};
use handfast_crypto::Digest;
use handfast_schedule::Transcript;
use handfast_wire::message::Finished;

/// A certificate was asked for.
pub(crate) type LateCert = WaitCert<LateFinished>;

/// The client has named itself and must prove it.
pub(crate) type LateCv = WaitCv<LateFinished>;

/// It has proved it. Is it welcome?
pub(crate) type LatePeer = AskPeer<LateFinished>;

/// Only the client's Finished is missing.
pub(crate) struct LateFinished(Box<Late>);

struct Late {
    connected: Connected,
    /// Of the request, which its answer repeats.
    context: [u8; CONTEXT_LEN],
    /// The handshake's messages, without the request and its answer.
    transcript: Transcript,
    /// Who the client is; `None` where it did not say and did not have to.
    peer: Option<PeerAuth>,
}

/// Of a certificate_request_context, in bytes: nobody shall know it before it is sent, and have a signature ready
/// (RFC 9846 §4.4.2).
const CONTEXT_LEN: usize = 32;

impl Party<State> {
    /// Whether a certificate may be asked for.
    pub(crate) fn may_request(&self) -> bool {
        let (core, state) = self.state_ref();
        core.takes_requests && matches!(state, State::Connected(_))
    }

    /// Whether one was asked for, and the answer is not complete.
    pub(crate) fn has_requested(&self) -> bool {
        let (_, state) = self.state_ref();
        matches!(state, State::LateCert(_) | State::LateCv(_) | State::LatePeer(_) | State::LateFinished(_))
    }

    /// Asks for a certificate, where that may be.
    pub(crate) fn request(
        &mut self,
        params: Arc<ServerParams>,
        host: &mut dyn Host,
        asker: &mut Asker,
    ) -> Result<(), Failure> {
        self.step(host, asker, |state, cx| match state {
            State::Connected(state) => Ok(state.request(params, cx)?.into()),
            state => Ok(state),
        })
    }
}

impl Connected {
    fn request(self, params: Arc<ServerParams>, cx: &mut ServerCx<'_>) -> Result<LateCert, Failure> {
        let (context, transcript) = (params.provider.random.array()?, cx.transcript.fork());
        certificate_request(&params, Epoch::Application, &context, cx)?;
        let finish = LateFinished(Box::new(Late { connected: self, context, transcript, peer: None }));
        Ok(WaitCert { params, ty: cx.core.client_type, finish })
    }
}

impl Unfinished for LateFinished {
    fn context(&self) -> &[u8] {
        &self.0.context
    }

    fn authenticated(mut self, peer: PeerAuth) -> Self {
        self.0.peer = Some(peer);
        self
    }
}

impl LateFinished {
    /// The client's Finished (RFC 9846 §4.5.3), under the key that its data is under.
    pub(super) fn finished(
        self,
        m: &Finished<'_>,
        before: &Digest,
        cx: &mut ServerCx<'_>,
    ) -> Result<Connected, Failure> {
        let Late { connected, transcript, peer, .. } = *self.0;
        let _ = PeerFinished::check(m, &connected.receive.verify_data(before)?)?;
        *cx.transcript = transcript;
        cx.host.learn(Fact::ClientAuthenticated(peer.as_ref().and_then(PeerAuth::peer).cloned()));
        Ok(connected)
    }

    /// What it is besides.
    pub(super) fn connected(&mut self) -> &mut Connected {
        &mut self.0.connected
    }
}

impl From<LateFinished> for State {
    fn from(state: LateFinished) -> Self {
        Self::LateFinished(state)
    }
}

impl From<AfterCert<LateFinished>> for State {
    fn from(after: AfterCert<LateFinished>) -> Self {
        match after {
            AfterCert::WaitCv(state) => Self::LateCv(state),
            AfterCert::WaitFinished(state) => Self::LateFinished(state),
        }
    }
}
