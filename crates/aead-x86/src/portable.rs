//! The RustCrypto crates behind our interface: for CPUs without the instructions.

use crate::parts::Parts;
use aead::{AeadInOut, Error};
use aead::consts::{U12, U16};
use aead::inout::InOutBuf;

/// As [`Cipher::seal`](crate::key::sealed::Cipher::seal): the plaintext is gathered in `out` and sealed there.
///
/// # Safety
/// As there.
pub(crate) unsafe fn seal<C>(cipher: &C, nonce: &[u8; 12], aad: &[u8], plain: Parts<'_>, out: *mut u8) -> Result<[u8; 16], Error>
where
    C: AeadInOut<NonceSize = U12, TagSize = U16>,
{
    let len = plain.len();
    // SAFETY: `out` is writable for `len` bytes, and written by `feed` before it is read as a slice.
    let buf = unsafe {
        plain.feed::<1>(out, |from, to, len, _| to.copy_from(from, len));
        core::slice::from_raw_parts_mut(out, len)
    };
    cipher.encrypt_inout_detached(nonce.into(), aad, buf.into()).map(Into::into)
}

/// As [`Cipher::open`](crate::key::sealed::Cipher::open).
///
/// # Safety
/// As there.
pub(crate) unsafe fn open<C>(
    cipher: &C,
    nonce: &[u8; 12],
    aad: &[u8],
    from: *const [u8],
    out: *mut u8,
    tag: &[u8; 16],
) -> bool
where
    C: AeadInOut<NonceSize = U12, TagSize = U16>,
{
    // SAFETY: the caller's promise is the one that is asked for.
    let buf = unsafe { InOutBuf::from_raw(from.cast(), out, from.len()) };
    cipher.decrypt_inout_detached(nonce.into(), aad, buf, tag.into()).is_ok()
}
