//! WAIT_CCS, WAIT_FINISHED, ASK_ISSUE, CONNECTED: the ends of both flights, and what comes after them.

use super::{AfterAgain, AfterFinished, AfterIssue, ServerCx};
use crate::auth::{PeerAuth, PeerFinished};
use crate::question::{Issued, Keep};
use crate::tls12::RenegotiationPolicy;
use crate::tls12::agreed::Secured;
#[cfg(feature = "legacy")]
use crate::tls12::renegotiation::Previous;
use crate::{Direction, Epoch, Fact, Failure, IssueQuestion, Question};
use alloc::{boxed::Box, vec::Vec};
use handfast_crypto::{CryptoError, Digest};
use handfast_schedule::{Side, Transcript};
use handfast_wire::message::tls12::NewSessionTicket;
use handfast_wire::message::{ClientHello, Finished};
use handfast_wire::{AlertDescription, Violation};

/// The client's change_cipher_spec is next.
pub(crate) struct WaitCcs {
    secured: Box<Secured>,
    peer: Option<PeerAuth>,
    resumed: bool,
}

/// Only the client's Finished is missing.
pub(crate) struct WaitFinished {
    inner: WaitCcs,
}

/// What shall the client resume with?
pub(crate) struct AskIssue {
    inner: WaitCcs,
    /// The client's Finished was right; of a session that is resumed it comes later.
    finished: Option<PeerFinished>,
}

/// The handshake is over.
pub(crate) struct Connected {
    _peer: PeerFinished,
    /// This side has asked for another one, and the client's answer has not come.
    #[cfg_attr(not(feature = "legacy"), expect(dead_code, reason = "nothing is renegotiated"))]
    requested: bool,
}

/// Asks for a ticket in the place of the one that was taken.
pub(super) fn ask(inner: WaitCcs, cx: &mut ServerCx<'_>) -> Result<AskIssue, Failure> {
    AskIssue::new(inner, None, cx)
}

impl WaitCcs {
    /// Of a full handshake.
    pub(super) fn full(secured: Box<Secured>, peer: Option<PeerAuth>) -> Self {
        Self { secured, peer, resumed: false }
    }

    /// Of a session.
    pub(super) fn resumed(secured: Box<Secured>, peer: Option<PeerAuth>) -> Self {
        Self { secured, peer, resumed: true }
    }

    /// change_cipher_spec and Finished of this side, which comes first where a session is resumed.
    pub(super) fn send_first(mut self, cx: &mut ServerCx<'_>) -> Result<Self, Failure> {
        self.secured.send_finished(cx, Side::Server)?;
        Ok(self)
    }

    /// The client's keys change.
    pub(super) fn change_cipher_spec(mut self, cx: &mut ServerCx<'_>) -> Result<WaitFinished, Failure> {
        self.secured.receive_keys(cx)?;
        Ok(WaitFinished { inner: self })
    }

    fn connect(self, finished: PeerFinished, cx: &mut ServerCx<'_>) -> Result<Connected, Failure> {
        let again = cx.core.previous.is_some();
        cx.core.previous = Some(self.secured.previous(cx.core.previous.as_ref(), None)?);
        if let Some(peer) = self.peer {
            peer.learn(cx.host);
        }
        cx.host.learn(if again { Fact::Renegotiated } else { Fact::Connected });
        Ok(Connected { _peer: finished, requested: false })
    }
}

impl WaitFinished {
    /// The client's Finished (RFC 5246 §7.4.9).
    pub(super) fn finished(
        self,
        m: &Finished<'_>,
        before: &Digest,
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterFinished, Failure> {
        let mut inner = self.inner;
        let expected = inner.secured.expected(Side::Client, before)?;
        let finished = PeerFinished::check(m, &expected)?;
        inner.secured.note_finished(Side::Client, expected);
        cx.host.learn(Fact::Finished(Direction::Receive, expected));
        if inner.resumed {
            return inner.connect(finished, cx).map(AfterFinished::Connected);
        }
        let agreed = &inner.secured.agreed;
        if cx.core.previous.is_some() {
            if agreed.ticket {
                send_ticket(&[], 0, cx)?;
            }
        } else if agreed.ticket || !agreed.session_id.is_empty() {
            return AskIssue::new(inner, Some(finished), cx).map(AfterFinished::AskIssue);
        }
        inner.send_first(cx)?.connect(finished, cx).map(AfterFinished::Connected)
    }
}

impl AskIssue {
    fn new(inner: WaitCcs, finished: Option<PeerFinished>, cx: &mut ServerCx<'_>) -> Result<Self, Failure> {
        let agreed = &inner.secured.agreed;
        let session = agreed.session(&inner.secured.main, inner.peer.as_ref()).ok_or(CryptoError::Failed)?;
        let session = Box::new(session);
        let keep = if agreed.ticket { Keep::Ticket } else { Keep::SessionId };
        cx.asker.ask(|id| Question::Issue(IssueQuestion { id, session, keep }));
        Ok(Self { inner, finished })
    }

    /// The ticket, or word that the session is stored, or neither. A ticket that was announced comes in any case, be it an
    /// empty one (RFC 5077 §3.3).
    pub(super) fn issued(self, issued: Issued, cx: &mut ServerCx<'_>) -> Result<AfterIssue, Failure> {
        if matches!(issued, Issued::Stored { .. }) {
            cx.host.learn(Fact::SessionId(self.inner.secured.agreed.session_id.clone()));
        }
        if self.inner.secured.agreed.ticket {
            let (ticket, lifetime_hint) = match issued {
                Issued::Ticket { ticket, lifetime } => (ticket, lifetime),
                Issued::Stored { .. } | Issued::Nothing => (Vec::new(), 0),
            };
            send_ticket(&ticket, lifetime_hint, cx)?;
        }
        let inner = self.inner.send_first(cx)?;
        match self.finished {
            Some(finished) => inner.connect(finished, cx).map(AfterIssue::Connected),
            None => Ok(AfterIssue::WaitCcs(inner)),
        }
    }
}

/// NewSessionTicket (RFC 5077 §3.3), with a lifetime in seconds.
fn send_ticket(ticket: &[u8], lifetime_hint: u32, cx: &mut ServerCx<'_>) -> Result<(), Failure> {
    let mut raw = cx.blank();
    NewSessionTicket { lifetime_hint, ticket }.write(&mut raw)?;
    cx.post(Epoch::Initial, raw)
}

impl Connected {
    /// ClientHello (RFC 5246 §7.4.1.2): the client wants another handshake.
    pub(super) fn client_hello(
        self,
        m: &ClientHello<'_>,
        raw: &[u8],
        cx: &mut ServerCx<'_>,
    ) -> Result<AfterAgain, Failure> {
        let _ = (m, raw);
        let policy = cx.core.params.tls12.as_ref().map(|tls12| tls12.renegotiation).unwrap_or_default();
        // What answers this side's own HelloRequest is not the client's wish.
        #[cfg(feature = "legacy")]
        let policy = if self.requested { RenegotiationPolicy::Allow } else { policy };
        match policy {
            RenegotiationPolicy::Refuse => Err(Violation::Renegotiation.into()),
            RenegotiationPolicy::Ignore => {
                *cx.transcript = Transcript::new();
                Ok(AfterAgain::Connected(self))
            }
            RenegotiationPolicy::Warn => {
                *cx.transcript = Transcript::new();
                cx.host.warn(AlertDescription::NO_RENEGOTIATION)?;
                Ok(AfterAgain::Connected(self))
            }
            #[cfg(feature = "legacy")]
            RenegotiationPolicy::Allow => {
                cx.core.previous.as_ref().map_or(Err(Violation::Renegotiation), Previous::allows_another)?;
                if !cx.host.may_renegotiate() {
                    return Err(Violation::Renegotiation.into());
                }
                cx.host.learn(Fact::DataCloses);
                Ok(AfterAgain::Hello(Box::new(super::hello::start(&crate::HelloView::new(raw), cx)?)))
            }
        }
    }

    /// HelloRequest (RFC 5246 §7.4.1.1).
    #[cfg(feature = "legacy")]
    pub(super) fn request(self, cx: &mut ServerCx<'_>) -> Result<Self, Failure> {
        let mut raw = cx.blank();
        handfast_wire::message::tls12::HelloRequest.write(&mut raw)?;
        cx.post(Epoch::Application, raw)?;
        Ok(Self { requested: true, ..self })
    }
}
