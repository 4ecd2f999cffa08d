//! Handfast on futures-io: TLS over anything that is [`AsyncRead`](futures_io::AsyncRead) and
//! [`AsyncWrite`](futures_io::AsyncWrite), on smol, async-std or whatever else polls a future.
//!
//! A [`Connector`] makes connections to servers, an [`Acceptor`] takes them from clients; what both give is a [`Stream`],
//! which reads and writes like the transport beneath it.
//!
//! ```no_run
//! use handfast::{Anchors, ClientConfig};
//! use handfast_futures::Connector;
//! use smol::io::{AsyncReadExt, AsyncWriteExt};
//! use smol::{Timer, net::TcpStream};
//! use std::{sync::Arc, time::Duration};
//!
//! # async fn fetch() -> Result<(), Box<dyn std::error::Error>> {
//! let config = ClientConfig::builder().anchors(Arc::new(Anchors::mozilla())).build()?;
//! let socket = TcpStream::connect(("example.com", 443)).await?;
//! let deadline = Timer::after(Duration::from_secs(120));
//! let mut stream = Connector::new(config).connect(socket, "example.com".try_into()?, deadline).await?;
//! stream.write_all(b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n").await?;
//! stream.flush().await?;
//! let mut page = String::new();
//! stream.read_to_string(&mut page).await?;
//! # Ok(())
//! # }
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `connector`, `acceptor` | how a connection begins |
//! | `deadline` | how long a handshake may take |
//! | `early` | data before the handshake is complete |
//! | `stream` | a connection over a transport that is polled |
//! | `transport` | the transport, as `handfast-net` polls it |
//!
//! All that does not name futures-io is in [`handfast_net::polled`], which `handfast-tokio` has in common with this crate.
//!
//! # Waiting
//!
//! Nothing here opens a socket, starts a task or looks at a clock, for each runtime has its own. So each handshake is given
//! its deadline, a future: a timer of the runtime; [`std::future::pending`] is none, and leaves a peer that says nothing to wait
//! for ever. A server also bounds how many handshakes go on at a time, with a semaphore of its runtime, and accepts the next
//! client before the handshake with this one is over: `examples/smol.rs` shows both.
//!
//! A connection waits in the tasks of its users; nothing is lost when a future is dropped: what was read, what was sealed and the
//! answer under way are kept in the [`Stream`]. A connector or acceptor drops the whole connection with its future.
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
mod deadline;
mod early;
mod stream;
mod transport;

pub use acceptor::Acceptor;
pub use connector::Connector;
pub use early::EarlyData;
pub use handfast_net::polled::Answers;
pub use handfast_net::{
    Accepted, DEFAULT_MAX_HANDSHAKES, EarlyOutcome, Parts, Place, Places, Stranger, Taking, error_code, tls_error,
};
pub use stream::Stream;
