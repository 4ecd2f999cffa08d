//! CertificateRequest of TLS 1.2 (RFC 5246 §7.4.4).

use alloc::vec::Vec;

use super::frame;
use crate::extension::DistinguishedName;
use crate::{DecodeError, EncodeError, HandshakeType, List, Reader, SignatureScheme};

/// The server's wish for a client certificate.
///
/// ```text
/// certificate_types                1 + 1..255, one byte each
/// supported_signature_algorithms   2 + 2..65534, two bytes each
/// certificate_authorities          2 + 0..65535
///   DistinguishedName              2 + 1..65535
/// ```
///
/// RFC 5246 §7.4.4, which lacks the bounds of the signature algorithms; those are of `signature_algorithms` (§7.4.1.4.1),
/// the same list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateRequest<'a> {
    /// The kinds of certificates that would do, as numbers of the registry ClientCertificateType; 1 to 255 bytes.
    pub types: &'a [u8],
    /// How the client may sign, and its certificates may be signed; not empty.
    pub schemes: List<'a, SignatureScheme>,
    /// Those whose certificates the server can verify; if empty, it does not say.
    pub authorities: List<'a, DistinguishedName<'a>>,
}

impl<'a> CertificateRequest<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        const SCHEMES: &str = "supported_signature_algorithms";
        const AUTHORITIES: &str = "certificate_authorities";
        let mut r = Reader::new(body);
        let request = Self {
            types: r.vec8("certificate_types", 1..=255)?,
            schemes: List::read(r.vec16(SCHEMES, 2..=0xfffe)?, SCHEMES)?,
            authorities: List::read(r.vec16(AUTHORITIES, 0..=0xffff)?, AUTHORITIES)?,
        };
        r.finish("CertificateRequest")?;
        Ok(request)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::CERTIFICATE_REQUEST, |w| {
            w.opaque8(self.types)?;
            w.vec16(|w| self.schemes.write(w))?;
            w.vec16(|w| self.authorities.write(w))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::{check_message12, hex};

    #[test]
    fn round_trip() {
        let request = CertificateRequest {
            types: &[1, 64],
            schemes: List::from(&[SignatureScheme::ED25519, SignatureScheme::RSA_PKCS1_SHA256]),
            authorities: List::from(&[DistinguishedName(&[0x30, 0]), DistinguishedName(&[0x31])]),
        };
        check_message12(
            Message::CertificateRequest12(request),
            "0d 000012 02 0140 0004 0807 0401 0007 0002 3000 0001 31",
        );
        check_message12(
            Message::CertificateRequest12(CertificateRequest { authorities: List::EMPTY, ..request }),
            "0d 00000b 02 0140 0004 0807 0401 0000",
        );
    }

    #[test]
    fn bounds() {
        for (body, error) in [
            ("00 0002 0401 0000", DecodeError::Length("certificate_types")),
            ("01 01 0000 0000", DecodeError::Length("supported_signature_algorithms")),
            ("01 01 0003 040105 0000", DecodeError::Length("supported_signature_algorithms")),
            ("01 01 0002 0401 0002 0000", DecodeError::Length("DistinguishedName")),
            ("01 01 0002 0401 0003 0002 30", DecodeError::Length("certificate_authorities")),
            ("01 01 0002 0401", DecodeError::Truncated("certificate_authorities")),
            ("01 01 0002 0401 0000 00", DecodeError::Trailing("CertificateRequest")),
        ] {
            assert_eq!(CertificateRequest::read(&hex(body)), Err(error), "{body}");
        }
    }
}
