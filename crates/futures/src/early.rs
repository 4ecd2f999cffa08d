//! Data before the handshake is complete (0-RTT), on a stream.

use crate::Stream;
use futures_io::{AsyncRead, AsyncWrite};
use std::fmt;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A server's side of a connection before its handshake is complete: reading gives the early data of the client, and writing
/// sends before the client has finished, where [`half_rtt`](handfast::ServerConfigBuilder::half_rtt) allows it.
///
/// Reading ends with the handshake, which it completes. What of the early data was not read stays in the stream, at most as
/// much as the configuration allows, and never comes out of the [`Stream`] itself. Cancel-safe, as the stream is.
pub struct EarlyData<'s, S> {
    stream: &'s mut Stream<S>,
}

impl<'s, S> EarlyData<'s, S> {
    pub(crate) fn new(stream: &'s mut Stream<S>) -> Self {
        Self { stream }
    }
}

/// Early data, as it comes; no data is its end, and that of the handshake.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for EarlyData<'_, S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if buf.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let tls = &mut self.get_mut().stream.tls;
        let len = ready!(tls.poll_fill_early(cx))?.read(buf)?;
        tls.consume_early(len);
        Poll::Ready(Ok(len))
    }
}

/// As [`Stream`] does, but not after the handshake: as soon as the configuration allows it. Closing it flushes it; what is closed
/// is the stream.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for EarlyData<'_, S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().stream.tls.poll_write_early(cx, data)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream.tls.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl<S> fmt::Debug for EarlyData<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EarlyData").finish_non_exhaustive()
    }
}
