//! A socket that listens, and the handshakes of whoever comes.

use crate::{Accepted, Acceptor, Stranger, Stream};
use handfast::LiveAdmission;
use handfast_net::{Place, Places, client_code, is_of_one_client};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{Id, JoinSet};
use tokio::time::{Sleep, sleep, timeout};

/// Takes connections from a socket, and does their handshakes beside each other.
///
/// Each handshake is a task of the runtime, so a slow client delays nobody while there are places left. When as many
/// handshakes are under way as the acceptor allows, the next clients wait in the system's queue; how long a silent crowd can
/// keep them there is what the [handshake's timeout](Acceptor::handshake_timeout) says. Dropped, the listener ends the
/// handshakes under way.
///
/// ```no_run
/// # use handfast_tokio::Client;
/// # async fn serve(acceptor: handfast_tokio::Acceptor, socket: tokio::net::TcpListener) -> std::io::Result<()> {
/// let mut listener = acceptor.listen(socket);
/// loop {
///     match listener.accept().await {
///         Ok(Client { stream: Ok(stream), .. }) => drop(tokio::spawn(async move { drop(stream) })),
///         Ok(Client { stream: Err(error), address }) => eprintln!("{address}: {error}"),
///         // Too many open files, say. It goes on when there is room again.
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Listener {
    /// Until it is stopped.
    socket: Option<TcpListener>,
    address: io::Result<SocketAddr>,
    acceptor: Acceptor,
    handshakes: JoinSet<io::Result<Stream<TcpStream>>>,
    addresses: HashMap<Id, SocketAddr>,
    /// After an error of the system.
    pause: Option<Pin<Box<Sleep>>>,
    /// All connections that have come from here and live, those in their handshake among them.
    connections: Places,
}

/// How long nobody is accepted after the system could not.
const PAUSE: Duration = Duration::from_millis(100);

/// Somebody has come.
#[derive(Debug)]
pub struct Client {
    /// Where from.
    pub address: SocketAddr,
    /// The connection, or why there is none. Nothing is known then of who it was, but for the address.
    pub stream: io::Result<Stream<TcpStream>>,
}

impl Client {
    /// The code of what went wrong before the connection was secure, where it did: see [`error_code`](crate::error_code).
    pub fn code(&self) -> Option<String> {
        self.stream.as_ref().err().map(client_code::<TcpStream>)
    }

    /// The client as it was, where it does not speak TLS and the acceptor [hands such back](Acceptor::hand_back_strangers); or this
    /// again.
    ///
    /// # Errors
    /// The client, if it is none.
    pub fn stranger(self) -> Result<Stranger<TcpStream>, Box<Self>> {
        let Self { address, stream } = self;
        match stream {
            Ok(stream) => Err(Box::new(Self { address, stream: Ok(stream) })),
            Err(error) => error.downcast().map_err(|error| Box::new(Self { address, stream: Err(error) })),
        }
    }
}

impl Listener {
    pub(crate) fn new(socket: TcpListener, acceptor: Acceptor) -> Self {
        Self {
            address: socket.local_addr(),
            socket: Some(socket),
            acceptor,
            handshakes: JoinSet::new(),
            addresses: HashMap::new(),
            pause: None,
            connections: Places::new(usize::MAX),
        }
    }

    /// The next client whose handshake is over, well or not. Cancel-safe.
    ///
    /// # Errors
    /// What the system says of the listening socket, once: it may be over soon, as when a process has too many files open.
    /// The next call goes on after a moment. What happens to one client before it is accepted is no error. `NotConnected` once it is
    /// [stopped](Self::stop) and no handshake is under way.
    pub async fn accept(&mut self) -> io::Result<Client> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// [`Listener::accept`] as a poll.
    ///
    /// # Errors
    /// As there.
    pub fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Client>> {
        loop {
            if let Poll::Ready(Some(done)) = self.handshakes.poll_join_next_with_id(cx) {
                let (id, stream) = match done {
                    Ok(done) => done,
                    // An answer panicked. That is this client's bad luck and no other's.
                    Err(lost) => (lost.id(), Err(io::Error::other(lost))),
                };
                if let Some(address) = self.addresses.remove(&id) {
                    return Poll::Ready(Ok(Client { address, stream }));
                }
            }
            let Some(listening) = &self.socket else {
                return if self.handshakes.is_empty() { Poll::Ready(Err(stopped())) } else { Poll::Pending };
            };
            if self.handshakes.len() >= self.acceptor.places().most() {
                return Poll::Pending;
            }
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            let (socket, address) = match ready!(listening.poll_accept(cx)) {
                Ok(accepted) => accepted,
                Err(error) if is_of_one_client(&error) => continue,
                Err(error) => {
                    self.pause = Some(Box::pin(sleep(PAUSE)));
                    return Poll::Ready(Err(error));
                }
            };
            let (acceptor, connection) = (self.acceptor.clone(), self.connections.take());
            let task = self.handshakes.spawn(async move {
                acceptor.options().apply(&socket)?;
                acceptor.serve(socket, connection).await
            });
            self.addresses.insert(task.id(), address);
        }
    }

    /// The address it listens at, or did.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.address.as_ref().copied().map_err(|error| error.kind().into())
    }

    /// What is admitted, for whoever changes it while it listens: see [`Acceptor::admission`].
    pub fn admission(&self) -> &LiveAdmission {
        self.acceptor.admission()
    }

    /// The connections that have come from here and live, those in their handshake among them: [`Places::taken`] is how many, and
    /// [`Places::poll_none`] waits for their end.
    pub fn connections(&self) -> Places {
        self.connections.clone()
    }

    /// Accepts nobody any more, and frees the port. Handshakes under way go on, and [`accept`](Self::accept) gives their clients.
    pub fn stop(&mut self) {
        self.socket = None;
    }

    /// Stops, as `server.close()` of Node.js. Handshakes under way go on, and their clients go to `serve`, which should not wait for
    /// them to end; then this waits until all connections that came from here are dropped, the whole for no longer than `patience`.
    /// Says how many are left; handshakes that are not complete by then are ended.
    ///
    /// ```no_run
    /// # async fn serve(acceptor: handfast_tokio::Acceptor, socket: tokio::net::TcpListener) -> std::io::Result<()> {
    /// # async fn end() {}
    /// # fn talk(client: handfast_tokio::Client) {}
    /// use std::time::Duration;
    ///
    /// let mut listener = acceptor.listen(socket);
    /// let mut end = std::pin::pin!(end());
    /// loop {
    ///     tokio::select! {
    ///         client = listener.accept() => talk(client?),
    ///         () = &mut end => break,
    ///     }
    /// }
    /// let left = listener.close(Duration::from_secs(60), talk).await;
    /// println!("{left} connections were not at their end");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(mut self, patience: Duration, mut serve: impl FnMut(Client)) -> usize {
        self.stop();
        let connections = self.connections();
        let end = async {
            while let Ok(client) = self.accept().await {
                serve(client);
            }
            poll_fn(|cx| self.connections.poll_none(cx)).await;
        };
        let _ = timeout(patience, end).await;
        connections.taken()
    }

    /// How many handshakes are under way.
    pub fn handshakes(&self) -> usize {
        self.handshakes.len()
    }
}

impl Acceptor {
    /// The handshake of a client of the listener, whose place among the connections is `connection`.
    async fn serve(&self, socket: TcpStream, connection: Option<Place>) -> io::Result<Stream<TcpStream>> {
        let accepted = match self.hands_back() {
            true => self.accept_any(socket).await?,
            false => Accepted::Tls(self.accept(socket).await?),
        };
        match accepted {
            Accepted::Tls(mut stream) => {
                connection.into_iter().for_each(|place| stream.count(place));
                Ok(stream)
            }
            Accepted::Stranger(stranger) => {
                Err(io::Error::new(ErrorKind::InvalidData, Stranger { place: connection, ..stranger }))
            }
        }
    }
}

fn stopped() -> io::Error {
    io::Error::new(ErrorKind::NotConnected, "the listener is stopped, and no handshake is under way")
}
