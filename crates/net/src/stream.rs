//! The loop between the engine and its transport.

use crate::error::{into_io, is_not_now};
use crate::input::{Input, Seen};
use crate::options::Answers;
use crate::output::Output;
use crate::socket::Deadline;
use handfast::{Answer, Connection, Error, Facts, Question, Received, Refusal, Usage};
use std::fmt;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A TLS connection over a transport.
///
/// What is written is sealed and handed to the transport before the call returns; if the transport does not take it all,
/// the rest waits here and goes out with the next call, or with [`flush`](Write::flush). Errors of the engine are final,
/// and [`tls_error`](crate::tls_error) finds them in the [`io::Error`]; the alert for the peer has been sent by then, as
/// far as the transport took it.
pub struct Stream<S> {
    io: S,
    connection: Connection,
    input: Input,
    output: Output,
    /// Until the handshake is complete.
    deadline: Option<Deadline<S>>,
    answers: Option<Answers>,
    is_connected: bool,
    /// The handshake is complete, and the last of it is on its way.
    is_settled: bool,
    /// The peer has said close_notify.
    is_ended: bool,
}

/// A stream, taken apart.
#[derive(Debug)]
pub struct Parts<S> {
    /// The transport.
    pub io: S,
    /// The engine.
    pub connection: Connection,
    /// Data that was decrypted and not read.
    pub plaintext: Vec<u8>,
    /// Bytes that were read from the transport and that the engine has not consumed. Its next
    /// [`receive`](Connection::receive) begins with them.
    pub received: Vec<u8>,
    /// Bytes that the engine wants sent and the transport has not taken.
    pub unsent: Vec<u8>,
}

/// Whoever answers the questions of one handshake; `None` gives the connection up.
type Answering<'a> = &'a mut dyn FnMut(Question) -> Option<Answer>;

impl<S: Read + Write> Stream<S> {
    pub(crate) fn new(
        io: S,
        connection: Connection,
        output: Output,
        deadline: Option<Deadline<S>>,
        answers: Option<Answers>,
    ) -> Self {
        let input = Input::default();
        Self {
            io,
            connection,
            input,
            output,
            deadline,
            answers,
            is_connected: false,
            is_settled: false,
            is_ended: false,
        }
    }

    /// Goes on with the handshake until it is complete; nothing happens when it is. Reading and writing do this first.
    ///
    /// # Errors
    /// What the transport says: after `WouldBlock` it can be called again. `TimedOut` when the handshake's time is up.
    /// What the engine says. `UnexpectedEof` when the transport ends. `Unsupported` when the configuration asks and
    /// nobody answers.
    pub fn handshake(&mut self) -> io::Result<()> {
        if self.is_settled {
            return Ok(());
        }
        let answers = self.answers.clone();
        self.handshake_answering(&mut |question| answers.as_ref().and_then(|answer| answer(question)))
    }

    /// [`handshake`](Self::handshake), with answers for a configuration that asks ([`Resolve::Ask`](handfast::Resolve)).
    ///
    /// # Errors
    /// As there.
    pub fn handshake_answering(&mut self, answer: Answering<'_>) -> io::Result<()> {
        if self.is_settled {
            return Ok(());
        }
        while !self.is_connected {
            self.step(answer)?;
        }
        self.send()?;
        self.is_settled = true;
        match self.deadline.take() {
            Some(deadline) => deadline.disarm(&self.io),
            None => Ok(()),
        }
    }

    /// Sends close_notify: nothing more will be written. Reading goes on until the peer has said the same; half-close as
    /// in TCP (RFC 9846 §6.1).
    ///
    /// # Errors
    /// What the transport says; after `WouldBlock`, call [`flush`](Write::flush).
    pub fn close(&mut self) -> io::Result<()> {
        self.connection.close(self.output.vec()).map_err(into_io)?;
        self.flush()
    }

    /// Updates the keys of both directions.
    ///
    /// # Errors
    /// As [`write`](Write::write).
    pub fn update_keys(&mut self) -> io::Result<()> {
        self.handshake()?;
        self.connection.update_keys(self.output.vec()).map_err(into_io)?;
        self.output.send_if_possible(&mut self.io);
        Ok(())
    }

    /// Gives a second handle of the transport to a writing half, so that one thread can read while another writes:
    /// `stream.split(TcpStream::try_clone)`.
    ///
    /// # Errors
    /// As [`handshake`](Self::handshake), and what `duplicate` says.
    pub fn split(
        mut self,
        duplicate: impl FnOnce(&S) -> io::Result<S>,
    ) -> io::Result<(crate::ReadHalf<S>, crate::WriteHalf<S>)> {
        self.handshake()?;
        let second = duplicate(&self.io)?;
        loop {
            let (connection, usage) = match self.connection.split() {
                Ok((reader, writer)) => {
                    return Ok(crate::split::halves(
                        (self.io, reader, self.input, self.is_ended),
                        (second, writer, self.output),
                    ));
                }
                Err(back) => *back,
            };
            self.connection = connection;
            if usage != Usage::Busy {
                return Err(into_io(usage.into()));
            }
            // A message came in part, after the handshake: the rest of it is on its way.
            self.step(&mut |_| None)?;
        }
    }

    /// One event of the engine, or if it has none, bytes from the transport.
    fn step(&mut self, answer: Answering<'_>) -> io::Result<()> {
        let received = self.connection.receive(self.input.sealed(), self.output.vec());
        let (consumed, seen) = match received {
            Ok(Received { consumed, event }) => (consumed, Seen::from(event)),
            Err(error) => return Err(self.fail(error)),
        };
        let data = if let Seen::Data(at) = &seen { Some(at.clone()) } else { None };
        self.input.consume(consumed, data);
        match seen {
            Seen::NeedInput(at_least) => return self.receive(at_least),
            Seen::Connected => self.is_connected = true,
            Seen::Closed => self.is_ended = true,
            Seen::Question(question) => match answer(question) {
                Some(answer) => {
                    if let Err(error) = self.connection.answer(answer, self.output.vec()) {
                        return Err(self.fail(error));
                    }
                }
                None => return Err(self.give_up()),
            },
            // A question whose answer was lost on the way, in a panic say.
            Seen::NeedAnswer => return Err(self.give_up()),
            Seen::Data(_) | Seen::Other => {}
        }
        Ok(())
    }

    /// Reads from the transport, once what the peer may be waiting for is out.
    fn receive(&mut self, at_least: usize) -> io::Result<()> {
        match self.send() {
            Ok(()) => {}
            Err(error) if !is_not_now(&error) => {
                // The peer may have said why before it hung up. What cannot be sent keeps nothing from being read.
                self.output.park(error);
            }
            Err(error) if !self.is_connected => return Err(error),
            Err(_) => {}
        }
        if let Some(deadline) = &self.deadline {
            deadline.arm(&self.io)?;
        }
        match self.input.fill(&mut self.io, at_least) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.truncated()),
            Err(error) => Err(self.judge(error)),
        }
    }

    /// Gives the transport what waits.
    fn send(&mut self) -> io::Result<()> {
        let Self { output, io, deadline, .. } = self;
        let sent = output.send(io, |io| deadline.as_ref().map_or(Ok(()), |deadline| deadline.arm(io)));
        sent.map_err(|error| self.judge(error))
    }

    /// The transport has ended. If it did not take what was sent either, that is how it ended.
    fn truncated(&mut self) -> io::Error {
        let ended = match self.connection.end_of_input() {
            Ok(()) => io::Error::from(ErrorKind::UnexpectedEof),
            Err(truncated) => io::Error::new(ErrorKind::UnexpectedEof, truncated),
        };
        if self.is_connected { ended } else { self.output.parked().unwrap_or(ended) }
    }

    fn judge(&self, error: io::Error) -> io::Error {
        match &self.deadline {
            Some(deadline) => deadline.judge(error),
            None => error,
        }
    }

    /// The engine has failed. Its alert goes out if the transport takes it; the error is the engine's either way.
    fn fail(&mut self, error: Error) -> io::Error {
        let _ = self.send();
        into_io(error)
    }

    /// A question stays without an answer.
    fn give_up(&mut self) -> io::Error {
        self.connection.abandon(self.output.vec());
        let _ = self.fail(Error::Refused(Refusal::Abandoned));
        io::Error::new(ErrorKind::Unsupported, "the configuration asks, and there was no answer: see `answers`")
    }
}

/// What there is to know, before, during and after the handshake.
impl<S> Stream<S> {
    /// What is known of the connection.
    pub fn facts(&self) -> &Facts {
        self.connection.facts()
    }

    /// The engine, for exporters and channel bindings.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// How many bytes have come from the transport.
    pub fn bytes_in(&self) -> u64 {
        self.input.total()
    }

    /// How many bytes the transport has taken.
    pub fn bytes_out(&self) -> u64 {
        self.output.total()
    }

    /// The transport. Bytes that are read from it or written to it are lost to TLS.
    pub fn get_ref(&self) -> &S {
        &self.io
    }

    /// The transport. Bytes that are read from it or written to it are lost to TLS.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.io
    }

    /// Takes the stream apart. Nothing is sent, and nothing that was read is lost.
    pub fn into_parts(mut self) -> Parts<S> {
        Parts {
            plaintext: self.input.plain().to_vec(),
            received: self.input.sealed().to_vec(),
            unsent: std::mem::take(self.output.vec()),
            io: self.io,
            connection: self.connection,
        }
    }
}

impl Stream<TcpStream> {
    /// The address of this side.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }

    /// The address of the peer.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.peer_addr()
    }
}

/// No data is the peer's close_notify. An end of the transport without it is [`ErrorKind::UnexpectedEof`]
/// (docs/regressions.md row 76).
impl<S: Read + Write> Read for Stream<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let len = self.fill_buf()?.read(buf)?;
        self.consume(len);
        Ok(len)
    }
}

/// Plaintext where it was decrypted: at most one record at a time.
impl<S: Read + Write> BufRead for Stream<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.handshake()?;
        let answers = self.answers.clone();
        while self.input.plain().is_empty() && !self.is_ended {
            self.step(&mut |question| answers.as_ref().and_then(|answer| answer(question)))?;
        }
        Ok(self.input.plain())
    }

    fn consume(&mut self, len: usize) {
        self.input.take(len);
    }
}

/// At most 64 KiB at a time. Data that was accepted has been sealed; what the transport has not taken of it by then goes
/// out first in the next call, and so does the transport's error.
impl<S: Read + Write> Write for Stream<S> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.handshake()?;
        let Self { connection, io, output, .. } = self;
        output.write(io, data, |data, out| connection.send(data, out))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()?;
        self.io.flush()
    }
}

impl<S> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("connection", &self.connection).finish_non_exhaustive()
    }
}
