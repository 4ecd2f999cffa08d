//! EndOfEarlyData (RFC 9846 §4.6).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType, Reader};

/// The end of 0-RTT data. Its body is empty (RFC 9846 §4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndOfEarlyData;

impl EndOfEarlyData {
    /// Reads the body of the message.
    pub fn read(body: &[u8]) -> Result<Self, DecodeError> {
        Reader::new(body).finish("EndOfEarlyData")?;
        Ok(Self)
    }

    /// Appends the message, which is its header.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::END_OF_EARLY_DATA, |_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::check_message;

    #[test]
    fn round_trip() {
        check_message(Message::EndOfEarlyData(EndOfEarlyData), "05 000000");
    }
}
