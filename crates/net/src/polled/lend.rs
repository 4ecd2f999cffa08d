//! A transport that is polled, lent to code that reads and writes.

use super::Transport;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::task::{Context, Poll};

/// Calls something that reads and writes with `io`. Where `io` has to wait, `call` is told that it would block, and the
/// task is woken when it can be repeated.
pub(super) fn lend<S, T>(
    io: &mut S,
    cx: &mut Context<'_>,
    call: impl FnOnce(&mut Lent<'_, '_, S>) -> io::Result<T>,
) -> Poll<io::Result<T>> {
    match call(&mut Lent { io, cx }) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done.map_err(|error| error.downcast::<Own>().map_or_else(|error| error, |own| own.0))),
    }
}

/// A transport and the task that waits for it, for the length of a call.
pub(super) struct Lent<'a, 'b, S> {
    io: &'a mut S,
    cx: &'a mut Context<'b>,
}

fn settle<T>(polled: Poll<io::Result<T>>) -> io::Result<T> {
    match polled {
        Poll::Ready(Err(error)) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Err(io::Error::other(Own(error)))
        }
        Poll::Ready(done) => done,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

/// What a polled transport says of itself in words by which a blocking one only asks for patience. It is meant: nobody would
/// be woken to try again.
#[derive(Debug)]
struct Own(io::Error);

impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Own {}

impl<S: Transport> Read for Lent<'_, '_, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        settle(self.io.poll_read(self.cx, buf))
    }
}

impl<S: Transport> Write for Lent<'_, '_, S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        settle(self.io.poll_write(self.cx, buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        settle(self.io.poll_flush(self.cx))
    }
}
