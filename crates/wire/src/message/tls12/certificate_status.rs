//! CertificateStatus (RFC 6066 §8).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, Extension, HandshakeType, Reader, extension};

/// The status of the server's certificate, which follows the Certificate message if the client wished for it.
///
/// ```text
/// status_type   1   ocsp
/// response      3 + 1..16777215
/// ```
///
/// RFC 6066 §8. TLS 1.3 has made [an extension](extension::CertificateStatus) of it, which has the same body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateStatus<'a>(
    /// The DER encoding of an `OCSPResponse` (RFC 6960 §4.2.1); not empty.
    pub &'a [u8],
);

impl<'a> CertificateStatus<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let extension::CertificateStatus(response) = Extension::read(&mut r)?;
        r.finish("CertificateStatus")?;
        Ok(Self(response))
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::CERTIFICATE_STATUS, |w| extension::CertificateStatus(self.0).write(w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::{check_message12, hex};

    #[test]
    fn round_trip() {
        check_message12(Message::CertificateStatus(CertificateStatus(&[0x30, 0])), "16 000006 01 000002 3000");
    }

    #[test]
    fn bounds() {
        for (body, error) in [
            ("02 000001 30", DecodeError::Value("status_type")),
            ("01 000000", DecodeError::Length("OCSPResponse")),
            ("01 000001 30 00", DecodeError::Trailing("CertificateStatus")),
        ] {
            assert_eq!(CertificateStatus::read(&hex(body)), Err(error), "{body}");
        }
    }
}
