//! HelloRequest (RFC 5246 §7.4.1.1).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType, Reader};

/// The server's wish for a renegotiation. Its body is empty (RFC 5246 §7.4.1.1).
///
/// It is the one message that is left out of the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelloRequest;

impl HelloRequest {
    /// Reads the body of the message.
    pub fn read(body: &[u8]) -> Result<Self, DecodeError> {
        Reader::new(body).finish("HelloRequest")?;
        Ok(Self)
    }

    /// Appends the message, which is its header.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::HELLO_REQUEST, |_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::check_message12;

    #[test]
    fn round_trip() {
        check_message12(Message::HelloRequest(HelloRequest), "00 000000");
    }

    #[test]
    fn it_has_no_body() {
        assert_eq!(HelloRequest::read(&[0]), Err(DecodeError::Trailing("HelloRequest")));
    }
}
