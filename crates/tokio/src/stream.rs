//! A connection over a transport that is polled.

use crate::EarlyData;
use crate::transport::Io;
use handfast_net::polled::Polled;
use handfast_net::polled_stream;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A TLS connection over a transport.
///
/// Everything here is cancel-safe: what waits, waits in the stream and not in a future, so a call that was dropped half-way
/// is made again and goes on. A write that was accepted has been sealed; `flush` waits until the transport has it. What the
/// engine itself wants sent goes out while reading, too. One task may read while another writes, by `tokio::io::split`.
///
/// `shutdown` says close_notify and ends the transport's writing side; reading goes on until the peer has said the same
/// (RFC 9846 §6.1). An end of the transport without it is [`UnexpectedEof`](io::ErrorKind::UnexpectedEof). Errors of the
/// engine are final, and [`tls_error`](handfast_net::tls_error) finds them in the [`io::Error`].
pub struct Stream<S> {
    pub(crate) tls: Polled<Io<S>>,
}

polled_stream!(Stream, Io, EarlyData, AsyncRead + AsyncWrite + Unpin);

impl Stream<TcpStream> {
    /// The address of this side.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    /// The address of the peer.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().peer_addr()
    }
}

/// Early data never comes out here. No data is the peer's close_notify.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let data = ready!(self.tls.poll_fill(cx))?;
        let now = data.get(..buf.remaining()).unwrap_or(data);
        buf.put_slice(now);
        let len = now.len();
        self.tls.consume(len);
        Poll::Ready(Ok(()))
    }
}

/// Plaintext where it was decrypted: at most one record at a time.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncBufRead for Stream<S> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.get_mut().tls.poll_fill(cx)
    }

    fn consume(mut self: Pin<&mut Self>, len: usize) {
        self.tls.consume(len);
    }
}

/// At most 64 KiB at a time. Pieces share records.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.tls.poll_write(cx, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.tls.poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tls.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tls.poll_close(cx)
    }
}
