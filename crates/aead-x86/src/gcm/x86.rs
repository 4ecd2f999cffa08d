//! The kernel compiled for each set of instructions, and the choice among them.

use super::aes_ni::Block;
use super::avx2::Pair;
use super::avx512::Quad;
use super::kernel::{self, Message, Piece, State};
use super::keys::Keys;
use super::lanes::Lanes;
use crate::Path;
use crate::parts::Parts;
use core::arch::x86_64::__cpuid_count;
use subtle::ConstantTimeEq;

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

/// Whether there is AVX2 with VAES and VPCLMULQDQ. `cpufeatures` has a word for these two only where registers of 512 bits are in
/// use as well.
fn has_avx2() -> bool {
    has_avx2_and_aes_ni::get() && is_wide(leaf_7())
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

/// The paths that this CPU can take, best first.
pub(super) fn paths() -> impl Iterator<Item = Path> {
    let has = [(Path::Avx512, has_avx512::get()), (Path::Avx2, has_avx2()), (Path::AesNi, has_aes_ni::get())];
    has.into_iter().filter_map(|(path, has)| has.then_some(path))
}

impl<const ROUNDS: usize> Key<ROUNDS> {
    /// A key on `path`, if that is one of those here, and of this CPU.
    pub(super) fn new(key: &[u8], path: Path) -> Option<Self> {
        let way = match path {
            Path::Avx512 if has_avx512::get() => &Avx512::WAY,
            Path::Avx2 if has_avx2() => &Avx2::WAY,
            Path::AesNi if has_aes_ni::get() => &AesNi::WAY,
            _ => return None,
        };
        // SAFETY: the CPU has the instructions, it has just been asked.
        Some(Self { way, keys: unsafe { (way.keys)(key) } })
    }

    /// The path.
    pub(super) fn path(&self) -> Path {
        self.way.path
    }

    /// As [`Cipher::seal`](crate::key::sealed::Cipher::seal).
    ///
    /// # Safety
    /// As there.
    pub(super) unsafe fn seal(&self, nonce: &[u8; 12], aad: &[u8], plain: Parts<'_>, out: *mut u8, tag: &mut [u8; 16]) {
        let message = Message { aad, len: plain.len() };
        let (mut state, mut first) = (State::default(), true);
        // SAFETY: a key exists where the CPU has its instructions. `feed` hands out what the caller promises.
        unsafe {
            plain.feed::<GROUP>(out, |from, to, len, last| {
                (self.way.seal)(&self.keys, nonce, &message, &mut state, Piece { from, to, len, first, last }, tag);
                first = false;
            });
        }
    }

    /// As [`Cipher::open`](crate::key::sealed::Cipher::open).
    ///
    /// # Safety
    /// As there.
    pub(super) unsafe fn open(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        cipher: *const [u8],
        out: *mut u8,
        tag: &[u8; 16],
    ) -> bool {
        let message = Message { aad, len: cipher.len() };
        let piece = Piece { from: cipher.cast(), to: out, len: cipher.len(), first: true, last: true };
        let mut expected = [0; 16];
        // SAFETY: a key exists where the CPU has its instructions. The caller promises the rest.
        unsafe { (self.way.open)(&self.keys, nonce, &message, &mut State::default(), piece, &mut expected) };
        let difference = u128::from_ne_bytes(expected) ^ u128::from_ne_bytes(*tag);
        ((difference >> 64) as u64 | difference as u64).ct_eq(&0).into()
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
            assert_eq!(paths().any(|found| found == path), has, "{path:?}");
            assert_eq!(Key::<11>::new(&[0; 16], path).is_some(), has, "{path:?}");
        }
        assert!(Key::<11>::new(&[0; 16], Path::Portable).is_none());
    }
}
