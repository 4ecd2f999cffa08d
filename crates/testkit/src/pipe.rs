//! A transport in memory that never waits.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One end of a pipe with two directions. A read from an empty one would block; after the other end is dropped, it ends.
pub struct Pipe {
    incoming: Direction,
    outgoing: Direction,
}

type Direction = Arc<Mutex<Flow>>;

#[derive(Default)]
struct Flow {
    waiting: VecDeque<u8>,
    /// Everything that ever went this way.
    record: Vec<u8>,
    is_closed: bool,
}

impl Pipe {
    /// Both ends.
    pub fn new() -> (Self, Self) {
        let (one, other) = (Direction::default(), Direction::default());
        (Self { incoming: one.clone(), outgoing: other.clone() }, Self { incoming: other, outgoing: one })
    }

    /// A look at what is written into this end, wherever the end itself goes.
    pub fn tap(&self) -> Tap {
        Tap(self.outgoing.clone())
    }
}

/// A look at one direction of a pipe.
pub struct Tap(Direction);

impl Tap {
    /// Everything that was ever written.
    pub fn written(&self) -> Vec<u8> {
        lock(&self.0).record.clone()
    }

    /// Takes back what was written and not read yet.
    pub fn take_back(&self) -> Vec<u8> {
        lock(&self.0).waiting.drain(..).collect()
    }
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut flow = lock(&self.incoming);
        if flow.waiting.is_empty() && !flow.is_closed {
            return Err(ErrorKind::WouldBlock.into());
        }
        flow.waiting.read(buf)
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut flow = lock(&self.outgoing);
        if flow.is_closed {
            return Err(ErrorKind::BrokenPipe.into());
        }
        flow.waiting.extend(buf);
        flow.record.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        lock(&self.incoming).is_closed = true;
        lock(&self.outgoing).is_closed = true;
    }
}

fn lock(direction: &Direction) -> MutexGuard<'_, Flow> {
    direction.lock().unwrap_or_else(PoisonError::into_inner)
}
