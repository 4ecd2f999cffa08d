//! Connections from clients.

use crate::options::{Options, option_methods};
use crate::socket::{Deadline, Socket};
use crate::{Accepted, Buffered, Listener, Parts, Place, Places, Stranger, Stream, io_error};
use handfast::{Admission, Answer, LiveAdmission, Question, ServerConfig};
use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many handshakes go on at a time unless an acceptor is told otherwise. In a [`Listener`] each has two descriptors, and many
/// systems give a process 1024: half of them stay for connections.
pub const DEFAULT_MAX_HANDSHAKES: usize = 256;

/// Takes connections from clients, one like the other.
///
/// A server accepts the transport in one thread and hands it to another one before it calls [`Acceptor::accept`]: that
/// takes as long as the client likes, up to the handshake's timeout. [`Acceptor::listen`] does both.
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
    /// for their turn within their time. The default is [`DEFAULT_MAX_HANDSHAKES`]. A [`Listener`] holds two descriptors for each: one
    /// is to end the handshake when the listener is dropped, and is closed at its end.
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
    /// of its own, as many as the acceptor, and what it admits is what the acceptor admits.
    ///
    /// # Errors
    /// What the system says of the socket, and of a thread.
    pub fn listen(self, socket: TcpListener) -> io::Result<Listener> {
        let most = self.places.most();
        Listener::new(socket, self.max_handshakes(most))
    }

    /// Does the handshake over a socket.
    ///
    /// # Errors
    /// As [`Stream::handshake`]. Nothing of what a client says before the end of a handshake is authenticated, so an error
    /// here is no news of anybody but the network.
    pub fn accept<S: Socket>(&self, socket: S) -> io::Result<Stream<S>> {
        self.accept_received(socket, Vec::new())
    }

    /// The same for a client of whom something was read before: `received` comes first, a ClientHello or its beginning.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub fn accept_received<S: Socket>(&self, socket: S, received: Vec<u8>) -> io::Result<Stream<S>> {
        let (deadline, place) = self.enter()?;
        self.handshake(socket, received, deadline, place)
    }

    /// As [`Acceptor::accept`] where the client speaks TLS. One that does not is handed back as it was, with what was read of it.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub fn accept_any<S: Socket>(&self, socket: S) -> io::Result<Accepted<Stream<S>, S>> {
        let (deadline, place) = self.enter()?;
        self.look(socket, deadline, place)
    }

    /// Serves a stranger after all, once what comes before TLS, a PROXY header say, is taken off [`Stranger::received`]. It counts on
    /// among the connections of its listener.
    ///
    /// # Errors
    /// As [`Acceptor::accept`].
    pub fn accept_stranger<S: Socket>(&self, stranger: Stranger<S>) -> io::Result<Stream<S>> {
        let mut stream = self.accept_received(stranger.io, stranger.received)?;
        if let Some(place) = stranger.place {
            stream.count(place);
        }
        Ok(stream)
    }

    /// As [`Acceptor::accept`], but where early data is taken ([`early_data`](handfast::ServerConfigBuilder::early_data)) it
    /// does not wait for it: the stream is there as soon as there is early data to read, with [`Stream::early_data`], and
    /// perhaps something to write. Reading or writing the stream itself completes the handshake first, within its time and at its
    /// place; what of the early data was not read by then stays for [`Stream::take_early_data`].
    ///
    /// # Errors
    /// As [`Stream::handshake`].
    pub fn accept_early<S: Socket>(&self, socket: S) -> io::Result<Stream<S>> {
        let (deadline, place) = self.enter()?;
        let mut stream = self.start(socket, Vec::new(), deadline, place)?;
        stream.accept_early()?;
        Ok(stream)
    }

    /// Does the handshake over any transport. Its time is looked at between reads and writes; a transport that waits for
    /// ever in one of them is not disturbed.
    ///
    /// # Errors
    /// As [`Stream::handshake`].
    pub fn accept_with<S: Read + Write>(&self, transport: S) -> io::Result<Stream<S>> {
        let (deadline, place) = self.enter()?;
        let mut stream = self.over(transport, Vec::new(), deadline.map(Deadline::unbound))?;
        stream.hold(place);
        stream.handshake()?;
        Ok(stream)
    }

    /// A stream whose handshake is yet to come: for transports that do not wait, and for
    /// [`Stream::handshake_answering`]. Its time runs from here, and it takes nobody's place.
    ///
    /// # Errors
    /// When randomness fails.
    pub fn begin<S: Read + Write>(&self, transport: S) -> io::Result<Stream<S>> {
        self.begin_received(transport, Vec::new())
    }

    /// The same for a client of whom something was read before.
    ///
    /// # Errors
    /// As [`Acceptor::begin`].
    pub fn begin_received<S: Read + Write>(&self, transport: S, received: Vec<u8>) -> io::Result<Stream<S>> {
        self.over(transport, received, self.options.deadline().map(Deadline::unbound))
    }

    /// When a handshake that begins now has to be over, and a place for it.
    fn enter(&self) -> io::Result<(Option<Instant>, Option<Place>)> {
        let deadline = self.options.deadline();
        Ok((deadline, Some(self.places.wait(deadline)?)))
    }

    /// [`Acceptor::accept`], of a client whose place the caller keeps.
    pub(crate) fn accept_placed<S: Socket>(&self, socket: S) -> io::Result<Stream<S>> {
        self.handshake(socket, Vec::new(), self.options.deadline(), None)
    }

    /// [`Acceptor::accept_any`], of a client whose place the caller keeps.
    pub(crate) fn accept_any_placed<S: Socket>(&self, socket: S) -> io::Result<Accepted<Stream<S>, S>> {
        self.look(socket, self.options.deadline(), None)
    }

    fn handshake<S: Socket>(
        &self,
        socket: S,
        received: Vec<u8>,
        deadline: Option<Instant>,
        place: Option<Place>,
    ) -> io::Result<Stream<S>> {
        let mut stream = self.start(socket, received, deadline, place)?;
        stream.handshake()?;
        Ok(stream)
    }

    fn look<S: Socket>(
        &self,
        socket: S,
        deadline: Option<Instant>,
        place: Option<Place>,
    ) -> io::Result<Accepted<Stream<S>, S>> {
        let mut stream = self.start(socket, Vec::new(), deadline, place)?;
        match stream.stranger()? {
            None => {
                stream.handshake()?;
                Ok(Accepted::Tls(stream))
            }
            Some(speaks) => {
                let Parts { io, received, .. } = stream.into_parts();
                Ok(Accepted::Stranger(Stranger { io, received, speaks, place: None }))
            }
        }
    }

    /// A stream over a socket, whose every read and write is bounded.
    fn start<S: Socket>(
        &self,
        socket: S,
        received: Vec<u8>,
        deadline: Option<Instant>,
        place: Option<Place>,
    ) -> io::Result<Stream<S>> {
        socket.set_nodelay(self.options.nodelay)?;
        let deadline = deadline.map(|at| Deadline::bound(at, &socket)).transpose()?;
        let mut stream = self.over(socket, received, deadline)?;
        stream.hold(place);
        Ok(stream)
    }

    fn over<S: Read + Write>(
        &self,
        transport: S,
        received: Vec<u8>,
        deadline: Option<Deadline<S>>,
    ) -> io::Result<Stream<S>> {
        let connection = self.admission.accept().map_err(io_error)?;
        let tls = Buffered::received(connection, &received);
        Ok(Stream::new(transport, tls, deadline, self.options.answers.clone()))
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// How many handshakes are under way here and in clones, and when there are none any more.
    pub fn handshakes(&self) -> Places {
        self.places.clone()
    }

    pub(crate) fn hands_back(&self) -> bool {
        self.hands_back
    }
}
