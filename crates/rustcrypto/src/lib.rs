//! The default Handfast provider, on the RustCrypto crates: pure Rust, `no_std` with `alloc`, no C compiler.
//!
//! [`provider`] is everything at once. Every primitive is also a constant of its own, so that another selection is an
//! ordinary value; constants rather than statics, because a reference to a list of them may then be written inside a
//! function:
//!
//! ```
//! use handfast_crypto::Provider;
//! use handfast_rustcrypto::{P256, X25519, provider};
//!
//! let classical = Provider { name: "classical", groups: &[X25519, P256], ..provider() };
//! assert_eq!(classical.groups.len(), 2);
//! ```
//!
//! | file | concept |
//! |---|---|
//! | [`hash`] | SHA-2, HMAC, HKDF; SHA-1 for identifiers |
//! | `keyed` | HMAC and HKDF-Expand under a key that is used again |
//! | [`aead`] | AES-GCM, ChaCha20-Poly1305, AES-CCM |
//! | [`agreement`] | Diffie-Hellman as a group, for any curve |
//! | [`x25519`], [`ecdh`] | the curves, and the NIST ones' shared table in `curve` |
//! | [`mlkem`], [`hybrid`] | ML-KEM, and two groups side by side |
//! | [`ecdsa`], [`ed25519`], [`rsa`], [`mldsa`] | signatures, signing and checking in one file |
//! | [`verify`] | which of them checks a given algorithm and key |
//! | [`load`] | PKCS#8, PKCS#1 and SEC1 |
//! | [`reload`] | keys that another provider signs with |
//! | [`random`] | the system's generator |
//! | `passwords` | with the feature of that name: PBKDF2, scrypt, and the key derivation of PKCS#12 |
//! | `cbc`, `mac`, `field` | with the feature `legacy`: AES-CBC and its MACs, finite fields |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `std` | tables for the base points of the NIST curves, which make signing three times as fast |
//! | `accelerated` | AES-GCM and ChaCha20-Poly1305 on the vector instructions of x86-64, chosen at run time |
//! | `passwords` | what opens keys that are protected by a password |
//! | `legacy` | what only old peers need: AES-CBC with HMAC, finite fields, RSA encryption and decryption |
//!
//! All are off by default.
//!
//! # What stands between the crates and TLS
//!
//! The arithmetic is the crates'. What this crate adds is what their interfaces leave to the caller: exact lengths of
//! key shares and the refusal of a zero secret, bounds on RSA keys before any arithmetic, a check of every RSA
//! signature before it leaves, no plaintext in a buffer that did not authenticate, and errors instead of default bytes
//! when the random number generator fails.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;

pub mod aead;
pub mod agreement;
#[cfg(feature = "legacy")]
pub mod cbc;
mod curve;
pub mod ecdh;
pub mod ecdsa;
pub mod ed25519;
#[cfg(feature = "legacy")]
pub mod field;
pub mod hash;
pub mod hybrid;
mod integer;
mod keyed;
pub mod load;
#[cfg(feature = "legacy")]
pub mod mac;
pub mod mldsa;
pub mod mlkem;
#[cfg(feature = "passwords")]
pub mod passwords;
pub mod random;
pub mod reload;
pub mod rsa;
pub mod verify;
pub mod x25519;

pub use aead::{AES_128_CCM, AES_128_CCM_8, AES_128_GCM, AES_256_CCM, AES_256_CCM_8, AES_256_GCM, CHACHA20_POLY1305};
#[cfg(feature = "legacy")]
pub use cbc::{AES_128_CBC, AES_256_CBC};
pub use ecdh::{P256, P384, P521};
#[cfg(feature = "legacy")]
pub use field::{FFDHE2048, FFDHE3072, FFDHE4096, FFDHE6144, FFDHE8192, FIELDS};
pub use hash::{SHA1, SHA256, SHA384, SHA512};
pub use hybrid::{SECP256R1_MLKEM768, SECP384R1_MLKEM1024, X25519_MLKEM768};
pub use load::KEYS;
#[cfg(feature = "legacy")]
pub use mac::{HMAC_SHA1, HMAC_SHA256, HMAC_SHA384};
pub use mlkem::{MLKEM768, MLKEM1024};
#[cfg(feature = "passwords")]
pub use passwords::PASSWORDS;
pub use random::SystemRandom;
#[cfg(feature = "legacy")]
pub use rsa::ENCRYPTER;
pub use verify::VERIFIER;
pub use x25519::X25519;

use alloc::sync::Arc;
use handfast_crypto::cbc::{BlockCipher, Mac};
use handfast_crypto::{Aead, Group, Hash, Provider};

/// The hash functions of [`provider`].
pub const HASHES: &[&dyn Hash] = &[SHA256, SHA384, SHA512];

/// The AEADs of [`provider`].
pub const AEADS: &[&dyn Aead] =
    &[AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305, AES_128_CCM, AES_128_CCM_8, AES_256_CCM, AES_256_CCM_8];

/// The groups of [`provider`], most preferred first; the finite fields are there with the feature `legacy`.
/// [`MLKEM768`] and [`MLKEM1024`] alone are left out: a hybrid stays safe if either of its halves does.
pub const GROUPS: &[&dyn Group] = &[
    X25519_MLKEM768,
    X25519,
    P256,
    P384,
    P521,
    SECP256R1_MLKEM768,
    SECP384R1_MLKEM1024,
    MLKEM768,
    MLKEM1024,
    #[cfg(feature = "legacy")]
    FFDHE2048,
    #[cfg(feature = "legacy")]
    FFDHE3072,
    #[cfg(feature = "legacy")]
    FFDHE4096,
    #[cfg(feature = "legacy")]
    FFDHE6144,
    #[cfg(feature = "legacy")]
    FFDHE8192,
];

/// The block ciphers of [`provider`]: none without the feature `legacy`.
pub const BLOCK_CIPHERS: &[&dyn BlockCipher] = &[
    #[cfg(feature = "legacy")]
    AES_128_CBC,
    #[cfg(feature = "legacy")]
    AES_256_CBC,
];

/// The MACs of [`provider`]: none without the feature `legacy`.
pub const MACS: &[&dyn Mac] = &[
    #[cfg(feature = "legacy")]
    HMAC_SHA1,
    #[cfg(feature = "legacy")]
    HMAC_SHA256,
    #[cfg(feature = "legacy")]
    HMAC_SHA384,
];

/// Everything there is, with the system's random number generator.
pub fn provider() -> Provider {
    Provider {
        name: "rustcrypto",
        hashes: HASHES,
        sha1: Some(SHA1),
        aeads: AEADS,
        groups: GROUPS,
        block_ciphers: BLOCK_CIPHERS,
        macs: MACS,
        #[cfg(feature = "legacy")]
        fields: Some(FIELDS),
        #[cfg(not(feature = "legacy"))]
        fields: None,
        #[cfg(feature = "legacy")]
        encrypter: Some(ENCRYPTER),
        #[cfg(not(feature = "legacy"))]
        encrypter: None,
        verifier: VERIFIER,
        keys: KEYS,
        #[cfg(feature = "passwords")]
        passwords: Some(PASSWORDS),
        #[cfg(not(feature = "passwords"))]
        passwords: None,
        random: Arc::new(SystemRandom),
    }
}
