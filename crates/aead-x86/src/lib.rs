//! AES-GCM and ChaCha20-Poly1305 in Rust's own vector intrinsics: no C, no assembler files.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod chacha20poly1305;
mod gcm;
mod key;
mod parts;
mod path;
mod portable;

pub use aead;
pub use key::{Algorithm, Key};
pub use path::Path;

/// AES-128-GCM (NIST SP 800-38D, RFC 5116 §5.1): a key of 16 bytes, a nonce of 12, a tag of 16.
//pub type Aes128Gcm = Key<gcm::Aes128>;

/// AES-256-GCM (NIST SP 800-38D, RFC 5116 §5.2): a key of 32 bytes, a nonce of 12, a tag of 16.
//pub type Aes256Gcm = Key<gcm::Aes256>;

/// ChaCha20-Poly1305 (RFC 8439 §2.8): a key of 32 bytes, a nonce of 12, a tag of 16.
pub type ChaCha20Poly1305 = Key<chacha20poly1305::ChaCha20>;
