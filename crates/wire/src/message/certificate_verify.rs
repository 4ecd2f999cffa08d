//! CertificateVerify (RFC 9846 §4.5.2, RFC 5246 §7.4.8).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType, Reader, SignatureScheme};

/// The proof that the sender of a Certificate holds its key.
///
/// ```text
/// algorithm   2
/// signature   2 + 0..65535
/// ```
///
/// RFC 9846 §4.5.2, and RFC 5246 §7.4.8 with §4.7, where only a client sends it and the first field is a pair of hash and
/// signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateVerify<'a> {
    /// How it is signed.
    pub scheme: SignatureScheme,
    /// The signature over the transcript.
    pub signature: &'a [u8],
}

impl<'a> CertificateVerify<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let verify =
            Self { scheme: SignatureScheme(r.u16("algorithm")?), signature: r.vec16("signature", 0..=0xffff)? };
        r.finish("CertificateVerify")?;
        Ok(verify)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::CERTIFICATE_VERIFY, |w| {
            w.u16(self.scheme.0);
            w.opaque16(self.signature)
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
            check(
                Message::CertificateVerify(CertificateVerify { scheme: SignatureScheme::ED25519, signature: &[3; 64] }),
                "0f 000044 0807 0040 03*64",
            );
            check(
                Message::CertificateVerify(CertificateVerify { scheme: SignatureScheme::ED448, signature: &[] }),
                "0f 000004 0808 0000",
            );
        }
    }
}
