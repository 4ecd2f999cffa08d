//! Data before the handshake is complete (0-RTT), over a transport that is polled.

use super::waiting::User;
use super::{Polled, Transport};
use std::io;
use std::task::{Context, Poll, ready};

impl<T: Transport> Polled<T> {
    /// Goes on with the handshake until the client's early data is taken, or to its end.
    ///
    /// # Errors
    /// As [`Polled::poll_handshake`].
    pub fn poll_accept_early(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_answering(User::Reader, cx, |tls, io| tls.accept_early(io)))?;
        if self.tls.connection().is_connected() { self.poll_handshake(cx) } else { Poll::Ready(Ok(())) }
    }

    /// The early data that waits. None is its end, and that of the handshake.
    ///
    /// # Errors
    /// As [`Polled::poll_handshake`].
    pub fn poll_fill_early(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        ready!(self.poll_answering(User::Reader, cx, |tls, io| tls.receive_early(io)))?;
        Poll::Ready(Ok(self.tls.early_data()))
    }

    /// `len` bytes of the early data were taken.
    pub fn consume_early(&mut self, len: usize) {
        self.tls.consume_early(len);
    }

    /// Seals data as soon as the configuration allows it, which may be before the end of the handshake.
    ///
    /// # Errors
    /// As [`Polled::poll_write`].
    pub fn poll_write_early(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_answering(User::Writer, cx, |tls, io| tls.open(io)))?;
        self.lend(User::Writer, cx, |tls, io| tls.write(io, data))
    }
}
