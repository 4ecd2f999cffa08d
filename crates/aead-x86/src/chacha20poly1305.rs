//! ChaCha20-Poly1305 (RFC 8439).

#[cfg(target_arch = "x86_64")]
mod x86_64;

use crate::Path;
use crate::key::sealed::Cipher;
use crate::parts::Parts;
use aead::array::Array;
use aead::consts::U32;
use aead::{Error, KeyInit};

/// A key of ChaCha20-Poly1305.
pub struct ChaCha20(Ways);

enum Ways {
    #[cfg(target_arch = "x86_64")]
    Vectors(x86_64::Key),
    Portable(chacha20poly1305::ChaCha20Poly1305),
}

impl Cipher for ChaCha20 {
    type KeySize = U32;

    /// 2^32 - 1 blocks of 64 bytes: the first of 2^32 makes the key of Poly1305 (RFC 8439 §2.8). One byte less, for the crate that
    /// does without vectors wants it so.
    const MAX_LEN: u64 = ((1 << 32) - 1) * 64 - 1;

    fn paths() -> impl Iterator<Item = Path> {
        #[cfg(target_arch = "x86_64")]
        let vectors = x86_64::Key::paths();
        #[cfg(not(target_arch = "x86_64"))]
        let vectors = core::iter::empty();
        vectors.chain([Path::Portable])
    }

    fn new(key: &Array<u8, U32>, path: Path) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(key) = x86_64::Key::new(key.as_ref(), path) {
            return Self(Ways::Vectors(key));
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = path;
        Self(Ways::Portable(KeyInit::new(key)))
    }

    fn path(&self) -> Path {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Ways::Vectors(key) => key.path(),
            Ways::Portable(_) => Path::Portable,
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
            match &self.0 {
                #[cfg(target_arch = "x86_64")]
                Ways::Vectors(key) => *tag = key.seal(nonce, aad, plain, out),
                Ways::Portable(key) => crate::portable::seal(key, nonce, aad, plain, out, tag)?,
            }
        }
        Ok(())
    }

    unsafe fn open(&self, nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8, tag: &[u8; 16]) -> bool {
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe {
            match &self.0 {
                #[cfg(target_arch = "x86_64")]
                Ways::Vectors(key) => key.open(nonce, aad, cipher, out, tag),
                Ways::Portable(key) => crate::portable::open(key, nonce, aad, cipher, out, tag),
            }
        }
    }
}
