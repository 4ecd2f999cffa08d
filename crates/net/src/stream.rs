//! A connection over a transport that waits, or says that it would.

use crate::buffered::{Buffered, Parts};
use crate::options::Answers;
use crate::socket::{Deadline, Timed};
use crate::{EarlyData, Place, known_methods};
use handfast::{Answer, Question, Sniffed, Usage};
use std::fmt;
use std::io::{self, BufRead, IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A TLS connection over a transport.
///
/// What is written is sealed and handed to the transport before the call returns; if the transport does not take it all,
/// the rest waits here and goes out with the next call, or with [`flush`](Write::flush). Errors of the engine are final,
/// and [`tls_error`](crate::tls_error) finds them in the [`io::Error`]; the alert for the peer has been sent by then, as
/// far as the transport took it.
pub struct Stream<S> {
    io: S,
    tls: Buffered,
    /// Until the handshake is complete.
    deadline: Option<Deadline<S>>,
    answers: Option<Answers>,
    /// Among the handshakes, until it is complete.
    place: Option<Place>,
}

/// Whoever answers the questions of one handshake; `None` gives the connection up.
type Answering<'a> = &'a mut dyn FnMut(Question) -> Option<Answer>;

impl<S: Read + Write> Stream<S> {
    pub(crate) fn new(io: S, tls: Buffered, deadline: Option<Deadline<S>>, answers: Option<Answers>) -> Self {
        Self { io, tls, deadline, answers, place: None }
    }

    /// A stream from a connection of one's own making: one with options that a connector does not know, or one that was
    /// taken apart. It has no deadline, and nobody answers for it.
    pub fn over(io: S, tls: Buffered) -> Self {
        Self::new(io, tls, None, None)
    }

    /// Goes on with the handshake until it is complete; nothing happens when it is. Reading and writing do this first.
    ///
    /// # Errors
    /// What the transport says: after `WouldBlock` it can be called again. `TimedOut` when the handshake's time is up.
    /// What the engine says. `UnexpectedEof` when the transport ends. `Unsupported` when the configuration asks and
    /// nobody answers.
    pub fn handshake(&mut self) -> io::Result<()> {
        if self.tls.is_settled() {
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
        let (tls, mut io) = self.parts();
        while let Some(question) = tls.handshake(&mut io)? {
            tls.answer(&mut io, answer(question))?;
        }
        self.place = None;
        match self.deadline.take() {
            Some(deadline) => deadline.disarm(&self.io),
            None => Ok(()),
        }
    }

    /// What the client speaks, if it is not TLS; then it is no longer one of the handshakes.
    pub(crate) fn stranger(&mut self) -> io::Result<Option<Sniffed>> {
        let (tls, mut io) = self.parts();
        let speaks = tls.stranger(&mut io)?;
        if speaks.is_some()
            && let Some(deadline) = self.deadline.take()
        {
            deadline.disarm(&self.io)?;
        }
        Ok(speaks)
    }

    /// Keeps a place among the handshakes until this one is complete; none if somebody else keeps it.
    pub(crate) fn hold(&mut self, place: Option<Place>) {
        self.place = place;
    }

    /// Keeps `place` until the stream is dropped, or taken apart, and its halves too: it is one of so many connections then.
    pub fn count(&mut self, place: Place) {
        self.tls.count(place);
    }

    /// Sends close_notify: nothing more will be written. Reading goes on until the peer has said the same; half-close as
    /// in TCP (RFC 9846 §6.1).
    ///
    /// # Errors
    /// What the transport says; after `WouldBlock`, call [`flush`](Write::flush).
    pub fn close(&mut self) -> io::Result<()> {
        self.tls.close()?;
        self.flush()
    }

    /// Updates the keys of both directions.
    ///
    /// # Errors
    /// As [`write`](Write::write).
    pub fn update_keys(&mut self) -> io::Result<()> {
        self.handshake()?;
        self.tls.update_keys(&mut self.io)
    }

    /// On a server, waits for the answer to [`request_certificate`](Self::request_certificate). `false` says that data has come which
    /// has to be read first; then it is called again.
    ///
    /// # Errors
    /// As [`handshake`](Self::handshake); `UnexpectedEof` when the client closes instead. It may as well never answer, or byte by
    /// byte: timeouts of the socket begin anew with each.
    pub fn await_certificate(&mut self) -> io::Result<bool> {
        self.answering(|tls, io| tls.await_certificate(io))?;
        Ok(!self.awaits_certificate())
    }

    /// Negotiates the connection anew (TLS 1.2): a client begins, a server asks its client to. Returns when that is done, the
    /// peer has said close_notify, or data has come that has to be read first: then it is called again, until
    /// [`is_renegotiating`](Self::is_renegotiating) says that it is over. Reading goes on with it, too; do not
    /// [`split`](Self::split) before that.
    ///
    /// # Errors
    /// As [`handshake`](Self::handshake); and what the engine says of a connection that cannot.
    #[cfg(feature = "legacy")]
    pub fn renegotiate(&mut self) -> io::Result<()> {
        self.handshake()?;
        self.answering(|tls, io| tls.renegotiate(io))
    }

    /// On a server, what comes before the handshake is complete: see [`EarlyData`], and
    /// [`Acceptor::accept_early`](crate::Acceptor::accept_early), which gives a stream that has not waited for its end. On a
    /// client there is none.
    pub fn early_data(&mut self) -> EarlyData<'_, S> {
        EarlyData::new(self)
    }

    /// Goes on with the handshake until the client's early data is taken, or to its end.
    pub(crate) fn accept_early(&mut self) -> io::Result<()> {
        self.answering(|tls, io| tls.accept_early(io))?;
        if self.tls.connection().is_connected() { self.handshake() } else { Ok(()) }
    }

    /// Writes what may be written by now.
    pub(crate) fn write_open(&mut self, data: &[u8]) -> io::Result<usize> {
        let (tls, mut io) = self.parts();
        tls.write(&mut io, data)
    }

    /// Repeats `call` until it has no question any more.
    pub(crate) fn answering(
        &mut self,
        call: impl Fn(&mut Buffered, &mut Timed<'_, S>) -> io::Result<Option<Question>>,
    ) -> io::Result<()> {
        let answers = self.answers.clone();
        let (tls, mut io) = self.parts();
        while let Some(question) = call(tls, &mut io)? {
            let answer = answers.as_ref().and_then(|answer| answer(question));
            tls.answer(&mut io, answer)?;
        }
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
            let usage = match self.tls.split() {
                Ok(halves) => return Ok(crate::split::halves(halves, self.io, second)),
                Err(back) => {
                    let usage;
                    (self.tls, usage) = *back;
                    usage
                }
            };
            if usage != Usage::Busy {
                return Err(crate::error::io_error(usage.into()));
            }
            // A message came in part, after the handshake, or an event waits: the rest of it is on its way.
            if self.tls.step(&mut self.io)?.is_some() {
                self.tls.answer(&mut self.io, None)?;
            }
        }
    }

    /// The connection, and its transport for the length of a call.
    fn parts(&mut self) -> (&mut Buffered, Timed<'_, S>) {
        (&mut self.tls, Timed { io: &mut self.io, deadline: self.deadline.as_ref() })
    }
}

/// What there is to know, before, during and after the handshake.
impl<S> Stream<S> {
    known_methods!();

    pub(crate) fn buffered(&self) -> &Buffered {
        &self.tls
    }

    pub(crate) fn buffered_mut(&mut self) -> &mut Buffered {
        &mut self.tls
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
    pub fn into_parts(self) -> Parts<S> {
        self.tls.into_parts(self.io)
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

/// Early data never comes out here. No data is the peer's close_notify. An end of the transport without it is [`UnexpectedEof`](io::ErrorKind::UnexpectedEof)
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
        self.answering(|tls, io| tls.receive(io))?;
        Ok(self.tls.plaintext())
    }

    fn consume(&mut self, len: usize) {
        self.tls.consume(len);
    }
}

/// At most 64 KiB at a time. Data that was accepted has been sealed; what the transport has not taken of it by then goes
/// out first in the next call, and so does the transport's error.
impl<S: Read + Write> Write for Stream<S> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.handshake()?;
        self.tls.write(&mut self.io, data)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.handshake()?;
        self.tls.write_vectored(&mut self.io, pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        let (tls, mut io) = self.parts();
        tls.flush(&mut io)
    }
}

impl<S> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("connection", self.tls.connection()).finish_non_exhaustive()
    }
}
