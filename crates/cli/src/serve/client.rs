//! One client while it is served.

use super::connections::Place;
use super::counts::Counts;
use crate::bounded::Bounded;
use handfast::Truncated;
use handfast_net::{Socket, Stream, Timeouts};
use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// How fast a client has to take its answer, at least, in bytes a second: so many for each second of the time that it may be silent.
const LEAST_RATE: u64 = 1_024;

/// How long a client may take to hang up when there is no more to come.
const LINGER: Duration = Duration::from_secs(1);

/// How much is read of what it says meanwhile, in bytes.
const LINGER_MOST: u64 = 1 << 20;

/// A connection whose handshake has begun, and may end later: before it does there may be early data.
pub(super) struct Client<'a> {
    stream: Stream<Bounded>,
    place: &'a Place,
    counts: &'a Counts,
    timeout: Duration,
}

impl<'a> Client<'a> {
    /// One that may be silent for `timeout`, when its handshake is over.
    pub(super) fn new(stream: Stream<Bounded>, place: &'a Place, counts: &'a Counts, timeout: Duration) -> Self {
        Self { stream, place, counts, timeout }
    }

    pub(super) fn stream(&mut self) -> &mut Stream<Bounded> {
        &mut self.stream
    }

    /// Reads early data; nothing is its end and that of the handshake.
    pub(super) fn read_early(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.early_data().read(buffer)
    }

    /// Completes the handshake, if it is not complete, after which it is no longer the handshake's time that counts.
    pub(super) fn settle(&mut self) -> io::Result<()> {
        self.stream.handshake()?;
        if self.place.settle() {
            self.counts.served(self.stream.facts().resumed);
        }
        self.stream.get_ref().set_timeouts(Timeouts { read: Some(self.timeout), write: Some(self.timeout) })
    }

    /// When the time of a client is up that has to say something from now on.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// An answer begins. Who takes nothing of it, or next to nothing, is not waited for (docs/regressions.md row 16).
    pub(super) fn answer(&mut self) {
        let portion = self.timeout.as_secs().saturating_mul(LEAST_RATE);
        self.stream.get_mut().pace_writes(self.timeout, portion);
    }

    /// Reads what comes; nothing is its end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // There are things in TLS that are answered while one reads.
        self.answer();
        self.stream.read(buffer).map_err(silent)
    }

    /// The same up to an end for all that is read until then, however slowly it comes: [`ErrorKind::TimedOut`].
    pub(super) fn read_by(&mut self, deadline: Instant, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.get_mut().bound(deadline);
        self.stream.read(buffer).map_err(silent)
    }

    /// Waits for a question, by a `call` that gives nothing where there is none. Until all of it is there others may want the
    /// place; if they do, there is none.
    pub(super) fn ask<T>(&mut self, call: impl FnOnce(&mut Self) -> io::Result<Option<T>>) -> io::Result<Option<T>> {
        self.place.idle();
        let question = call(self);
        // What was on its way may still be read when nothing more can come.
        if self.place.busy() { question } else { Ok(None) }
    }

    /// Says that there is no more to come. The peer may have gone without waiting for this.
    pub(super) fn close(&mut self) {
        self.answer();
        if self.stream.close().is_ok() {
            self.stream.get_mut().linger(LINGER, LINGER_MOST);
        }
    }
}

impl Write for Client<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.stream.write(data).map_err(stalled)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush().map_err(stalled)
    }
}

/// Says so where a client has been silent for too long.
fn silent(error: io::Error) -> io::Error {
    too_late(error, "silent for too long")
}

/// Says so where a client has not taken what was sent.
fn stalled(error: io::Error) -> io::Error {
    too_late(error, "it did not take its answer in time")
}

fn too_late(error: io::Error, why: &str) -> io::Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => io::Error::new(ErrorKind::TimedOut, why),
        _ => error,
    }
}

/// Whether the client has hung up without close_notify.
pub(super) fn is_truncated(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Truncated>()) || error.kind() == ErrorKind::ConnectionReset
}
