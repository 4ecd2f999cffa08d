//! Connections from clients.

use crate::hello::Hello;
use crate::options::{Options, option_methods};
use crate::{Accepted, Answers, Listener, Parts, Stranger, Stream};
use handfast::{Admission, Connection, LiveAdmission, Resolve, ServerConfig};
use handfast_net::{Buffered, Place, Places, io_error};
use std::future::{pending, poll_fn};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::time::sleep_until;

/// How many handshakes go on at a time unless an acceptor is told otherwise.
pub const DEFAULT_MAX_HANDSHAKES: usize = 512;

/// Takes connections from clients, one like the other.
///
/// A handshake takes as long as the client likes, up to its timeout, so whoever accepts sockets must not wait for one:
/// [`Acceptor::listen`] does both.
#[derive(Clone, Debug)]
#[must_use]
pub struct Acceptor {
    /// Shared by the clones.
    admission: LiveAdmission,
    options: Options,
    /// Shared by the clones.
    places: Places,
    hands_back: bool,
}

impl Acceptor {
    /// Serves every client with this configuration.
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self::with_admission(config.into())
    }

    /// Serves each client with the configuration that its ClientHello leads to.
    pub fn with_admission(admission: Admission) -> Self {
        Self {
            admission: LiveAdmission::new(admission),
            options: Options::default(),
            places: Places::new(DEFAULT_MAX_HANDSHAKES),
            hands_back: false,
        }
    }

    option_methods!();

    /// How many handshakes may go on at a time, in this acceptor and its clones from here on; at least one. The others wait
    /// for their turn within their time. The default is [`DEFAULT_MAX_HANDSHAKES`].
    ///
    /// A crowd that says nothing keeps its places for the length of the
    /// [handshake's timeout](Self::handshake_timeout), so a low number wants a short one.
    pub fn max_handshakes(mut self, most: usize) -> Self {
        self.places = Places::new(most);
        self
    }

    /// Whether a [`Listener`] looks at what clients say first, and hands those back who do not speak TLS
    /// ([`Client::stranger`](crate::Client::stranger)), instead of telling them so with an alert. Off by default.
    pub fn hand_back_strangers(mut self, on: bool) -> Self {
        self.hands_back = on;
        self
    }

    /// What is admitted, for whoever changes it while connections are served: this acceptor, its clones, and their listeners serve
    /// those who come later with what is [set](LiveAdmission::set) there.
    pub fn admission(&self) -> &LiveAdmission {
        &self.admission
    }

    /// Takes connections from a socket that listens, and does their handshakes beside each other. The listener has places
    /// of its own, as many as the acceptor.
    pub fn listen(self, socket: TcpListener) -> Listener {
        let most = self.places.most();
        Listener::new(socket, self.max_handshakes(most))
    }

    /// Does the handshake over a transport. [`nodelay`](Self::nodelay) is not for that one: it was opened elsewhere.
    ///
    /// # Errors
    /// As [`Stream::handshake`]; `TimedOut` when its time is up. Nothing of what a client says before the end of a handshake
    /// is authenticated, so an error here is no news of anybody but the network.
    pub async fn accept<S>(&self, transport: S) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.accept_received(transport, Vec::new()).await
    }

    /// The same for a client of whom something was read before: `received` comes first, a ClientHello or its beginning.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub async fn accept_received<S>(&self, transport: S, received: Vec<u8>) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let deadline = self.options.deadline();
        let _place = deadline.bound(self.place()).await?;
        deadline.handshake(self.begin_received(transport, &received)?).await
    }

    /// As [`Acceptor::accept`] where the client speaks TLS. One that does not is handed back as it was, with what was read of it.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub async fn accept_any<S>(&self, transport: S) -> io::Result<Accepted<Stream<S>, S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let deadline = self.options.deadline();
        let _place = deadline.bound(self.place()).await?;
        let mut stream = self.begin(transport)?;
        match deadline.bound(poll_fn(|cx| stream.tls.poll_stranger(cx))).await? {
            None => Ok(Accepted::Tls(deadline.handshake(stream).await?)),
            Some(speaks) => {
                let Parts { io, received, .. } = stream.into_parts();
                Ok(Accepted::Stranger(Stranger { io, received, speaks, place: None }))
            }
        }
    }

    /// Serves a stranger after all, once what comes before TLS, a PROXY header say, is taken off [`Stranger::received`]. It counts on
    /// among the connections of its listener.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub async fn accept_stranger<S>(&self, stranger: Stranger<S>) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut stream = self.accept_received(stranger.io, stranger.received).await?;
        stranger.place.into_iter().for_each(|place| stream.count(place));
        Ok(stream)
    }

    /// As [`Acceptor::accept`], but where early data is taken ([`early_data`](handfast::ServerConfigBuilder::early_data)) it
    /// does not wait for it: the stream is there as soon as there is early data to read, with [`Stream::early_data`], and
    /// perhaps something to write. Reading or writing the stream itself completes the handshake first, for which the time and
    /// the place are the same as for any other; what of the early data was not read by then stays for
    /// [`Stream::take_early_data`].
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub async fn accept_early<S>(&self, transport: S) -> io::Result<Stream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let deadline = self.options.deadline();
        let place = deadline.bound(self.place()).await?;
        let work = async |stream: &mut Stream<S>| poll_fn(|cx| stream.tls.poll_accept_early(cx)).await;
        let Stream { tls } = deadline.handshake_by(self.begin(transport)?, work).await?;
        let limit = async move {
            let _place = place;
            match deadline.0 {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        Ok(Stream { tls: tls.limited(limit) })
    }

    /// Reads the ClientHello and stops there, whatever the acceptor's configuration is: [`Hello::serve`] goes on with any
    /// other. Time runs on meanwhile.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub async fn hello<S>(&self, transport: S) -> io::Result<Hello<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let deadline = self.options.deadline();
        let place = deadline.bound(self.place()).await?;
        let asking = Admission { config: Resolve::Ask, ..self.admission.get() };
        let connection = Connection::accept(&asking).map_err(io_error)?;
        deadline.bound(Hello::read(self.over(transport, connection, &[]), deadline, place)).await
    }

    /// A stream whose handshake is yet to come. It has no deadline of its own and takes nobody's place.
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
        Ok(self.over(transport, self.admission.accept().map_err(io_error)?, received))
    }

    fn over<S>(&self, transport: S, connection: Connection, received: &[u8]) -> Stream<S>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        Stream::new(transport, Buffered::received(connection, received), self.options.answerer.clone())
    }

    /// How many handshakes are under way here and in clones, and when there are none any more. A [`Listener`] has its own.
    pub fn handshakes(&self) -> Places {
        self.places.clone()
    }

    /// A place among the handshakes, kept until it is dropped.
    async fn place(&self) -> io::Result<Place> {
        Ok(self.places.taking().await)
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    pub(crate) fn hands_back(&self) -> bool {
        self.hands_back
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }
}
