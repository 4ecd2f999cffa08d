//! Questions about sessions: which one a client offers, and what it shall offer next time.

use super::{Answer, QuestionId, Reply};
use crate::Session;
use alloc::{boxed::Box, string::String, vec::Vec};

/// Is there a session behind what the client offers?
///
/// Whatever the answer, the machine checks whether the session fits this connection; one that does not is passed over.
#[derive(Debug)]
pub struct ResumeQuestion {
    pub(crate) id: QuestionId,
    pub(crate) session_id: Vec<u8>,
    pub(crate) ticket: Option<Vec<u8>>,
    pub(crate) server_name: Option<String>,
}

impl ResumeQuestion {
    /// The session ID, 0 to 32 bytes. Beside a ticket it is only what the client wants to hear back.
    pub fn session_id(&self) -> &[u8] {
        &self.session_id
    }

    /// The ticket, if there is one.
    pub fn ticket(&self) -> Option<&[u8]> {
        self.ticket.as_deref()
    }

    /// The host name the client asks for.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Offers `session`. With `renew` the client gets a new ticket, where it takes any.
    pub fn resume(self, session: Session, renew: bool) -> Answer {
        Answer { id: self.id, reply: Reply::Resume(Some(Box::new(Candidate { session, renew }))) }
    }

    /// There is none: the handshake is a full one.
    pub fn fresh(self) -> Answer {
        Answer { id: self.id, reply: Reply::Resume(None) }
    }
}

/// A session that may be resumed.
pub(crate) struct Candidate {
    pub(crate) session: Session,
    pub(crate) renew: bool,
}

/// What shall the client resume this session with?
#[derive(Debug)]
pub struct IssueQuestion {
    pub(crate) id: QuestionId,
    pub(crate) session: Box<Session>,
    pub(crate) keep: Keep,
}

/// How a session is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// By the client, in a ticket.
    Ticket,
    /// By this side, under [`Session::id`].
    SessionId,
}

/// What became of a session.
pub(crate) enum Issued {
    Ticket { ticket: Vec<u8>, lifetime: u32 },
    Stored,
    Nothing,
}

impl IssueQuestion {
    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// How it is to be kept.
    pub fn keep(&self) -> Keep {
        self.keep
    }

    /// It is in this ticket, sealed so that nobody else can read or make one, which is good for `lifetime` seconds; 0 says
    /// nothing about that. A ticket longer than 65,535 bytes is none.
    pub fn ticket(self, ticket: Vec<u8>, lifetime: u32) -> Answer {
        let fits = ticket.len() <= 0xffff;
        let issued = if fits { Issued::Ticket { ticket, lifetime } } else { Issued::Nothing };
        Answer { id: self.id, reply: Reply::Issued(issued) }
    }

    /// It is stored under its session ID.
    pub fn stored(self) -> Answer {
        Answer { id: self.id, reply: Reply::Issued(Issued::Stored) }
    }

    /// It is not kept.
    pub fn none(self) -> Answer {
        Answer { id: self.id, reply: Reply::Issued(Issued::Nothing) }
    }
}
