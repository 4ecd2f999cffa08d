//! AES-GCM (NIST SP 800-38D).
//!
//! | file | concept |
//! |---|---|
//! | `lanes` | a register of blocks; `avx512`, `avx2`, `aes_ni` are the three that there are |
//! | `ghash` | multiplication in the field of GHASH |
//! | `keys` | what a key becomes |
//! | `kernel` | counter mode and GHASH in one pass |
//! | `x86` | the kernel compiled for each set of instructions, and the choice among them |

#[cfg(target_arch = "x86_64")]
mod aes_ni;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod ghash;
#[cfg(target_arch = "x86_64")]
mod kernel;
#[cfg(target_arch = "x86_64")]
mod keys;
#[cfg(target_arch = "x86_64")]
mod lanes;
#[cfg(target_arch = "x86_64")]
mod x86;

use crate::key::sealed::Cipher;
use crate::parts::Parts;
use crate::{Path, portable};
use aead::array::Array;
use aead::consts::{U12, U16};
use aead::{AeadInOut, Error, KeyInit};

/// A key of AES-128-GCM.
pub(crate) type Aes128 = Gcm<aes_gcm::Aes128Gcm, 11>;

/// A key of AES-256-GCM.
pub(crate) type Aes256 = Gcm<aes_gcm::Aes256Gcm, 15>;

#[cfg_attr(
    target_arch = "x86_64",
    expect(
        clippy::large_enum_variant,
        reason = "the larger one is the common one, and a box would be an allocation a key"
    )
)]
/// A key of AES-GCM: with `ROUNDS` round keys, or `P`, one of the crate that does without instructions.
pub enum Gcm<P, const ROUNDS: usize> {
    /// On one of the paths of this CPU.
    #[cfg(target_arch = "x86_64")]
    X86(x86::Key<ROUNDS>),
    /// On the other.
    Portable(P),
}

impl<P, const ROUNDS: usize> Cipher for Gcm<P, ROUNDS>
where
    P: AeadInOut<NonceSize = U12, TagSize = U16> + KeyInit + Send + Sync + 'static,
{
    type KeySize = P::KeySize;

    /// 2^32 - 2 blocks of 16 bytes: what a counter of 32 bits has beside the block of the tag (NIST SP 800-38D §5.2.1.1).
    const MAX_LEN: u64 = ((1 << 32) - 2) * 16;

    fn paths() -> impl Iterator<Item = Path> {
        #[cfg(target_arch = "x86_64")]
        return x86::paths().chain([Path::Portable]);
        #[cfg(not(target_arch = "x86_64"))]
        return [Path::Portable].into_iter();
    }

    fn new(key: &Array<u8, P::KeySize>, path: Path) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(key) = x86::Key::new(key, path) {
            return Self::X86(key);
        }
        let _ = path;
        Self::Portable(P::new(key))
    }

    fn path(&self) -> Path {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::X86(key) => key.path(),
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
                #[cfg(target_arch = "x86_64")]
                Self::X86(key) => key.seal(nonce, aad, plain, out, tag),
                Self::Portable(key) => portable::seal(key, nonce, aad, plain, out, tag)?,
            }
        }
        Ok(())
    }

    unsafe fn open(&self, nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8, tag: &[u8; 16]) -> bool {
        // SAFETY: the caller's promise is the one that is asked for.
        unsafe {
            match self {
                #[cfg(target_arch = "x86_64")]
                Self::X86(key) => key.open(nonce, aad, cipher, out, tag),
                Self::Portable(key) => portable::open(key, nonce, aad, cipher, out, tag),
            }
        }
    }
}
