//! A connection over a transport that is polled.

use crate::EarlyData;
use crate::answers::{Answering, Thought};
use crate::lend::{Lent, lend};
use crate::options::too_late;
use crate::waiting::{User, Waiting};
use handfast::{Answer, Connection, Facts, Question, Session};
use handfast_net::{Buffered, EarlyOutcome, Parts};
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

/// A TLS connection over a transport.
///
/// Everything here is cancel-safe: what waits, waits in the stream and not in a future, so a call that was dropped half-way
/// is made again and goes on. A write that was accepted has been sealed; `flush` waits until the transport has it. What the
/// engine itself wants sent goes out while reading, too. One task may read while another writes, by `tokio::io::split`.
///
/// `shutdown` says close_notify and ends the transport's writing side; reading goes on until the peer has said the same
/// (RFC 9846 §6.1). An end of the transport without it is [`UnexpectedEof`](io::ErrorKind::UnexpectedEof). Errors of the
/// engine are final, and [`tls_error`](handfast_net::tls_error) finds them in the [`io::Error`].
pub struct Stream<S> {
    io: S,
    tls: Buffered,
    answers: Option<Arc<dyn Answering>>,
    /// The answer to the open question.
    thought: Option<Thought>,
    /// The answer to a question that nothing waits for: which ticket the client gets.
    issuing: Option<Thought>,
    waiting: Arc<Waiting>,
    /// What a handshake that is still to be completed is under.
    limit: Option<Limit>,
}

/// How long a handshake may go on after its early data was handed out, and the place that it takes meanwhile.
pub(crate) struct Limit {
    pub(crate) timer: Option<Pin<Box<Sleep>>>,
    pub(crate) _place: OwnedSemaphorePermit,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream<S> {
    pub(crate) fn new(io: S, tls: Buffered, answers: Option<Arc<dyn Answering>>) -> Self {
        Self { io, tls, answers, thought: None, issuing: None, waiting: Arc::default(), limit: None }
    }

    /// The same, with a limit on what is left of its handshake.
    pub(crate) fn limited(self, limit: Limit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// A stream from a connection of one's own making: one with options that a connector does not know, or one that was
    /// taken apart. It has no deadline, and nobody answers for it.
    pub fn over(io: S, tls: Buffered) -> Self {
        Self::new(io, tls, None)
    }

    /// Goes on with the handshake until it is complete; nothing happens when it is. Reading and writing do this first.
    ///
    /// # Errors
    /// What the transport says, and what the engine says. `UnexpectedEof` when the transport ends. `Unsupported` when the
    /// configuration asks and nobody answers.
    pub async fn handshake(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_handshake(User::Reader, cx)).await
    }

    /// Updates the keys of both directions.
    ///
    /// # Errors
    /// As writing.
    pub async fn update_keys(&mut self) -> io::Result<()> {
        self.handshake().await?;
        poll_fn(|cx| self.lend(User::Writer, cx, |tls, io| tls.update_keys(io))).await
    }

    /// Negotiates the connection anew (TLS 1.2): a client begins, a server asks its client to. Returns when that is done, the
    /// peer has said close_notify, or data has come that has to be read first: then it is called again, until
    /// [`is_renegotiating`](Self::is_renegotiating) says that it is over. Reading goes on with it, too.
    ///
    /// # Errors
    /// As [`handshake`](Self::handshake); and what the engine says of a connection that cannot.
    #[cfg(feature = "legacy")]
    pub async fn renegotiate(&mut self) -> io::Result<()> {
        self.handshake().await?;
        poll_fn(|cx| self.poll_answering(User::Reader, cx, |tls, io| tls.renegotiate(io))).await
    }

    /// On a server, what comes before the handshake is complete: see [`EarlyData`], and
    /// [`Acceptor::accept_early`](crate::Acceptor::accept_early), which gives a stream that has not waited for its end. On a
    /// client there is none.
    pub fn early_data(&mut self) -> EarlyData<'_, S> {
        EarlyData::new(self)
    }

    /// Goes on with the handshake until the client's early data is taken, or to its end.
    pub(crate) async fn accept_early(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_answering(User::Reader, cx, |tls, io| tls.accept_early(io))).await?;
        if self.tls.connection().is_connected() { self.handshake().await } else { Ok(()) }
    }

    /// Polls [`Stream::handshake`].
    fn poll_handshake(&mut self, user: User, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.tls.is_settled() {
            return Poll::Ready(Ok(()));
        }
        self.poll_answering(user, cx, |tls, io| tls.handshake(io))
    }

    /// Goes on with the handshake until it asks, and hands the question out. It goes to [`Stream::answer`].
    pub(crate) fn poll_question(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Question>>> {
        self.lend(User::Reader, cx, |tls, io| tls.handshake(io))
    }

    /// Answers the open question with the next call.
    pub(crate) fn answer(&mut self, answer: impl Into<Answer>) {
        self.thought = Some(Thought::done(Some(answer.into())));
    }

    /// Repeats `call` until it has no question any more.
    pub(crate) fn poll_answering(
        &mut self,
        user: User,
        cx: &mut Context<'_>,
        call: fn(&mut Buffered, &mut Lent<'_, '_, S>) -> io::Result<Option<Question>>,
    ) -> Poll<io::Result<()>> {
        self.check_limit(user, cx)?;
        loop {
            // Taken out meanwhile: a thought that panicked is not thought again.
            if let Some(thought) = self.thought.take() {
                match self.think(thought, user, cx) {
                    Ok(answer) => ready!(self.lend(user, cx, |tls, io| tls.answer(io, answer)))?,
                    Err(thought) => {
                        self.thought = Some(thought);
                        return Poll::Pending;
                    }
                }
            }
            self.issue(user, cx)?;
            let Some(question) = ready!(self.lend(user, cx, call))? else { return Poll::Ready(Ok(())) };
            let answers = self.answers.clone();
            let thought = answers.map_or_else(|| Thought::done(None), |answers| answers.answer(question));
            let slot = if self.tls.needs_answer() { &mut self.thought } else { &mut self.issuing };
            *slot = Some(thought);
        }
    }

    /// Whether a handshake that is still to be completed has time left.
    fn check_limit(&mut self, user: User, cx: &Context<'_>) -> io::Result<()> {
        if self.tls.is_settled() {
            self.limit = None;
        }
        let Some(timer) = self.limit.as_mut().and_then(|limit| limit.timer.as_mut()) else { return Ok(()) };
        let waker = self.waiting.wait(user, cx);
        match timer.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(()) => Err(too_late()),
            Poll::Pending => Ok(()),
        }
    }

    /// Sends the ticket that is being made, if it is ready. Nothing waits for it.
    fn issue(&mut self, user: User, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(thought) = self.issuing.take() else { return Ok(()) };
        match self.think(thought, user, cx) {
            Err(thought) => self.issuing = Some(thought),
            Ok(answer) => {
                // What the transport does not take now goes out with the next data, or before the next read.
                if let Poll::Ready(answered) = self.lend(user, cx, |tls, io| tls.answer(io, answer)) {
                    answered?;
                }
            }
        }
        Ok(())
    }

    /// The answer, or the thought that is not at its end.
    fn think(&self, mut thought: Thought, user: User, cx: &Context<'_>) -> Result<Option<Answer>, Thought> {
        let waker = self.waiting.wait(user, cx);
        match thought.poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => Ok(answer),
            Poll::Pending => Err(thought),
        }
    }

    /// One call of the connection, which may read and write whoever asks for it.
    pub(crate) fn lend<T>(
        &mut self,
        user: User,
        cx: &mut Context<'_>,
        call: impl FnOnce(&mut Buffered, &mut Lent<'_, '_, S>) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let Self { io, tls, waiting, .. } = self;
        let waker = waiting.wait(user, cx);
        lend(io, &mut Context::from_waker(&waker), |io| call(tls, io))
    }
}

/// What there is to know, before, during and after the handshake.
impl<S> Stream<S> {
    /// What is known of the connection.
    pub fn facts(&self) -> &Facts {
        self.tls.facts()
    }

    /// The engine, for exporters and channel bindings.
    pub fn connection(&self) -> &Connection {
        self.tls.connection()
    }

    /// On a client, the last session that a later connection can resume: see [`Connector::session`](crate::Connector::session).
    /// One of TLS 1.2 is there when the handshake is complete, if it is ever; those of TLS 1.3 come after it, while data is
    /// read. There is none here where they go into a cache ([`Connector::sessions`](crate::Connector::sessions)).
    pub fn session(&self) -> Option<&Session> {
        self.tls.session()
    }

    /// The sessions that have come since this was last called, the oldest first; at most the newest eight.
    pub fn take_sessions(&mut self) -> Vec<Session> {
        self.tls.take_sessions()
    }

    /// On a client, what became of the early data of [`Connector::early_data`](crate::Connector::early_data). Known when the
    /// handshake is complete.
    pub fn early_outcome(&self) -> EarlyOutcome {
        self.tls.early_outcome()
    }

    /// On a server, the early data that has come and was not read, all of it once the handshake is complete. It may be a copy
    /// that somebody recorded; how that is kept from being taken twice, [`AntiReplay`](handfast::AntiReplay) says.
    pub fn take_early_data(&mut self) -> Vec<u8> {
        self.tls.take_early_data()
    }

    pub(crate) fn buffered(&mut self) -> &mut Buffered {
        &mut self.tls
    }

    /// Whether this side has begun to renegotiate, and it is not done.
    #[cfg(feature = "legacy")]
    pub fn is_renegotiating(&self) -> bool {
        self.tls.is_renegotiating()
    }

    /// How many bytes have come from the transport.
    pub fn bytes_in(&self) -> u64 {
        self.tls.bytes_in()
    }

    /// How many bytes the transport has taken.
    pub fn bytes_out(&self) -> u64 {
        self.tls.bytes_out()
    }

    /// The transport. Bytes that are read from it or written to it are lost to TLS.
    pub fn get_ref(&self) -> &S {
        &self.io
    }

    /// The transport. Bytes that are read from it or written to it are lost to TLS.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.io
    }

    /// Takes the stream apart. Nothing is sent, and nothing that was read is lost; an answer under way is.
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

/// Early data never comes out here. No data is the peer's close_notify.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let data = ready!(self.as_mut().poll_fill_buf(cx))?;
        let now = data.get(..buf.remaining()).unwrap_or(data);
        buf.put_slice(now);
        let len = now.len();
        self.consume(len);
        Poll::Ready(Ok(()))
    }
}

/// Plaintext where it was decrypted: at most one record at a time.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncBufRead for Stream<S> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let stream = self.get_mut();
        ready!(stream.poll_handshake(User::Reader, cx))?;
        ready!(stream.poll_answering(User::Reader, cx, |tls, io| tls.receive(io)))?;
        Poll::Ready(Ok(stream.tls.plaintext()))
    }

    fn consume(mut self: Pin<&mut Self>, len: usize) {
        self.tls.consume(len);
    }
}

/// At most 64 KiB at a time. Pieces share records.
impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_handshake(User::Writer, cx))?;
        self.issue(User::Writer, cx)?;
        self.lend(User::Writer, cx, |tls, io| tls.write(io, data))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_handshake(User::Writer, cx))?;
        self.issue(User::Writer, cx)?;
        self.lend(User::Writer, cx, |tls, io| tls.write_vectored(io, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lend(User::Writer, cx, |tls, io| tls.flush(io))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tls.close()?;
        ready!(self.as_mut().poll_flush(cx))?;
        let waker = self.waiting.wait(User::Writer, cx);
        Pin::new(&mut self.io).poll_shutdown(&mut Context::from_waker(&waker))
    }
}

impl<S> fmt::Debug for Stream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("connection", self.tls.connection()).finish_non_exhaustive()
    }
}
