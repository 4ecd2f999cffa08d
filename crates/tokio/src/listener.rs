//! A socket that listens, and the handshakes of whoever comes.

use crate::{Acceptor, Stream};
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{Id, JoinSet};

/// Takes connections from a socket, and does their handshakes beside each other.
///
/// Each handshake is a task of the runtime, so a slow client delays nobody. When as many are under way as the acceptor
/// allows, the next clients wait in the system's queue. Dropped, it ends the handshakes under way.
///
/// ```no_run
/// # async fn serve(acceptor: handfast_tokio::Acceptor, socket: tokio::net::TcpListener) -> std::io::Result<()> {
/// let mut listener = acceptor.listen(socket);
/// loop {
///     let client = listener.accept().await?;
///     match client.stream {
///         Ok(stream) => drop(tokio::spawn(async move { drop(stream) })),
///         Err(error) => eprintln!("{}: {error}", client.address),
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Listener {
    socket: TcpListener,
    acceptor: Acceptor,
    max_handshakes: usize,
    handshakes: JoinSet<io::Result<Stream<TcpStream>>>,
    addresses: HashMap<Id, SocketAddr>,
}

/// Somebody has come.
#[derive(Debug)]
pub struct Client {
    /// Where from.
    pub address: SocketAddr,
    /// The connection, or why there is none. Nothing is known then of who it was, but for the address.
    pub stream: io::Result<Stream<TcpStream>>,
}

impl Listener {
    pub(crate) fn new(socket: TcpListener, acceptor: Acceptor, max_handshakes: usize) -> Self {
        Self { socket, acceptor, max_handshakes, handshakes: JoinSet::new(), addresses: HashMap::new() }
    }

    /// The next client whose handshake is over, well or not. Cancel-safe.
    ///
    /// # Errors
    /// What the system says of the listening socket. It may be over soon, as when a process has too many files open.
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
            if self.handshakes.len() >= self.max_handshakes {
                return Poll::Pending;
            }
            let (socket, address) = ready!(self.socket.poll_accept(cx))?;
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
