//! A key, and what all three ciphers have in common: lengths, buffers, the comparison of tags.

use crate::Path;
use crate::parts::Parts;
use aead::array::Array;
use aead::consts::{U12, U16};
use aead::inout::InOutBuf;
use aead::{AeadCore, AeadInOut, Error, KeyInit, KeySizeUser, TagPosition};
use alloc::vec::Vec;
use core::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The length of a nonce, in bytes.
const NONCE_LEN: usize = 12;

/// The length of a tag, in bytes.
const TAG_LEN: usize = 16;

/// One key, expanded, of the cipher `A`.
///
/// It is wiped when dropped. A nonce may be used once under a key: twice, and anyone who sees both messages can forge more.
pub struct Key<A: Algorithm>(A);

impl<A: Algorithm> Key<A> {
    /// The longest message, in bytes.
    pub const MAX_LEN: u64 = A::MAX_LEN;

    /// A key on the best path of this CPU.
    pub fn new(key: &Array<u8, A::KeySize>) -> Self {
        Self(A::new(key, A::paths().next().unwrap_or(Path::Portable)))
    }

    /// A key on `path`, if this CPU has what it takes: for tests and for measuring.
    pub fn with_path(key: &Array<u8, A::KeySize>, path: Path) -> Option<Self> {
        A::paths().any(|has| has == path).then(|| Self(A::new(key, path)))
    }

    /// The paths that this CPU can take, best first. The last is [`Path::Portable`].
    pub fn paths() -> impl Iterator<Item = Path> {
        A::paths()
    }

    /// The path of this key.
    pub fn path(&self) -> Path {
        self.0.path()
    }

    /// Appends the ciphertext of the concatenation of `plain`, then the tag, to `out`.
    ///
    /// # Errors
    /// When the message is longer than [`Key::MAX_LEN`], or there is no memory for it; `out` is then as it was.
    pub fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], plain: &[&[u8]], out: &mut Vec<u8>) -> Result<(), Error> {
        let plain = Parts::of(plain).ok_or(Error)?;
        let len = plain.len();
        check_len::<A>(len)?;
        let whole = len.checked_add(TAG_LEN).ok_or(Error)?;
        out.try_reserve(whole).map_err(|_| Error)?;
        let start = out.len();
        // SAFETY: `out` has room for `whole` bytes more, of which the cipher writes the first `len`, and nothing reads
        // `plain` through a pointer that `out` could share: `out` is borrowed for us alone. Then the tag fills the rest.
        unsafe {
            let to = out.as_mut_ptr().add(start);
            let tag = to.add(len).cast::<[u8; TAG_LEN]>();
            tag.write([0; TAG_LEN]);
            self.0.seal(nonce, aad, plain, to, &mut *tag)?;
            out.set_len(start + whole);
        }
        Ok(())
    }

    /// Encrypts `buf` where it lies and returns the tag.
    ///
    /// # Errors
    /// When the message is longer than [`Key::MAX_LEN`]; `buf` is then as it was.
    pub fn seal_in_place(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], buf: &mut [u8]) -> Result<[u8; TAG_LEN], Error> {
        self.seal_inout(nonce, aad, buf.into())
    }

    /// Decrypts `buf` where it lies, if `tag` is right.
    ///
    /// # Errors
    /// When it is not, or the message longer than [`Key::MAX_LEN`]; `buf` is then wiped.
    pub fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Error> {
        self.open_inout(nonce, aad, buf.into(), tag)
    }

    fn seal_inout(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: InOutBuf<'_, '_, u8>,
    ) -> Result<[u8; TAG_LEN], Error> {
        check_len::<A>(buf.len())?;
        let len = buf.len();
        let (from, to) = buf.into_raw();
        let from = core::ptr::slice_from_raw_parts(from, len);
        let mut tag = [0; TAG_LEN];
        // SAFETY: `from` is readable and `to` writable for `len` bytes, and they are the same place or do not overlap, as
        // an `InOutBuf` promises.
        unsafe { self.0.seal(nonce, aad, Parts::one(&from), to, &mut tag)? };
        Ok(tag)
    }

    fn open_inout(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        mut buf: InOutBuf<'_, '_, u8>,
        tag: &[u8; TAG_LEN],
    ) -> Result<(), Error> {
        let opened = check_len::<A>(buf.len()).is_ok() && {
            let len = buf.len();
            let (from, to) = buf.reborrow().into_raw();
            // SAFETY: as in `seal_inout`.
            unsafe { self.0.open(nonce, aad, core::ptr::slice_from_raw_parts(from, len), to, tag) }
        };
        if opened {
            return Ok(());
        }
        buf.get_out().zeroize();
        Err(Error)
    }
}

fn check_len<A: Algorithm>(len: usize) -> Result<(), Error> {
    if u64::try_from(len).is_ok_and(|len| len <= A::MAX_LEN) { Ok(()) } else { Err(Error) }
}

impl<A: Algorithm> fmt::Debug for Key<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("path", &self.path()).finish_non_exhaustive()
    }
}

impl<A: Algorithm> ZeroizeOnDrop for Key<A> {}

impl<A: Algorithm> KeySizeUser for Key<A> {
    type KeySize = A::KeySize;
}

impl<A: Algorithm> KeyInit for Key<A> {
    fn new(key: &Array<u8, A::KeySize>) -> Self {
        Self::new(key)
    }
}

impl<A: Algorithm> AeadCore for Key<A> {
    type NonceSize = U12;
    type TagSize = U16;
    const TAG_POSITION: TagPosition = TagPosition::Postfix;
}

impl<A: Algorithm> AeadInOut for Key<A> {
    fn encrypt_inout_detached(
        &self,
        nonce: &Array<u8, U12>,
        aad: &[u8],
        buf: InOutBuf<'_, '_, u8>,
    ) -> Result<Array<u8, U16>, Error> {
        self.seal_inout(nonce.as_ref(), aad, buf).map(Into::into)
    }

    fn decrypt_inout_detached(
        &self,
        nonce: &Array<u8, U12>,
        aad: &[u8],
        buf: InOutBuf<'_, '_, u8>,
        tag: &Array<u8, U16>,
    ) -> Result<(), Error> {
        self.open_inout(nonce.as_ref(), aad, buf, tag.as_ref())
    }
}

/// A cipher that [`Key`] can be of: those of this crate.
pub trait Algorithm: sealed::Cipher {}

impl<C: sealed::Cipher> Algorithm for C {}

pub(crate) mod sealed {
    use super::{NONCE_LEN, TAG_LEN};
    use crate::Path;
    use crate::parts::Parts;
    use aead::Error;
    use aead::array::{Array, ArraySize};

    /// What a cipher gives to [`Key`](super::Key). Implementations wipe themselves when dropped.
    pub trait Cipher: Sized + Send + Sync + 'static {
        /// The length of a key.
        type KeySize: ArraySize;

        /// The longest message, in bytes.
        const MAX_LEN: u64;

        /// The paths that this CPU can take, best first, [`Path::Portable`] last.
        fn paths() -> impl Iterator<Item = Path>;

        /// A key on `path`, which must be one of [`Cipher::paths`].
        fn new(key: &Array<u8, Self::KeySize>, path: Path) -> Self;

        /// The path this key is on.
        fn path(&self) -> Path;

        /// Writes the ciphertext of `plain` to `out`, and `tag`. `plain` is at most [`Cipher::MAX_LEN`] long.
        ///
        /// # Errors
        /// When a crate that does the work finds the message too long all the same.
        ///
        /// # Safety
        /// `out` must be writable for the length of `plain`, and not overlap it; or `plain` is one part that begins at `out`.
        unsafe fn seal(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            plain: Parts<'_>,
            out: *mut u8,
            tag: &mut [u8; TAG_LEN],
        ) -> Result<(), Error>;

        /// Writes the plaintext of `cipher` to `out`, and says whether `tag` is right. Where it is not, the caller wipes `out`.
        ///
        /// # Safety
        /// `cipher` must be readable and `out` writable for its length, and the two be one place or not overlap.
        unsafe fn open(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            cipher: *const [u8],
            out: *mut u8,
            tag: &[u8; TAG_LEN],
        ) -> bool;
    }
}
