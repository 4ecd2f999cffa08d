//! Whoever keeps sessions on a server.

use super::{IssueQuestion, ResumeQuestion};
use alloc::vec::Vec;
use pki_types::UnixTime;
use zeroize::Zeroizing;

/// Keeps the sessions of a server, in tickets or under session IDs, or both.
///
/// What is kept is [`IssueQuestion::state`]; it contains the secret of the session. Whether a state that comes back is still
/// good, the engine checks: its age, the trust it was made under, the host name, the suite.
pub trait KeepSessions: Send + Sync {
    /// Whether sessions are kept by clients, in tickets (RFC 5077).
    fn tickets(&self) -> bool;

    /// Whether sessions are kept here, under session IDs (RFC 5246 §7.3).
    fn session_ids(&self) -> bool;

    /// Keeps a session. [`IssueQuestion::keep`] says how.
    fn issue(&self, question: &IssueQuestion, now: UnixTime) -> Kept;

    /// A connection of the session with this ID has failed: it is not resumed any more (RFC 5246 §7.2.2). Who keeps sessions in
    /// tickets cannot take them back.
    fn forget(&self, session_id: &[u8]) {
        let _ = session_id;
    }

    /// What was kept behind what a client offers.
    fn resume(&self, question: &ResumeQuestion, now: UnixTime) -> Option<Found>;
}

/// What became of a session.
#[derive(Clone, Debug)]
pub enum Kept {
    /// It is in this ticket, at most 65,535 bytes.
    Ticket(Vec<u8>),
    /// It is stored under its ID.
    Stored,
    /// It is not kept.
    Nothing,
}

/// A state that was kept.
pub struct Found {
    /// What [`IssueQuestion::state`] gave.
    pub state: Zeroizing<Vec<u8>>,
    /// Whether the client shall have a new ticket.
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
            handfast_handshake::Keep::Ticket => self.0.issue(question, now),
            handfast_handshake::Keep::SessionId => self.1.issue(question, now),
        }
    }

    fn forget(&self, session_id: &[u8]) {
        self.0.forget(session_id);
        self.1.forget(session_id);
    }

    fn resume(&self, question: &ResumeQuestion, now: UnixTime) -> Option<Found> {
        match question.ticket() {
            Some(_) => self.0.resume(question, now),
            None => self.1.resume(question, now),
        }
    }
}
