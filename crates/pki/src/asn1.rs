//! Strict DER, read in place: the few shapes that X.509 needs, on top of the `der` crate's reader.
//!
//! A reader carries the name of what it reads, so that the error names the field and no caller has to.

use crate::error::Rule;
use der::{Decode, Header, Reader as _, SliceReader, Tag, TagNumber};

/// Reads the elements of one constructed value, in order.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

/// One tag-length-value.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: Tag,
    /// The content octets.
    pub(crate) value: &'a [u8],
    /// Tag, length and content.
    pub(crate) der: &'a [u8],
}

/// What has a signature: a certificate, a revocation list, a certification request.
///
/// ```text
/// SIGNED ::= SEQUENCE {                                     RFC 5280 §4.1, §5.1, RFC 2986 §4.2
///     toBeSigned            SEQUENCE
///     signatureAlgorithm    AlgorithmIdentifier
///     signatureValue        BIT STRING }      whole octets
/// ```
pub(crate) struct Signed<'a> {
    pub(crate) tbs: Element<'a>,
    /// The content octets.
    pub(crate) algorithm: &'a [u8],
    pub(crate) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, Rule> {
        let mut outer = Reader::sequence(der, "outer structure")?;
        let tbs = outer.element()?;
        if tbs.tag != Tag::Sequence {
            return Err(outer.malformed());
        }
        let algorithm = outer.take(Tag::Sequence)?;
        let mut outer = outer.named("signatureValue");
        let signature = outer.octets()?;
        outer.end()?;
        Ok(Self { tbs, algorithm, signature })
    }
}

impl<'a> Reader<'a> {
    /// A reader over `bytes`, the content of `what`.
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> Result<Self, Rule> {
        match u32::try_from(bytes.len()) {
            Ok(_) => Ok(Self { rest: bytes, what }),
            Err(_) => Err(Rule::Malformed(what)),
        }
    }

    /// A reader over the content of the one SEQUENCE that `bytes` are.
    pub(crate) fn sequence(bytes: &'a [u8], what: &'static str) -> Result<Self, Rule> {
        Self::new(sequence(bytes, what)?, what)
    }

    /// The same reader under another name.
    pub(crate) fn named(self, what: &'static str) -> Self {
        Self { what, ..self }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), Rule> {
        if self.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }

    /// The next element, whatever it is.
    pub(crate) fn element(&mut self) -> Result<Element<'a>, Rule> {
        let (tag, header, content) = header(self.rest).ok_or_else(|| self.malformed())?;
        let len = header.checked_add(content).ok_or_else(|| self.malformed())?;
        let (der, rest) = self.rest.split_at_checked(len).ok_or_else(|| self.malformed())?;
        let value = der.get(header..).ok_or_else(|| self.malformed())?;
        self.rest = rest;
        Ok(Element { tag, value, der })
    }

    /// The content of the next element, which must be a `tag`.
    pub(crate) fn take(&mut self, tag: Tag) -> Result<&'a [u8], Rule> {
        let element = self.element()?;
        if element.tag == tag { Ok(element.value) } else { Err(self.malformed()) }
    }

    /// The content of the next element if it is a `tag`; otherwise nothing is read.
    pub(crate) fn maybe(&mut self, tag: Tag) -> Result<Option<&'a [u8]>, Rule> {
        let Some(first) = self.rest.first() else { return Ok(None) };
        let found = match short_tag(*first) {
            Some(found) => found,
            None => read_header(self.rest).ok_or_else(|| self.malformed())?.0,
        };
        if found == tag { self.take(tag).map(Some) } else { Ok(None) }
    }

    /// The content of an INTEGER: at least one octet, and none that could be left out (X.690 §8.3.2).
    pub(crate) fn integer(&mut self) -> Result<&'a [u8], Rule> {
        let value = self.take(Tag::Integer)?;
        match value {
            [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => Err(self.malformed()),
            _ => Ok(value),
        }
    }

    /// An INTEGER that is not negative, big-endian without leading zeros (zero is one zero octet).
    pub(crate) fn unsigned(&mut self) -> Result<&'a [u8], Rule> {
        match self.integer()? {
            [0x80..=0xff, ..] => Err(self.malformed()),
            [0, rest @ ..] if !rest.is_empty() => Ok(rest),
            value => Ok(value),
        }
    }

    /// A small INTEGER that is not negative; `u32::MAX` stands for all that is larger.
    pub(crate) fn small(&mut self) -> Result<u32, Rule> {
        let digits = self.unsigned()?;
        let fits = digits.len() <= size_of::<u32>();
        Ok(if fits { digits.iter().fold(0, |sum, digit| sum << 8 | u32::from(*digit)) } else { u32::MAX })
    }

    /// The next element as [`Reader::small`] reads it, if it is an INTEGER.
    pub(crate) fn maybe_small(&mut self) -> Result<Option<u32>, Rule> {
        match self.clone().maybe(Tag::Integer)? {
            Some(_) => self.small().map(Some),
            None => Ok(None),
        }
    }

    /// A `BOOLEAN DEFAULT FALSE`. DER leaves the default out, but certificates that spell FALSE out are common
    /// and mean the same.
    pub(crate) fn flag(&mut self) -> Result<bool, Rule> {
        match self.maybe(Tag::Boolean)? {
            None | Some([0]) => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(self.malformed()),
        }
    }

    /// The parameters of an algorithm that has none: NULL, or left out (RFC 4055 §2.1 has both mean the same).
    pub(crate) fn optional_null(&mut self) -> Result<(), Rule> {
        match self.maybe(Tag::Null)? {
            None | Some([]) => Ok(()),
            Some(_) => Err(self.malformed()),
        }
    }

    /// A BIT STRING of whole octets: every key and every signature.
    pub(crate) fn octets(&mut self) -> Result<&'a [u8], Rule> {
        match self.take(Tag::BitString)? {
            [0, octets @ ..] => Ok(octets),
            _ => Err(self.malformed()),
        }
    }

    /// The next BIT STRING, as [`bits`] reads it.
    pub(crate) fn bits(&mut self) -> Result<&'a [u8], Rule> {
        bits(self.take(Tag::BitString)?, self.what)
    }

    /// The error of this reader.
    pub(crate) fn malformed(&self) -> Rule {
        Rule::Malformed(self.what)
    }
}

/// The tag of the next element and the lengths of its header and of its content, which may reach beyond the end.
///
/// Nearly every header in a certificate has one octet of tag and a length below 64 KiB, and certificates are made of little
/// else; so those are read here, and the others by `der`.
pub(crate) fn header(bytes: &[u8]) -> Option<(Tag, usize, usize)> {
    match (bytes.first().copied().and_then(short_tag), bytes) {
        (Some(tag), [_, len @ 0..=0x7f, ..]) => Some((tag, 2, usize::from(*len))),
        (Some(tag), [_, 0x81, len @ 0x80..=0xff, ..]) => Some((tag, 3, usize::from(*len))),
        (Some(tag), [_, 0x82, high @ 1..=0xff, low, ..]) => {
            Some((tag, 4, usize::from(u16::from_be_bytes([*high, *low]))))
        }
        _ => read_header(bytes),
    }
}

fn read_header(bytes: &[u8]) -> Option<(Tag, usize, usize)> {
    let mut reader = SliceReader::new(bytes).ok()?;
    let header = Header::decode(&mut reader).ok()?;
    Some((header.tag(), usize::try_from(reader.position()).ok()?, usize::try_from(header.length()).ok()?))
}

/// The tag that this identifier octet is, if it is one that certificates are full of.
fn short_tag(octet: u8) -> Option<Tag> {
    Some(match octet {
        0x01 => Tag::Boolean,
        0x02 => Tag::Integer,
        0x03 => Tag::BitString,
        0x04 => Tag::OctetString,
        0x05 => Tag::Null,
        0x06 => Tag::ObjectIdentifier,
        0x0c => Tag::Utf8String,
        0x13 => Tag::PrintableString,
        0x17 => Tag::UtcTime,
        0x18 => Tag::GeneralizedTime,
        0x30 => Tag::Sequence,
        0x31 => Tag::Set,
        0x80..=0x9e => primitive(u32::from(octet & 0x1f)),
        0xa0..=0xbe => constructed(u32::from(octet & 0x1f)),
        _ => return None,
    })
}

/// The content of the one SEQUENCE that `bytes` are.
pub(crate) fn sequence<'a>(bytes: &'a [u8], what: &'static str) -> Result<&'a [u8], Rule> {
    let mut reader = Reader::new(bytes, what)?;
    let content = reader.take(Tag::Sequence)?;
    reader.end()?;
    Ok(content)
}

/// The octets of a BIT STRING with these content octets: the count of unused bits (0 … 7, and they are zero), and the
/// octets.
pub(crate) fn bits<'a>(content: &'a [u8], what: &'static str) -> Result<&'a [u8], Rule> {
    match content {
        [0] => Ok(&[]),
        [unused @ 0..=7, octets @ ..] => match octets.last() {
            Some(last) if last & !(u8::MAX << unused) == 0 => Ok(octets),
            _ => Err(Rule::Malformed(what)),
        },
        _ => Err(Rule::Malformed(what)),
    }
}

/// `[number]` in primitive form: an IMPLICIT tag over a primitive type.
pub(crate) const fn primitive(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: false, number: TagNumber(number) }
}

/// `[number]` in constructed form: an EXPLICIT tag, or an IMPLICIT one over a constructed type.
pub(crate) const fn constructed(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a, T>(bytes: &'a [u8], f: impl Fn(&mut Reader<'a>) -> Result<T, Rule>) -> Result<T, Rule> {
        let mut reader = Reader::new(bytes, "test")?;
        let value = f(&mut reader)?;
        reader.end()?;
        Ok(value)
    }

    /// What is read here is what `der` would have read.
    #[test]
    fn headers_are_those_of_der() {
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                for rest in [&[][..], &[0], &[0x7f, 0], &[0x80, 0], &[0, 0xff, 0, 0], &[1, 0, 0, 0], &[0xff; 5]] {
                    let bytes = [&[first, second][..], rest].concat();
                    assert_eq!(header(&bytes), read_header(&bytes), "{bytes:x?}");
                }
            }
            assert_eq!(header(&[first]), None);
        }
        assert_eq!(header(&[]), None);
    }

    #[test]
    fn integers_are_minimal() {
        for good in [&[2, 1, 0][..], &[2, 1, 0x7f], &[2, 2, 0, 0x80], &[2, 1, 0x80], &[2, 2, 0xff, 0x7f]] {
            assert_eq!(read(good, Reader::integer), Ok(&good[2..]));
        }
        for bad in [&[2, 0][..], &[2, 2, 0, 0x7f], &[2, 2, 0xff, 0x80], &[2, 1], &[4, 1, 0], &[2, 0x81, 1, 0]] {
            assert_eq!(read(bad, Reader::integer), Err(Rule::Malformed("test")), "{bad:x?}");
        }
        assert_eq!(read(&[2, 2, 0, 0x80], Reader::unsigned), Ok(&[0x80][..]));
        assert_eq!(read(&[2, 1, 0], Reader::unsigned), Ok(&[0][..]));
        assert!(read(&[2, 1, 0x80], Reader::unsigned).is_err());
        assert_eq!(read(&[2, 4, 0x7f, 0xff, 0xff, 0xff], Reader::small), Ok(0x7fff_ffff));
        assert_eq!(read(&[2, 5, 1, 0, 0, 0, 0], Reader::small), Ok(u32::MAX));
    }

    #[test]
    fn booleans_take_three_forms() {
        assert_eq!(read(&[], Reader::flag), Ok(false));
        assert_eq!(read(&[1, 1, 0], Reader::flag), Ok(false));
        assert_eq!(read(&[1, 1, 0xff], Reader::flag), Ok(true));
        assert!(read(&[1, 1, 1], Reader::flag).is_err());
        assert!(read(&[1, 2, 0xff, 0xff], Reader::flag).is_err());
    }

    /// docs/regressions.md row 66 names the empty BIT STRING that made a parser panic.
    #[test]
    fn bit_strings_say_how_many_bits_they_use() {
        assert_eq!(read(&[3, 2, 0, 9], Reader::octets), Ok(&[9][..]));
        assert!(read(&[3, 2, 1, 8], Reader::octets).is_err());
        assert!(read(&[3, 0], Reader::octets).is_err());
        assert_eq!(read(&[3, 2, 5, 0xa0], Reader::bits), Ok(&[0xa0][..]));
        assert_eq!(read(&[3, 1, 0], Reader::bits), Ok(&[][..]));
        for bad in [&[3, 0][..], &[3, 1, 1], &[3, 2, 8, 0], &[3, 2, 5, 0xa1], &[3, 2, 7, 0x40]] {
            assert!(read(bad, Reader::bits).is_err(), "{bad:x?}");
        }
    }

    /// docs/regressions.md row 68: nothing may follow, and no length may reach beyond the end.
    #[test]
    fn lengths_are_exact() {
        assert_eq!(sequence(&[0x30, 1, 5], "test"), Ok(&[5][..]));
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 2, 5],
            &[0x30, 1, 5, 0],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 1, 5],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x31, 1, 5],
        ] {
            assert_eq!(sequence(bad, "test"), Err(Rule::Malformed("test")), "{bad:x?}");
        }
    }
}
