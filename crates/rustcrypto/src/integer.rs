//! Large integers from bytes and back, big-endian.

use ::rsa::BoxedUint;
#[cfg(feature = "legacy")]
use {alloc::vec::Vec, zeroize::Zeroizing};

/// The length of an integer without leading zero bytes, in bits.
pub(crate) fn bits(bytes: &[u8]) -> usize {
    bytes.first().map_or(0, |first| 8 * bytes.len() - first.leading_zeros() as usize)
}

/// An integer that takes `width` bits of storage, if it fits.
pub(crate) fn uint(bytes: &[u8], width: usize) -> Option<BoxedUint> {
    (bits(bytes) <= width).then_some(())?;
    BoxedUint::from_be_slice(bytes, u32::try_from(width).ok()?).ok()
}

/// The last `len` bytes of an integer that takes at least as many and is not larger. It is wiped.
#[cfg(feature = "legacy")]
pub(crate) fn padded(number: BoxedUint, len: usize) -> Vec<u8> {
    let mut bytes = Zeroizing::new(number).to_be_bytes().into_vec();
    // What is moved stays within the one allocation, which is wiped whole by whoever wipes it.
    bytes.drain(..bytes.len().saturating_sub(len));
    bytes
}
