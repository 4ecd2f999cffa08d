//! Configurations: made once, checked when made, shared by every connection, never changed.

mod client;
mod common;
mod server;
mod sessions;
#[cfg(feature = "tls12")]
mod tls12;

pub(crate) use client::Verification;
pub use client::{ClientConfig, ClientConfigBuilder};
pub(crate) use common::Io;
pub use common::{ConfigError, Pq, Version};
pub use server::{Admission, ChooseConfig, ConfigChoice, ServerConfig, ServerConfigBuilder};
