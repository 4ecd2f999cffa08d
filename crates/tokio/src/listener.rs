//! A socket that listens, and the handshakes of whoever comes.

use crate::{Acceptor, Stream};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{Id, JoinSet};
use tokio::time::{Sleep, sleep};

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
    socket: TcpListener,
    acceptor: Acceptor,
    handshakes: JoinSet<io::Result<Stream<TcpStream>>>,
    addresses: HashMap<Id, SocketAddr>,
    /// After an error of the system.
    pause: Option<Pin<Box<Sleep>>>,
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

impl Listener {
    pub(crate) fn new(socket: TcpListener, acceptor: Acceptor) -> Self {
        Self { socket, acceptor, handshakes: JoinSet::new(), addresses: HashMap::new(), pause: None }
    }

    /// The next client whose handshake is over, well or not. Cancel-safe.
    ///
    /// # Errors
    /// What the system says of the listening socket, once: it may be over soon, as when a process has too many files open.
    /// The next call goes on after a moment. What happens to one client before it is accepted is no error.
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
            if self.handshakes.len() >= self.acceptor.max_handshakes {
                return Poll::Pending;
            }
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            let (socket, address) = match ready!(self.socket.poll_accept(cx)) {
                Ok(accepted) => accepted,
                Err(error) if is_of_one_client(&error) => continue,
                Err(error) => {
                    self.pause = Some(Box::pin(sleep(PAUSE)));
                    return Poll::Ready(Err(error));
                }
            };
            let acceptor = self.acceptor.clone();
            let task = self.handshakes.spawn(async move {
                acceptor.options().apply(&socket)?;
                acceptor.accept(socket).await
            });
            self.addresses.insert(task.id(), address);
        }
    }

    /// The address it listens at.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// How many handshakes are under way.
    pub fn handshakes(&self) -> usize {
        self.handshakes.len()
    }
}

/// Whether an error of accept(2) is news of a client that has gone again, or of the network before it.
fn is_of_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::Interrupted
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::NetworkUnreachable
    )
}
