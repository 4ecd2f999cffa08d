//! NewSessionTicket of TLS 1.2 (RFC 5077 §3.3).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType, Reader};

/// A ticket with which the client may resume the session.
///
/// ```text
/// ticket_lifetime_hint   4
/// ticket                 2 + 0..65535
/// ```
///
/// RFC 5077 §3.3. An empty ticket is none: the server has changed its mind since ServerHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSessionTicket<'a> {
    /// How long the ticket may be used, in seconds from its receipt; zero leaves it to the client.
    pub lifetime_hint: u32,
    /// What the client sends in `session_ticket`, or nothing.
    pub ticket: &'a [u8],
}

impl<'a> NewSessionTicket<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let ticket = Self { lifetime_hint: r.u32("ticket_lifetime_hint")?, ticket: r.vec16("ticket", 0..=0xffff)? };
        r.finish("NewSessionTicket")?;
        Ok(ticket)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::NEW_SESSION_TICKET, |w| {
            w.u32(self.lifetime_hint);
            w.opaque16(self.ticket)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::check_message12;

    #[test]
    fn round_trip() {
        check_message12(
            Message::NewSessionTicket12(NewSessionTicket { lifetime_hint: 300, ticket: b"ticket" }),
            "04 00000c 0000012c 0006 7469636b6574",
        );
        check_message12(
            Message::NewSessionTicket12(NewSessionTicket { lifetime_hint: 0, ticket: &[] }),
            "04 000006 00000000 0000",
        );
    }
}
