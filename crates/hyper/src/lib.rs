//! HTTPS with Handfast: HTTP/1.1 and HTTP/2, whichever both sides prefer (ALPN), for hyper's client and for axum.
//!
//! A [`Connector`] is what [`hyper_util::client::legacy::Client`] makes connections with:
//!
//! ```no_run
//! use handfast::{Anchors, ClientConfig};
//! use handfast_hyper::Connector;
//! use http_body_util::{BodyExt, Empty};
//! use hyper::body::Bytes;
//! use hyper_util::{client::legacy::Client, rt::TokioExecutor};
//! use std::sync::Arc;
//!
//! # async fn fetch() -> Result<(), Box<dyn std::error::Error>> {
//! let connector = Connector::https(ClientConfig::builder().anchors(Arc::new(Anchors::mozilla())))?;
//! let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
//! let response = client.get("https://example.com/".parse()?).await?;
//! println!("{:?}: {} bytes", response.version(), response.collect().await?.to_bytes().len());
//! # Ok(())
//! # }
//! ```
//!
#![cfg_attr(
    feature = "axum",
    doc = "A [`Listener`] is what `axum::serve` takes them from. Handshakes go on beside each other, each with a deadline, and no",
    doc = "more than so many at a time:"
)]
#![cfg_attr(
    not(feature = "axum"),
    doc = "With the feature `axum` there is a `Listener` for `axum::serve`. Handshakes go on beside each other, each with a",
    doc = "deadline, and no more than so many at a time:"
)]
//!
#![cfg_attr(feature = "axum", doc = "```no_run")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, routing::get};
//! use handfast::{Identity, ServerConfig};
//! use handfast_hyper::Listener;
//! use tokio::net::TcpListener;
//!
//! # async fn serve(identity: std::sync::Arc<Identity>) -> Result<(), Box<dyn std::error::Error>> {
//! let app = Router::new().route("/", get(|| async { "hello" }));
//! let socket = TcpListener::bind(("0.0.0.0", 443)).await?;
//! axum::serve(Listener::https(ServerConfig::builder().identity(identity), socket)?, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! For hyper without axum, [`handfast_tokio::Listener`] gives streams that go into `hyper_util::rt::TokioIo`, and with that into
//! `hyper_util::server::conn::auto::Builder`; give the configuration [`PROTOCOLS`].
//!
//! | file | concept |
//! |---|---|
//! | `connector` | connections to servers, by their URI |
//! | `stream` | a connection of a client, with TLS or without |
//! | `listener` | connections from clients, for axum (feature `axum`) |
//!
//! # Early data
//!
//! HTTP over early data (RFC 8470) is not done here. Leave it off ([`early_data`](handfast::ServerConfigBuilder::early_data)): a
//! connection that comes with a request in it is refused by a listener, before anything of it is lost unseen.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod connector;
#[cfg(feature = "axum")]
mod listener;
mod stream;

pub use connector::Connector;
pub use handfast_tokio::{error_code, tls_error};
#[cfg(feature = "axum")]
pub use listener::{Listener, Peer};
pub use stream::Stream;

/// The application protocols (ALPN) of HTTP over TCP, the preferred first (RFC 9113 §3.1, RFC 7301 §6).
pub const PROTOCOLS: [&str; 2] = ["h2", "http/1.1"];
