//! What connectors and acceptors have in common.

use crate::Stream;
use handfast_net::DEFAULT_HANDSHAKE_TIMEOUT;
use handfast_net::polled::{Answerer, too_late};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// What a connection begins with.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) nodelay: bool,
    pub(crate) answerer: Answerer,
}

impl Default for Options {
    fn default() -> Self {
        Self { timeout: Some(DEFAULT_HANDSHAKE_TIMEOUT), nodelay: true, answerer: Answerer::default() }
    }
}

impl Options {
    /// When a handshake that begins now has to be over.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline(self.timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    /// Turns off Nagle's algorithm, which makes a flight of small records wait for an acknowledgement of the one before.
    pub(crate) fn apply(&self, socket: &TcpStream) -> io::Result<()> {
        socket.set_nodelay(self.nodelay)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("timeout", &self.timeout)
            .field("nodelay", &self.nodelay)
            .finish_non_exhaustive()
    }
}

/// When a handshake has to be over, if ever. It is a deadline and not a timeout: a peer that sends a byte every second
/// makes progress for ever, and still runs out of time (docs/regressions.md row 16).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Option<Instant>);

impl Deadline {
    /// Waits for `work` and no longer.
    pub(crate) async fn bound<T>(self, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        match self.0 {
            // A timer begins with a look at the work, not at the clock.
            Some(at) if at <= Instant::now() => Err(too_late()),
            Some(at) => timeout_at(at, work).await.unwrap_or_else(|_| Err(too_late())),
            None => work.await,
        }
    }

    /// A stream whose handshake is complete, in time. One that fails is dropped after the peer was told why; without a
    /// deadline that is not waited for.
    pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(self, stream: Stream<S>) -> io::Result<Stream<S>> {
        self.handshake_by(stream, async |stream| stream.handshake().await).await
    }

    /// The same for a stream whose handshake has come as far as `work` brings it.
    pub(crate) async fn handshake_by<S: AsyncRead + AsyncWrite + Unpin>(
        self,
        mut stream: Stream<S>,
        work: impl AsyncFnOnce(&mut Stream<S>) -> io::Result<()>,
    ) -> io::Result<Stream<S>> {
        let done = self.bound(work(&mut stream)).await;
        if done.is_err() && self.0.is_some() {
            let _ = self.bound(poll_fn(|cx| stream.tls.poll_flush(cx))).await;
        }
        done.map(|()| stream)
    }
}

/// The methods that mean the same on both sides.
macro_rules! option_methods {
    () => {
        /// How long a handshake may take, from its beginning to its end; `None` is for ever. The default is
        /// [`DEFAULT_HANDSHAKE_TIMEOUT`](handfast_net::DEFAULT_HANDSHAKE_TIMEOUT). With one, the runtime must have its
        /// timers enabled.
        pub fn handshake_timeout(mut self, timeout: Option<Duration>) -> Self {
            self.options.timeout = timeout;
            self
        }

        /// Whether Nagle's algorithm is turned off (TCP_NODELAY) on sockets that are opened here; it is by default.
        pub fn nodelay(mut self, on: bool) -> Self {
            self.options.nodelay = on;
            self
        }

        /// Answers the questions of a configuration that asks ([`Resolve::Ask`](handfast::Resolve)).
        pub fn answers(mut self, answers: impl Answers) -> Self {
            self.options.answerer = handfast_net::polled::Answerer::new(answers);
            self
        }
    };
}
pub(crate) use option_methods;
