//! Certificate of TLS 1.2 (RFC 5246 §7.4.2, §7.4.6).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, HandshakeType, Item, List, Reader, Writer};

/// A certificate chain, the sender's own certificate first.
///
/// ```text
/// certificate_list   3 + 0..16777215
///   ASN.1Cert        3 + 1..16777215
/// ```
///
/// RFC 5246 §7.4.2. The list is empty if a client has no certificate to show (§7.4.6).
///
/// Where raw public keys were negotiated the body is another, [`RawPublicKey`](super::RawPublicKey).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    /// The certificates.
    pub certificates: List<'a, CertificateData<'a>>,
}

impl<'a> Certificate<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let certificates = List::read(r.vec24("certificate_list", 0..=0xff_ffff)?, "certificate_list")?;
        r.finish("Certificate")?;
        Ok(Self { certificates })
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::CERTIFICATE, |w| w.vec24(|w| self.certificates.write(w)))
    }
}

/// One certificate of a [`Certificate`] message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateData<'a>(
    /// An X.509 certificate in DER; not empty.
    pub &'a [u8],
);

impl<'a> Item<'a> for CertificateData<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.vec24("ASN.1Cert", 1..=0xff_ffff).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque24(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::{check_message12, hex};

    #[test]
    fn round_trip() {
        let chain = [CertificateData(&[0x30, 1, 2]), CertificateData(&[0x30])];
        check_message12(
            Message::Certificate12(Certificate { certificates: List::from(&chain) }),
            "0b 00000d 00000a 000003 300102 000001 30",
        );
        check_message12(Message::Certificate12(Certificate { certificates: List::EMPTY }), "0b 000003 000000");
    }

    #[test]
    fn bounds() {
        for (body, error) in [
            ("000003 000000", DecodeError::Length("ASN.1Cert")),
            ("000004 000002 30", DecodeError::Length("certificate_list")),
            ("000005 000001 30", DecodeError::Truncated("certificate_list")),
            ("000004 000001 30 00", DecodeError::Trailing("Certificate")),
        ] {
            assert_eq!(Certificate::read(&hex(body)), Err(error), "{body}");
        }
    }
}
