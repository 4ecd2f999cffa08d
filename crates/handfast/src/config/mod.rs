//! Configurations: made once, checked when made, shared by every connection, never changed.

mod client;
mod common;
mod error;
mod keeper;
#[cfg(feature = "std")]
mod live;
mod named;
mod policy;
mod server;
mod sessions;
#[cfg(feature = "tls12")]
mod tls12;
mod version;

pub(crate) use client::Verification;
pub use client::{ClientConfig, ClientConfigBuilder};
pub(crate) use common::Io;
pub use common::Pq;
pub use error::ConfigError;
#[cfg(feature = "std")]
pub use live::LiveAdmission;
pub use policy::TlsPolicy;
pub use server::{Admission, ChooseConfig, ConfigChoice, ServerConfig, ServerConfigBuilder};
pub use version::Version;
