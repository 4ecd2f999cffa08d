//! ChaCha20-Poly1305 with the vectors of x86-64.

mod avx2;
mod avx512;
mod message;
mod poly1305;
mod stream;
#[cfg(test)]
mod tests;
mod unit;

use crate::Path;
use crate::parts::Parts;
use crate::ways::Vectors;
use zeroize::Zeroizing;

cpufeatures::new!(has_avx512, "avx512f", "avx512bw", "avx512vl", "avx512ifma", "avx2", "fma");
cpufeatures::new!(has_avx2, "avx2", "bmi2");

/// A key, wiped when dropped, and how it is used: only as the CPU can.
pub struct Key {
    words: Zeroizing<[u32; 8]>,
    way: Way,
}

#[derive(Clone, Copy)]
enum Way {
    Avx512,
    Avx2,
}

impl Vectors for Key {
    fn paths() -> impl Iterator<Item = Path> {
        [Path::Avx512, Path::Avx2].into_iter().filter(|path| Way::of(*path).is_some())
    }

    fn new(key: &[u8], path: Path) -> Option<Self> {
        let way = Way::of(path)?;
        let mut words = Zeroizing::new([0; 8]);
        for (word, bytes) in words.iter_mut().zip(key.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        Some(Self { words, way })
    }

    fn path(&self) -> Path {
        match self.way {
            Way::Avx512 => Path::Avx512,
            Way::Avx2 => Path::Avx2,
        }
    }

    unsafe fn seal(&self, nonce: &[u8; 12], aad: &[u8], plain: Parts<'_>, out: *mut u8, tag: &mut [u8; 16]) {
        // SAFETY: the caller's promise is the one that is asked for, and the CPU has what the way of a key takes.
        *tag = unsafe {
            match self.way {
                Way::Avx512 => avx512::seal(&self.words, nonce, aad, plain, out),
                Way::Avx2 => avx2::seal(&self.words, nonce, aad, plain, out),
            }
        };
    }

    unsafe fn open(&self, nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8) -> [u8; 16] {
        // SAFETY: as in `seal`.
        unsafe {
            match self.way {
                Way::Avx512 => avx512::open(&self.words, nonce, aad, cipher, out),
                Way::Avx2 => avx2::open(&self.words, nonce, aad, cipher, out),
            }
        }
    }
}

impl Way {
    fn of(path: Path) -> Option<Self> {
        match path {
            Path::Avx512 => has_avx512::get().then_some(Self::Avx512),
            Path::Avx2 => has_avx2::get().then_some(Self::Avx2),
            _ => None,
        }
    }
}
