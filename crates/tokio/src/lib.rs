//! Handfast on tokio: TLS over anything that is [`AsyncRead`](tokio::io::AsyncRead) and
//! [`AsyncWrite`](tokio::io::AsyncWrite).
//!
//! A [`Connector`] makes connections to servers, an [`Acceptor`] takes them from clients; what both give is a [`Stream`],
//! which reads and writes like the transport beneath it.
//!
//! ```no_run
//! use handfast::{Anchors, ClientConfig};
//! use handfast_tokio::Connector;
//! use std::sync::Arc;
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! # async fn fetch() -> Result<(), Box<dyn std::error::Error>> {
//! let config = ClientConfig::builder().anchors(Arc::new(Anchors::mozilla())).build()?;
//! let mut stream = Connector::new(config).connect(("example.com", 443)).await?;
//! stream.write_all(b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n").await?;
//! stream.flush().await?;
//! let mut page = String::new();
//! stream.read_to_string(&mut page).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A [`Listener`] is an acceptor with a socket, and does the handshakes of many clients beside each other:
//!
//! ```no_run
//! # use handfast_tokio::Acceptor;
//! # use tokio::{io::AsyncWriteExt, net::TcpListener};
//! # async fn serve(identity: std::sync::Arc<handfast::Identity>) -> Result<(), Box<dyn std::error::Error>> {
//! let config = handfast::ServerConfig::builder().identity(identity).build()?;
//! let mut listener = Acceptor::new(config).listen(TcpListener::bind(("0.0.0.0", 443)).await?);
//! loop {
//!     let client = listener.accept().await?;
//!     match client.stream {
//!         Ok(mut stream) => drop(tokio::spawn(async move {
//!             stream.write_all(b"welcome").await?;
//!             stream.shutdown().await
//!         })),
//!         Err(error) => eprintln!("{}: {error}", client.address),
//!     }
//! }
//! # }
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `connector`, `acceptor` | how a connection begins, and what it may cost |
//! | `listener` | a socket that listens, and the handshakes of whoever comes |
//! | `hello` | a handshake that stands still after the ClientHello |
//! | `early` | data before the handshake is complete |
//! | `stream` | a connection over a transport that is polled |
//! | `transport` | the transport, as `handfast-net` polls it |
//!
//! All that is not tokio's is in [`handfast_net::polled`], which `handfast-futures` has in common with this crate.
//!
//! # Waiting
//!
//! A connection waits in the tasks of its users and a [`Listener`] in its own; nothing is lost when a future is dropped: what was read,
//! what was sealed and the answer under way are kept in the [`Stream`]. A connector or acceptor drops the whole connection with its
//! future. Handshakes have a deadline of [`DEFAULT_HANDSHAKE_TIMEOUT`] unless they are told otherwise, and an acceptor does
//! no more of them at a time than [`DEFAULT_MAX_HANDSHAKES`].
//!
//! A handshake computes for a millisecond, more or less, in the task that polls it. Where that is too long for the other
//! tasks of a thread, leave the signature to [`Answers`], which can make it elsewhere.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod acceptor;
mod connector;
mod early;
mod hello;
mod listener;
mod options;
mod stream;
mod transport;

pub use acceptor::{Acceptor, DEFAULT_MAX_HANDSHAKES};
pub use connector::Connector;
pub use early::EarlyData;
pub use handfast_net::polled::Answers;
pub use handfast_net::{
    Accepted, DEFAULT_HANDSHAKE_TIMEOUT, EarlyOutcome, Parts, Place, Places, Stranger, Taking, error_code, tls_error,
};
pub use hello::Hello;
pub use listener::{Client, Listener};
pub use stream::Stream;
