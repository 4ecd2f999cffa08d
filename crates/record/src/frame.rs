//! The header of a record: what it holds and where it ends.

use crate::RecordError;
use handfast_wire::{ContentType, ProtocolVersion};

/// The length of a record's header, in bytes.
pub const HEADER_LEN: usize = 5;

/// The longest content of a record, in bytes (RFC 9846 §5.1).
pub const MAX_PLAINTEXT: usize = 1 << 14;

/// The longest fragment of a protected record in TLS 1.3, in bytes (RFC 9846 §5.2).
pub const MAX_CIPHERTEXT: usize = MAX_PLAINTEXT + 256;

/// The longest fragment of a protected record in TLS 1.2, in bytes (RFC 5246 §6.2.3).
pub const MAX_CIPHERTEXT_12: usize = MAX_PLAINTEXT + 2048;

/// The first bytes of every record.
///
/// ```text
/// type                    1   20..23
/// legacy_record_version   2   ignored
/// length                  2   0..16640; in TLS 1.2 0..18432
/// fragment                length
/// ```
///
/// RFC 9846 §5.1, `TLSPlaintext`, and §5.2, `TLSCiphertext`, which differ only in what the fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the fragment is. A protected record of TLS 1.3 says `application_data` here and tells the truth inside.
    pub content_type: ContentType,
    /// Means nothing, and is ignored when received; but it is authenticated with a protected record.
    pub version: ProtocolVersion,
    /// The length of the fragment that follows, in bytes.
    pub length: u16,
}

impl Header {
    /// Reads a header. Any five bytes are one; what is wrong with them, [`peek`] finds.
    pub const fn read(bytes: [u8; HEADER_LEN]) -> Self {
        let [content_type, major, minor, high, low] = bytes;
        Self {
            content_type: ContentType(content_type),
            version: ProtocolVersion(u16::from_be_bytes([major, minor])),
            length: u16::from_be_bytes([high, low]),
        }
    }

    /// The header's bytes, which are also what authenticates it (RFC 9846 §5.2).
    pub const fn bytes(self) -> [u8; HEADER_LEN] {
        let [major, minor] = self.version.0.to_be_bytes();
        let [high, low] = self.length.to_be_bytes();
        [self.content_type.0, major, minor, high, low]
    }
}

/// What [`peek`] sees at the front of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Not a whole record yet.
    NeedInput {
        /// How many bytes the input must have, all told, before there can be more to say.
        at_least: usize,
    },
    /// A whole record.
    Whole {
        /// Its header.
        header: Header,
        /// Its length with the header, in bytes: the input has at least so many.
        len: usize,
    },
}

/// Finds the record at the front of `input`, whose fragment may be `limit` bytes long.
///
/// The header is judged as soon as it is there, before anyone waits for the fragment it announces.
///
/// # Errors
/// [`RecordError::UnknownContentType`] and [`RecordError::Overflow`].
pub fn peek(input: &[u8], limit: usize) -> Result<Frame, RecordError> {
    let Some(header) = input.first_chunk().copied().map(Header::read) else {
        return Ok(Frame::NeedInput { at_least: HEADER_LEN });
    };
    if !is_tls(header.content_type) {
        return Err(RecordError::UnknownContentType(header.content_type.0));
    }
    let length = usize::from(header.length);
    if length > limit {
        return Err(RecordError::Overflow);
    }
    let len = HEADER_LEN + length;
    Ok(if input.len() < len { Frame::NeedInput { at_least: len } } else { Frame::Whole { header, len } })
}

/// Checks that the very first bytes from a peer, however few, can be those of TLS: a content type and major version 3.
///
/// Only for the first record: afterwards the version is ignored for all purposes (RFC 9846 §5.1). What else the peer may
/// be speaking, [`sniff`](crate::sniff()) tells.
///
/// # Errors
/// [`RecordError::NotTls`].
pub fn check_first(input: &[u8]) -> Result<(), RecordError> {
    const MAJOR: u8 = 3;
    let typed = input.first().is_none_or(|&value| {
        // Heartbeat (RFC 6520) is not understood, but whoever sends it speaks TLS; it is refused as any unknown type.
        is_tls(ContentType(value)) || ContentType(value) == ContentType::HEARTBEAT
    });
    if typed && input.get(1).is_none_or(|&major| major == MAJOR) { Ok(()) } else { Err(RecordError::NotTls) }
}

/// Whether TLS has this content type.
pub(crate) const fn is_tls(content_type: ContentType) -> bool {
    matches!(
        content_type,
        ContentType::CHANGE_CIPHER_SPEC | ContentType::ALERT | ContentType::HANDSHAKE | ContentType::APPLICATION_DATA
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_header_is_written_as_it_was_read() {
        let bytes = [22, 3, 1, 0x40, 0x00];
        let header = Header::read(bytes);
        assert_eq!(
            header,
            Header { content_type: ContentType::HANDSHAKE, version: ProtocolVersion::TLS1_0, length: 16384 }
        );
        assert_eq!(header.bytes(), bytes);
    }

    #[test]
    fn every_prefix_says_how_much_is_needed() {
        let mut input = Vec::from([23, 3, 3, 0, 4, 1, 2, 3, 4]);
        for len in 0..input.len() {
            let at_least = if len < HEADER_LEN { HEADER_LEN } else { 9 };
            assert_eq!(peek(&input[..len], MAX_PLAINTEXT), Ok(Frame::NeedInput { at_least }), "{len}");
        }
        input.extend([21, 3, 3, 0, 2]);
        let Ok(Frame::Whole { header, len }) = peek(&input, MAX_PLAINTEXT) else { panic!() };
        assert_eq!((header.length, len), (4, 9));
    }

    /// docs/regressions.md row 1: the length field is judged against the limit, one on either side.
    #[test]
    fn a_length_over_the_limit_is_refused_by_its_header() {
        for limit in [MAX_PLAINTEXT, MAX_CIPHERTEXT, 64] {
            for (length, ok) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
                let [high, low] = (length as u16).to_be_bytes();
                let expected = if ok {
                    Ok(Frame::NeedInput { at_least: HEADER_LEN + length })
                } else {
                    Err(RecordError::Overflow)
                };
                assert_eq!(peek(&[22, 3, 3, high, low], limit), expected);
            }
        }
    }

    /// docs/regressions.md row 1: heartbeat is a type like any that TLS does not have.
    #[test]
    fn every_other_content_type_is_unknown() {
        for value in 0..=u8::MAX {
            let found = peek(&[value, 3, 3, 0, 0], MAX_PLAINTEXT);
            match value {
                20..=23 => assert!(matches!(found, Ok(Frame::Whole { len: 5, .. }))),
                _ => assert_eq!(found, Err(RecordError::UnknownContentType(value))),
            }
        }
    }

    #[test]
    fn the_version_is_ignored() {
        for version in [0x0000, 0x0300, 0x0301, 0x0304, 0x7f1c, 0xffff_u16] {
            let [major, minor] = version.to_be_bytes();
            assert!(matches!(peek(&[22, major, minor, 0, 0], MAX_PLAINTEXT), Ok(Frame::Whole { .. })));
        }
    }

    #[test]
    fn the_first_record_must_look_like_tls() {
        for (input, ok) in [
            (&[][..], true),
            (&[22], true),
            (&[22, 3], true),
            (&[22, 3, 9], true),
            (&[21, 3, 1, 0, 2], true),
            (&[24, 3, 3, 0, 2], true),
            (&[22, 2], false),
            (&[22, 4, 3], false),
            (b"G", false),
            (b"SSH-2.0-", false),
            (&[0x80, 0x2e, 1, 3, 1], false),
        ] {
            assert_eq!(check_first(input).is_ok(), ok, "{input:?}");
        }
    }
}
