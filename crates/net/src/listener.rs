//! A socket that listens, and the handshakes of whoever comes.

use crate::{Accepted, Acceptor, Place, Places, Stranger, Stream, client_code};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Takes connections from a socket, and does their handshakes beside each other, each in a thread of its own: a client that says
/// nothing delays nobody while there are places left ([`Acceptor::max_handshakes`]). What comes out are clients whose handshake is over,
/// well or not. As many wait to be taken as there are places, at most 64; beyond them a client keeps its place until it is taken, and
/// when all places are kept so, nobody is accepted. Dropped, it ends the handshakes under way.
///
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// # let acceptor: handfast_net::Acceptor = unimplemented!();
/// use std::time::Duration;
///
/// let mut listener = acceptor.listen(std::net::TcpListener::bind("127.0.0.1:8443")?)?;
/// // For whoever ends the server: a signal, say.
/// let stop = listener.stopper();
/// for client in &mut listener {
///     match client {
///         Ok(client) => match client.stream {
///             Ok(stream) => drop(std::thread::spawn(move || drop(stream))),
///             Err(error) => eprintln!("{}: {error}", client.address),
///         },
///         // Too many open files, say. It goes on when there is room again.
///         Err(error) => eprintln!("{error}"),
///     }
/// }
/// // Stopped, and no handshake is under way. The connections have a minute to end.
/// let left = listener.close(Duration::from_secs(60), drop);
/// println!("{left} connections were not at their end");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct Listener {
    clients: Receiver<io::Result<Client>>,
    shared: Arc<Shared>,
}

/// Stops a [`Listener`] from elsewhere. Clones stop the same one.
#[derive(Clone)]
pub struct Stopper(Arc<Shared>);

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

struct Shared {
    address: SocketAddr,
    stopped: AtomicBool,
    /// An error of the listening socket waits to be taken.
    is_failing: AtomicBool,
    /// All connections that have come from the listener and live, those in their handshake among them.
    connections: Places,
    handshakes: Mutex<Handshakes>,
}

/// To end the handshakes under way.
#[derive(Default)]
struct Handshakes {
    sockets: HashMap<u64, TcpStream>,
    /// They have been ended, and no other may begin.
    are_over: bool,
}

/// How long nobody is accepted after the system could not, and how long a place is waited for before the next look at whether to stop.
const PAUSE: Duration = Duration::from_millis(100);

/// How many clients whose handshake is over wait to be taken, at most, without a place.
const MOST_WAITING: usize = 64;

impl Listener {
    pub(crate) fn new(socket: TcpListener, acceptor: Acceptor) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            address: socket.local_addr()?,
            stopped: AtomicBool::new(false),
            is_failing: AtomicBool::new(false),
            connections: Places::new(usize::MAX),
            handshakes: Mutex::default(),
        });
        let (sender, clients) = sync_channel(acceptor.places().most().min(MOST_WAITING));
        let accepting = Accepting { acceptor, shared: shared.clone(), sender };
        thread::Builder::new().name("handfast accept".into()).spawn(move || accepting.run(socket))?;
        Ok(Self { clients, shared })
    }

    /// The next client whose handshake is over, well or not. `None` once it is stopped and no handshake is under way.
    ///
    /// # Errors
    /// What the system says of the listening socket: it may be over soon, as when a process has too many files open. What happens
    /// to one client before it is accepted is no error.
    pub fn accept(&mut self) -> Option<io::Result<Client>> {
        let next = self.clients.recv().ok();
        self.taken(next)
    }

    /// The address it listens at.
    pub fn local_addr(&self) -> SocketAddr {
        self.shared.address
    }

    /// How many handshakes are under way.
    pub fn handshakes(&self) -> usize {
        self.shared.lock().sockets.len()
    }

    /// The connections that have come from here and live, those in their handshake among them: [`Places::taken`] is how many, and
    /// [`Places::wait_for_none`] waits for their end.
    pub fn connections(&self) -> Places {
        self.shared.connections.clone()
    }

    /// To stop it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.shared.clone())
    }

    /// Stops, as `server.close()` of Node.js: nobody is accepted any more, and the port is free. Handshakes under way go on, and their
    /// clients go to `serve`, which should not wait for them to end; then this waits until all connections that came from here are
    /// dropped, the whole for no longer than `patience`. Says how many are left.
    pub fn close(mut self, patience: Duration, mut serve: impl FnMut(Client)) -> usize {
        let deadline = Instant::now().checked_add(patience);
        self.stopper().stop();
        while let Some(client) = self.accept_by(deadline) {
            if let Ok(client) = client {
                serve(client);
            }
        }
        self.shared.connections.wait_for_none(deadline)
    }

    fn accept_by(&mut self, deadline: Option<Instant>) -> Option<io::Result<Client>> {
        match deadline {
            None => self.accept(),
            Some(at) => {
                let next = self.clients.recv_timeout(at.saturating_duration_since(Instant::now())).ok();
                self.taken(next)
            }
        }
    }

    /// Once an error is taken, the next one is news.
    fn taken(&self, next: Option<io::Result<Client>>) -> Option<io::Result<Client>> {
        if let Some(Err(_)) = &next {
            self.shared.is_failing.store(false, Ordering::Release);
        }
        next
    }
}

impl Iterator for Listener {
    type Item = io::Result<Client>;

    fn next(&mut self) -> Option<Self::Item> {
        self.accept()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopper().stop();
        let mut handshakes = self.shared.lock();
        // The thread that accepts may be between its look at `stopped` and its entry here.
        handshakes.are_over = true;
        for socket in handshakes.sockets.values() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Stopper {
    /// Accepts nobody any more, and frees the port. Handshakes under way go on, and so do connections.
    pub fn stop(&self) {
        if self.0.stopped.swap(true, Ordering::AcqRel) {
            return;
        }
        // Whoever waits in accept(2) is woken by a client, on every system.
        let mut address = self.0.address;
        match address {
            SocketAddr::V4(own) if own.ip().is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            SocketAddr::V6(own) if own.ip().is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
    }
}

impl Shared {
    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Handshakes> {
        self.handshakes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a socket that is in its handshake from here on; `false` if there is to be none any more.
    fn enter(&self, id: u64, socket: TcpStream) -> bool {
        let mut handshakes = self.lock();
        if !handshakes.are_over {
            handshakes.sockets.insert(id, socket);
        }
        !handshakes.are_over
    }

    /// Whether it was there.
    fn leave(&self, id: u64) -> bool {
        self.lock().sockets.remove(&id).is_some()
    }

    /// Says that the system cannot accept; once until that is taken, and not at all while there are clients to take. Waits for nobody.
    fn report(&self, sender: &SyncSender<io::Result<Client>>, error: io::Error) -> Result<(), ()> {
        if self.is_failing.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        match sender.try_send(Err(error)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                self.is_failing.store(false, Ordering::Release);
                Ok(())
            }
            Err(TrySendError::Disconnected(_)) => Err(()),
        }
    }
}

/// The thread that accepts.
struct Accepting {
    acceptor: Acceptor,
    shared: Arc<Shared>,
    sender: SyncSender<io::Result<Client>>,
}

impl Accepting {
    /// The port is free before the last sender is dropped: that is how the application hears that it is over.
    fn run(self, socket: TcpListener) {
        self.accept(&socket);
        drop(socket);
    }

    fn accept(&self, socket: &TcpListener) {
        for id in 0.. {
            let Some(place) = self.place() else { return };
            let accepted = socket.accept();
            if self.shared.is_stopped() {
                return;
            }
            let sent = match accepted {
                Ok((socket, address)) => self.serve(id, socket, address, place),
                Err(error) if is_of_one_client(&error) => Ok(()),
                Err(error) => {
                    thread::sleep(PAUSE);
                    self.shared.report(&self.sender, error)
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }

    /// As long as there is no place, clients wait in the system's queue. `None` once it is stopped.
    fn place(&self) -> Option<Place> {
        while !self.shared.is_stopped() {
            if let Ok(place) = self.acceptor.places().wait(Instant::now().checked_add(PAUSE)) {
                return Some(place);
            }
        }
        None
    }

    /// Does the handshake in a thread of its own.
    fn serve(&self, id: u64, socket: TcpStream, address: SocketAddr, place: Place) -> Result<(), ()> {
        let Some(connection) = self.shared.connections.take() else { return Ok(()) };
        let own = match socket.try_clone().map(|socket| self.shared.enter(id, socket)) {
            Ok(false) => return Err(()),
            own => own,
        };
        let (acceptor, shared, sender) = (self.acceptor.clone(), self.shared.clone(), self.sender.clone());
        let work = move || {
            let entry = Entry { id, shared, sender, address, _place: place };
            entry.done(own.and_then(|_| acceptor.serve(socket, connection)));
        };
        match thread::Builder::new().name(format!("handfast {address}")).spawn(work) {
            Ok(_) => Ok(()),
            Err(error) => {
                self.shared.leave(id);
                // Not waiting: this thread has to see when it is stopped. Who hears of the others need not hear of this one.
                match self.sender.try_send(Ok(Client { address, stream: Err(error) })) {
                    Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
                    Err(TrySendError::Disconnected(_)) => Err(()),
                }
            }
        }
    }
}

/// One of the sockets in their handshake, until it is dropped: also when an answer panics.
struct Entry {
    id: u64,
    shared: Arc<Shared>,
    sender: SyncSender<io::Result<Client>>,
    address: SocketAddr,
    /// Until the client is taken, or waits among few: so clients cannot fill memory with connections that nobody takes.
    _place: Place,
}

impl Entry {
    /// Out of the list before it is the application's: what that does is no handshake.
    fn done(self, stream: io::Result<Stream<TcpStream>>) {
        self.shared.leave(self.id);
        let _ = self.sender.send(Ok(Client { address: self.address, stream }));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // Done, or an answer has panicked: that is this client's bad luck and no other's.
        if self.shared.leave(self.id) {
            let stream = Err(io::Error::other("the thread of this handshake has panicked"));
            let _ = self.sender.send(Ok(Client { address: self.address, stream }));
        }
    }
}

impl Acceptor {
    /// The handshake of a client of the listener, whose entry has the place among those; `connection` is the other one it has.
    fn serve(&self, socket: TcpStream, connection: Place) -> io::Result<Stream<TcpStream>> {
        let accepted = match self.hands_back() {
            true => self.accept_any_placed(socket)?,
            false => Accepted::Tls(self.accept_placed(socket)?),
        };
        match accepted {
            Accepted::Tls(mut stream) => {
                stream.count(connection);
                Ok(stream)
            }
            Accepted::Stranger(stranger) => {
                Err(io::Error::new(ErrorKind::InvalidData, Stranger { place: Some(connection), ..stranger }))
            }
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("address", &self.shared.address).finish_non_exhaustive()
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopper").field("address", &self.0.address).finish_non_exhaustive()
    }
}

/// Whether an error of accept(2) is news of a client that has gone again, or of the network before it.
#[doc(hidden)]
pub fn is_of_one_client(error: &io::Error) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shared() -> Arc<Shared> {
        Arc::new(Shared {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            stopped: AtomicBool::new(false),
            is_failing: AtomicBool::new(false),
            connections: Places::new(1),
            handshakes: Mutex::default(),
        })
    }

    /// A system that cannot accept for long says so every [`PAUSE`]. One of those waits.
    #[test]
    fn one_error_waits() {
        let shared = shared();
        let (sender, clients) = sync_channel(3);
        let mut listener = Listener { clients, shared: shared.clone() };
        let fail = || shared.report(&sender, ErrorKind::OutOfMemory.into());
        for _ in 0..2 {
            for _ in 0..3 {
                assert_eq!(fail(), Ok(()));
            }
            assert_eq!(listener.accept().unwrap().unwrap_err().kind(), ErrorKind::OutOfMemory);
            assert_eq!(listener.clients.try_recv().err(), Some(std::sync::mpsc::TryRecvError::Empty));
        }
        drop(listener);
        assert_eq!(fail(), Err(()));
    }

    /// Whoever was accepted as the listener was dropped has no handshake that nobody ends.
    #[test]
    fn no_handshake_begins_after_the_end() {
        let shared = shared();
        let listener = Listener { clients: sync_channel(1).1, shared: shared.clone() };
        let system = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let socket = || TcpStream::connect(system.local_addr().unwrap()).unwrap();
        assert!(shared.enter(0, socket()) && listener.handshakes() == 1);
        assert!(shared.leave(0) && !shared.leave(0));
        drop(listener);
        assert!(!shared.enter(1, socket()) && !shared.leave(1));
    }
}
