//! What several server processes share, through Redis 7 or Valkey.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod client;
mod failure;
mod line;
mod options;
mod seal;
mod secret;
mod store;
mod strikes;

pub use client::{OpenError, Redis};
pub use failure::{Failure, Status};
pub use options::Options;
pub use secret::{OperatorSecret, SecretError};
pub use store::SessionStore;
pub use strikes::{Strike, StrikeRegister};
