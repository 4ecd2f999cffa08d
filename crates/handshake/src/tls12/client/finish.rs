//! WAIT_TICKET, WAIT_CCS, WAIT_FINISHED, CONNECTED: the server's last flight and what comes after it.

use super::{AfterRequest, AfterSh, ClientCx};
use crate::auth::{PeerAuth, PeerFinished};
#[cfg(feature = "legacy")]
use crate::session::SessionId;
use crate::tls12::RenegotiationPolicy;
use crate::tls12::agreed::{Agreed, Secured};
#[cfg(feature = "legacy")]
use crate::tls12::renegotiation::Previous;
use crate::{Direction, Fact, Failure};
use alloc::{boxed::Box, vec::Vec};
use handfast_crypto::{CryptoError, Digest};
use handfast_schedule::Side;
use handfast_wire::message::Finished;
use handfast_wire::message::tls12::NewSessionTicket;
use handfast_wire::{AlertDescription, Violation};

/// A ticket was announced.
pub(crate) struct WaitTicket {
    next: WaitCcs,
}

/// The server's change_cipher_spec is next.
pub(crate) struct WaitCcs {
    secured: Box<Secured>,
    peer: Option<PeerAuth>,
    /// The ticket and how long the server means to take it, in seconds.
    ticket: Option<(Vec<u8>, u32)>,
    resumed: bool,
}

/// Only the server's Finished is missing.
pub(crate) struct WaitFinished {
    inner: WaitCcs,
}

/// The handshake is over.
pub(crate) struct Connected {
    _peer: PeerFinished,
}

/// The server takes the session: no certificates, no key exchange (RFC 5246 §7.3, Figure 2).
pub(super) fn resumed(agreed: Agreed, cx: &mut ClientCx<'_>) -> Result<AfterSh, Failure> {
    let session = cx.core.session.take().ok_or(CryptoError::Failed)?;
    let params = cx.core.params.clone();
    cx.transcript.forget_messages();
    let peer = Some(PeerAuth::of_session(&session));
    let secured = agreed.resume(cx, &session, &params.provider, Side::Client)?;
    let next = WaitCcs { secured, peer, ticket: None, resumed: true };
    Ok(if next.expects_ticket() { AfterSh::WaitTicket(WaitTicket::new(next)) } else { AfterSh::WaitCcs(next) })
}

impl WaitTicket {
    pub(super) fn new(next: WaitCcs) -> Self {
        Self { next }
    }

    /// NewSessionTicket (RFC 5077 §3.3). An empty one says that the server has thought better of it.
    pub(super) fn ticket(self, m: &NewSessionTicket<'_>) -> WaitCcs {
        let ticket = (!m.ticket.is_empty()).then(|| (m.ticket.to_vec(), m.lifetime_hint));
        WaitCcs { ticket, ..self.next }
    }
}

impl WaitCcs {
    pub(super) fn new(secured: Box<Secured>, peer: Option<PeerAuth>) -> Self {
        Self { secured, peer, ticket: None, resumed: false }
    }

    pub(super) fn expects_ticket(&self) -> bool {
        self.secured.agreed.ticket
    }

    /// The server's keys change.
    pub(super) fn change_cipher_spec(mut self, cx: &mut ClientCx<'_>) -> Result<WaitFinished, Failure> {
        self.secured.receive_keys(cx)?;
        Ok(WaitFinished { inner: self })
    }
}

impl WaitFinished {
    /// The server's Finished (RFC 5246 §7.4.9).
    pub(super) fn finished(
        self,
        m: &Finished<'_>,
        before: &Digest,
        cx: &mut ClientCx<'_>,
    ) -> Result<Connected, Failure> {
        let WaitCcs { mut secured, peer, ticket, resumed } = self.inner;
        let expected = secured.expected(Side::Server, before)?;
        let finished = PeerFinished::check(m, &expected)?;
        secured.note_finished(Side::Server, expected);
        cx.host.learn(Fact::Finished(Direction::Receive, expected));
        if resumed {
            secured.send_finished(cx, Side::Client)?;
        }
        learn_session(&secured, peer.as_ref(), ticket, resumed, cx);
        let leaf = peer.as_ref().and_then(PeerAuth::peer).and_then(|peer| peer.credential.leaf().map(<[u8]>::to_vec));
        let again = cx.core.previous.is_some();
        cx.core.previous = Some(secured.previous(cx.core.previous.as_ref(), leaf)?);
        if let Some(peer) = peer {
            peer.learn(cx.host);
        }
        cx.host.learn(Fact::SecureRenegotiation(secured.agreed.secure_renegotiation));
        cx.host.learn(if again { Fact::Renegotiated } else { Fact::Connected });
        Ok(Connected { _peer: finished })
    }
}

/// RFC 7627 §5.2: a session whose secret does not depend on the whole handshake is not resumed, so it is not kept. One that
/// was resumed is news only with a new ticket.
fn learn_session(
    secured: &Secured,
    peer: Option<&PeerAuth>,
    ticket: Option<(Vec<u8>, u32)>,
    resumed: bool,
    cx: &mut ClientCx<'_>,
) {
    let psk_sessions = cx.core.params.tls12.as_ref().is_some_and(|tls12| tls12.psk_sessions);
    let has_sessions = secured.agreed.extended && (psk_sessions || !secured.agreed.suite.exchange.has_psk());
    if !has_sessions || cx.core.previous.is_some() || (resumed && ticket.is_none()) {
        return;
    }
    let Some(mut session) = secured.agreed.session(&secured.main, peer) else { return };
    if let Some((ticket, lifetime)) = ticket {
        session.ticket = ticket;
        session.lifetime = lifetime;
    }
    if session.ticket.is_empty() && session.id.is_empty() {
        return;
    }
    cx.host.learn(Fact::Session(Box::new(session)));
}

impl Connected {
    /// HelloRequest (RFC 5246 §7.4.1.1): the server wants another handshake.
    pub(super) fn hello_request(self, cx: &mut ClientCx<'_>) -> Result<AfterRequest, Failure> {
        let policy = cx.core.params.tls12.as_ref().map(|tls12| tls12.renegotiation).unwrap_or_default();
        match policy {
            RenegotiationPolicy::Refuse => Err(Violation::Renegotiation.into()),
            RenegotiationPolicy::Ignore => Ok(AfterRequest::Connected(self)),
            RenegotiationPolicy::Warn => {
                cx.host.warn(AlertDescription::NO_RENEGOTIATION)?;
                Ok(AfterRequest::Connected(self))
            }
            #[cfg(feature = "legacy")]
            RenegotiationPolicy::Allow => {
                cx.core.previous.as_ref().map_or(Err(Violation::Renegotiation), Previous::allows_another)?;
                if !cx.host.may_renegotiate() {
                    return Err(Violation::Renegotiation.into());
                }
                Ok(AfterRequest::WaitSh(self.renegotiate(cx)?))
            }
        }
    }

    /// Sends the ClientHello of the next handshake, bound to this one (RFC 5746 §3.5).
    #[cfg(feature = "legacy")]
    pub(super) fn renegotiate(self, cx: &mut ClientCx<'_>) -> Result<super::WaitSh, Failure> {
        use crate::offer::{Fresh, Hello, Offer};
        use crate::tls12::{client, renegotiation};
        let super::Core { params, name, offer, session, previous, .. } = &mut *cx.core;
        // A renegotiation resumes nothing, and offers no other version.
        *session = None;
        let verify_data = renegotiation::content(previous.as_ref(), Side::Client);
        *offer = Offer::new(params, Some(SessionId::default()), &Fresh::draw(&*params.provider.random)?);
        let tls12 = client::Hello { session: None, verify_data: Some(&verify_data) };
        let mut raw = cx.asker.blank();
        offer.write(params, name.as_ref(), &Hello { tls12, ..Hello::default() }, &mut raw)?;
        *cx.transcript = handfast_schedule::Transcript::new();
        cx.post(crate::Epoch::Application, raw)?;
        Ok(super::WaitSh)
    }
}
