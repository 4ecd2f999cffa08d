//! CompressedCertificate (RFC 8879 §4).

use alloc::vec::Vec;

use super::frame;
use crate::{CompressionAlgorithm, DecodeError, EncodeError, HandshakeType, Reader};

/// A Certificate message, compressed.
///
/// ```text
/// algorithm                        2
/// uncompressed_length              3
/// compressed_certificate_message   3 + 1..16777215
/// ```
///
/// RFC 8879 §4. Read by its structure only. How much may come out, and that it must be as long as it says, is for whoever
/// decompresses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompressedCertificate<'a> {
    /// How it is compressed.
    pub algorithm: CompressionAlgorithm,
    /// The length of the body of the Certificate message that will come out, in bytes; less than 2²⁴.
    pub uncompressed_length: u32,
    /// The compressed body.
    pub compressed: &'a [u8],
}

impl<'a> CompressedCertificate<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let certificate = Self {
            algorithm: CompressionAlgorithm(r.u16("algorithm")?),
            uncompressed_length: r.u24("uncompressed_length")?,
            compressed: r.vec24("compressed_certificate_message", 1..=0xff_ffff)?,
        };
        r.finish("CompressedCertificate")?;
        Ok(certificate)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::COMPRESSED_CERTIFICATE, |w| {
            w.u16(self.algorithm.0);
            w.u24(self.uncompressed_length)?;
            w.opaque24(self.compressed)
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
        check_message(
            Message::CompressedCertificate(CompressedCertificate {
                algorithm: CompressionAlgorithm::ZSTD,
                uncompressed_length: 0x01_0203,
                compressed: &[4, 5],
            }),
            "19 00000a 0003 010203 000002 0405",
        );
    }

    #[test]
    fn one_byte_is_something() {
        let body = hex("0001 000001 000001 00");
        assert_eq!(CompressedCertificate::read(&body).map(|message| message.compressed), Ok(&[0][..]));
    }

    #[test]
    fn something_must_be_compressed() {
        let body = hex("0001 000001 000000");
        assert_eq!(CompressedCertificate::read(&body), Err(DecodeError::Length("compressed_certificate_message")));
    }

    #[test]
    fn a_length_of_four_bytes_is_not_written() {
        let mut out = Vec::from([1, 2]);
        let message = CompressedCertificate {
            algorithm: CompressionAlgorithm::ZLIB,
            uncompressed_length: 0x0100_0000,
            compressed: &[0],
        };
        assert_eq!(message.write(&mut out), Err(EncodeError { len: 0x0100_0000, max: 0xff_ffff }));
        assert_eq!(out, [1, 2], "nothing of it stays");
    }
}
