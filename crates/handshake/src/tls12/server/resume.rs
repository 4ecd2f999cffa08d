//! ASK_RESUME: a session is offered.

use super::finish::{self, WaitCcs};
use super::hello::Offered;
use super::negotiate::takes_mac_inside;
use super::{AfterFresh, AfterResume, ServerCx, flight};
use crate::auth::PeerAuth;
use crate::{Candidate, Fact, Failure, NotResumed, Resumable, Session};
use alloc::{boxed::Box, vec::Vec};
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

    /// There is one, or there is none. It is resumed if it fits what is offered and wanted now; otherwise the handshake is a
    /// full one.
    pub(super) fn answered(
        self,
        candidates: Vec<Candidate>,
        otherwise: NotResumed,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterResume, Failure> {
        let mut why = otherwise;
        // One thing was offered, and a key of TLS 1.3 is none for it.
        if let Some(Resumable::Session { session, renew, .. }) = candidates.into_iter().next().map(|found| found.what) {
            match self.fits(&session, cx)? {
                Ok(()) => return self.resume(&session, renew, cx),
                Err(misfit) => why = misfit,
            }
        }
        cx.host.learn(Fact::NotResumed(why));
        flight::fresh(self.offered, cx).map(Into::into)
    }

    fn resume(self, session: &Session, renew: bool, cx: &mut ServerCx<'_>) -> Result<AfterResume, Failure> {
        let params = cx.core.params.clone();
        let hash = params.provider.hash(session.suite.hash).ok_or(CryptoError::Unsupported)?;
        cx.transcript.start(hash);
        let ticket = renew && self.offered.takes_ticket;
        let agreed = flight::resumed_hello(self.offered, session, ticket, cx)?;
        let secured = agreed.resume(cx, session, &params.provider, Side::Server)?;
        let next = WaitCcs::resumed(secured, Some(PeerAuth::of_session(session)));
        if ticket {
            return Ok(AfterResume::AskIssue(finish::ask(next, cx)?));
        }
        Ok(AfterResume::WaitCcs(next.send_first(cx)?))
    }

    /// Whether the session fits, or why it does not.
    fn fits(&self, session: &Session, cx: &ServerCx<'_>) -> Result<Result<(), NotResumed>, Failure> {
        let params = &cx.core.params;
        let tls12 = params.tls12.as_ref().ok_or(CryptoError::Failed)?;
        let m = self.offered.view.message().ok_or(CryptoError::Failed)?;
        let suite = session.suite;
        if session.is_tls13() {
            return Ok(Err(NotResumed::Version));
        }
        // RFC 7627 §5.3: the same client had it before, so somebody has taken it away.
        if session.extended && !self.offered.extended {
            return Err(Violation::NoExtendedMainSecret.into());
        }
        let has_suite = tls12.suites.iter().any(|own| own.id == suite.id)
            && (tls12.psk_sessions || !suite.exchange.has_psk())
            && m.cipher_suites.contains(&suite.id)
            && (self.offered.encrypt_then_mac || takes_mac_inside(tls12, suite))
            && (self.offered.protocol.as_deref() != Some(crate::alpn::HTTP2) || crate::tls12::is_for_http2(suite));
        Ok(if !session.extended {
            Err(NotResumed::NoExtendedMainSecret)
        } else if !params.client_auth.fits(session) {
            Err(NotResumed::ClientAuth)
        } else if session.psk.is_none() && !self.offered.certificate_types.of_server().contains(&session.server_type) {
            // How the server has shown itself, the client has to take still.
            Err(NotResumed::CertificateType)
        } else if session.name != self.offered.name {
            Err(NotResumed::Name)
        } else if !has_suite {
            Err(NotResumed::Suite)
        } else {
            Ok(())
        })
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
