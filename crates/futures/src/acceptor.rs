//! Connections from clients.

use crate::deadline::{by, race};
use crate::{Accepted, Answers, Parts, Place, Places, Stranger, Stream};
use futures_io::{AsyncRead, AsyncWrite};
use handfast::{Admission, LiveAdmission, ServerConfig};
use handfast_net::polled::{Answerer, too_late};
use handfast_net::{Buffered, DEFAULT_MAX_HANDSHAKES, io_error};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;

/// Takes connections from clients, one like the other.
///
/// A handshake takes as long as the client likes, up to its deadline, so whoever accepts sockets does the handshake in a task of
/// its own; no more of them go on at a time than [there are places](Acceptor::max_handshakes).
#[derive(Clone, Debug)]
#[must_use]
pub struct Acceptor {
    /// Shared by the clones.
    admission: LiveAdmission,
    answerer: Answerer,
    /// Shared by the clones.
    places: Places,
}

impl Acceptor {
    /// Serves every client with this configuration.
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self::with_admission(config.into())
    }

    /// Serves each client with the configuration that its ClientHello leads to; which one, [`Answers::config`] may say later.
    pub fn with_admission(admission: Admission) -> Self {
        Self {
            admission: LiveAdmission::new(admission),
            answerer: Answerer::default(),
            places: Places::new(DEFAULT_MAX_HANDSHAKES),
        }
    }

    /// Answers the questions of a configuration that asks ([`Resolve::Ask`](handfast::Resolve)).
    pub fn answers(mut self, answers: impl Answers) -> Self {
        self.answerer = Answerer::new(answers);
        self
    }

    /// How many handshakes may go on at a time, in this acceptor and its clones from here on; at least one. The others wait
    /// for their turn within their time. The default is [`DEFAULT_MAX_HANDSHAKES`].
    pub fn max_handshakes(mut self, most: usize) -> Self {
        self.places = Places::new(most);
        self
    }

    /// What is admitted, for whoever changes it while connections are served: this acceptor and its clones serve those who come later
    /// with what is [set](LiveAdmission::set) there.
    pub fn admission(&self) -> &LiveAdmission {
        &self.admission
    }

    /// How many handshakes are under way, and when there are none any more.
    pub fn handshakes(&self) -> Places {
        self.places.clone()
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
        self.accept_received(transport, Vec::new(), deadline).await
    }

    /// The same for a client of whom something was read before: `received` comes first, a ClientHello or its beginning.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub async fn accept_received<S>(
        &self,
        transport: S,
        received: Vec<u8>,
        deadline: impl Future,
    ) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut deadline = pin!(deadline);
        let _place = self.place(deadline.as_mut()).await?;
        by(deadline, self.begin_received(transport, &received)?, async |stream| stream.handshake().await).await
    }

    /// As [`Acceptor::accept`] where the client speaks TLS. One that does not is handed back as it was, with what was read of it.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub async fn accept_any<S>(&self, transport: S, deadline: impl Future) -> io::Result<Accepted<Stream<S>, S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut deadline = pin!(deadline);
        let _place = self.place(deadline.as_mut()).await?;
        let mut speaks = None;
        let stream = by(deadline, self.begin(transport)?, async |stream| {
            speaks = poll_fn(|cx| stream.tls.poll_stranger(cx)).await?;
            if speaks.is_none() { stream.handshake().await } else { Ok(()) }
        })
        .await?;
        Ok(match speaks {
            None => Accepted::Tls(stream),
            Some(speaks) => {
                let Parts { io, received, .. } = stream.into_parts();
                Accepted::Stranger(Stranger { io, received, speaks, place: None })
            }
        })
    }

    /// Serves a stranger after all, once what comes before TLS, a PROXY header say, is taken off [`Stranger::received`]. Its
    /// [place](Stranger::place) is the connection's then.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub async fn accept_stranger<S>(&self, stranger: Stranger<S>, deadline: impl Future) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut stream = self.accept_received(stranger.io, stranger.received, deadline).await?;
        stranger.place.into_iter().for_each(|place| stream.count(place));
        Ok(stream)
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
        let place = self.place(deadline.as_mut()).await?;
        let work = async |stream: &mut Stream<S>| poll_fn(|cx| stream.tls.poll_accept_early(cx)).await;
        let Stream { tls } = by(deadline.as_mut(), self.begin(transport)?, work).await?;
        let limit = async move {
            let _place = place;
            drop(deadline.await);
        };
        Ok(Stream { tls: tls.limited(limit) })
    }

    /// A stream whose handshake is yet to come. It has no deadline of its own.
    ///
    /// # Errors
    /// When randomness fails.
    pub fn begin<S>(&self, transport: S) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.begin_received(transport, &[])
    }

    /// The same for a client of whom something was read before.
    ///
    /// # Errors
    /// As [`Acceptor::begin`].
    pub fn begin_received<S>(&self, transport: S, received: &[u8]) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let connection = self.admission.accept().map_err(io_error)?;
        Ok(Stream::new(transport, Buffered::received(connection, received), self.answerer.clone()))
    }

    /// A place among the handshakes, kept until it is dropped.
    async fn place(&self, deadline: Pin<&mut impl Future>) -> io::Result<Place> {
        race(deadline, self.places.taking()).await.ok_or_else(too_late)
    }
}
