//! AES-GCM and ChaCha20-Poly1305 in Rust's own vector intrinsics: no C, no assembler files, `no_std` with `alloc`.
//!
//! The best way that a CPU has is found at run time, so that one binary for the baseline of x86-64 is fast everywhere. What a CPU
//! has no instructions for, or another architecture, is done by the RustCrypto crates.
//!
//! | [`Path`] | AES-GCM | ChaCha20-Poly1305 |
//! |---|---|---|
//! | [`Avx512`](Path::Avx512) | VAES and VPCLMULQDQ, 512 bits at a time | AVX-512, and IFMA for Poly1305 |
//! | [`Avx2`](Path::Avx2) | VAES and VPCLMULQDQ, 256 bits at a time | AVX2 |
//! | [`AesNi`](Path::AesNi) | AES-NI and PCLMULQDQ | |
//! | [`Portable`](Path::Portable) | the crate `aes-gcm` | the crate `chacha20poly1305` |
//!
//! # Use
//!
//! The keys are those of the RustCrypto traits, so what takes an [`aead::AeadInOut`] takes them:
//!
//! ```
//! use handfast_aead_x86::Aes128Gcm;
//! use handfast_aead_x86::aead::{Aead, KeyInit, Payload};
//!
//! # fn main() -> Result<(), handfast_aead_x86::aead::Error> {
//! let key = Aes128Gcm::new(&[7; 16].into());
//! let sealed = key.encrypt(&[1; 12].into(), Payload { msg: b"hello", aad: b"to whom" })?;
//! assert_eq!(sealed.len(), 5 + 16);
//! assert_eq!(key.decrypt(&[1; 12].into(), Payload { msg: &sealed, aad: b"to whom" })?, b"hello");
//! # Ok(())
//! # }
//! ```
//!
//! Where messages are built up of parts, [`Key::seal`] spares a copy: it reads the plaintext where it lies and appends ciphertext
//! and tag to a buffer.
//!
//! ```
//! # use handfast_aead_x86::{Aes128Gcm, aead::{Error, KeyInit}};
//! # fn main() -> Result<(), Error> {
//! # let key = Aes128Gcm::new(&[7; 16].into());
//! let mut record = vec![23, 3, 3, 0, 22];
//! let header: [u8; 5] = [23, 3, 3, 0, 22];
//! key.seal(&[2; 12], &header, &[b"hello", &[23]], &mut record)?;
//!
//! let (text, tag) = record[5..].split_at_mut(6);
//! key.open_in_place(&[2; 12], &header, text, tag.as_ref().try_into().unwrap())?;
//! assert_eq!(text, b"hello\x17");
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! * The same results as the RustCrypto crates, of which this one has the tests: NIST's vectors and Wycheproof, all lengths up to
//!   4,200 bytes, all alignments, text in parts cut anywhere, on every path that the CPU has.
//! * Constant time: no branch and no address depends on a key, a text or a tag. Tags are compared with `subtle`.
//! * Nothing that did not authenticate is left in a buffer: text is decrypted in the same pass that computes the tag, and wiped
//!   when the tag is wrong. Until then it lies there, so a buffer that others read at the same time is not one to open in.
//! * Keys are wiped when they are dropped. What the compiler leaves of them on the stack is not: spilled registers, and the copies
//!   that it makes while a key is made and moved to its place. Nor is what is on the stack of a message while it is worked on.
//! * Lengths are bounded: AES-GCM takes 2^36 - 32 bytes a message, ChaCha20-Poly1305 2^38 - 65.
//! * Nothing panics, and what needs memory says so when there is none.
//! * The upper halves of vector registers are clean when a function returns, so that code in the older encoding, SHA-256 for one,
//!   runs as fast after it as before.
//!
//! What it leaves to its caller is what every AEAD does: a nonce is used once under a key, and a key for so many messages as the
//! algorithm bears (RFC 9846 §5.5 for TLS).
//!
//! Rust 1.89 or newer. `unsafe` is needed to run instructions that a CPU may lack, which [`Key`] does not do without having asked;
//! to read and write one buffer at the same time; and to write into what is not initialized yet.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn, clippy::missing_safety_doc, clippy::undocumented_unsafe_blocks)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod chacha20poly1305;
mod gcm;
mod key;
mod parts;
mod path;
mod portable;
mod ways;

pub use aead;
pub use key::{Algorithm, Key};
pub use path::Path;

/// AES-128-GCM (NIST SP 800-38D, RFC 5116 §5.1): a key of 16 bytes, a nonce of 12, a tag of 16.
pub type Aes128Gcm = Key<gcm::Aes128>;

/// AES-256-GCM (NIST SP 800-38D, RFC 5116 §5.2): a key of 32 bytes, a nonce of 12, a tag of 16.
pub type Aes256Gcm = Key<gcm::Aes256>;

/// ChaCha20-Poly1305 (RFC 8439 §2.8): a key of 32 bytes, a nonce of 12, a tag of 16.
pub type ChaCha20Poly1305 = Key<chacha20poly1305::ChaCha20>;
