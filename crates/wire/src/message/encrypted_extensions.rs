//! EncryptedExtensions (RFC 9846 §4.4.1).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, Extensions, HandshakeType, Place, Reader};

/// The server's answers to extensions that need not be in the clear.
///
/// ```text
/// extensions   2 + 0..65535
/// ```
///
/// RFC 9846 §4.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptedExtensions<'a> {
    /// The answers, possibly none.
    pub extensions: Extensions<'a>,
}

impl<'a> EncryptedExtensions<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let block = r.vec16("extensions", 0..=0xffff)?;
        r.finish("EncryptedExtensions")?;
        Ok(Self { extensions: Extensions::read(block, Place::EncryptedExtensions)? })
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::ENCRYPTED_EXTENSIONS, |w| self.extensions.write(w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::{check_message, hex};

    #[test]
    fn round_trip() {
        let block = hex("002a 0000  1a1a 0001 00");
        let extensions = Extensions::read(&block, Place::EncryptedExtensions).unwrap();
        check_message(
            Message::EncryptedExtensions(EncryptedExtensions { extensions }),
            "08 00000b 0009 002a 0000 1a1a 0001 00",
        );
        check_message(
            Message::EncryptedExtensions(EncryptedExtensions { extensions: Extensions::default() }),
            "08 000002 0000",
        );
    }
}
