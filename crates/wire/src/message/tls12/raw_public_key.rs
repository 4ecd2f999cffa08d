//! Certificate of TLS 1.2 where raw public keys were negotiated (RFC 7250 §3).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType, Reader};

/// A public key in the place of a certificate chain.
///
/// ```text
/// ASN.1_subjectPublicKeyInfo   3 + 0..16777215
/// ```
///
/// RFC 7250 §3. There a key has at least one byte, and nothing is said of a client that has none to show. What RFC 5246
/// §7.4.6 has it send, an empty list, is the same three bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawPublicKey<'a> {
    /// A SubjectPublicKeyInfo in DER, or nothing.
    pub spki: &'a [u8],
}

impl<'a> RawPublicKey<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let spki = r.vec24("ASN.1_subjectPublicKeyInfo", 0..=0xff_ffff)?;
        r.finish("Certificate")?;
        Ok(Self { spki })
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::CERTIFICATE, |w| w.opaque24(self.spki))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_message_in, hex};
    use crate::{Dialect, Message};

    #[test]
    fn round_trip() {
        for (spki, raw) in [(&[0x30, 1, 2][..], "0b 000006 000003 300102"), (&[], "0b 000003 000000")] {
            check_message_in(Dialect::Tls12RawKey, Message::RawPublicKey12(RawPublicKey { spki }), raw);
        }
    }

    #[test]
    fn one_key_and_nothing_else() {
        for (body, error) in [
            ("000002 30", DecodeError::Truncated("ASN.1_subjectPublicKeyInfo")),
            ("000001 30 00", DecodeError::Trailing("Certificate")),
        ] {
            assert_eq!(RawPublicKey::read(&hex(body)), Err(error), "{body}");
        }
    }
}
