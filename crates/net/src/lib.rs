//! Blocking sockets for Handfast: TLS over anything that is [`Read`](std::io::Read) and [`Write`](std::io::Write).
//!
//! A [`Connector`] makes connections to servers, an [`Acceptor`] takes them from clients; what both give is a [`Stream`],
//! which reads and writes like the transport beneath it.
//!
//! ```no_run
//! use handfast::{Anchors, ClientConfig};
//! use handfast_net::Connector;
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = ClientConfig::builder().anchors(Arc::new(Anchors::mozilla())).build()?;
//! let mut stream = Connector::new(config).connect(("example.com", 443))?;
//! stream.write_all(b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")?;
//! let mut page = String::new();
//! stream.read_to_string(&mut page)?;
//! # Ok(())
//! # }
//! ```
//!
//! A [`Listener`] is an acceptor with a socket, and does the handshakes of many clients beside each other:
//!
//! ```no_run
//! # use handfast_net::Acceptor;
//! # use std::{io::Write, net::TcpListener, thread};
//! # fn serve(identity: std::sync::Arc<handfast::Identity>) -> Result<(), Box<dyn std::error::Error>> {
//! let config = handfast::ServerConfig::builder().identity(identity).build()?;
//! for client in &mut Acceptor::new(config).listen(TcpListener::bind(("0.0.0.0", 443))?)? {
//!     let client = client?;
//!     match client.stream {
//!         Ok(mut stream) => drop(thread::spawn(move || stream.write_all(b"welcome").and_then(|()| stream.close()))),
//!         Err(error) => eprintln!("{}: {error}", client.address),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `connector`, `acceptor` | how a connection begins, and what it may cost |
//! | `listener`, `places` | a socket that listens, and how many handshakes and connections there are |
//! | `stranger` | clients that do not speak TLS |
//! | `stream` | a connection over a transport that waits, or says that it would |
//! | `buffered` | the loop between engine and transport, for adapters |
//! | `input`, `output` | the two buffers, with what waits in them |
//! | `offer`, `sessions` | what a client brings along, and what it has of a connection afterwards |
//! | `early` | data before the handshake is complete |
//! | `known` | what every stream can be asked |
//! | `polled` | a connection over a transport that is polled, for asynchronous adapters |
//! | `split` | one thread reads while another writes |
//! | `socket` | what a handshake with a deadline asks of a transport |
//! | `duplex` | a transport in memory |
//! | `error` | the engine's errors as [`std::io::Error`] |
//!
//! # How it ends
//!
//! TLS says when a side has nothing more to send (close_notify, RFC 9846 §6.1), and so does [`Stream::close`]; reading
//! goes on until the peer has said it too. A transport that ends without it is no end of the data but
//! [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof): whoever cut the line cannot pass for the peer. Dropping a stream
//! says nothing.
//!
//! # Transports that do not wait
//!
//! A transport may answer [`WouldBlock`](std::io::ErrorKind::WouldBlock) or time out at any point. Every call can be
//! repeated then: nothing has been sealed twice and nothing is lost. Use [`Connector::begin`] and [`Acceptor::begin`] with
//! such a transport, so that a handshake that would block is not dropped half-way.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod acceptor;
mod buffered;
mod connector;
mod duplex;
mod early;
mod error;
mod input;
mod known;
mod listener;
mod offer;
mod options;
mod output;
mod places;
pub mod polled;
mod sessions;
mod socket;
mod split;
mod stranger;
mod stream;

pub use acceptor::{Acceptor, DEFAULT_MAX_HANDSHAKES};
pub use buffered::{Buffered, Parts};
pub use connector::{Connector, server_name};
pub use duplex::{Duplex, duplex};
pub use early::{EarlyData, EarlyOutcome};
pub use error::{error_code, io_error, tls_error};
#[doc(hidden)]
pub use listener::is_of_one_client;
pub use listener::{Client, Listener, Stopper};
pub use offer::Offer;
pub use options::DEFAULT_HANDSHAKE_TIMEOUT;
pub use places::{Place, Places, Taking};
pub use socket::{Socket, Timed, Timeouts};
pub use split::{ReadHalf, WriteHalf};
#[doc(hidden)]
pub use stranger::client_code;
pub use stranger::{Accepted, Stranger};
pub use stream::Stream;
