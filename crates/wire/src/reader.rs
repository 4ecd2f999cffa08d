//! Reading: a cursor that can only move forward, over bytes it does not own.

use core::fmt;
use core::ops::RangeInclusive;

use crate::ExtensionType;

/// A cursor over received bytes.
///
/// Each method takes what it returns off the front, or fails and says which field it was reading. The names are those of
/// the RFC that defines the structure, so that an error can be looked up there.
///
/// ```
/// use handfast_wire::{DecodeError, Reader};
///
/// let mut r = Reader::new(&[0x03, 0x04, 2, 7, 8]);
/// assert_eq!(r.u16("version")?, 0x0304);
/// assert_eq!(r.vec8("cookie", 1..=255)?, [7, 8]);
/// r.finish("example")
/// # ?; Ok::<(), DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// One byte.
    pub fn u8(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.array(field).map(u8::from_be_bytes)
    }

    /// A big-endian integer of two bytes.
    pub fn u16(&mut self, field: &'static str) -> Result<u16, DecodeError> {
        self.array(field).map(u16::from_be_bytes)
    }

    /// A big-endian integer of three bytes, as lengths of handshake messages are.
    pub fn u24(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        let [high, middle, low] = self.array(field)?;
        Ok(u32::from_be_bytes([0, high, middle, low]))
    }

    /// A big-endian integer of four bytes.
    pub fn u32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.array(field).map(u32::from_be_bytes)
    }

    /// A big-endian integer of eight bytes.
    pub fn u64(&mut self, field: &'static str) -> Result<u64, DecodeError> {
        self.array(field).map(u64::from_be_bytes)
    }

    /// The next `n` bytes.
    pub fn take(&mut self, n: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self.bytes.split_at_checked(n).ok_or(DecodeError::Truncated(field))?;
        self.bytes = tail;
        Ok(head)
    }

    /// The next `N` bytes, by value.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        let (head, tail) = self.bytes.split_first_chunk().ok_or(DecodeError::Truncated(field))?;
        self.bytes = tail;
        Ok(*head)
    }

    /// A vector under a one-byte length (RFC 9846 §3.4), whose length in bytes must lie in `bounds`.
    pub fn vec8(&mut self, field: &'static str, bounds: RangeInclusive<usize>) -> Result<&'a [u8], DecodeError> {
        let len = self.u8(field)?;
        self.vec(usize::from(len), field, bounds)
    }

    /// A vector under a two-byte length, whose length in bytes must lie in `bounds`.
    pub fn vec16(&mut self, field: &'static str, bounds: RangeInclusive<usize>) -> Result<&'a [u8], DecodeError> {
        let len = self.u16(field)?;
        self.vec(usize::from(len), field, bounds)
    }

    /// A vector under a three-byte length, whose length in bytes must lie in `bounds`.
    pub fn vec24(&mut self, field: &'static str, bounds: RangeInclusive<usize>) -> Result<&'a [u8], DecodeError> {
        let len = self.u24(field)?;
        let len = usize::try_from(len).map_err(|_| DecodeError::Length(field))?;
        self.vec(len, field, bounds)
    }

    fn vec(&mut self, len: usize, field: &'static str, bounds: RangeInclusive<usize>) -> Result<&'a [u8], DecodeError> {
        if !bounds.contains(&len) {
            return Err(DecodeError::Length(field));
        }
        self.take(len, field)
    }

    /// Everything that is left, which may be nothing.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.bytes)
    }

    /// How many bytes are left.
    pub const fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Ends the reading of the structure `what`, in which nothing may be left over.
    ///
    /// RFC 9846 §4.3 and §6.2: bytes after a structure are as wrong as bytes missing from it.
    pub fn finish(self, what: &'static str) -> Result<(), DecodeError> {
        if self.is_empty() { Ok(()) } else { Err(DecodeError::Trailing(what)) }
    }
}

/// Why bytes are not the structure they should be. The text is the name of the field in its RFC.
///
/// The first three say that the syntax is broken (alert `decode_error`), the others that it is whole but says something it
/// may not (alert `illegal_parameter`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end inside the field.
    Truncated(&'static str),
    /// Bytes are left over after the structure.
    Trailing(&'static str),
    /// A length is outside the bounds its syntax gives, or cuts through the items of a list.
    Length(&'static str),
    /// The field has a value that it may never have, such as a KeyUpdate that asks for 2.
    Value(&'static str),
    /// The extension occurs twice in one block (RFC 9846 §4.3).
    DuplicateExtension(ExtensionType),
    /// The extension may not stand in this message (RFC 9846 §4.3).
    MisplacedExtension(ExtensionType),
    /// Two items of the field are the same where they must differ, such as two key shares of one group.
    Duplicate(&'static str),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated(field) => write!(f, "{field} is cut short"),
            Self::Trailing(what) => write!(f, "bytes left over after {what}"),
            Self::Length(field) => write!(f, "the length of {field} is not a legal one"),
            Self::Value(field) => write!(f, "{field} has an illegal value"),
            Self::DuplicateExtension(ty) => write!(f, "extension {ty} occurs twice"),
            Self::MisplacedExtension(ty) => write!(f, "extension {ty} may not occur in this message"),
            Self::Duplicate(field) => write!(f, "{field} contains a duplicate"),
        }
    }
}

impl core::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    #[test]
    fn integers_are_big_endian() {
        let bytes = hex("01 0102 010203 01020304 0102030405060708");
        let mut r = Reader::new(&bytes);
        assert_eq!(r.u8("a"), Ok(0x01));
        assert_eq!(r.u16("b"), Ok(0x0102));
        assert_eq!(r.u24("c"), Ok(0x01_0203));
        assert_eq!(r.u32("d"), Ok(0x0102_0304));
        assert_eq!(r.u64("e"), Ok(0x0102_0304_0506_0708));
        assert_eq!(r.finish("all"), Ok(()));
    }

    #[test]
    fn what_is_not_there_is_not_read() {
        type Read = fn(&mut Reader<'_>) -> Result<(), DecodeError>;
        let reads: [(usize, Read); 10] = [
            (1, |r| r.u8("x").map(drop)),
            (2, |r| r.u16("x").map(drop)),
            (3, |r| r.u24("x").map(drop)),
            (4, |r| r.u32("x").map(drop)),
            (8, |r| r.u64("x").map(drop)),
            (5, |r| r.take(5, "x").map(drop)),
            (6, |r| r.array::<6>("x").map(drop)),
            (1, |r| r.vec8("x", 0..=255).map(drop)),
            (2, |r| r.vec16("x", 0..=255).map(drop)),
            (3, |r| r.vec24("x", 0..=255).map(drop)),
        ];
        for (needed, read) in reads {
            for len in 0..needed {
                let bytes = [0; 8];
                assert_eq!(
                    read(&mut Reader::new(&bytes[..len])),
                    Err(DecodeError::Truncated("x")),
                    "{len} of {needed}"
                );
            }
            let bytes = [0; 8];
            assert_eq!(read(&mut Reader::new(&bytes[..needed])), Ok(()), "{needed}");
        }
        assert_eq!(Reader::new(&[]).take(usize::MAX, "x"), Err(DecodeError::Truncated("x")));
    }

    /// Row 1 of the security history: a length is checked against what is there, and against what may be.
    #[test]
    fn lengths_are_within_bounds_and_within_the_bytes() {
        for (bytes, expected) in [
            ("00", Err(DecodeError::Length("v"))),
            ("01 0a", Err(DecodeError::Length("v"))),
            ("02 0a0b", Ok(&[10, 11][..])),
            ("04 0a0b0c0d", Ok(&[10, 11, 12, 13][..])),
            ("05 0a0b0c0d0e", Err(DecodeError::Length("v"))),
            ("03 0a0b", Err(DecodeError::Truncated("v"))),
        ] {
            let one = hex(bytes);
            let two = [&[0], &one[..]].concat();
            let three = [&[0], &two[..]].concat();
            assert_eq!(Reader::new(&one).vec8("v", 2..=4), expected, "{bytes}");
            assert_eq!(Reader::new(&two).vec16("v", 2..=4), expected, "{bytes}");
            assert_eq!(Reader::new(&three).vec24("v", 2..=4), expected, "{bytes}");
        }
        assert_eq!(Reader::new(&[255; 4]).vec24("v", 0..=0xff_ffff), Err(DecodeError::Truncated("v")));
    }

    #[test]
    fn nothing_may_be_left_over() {
        let mut r = Reader::new(&[1, 2]);
        assert_eq!(r.remaining(), 2);
        assert_eq!(r.clone().finish("all"), Err(DecodeError::Trailing("all")));
        assert_eq!(r.rest(), [1, 2]);
        assert!(r.is_empty());
        assert_eq!(r.rest(), []);
        assert_eq!(r.finish("all"), Ok(()));
    }
}
