//! The loop between the engine and a transport, for adapters.

mod early;
mod own;

use crate::Place;
use crate::error::{io_error, is_not_now};
use crate::input::{Input, Seen};
use crate::output::Output;
use crate::sessions::Sessions;
use early::Early;
use handfast::wire::ProtocolVersion;
use handfast::{Answer, Connection, Error, Facts, Question, Reader, Received, Refusal, Session, Usage, Writer};
use std::fmt;
use std::io::{self, ErrorKind, IoSlice, Read, Write};

/// A connection and its two buffers, without the transport: what an adapter is made of.
///
/// Each call is given the transport. That one may answer `WouldBlock` at any byte; the call says so then and can be
/// repeated, nothing has been sealed twice and nothing is lost. A [`Stream`](crate::Stream) is this with a transport that
/// stays; an asynchronous one lends its transport, and a way to be woken, for the length of a call.
///
/// ```
/// # use std::io;
/// # fn think(_: handfast::Question) -> Option<handfast::Answer> { None }
/// # fn read(connection: handfast::Connection, hello: Vec<u8>, mut socket: std::net::TcpStream) -> io::Result<()> {
/// // A connection that was just begun, and its ClientHello.
/// let mut tls = handfast_net::Buffered::new(connection, hello);
/// while let Some(question) = tls.handshake(&mut socket)? {
///     tls.answer(&mut socket, think(question))?;
/// }
/// tls.write(&mut socket, b"ping")?;
/// tls.receive(&mut socket)?;
/// println!("{} bytes", tls.plaintext().len());
/// # Ok(())
/// # }
/// ```
pub struct Buffered {
    connection: Connection,
    input: Input,
    output: Output,
    is_connected: bool,
    /// The handshake is complete, and the last of it is on its way.
    is_settled: bool,
    /// The peer has said close_notify.
    is_ended: bool,
    /// Data may be sent, whether or not the handshake is complete.
    is_open: bool,
    sessions: Sessions,
    early: Early,
    #[cfg(feature = "legacy")]
    is_renegotiating: bool,
    /// Among the connections of a listener.
    counted: Option<Place>,
}

/// A connection, taken apart.
#[derive(Debug)]
pub struct Parts<S> {
    /// The transport.
    pub io: S,
    /// The engine.
    pub connection: Connection,
    /// Data that was decrypted and not read.
    pub plaintext: Vec<u8>,
    /// On a server, early data that came and was not read.
    pub early_data: Vec<u8>,
    /// On a client, how much early data was sent, in bytes.
    pub early_sent: usize,
    /// Bytes that were read from the transport and that the engine has not consumed. Its next
    /// [`receive`](Connection::receive) begins with them.
    pub received: Vec<u8>,
    /// Bytes that the engine wants sent and the transport has not taken.
    pub unsent: Vec<u8>,
}

/// What the two halves of a connection begin with.
pub(crate) struct Halves {
    pub(crate) reader: Reader,
    pub(crate) input: Input,
    pub(crate) is_ended: bool,
    pub(crate) sessions: Sessions,
    pub(crate) early_data: Vec<u8>,
    pub(crate) writer: Writer,
    pub(crate) output: Output,
    pub(crate) counted: Option<Place>,
}

impl Buffered {
    /// A connection that wants `unsent` sent: a ClientHello, or nothing.
    pub fn new(connection: Connection, unsent: Vec<u8>) -> Self {
        let is_connected = connection.is_connected();
        Self {
            connection,
            input: Input::default(),
            output: Output::new(unsent),
            is_connected,
            is_settled: false,
            is_ended: false,
            is_open: is_connected,
            sessions: Sessions::default(),
            early: Early::default(),
            #[cfg(feature = "legacy")]
            is_renegotiating: false,
            counted: None,
        }
    }

    /// A server's connection of whose client something was read before: it comes first.
    pub fn received(connection: Connection, received: &[u8]) -> Self {
        Self { input: Input::new(Vec::new(), received), ..Self::new(connection, Vec::new()) }
    }

    /// Puts a connection together that was taken apart.
    pub fn from_parts<S>(parts: Parts<S>) -> (Self, S) {
        let Parts { io, connection, plaintext, early_data, early_sent, received, unsent } = parts;
        let (input, early) = (Input::new(plaintext, &received), Early::new(early_data, early_sent));
        (Self { input, early, ..Self::new(connection, unsent) }, io)
    }

    /// Lets the sessions that come go there.
    pub(crate) fn with_sessions(self, sessions: Sessions) -> Self {
        Self { sessions, ..self }
    }

    /// Goes on with the handshake until it is complete and the transport has the last of it, or until it asks. The
    /// question goes to [`Buffered::answer`], and then this is called again.
    ///
    /// # Errors
    /// What the transport says: after `WouldBlock` it can be called again. What the engine says. `UnexpectedEof` when the
    /// transport ends. `Unsupported` when a question was lost.
    pub fn handshake(&mut self, io: &mut (impl Read + Write)) -> io::Result<Option<Question>> {
        while !self.is_connected {
            if let Some(question) = self.step(io)? {
                // The peer need not wait for the answer to hear what comes before it.
                self.output.send_if_possible(io);
                return Ok(Some(question));
            }
        }
        if !self.is_settled {
            // What came with the handshake is reported after it, and there before anybody can ask.
            if let Some(question) = self.waiting(io)? {
                return Ok(Some(question));
            }
            match self.output.flush(io) {
                Err(error) if is_not_now(&error) && self.owes_only_tickets() => {}
                flushed => flushed?,
            }
            self.is_settled = true;
        }
        Ok(None)
    }

    /// Whether the peer has all of the handshake: a client of TLS 1.3 says the last word of it. It need not read the tickets
    /// before it has said what it came for, and a server that waits for that hears nothing.
    fn owes_only_tickets(&self) -> bool {
        self.connection.is_server() && self.facts().version == Some(ProtocolVersion::TLS1_3)
    }

    /// Answers the question that was asked last; `None` gives the connection up if it [waits](Self::needs_answer) for one.
    ///
    /// # Errors
    /// What the engine says of the answer. `Unsupported` when there is none.
    pub fn answer(&mut self, io: &mut (impl Read + Write), answer: Option<Answer>) -> io::Result<()> {
        match answer {
            Some(answer) => self.connection.answer(answer, self.output.vec()).map_err(|error| self.fail(io, error)),
            None if self.needs_answer() => Err(self.give_up(io)),
            None => Ok(()),
        }
    }

    /// Whether a question is open that everything waits for. Nothing waits for the tickets of TLS 1.3
    /// ([`Question::Issue`]): reading and writing go on, and the answer can come at any time or never.
    pub fn needs_answer(&self) -> bool {
        self.connection.needs_answer()
    }

    /// Reads until there is [plaintext](Self::plaintext), or the peer's close_notify, or a question. After the handshake.
    /// What the engine wants sent, an alert say, is sent on the way as far as the transport takes it.
    ///
    /// # Errors
    /// As [`Buffered::handshake`].
    pub fn receive(&mut self, io: &mut (impl Read + Write)) -> io::Result<Option<Question>> {
        while self.input.plain().is_empty() && !self.is_ended {
            if let Some(question) = self.step(io)? {
                return Ok(Some(question));
            }
        }
        Ok(None)
    }

    /// The plaintext that waits: at most one record's. After [`Buffered::receive`] none means that the peer has said
    /// close_notify.
    pub fn plaintext(&self) -> &[u8] {
        self.input.plain()
    }

    /// `len` bytes of the plaintext were taken.
    pub fn consume(&mut self, len: usize) {
        self.input.take(len);
    }

    /// Seals data, at most 64 KiB of it, and sends it as far as the transport takes it. Says how much was sealed. What the
    /// transport has not taken goes out first in the next call, and so does the transport's error.
    ///
    /// # Errors
    /// What the transport says of what waited before, and then nothing was sealed; or what the engine says.
    pub fn write(&mut self, io: &mut impl Write, data: &[u8]) -> io::Result<usize> {
        let Self { connection, output, .. } = self;
        output.write(io, |most, out| {
            let now = data.get(..most).unwrap_or(data);
            connection.send(now, out).map(|()| now.len())
        })
    }

    /// [`Buffered::write`] for data in pieces, which share records.
    ///
    /// # Errors
    /// As there.
    pub fn write_vectored(&mut self, io: &mut impl Write, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let Self { connection, output, .. } = self;
        output.write(io, |most, out| {
            let mut pieces = pieces.iter().map(|piece| &**piece).filter(|piece| !piece.is_empty());
            let (mut sealed, mut rest) = (0usize, pieces.next());
            while let Some(mut piece) = rest.filter(|_| sealed < most) {
                let mut record = connection.record(out)?;
                loop {
                    let now = piece.get(..most.saturating_sub(sealed)).unwrap_or(piece);
                    let put = record.put(now);
                    sealed = sealed.saturating_add(put);
                    rest = match piece.get(put..) {
                        Some([]) | None => pieces.next(),
                        left => left,
                    };
                    match rest {
                        Some(next) if put > 0 => piece = next,
                        _ => break,
                    }
                }
                record.finish()?;
            }
            Ok(sealed)
        })
    }

    /// Gives the transport what waits, and flushes it.
    ///
    /// # Errors
    /// What the transport says.
    pub fn flush(&mut self, io: &mut impl Write) -> io::Result<()> {
        self.output.flush(io)
    }

    /// Seals close_notify: nothing more will be written. [`Buffered::flush`] sends it. Does nothing the second time.
    ///
    /// # Errors
    /// What the engine says.
    pub fn close(&mut self) -> io::Result<()> {
        self.connection.close(self.output.vec()).map_err(io_error)
    }

    /// Updates the keys of both directions.
    ///
    /// # Errors
    /// What the engine says.
    pub fn update_keys(&mut self, io: &mut impl Write) -> io::Result<()> {
        self.connection.update_keys(self.output.vec()).map_err(io_error)?;
        self.output.send_if_possible(io);
        Ok(())
    }

    /// Negotiates the connection anew (TLS 1.2): a client begins, a server asks its client to. Goes on until that is done
    /// or there is [plaintext](Self::plaintext), which has to be taken first; so called again until
    /// [`Buffered::is_renegotiating`] says that it is over. A question goes to [`Buffered::answer`].
    ///
    /// # Errors
    /// As [`Buffered::handshake`]; and what the engine says of a connection that cannot
    /// ([`Usage::NoRenegotiation`], [`Usage::Busy`]), with nothing changed. [`io::ErrorKind::UnexpectedEof`] when the peer
    /// closes instead. It may as well look away for ever (RFC 5246 §7.4.1.1), so set a limit to the waiting.
    #[cfg(feature = "legacy")]
    pub fn renegotiate(&mut self, io: &mut (impl Read + Write)) -> io::Result<Option<Question>> {
        if !self.is_renegotiating {
            self.connection.renegotiate(self.output.vec()).map_err(io_error)?;
            self.is_renegotiating = true;
        }
        let question = self.step_while(io, |tls| tls.is_renegotiating)?;
        if question.is_some() {
            return Ok(question);
        }
        if self.is_ended && self.input.plain().is_empty() && std::mem::take(&mut self.is_renegotiating) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(None)
    }

    /// Whether this side has begun to renegotiate, and it is not done.
    #[cfg(feature = "legacy")]
    pub fn is_renegotiating(&self) -> bool {
        self.is_renegotiating
    }

    /// After [`Buffered::request_certificate`], goes on until the client has answered or there is
    /// [plaintext](Self::plaintext), which has to be taken first; so called again until [`Buffered::awaits_certificate`] says that it is
    /// over. A question goes to [`Buffered::answer`].
    ///
    /// # Errors
    /// As [`Buffered::handshake`]; [`io::ErrorKind::UnexpectedEof`] when the client closes instead. It may as well not answer for ever,
    /// so set a limit to the waiting.
    pub fn await_certificate(&mut self, io: &mut (impl Read + Write)) -> io::Result<Option<Question>> {
        let question = self.step_while(io, Self::awaits_certificate)?;
        if question.is_none() && self.is_ended && self.input.plain().is_empty() && self.awaits_certificate() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(question)
    }

    /// Steps for as long as `waits` says so, nobody has a question, and there is nothing to take.
    fn step_while(
        &mut self,
        io: &mut (impl Read + Write),
        waits: impl Fn(&Self) -> bool,
    ) -> io::Result<Option<Question>> {
        let mut question = None;
        while question.is_none() && waits(self) && self.input.plain().is_empty() && !self.is_ended {
            question = self.step(io)?;
        }
        // The peer may be waiting for the last of it, and nobody knows what the application does next.
        self.output.send_if_possible(io);
        Ok(question)
    }

    /// On a client, the last session that a later connection can resume. One of TLS 1.2 is there when the handshake is
    /// complete, if it is ever; those of TLS 1.3 come after it, while data is read. There is none here where they go into a
    /// cache ([`Offer::sessions`](crate::Offer::sessions)).
    pub fn session(&self) -> Option<&Session> {
        self.sessions.newest()
    }

    /// The sessions that have come since this was last called, the oldest first; at most the newest eight.
    pub fn take_sessions(&mut self) -> Vec<Session> {
        self.sessions.take()
    }

    /// Whether the handshake is complete and the transport has the last of it.
    pub fn is_settled(&self) -> bool {
        self.is_settled
    }

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

    /// Takes the connection apart. Nothing is sent, and nothing that was read is lost; sessions that have come are, unless they
    /// were taken.
    pub fn into_parts<S>(mut self, io: S) -> Parts<S> {
        Parts {
            plaintext: self.input.plain().to_vec(),
            early_data: self.early.take(),
            early_sent: self.early.sent(),
            received: self.input.sealed().to_vec(),
            unsent: std::mem::take(self.output.vec()),
            io,
            connection: self.connection,
        }
    }

    /// Makes two halves of it, if no message has come in part.
    pub(crate) fn split(self) -> Result<Halves, Box<(Self, Usage)>> {
        let Self { connection, input, output, is_ended, sessions, mut early, counted, .. } = self;
        match connection.split() {
            Ok((reader, writer)) => {
                Ok(Halves { reader, input, is_ended, sessions, early_data: early.take(), writer, output, counted })
            }
            Err(back) => {
                let (connection, usage) = *back;
                Err(Box::new((Self { connection, input, output, sessions, early, counted, ..self }, usage)))
            }
        }
    }

    /// One event of the engine, or if it has none, bytes from the transport.
    pub(crate) fn step(&mut self, io: &mut (impl Read + Write)) -> io::Result<Option<Question>> {
        let received = self.connection.receive(self.input.sealed(), self.output.vec());
        let (consumed, seen) = match received {
            Ok(Received { consumed, event }) => (consumed, Seen::from(event)),
            Err(error) => return Err(self.fail(io, error)),
        };
        if let Seen::EarlyData(at) = &seen {
            self.early.received(self.input.sealed().get(at.clone()).unwrap_or_default());
        }
        self.input.consume(consumed, seen.data());
        match seen {
            Seen::NeedInput(at_least) => self.read(io, at_least).map(|()| None),
            seen => self.note(io, seen),
        }
    }

    /// Takes what waits in the engine, as far as it can be had without more input, or a question.
    fn waiting(&mut self, io: &mut impl Write) -> io::Result<Option<Question>> {
        loop {
            let received = self.connection.receive(&mut [], self.output.vec());
            match received.map(|received| Seen::from(received.event)) {
                Ok(Seen::NeedInput(_) | Seen::Closed) => return Ok(None),
                Ok(seen) => {
                    if let Some(question) = self.note(io, seen)? {
                        return Ok(Some(question));
                    }
                }
                Err(error) => return Err(self.fail(io, error)),
            }
        }
    }

    /// Something has happened.
    fn note(&mut self, io: &mut impl Write, seen: Seen) -> io::Result<Option<Question>> {
        match seen {
            Seen::Connected => {
                self.is_connected = true;
                self.is_open = true;
            }
            Seen::MaySend => self.is_open = true,
            Seen::Closed => self.is_ended = true,
            Seen::Question(question) => return Ok(Some(question)),
            // A question whose answer was lost on the way, in a panic say.
            Seen::NeedAnswer => return Err(self.give_up(io)),
            Seen::Session(session) => self.sessions.put(session),
            #[cfg(feature = "legacy")]
            Seen::Renegotiated => self.is_renegotiating = false,
            Seen::NeedInput(_) | Seen::Data(_) | Seen::EarlyData(_) | Seen::Other => {}
        }
        Ok(None)
    }

    /// Reads from the transport, once what the peer may be waiting for is out.
    fn read(&mut self, io: &mut (impl Read + Write), at_least: usize) -> io::Result<()> {
        match self.output.flush(io) {
            Ok(()) => {}
            Err(error) if !is_not_now(&error) => {
                // The peer may have said why before it hung up. What cannot be sent keeps nothing from being read.
                self.output.park(error);
            }
            // Early data may be more than the transport holds, and a server has to be heard before it reads on.
            Err(error) if !self.is_connected && !self.early.has_sent() => return Err(error),
            Err(_) => {}
        }
        if self.input.fill(io, at_least)? { Ok(()) } else { Err(self.truncated()) }
    }

    /// The transport has ended. If it did not take what was sent either, that is how it ended.
    fn truncated(&mut self) -> io::Error {
        let ended = match self.connection.end_of_input() {
            Ok(()) => io::Error::from(ErrorKind::UnexpectedEof),
            Err(truncated) => io::Error::new(ErrorKind::UnexpectedEof, truncated),
        };
        if self.is_connected { ended } else { self.output.parked().unwrap_or(ended) }
    }

    /// The engine has failed. Its alert goes out if the transport takes it; the error is the engine's either way.
    fn fail(&mut self, io: &mut impl Write, error: Error) -> io::Error {
        self.sessions.invalidate();
        let _ = self.output.flush(io);
        io_error(error)
    }

    /// A question stays without an answer.
    fn give_up(&mut self, io: &mut impl Write) -> io::Error {
        self.connection.abandon(self.output.vec());
        let _ = self.fail(io, Error::Refused(Refusal::Abandoned));
        io::Error::new(ErrorKind::Unsupported, "the configuration asks, and there was no answer: see `answers`")
    }
}

impl fmt::Debug for Buffered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffered").field("connection", &self.connection).finish_non_exhaustive()
    }
}
