//! ticket_request (RFC 9149).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

/// How many tickets a client wants.
///
/// ```text
/// new_session_count   1
/// resumption_count    1
/// ```
///
/// RFC 9149 §3, `ClientTicketRequest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketRequest {
    /// How many if the handshake makes a new session.
    pub new_session_count: u8,
    /// How many if the handshake resumes one.
    pub resumption_count: u8,
}

impl<'a> Extension<'a> for TicketRequest {
    const TYPE: ExtensionType = ExtensionType::TICKET_REQUEST;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { new_session_count: r.u8("new_session_count")?, resumption_count: r.u8("resumption_count")? })
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.new_session_count);
        w.u8(self.resumption_count);
        Ok(())
    }
}

/// How many tickets a server is about to send.
///
/// ```text
/// expected_count   1
/// ```
///
/// RFC 9149 §3, `ServerTicketRequestHint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketRequestHint {
    /// How many.
    pub expected_count: u8,
}

impl<'a> Extension<'a> for TicketRequestHint {
    const TYPE: ExtensionType = ExtensionType::TICKET_REQUEST;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { expected_count: r.u8("expected_count")? })
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.expected_count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_extension;

    #[test]
    fn round_trip() {
        check_extension(TicketRequest { new_session_count: 2, resumption_count: 1 }, "0201");
        check_extension(TicketRequestHint { expected_count: 2 }, "02");
    }
}
