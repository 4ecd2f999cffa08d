//! Certificate of TLS 1.3 (RFC 9846 §4.5.1).

use alloc::vec::Vec;

use super::frame;
use crate::{DecodeError, EncodeError, Extensions, HandshakeType, Item, List, Place, Reader, Writer};

/// A certificate chain, the sender's own certificate first.
///
/// ```text
/// certificate_request_context   1 + 0..255
/// certificate_list              3 + 0..16777215
///   cert_data                   3 + 1..16777215
///   extensions                  2 + 0..65535
/// ```
///
/// RFC 9846 §4.5.1. The list is empty if a client has no certificate to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    /// The context of the CertificateRequest this answers; empty from a server. 0 to 255 bytes.
    pub context: &'a [u8],
    /// The certificates, each with its extensions.
    pub entries: List<'a, CertificateEntry<'a>>,
}

impl<'a> Certificate<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let certificate = Self {
            context: r.vec8("certificate_request_context", 0..=255)?,
            entries: List::read(r.vec24("certificate_list", 0..=0xff_ffff)?, "certificate_list")?,
        };
        r.finish("Certificate")?;
        Ok(certificate)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::CERTIFICATE, |w| {
            w.opaque8(self.context)?;
            w.vec24(|w| self.entries.write(w))
        })
    }
}

/// One certificate of a [`Certificate`] message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateEntry<'a> {
    /// An X.509 certificate or, where raw public keys were negotiated, a SubjectPublicKeyInfo, in DER; not empty.
    pub data: &'a [u8],
    /// What belongs to this certificate, such as its OCSP response.
    pub extensions: Extensions<'a>,
}

impl<'a> Item<'a> for CertificateEntry<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            data: r.vec24("cert_data", 1..=0xff_ffff)?,
            extensions: Extensions::read(r.vec16("extensions", 0..=0xffff)?, Place::CertificateEntry)?,
        })
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque24(self.data)?;
        self.extensions.write(w)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use crate::testing::{check_message, hex};

    #[test]
    fn round_trip() {
        let status = hex("0005 0006 01 000002 3000");
        let leaf = CertificateEntry {
            data: &[0x30, 1, 2],
            extensions: Extensions::read(&status, Place::CertificateEntry).unwrap(),
        };
        let issuer = CertificateEntry { data: &[0x30], extensions: Extensions::default() };
        check_message(
            Message::Certificate(Certificate { context: &[7], entries: List::from(&[leaf, issuer]) }),
            "0b 00001d 01 07 000018 000003 300102 000a 0005 0006 01 000002 3000 000001 30 0000",
        );
        check_message(
            Message::Certificate(Certificate { context: &[], entries: List::default() }),
            "0b 000004 00 000000",
        );
    }

    #[test]
    fn a_certificate_is_not_empty() {
        let body = hex("00 000005 000000 0000");
        assert_eq!(Certificate::read(&body), Err(DecodeError::Length("cert_data")));
    }
}
