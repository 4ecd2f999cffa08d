//! ServerHello (RFC 9846 §4.2.3).

use alloc::vec::Vec;

use super::{HELLO_RETRY_REQUEST_RANDOM, frame};
use crate::{
    CipherSuite, DecodeError, EncodeError, ExtensionType, Extensions, HandshakeType, Place, ProtocolVersion, Reader,
};

/// The last eight bytes of the random of a server that knows TLS 1.3 and selects TLS 1.2 (RFC 9846 §4.2.3).
pub const DOWNGRADE_TLS12: [u8; 8] = *b"DOWNGRD\x01";

/// The last eight bytes of the random of a server that selects TLS 1.1 or older (RFC 9846 §4.2.3).
pub const DOWNGRADE_TLS11: [u8; 8] = *b"DOWNGRD\x00";

/// The server's choice of version, suite and key exchange.
///
/// ```text
/// legacy_version               2
/// random                      32
/// legacy_session_id_echo       1 + 0..32
/// cipher_suite                 2
/// legacy_compression_method    1
/// extensions                   2 + 0..65535, may be missing altogether
/// ```
///
/// RFC 9846 §4.2.3 has at least 6 bytes of extensions, which `supported_versions` alone fills. A ServerHello without that
/// extension is one of TLS 1.2 (RFC 5246 §7.4.1.3), where there may be fewer or none, and others than in TLS 1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// The selected version, if that is TLS 1.2 or older; TLS 1.2 otherwise.
    pub legacy_version: ProtocolVersion,
    /// Fresh random bytes, the last eight of which may be a downgrade sentinel.
    pub random: [u8; 32],
    /// In TLS 1.3 the client's session id again, in TLS 1.2 the session's; 0 to 32 bytes.
    pub session_id: &'a [u8],
    /// The selected suite.
    pub cipher_suite: CipherSuite,
    /// The selected compression method; zero is none.
    pub compression_method: u8,
    /// The extensions; [`Extensions::ABSENT`] if there is no block.
    pub extensions: Extensions<'a>,
}

impl<'a> ServerHello<'a> {
    /// Reads the body of the message.
    ///
    /// Extensions are checked for the places of TLS 1.3 if `supported_versions` is among them, else for those of TLS 1.2.
    /// A HelloRetryRequest is not a ServerHello: its random is an illegal value here.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let hello = Self {
            legacy_version: ProtocolVersion(r.u16("legacy_version")?),
            random: r.array("random")?,
            session_id: r.vec8("legacy_session_id_echo", 0..=32)?,
            cipher_suite: CipherSuite(r.u16("cipher_suite")?),
            compression_method: r.u8("legacy_compression_method")?,
            extensions: if r.is_empty() {
                Extensions::ABSENT
            } else {
                let block = Extensions::read_unplaced(r.vec16("extensions", 0..=0xffff)?)?;
                let selects_tls13 = block.contains(ExtensionType::SUPPORTED_VERSIONS);
                block.in_place(if selects_tls13 { Place::ServerHello } else { Place::ServerHello12 })?
            },
        };
        r.finish("ServerHello")?;
        if hello.random == HELLO_RETRY_REQUEST_RANDOM {
            return Err(DecodeError::Value("random"));
        }
        Ok(hello)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::SERVER_HELLO, |w| {
            w.u16(self.legacy_version.0);
            w.bytes(&self.random);
            w.opaque8(self.session_id)?;
            w.u16(self.cipher_suite.0);
            w.u8(self.compression_method);
            self.extensions.write_optional(w)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;
    use crate::Message;
    use crate::testing::{check_message, hex};

    const HELLO: ServerHello<'static> = ServerHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: [0x11; 32],
        session_id: &[0x22; 32],
        cipher_suite: CipherSuite::TLS_AES_256_GCM_SHA384,
        compression_method: 0,
        extensions: Extensions::ABSENT,
    };

    #[test]
    fn round_trip() {
        let block = hex("002b 0002 0304  0029 0002 0000");
        check_message(
            Message::ServerHello(ServerHello {
                extensions: Extensions::read(&block, Place::ServerHello).unwrap(),
                ..HELLO
            }),
            "02 000054 0303 11*32 20 22*32 1302 00 000c 002b 0002 0304 0029 0002 0000",
        );
    }

    #[test]
    fn the_extensions_may_be_empty_or_missing() {
        let hello = ServerHello { session_id: &[], ..HELLO };
        check_message(Message::ServerHello(hello), "02 000026 0303 11*32 00 1302 00");
        check_message(
            Message::ServerHello(ServerHello { extensions: Extensions::default(), ..hello }),
            "02 000028 0303 11*32 00 1302 00 0000",
        );
    }

    #[test]
    fn supported_versions_decides_which_extensions_may_be_there() {
        let key_share = "0033 0002 001d";
        let ticket = "0023 0000";
        let version = "002b 0002 0304";
        for (extensions, expected) in [
            (format!("000c {version} {key_share}"), Ok(())),
            (format!("0004 {ticket}"), Ok(())),
            (format!("000a {ticket} {version}"), Err(DecodeError::MisplacedExtension(ExtensionType::SESSION_TICKET))),
            (format!("0006 {key_share}"), Err(DecodeError::MisplacedExtension(ExtensionType::KEY_SHARE))),
        ] {
            let body = hex(&format!("0303 11*32 00 1302 00 {extensions}"));
            assert_eq!(ServerHello::read(&body).map(|_| ()), expected, "{extensions}");
        }
    }

    #[test]
    fn bounds() {
        for (rest, error) in [
            ("21 00*33 1301 00", DecodeError::Length("legacy_session_id_echo")),
            ("00 1301 00 0000 00", DecodeError::Trailing("ServerHello")),
        ] {
            let body = [hex("0303 11*32"), hex(rest)].concat();
            assert_eq!(ServerHello::read(&body), Err(error), "{rest}");
        }
    }

    #[test]
    fn a_hello_retry_request_is_something_else() {
        let mut body = hex("0303 11*32 00 1302 00 0006 002b 0002 0304");
        body[2..34].copy_from_slice(&HELLO_RETRY_REQUEST_RANDOM);
        assert_eq!(ServerHello::read(&body), Err(DecodeError::Value("random")));
    }

    #[test]
    fn the_sentinels_are_those_of_the_rfc() {
        assert_eq!(DOWNGRADE_TLS12[..], hex("444f574e47524401"));
        assert_eq!(DOWNGRADE_TLS11[..], hex("444f574e47524400"));
    }
}
