//! ChaCha20-Poly1305 (RFC 8439).

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod message;
#[cfg(target_arch = "x86_64")]
mod poly1305;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;

use crate::Path;
use crate::key::sealed::Cipher;
use crate::parts::Parts;
use aead::array::Array;
use aead::consts::U32;
use aead::{Error, KeyInit};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A key of ChaCha20-Poly1305.
pub struct ChaCha20(Ways);

enum Ways {
    #[cfg(target_arch = "x86_64")]
    Avx512(Words),
    #[cfg(target_arch = "x86_64")]
    Avx2(Words),
    Portable(chacha20poly1305::ChaCha20Poly1305),
}

/// The words of a key, wiped when dropped.
type Words = Zeroizing<[u32; 8]>;

#[cfg(target_arch = "x86_64")]
cpufeatures::new!(has_avx512, "avx512f", "avx512bw", "avx512vl", "avx512ifma");
#[cfg(target_arch = "x86_64")]
cpufeatures::new!(has_avx2, "avx2", "bmi2");

impl Cipher for ChaCha20 {
    type KeySize = U32;

    /// 2^32 - 1 blocks of 64 bytes: the first of 2^32 makes the key of Poly1305 (RFC 8439 §2.8).
    const MAX_LEN: u64 = ((1 << 32) - 1) * 64;

    fn paths() -> impl Iterator<Item = Path> {
        #[cfg(target_arch = "x86_64")]
        let fast = [(Path::Avx512, has_avx512::get()), (Path::Avx2, has_avx2::get())];
        #[cfg(not(target_arch = "x86_64"))]
        let fast = [];
        fast.into_iter().filter_map(|(path, has)| has.then_some(path)).chain([Path::Portable])
    }

    fn new(key: &Array<u8, U32>, path: Path) -> Self {
        Self(match path {
            #[cfg(target_arch = "x86_64")]
            Path::Avx512 => Ways::Avx512(words(key)),
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => Ways::Avx2(words(key)),
            _ => Ways::Portable(KeyInit::new(key)),
        })
    }

    fn path(&self) -> Path {
        match &self.0 {
            #[cfg(target_arch = "x86_64")]
            Ways::Avx512(_) => Path::Avx512,
            #[cfg(target_arch = "x86_64")]
            Ways::Avx2(_) => Path::Avx2,
            Ways::Portable(_) => Path::Portable,
        }
    }

    unsafe fn seal(&self, nonce: &[u8; 12], aad: &[u8], plain: Parts<'_>, out: *mut u8) -> Result<[u8; 16], Error> {
        // SAFETY: the caller's promise is the one that is asked for, and a key is on a path that the CPU has.
        unsafe {
            match &self.0 {
                #[cfg(target_arch = "x86_64")]
                Ways::Avx512(key) => Ok(avx512::seal(key, nonce, aad, plain, out)),
                #[cfg(target_arch = "x86_64")]
                Ways::Avx2(key) => Ok(avx2::seal(key, nonce, aad, plain, out)),
                Ways::Portable(key) => crate::portable::seal(key, nonce, aad, plain, out),
            }
        }
    }

    unsafe fn open(&self, nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8, tag: &[u8; 16]) -> bool {
        // SAFETY: as in `seal`.
        let right = unsafe {
            match &self.0 {
                #[cfg(target_arch = "x86_64")]
                Ways::Avx512(key) => avx512::open(key, nonce, aad, cipher, out),
                #[cfg(target_arch = "x86_64")]
                Ways::Avx2(key) => avx2::open(key, nonce, aad, cipher, out),
                Ways::Portable(key) => return crate::portable::open(key, nonce, aad, cipher, out, tag),
            }
        };
        let differ = u128::from_le_bytes(right) ^ u128::from_le_bytes(*tag);
        (differ as u64 | (differ >> 64) as u64).ct_eq(&0).into()
    }
}

fn words(key: &Array<u8, U32>) -> Words {
    let mut words = Words::default();
    for (word, bytes) in words.iter_mut().zip(key.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}
