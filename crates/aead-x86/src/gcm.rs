//! AES-GCM (NIST SP 800-38D).

#[cfg(target_arch = "x86_64")]
mod x86_64;

use crate::ways::Ways;

#[cfg(target_arch = "x86_64")]
use x86_64::Key as Vectors;
/// Another architecture: there is no key on vectors, however many rounds it would have.
#[cfg(not(target_arch = "x86_64"))]
type Vectors<const ROUNDS: usize> = crate::ways::Never;

/// 2^32 - 2 blocks of 16 bytes: what a counter of 32 bits has beside the block of the tag (NIST SP 800-38D §5.2.1.1).
const MAX_LEN: u64 = ((1 << 32) - 2) * 16;

/// A key of AES-128-GCM, with 11 round keys.
pub(crate) type Aes128 = Ways<Vectors<11>, aes_gcm::Aes128Gcm, MAX_LEN>;

/// A key of AES-256-GCM, with 15 round keys.
pub(crate) type Aes256 = Ways<Vectors<15>, aes_gcm::Aes256Gcm, MAX_LEN>;
