//! ChaCha20-Poly1305 (RFC 8439).

use crate::Path;
use crate::key::sealed::Cipher;
use crate::parts::Parts;
use aead::array::Array;
use aead::consts::U32;
use aead::{Error, KeyInit};

/// A key of ChaCha20-Poly1305.
pub struct ChaCha20(Ways);

enum Ways {
    Portable(chacha20poly1305::ChaCha20Poly1305),
}

impl Cipher for ChaCha20 {
    type KeySize = U32;

    /// 2^32 - 1 blocks of 64 bytes: the first of 2^32 makes the key of Poly1305 (RFC 8439 §2.8).
    const MAX_LEN: u64 = ((1 << 32) - 1) * 64;

    fn paths() -> impl Iterator<Item = Path> {
        [Path::Portable].into_iter()
    }

    fn new(key: &Array<u8, U32>, path: Path) -> Self {
        let _ = path;
        Self(Ways::Portable(KeyInit::new(key)))
    }

    fn path(&self) -> Path {
        Path::Portable
    }

    unsafe fn seal(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        plain: Parts<'_>,
        out: *mut u8,
        tag: &mut [u8; 16],
    ) -> Result<(), Error> {
        let Ways::Portable(key) = &self.0;
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { crate::portable::seal(key, nonce, aad, plain, out, tag) }
    }

    unsafe fn open(&self, nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8, tag: &[u8; 16]) -> bool {
        let Ways::Portable(key) = &self.0;
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe { crate::portable::open(key, nonce, aad, cipher, out, tag) }
    }
}
