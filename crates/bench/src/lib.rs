//! Handfast beside its peers: what the programs `aead` and `tls` share.
//!
//! In memory, one thread. Every candidate runs once in every round, so that what disturbs one round disturbs all; the
//! median of the rounds counts. Trust ratios between lines of one run more than the figures of two.
#![deny(unsafe_code)]

pub mod aead;
pub mod cipher;
pub mod heap;
pub mod measure;
pub mod peer;
pub mod table;
pub mod world;
