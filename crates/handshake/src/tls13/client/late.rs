//! ASK_LATE_CREDENTIAL, ASK_LATE_SIGN: a server asks for a certificate after the handshake (RFC 9846 §4.7.2).
//!
//! What is signed begins with the messages of the handshake, and goes on with the request and its answer; other requests are not in
//! it. A request is answered before the next message is taken.

use super::auth::Request;
use super::{ClientCx, Connected, State};
use crate::credential::{self, Wanted};
use crate::party::Party;
use crate::question::Signature;
use crate::tls13::auth::Presented;
use crate::{Credential, Epoch, Failure, Refusal};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::CryptoError;
use handfast_schedule::Side;
use handfast_wire::message::{CertificateRequest, Finished};
use handfast_wire::{SignatureScheme, Violation};

/// A certificate is asked for. Which?
pub(crate) struct AskLateCredential(Box<Late>);

/// The signature of the own CertificateVerify is being made.
pub(crate) struct AskLateSign {
    late: Box<Late>,
    presented: Presented,
}

/// What there is besides.
struct Late {
    connected: Connected,
    /// What the answer begins with.
    context: Vec<u8>,
    wanted: Wanted,
}

impl Party<State> {
    /// Whether a certificate may be asked for, or is.
    pub(crate) fn takes_requests(&self) -> bool {
        match self.state_ref() {
            (_, State::Connected(state)) => state.takes_requests(),
            (_, state) => matches!(state, State::AskLateCredential(_) | State::AskLateSign(_)),
        }
    }
}

impl Connected {
    pub(super) fn takes_requests(&self) -> bool {
        self.transcript.is_some()
    }

    /// CertificateRequest (RFC 9846 §4.4.2), which the transcript has by now.
    pub(super) fn request(
        self,
        m: &CertificateRequest<'_>,
        cx: &mut ClientCx<'_>,
    ) -> Result<AskLateCredential, Failure> {
        if m.context.is_empty() {
            return Err(Violation::RequestContext.into());
        }
        let wanted = Request::read(m, cx.core.own_type, &cx.core.params)?.ask(cx);
        Ok(AskLateCredential(Box::new(Late { connected: self, context: m.context.to_vec(), wanted })))
    }
}

impl AskLateCredential {
    /// Presents a certificate, once there is a signature.
    pub(super) fn present(
        self,
        credential: Arc<Credential>,
        scheme: SignatureScheme,
        cx: &mut ClientCx<'_>,
    ) -> Result<AskLateSign, Failure> {
        let presented = Presented::hold(cx, credential, &self.0.context, &self.0.wanted, scheme)?;
        Ok(AskLateSign { late: self.0, presented })
    }

    /// Presents nothing, as in the handshake.
    pub(super) fn none(self, why: Refusal, cx: &mut ClientCx<'_>) -> Result<Connected, Failure> {
        if cx.core.params.require_own {
            return Err(why.into());
        }
        cx.send(Epoch::Application, &credential::encode_none(&self.0.context)?)?;
        self.0.finish(cx)
    }
}

impl AskLateSign {
    /// The signature is there.
    pub(super) fn signed(self, signature: &Signature, cx: &mut ClientCx<'_>) -> Result<Connected, Failure> {
        let params = cx.core.params.clone();
        self.presented.sign(cx, signature, Side::Client, &params.provider)?;
        self.late.finish(cx)
    }
}

impl Late {
    /// Finished, after which the transcript is the handshake's again.
    fn finish(self, cx: &mut ClientCx<'_>) -> Result<Connected, Failure> {
        let verify_data = cx.host.verify_data(&cx.transcript.current()?)?;
        let mut raw = cx.blank();
        Finished { verify_data: verify_data.as_bytes() }.write(&mut raw)?;
        cx.post(Epoch::Application, raw)?;
        *cx.transcript = self.connected.transcript.as_ref().ok_or(CryptoError::Failed)?.fork();
        Ok(self.connected)
    }
}
