//! A connection over a transport that is polled, for asynchronous adapters.

mod answers;
mod early;
mod lend;
mod methods;
mod waiting;

use crate::Buffered;
pub use crate::socket::too_late;
pub use answers::{Answerer, Answers};
use answers::{Later, Thought};
use handfast::{Answer, Question, Sniffed};
use lend::{Lent, lend};
use std::fmt;
use std::future::{Future, ready as at_once};
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use waiting::{User, Waiting};

/// A transport that is polled. `Pending` means that the task of the context will be woken.
pub trait Transport {
    /// Reads what has come; nothing is the end.
    ///
    /// # Errors
    /// Whatever the transport says.
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Takes some of this, and says how much.
    ///
    /// # Errors
    /// Whatever the transport says.
    fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>>;

    /// Sends what it has taken.
    ///
    /// # Errors
    /// Whatever the transport says.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Ends the writing side.
    ///
    /// # Errors
    /// Whatever the transport says.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// A [`Buffered`] with a transport that is polled: all of an asynchronous stream but the traits of its runtime. What applications
/// use is in `handfast-tokio` and `handfast-futures`.
///
/// What waits, waits in here and not in a future, so every call can be dropped, and made again. There are two users, whom the
/// transport wakes both, whichever direction is ready: one that reads, and one that writes. Polls of either may be made from a
/// task of its own.
pub struct Polled<T> {
    io: T,
    tls: Buffered,
    answerer: Answerer,
    /// The answer to the open question.
    thought: Option<Thought>,
    /// The answer to a question that nothing waits for: which ticket the client gets.
    issuing: Option<Thought>,
    waiting: Arc<Waiting>,
    /// Comes when a handshake that is still to be completed has taken too long.
    deadline: Option<Later<()>>,
}

impl<T: Transport> Polled<T> {
    /// A connection over `io`, whose questions are answered by `answerer`.
    pub fn new(io: T, tls: Buffered, answerer: Answerer) -> Self {
        let (waiting, thought, issuing, deadline) = (Arc::default(), None, None, None);
        Self { io, tls, answerer, thought, issuing, waiting, deadline }
    }

    /// The same, whose handshake ends with `TimedOut` when `deadline` comes before its end. What `deadline` holds is dropped with
    /// it, at the end of the handshake.
    pub fn limited(self, deadline: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { deadline: Some(Later::new(deadline)), ..self }
    }

    /// Goes on with the handshake until it is complete.
    ///
    /// # Errors
    /// What the transport says, and what the engine says. `UnexpectedEof` when the transport ends. `Unsupported` when the
    /// configuration asks and nobody answers.
    pub fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_handshake_as(User::Reader, cx)
    }

    /// Goes on with the handshake until it asks, and hands the question out. It goes to [`Polled::answer`].
    ///
    /// # Errors
    /// As [`Polled::poll_handshake`].
    pub fn poll_question(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Question>>> {
        self.lend(User::Reader, cx, |tls, io| tls.handshake(io))
    }

    /// As [`Buffered::stranger`].
    ///
    /// # Errors
    /// As there.
    pub fn poll_stranger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Sniffed>>> {
        self.lend(User::Reader, cx, |tls, io| tls.stranger(io))
    }

    /// Answers the open question with the next call.
    pub fn answer(&mut self, answer: impl Into<Answer>) {
        self.thought = Some(Thought::done(Some(answer.into())));
    }

    /// Updates the keys of both directions.
    ///
    /// # Errors
    /// As [`Polled::poll_write`].
    pub fn poll_update_keys(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_handshake_as(User::Writer, cx))?;
        self.lend(User::Writer, cx, |tls, io| tls.update_keys(io))
    }

    /// Negotiates the connection anew, as [`Buffered::renegotiate`] does.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "legacy")]
    pub fn poll_renegotiate(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_handshake(cx))?;
        self.poll_answering(User::Reader, cx, |tls, io| tls.renegotiate(io))
    }

    /// As [`Buffered::await_certificate`], with questions answered; `false` says that data has to be read first.
    ///
    /// # Errors
    /// As there.
    pub fn poll_await_certificate(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        ready!(self.poll_answering(User::Reader, cx, |tls, io| tls.await_certificate(io)))?;
        Poll::Ready(Ok(!self.tls.awaits_certificate()))
    }

    /// The plaintext that waits, at most one record of it; none after the peer's close_notify. Completes the handshake first.
    ///
    /// # Errors
    /// As [`Polled::poll_handshake`].
    pub fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        ready!(self.poll_handshake(cx))?;
        ready!(self.poll_answering(User::Reader, cx, |tls, io| tls.receive(io)))?;
        Poll::Ready(Ok(self.tls.plaintext()))
    }

    /// `len` bytes of the plaintext were taken.
    pub fn consume(&mut self, len: usize) {
        self.tls.consume(len);
    }

    /// Seals data, as [`Buffered::write`] does. Completes the handshake first.
    ///
    /// # Errors
    /// As [`Polled::poll_handshake`] and [`Buffered::write`].
    pub fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_ready(cx))?;
        self.lend(User::Writer, cx, |tls, io| tls.write(io, data))
    }

    /// The same for data in pieces, which share records.
    ///
    /// # Errors
    /// As there.
    pub fn poll_write_vectored(&mut self, cx: &mut Context<'_>, pieces: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_ready(cx))?;
        self.lend(User::Writer, cx, |tls, io| tls.write_vectored(io, pieces))
    }

    /// Gives the transport what waits, and flushes it.
    ///
    /// # Errors
    /// What the transport says.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lend(User::Writer, cx, |tls, io| tls.flush(io))
    }

    /// Sends close_notify, and ends the writing side of the transport.
    ///
    /// # Errors
    /// What the transport says.
    pub fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tls.close()?;
        ready!(self.poll_flush(cx))?;
        let waker = self.waiting.wait(User::Writer, cx);
        self.io.poll_close(&mut Context::from_waker(&waker))
    }

    /// May data be written?
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_handshake_as(User::Writer, cx))?;
        Poll::Ready(self.issue(User::Writer, cx))
    }

    fn poll_handshake_as(&mut self, user: User, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.tls.is_settled() {
            ready!(self.poll_answering(user, cx, |tls, io| tls.handshake(io)))?;
        }
        self.deadline = None;
        Poll::Ready(Ok(()))
    }

    /// Repeats `call` until it has no question any more.
    fn poll_answering(
        &mut self,
        user: User,
        cx: &mut Context<'_>,
        call: fn(&mut Buffered, &mut Lent<'_, '_, T>) -> io::Result<Option<Question>>,
    ) -> Poll<io::Result<()>> {
        self.check_deadline(user, cx)?;
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
            let thought = self.answerer.answer(question);
            let slot = if self.tls.needs_answer() { &mut self.thought } else { &mut self.issuing };
            *slot = Some(thought);
        }
    }

    /// Whether the handshake has time left.
    fn check_deadline(&mut self, user: User, cx: &Context<'_>) -> io::Result<()> {
        let Some(deadline) = &mut self.deadline else { return Ok(()) };
        let waker = self.waiting.wait(user, cx);
        match deadline.poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(()) => {
                // What has come is not asked again, and says the same.
                self.deadline = Some(Later::new(at_once(())));
                Err(too_late())
            }
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
    fn lend<R>(
        &mut self,
        user: User,
        cx: &mut Context<'_>,
        call: impl FnOnce(&mut Buffered, &mut Lent<'_, '_, T>) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        let Self { io, tls, waiting, .. } = self;
        let waker = waiting.wait(user, cx);
        lend(io, &mut Context::from_waker(&waker), |io| call(tls, io))
    }
}

impl<T> Polled<T> {
    /// The connection.
    pub fn buffered(&self) -> &Buffered {
        &self.tls
    }

    /// The connection.
    pub fn buffered_mut(&mut self) -> &mut Buffered {
        &mut self.tls
    }

    /// The transport.
    pub fn get_ref(&self) -> &T {
        &self.io
    }

    /// The transport.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// Both. An answer under way is lost.
    pub fn into_inner(self) -> (Buffered, T) {
        (self.tls, self.io)
    }
}

impl<T> fmt::Debug for Polled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polled").field("tls", &self.tls).finish_non_exhaustive()
    }
}
