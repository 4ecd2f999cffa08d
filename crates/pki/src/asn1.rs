//! Strict DER, read in place: the few shapes that X.509 needs, on top of the `der` crate's reader.
//!
//! A reader carries the name of what it reads, so that the error names the field and no caller has to.

use crate::error::Rule;
use der::{Header, Reader as _, SliceReader, Tag, TagNumber};

/// Reads the elements of one constructed value, in order.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    inner: SliceReader<'a>,
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

impl<'a> Reader<'a> {
    /// A reader over `bytes`, the content of `what`.
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> Result<Self, Rule> {
        SliceReader::new(bytes).map(|inner| Self { inner, what }).map_err(|_| Rule::Malformed(what))
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
        self.inner.is_finished()
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), Rule> {
        if self.is_empty() { Ok(()) } else { Err(self.malformed()) }
    }

    /// The next element, whatever it is.
    pub(crate) fn element(&mut self) -> Result<Element<'a>, Rule> {
        let malformed = self.malformed();
        let header = Header::peek(&self.inner).map_err(|_| malformed.clone())?;
        let der = self.inner.tlv_bytes().map_err(|_| malformed.clone())?;
        let length = usize::try_from(header.length()).map_err(|_| malformed.clone())?;
        let start = der.len().checked_sub(length).ok_or_else(|| malformed.clone())?;
        let value = der.get(start..).ok_or(malformed)?;
        Ok(Element { tag: header.tag(), value, der })
    }

    /// The content of the next element, which must be a `tag`.
    pub(crate) fn take(&mut self, tag: Tag) -> Result<&'a [u8], Rule> {
        let element = self.element()?;
        if element.tag == tag { Ok(element.value) } else { Err(self.malformed()) }
    }

    /// The content of the next element if it is a `tag`; otherwise nothing is read.
    pub(crate) fn maybe(&mut self, tag: Tag) -> Result<Option<&'a [u8]>, Rule> {
        if self.is_empty() || Tag::peek(&self.inner).map_err(|_| self.malformed())? != tag {
            return Ok(None);
        }
        self.take(tag).map(Some)
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

    /// A `BOOLEAN DEFAULT FALSE`. DER leaves the default out, but certificates that spell FALSE out are common
    /// and mean the same.
    pub(crate) fn flag(&mut self) -> Result<bool, Rule> {
        match self.maybe(Tag::Boolean)? {
            None | Some([0]) => Ok(false),
            Some([0xff]) => Ok(true),
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
