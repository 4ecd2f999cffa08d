//! ASK_RESUME: a session is offered.

use super::finish::{self, WaitCcs};
use super::hello::Offered;
use super::negotiate::takes_mac_inside;
use super::{AfterFresh, AfterResume, ServerCx, flight};
use crate::auth::PeerAuth;
use crate::question::Candidate;
use crate::{ClientAuth, Failure, Session};
use alloc::boxed::Box;
use handfast_crypto::CryptoError;
use handfast_schedule::Side;
use handfast_wire::Violation;

/// A ticket or a session ID was offered. Is there a session?
pub(crate) struct AskResume {
    offered: Box<Offered>,
}

impl AskResume {
    pub(super) fn new(offered: Box<Offered>) -> Self {
        Self { offered }
    }

    /// There is one. It is resumed if it fits what is offered and wanted now; otherwise the handshake is a full one.
    pub(super) fn candidate(self, candidate: Candidate, cx: &mut ServerCx<'_>) -> Result<AfterResume, Failure> {
        if !self.takes(&candidate.session, cx)? {
            return self.fresh(cx).map(Into::into);
        }
        let params = cx.core.params.clone();
        let hash = params.provider.hash(candidate.session.suite.hash).ok_or(CryptoError::Unsupported)?;
        cx.transcript.start(hash);
        let session = candidate.session;
        let ticket = candidate.renew && self.offered.takes_ticket;
        let agreed = flight::resumed_hello(self.offered, &session, ticket, cx)?;
        let peer = session.peer.clone().map(PeerAuth::of_session);
        let secured = agreed.resume(cx, &session, &params.provider, Side::Server)?;
        let next = WaitCcs::resumed(secured, peer);
        if ticket {
            return Ok(AfterResume::AskIssue(finish::ask(next, cx)?));
        }
        Ok(AfterResume::WaitCcs(next.send_first(cx)?))
    }

    /// There is none.
    pub(super) fn fresh(self, cx: &mut ServerCx<'_>) -> Result<AfterFresh, Failure> {
        flight::fresh(self.offered, cx)
    }

    /// Whether the session fits.
    fn takes(&self, session: &Session, cx: &ServerCx<'_>) -> Result<bool, Failure> {
        let params = &cx.core.params;
        let tls12 = params.tls12.as_ref().ok_or(CryptoError::Failed)?;
        let m = self.offered.view.message().ok_or(CryptoError::Failed)?;
        let suite = session.suite;
        // RFC 7627 §5.3: the same client had it before, so somebody has taken it away.
        if session.extended && !self.offered.extended {
            return Err(Violation::NoExtendedMainSecret.into());
        }
        let auth = match (params.client_auth, &session.peer) {
            (ClientAuth::None, peer) => peer.is_none(),
            (ClientAuth::Request, _) => true,
            (ClientAuth::Require, peer) => peer.is_some(),
        };
        Ok(session.extended
            && auth
            && session.name == self.offered.name
            && tls12.suites.iter().any(|own| own.id == suite.id)
            && (tls12.psk_sessions || !suite.exchange.has_psk())
            && m.cipher_suites.contains(&suite.id)
            && (self.offered.encrypt_then_mac || takes_mac_inside(tls12, suite))
            && (self.offered.protocol.as_deref() != Some(crate::tls12::HTTP2) || crate::tls12::is_for_http2(suite)))
    }
}

impl From<AfterFresh> for AfterResume {
    fn from(after: AfterFresh) -> Self {
        match after {
            AfterFresh::AskCredential(s) => Self::AskCredential(s),
            AfterFresh::WaitCert(s) => Self::WaitCert(s),
            AfterFresh::WaitCke(s) => Self::WaitCke(s),
        }
    }
}
