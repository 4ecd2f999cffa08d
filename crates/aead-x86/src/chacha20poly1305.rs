//! ChaCha20-Poly1305 (RFC 8439).

#[cfg(target_arch = "x86_64")]
mod x86_64;

use crate::ways::Ways;

#[cfg(not(target_arch = "x86_64"))]
use crate::ways::Never as Vectors;
#[cfg(target_arch = "x86_64")]
use x86_64::Key as Vectors;

/// 2^32 - 1 blocks of 64 bytes: the first of 2^32 makes the key of Poly1305 (RFC 8439 §2.8). One byte less, for the crate that
/// does without vectors wants it so.
const MAX_LEN: u64 = ((1 << 32) - 1) * 64 - 1;

/// A key of ChaCha20-Poly1305.
pub(crate) type ChaCha20 = Ways<Vectors, chacha20poly1305::ChaCha20Poly1305, MAX_LEN>;
