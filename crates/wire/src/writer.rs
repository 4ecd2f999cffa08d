//! Writing: appending to the caller's buffer, lengths filled in afterwards.

use alloc::vec::Vec;
use core::fmt;

/// Appends TLS structures to a buffer.
///
/// The length of a vector is not known before its content is written, so [`vec16`](Self::vec16) and its siblings leave room
/// for it and come back. If one of them fails the buffer holds part of the structure; whoever made the writer cuts it off.
///
/// ```
/// use handfast_wire::Writer;
///
/// let mut out = Vec::new();
/// let mut w = Writer::new(&mut out);
/// w.vec16(|w| {
///     w.u8(7);
///     w.opaque8(b"ab")
/// })?;
/// assert_eq!(out, [0, 4, 7, 2, b'a', b'b']);
/// # Ok::<(), handfast_wire::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct Writer<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> Writer<'o> {
    /// A writer that appends to `out`.
    pub const fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out }
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    /// A big-endian integer of two bytes.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// A big-endian integer of three bytes; fails if `value` needs four.
    pub fn u24(&mut self, value: u32) -> Result<(), EncodeError> {
        let [0, high, middle, low] = value.to_be_bytes() else {
            return Err(EncodeError { len: value as usize, max: 0xff_ffff });
        };
        self.bytes(&[high, middle, low]);
        Ok(())
    }

    /// A big-endian integer of four bytes.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// A big-endian integer of eight bytes.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// The bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// The bytes under a one-byte length.
    pub fn opaque8(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.vec8(|w| w.all(bytes))
    }

    /// The bytes under a two-byte length.
    pub fn opaque16(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.vec16(|w| w.all(bytes))
    }

    /// The bytes under a three-byte length.
    pub fn opaque24(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.vec24(|w| w.all(bytes))
    }

    /// A vector under a one-byte length, its content written by `body`.
    pub fn vec8(&mut self, body: impl FnOnce(&mut Self) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
        self.vec::<1>(body)
    }

    /// A vector under a two-byte length, its content written by `body`.
    pub fn vec16(&mut self, body: impl FnOnce(&mut Self) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
        self.vec::<2>(body)
    }

    /// A vector under a three-byte length, its content written by `body`.
    pub fn vec24(&mut self, body: impl FnOnce(&mut Self) -> Result<(), EncodeError>) -> Result<(), EncodeError> {
        self.vec::<3>(body)
    }

    /// [`bytes`](Self::bytes) as the body of a vector.
    fn all(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.bytes(bytes);
        Ok(())
    }

    fn vec<const WIDTH: usize>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let prefix = self.out.len();
        self.bytes(&[0; WIDTH]);
        let start = self.out.len();
        body(self)?;

        let len = self.out.len() - start;
        let max = (1 << (8 * WIDTH)) - 1;
        if len > max {
            return Err(EncodeError { len, max });
        }
        for (byte, position) in self.out.iter_mut().skip(prefix).zip((0..WIDTH).rev()) {
            *byte = (len >> (8 * position)) as u8;
        }
        Ok(())
    }
}

/// A length that does not fit its prefix, so that the structure cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError {
    /// The length, in bytes.
    pub len: usize,
    /// The largest length there is room for, in bytes.
    pub max: usize,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a length of {} bytes where at most {} can be written", self.len, self.max)
    }
}

impl core::error::Error for EncodeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    #[test]
    fn integers_are_big_endian() {
        let mut out = Vec::from([0xff]);
        let mut w = Writer::new(&mut out);
        w.u8(0x01);
        w.u16(0x0102);
        assert_eq!(w.u24(0x01_0203), Ok(()));
        w.u32(0x0102_0304);
        w.u64(0x0102_0304_0506_0708);
        assert_eq!(w.u24(0x0100_0000), Err(EncodeError { len: 0x0100_0000, max: 0xff_ffff }));
        assert_eq!(out, hex("ff 01 0102 010203 01020304 0102030405060708"));
    }

    #[test]
    fn vectors_nest() {
        let mut out = Vec::new();
        let written = Writer::new(&mut out).vec24(|w| {
            w.vec16(|w| {
                w.u8(1);
                w.opaque8(&[2, 3])
            })?;
            w.opaque16(&[])?;
            w.opaque24(&[4])
        });
        assert_eq!(written, Ok(()));
        assert_eq!(out, hex("00000c 0004 01 02 0203 0000 000001 04"));
    }

    #[test]
    fn a_length_fits_its_prefix_or_is_an_error() {
        let bytes = std::vec![7; 0x1_0000];
        let opaque8 = |len: usize| Writer::new(&mut Vec::new()).opaque8(&bytes[..len]);
        let opaque16 = |len: usize| Writer::new(&mut Vec::new()).opaque16(&bytes[..len]);
        assert_eq!(opaque8(0xff), Ok(()));
        assert_eq!(opaque8(0x100), Err(EncodeError { len: 0x100, max: 0xff }));
        assert_eq!(opaque16(0xffff), Ok(()));
        assert_eq!(opaque16(0x1_0000), Err(EncodeError { len: 0x1_0000, max: 0xffff }));

        let mut out = Vec::new();
        assert_eq!(Writer::new(&mut out).opaque24(&bytes), Ok(()));
        assert_eq!(out[..3], [1, 0, 0]);
    }
}
