//! The question whether early data is taken (RFC 9846 §8).

use super::{Answer, QuestionId, Reply};
use crate::EarlyRefusal;
use alloc::{sync::Arc, vec::Vec};

/// May what the client sends before the end of the handshake be acted on?
///
/// Whoever records the flight can send it again. This is asked once the binder is verified and everything else allows it, and
/// is the one place where a ticket is taken or a replay is recorded.
#[derive(Debug)]
pub struct EarlyDataQuestion {
    pub(crate) id: QuestionId,
    pub(crate) binder: Vec<u8>,
    pub(crate) ticket: Vec<u8>,
    pub(crate) protocol: Option<Vec<u8>>,
    pub(crate) server_name: Option<Arc<str>>,
    pub(crate) expires: u64,
}

impl EarlyDataQuestion {
    /// The binder, which was verified; 32 to 48 bytes. Two flights with the same binder are the same flight.
    pub fn binder(&self) -> &[u8] {
        &self.binder
    }

    /// The ticket that is resumed.
    pub fn ticket(&self) -> &[u8] {
        &self.ticket
    }

    /// The application protocol.
    pub fn protocol(&self) -> Option<&[u8]> {
        self.protocol.as_deref()
    }

    /// The host name the client asks for.
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// From when on a replay of this flight is refused by the age of its ticket alone, in milliseconds since 1970.
    pub fn expires(&self) -> u64 {
        self.expires
    }

    /// It is taken.
    pub fn accept(self) -> Answer {
        Answer { id: self.id, reply: Reply::EarlyData(Ok(())) }
    }

    /// It is not taken; the handshake goes on without it.
    pub fn refuse(self, why: EarlyRefusal) -> Answer {
        Answer { id: self.id, reply: Reply::EarlyData(Err(why)) }
    }
}
