//! Connections from clients.

use crate::deadline::by;
use crate::{Answers, Stream};
use futures_io::{AsyncRead, AsyncWrite};
use handfast::{Admission, Connection, ServerConfig};
use handfast_net::polled::Answerer;
use handfast_net::{Buffered, io_error};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;

/// Takes connections from clients, one like the other.
///
/// A handshake takes as long as the client likes, up to its deadline, so whoever accepts sockets does the handshake in a task of
/// its own, and no more of them at a time than it has memory for.
#[derive(Clone, Debug)]
#[must_use]
pub struct Acceptor {
    admission: Admission,
    answerer: Answerer,
}

impl Acceptor {
    /// Serves every client with this configuration.
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self::with_admission(config.into())
    }

    /// Serves each client with the configuration that its ClientHello leads to; which one, [`Answers::config`] may say later.
    pub fn with_admission(admission: Admission) -> Self {
        Self { admission, answerer: Answerer::default() }
    }

    /// Answers the questions of a configuration that asks ([`Resolve::Ask`](handfast::Resolve)).
    pub fn answers(mut self, answers: impl Answers) -> Self {
        self.answerer = Answerer::new(answers);
        self
    }

    /// Does the handshake over a transport. It is given up when `deadline` comes; [`pending`](std::future::pending) is for ever.
    ///
    /// # Errors
    /// As [`Stream::handshake`]; `TimedOut` when the deadline has come. Nothing of what a client says before the end of a
    /// handshake is authenticated, so an error here is no news of anybody but the network.
    pub async fn accept<S>(&self, transport: S, deadline: impl Future) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        by(pin!(deadline), self.begin(transport)?, async |stream| stream.handshake().await).await
    }

    /// As [`Acceptor::accept`], but where early data is taken ([`early_data`](handfast::ServerConfigBuilder::early_data)) it
    /// does not wait for it: the stream is there as soon as there is early data to read, with [`Stream::early_data`], and
    /// perhaps something to write. Reading or writing the stream itself completes the handshake first, for which the deadline is
    /// the same; what of the early data was not read by then stays for [`Stream::take_early_data`]. What the deadline holds, a
    /// place in a semaphore say, is dropped at the end of the handshake.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub async fn accept_early<S>(
        &self,
        transport: S,
        deadline: impl Future<Output: Send> + Send + 'static,
    ) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut deadline = Box::pin(deadline);
        let work = async |stream: &mut Stream<S>| poll_fn(|cx| stream.tls.poll_accept_early(cx)).await;
        let Stream { tls } = by(deadline.as_mut(), self.begin(transport)?, work).await?;
        Ok(Stream { tls: tls.limited(async move { drop(deadline.await) }) })
    }

    /// A stream whose handshake is yet to come. It has no deadline of its own.
    ///
    /// # Errors
    /// When randomness fails.
    pub fn begin<S>(&self, transport: S) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let connection = Connection::accept(&self.admission).map_err(io_error)?;
        Ok(Stream::new(transport, Buffered::new(connection, Vec::new()), self.answerer.clone()))
    }
}
