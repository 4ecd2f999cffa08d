//! ServerHelloDone (RFC 5246 §7.4.5).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType, Reader};

/// The end of the server's first flight. Its body is empty (RFC 5246 §7.4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerHelloDone;

impl ServerHelloDone {
    /// Reads the body of the message.
    pub fn read(body: &[u8]) -> Result<Self, DecodeError> {
        Reader::new(body).finish("ServerHelloDone")?;
        Ok(Self)
    }

    /// Appends the message, which is its header.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::SERVER_HELLO_DONE, |_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::check_message12;

    #[test]
    fn round_trip() {
        check_message12(Message::ServerHelloDone(ServerHelloDone), "0e 000000");
    }

    #[test]
    fn it_has_no_body() {
        assert_eq!(ServerHelloDone::read(&[0]), Err(DecodeError::Trailing("ServerHelloDone")));
    }
}
