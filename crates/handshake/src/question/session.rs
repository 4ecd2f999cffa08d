//! Questions about sessions: which one a client offers, and what it shall offer next time.

use super::{Answer, QuestionId, Reply};
use crate::{EarlyRefusal, ExternalPsk, NotResumed, Session};
use alloc::{boxed::Box, sync::Arc, vec::Vec};

/// Is there a session, or a key, behind what the client offers?
///
/// Whatever the answer, the machine checks whether it fits this connection; what does not is passed over.
#[derive(Debug)]
pub struct ResumeQuestion {
    pub(crate) id: QuestionId,
    pub(crate) offers: Vec<Offer>,
    pub(crate) server_name: Option<Arc<str>>,
}

/// One thing that a client offers to resume with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// TLS 1.2: a session ID, 1 to 32 bytes.
    SessionId(Vec<u8>),
    /// TLS 1.2: a ticket (RFC 5077).
    Ticket(Vec<u8>),
    /// TLS 1.3: a ticket, or the name of an external key.
    Identity {
        /// 1 to 65,535 bytes of any value.
        identity: Vec<u8>,
        /// How old the client takes the ticket to be, hidden (RFC 9846 §4.3.11.1).
        obfuscated_age: u32,
    },
}

impl Offer {
    /// The bytes by which a session or a key is known.
    pub fn name(&self) -> &[u8] {
        match self {
            Self::SessionId(name) | Self::Ticket(name) | Self::Identity { identity: name, .. } => name,
        }
    }
}

impl ResumeQuestion {
    /// Which question it is.
    pub fn id(&self) -> QuestionId {
        self.id
    }

    /// What the client offers, in its order: in TLS 1.2 a ticket or a session ID, in TLS 1.3 up to [`MAX_IDENTITIES`]
    /// identities.
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// The host name the client asks for.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// These are what there is, the preferred first. `otherwise` is why the handshake is a full one if none of them fits.
    pub fn candidates(self, candidates: Vec<Candidate>, otherwise: NotResumed) -> Answer {
        Answer { id: self.id, reply: Reply::Resume { candidates, otherwise } }
    }

    /// There is nothing: the handshake is a full one.
    pub fn fresh(self) -> Answer {
        self.candidates(Vec::new(), NotResumed::Unknown)
    }
}

/// How many identities of a client are looked at: each may cost a look into a store.
pub const MAX_IDENTITIES: usize = 8;

/// Something that may be resumed with.
#[derive(Debug)]
pub struct Candidate {
    /// Which of the offers it stands behind, counted from zero.
    pub at: usize,
    /// What it is.
    pub what: Resumable,
}

/// What a handshake can begin with instead of a certificate.
#[derive(Debug)]
pub enum Resumable {
    /// A session.
    Session {
        /// The session.
        session: Box<Session>,
        /// TLS 1.2: the client shall have a new ticket, where it takes any.
        renew: bool,
        /// TLS 1.3: whether its age allows early data, and until when it would, in milliseconds since 1970 (RFC 9846 §8.3).
        fresh: Result<u64, EarlyRefusal>,
    },
    /// TLS 1.3: an external pre-shared key.
    External(ExternalPsk),
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
    /// By this side, under [`Session::id`]. In TLS 1.3 that is what the client gets for a ticket.
    SessionId,
}

/// What became of a session.
pub(crate) enum Issued {
    Ticket { ticket: Vec<u8>, lifetime: u32 },
    Stored { lifetime: u32 },
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

    /// It is in this ticket, sealed so that nobody else can read or make one, which is good for `lifetime` seconds; in TLS
    /// 1.2 0 says nothing about that. A ticket longer than 65,535 bytes is none.
    pub fn ticket(self, ticket: Vec<u8>, lifetime: u32) -> Answer {
        let fits = (1..=0xffff).contains(&ticket.len());
        let issued = if fits { Issued::Ticket { ticket, lifetime } } else { Issued::Nothing };
        Answer { id: self.id, reply: Reply::Issued(issued) }
    }

    /// It is stored under its session ID, for `lifetime` seconds.
    pub fn stored(self, lifetime: u32) -> Answer {
        Answer { id: self.id, reply: Reply::Issued(Issued::Stored { lifetime }) }
    }

    /// It is not kept.
    pub fn none(self) -> Answer {
        Answer { id: self.id, reply: Reply::Issued(Issued::Nothing) }
    }
}
