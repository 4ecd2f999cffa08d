//! The side that is Handfast.

use crate::process::{PATIENCE, Process};
use crate::world::{hash, hex};
use handfast::pki_types::ServerName;
use handfast::wire::{AlertDescription, HandshakeType, ProtocolVersion};
use handfast::{ClientConfig, Direction, Epoch, Facts, ServerConfig, Trace};
use handfast_net::{Acceptor, Connector, Socket, Stream, Timeouts};
use sha2::{Digest, Sha256};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// After how many bytes of a long transfer the keys are updated.
pub const UPDATE_EVERY: usize = 16 << 20;

/// A server of ours, in a thread.
pub struct Server<T> {
    /// Where it listens.
    pub port: u16,
    has_begun: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<T>>,
}

/// Serves one client, when it comes, with `work`.
pub fn serve<T: Send + 'static>(
    config: Arc<ServerConfig>,
    work: impl FnOnce(Stream<TcpStream>) -> io::Result<T> + Send + 'static,
) -> Server<(Facts, T)> {
    listen(|accept| {
        let stream = Acceptor::new(config).handshake_timeout(Some(PATIENCE)).accept(accept()?)?;
        patient(stream.get_ref())?;
        let facts = stream.facts().clone();
        Ok((facts, work(stream)?))
    })
}

/// Listens, and runs `work` with whatever gives the next client.
pub(crate) fn listen<T: Send + 'static>(
    work: impl FnOnce(&dyn Fn() -> io::Result<TcpStream>) -> io::Result<T> + Send + 'static,
) -> Server<T> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let has_begun = Arc::<AtomicBool>::default();
    let begun = has_begun.clone();
    let next = move || {
        let socket = accept(&listener)?;
        begun.store(true, Ordering::Relaxed);
        Ok(socket)
    };
    Server { port, has_begun, thread: thread::spawn(move || work(&next)) }
}

/// A client, if one comes while anybody has patience.
fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    listener.set_nonblocking(true)?;
    let end = Instant::now() + PATIENCE;
    loop {
        match listener.accept() {
            Ok((socket, _)) => {
                socket.set_nonblocking(false)?;
                return Ok(socket);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < end => {
                thread::sleep(Duration::from_millis(2));
            }
            Err(error) => return Err(error),
        }
    }
}

impl<T> Server<T> {
    /// What became of it.
    ///
    /// # Errors
    /// What the connection says.
    pub fn finish(self) -> io::Result<T> {
        self.thread.join().expect("a server")
    }

    /// What became of a connection with `client` that went well.
    pub fn succeed_with(self, client: &Process) -> T {
        // Nobody else comes: a client that has ended without a word would be waited for in vain.
        while !self.thread.is_finished() {
            assert!(
                !client.has_ended() || self.has_begun.load(Ordering::Relaxed),
                "it did not come: {}",
                client.heard()
            );
            thread::sleep(Duration::from_millis(5));
        }
        self.finish().unwrap_or_else(|error| panic!("our server: {error}; the client: {}", client.heard()))
    }
}

/// Connects to a server on this machine, which is called localhost.
///
/// # Errors
/// What the connection says.
pub fn connect(config: Arc<ClientConfig>, port: u16) -> io::Result<Stream<TcpStream>> {
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = Connector::new(config).handshake_timeout(Some(PATIENCE)).connect_to(("localhost", port), name)?;
    patient(stream.get_ref())?;
    Ok(stream)
}

fn patient(socket: &TcpStream) -> io::Result<()> {
    socket.set_timeouts(Timeouts { read: Some(PATIENCE), write: Some(PATIENCE) })
}

/// Says everything back until the peer has said all, and updates the keys now and then. Gives the hash.
///
/// It hears also while it cannot speak. A peer may be unable to read while it writes: one that is asked for new keys takes the
/// lock of its writer for the answer, and its writer may be waiting for us.
///
/// # Errors
/// What the connection says.
pub fn echo(stream: Stream<TcpStream>) -> io::Result<String> {
    echo_until(stream, usize::MAX)
}

/// The same for a peer that never says it has said all: the first `len` bytes.
///
/// # Errors
/// What the connection says.
pub fn echo_until(stream: Stream<TcpStream>, len: usize) -> io::Result<String> {
    let has_updates = has_updates(&stream);
    let (mut read, mut write) = stream.split(TcpStream::try_clone)?;
    let (heard, to_say) = mpsc::channel::<Vec<u8>>();
    let sayer = thread::spawn(move || {
        let (mut total, mut update_at) = (0, UPDATE_EVERY);
        for bytes in to_say {
            write.write_all(&bytes)?;
            total += bytes.len();
            if has_updates && total > update_at {
                write.update_keys()?;
                update_at += UPDATE_EVERY;
            }
        }
        write.close()
    });
    let (mut hash, mut buffer, mut left) = (Sha256::new(), vec![0; 64 * 1024], len);
    let ended = loop {
        let most = left.min(buffer.len());
        match read.read(&mut buffer[..most]) {
            Ok(0) => break Ok(()),
            Ok(len) => {
                left -= len;
                hash.update(&buffer[..len]);
                // A sayer that has given up says why.
                let _ = heard.send(buffer[..len].to_vec());
            }
            Err(error) => break Err(error),
        }
    };
    drop(heard);
    let said = sayer.join().expect("a sayer");
    // Hung up with something unread on the way, TCP would take back what the peer has not read yet.
    while read.read(&mut buffer).is_ok_and(|len| len > 0) {}
    ended.and(said).map(|()| hex(&hash.finalize()))
}

/// Says all of `data` and close_notify while it hears what comes back, and updates the keys now and then. Gives the hash of
/// what came.
///
/// # Errors
/// What the connection says.
pub fn exchange(stream: Stream<TcpStream>, data: &'static [u8]) -> io::Result<String> {
    let has_updates = has_updates(&stream);
    let (mut read, mut write) = stream.split(TcpStream::try_clone)?;
    let sender = thread::spawn(move || {
        for (at, piece) in data.chunks(UPDATE_EVERY).enumerate() {
            if has_updates && at > 0 {
                write.update_keys()?;
            }
            write.write_all(piece)?;
        }
        write.close()
    });
    let mut heard = Vec::with_capacity(data.len());
    let read = read.read_to_end(&mut heard);
    sender.join().expect("a sender")?;
    read?;
    Ok(hash(&heard))
}

/// TLS 1.2 keeps its keys.
pub(crate) fn has_updates(stream: &Stream<TcpStream>) -> bool {
    stream.facts().version == Some(ProtocolVersion::TLS1_3)
}

/// Says a line and expects `answer`.
///
/// # Errors
/// What the connection says.
pub fn ask(stream: &mut (impl Read + Write), line: &str, answer: &str) -> io::Result<()> {
    stream.write_all(line.as_bytes())?;
    let mut heard = vec![0; answer.len()];
    stream.read_exact(&mut heard)?;
    assert_eq!(String::from_utf8_lossy(&heard), answer);
    Ok(())
}

/// Requests a page, by HTTP/1.0, and gives its body.
///
/// # Errors
/// What the connection says.
pub fn fetch(stream: &mut (impl Read + Write), path: &str) -> io::Result<Vec<u8>> {
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response)?;
    let end = response.windows(4).position(|window| window == b"\r\n\r\n").ok_or(ErrorKind::InvalidData)?;
    assert!(response.starts_with(b"HTTP/1.") && response[8..].starts_with(b" 200 "), "{:?}", &response[..end]);
    Ok(response.split_off(end + 4))
}

/// Counts the KeyUpdates of a connection.
#[derive(Default)]
pub struct Updates(Mutex<[usize; 2]>);

impl Updates {
    /// How many were sent, and how many received.
    pub fn counted(&self) -> [usize; 2] {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trace for Updates {
    fn message(&self, direction: Direction, _: Epoch, raw: &[u8]) {
        if raw.first() == Some(&HandshakeType::KEY_UPDATE.0) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)[usize::from(direction == Direction::Receive)] += 1;
        }
    }

    fn alert(&self, _: Direction, _: AlertDescription) {}

    fn change_cipher_spec(&self, _: Direction) {}
}
