//! session_ticket (RFC 5077 §3.2).

use super::{Extension, empty_extension};
use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

/// A ticket of TLS 1.2, or a client's wish for one.
///
/// ```text
/// ticket   all of the body
/// ```
///
/// RFC 5077 §3.2 and its erratum: the ticket has no length of its own. A server answers with [`SessionTicketAck`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTicket<'a>(
    /// The ticket, or nothing.
    pub &'a [u8],
);

impl<'a> Extension<'a> for SessionTicket<'a> {
    const TYPE: ExtensionType = ExtensionType::SESSION_TICKET;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self(r.rest()))
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.bytes(self.0);
        Ok(())
    }
}

empty_extension! {
    /// In a ServerHello of TLS 1.2 the server's word that NewSessionTicket will follow. Empty (RFC 5077 §3.2).
    SessionTicketAck = SESSION_TICKET
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, check_open_extension};

    #[test]
    fn round_trip() {
        check_open_extension(SessionTicket(&[]), "");
        check_open_extension(SessionTicket(&[1, 2, 3]), "010203");
        check_extension(SessionTicketAck, "");
    }
}
