//! Tickets: what a client resumes with (RFC 9846 §4.7.1).

use super::ServerCx;
use super::negotiate::Chosen;
use crate::psk::NamedPsk;
use crate::question::{Issued, Keep};
use crate::session::MAX_LIFETIME;
use crate::{Epoch, Failure, IssueQuestion, Peer, Question, ServerParams, Session};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::{CryptoError, Suite};
use handfast_schedule::ResumptionSecret;
use handfast_wire::extension::MaxEarlyData;
use handfast_wire::message::NewSessionTicket;
use handfast_wire::{CertificateType, ExtensionType};

/// The most tickets that one connection gets, whatever its client asks for.
const MAX_TICKETS: u8 = 8;

/// How many tickets a connection will get, and what goes into all of them.
pub(super) struct Tickets {
    count: u8,
    /// None where the count is zero.
    content: Option<Content>,
}

struct Content {
    params: Arc<ServerParams>,
    keep: Keep,
    name: Option<Arc<str>>,
    protocol: Option<Vec<u8>>,
    created: u64,
    psk: Option<NamedPsk>,
    server_type: CertificateType,
}

impl Tickets {
    /// After a handshake with a certificate.
    pub(super) fn of_certificate(chosen: &Chosen, ty: CertificateType) -> Self {
        Self::after(chosen, false, 0, None, ty)
    }

    /// After one with a pre-shared key. What was proved when a session was made still is what counts, with its date.
    pub(super) fn after(
        chosen: &Chosen,
        resumed: bool,
        created: u64,
        psk: Option<NamedPsk>,
        server_type: CertificateType,
    ) -> Self {
        let params = &chosen.params;
        let (Some(keep), true, 1..) = (params.sessions, chosen.takes_tickets, params.tickets) else {
            return Self { count: 0, content: None };
        };
        let wish = chosen.ticket_request.map(|(new, again)| if resumed { again } else { new });
        // RFC 9149 §3: what the client asks for, within reason.
        let count = wish.unwrap_or(params.tickets).min(MAX_TICKETS.max(params.tickets));
        let (name, protocol) = (chosen.server_name.clone(), chosen.protocol.clone());
        let content = Content { params: params.clone(), keep, name, protocol, created, psk, server_type };
        Self { count, content: Some(content) }
    }

    /// What a client that has asked is told of their number (RFC 9149 §3).
    pub(super) fn hint(&self, chosen: &Chosen) -> Option<u8> {
        chosen.ticket_request.map(|_| self.count)
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.count > 0
    }
}

/// Tickets on their way: one question each.
pub(super) struct Issuing {
    content: Content,
    resumption: ResumptionSecret,
    peer: Option<Peer>,
    suite: &'static Suite,
    /// How many are still to come, the one that is asked for included.
    left: u8,
    /// Of the ticket that is asked for; unique on this connection.
    nonce: u8,
    age_add: u32,
    grease: ExtensionType,
    id: Vec<u8>,
}

impl Issuing {
    /// Asks for the first.
    pub(super) fn begin(
        tickets: Tickets,
        resumption: ResumptionSecret,
        peer: Option<Peer>,
        suite: &'static Suite,
        cx: &mut ServerCx<'_>,
    ) -> Result<Option<Box<Self>>, Failure> {
        let mut content = tickets.content.ok_or(CryptoError::Failed)?;
        if content.created == 0 {
            // The date of this handshake, however late a ticket is made (docs/regressions.md row 89).
            content.created = cx.host.now() / 1000;
        }
        let (left, grease, id) = (tickets.count, ExtensionType(0), Vec::new());
        let issuing = Self { content, resumption, peer, suite, left, nonce: 0, age_add: 0, grease, id };
        Box::new(issuing).ask(cx)
    }

    /// Sends the ticket that was made, and asks for the next.
    pub(super) fn issued(
        mut self: Box<Self>,
        issued: Issued,
        cx: &mut ServerCx<'_>,
    ) -> Result<Option<Box<Self>>, Failure> {
        let (ticket, lifetime) = match issued {
            Issued::Ticket { ticket, lifetime } => (ticket, lifetime),
            Issued::Stored { lifetime } => (core::mem::take(&mut self.id), lifetime),
            // Whoever keeps no session now will keep none a moment later.
            Issued::Nothing => return Ok(None),
        };
        let lifetime = lifetime.min(MAX_LIFETIME);
        // opaque ticket<1..2^16-1>: a store that was to make one and made none has kept nothing that a client could name.
        if lifetime > 0 && !ticket.is_empty() {
            self.send(&ticket, lifetime, cx)?;
        }
        self.left = self.left.saturating_sub(1);
        self.nonce = self.nonce.wrapping_add(1);
        if self.left == 0 {
            return Ok(None);
        }
        self.ask(cx)
    }

    fn ask(mut self: Box<Self>, cx: &mut ServerCx<'_>) -> Result<Option<Box<Self>>, Failure> {
        let Content { params, keep, name, protocol, created, psk, server_type } = &self.content;
        // RFC 9846 §4.7.1: fresh for each ticket (docs/regressions.md row 37). Without randomness there are no tickets, and the
        // connection goes on.
        let Ok([age_add @ .., grease]) = params.provider.random.array::<5>() else { return Ok(None) };
        self.age_add = u32::from_be_bytes(age_add);
        // RFC 8701 §2: 0x0a0a, 0x1a1a, … 0xfafa.
        self.grease = ExtensionType(u16::from(grease >> 4) * 0x1010 + 0x0a0a);
        if *keep == Keep::SessionId {
            let Ok(id) = params.provider.random.array::<32>() else { return Ok(None) };
            self.id = id.to_vec();
        }
        let session = Session {
            suite: self.suite,
            secret: self.resumption.psk(&[self.nonce])?,
            extended: true,
            name: name.clone(),
            protocol: protocol.clone(),
            peer: self.peer.clone(),
            server_type: *server_type,
            psk: psk.clone(),
            id: self.id.clone(),
            ticket: Vec::new(),
            lifetime: 0,
            created: *created,
            issued: cx.host.now(),
            age_add: self.age_add,
            max_early_data: params.max_early_data,
        };
        let keep = *keep;
        cx.asker.ask_later(|id| Question::Issue(IssueQuestion { id, session: Box::new(session), keep }));
        Ok(Some(self))
    }

    /// NewSessionTicket (RFC 9846 §4.7.1), with a lifetime in seconds.
    fn send(&self, ticket: &[u8], lifetime: u32, cx: &mut ServerCx<'_>) -> Result<(), Failure> {
        let mut extensions = cx.asker.block();
        let params = &self.content.params;
        let max_early_data = params.max_early_data;
        if params.grease {
            // RFC 8701 §4.1: clients stay used to ignoring what they do not know.
            extensions.push_raw(self.grease, &[])?;
        }
        if max_early_data > 0 {
            extensions.push(&MaxEarlyData(max_early_data))?;
        }
        let mut raw = cx.blank();
        NewSessionTicket {
            lifetime,
            age_add: self.age_add,
            nonce: &[self.nonce],
            ticket,
            extensions: extensions.as_extensions(),
        }
        .write(&mut raw)?;
        cx.asker.take_back_block(extensions);
        cx.post(Epoch::Application, raw)
    }
}
