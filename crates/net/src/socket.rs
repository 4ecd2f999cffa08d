//! What a handshake with a deadline asks of a transport.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// A transport whose waiting can be bounded.
///
/// A read that waits for a silent peer returns when its timeout says so and no sooner, so a deadline for a whole handshake
/// takes a transport that has timeouts. Over any other one the deadline is only looked at between reads and writes.
pub trait Socket: Read + Write {
    /// How long reads and writes wait.
    ///
    /// # Errors
    /// Whatever the system says.
    fn timeouts(&self) -> io::Result<Timeouts>;

    /// Sets how long reads and writes wait.
    ///
    /// # Errors
    /// Whatever the system says.
    fn set_timeouts(&self, timeouts: Timeouts) -> io::Result<()>;

    /// Turns off Nagle's algorithm, which makes a flight of small records wait for an acknowledgement of the one before;
    /// nothing where there is no such thing.
    ///
    /// # Errors
    /// Whatever the system says.
    fn set_nodelay(&self, on: bool) -> io::Result<()>;
}

/// How long a socket waits; `None` is for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// For something to read.
    pub read: Option<Duration>,
    /// For room to write.
    pub write: Option<Duration>,
}

impl Socket for TcpStream {
    fn timeouts(&self) -> io::Result<Timeouts> {
        Ok(Timeouts { read: self.read_timeout()?, write: self.write_timeout()? })
    }

    fn set_timeouts(&self, timeouts: Timeouts) -> io::Result<()> {
        self.set_read_timeout(timeouts.read)?;
        self.set_write_timeout(timeouts.write)
    }

    fn set_nodelay(&self, on: bool) -> io::Result<()> {
        Self::set_nodelay(self, on)
    }
}

#[cfg(unix)]
impl Socket for UnixStream {
    fn timeouts(&self) -> io::Result<Timeouts> {
        Ok(Timeouts { read: self.read_timeout()?, write: self.write_timeout()? })
    }

    fn set_timeouts(&self, timeouts: Timeouts) -> io::Result<()> {
        self.set_read_timeout(timeouts.read)?;
        self.set_write_timeout(timeouts.write)
    }

    fn set_nodelay(&self, _: bool) -> io::Result<()> {
        Ok(())
    }
}

/// When a handshake has to be over. It is a deadline and not a timeout: a peer that sends a byte every second makes
/// progress for ever, and still runs out of time (docs/regressions.md row 16).
pub(crate) struct Deadline<S> {
    at: Instant,
    bound: Option<Bound<S>>,
}

/// How a transport is told, and what it had been told before.
struct Bound<S> {
    set: fn(&S, Timeouts) -> io::Result<()>,
    before: Timeouts,
}

/// Timers of a system may fire early by a tick; what is left is rounded up by more than that.
const TICK: Duration = Duration::from_millis(1);

impl<S> Deadline<S> {
    /// Looked at between reads and writes only.
    pub(crate) fn unbound(at: Instant) -> Self {
        Self { at, bound: None }
    }

    /// Bounds each read and write of `socket` as well.
    pub(crate) fn bound(at: Instant, socket: &S) -> io::Result<Self>
    where
        S: Socket,
    {
        let before = socket.timeouts()?;
        Ok(Self { at, bound: Some(Bound { set: S::set_timeouts, before }) })
    }

    /// To be called before every read and write: lets the transport wait for what is left, and fails when nothing is.
    pub(crate) fn arm(&self, io: &S) -> io::Result<()> {
        let left = self.left().ok_or_else(too_late)?.saturating_add(TICK);
        match &self.bound {
            Some(bound) => (bound.set)(io, Timeouts { read: Some(left), write: Some(left) }),
            None => Ok(()),
        }
    }

    /// The handshake is over: the transport waits as it did before.
    pub(crate) fn disarm(self, io: &S) -> io::Result<()> {
        match self.bound {
            Some(bound) => (bound.set)(io, bound.before),
            None => Ok(()),
        }
    }

    /// What a transport says whose time is up has different names on different systems; here it has one.
    pub(crate) fn judge(&self, error: io::Error) -> io::Error {
        if crate::error::is_not_now(&error) && self.left().is_none() { too_late() } else { error }
    }

    fn left(&self) -> Option<Duration> {
        self.at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }
}

/// A transport for the length of one call, which waits no longer than the handshake's time lets it: see
/// [`Connector::connect_through`](crate::Connector::connect_through).
pub struct Timed<'a, S> {
    pub(crate) io: &'a mut S,
    pub(crate) deadline: Option<&'a Deadline<S>>,
}

impl<S> Timed<'_, S> {
    /// The transport itself. Its reads and writes wait as long as they like.
    pub fn get_ref(&self) -> &S {
        self.io
    }

    fn within<T>(&mut self, call: impl FnOnce(&mut S) -> io::Result<T>) -> io::Result<T> {
        let Some(deadline) = self.deadline else { return call(self.io) };
        deadline.arm(self.io)?;
        call(self.io).map_err(|error| deadline.judge(error))
    }
}

impl<S: Read> Read for Timed<'_, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.within(|io| io.read(buf))
    }
}

impl<S: Write> Write for Timed<'_, S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.within(|io| io.write(buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.within(Write::flush)
    }
}

/// What a handshake ends with that has run out of time.
pub fn too_late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "the TLS handshake was not complete in time")
}
