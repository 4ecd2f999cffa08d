//! NewSessionTicket of TLS 1.3 (RFC 9846 §4.7.1).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, Extensions, HandshakeType, Place, Reader};

/// A ticket with which the client may resume.
///
/// ```text
/// ticket_lifetime   4
/// ticket_age_add    4
/// ticket_nonce      1 + 0..255
/// ticket            2 + 1..65535
/// extensions        2 + 0..65535
/// ```
///
/// RFC 9846 §4.7.1; §1.2 corrects the upper bound of the extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewSessionTicket<'a> {
    /// How long the ticket may be used, in seconds from its issue. The syntax allows more than the RFC's seven days.
    pub lifetime: u32,
    /// What the client adds to the ticket's age, in milliseconds modulo 2³², to hide it.
    pub age_add: u32,
    /// Unique among the tickets of the connection; 0 to 255 bytes.
    pub nonce: &'a [u8],
    /// What the client sends as PSK identity; not empty.
    pub ticket: &'a [u8],
    /// `early_data`, if the ticket allows any.
    pub extensions: Extensions<'a>,
}

impl<'a> NewSessionTicket<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let ticket = Self {
            lifetime: r.u32("ticket_lifetime")?,
            age_add: r.u32("ticket_age_add")?,
            nonce: r.vec8("ticket_nonce", 0..=255)?,
            ticket: r.vec16("ticket", 1..=0xffff)?,
            extensions: Extensions::read(r.vec16("extensions", 0..=0xffff)?, Place::NewSessionTicket)?,
        };
        r.finish("NewSessionTicket")?;
        Ok(ticket)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::NEW_SESSION_TICKET, |w| {
            w.u32(self.lifetime);
            w.u32(self.age_add);
            w.opaque8(self.nonce)?;
            w.opaque16(self.ticket)?;
            self.extensions.write(w)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::{check_message, hex};

    #[test]
    fn round_trip() {
        let block = hex("002a 0004 00004000");
        check_message(
            Message::NewSessionTicket(NewSessionTicket {
                lifetime: 7200,
                age_add: 0x0102_0304,
                nonce: &[0],
                ticket: b"ticket",
                extensions: Extensions::read(&block, Place::NewSessionTicket).unwrap(),
            }),
            "04 00001c 00001c20 01020304 01 00 0006 7469636b6574 0008 002a 0004 00004000",
        );
    }

    #[test]
    fn the_least_ticket() {
        check_message(
            Message::NewSessionTicket(NewSessionTicket {
                lifetime: 0,
                age_add: 0,
                nonce: &[],
                ticket: &[1],
                extensions: Extensions::default(),
            }),
            "04 00000e 00000000 00000000 00 0001 01 0000",
        );
    }

    #[test]
    fn a_ticket_is_not_empty() {
        let body = hex("00000000 00000000 00 0000 0000");
        assert_eq!(NewSessionTicket::read(&body), Err(DecodeError::Length("ticket")));
    }
}
