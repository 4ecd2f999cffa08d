//! One thread reads while another writes.
//!
//! ```text
//!            ReadHalf                              WriteHalf
//!   io ──► Input ──► Reader ──► data      data ──► Writer ──► Output ──► io
//!                      │                              ▲
//!                      └──────────── owed ────────────┘
//! ```
//!
//! What the reading half owes the peer waits in one slot for the writing half, which looks there before everything it does.
//! So reading never waits for writing: a peer that sends and does not read cannot stop both directions of this side. The
//! one thing the reading half sends itself is the alert of a connection that has failed, and only if no one is writing.

use crate::Place;
use crate::buffered::Halves;
use crate::error::io_error;
use crate::input::{Input, Seen};
use crate::output::Output;
use crate::sessions::Sessions;
use handfast::{Error, Facts, Failed, HalfReceived, Reader, Session, WriteAction, Writer};
use std::fmt;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// The reading half of a [`Stream`](crate::Stream).
pub struct ReadHalf<S> {
    io: S,
    reader: Reader,
    input: Input,
    /// The peer has said close_notify.
    is_ended: bool,
    sessions: Sessions,
    early_data: Vec<u8>,
    back: Arc<Back<S>>,
}

/// The writing half of a [`Stream`](crate::Stream).
pub struct WriteHalf<S> {
    back: Arc<Back<S>>,
}

/// What the writing half has, as far as the reading half must reach it.
struct Back<S> {
    owed: Mutex<Option<WriteAction>>,
    sending: Mutex<Sending<S>>,
    /// Until both halves are dropped.
    _counted: Option<Place>,
}

struct Sending<S> {
    io: S,
    writer: Writer,
    output: Output,
}

/// Puts the halves together; each has a handle of the transport.
pub(crate) fn halves<S>(
    Halves { reader, input, is_ended, sessions, early_data, writer, output, counted }: Halves,
    io: S,
    second: S,
) -> (ReadHalf<S>, WriteHalf<S>) {
    let sending = Mutex::new(Sending { io: second, writer, output });
    let back = Arc::new(Back { owed: Mutex::new(None), sending, _counted: counted });
    (ReadHalf { io, reader, input, is_ended, sessions, early_data, back: back.clone() }, WriteHalf { back })
}

impl<S> ReadHalf<S> {
    /// What is known of the connection.
    pub fn facts(&self) -> &Facts {
        self.reader.facts()
    }

    /// As [`Stream::session`](crate::Stream::session).
    pub fn session(&self) -> Option<&Session> {
        self.sessions.newest()
    }

    /// As [`Stream::take_sessions`](crate::Stream::take_sessions).
    pub fn take_sessions(&mut self) -> Vec<Session> {
        self.sessions.take()
    }

    /// As [`Stream::take_early_data`](crate::Stream::take_early_data): what was not read before.
    pub fn take_early_data(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.early_data)
    }

    /// How many bytes have come from the transport.
    pub fn bytes_in(&self) -> u64 {
        self.input.total()
    }
}

impl<S: Read + Write> ReadHalf<S> {
    fn step(&mut self) -> io::Result<()> {
        let (consumed, seen) = match self.reader.receive(self.input.sealed()) {
            Ok(HalfReceived { consumed, event, owes }) => {
                self.back.owe(owes);
                (consumed, Seen::from(event))
            }
            Err(Failed { error, owes }) => {
                self.sessions.invalidate();
                self.back.owe(owes);
                self.back.send_alert();
                return Err(io_error(error));
            }
        };
        self.input.consume(consumed, seen.data());
        match seen {
            Seen::NeedInput(at_least) => {
                if !self.input.fill(&mut self.io, at_least)? {
                    let truncated = self.reader.end_of_input();
                    return Err(truncated.map_or_else(
                        |truncated| io::Error::new(ErrorKind::UnexpectedEof, truncated),
                        |()| ErrorKind::UnexpectedEof.into(),
                    ));
                }
            }
            Seen::Closed => self.is_ended = true,
            Seen::Question(_) | Seen::NeedAnswer => {
                return Err(io::Error::new(
                    ErrorKind::Unsupported,
                    "the connection asks, and its halves cannot answer",
                ));
            }
            Seen::Session(session) => self.sessions.put(session),
            #[cfg(feature = "legacy")]
            Seen::Renegotiated => {}
            // What comes of a handshake; there is none any more.
            Seen::Data(_) | Seen::EarlyData(_) | Seen::MaySend | Seen::Connected | Seen::Other => {}
        }
        Ok(())
    }
}

/// As [`Stream`](crate::Stream) does.
impl<S: Read + Write> Read for ReadHalf<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let len = self.fill_buf()?.read(buf)?;
        self.consume(len);
        Ok(len)
    }
}

/// As [`Stream`](crate::Stream) does.
impl<S: Read + Write> BufRead for ReadHalf<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.input.plain().is_empty() && !self.is_ended {
            self.step()?;
        }
        Ok(self.input.plain())
    }

    fn consume(&mut self, len: usize) {
        self.input.take(len);
    }
}

impl<S: Write> WriteHalf<S> {
    /// As [`Stream::close`](crate::Stream::close).
    ///
    /// # Errors
    /// As there.
    pub fn close(&mut self) -> io::Result<()> {
        let sending = &mut *self.back.sending()?;
        sending.writer.close(sending.output.vec()).map_err(io_error)?;
        sending.flush()
    }

    /// As [`Stream::update_keys`](crate::Stream::update_keys).
    ///
    /// # Errors
    /// As there.
    pub fn update_keys(&mut self) -> io::Result<()> {
        let sending = &mut *self.back.sending()?;
        sending.writer.update_keys(sending.output.vec()).map_err(io_error)?;
        sending.output.send_if_possible(&mut sending.io);
        Ok(())
    }

    /// How many bytes the transport has taken.
    pub fn bytes_out(&self) -> u64 {
        lock(&self.back.sending).output.total()
    }
}

/// As [`Stream`](crate::Stream) does.
impl<S: Write> Write for WriteHalf<S> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let Sending { io, writer, output } = &mut *self.back.sending()?;
        output.write(io, |most, out| {
            let now = data.get(..most).unwrap_or(data);
            writer.send(now, out).map(|()| now.len())
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.back.sending()?.flush()
    }
}

impl<S: Write> Back<S> {
    /// Leaves what the reading half owes for the writing half.
    fn owe(&self, action: Option<WriteAction>) {
        if let Some(action) = action {
            let mut owed = lock(&self.owed);
            *owed = Some(owed.map_or(action, |earlier| earlier.and(action)));
        }
    }

    /// The writing half, after it has done what is owed.
    fn sending(&self) -> io::Result<MutexGuard<'_, Sending<S>>> {
        let mut sending = lock(&self.sending);
        sending.apply(lock(&self.owed).take()).map_err(io_error)?;
        Ok(sending)
    }

    /// Tells the peer that the connection has failed, unless somebody is writing, who will tell it then.
    fn send_alert(&self) {
        let mut sending = match self.sending.try_lock() {
            Ok(sending) => sending,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let owed = lock(&self.owed).take();
        if sending.apply(owed).is_ok() {
            let Sending { io, output, .. } = &mut *sending;
            output.send_if_possible(io);
        }
    }
}

impl<S: Write> Sending<S> {
    fn apply(&mut self, owed: Option<WriteAction>) -> Result<(), Error> {
        match owed {
            Some(action) => self.writer.apply(action, self.output.vec()),
            None => Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush(&mut self.io)
    }
}

/// A thread that panicked in the middle of a call has left a state that the engine can judge.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S> fmt::Debug for ReadHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHalf").field("reader", &self.reader).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for WriteHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteHalf").finish_non_exhaustive()
    }
}
