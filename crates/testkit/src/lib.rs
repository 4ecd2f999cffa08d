//! What Handfast's own tests stand on: two engines in memory, a puppet that sends whatever it is told, repeatable
//! randomness, throwaway certificates, and vectors from files.
#![forbid(unsafe_code)]

pub mod adapter;
pub mod chunk;
pub mod claims;
pub mod clock;
pub mod fault;
#[cfg(feature = "tls12")]
pub mod meet;
pub mod null;
#[cfg(feature = "legacy")]
pub mod null12;
pub mod null13;
pub mod null_passwords;
pub mod pair;
pub mod pipe;
pub mod puppet;
pub mod random;
pub mod setup;
pub mod shelf;
pub mod trace;
pub mod vectors;
pub mod world;
