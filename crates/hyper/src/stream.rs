//! A connection of a client, with TLS or without.

use handfast::Facts;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A connection to a server, over a transport of hyper's.
///
/// Of one with TLS, the responses have the [`Facts`] among their extensions, as an `Arc`:
///
/// ```
/// # fn look(response: http::Response<()>) {
/// let facts = response.extensions().get::<std::sync::Arc<handfast::Facts>>();
/// println!("{:?}", facts.and_then(|facts| facts.suite));
/// # }
/// ```
pub struct Stream<T>(Kind<T>);

enum Kind<T> {
    Plain(T),
    Tls(Box<Tls<T>>),
}

/// hyper's traits over tokio's over hyper's.
type Tls<T> = TokioIo<handfast_tokio::Stream<TokioIo<T>>>;

impl<T> Stream<T> {
    pub(crate) fn plain(transport: T) -> Self {
        Self(Kind::Plain(transport))
    }

    pub(crate) fn tls(stream: handfast_tokio::Stream<TokioIo<T>>) -> Self {
        Self(Kind::Tls(Box::new(TokioIo::new(stream))))
    }

    /// What is known of the connection, if it is one of TLS.
    pub fn facts(&self) -> Option<&Facts> {
        match &self.0 {
            Kind::Plain(_) => None,
            Kind::Tls(stream) => Some(stream.inner().facts()),
        }
    }

    /// The transport.
    fn get_ref(&self) -> &T {
        match &self.0 {
            Kind::Plain(transport) => transport,
            Kind::Tls(stream) => stream.inner().get_ref().inner(),
        }
    }
}

impl<T: Read + Write + Connection + Unpin> Connection for Stream<T> {
    fn connected(&self) -> Connected {
        let connected = self.get_ref().connected();
        let Some(facts) = self.facts() else { return connected };
        let connected = connected.extra(Arc::new(facts.clone()));
        if facts.protocol.as_deref() == Some(b"h2") { connected.negotiated_h2() } else { connected }
    }
}

/// Calls the one or the other.
macro_rules! either {
    ($stream:expr, $call:ident($($argument:expr),*)) => {
        match &mut $stream.get_mut().0 {
            Kind::Plain(transport) => Pin::new(transport).$call($($argument),*),
            Kind::Tls(stream) => Pin::new(&mut **stream).$call($($argument),*),
        }
    };
}

impl<T: Read + Write + Unpin> Read for Stream<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_read(cx, buf))
    }
}

impl<T: Read + Write + Unpin> Write for Stream<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, poll_write(cx, data))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, poll_write_vectored(cx, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            Kind::Plain(transport) => transport.is_write_vectored(),
            Kind::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_shutdown(cx))
    }
}

impl<T> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("is_tls", &self.facts().is_some()).finish_non_exhaustive()
    }
}
