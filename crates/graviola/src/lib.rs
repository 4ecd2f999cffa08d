//! A faster Handfast provider, on [graviola]: assembly, much of it formally verified, that needs no C compiler.
//!
//! It is chosen in code, and compiling it changes nothing by itself:
//!
//! ```
//! use handfast::ClientConfig;
//!
//! let builder = ClientConfig::builder_with(handfast_graviola::provider());
//! # let _ = builder;
//! ```
//!
//! # What comes from where
//!
//! | primitive | from |
//! |---|---|
//! | AES-GCM, ChaCha20-Poly1305 | graviola |
//! | SHA-2, HMAC, HKDF (which are as fast there, or faster), AES-CCM | RustCrypto |
//! | X25519, P-256, P-384, ML-KEM-768 and their hybrids | graviola |
//! | P-521, ML-KEM-1024 | RustCrypto |
//! | signing with P-256, P-384, Ed25519, RSA | graviola |
//! | verification for P-256, P-384, RSA | graviola |
//! | Ed25519 (verification), P-521, ML-DSA | RustCrypto |
//! | everything of the features `legacy` and `passwords`, SHA-1 for identifiers | RustCrypto |
//!
//! Keys are loaded by RustCrypto first, so that the same ones are refused and for the same reasons, and then again by
//! graviola.
//!
//! # A function and no constant
//!
//! graviola panics on a processor that lacks what it needs: `aes`, `pclmulqdq`, `avx`, `avx2`, `adx`, `bmi1` and `bmi2` on
//! x86-64; `aes`, `sha2`, `pmull` and `neon` on aarch64. [`provider`] looks first. Where something is missing, and on other
//! architectures, it is the provider on RustCrypto, which its name then says. That is why it is a function, and why there are
//! no constants for the single primitives.
//!
//! # Randomness
//!
//! Key shares come from the random bytes that a configuration gives, like everywhere in Handfast. Signatures do not: graviola
//! asks the operating system itself for what ECDSA and RSA-PSS take in. If that fails, so does the signature.
//!
//! [graviola]: https://docs.rs/graviola
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod fast;

use handfast_crypto::Provider;

/// Everything there is, as fast as this processor allows, with the system's random number generator.
pub fn provider() -> Provider {
    let other = handfast_rustcrypto::provider();
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if is_supported() {
        return fast::provider(other);
    }
    other
}

/// Whether the processor has all that graviola needs. It checks most of that itself, but not the one instruction of BMI2 that
/// all its large numbers are multiplied with.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn is_supported() -> bool {
    #[cfg(target_arch = "x86_64")]
    let multiplies = std::arch::is_x86_feature_detected!("bmi2");
    #[cfg(not(target_arch = "x86_64"))]
    let multiplies = true;
    multiplies && graviola::util::is_cpu_supported()
}
