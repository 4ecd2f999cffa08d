//! ClientHello (RFC 9846 §4.2.2).

use alloc::vec::Vec;

use super::{HEADER_LEN, frame};
use crate::{
    CipherSuite, DecodeError, EncodeError, ExtensionType, Extensions, HandshakeType, List, Place, ProtocolVersion,
    Reader,
};

/// The client's first message, and its second after a HelloRetryRequest.
///
/// ```text
/// legacy_version               2
/// random                      32
/// legacy_session_id            1 + 0..32
/// cipher_suites                2 + 2..65534, two bytes each
/// legacy_compression_methods   1 + 1..255
/// extensions                   2 + 0..65535, may be missing altogether
/// ```
///
/// RFC 9846 §4.2.2 has at least 7 bytes of extensions, because `supported_versions` makes a hello one of TLS 1.3. A hello
/// of an older version has the same syntax with fewer extensions, or none, and is read here as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// The highest version the client knew before there was `supported_versions`; TLS 1.2 in a hello of TLS 1.3.
    pub legacy_version: ProtocolVersion,
    /// Fresh random bytes.
    pub random: [u8; 32],
    /// The session to resume in TLS 1.2, or anything; 0 to 32 bytes.
    pub session_id: &'a [u8],
    /// The offered suites, the preferred first.
    pub cipher_suites: List<'a, CipherSuite>,
    /// The offered compression methods, 1 to 255; exactly one zero in a hello of TLS 1.3.
    pub compression_methods: &'a [u8],
    /// The extensions; [`Extensions::ABSENT`] in a hello from before there were any.
    pub extensions: Extensions<'a>,
}

impl<'a> ClientHello<'a> {
    /// Reads the body of the message.
    pub fn read(body: &'a [u8]) -> Result<Self, DecodeError> {
        let hello = Self::reread(body)?;
        if hello.extensions.is_absent() {
            return Ok(hello);
        }
        Ok(Self { extensions: Extensions::read(hello.extensions.as_bytes(), Place::ClientHello)?, ..hello })
    }

    /// Reads the body of a message that [`read`](Self::read) has taken: its extensions are not checked again.
    pub fn reread(body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(body);
        let hello = Self {
            legacy_version: ProtocolVersion(r.u16("legacy_version")?),
            random: r.array("random")?,
            session_id: r.vec8("legacy_session_id", 0..=32)?,
            cipher_suites: List::read(r.vec16("cipher_suites", 2..=65534)?, "cipher_suites")?,
            compression_methods: r.vec8("legacy_compression_methods", 1..=255)?,
            extensions: if r.is_empty() {
                Extensions::ABSENT
            } else {
                Extensions::checked(r.vec16("extensions", 0..=0xffff)?)
            },
        };
        r.finish("ClientHello")?;
        Ok(hello)
    }

    /// Appends the message, header and body.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        frame(out, HandshakeType::CLIENT_HELLO, |w| {
            w.u16(self.legacy_version.0);
            w.bytes(&self.random);
            w.opaque8(self.session_id)?;
            w.vec16(|w| self.cipher_suites.write(w))?;
            w.opaque8(self.compression_methods)?;
            self.extensions.write_optional(w)
        })
    }

    /// Where the binders begin in a whole ClientHello, header included: the offset of their list's length.
    ///
    /// RFC 9846 §4.3.11.2: what lies before is what the binders are computed over. `None` if `raw` is not a ClientHello
    /// that ends with `pre_shared_key`. Of a message that [`read`](Self::read) refuses it may be anywhere in it.
    pub fn binders_offset(raw: &[u8]) -> Option<usize> {
        let (HandshakeType::CLIENT_HELLO, len) = super::header(raw)? else { return None };
        let body = raw.get(HEADER_LEN..).filter(|body| body.len() == len)?;
        let (ExtensionType::PRE_SHARED_KEY, psks) = ClientHello::reread(body).ok()?.extensions.iter().last()? else {
            return None;
        };
        // The extension is the last of the message, so what is left of it is what is left of the message.
        let mut r = Reader::new(psks);
        r.vec16("identities", 7..=0xffff).ok()?;
        raw.len().checked_sub(r.remaining())
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;

    use super::*;
    use crate::testing::{check_message, framed, hex};
    use crate::{Dialect, Message};

    const HELLO: ClientHello<'static> = ClientHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: [0x11; 32],
        session_id: &[0x22; 32],
        cipher_suites: List::EMPTY,
        compression_methods: &[0],
        extensions: Extensions::ABSENT,
    };

    const OFFERED: [CipherSuite; 2] = [CipherSuite(0x2a2a), CipherSuite::TLS_AES_128_GCM_SHA256];

    #[test]
    fn round_trip() {
        let block = hex("002b 0003 02 0304  2a2a 0000");
        check_message(
            Message::ClientHello(ClientHello {
                cipher_suites: List::from(&OFFERED),
                extensions: Extensions::read(&block, Place::ClientHello).unwrap(),
                ..HELLO
            }),
            "01 000058 0303 11*32 20 22*32 0004 2a2a 1301 01 00 000b 002b 0003 02 0304 2a2a 0000",
        );
    }

    #[test]
    fn the_extensions_may_be_empty_or_missing() {
        let hello = ClientHello { session_id: &[], cipher_suites: List::from(&OFFERED), ..HELLO };
        check_message(Message::ClientHello(hello), "01 00002b 0303 11*32 00 0004 2a2a 1301 01 00");
        check_message(
            Message::ClientHello(ClientHello { extensions: Extensions::default(), ..hello }),
            "01 00002d 0303 11*32 00 0004 2a2a 1301 01 00 0000",
        );
    }

    #[test]
    fn bounds() {
        for (rest, error) in [
            ("21 00*33 0002 1301 01 00", DecodeError::Length("legacy_session_id")),
            ("00 0000 01 00", DecodeError::Length("cipher_suites")),
            ("00 0003 130113 01 00", DecodeError::Length("cipher_suites")),
            ("00 0002 1301 00", DecodeError::Length("legacy_compression_methods")),
            ("00 0002 1301 01 00 0000 00", DecodeError::Trailing("ClientHello")),
            ("00 0002 1301 01 00 00", DecodeError::Truncated("extensions")),
        ] {
            let body = [hex("0303 11*32"), hex(rest)].concat();
            assert_eq!(ClientHello::read(&body), Err(error), "{rest}");
        }
    }

    #[test]
    fn the_longest_list_of_suites() {
        let body = hex("0303 11*32 00 fffe 1301*32767 01 00");
        assert_eq!(ClientHello::read(&body).map(|hello| hello.cipher_suites.len()), Ok(32767));
    }

    #[test]
    fn it_is_the_same_in_both_dialects() {
        let raw = framed(1, &hex("0301 11*32 00 0002 002f 01 00"));
        let hello = Message::read(Dialect::Tls12, &raw);
        assert!(matches!(hello, Ok(Message::ClientHello(_))), "{hello:?}");
        assert_eq!(hello, Message::read(Dialect::Tls13, &raw));
    }

    const HEAD: &str = "0303 11*32 00 0002 1301 01 00";
    const PSKS: &str = "0029 002c 0007 0001 61 00000000  0021 20 bb*32";

    #[test]
    fn the_binders_begin_at_their_length() {
        let raw = framed(1, &hex(&format!("{HEAD} 0037 002b 0003 02 0304 {PSKS}")));
        let at = ClientHello::binders_offset(&raw).unwrap();
        assert_eq!(raw[at..], hex("0021 20 bb*32"));
    }

    #[test]
    fn without_psks_at_the_end_there_are_no_binders() {
        for body in [
            HEAD.to_string(),
            format!("{HEAD} 0000"),
            format!("{HEAD} 0007 002b 0003 02 0304"),
            format!("{HEAD} 0037 {PSKS} 002b 0003 02 0304"),
            format!("{HEAD} 0030 0029 0002 0007 {PSKS}"),
            format!("{HEAD} 0006 0029 0002 0000"),
            format!("{HEAD} 0030 {PSKS}").replace("0029", "fafa"),
        ] {
            assert_eq!(ClientHello::binders_offset(&framed(1, &hex(&body))), None, "{body}");
        }
        let raw = framed(1, &hex(&format!("{HEAD} 0030 {PSKS}")));
        assert_eq!(ClientHello::binders_offset(&framed(2, &raw[4..])), None, "another type");
        assert_eq!(ClientHello::binders_offset(&raw[..raw.len() - 1]), None, "not whole");
        let mut longer = raw;
        longer[3] += 1;
        assert_eq!(ClientHello::binders_offset(&longer), None, "a header that promises more");
        assert_eq!(ClientHello::binders_offset(&[]), None);
    }
}
