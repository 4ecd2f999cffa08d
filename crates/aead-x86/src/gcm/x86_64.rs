//! AES-GCM with the vectors of x86-64: the kernel compiled for each set of instructions, and the choice among them.
//!
//! | file | concept |
//! |---|---|
//! | `lanes` | a register of blocks; `avx512`, `avx2`, `aes_ni` are the three that there are |
//! | `ghash` | multiplication in the field of GHASH |
//! | `keys` | what a key becomes |
//! | `kernel` | counter mode and GHASH in one pass |

mod aes_ni;
mod avx2;
mod avx512;
mod ghash;
mod kernel;
mod keys;
mod lanes;

use crate::Path;
use crate::parts::Parts;
use crate::ways::Vectors;
use aes_ni::Block;
use avx2::Pair;
use avx512::Quad;
use core::arch::x86_64::__cpuid_count;
use core::sync::atomic::{AtomicU8, Ordering};
use kernel::{Message, Piece, State};
use keys::Keys;
use lanes::Lanes;

/// A key on one of the paths of this CPU.
pub struct Key<const ROUNDS: usize> {
    way: &'static Way<ROUNDS>,
    keys: Keys<ROUNDS>,
}

/// The functions of a path, which must be called on a CPU that has its instructions alone.
struct Way<const ROUNDS: usize> {
    path: Path,
    keys: unsafe fn(&[u8]) -> Keys<ROUNDS>,
    seal: Run<ROUNDS>,
    open: Run<ROUNDS>,
}

/// [`kernel::run`].
type Run<const ROUNDS: usize> = unsafe fn(&Keys<ROUNDS>, &[u8; 12], &Message<'_>, &mut State, Piece, &mut [u8; 16]);

/// What every path works on at once, or a multiple of it, in bytes.
const GROUP: usize = 512;

cpufeatures::new!(
    has_avx512,
    "avx512f",
    "avx512bw",
    "avx512vl",
    "vaes",
    "vpclmulqdq",
    "avx2",
    "fma",
    "aes",
    "pclmulqdq",
    "ssse3"
);
cpufeatures::new!(has_avx2_and_aes_ni, "avx2", "aes", "pclmulqdq", "ssse3");
cpufeatures::new!(has_aes_ni, "aes", "pclmulqdq", "ssse3");

/// Whether this CPU can take `path`.
fn has(path: Path) -> bool {
    match path {
        Path::Avx512 => has_avx512::get(),
        Path::Avx2 => has_avx2_and_aes_ni::get() && has_wide(),
        Path::AesNi => has_aes_ni::get(),
        Path::Portable => false,
    }
}

/// Whether there are VAES and VPCLMULQDQ. `cpufeatures` has a word for these two only where registers of 512 bits are in use as
/// well. Asked once, as it does: a virtual machine may take microseconds to answer.
fn has_wide() -> bool {
    const UNKNOWN: u8 = 2;
    static WIDE: AtomicU8 = AtomicU8::new(UNKNOWN);
    match WIDE.load(Ordering::Relaxed) {
        UNKNOWN => {
            let wide = is_wide(leaf_7());
            WIDE.store(wide.into(), Ordering::Relaxed);
            wide
        }
        known => known == 1,
    }
}

/// Whether VAES and VPCLMULQDQ are among the features in ECX of leaf 7.
fn is_wide(ecx: u32) -> bool {
    const VAES: u32 = 1 << 9;
    const VPCLMULQDQ: u32 = 1 << 10;
    ecx & (VAES | VPCLMULQDQ) == VAES | VPCLMULQDQ
}

/// ECX of CPUID's leaf 7, which every CPU with AVX2 has.
#[expect(clippy::allow_attributes, reason = "the instruction is a safe function since Rust 1.94")]
#[allow(unused_unsafe)]
fn leaf_7() -> u32 {
    // SAFETY: every CPU of x86-64 has CPUID.
    unsafe { __cpuid_count(7, 0).ecx }
}

impl<const ROUNDS: usize> Vectors for Key<ROUNDS> {
    fn paths() -> impl Iterator<Item = Path> {
        [Path::Avx512, Path::Avx2, Path::AesNi].into_iter().filter(|path| has(*path))
    }

    fn new(key: &[u8], path: Path) -> Option<Self> {
        let way = match path {
            Path::Avx512 => &Avx512::WAY,
            Path::Avx2 => &Avx2::WAY,
            Path::AesNi => &AesNi::WAY,
            Path::Portable => return None,
        };
        if !has(path) {
            return None;
        }
        // SAFETY: the CPU has the instructions, it has just been asked.
        Some(Self { way, keys: unsafe { (way.keys)(key) } })
    }

    fn path(&self) -> Path {
        self.way.path
    }

    unsafe fn seal(&self, nonce: &[u8; 12], aad: &[u8], plain: Parts<'_>, out: *mut u8, tag: &mut [u8; 16]) {
        let message = Message { aad, len: plain.len() };
        let (mut state, mut first) = (State::default(), true);
        // SAFETY: a key exists where the CPU has its instructions. `feed` hands out what the caller promises.
        unsafe {
            plain.feed::<GROUP>(out, |from, to, len, last| {
                let piece = Piece { from, to, len, first, last };
                (self.way.seal)(&self.keys, nonce, &message, &mut state, piece, tag);
                first = false;
            });
        }
    }

    unsafe fn open(&self, nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8) -> [u8; 16] {
        let message = Message { aad, len: cipher.len() };
        let piece = Piece { from: cipher.cast(), to: out, len: cipher.len(), first: true, last: true };
        let mut right = [0; 16];
        // SAFETY: a key exists where the CPU has its instructions. The caller promises the rest.
        unsafe { (self.way.open)(&self.keys, nonce, &message, &mut State::default(), piece, &mut right) };
        right
    }
}

/// A path: its name, its register, and its instructions.
macro_rules! way {
    ($path:ident, $lanes:ident, $features:literal) => {
        struct $path;

        impl $path {
            #[target_feature(enable = $features)]
            fn keys<const R: usize>(key: &[u8]) -> Keys<R> {
                // SAFETY: this function is for the instructions of the lanes.
                unsafe { Keys::new::<$lanes>(key) }
            }

            /// # Safety
            /// As for [`kernel::run`].
            #[target_feature(enable = $features)]
            unsafe fn run<const R: usize, const SEAL: bool>(
                keys: &Keys<R>,
                nonce: &[u8; 12],
                message: &Message<'_>,
                state: &mut State,
                piece: Piece,
                tag: &mut [u8; 16],
            ) {
                // SAFETY: this function is for the instructions of the lanes; the caller promises the rest.
                unsafe { kernel::run::<$lanes, R, SEAL>(keys, nonce, message, state, piece, tag) }
            }
        }

        impl<const R: usize> Ways<R> for $path {
            const WAY: Way<R> = Way {
                path: Path::$path,
                keys: $path::keys::<R>,
                seal: $path::run::<R, true>,
                open: $path::run::<R, false>,
            };
        }

        // What `feed` hands out in the midst of a message is whole groups.
        const _: () = assert!(GROUP % (kernel::GROUP * 16 * $lanes::LANES) == 0);
    };
}

trait Ways<const R: usize> {
    const WAY: Way<R>;
}

way!(Avx512, Quad, "avx512f,avx512bw,avx512vl,vaes,vpclmulqdq,aes,pclmulqdq,ssse3");
way!(Avx2, Pair, "avx2,vaes,vpclmulqdq,aes,pclmulqdq,ssse3");
way!(AesNi, Block, "aes,pclmulqdq,ssse3");

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the features in that word AVX-512 has its own (VBMI, VNNI, BITALG …), and VAES wants none of them.
    #[test]
    fn vaes_is_found_without_avx_512() {
        assert!(is_wide(1 << 9 | 1 << 10));
        assert!(is_wide(u32::MAX));
        for ecx in [0, 1 << 9, 1 << 10, !(1 << 9), !(1 << 10)] {
            assert!(!is_wide(ecx), "{ecx:#x}");
        }
    }

    /// What the standard library finds as well.
    #[test]
    fn a_cpu_takes_the_paths_that_it_can() {
        let aes = std::is_x86_feature_detected!("aes") && std::is_x86_feature_detected!("pclmulqdq");
        let wide = std::is_x86_feature_detected!("vaes") && std::is_x86_feature_detected!("vpclmulqdq");
        let avx512 = std::is_x86_feature_detected!("avx512bw") && std::is_x86_feature_detected!("avx512vl");
        for (path, has) in [
            (Path::Avx512, aes && wide && avx512),
            (Path::Avx2, aes && wide && std::is_x86_feature_detected!("avx2")),
            (Path::AesNi, aes),
        ] {
            assert_eq!(Key::<11>::paths().any(|found| found == path), has, "{path:?}");
            assert_eq!(Key::<11>::new(&[0; 16], path).is_some(), has, "{path:?}");
        }
        assert!(Key::<11>::new(&[0; 16], Path::Portable).is_none());
    }
}
