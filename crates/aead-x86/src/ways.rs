//! With vectors or without: what the ciphers have in common once a path is chosen.

use crate::key::sealed::Cipher;
use crate::parts::Parts;
use crate::{Path, portable};
use aead::array::Array;
use aead::consts::{U12, U16};
use aead::{AeadInOut, Error, KeyInit};
use subtle::ConstantTimeEq;

/// A key on one of the paths of this CPU, or one of `P`, the crate that does without instructions. A message has `MAX` bytes at
/// most.
pub enum Ways<V, P, const MAX: u64> {
    /// On one of the paths.
    Vectors(V),
    /// Without.
    Portable(P),
}

/// A cipher's key on the vectors of a CPU.
pub trait Vectors: Sized + Send + Sync + 'static {
    /// The paths that this CPU can take, best first.
    fn paths() -> impl Iterator<Item = Path>;

    /// A key on `path`; nothing where the CPU cannot take it.
    fn new(key: &[u8], path: Path) -> Option<Self>;

    /// The path.
    fn path(&self) -> Path;

    /// As [`Cipher::seal`].
    ///
    /// # Safety
    /// As there.
    unsafe fn seal(&self, nonce: &[u8; 12], aad: &[u8], plain: Parts<'_>, out: *mut u8, tag: &mut [u8; 16]);

    /// As [`Cipher::open`], but that it returns the tag that would be right.
    ///
    /// # Safety
    /// As there.
    unsafe fn open(&self, nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8) -> [u8; 16];
}

impl<V, P, const MAX: u64> Cipher for Ways<V, P, MAX>
where
    V: Vectors,
    P: AeadInOut<NonceSize = U12, TagSize = U16> + KeyInit + Send + Sync + 'static,
{
    type KeySize = P::KeySize;

    const MAX_LEN: u64 = MAX;

    fn paths() -> impl Iterator<Item = Path> {
        V::paths().chain([Path::Portable])
    }

    fn new(key: &Array<u8, P::KeySize>, path: Path) -> Self {
        V::new(key, path).map_or_else(|| Self::Portable(P::new(key)), Self::Vectors)
    }

    fn path(&self) -> Path {
        match self {
            Self::Vectors(key) => key.path(),
            Self::Portable(_) => Path::Portable,
        }
    }

    unsafe fn seal(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        plain: Parts<'_>,
        out: *mut u8,
        tag: &mut [u8; 16],
    ) -> Result<(), Error> {
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe {
            match self {
                Self::Vectors(key) => key.seal(nonce, aad, plain, out, tag),
                Self::Portable(key) => portable::seal(key, nonce, aad, plain, out, tag)?,
            }
        }
        Ok(())
    }

    unsafe fn open(&self, nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8, tag: &[u8; 16]) -> bool {
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe {
            match self {
                Self::Vectors(key) => is_same(key.open(nonce, aad, cipher, out), *tag),
                Self::Portable(key) => portable::open(key, nonce, aad, cipher, out, tag),
            }
        }
    }
}

/// Whether two tags are one, in constant time.
fn is_same(right: [u8; 16], given: [u8; 16]) -> bool {
    let difference = u128::from_ne_bytes(right) ^ u128::from_ne_bytes(given);
    ((difference >> 64) as u64 | difference as u64).ct_eq(&0).into()
}

/// Another architecture: there is no key on vectors.
#[cfg(not(target_arch = "x86_64"))]
pub enum Never {}

#[cfg(not(target_arch = "x86_64"))]
impl Vectors for Never {
    fn paths() -> impl Iterator<Item = Path> {
        core::iter::empty()
    }

    fn new(_: &[u8], _: Path) -> Option<Self> {
        None
    }

    fn path(&self) -> Path {
        match *self {}
    }

    unsafe fn seal(&self, _: &[u8; 12], _: &[u8], _: Parts<'_>, _: *mut u8, _: &mut [u8; 16]) {
        match *self {}
    }

    unsafe fn open(&self, _: &[u8; 12], _: &[u8], _: *const [u8], _: *mut u8) -> [u8; 16] {
        match *self {}
    }
}
