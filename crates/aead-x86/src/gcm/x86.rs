//! The kernel compiled for each set of instructions, and the choice among them.

use super::aes_ni::Block;
use super::avx2::Pair;
use super::avx512::Quad;
use super::kernel::{self, Message, Piece, State};
use super::keys::Keys;
use super::lanes::Lanes;
use crate::Path;
use crate::parts::Parts;
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

cpufeatures::new!(has_avx512, "avx512f", "avx512bw", "avx512vl", "vaes", "vpclmulqdq", "aes", "pclmulqdq", "ssse3");
cpufeatures::new!(has_avx2, "avx2", "vaes", "vpclmulqdq", "aes", "pclmulqdq", "ssse3");
cpufeatures::new!(has_aes_ni, "aes", "pclmulqdq", "ssse3");

/// The paths that this CPU can take, best first.
pub(super) fn paths() -> impl Iterator<Item = Path> {
    let has = [(Path::Avx512, has_avx512::get()), (Path::Avx2, has_avx2::get()), (Path::AesNi, has_aes_ni::get())];
    has.into_iter().filter_map(|(path, has)| has.then_some(path))
}

impl<const ROUNDS: usize> Key<ROUNDS> {
    /// A key on `path`, if that is one of those here, and of this CPU.
    pub(super) fn new(key: &[u8], path: Path) -> Option<Self> {
        let way = match path {
            Path::Avx512 if has_avx512::get() => &Avx512::WAY,
            Path::Avx2 if has_avx2::get() => &Avx2::WAY,
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
