//! Whoever keeps sessions on a server.

use super::IssueQuestion;
use alloc::vec::Vec;
use handfast_handshake::{Keep, Offer};
use pki_types::UnixTime;
use zeroize::Zeroizing;

/// Keeps the sessions of a server, in tickets or under session IDs, or both.
///
/// What is kept is [`IssueQuestion::state`]; it contains the secret of the session. Whether a state that comes back is still
/// good, the engine checks: its age, the trust it was made under, the host name, the suite.
pub trait KeepSessions: Send + Sync {
    /// Whether sessions are kept by clients, in tickets (RFC 5077; RFC 9846 §4.7.1).
    fn tickets(&self) -> bool;

    /// Whether sessions are kept here, under session IDs (RFC 5246 §7.3). In TLS 1.3, where there are none, the ticket that a
    /// client gets is such an ID; but only if [`KeepSessions::tickets`] says no.
    fn session_ids(&self) -> bool;

    /// Keeps a session. [`IssueQuestion::keep`] says how.
    fn issue(&self, question: &IssueQuestion, now: UnixTime) -> Kept;

    /// A connection of the session with this ID has failed: it is not resumed any more (RFC 5246 §7.2.2). Who keeps sessions in
    /// tickets cannot take them back.
    fn forget(&self, session_id: &[u8]) {
        let _ = session_id;
    }

    /// What was kept under this name. It stays where it is: whether the client has the session, nobody knows yet.
    fn resume(&self, name: SessionName<'_>, now: UnixTime) -> Option<Found>;
}

/// By what a session is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionName<'a> {
    /// A ticket of any version, which may be anything and is what a keeper made of it if it made it.
    Ticket(&'a [u8]),
    /// An ID, which may be anything as well.
    Id(&'a [u8]),
}

impl<'a> SessionName<'a> {
    /// What an offer is to `keeper`: in TLS 1.3 it does not say itself.
    pub(crate) fn of(offer: &'a Offer, keeper: &dyn KeepSessions) -> Self {
        match offer {
            Offer::Ticket(ticket) => Self::Ticket(ticket),
            Offer::SessionId(id) => Self::Id(id),
            Offer::Identity { identity, .. } if keeper.tickets() => Self::Ticket(identity),
            Offer::Identity { identity, .. } => Self::Id(identity),
        }
    }
}

/// What became of a session.
#[derive(Clone, Debug)]
pub enum Kept {
    /// It is in a ticket.
    Ticket {
        /// At most 65,535 bytes.
        ticket: Vec<u8>,
        /// For how many seconds it can be opened, where that may be less than [`IssueQuestion::lifetime`].
        good_for: Option<u32>,
    },
    /// It is stored under its ID.
    Stored,
    /// It is not kept.
    Nothing,
}

/// A state that was kept.
pub struct Found {
    /// What [`IssueQuestion::state`] gave.
    pub state: Zeroizing<Vec<u8>>,
    /// TLS 1.2: whether the client shall have a new ticket. In TLS 1.3 it has new ones in any case.
    pub renew: bool,
}

/// Tickets from the first, session IDs from the second: for clients with and without RFC 5077.
impl<A: KeepSessions, B: KeepSessions> KeepSessions for (A, B) {
    fn tickets(&self) -> bool {
        self.0.tickets()
    }

    fn session_ids(&self) -> bool {
        self.1.session_ids()
    }

    fn issue(&self, question: &IssueQuestion, now: UnixTime) -> Kept {
        match question.keep() {
            Keep::Ticket => self.0.issue(question, now),
            Keep::SessionId => self.1.issue(question, now),
        }
    }

    fn forget(&self, session_id: &[u8]) {
        self.0.forget(session_id);
        self.1.forget(session_id);
    }

    fn resume(&self, name: SessionName<'_>, now: UnixTime) -> Option<Found> {
        match name {
            SessionName::Ticket(_) => self.0.resume(name, now),
            SessionName::Id(_) => self.1.resume(name, now),
        }
    }
}
