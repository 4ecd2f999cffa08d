//! Finished (RFC 9846 §4.5.3).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType};

/// The MAC over the whole handshake.
///
/// ```text
/// verify_data   all of the body
/// ```
///
/// RFC 9846 §4.5.3. Its length is that of the suite's hash, in TLS 1.2 twelve bytes (RFC 5246 §7.4.9). This crate knows no
/// suites, so the length is left to the comparison, which must cover it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished<'a> {
    /// The MAC.
    pub verify_data: &'a [u8],
}

impl<'a> Finished<'a> {
    /// Reads the body of the message, which may have any length.
    pub const fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self { verify_data: body })
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::FINISHED, |w| {
            w.bytes(self.verify_data);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::{check_message, check_message12};

    #[test]
    fn round_trip_in_both_versions() {
        for check in [check_message, check_message12] {
            check(Message::Finished(Finished { verify_data: &[6; 32] }), "14 000020 06*32");
            check(Message::Finished(Finished { verify_data: &[] }), "14 000000");
        }
    }
}
