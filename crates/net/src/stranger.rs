//! Clients that do not speak TLS.

use crate::{Place, error_code};
use handfast::Sniffed;
use std::error::Error;
use std::{fmt, io};

/// A client that does not speak TLS, unharmed: nothing was sent to it, and nothing that it has said is lost.
///
/// A request of plain HTTP can be answered with `400 Bad Request`, and a PROXY header be taken off: the rest goes with the transport
/// to [`Acceptor::accept_stranger`](crate::Acceptor::accept_stranger).
pub struct Stranger<S> {
    /// The transport.
    pub io: S,
    /// What was read from it so far: the beginning of what it has said.
    pub received: Vec<u8>,
    /// What it looks like.
    pub speaks: Sniffed,
    /// Its place among the connections of the [`Listener`](crate::Listener) from which it has come, kept until it is dropped.
    pub place: Option<Place>,
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

/// [`error_code`] where a listener may have put a stranger into the error.
#[doc(hidden)]
pub fn client_code<S: Send + Sync + 'static>(error: &io::Error) -> String {
    match error.get_ref() {
        Some(inner) if inner.is::<Stranger<S>>() => "NotTls".to_owned(),
        _ => error_code(error),
    }
}
