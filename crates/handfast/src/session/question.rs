//! The questions about sessions, with what the engine knows and the handshake does not: the time, and the trust.

use super::{Domain, is_within};
use crate::{Answer, Clock};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_handshake::{self as handshake, Keep};
use zeroize::Zeroizing;

/// Under which terms a server resumes sessions.
#[derive(Clone)]
pub(crate) struct Terms {
    /// The trust; `None` where it has no name, and nothing is resumed.
    pub(crate) domain: Option<Domain>,
    /// How old a session may be, in seconds.
    pub(crate) timeout: u32,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Is there a session behind what the client offers?
pub struct ResumeQuestion {
    pub(crate) inner: handshake::ResumeQuestion,
    pub(crate) terms: Terms,
}

impl ResumeQuestion {
    /// The session ID, 0 to 32 bytes. Beside a ticket it is only what the client wants to hear back.
    pub fn session_id(&self) -> &[u8] {
        self.inner.session_id()
    }

    /// The ticket, if there is one.
    pub fn ticket(&self) -> Option<&[u8]> {
        self.inner.ticket()
    }

    /// The host name the client asks for.
    pub fn server_name(&self) -> Option<&str> {
        self.inner.server_name()
    }

    /// What [`IssueQuestion::state`] gave for this ticket or this ID. If it is too old, was made under another trust, or
    /// does not fit what the client offers now, the handshake is a full one. With `renew` the client gets a new ticket.
    pub fn resume(self, state: &[u8], renew: bool) -> Answer {
        match self.terms.session(state) {
            Some(session) => self.inner.resume(session, renew).into(),
            None => self.inner.fresh().into(),
        }
    }

    /// There is none.
    pub fn fresh(self) -> Answer {
        self.inner.fresh().into()
    }
}

impl Terms {
    /// The session of a state, if it is good here and now.
    fn session(&self, state: &[u8]) -> Option<handshake::Session> {
        let (domain, encoded) = state.split_first_chunk()?;
        // docs/regressions.md row 18 and its like: another trust is another server.
        if self.domain.as_ref() != Some(domain) {
            return None;
        }
        let session = handshake::Session::decode(encoded)?;
        is_within(session.created(), self.clock.now(), self.timeout).then_some(session)
    }
}

/// What shall the client resume this session with?
pub struct IssueQuestion {
    pub(crate) inner: handshake::IssueQuestion,
    pub(crate) terms: Terms,
}

impl IssueQuestion {
    /// How it is to be kept.
    pub fn keep(&self) -> Keep {
        self.inner.keep()
    }

    /// The ID it is to be kept under; empty for a ticket.
    pub fn session_id(&self) -> &[u8] {
        self.inner.session().id()
    }

    /// What is to be kept: the secret of the session, and all that is checked when it comes back. `None` where the trust
    /// of this configuration has no name (a verifier of one's own without a domain), and for a session that is too long:
    /// then answer [`IssueQuestion::none`].
    pub fn state(&self) -> Option<Zeroizing<Vec<u8>>> {
        let domain = self.terms.domain.as_ref()?;
        let encoded = self.inner.session().clone().dated(self.terms.clock.now().as_secs()).encode()?;
        let mut state = Zeroizing::new(Vec::with_capacity(domain.len().saturating_add(encoded.len())));
        state.extend_from_slice(domain);
        state.extend_from_slice(&encoded);
        Some(state)
    }

    /// How long it will be taken, in seconds.
    pub fn lifetime(&self) -> u32 {
        self.terms.timeout
    }

    /// It is in this ticket, sealed so that nobody else can read or make one.
    pub fn ticket(self, ticket: Vec<u8>) -> Answer {
        self.inner.ticket(ticket, self.terms.timeout).into()
    }

    /// It is stored under its ID.
    pub fn stored(self) -> Answer {
        self.inner.stored().into()
    }

    /// It is not kept.
    pub fn none(self) -> Answer {
        self.inner.none().into()
    }
}

impl fmt::Debug for ResumeQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for IssueQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
