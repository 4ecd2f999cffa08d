//! The subject of a request, which anybody may have written.

use super::{COUNTRY, IA5_STRING, KINDS, MAX_OTHER, PRINTABLE_STRING, Subject, SubjectError, is_printable};
use crate::oid;
use crate::subject::{Attribute, Name, is_unseen};
use alloc::string::{String, ToString};
use core::str;
use der::Tag;

impl Subject {
    /// The subject of a request, as it is, if a CA can certify it: every value is a string of the type that it says, of as many
    /// characters as [`Subject`] has it for text, and all of them can be seen. A name without attributes is one.
    ///
    /// # Errors
    /// [`SubjectError::Malformed`], [`SubjectError::NotText`], [`SubjectError::Value`], [`SubjectError::Hidden`],
    /// [`SubjectError::TooMany`].
    pub fn requested(name: Name<'_>) -> Result<Self, SubjectError> {
        let attributes = name.attributes().map_err(|_| SubjectError::Malformed)?;
        if attributes.len() > Self::ATTRIBUTES {
            return Err(SubjectError::TooMany);
        }
        attributes.iter().try_for_each(check)?;
        Ok(Self(name.as_bytes().to_vec()))
    }
}

fn check(own: &Attribute<'_>) -> Result<(), SubjectError> {
    let known = KINDS.iter().find(|kind| kind.oid == own.kind);
    let shown = || match known.and_then(|kind| kind.names.first()) {
        Some(name) => (*name).to_string(),
        None => oid::dotted(own.kind),
    };
    let text = read(own.value.tag, own.value.value).ok_or_else(|| SubjectError::NotText(shown()))?;
    if text.chars().any(is_unseen) {
        return Err(SubjectError::Hidden(shown()));
    }
    let (tag, max) = known.map_or((0, MAX_OTHER), |kind| (kind.tag, kind.max));
    let fits = match tag {
        PRINTABLE_STRING if own.kind == COUNTRY => text.len() == max && text.bytes().all(|c| c.is_ascii_alphabetic()),
        PRINTABLE_STRING => text.bytes().all(is_printable),
        IA5_STRING => text.is_ascii(),
        _ => true,
    };
    if !fits || text.is_empty() || text.chars().count() > max {
        return Err(SubjectError::Value(shown()));
    }
    Ok(())
}

/// A string of the type that its tag says (X.680 §41, RFC 5280 §4.1.2.4); `None` for one that is not, and for other types.
fn read(tag: Tag, value: &[u8]) -> Option<String> {
    let ascii = |is_in: fn(u8) -> bool| value.iter().copied().all(is_in).then(|| str::from_utf8(value).ok()).flatten();
    match tag {
        Tag::Utf8String => str::from_utf8(value).ok().map(ToString::to_string),
        Tag::PrintableString => ascii(is_printable).map(ToString::to_string),
        Tag::Ia5String => ascii(|c| c.is_ascii()).map(ToString::to_string),
        Tag::NumericString => ascii(|c| c.is_ascii_digit() || c == b' ').map(ToString::to_string),
        Tag::VisibleString => ascii(|c| matches!(c, b' '..=b'~')).map(ToString::to_string),
        // As if it were Latin-1, as everybody has it.
        Tag::TeletexString => Some(value.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let (units, []) = value.as_chunks::<2>() else { return None };
            char::decode_utf16(units.iter().copied().map(u16::from_be_bytes)).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{SET, oid as encode_oid, sequence, tlv};
    use alloc::vec::Vec;

    const CN: &[u8] = oid::COMMON_NAME;
    const TITLE: &[u8] = &[0x55, 4, 12];

    fn rdn(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        tlv(SET, &[&sequence(&[&encode_oid(kind), &tlv(tag, &[value])])])
    }

    fn requested(name: &[u8]) -> Result<(), SubjectError> {
        Subject::requested(Name::new(name)).map(|own| assert_eq!(own.name().as_bytes(), name))
    }

    #[test]
    fn what_can_be_certified() {
        for (kind, tag, value) in [
            (CN, 0x0c, "東京 Zürich".as_bytes()),
            (CN, 0x13, b"a.test"),
            (CN, 0x14, b"M\xfcller"),
            (CN, 0x1e, b"\0M\0\xfc"),
            (CN, 0x12, b"12 3"),
            (CN, 0x1a, b"a_b"),
            (COUNTRY, 0x13, b"GB"),
            (oid::EMAIL_ADDRESS, 0x16, b"a@b.test"),
            (TITLE, 0x0c, &[b'x'; 256]),
        ] {
            assert_eq!(requested(&rdn(kind, tag, value)), Ok(()), "{value:?}");
        }
        assert_eq!(requested(&[]), Ok(()));
        assert_eq!(requested(&rdn(CN, 0x0c, &[b'x'; 64]).repeat(32)), Ok(()));
    }

    #[test]
    fn what_cannot() {
        use SubjectError::{Hidden, Malformed, NotText, TooMany, Value};
        let (cn, title) = (|| "CN".to_string(), || "2.5.4.12".to_string());
        for (kind, tag, value, expected) in [
            (CN, 0x0c, &b"\xff"[..], NotText(cn())),
            (CN, 0x13, b"a_b", NotText(cn())),
            (CN, 0x16, b"\xfc", NotText(cn())),
            (CN, 0x12, b"a", NotText(cn())),
            (CN, 0x1a, b"a\x1b", NotText(cn())),
            (CN, 0x1e, b"\0a\0", NotText(cn())),
            (CN, 0x1e, b"\xd8\0", NotText(cn())),
            (CN, 0x02, b"\x01", NotText(cn())),
            (CN, 0x0c, b"a\x1b[2J", Hidden(cn())),
            (CN, 0x16, b"a\n", Hidden(cn())),
            (CN, 0x14, b"\x9b2J", Hidden(cn())),
            (CN, 0x0c, "\u{202e}moc".as_bytes(), Hidden(cn())),
            (CN, 0x1e, b"\x20\x66\0a", Hidden(cn())),
            (CN, 0x0c, "a\u{200b}b".as_bytes(), Hidden(cn())),
            (TITLE, 0x0c, "\u{2028}".as_bytes(), Hidden(title())),
            (CN, 0x0c, b"", Value(cn())),
            (CN, 0x0c, &[b'x'; 65], Value(cn())),
            (TITLE, 0x0c, &[b'x'; 257], Value(title())),
            (COUNTRY, 0x13, b"GBR", Value("C".into())),
            (COUNTRY, 0x13, b"G1", Value("C".into())),
            (oid::EMAIL_ADDRESS, 0x0c, "é@b".as_bytes(), Value("emailAddress".into())),
        ] {
            assert_eq!(requested(&rdn(kind, tag, value)), Err(expected), "{value:?}");
        }
        assert_eq!(requested(&rdn(CN, 0x0c, b"x").repeat(33)), Err(TooMany));
        for bad in [&[0x31, 0][..], &[0x31, 5, 1], &[0x30, 0]] {
            assert_eq!(requested(bad), Err(Malformed), "{bad:?}");
        }
    }
}
