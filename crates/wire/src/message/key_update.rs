//! KeyUpdate (RFC 9846 §4.7.3).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType, KeyUpdateRequest, Reader};

/// The sender's change to its next keys.
///
/// ```text
/// request_update   1, either 0 or 1
/// ```
///
/// RFC 9846 §4.7.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUpdate {
    /// Whether the receiver shall change its keys too.
    pub request: KeyUpdateRequest,
}

impl KeyUpdate {
    /// Reads the body of the message.
    pub fn read(body: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let request = KeyUpdateRequest(r.u8("request_update")?);
        r.finish("KeyUpdate")?;
        // RFC 9846 §4.7.3: any other value ends the connection with illegal_parameter.
        match request {
            KeyUpdateRequest::UPDATE_NOT_REQUESTED | KeyUpdateRequest::UPDATE_REQUESTED => Ok(Self { request }),
            _ => Err(DecodeError::Value("request_update")),
        }
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::KEY_UPDATE, |w| {
            w.u8(self.request.0);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::check_message;

    #[test]
    fn round_trip() {
        for (request, raw) in [
            (KeyUpdateRequest::UPDATE_NOT_REQUESTED, "18 000001 00"),
            (KeyUpdateRequest::UPDATE_REQUESTED, "18 000001 01"),
        ] {
            check_message(Message::KeyUpdate(KeyUpdate { request }), raw);
        }
    }

    #[test]
    fn there_are_two_requests() {
        for value in 2..=255 {
            assert_eq!(KeyUpdate::read(&[value]), Err(DecodeError::Value("request_update")));
        }
    }
}
