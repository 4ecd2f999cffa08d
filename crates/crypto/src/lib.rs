//! What a TLS engine needs from cryptography: traits, key types and secret types, and no algorithm.
//!
//! A [`Provider`] is a plain value that lists primitives: hashes, AEADs, key-exchange groups, signature verification,
//! key loading, randomness. It knows nothing of TLS messages: framing, nonces, padding, labels and negotiation are
//! written once, above it. Whoever brings another provider implements these traits and changes nothing else.
//!
//! | file | concept |
//! |---|---|
//! | [`provider`] | the value that lists what is there |
//! | [`hash`] | hash, HMAC and HKDF |
//! | [`aead`] | authenticated encryption |
//! | [`cbc`] | block ciphers in CBC mode and their MACs, for the older suites of TLS 1.2 |
//! | [`record_keys`] | the [`RecordKeys`] that cross from the schedule to the record layer |
//! | [`group`] | key exchange, shaped as a KEM so that ECDHE and ML-KEM hybrids are one thing |
//! | [`field`] | finite fields without a name |
//! | [`signature`] | public keys, signing keys, verification, and what each TLS scheme stands for |
//! | [`passwords`] | what opens keys that are protected by a password |
//! | [`suite`] | the tables of cipher suites |
//! | [`secret`] | bytes that are wiped and never printed |
//!
//! Everything that can go wrong returns an error, also where software never fails: a hardware hash that fails must end
//! the handshake, not continue it over default bytes.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;

pub mod aead;
pub mod cbc;
mod error;
pub mod field;
pub mod group;
pub mod hash;
pub mod passwords;
pub mod provider;
mod random;
pub mod record_keys;
pub mod secret;
pub mod signature;
pub mod suite;

pub use aead::{Aead, AeadAlgorithm, AeadKey};
pub use error::CryptoError;
pub use group::{Exchange, Group, Response};
pub use hash::{Digest, Hash, HashAlgorithm, HashContext, HmacKey};
pub use passwords::Passwords;
pub use provider::Provider;
pub use random::Random;
pub use record_keys::RecordKeys;
pub use secret::{Secret, SharedSecret};
pub use signature::{
    DecryptingKey, Encrypter, KeyError, KeyKind, KeyLoader, PublicKey, ReadyKey, SignatureAlgorithm, SigningKey,
    Verifier,
};
pub use suite::{Authentication, Cipher, KeyExchange, Suite};
