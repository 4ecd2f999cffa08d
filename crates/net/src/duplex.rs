//! A transport in memory.

use crate::{Socket, Timeouts};
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How much room there is at least either way, in bytes. Who writes does not read meanwhile, so in less than a few messages of a
/// handshake two sides could wait for each other.
const MIN_ROOM: usize = 4 * 1024;

/// Two ends of a connection in memory, with room for so many bytes either way, at least 4 KiB: for tests, and for two parts of
/// a program.
///
/// Reading waits for the other end to write, and writing for it to read, so they are for two threads.
///
/// ```
/// # fn talk(connector: handfast_net::Connector, acceptor: handfast_net::Acceptor) -> std::io::Result<()> {
/// let (ours, theirs) = handfast_net::duplex(16 * 1024);
/// let server = std::thread::spawn(move || acceptor.accept(theirs));
/// let client = connector.connect_over(ours, "server.example".try_into().map_err(std::io::Error::other)?)?;
/// # Ok(())
/// # }
/// ```
pub fn duplex(room: usize) -> (Duplex, Duplex) {
    let (one, other) = (Arc::new(Direction::new(room)), Arc::new(Direction::new(room)));
    let end = |incoming, outgoing| Duplex(Arc::new(End { incoming, outgoing, timeouts: Mutex::default() }));
    (end(one.clone(), other.clone()), end(other, one))
}

/// One end of [`duplex`], or a clone of it. When the last clone is dropped, the other end reads what has come and then the end,
/// and its writes are a `BrokenPipe`. Beyond its [timeouts](Socket::set_timeouts) a call is `TimedOut`.
#[derive(Clone)]
pub struct Duplex(Arc<End>);

struct End {
    incoming: Arc<Direction>,
    outgoing: Arc<Direction>,
    timeouts: Mutex<Timeouts>,
}

struct Direction {
    room: usize,
    flow: Mutex<Flow>,
    changed: Condvar,
}

#[derive(Default)]
struct Flow {
    waiting: VecDeque<u8>,
    is_closed: bool,
}

impl Direction {
    fn new(room: usize) -> Self {
        Self { room: room.max(MIN_ROOM), flow: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits until there is something to be done, and tells whoever waits for that.
    fn when<T>(
        &self,
        timeout: Option<Duration>,
        can: impl Fn(&Flow) -> bool,
        act: impl FnOnce(&mut Flow) -> io::Result<T>,
    ) -> io::Result<T> {
        let flow = lock(&self.flow);
        let mut flow = match timeout {
            None => self.changed.wait_while(flow, |flow| !can(flow)).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                let waited = self.changed.wait_timeout_while(flow, timeout, |flow| !can(flow));
                let (flow, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                if waited.timed_out() {
                    return Err(ErrorKind::TimedOut.into());
                }
                flow
            }
        };
        self.changed.notify_all();
        act(&mut flow)
    }

    fn close(&self) {
        lock(&self.flow).is_closed = true;
        self.changed.notify_all();
    }
}

impl Read for Duplex {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let wants_none = buf.is_empty();
        let has_come = |flow: &Flow| flow.is_closed || !flow.waiting.is_empty() || wants_none;
        let timeout = lock(&self.0.timeouts).read;
        self.0.incoming.when(timeout, has_come, |flow| flow.waiting.read(buf))
    }
}

impl Write for Duplex {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let Direction { room, .. } = *self.0.outgoing;
        let has_room = |flow: &Flow| flow.is_closed || flow.waiting.len() < room || data.is_empty();
        let timeout = lock(&self.0.timeouts).write;
        self.0.outgoing.when(timeout, has_room, |flow| {
            if flow.is_closed {
                return Err(ErrorKind::BrokenPipe.into());
            }
            let now = data.get(..room.saturating_sub(flow.waiting.len())).unwrap_or(data);
            flow.waiting.extend(now);
            Ok(now.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Socket for Duplex {
    fn timeouts(&self) -> io::Result<Timeouts> {
        Ok(*lock(&self.0.timeouts))
    }

    fn set_timeouts(&self, timeouts: Timeouts) -> io::Result<()> {
        *lock(&self.0.timeouts) = timeouts;
        Ok(())
    }

    fn set_nodelay(&self, _: bool) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.incoming.close();
        self.outgoing.close();
    }
}

/// Nothing is left half-done under a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Duplex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Duplex").finish_non_exhaustive()
    }
}
