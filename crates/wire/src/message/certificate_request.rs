//! CertificateRequest of TLS 1.3 (RFC 9846 §4.4.2).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, Extensions, HandshakeType, Place, Reader};

/// The server's wish for a client certificate.
///
/// ```text
/// certificate_request_context   1 + 0..255
/// extensions                    2 + 0..65535
/// ```
///
/// RFC 9846 §4.4.2. RFC 8446 had at least 2 bytes of extensions; §1.2 corrects that to 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateRequest<'a> {
    /// What the answering Certificate will repeat: empty in the handshake, unique after it; 0 to 255 bytes.
    pub context: &'a [u8],
    /// Which certificate would do; `signature_algorithms` is always among them.
    pub extensions: Extensions<'a>,
}

impl<'a> CertificateRequest<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let request = Self {
            context: r.vec8("certificate_request_context", 0..=255)?,
            extensions: Extensions::read(r.vec16("extensions", 0..=0xffff)?, Place::CertificateRequest)?,
        };
        r.finish("CertificateRequest")?;
        Ok(request)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::CERTIFICATE_REQUEST, |w| {
            w.opaque8(self.context)?;
            self.extensions.write(w)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::{check_message, hex};

    #[test]
    fn round_trip() {
        let block = hex("000d 0004 0002 0403");
        let extensions = Extensions::read(&block, Place::CertificateRequest).unwrap();
        check_message(
            Message::CertificateRequest(CertificateRequest { context: &[9, 8], extensions }),
            "0d 00000d 02 0908 0008 000d 0004 0002 0403",
        );
    }

    /// RFC 9846 §1.2 corrects the lower bound.
    #[test]
    fn the_extensions_may_be_empty() {
        check_message(
            Message::CertificateRequest(CertificateRequest { context: &[], extensions: Extensions::default() }),
            "0d 000003 00 0000",
        );
    }
}
