//! HelloRetryRequest (RFC 9846 §4.2.4).

use alloc::vec::Vec;

use super::frame;
use crate::{CipherSuite, DecodeError, EncodeError, Extensions, HandshakeType, Place, ProtocolVersion, Reader};

/// The random that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (RFC 9846 §4.2.3).
pub const HELLO_RETRY_REQUEST_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The server's wish for a second ClientHello.
///
/// ```text
/// legacy_version               2
/// random                      32   HELLO_RETRY_REQUEST_RANDOM
/// legacy_session_id_echo       1 + 0..32
/// cipher_suite                 2
/// legacy_compression_method    1
/// extensions                   2 + 6..65535
/// ```
///
/// On the wire a ServerHello with a fixed random, which is therefore not a field here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HelloRetryRequest<'a> {
    /// TLS 1.2.
    pub legacy_version: ProtocolVersion,
    /// The client's session id again, 0 to 32 bytes.
    pub session_id: &'a [u8],
    /// The suite the ServerHello will select.
    pub cipher_suite: CipherSuite,
    /// Zero.
    pub compression_method: u8,
    /// What the second ClientHello shall change.
    pub extensions: Extensions<'a>,
}

impl<'a> HelloRetryRequest<'a> {
    /// Reads the body of the message. Another random than [`HELLO_RETRY_REQUEST_RANDOM`] is an illegal value.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let legacy_version = ProtocolVersion(r.u16("legacy_version")?);
        if r.array("random")? != HELLO_RETRY_REQUEST_RANDOM {
            return Err(DecodeError::Value("random"));
        }
        let request = Self {
            legacy_version,
            session_id: r.vec8("legacy_session_id_echo", 0..=32)?,
            cipher_suite: CipherSuite(r.u16("cipher_suite")?),
            compression_method: r.u8("legacy_compression_method")?,
            extensions: Extensions::read(r.vec16("extensions", 6..=0xffff)?, Place::HelloRetryRequest)?,
        };
        r.finish("HelloRetryRequest")?;
        Ok(request)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::SERVER_HELLO, |w| {
            w.u16(self.legacy_version.0);
            w.bytes(&HELLO_RETRY_REQUEST_RANDOM);
            w.opaque8(self.session_id)?;
            w.u16(self.cipher_suite.0);
            w.u8(self.compression_method);
            self.extensions.write(w)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;
    use crate::Message;
    use crate::testing::{check_message, hex};

    const RANDOM: &str = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

    #[test]
    fn round_trip() {
        let block = hex("002b 0002 0304  0033 0002 0017");
        check_message(
            Message::HelloRetryRequest(HelloRetryRequest {
                legacy_version: ProtocolVersion::TLS1_2,
                session_id: &[],
                cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
                compression_method: 0,
                extensions: Extensions::read(&block, Place::HelloRetryRequest).unwrap(),
            }),
            &format!("02 000034 0303 {RANDOM} 00 1301 00 000c 002b 0002 0304 0033 0002 0017"),
        );
    }

    #[test]
    fn it_must_have_extensions_and_the_random() {
        let read =
            |random: &str, rest: &str| HelloRetryRequest::read(&hex(&format!("0303 {random} {rest}"))).map(|_| ());
        assert_eq!(read(RANDOM, "00 1301 00"), Err(DecodeError::Truncated("extensions")));
        assert_eq!(read(RANDOM, "00 1301 00 0000"), Err(DecodeError::Length("extensions")));
        assert_eq!(read(RANDOM, "00 1301 00 0005 fafa 0001 00"), Err(DecodeError::Length("extensions")));
        assert_eq!(
            read(RANDOM, "21 00*33 1301 00 0006 002b 0002 0304"),
            Err(DecodeError::Length("legacy_session_id_echo"))
        );
        let other = RANDOM.replace("9c", "9d");
        assert_eq!(read(&other, "00 1301 00 0006 002b 0002 0304"), Err(DecodeError::Value("random")));
        assert_eq!(read(RANDOM, "00 1301 00 0006 002b 0002 0304"), Ok(()));
    }
}
