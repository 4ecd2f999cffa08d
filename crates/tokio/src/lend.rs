//! A transport that is polled, lent to code that reads and writes.

use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Calls something that reads and writes with `io`. Where `io` has to wait, `call` is told that it would block, and the
/// task is woken when it can be repeated.
pub(crate) fn lend<S, T>(
    io: &mut S,
    cx: &mut Context<'_>,
    call: impl FnOnce(&mut Lent<'_, '_, S>) -> io::Result<T>,
) -> Poll<io::Result<T>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut lent = Lent { io: Pin::new(io), cx, waits: false };
    match call(&mut lent) {
        Err(error) if error.kind() == ErrorKind::WouldBlock && lent.waits => Poll::Pending,
        done => Poll::Ready(done),
    }
}

/// A transport and the task that waits for it, for the length of a call.
pub(crate) struct Lent<'a, 'b, S> {
    io: Pin<&'a mut S>,
    cx: &'a mut Context<'b>,
    /// The task will be woken. A transport that says it would block without having seen the task wakes nobody; that is
    /// then an error like any other.
    waits: bool,
}

impl<S> Lent<'_, '_, S> {
    fn settle<T>(&mut self, polled: Poll<io::Result<T>>) -> io::Result<T> {
        match polled {
            Poll::Ready(done) => done,
            Poll::Pending => {
                self.waits = true;
                Err(ErrorKind::WouldBlock.into())
            }
        }
    }
}

impl<S: AsyncRead> Read for Lent<'_, '_, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut buf = ReadBuf::new(buf);
        let polled = self.io.as_mut().poll_read(self.cx, &mut buf);
        self.settle(polled)?;
        Ok(buf.filled().len())
    }
}

impl<S: AsyncWrite> Write for Lent<'_, '_, S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let polled = self.io.as_mut().poll_write(self.cx, buf);
        self.settle(polled)
    }

    fn flush(&mut self) -> io::Result<()> {
        let polled = self.io.as_mut().poll_flush(self.cx);
        self.settle(polled)
    }
}
