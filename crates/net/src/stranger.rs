//! Clients that do not speak TLS.

use handfast::Sniffed;
use std::error::Error;
use std::fmt;

/// A client that does not speak TLS, unharmed: nothing was sent to it, and nothing that it has said is lost.
///
/// A request of plain HTTP can be answered with `400 Bad Request`, and a PROXY header be taken off: the rest goes with the transport
/// to [`Acceptor::accept_received`](crate::Acceptor::accept_received).
pub struct Stranger<S> {
    /// The transport.
    pub io: S,
    /// What was read from it so far: the beginning of what it has said.
    pub received: Vec<u8>,
    /// What it looks like.
    pub speaks: Sniffed,
}

/// A client that was looked at before it was given to TLS.
#[derive(Debug)]
pub enum Accepted<T, S> {
    /// It speaks TLS, and the handshake is complete.
    Tls(T),
    /// It speaks something else.
    Stranger(Stranger<S>),
}

impl<S> fmt::Debug for Stranger<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stranger").field("speaks", &self.speaks).field("received", &self.received.len()).finish()
    }
}

impl<S> fmt::Display for Stranger<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the client does not speak TLS: {}", self.speaks)
    }
}

impl<S> Error for Stranger<S> {}
