//! A TLS terminator: takes TLS from clients and hands what they say to a backend that knows nothing of TLS, and back.
//!
//! ```text
//!   client  ══ TLS ══▶  terminator  ── plain ──▶  backend
//!           ◀════════               ◀──────────
//! ```
//!
//! `cargo run -p handfast-tokio --example terminator -- 127.0.0.1:8443 127.0.0.1:8080 server.pem` listens at the first address,
//! connects to the second, and has certificates and key from the file. With `--proxy` behind it the backend is told who the
//! client is by a PROXY header of version 2, and may trust that header only if nobody else can connect to it.
//!
//! What it has to get right, and where:
//!
//! * **Half-close** ([`relay`]): the end of one direction is handed on as the end of that direction, and the other goes on. The
//!   end of a client's direction is its close_notify; a connection that is cut off is none, and the backend is not told that what
//!   came was all: it sees a reset.
//! * **Deadlines**: a handshake has [`HANDSHAKE`], the backend [`CONNECT`] to answer, and a connection on which nobody has said
//!   anything for [`IDLE`] is ended.
//! * **Back-pressure**: a side that does not read is not read for; each direction holds [`ROOM`] bytes and no more.
//! * **A limit**: so many handshakes as the acceptor allows, and so many connections as there are [`PLACES`].

use handfast::{Identity, ServerConfig};
use handfast_tokio::{Acceptor, Client, Listener, Stream};
use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long the backend may take to be there.
const CONNECT: Duration = Duration::from_secs(5);
/// How long both sides may be silent.
const IDLE: Duration = Duration::from_secs(300);
/// What waits of one direction, in bytes: one record's worth.
const ROOM: usize = 16 * 1024;
/// How many connections there are at once.
const PLACES: usize = 10_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (listen, backend, file, proxy) = match &arguments[..] {
        [listen, backend, file] => (listen, backend, file, false),
        [listen, backend, file, option] if option == "--proxy" => (listen, backend, file, true),
        _ => return Err("usage: terminator LISTEN BACKEND CERTIFICATES.pem [--proxy]".into()),
    };
    let provider = handfast::rustcrypto::provider();
    let identity = Identity::from_pem(&provider, &fs::read(file)?, None)?;
    let acceptor =
        Acceptor::new(ServerConfig::builder().identity(identity).build()?).handshake_timeout(Some(HANDSHAKE));
    let listener = acceptor.listen(TcpListener::bind(listen).await?);
    println!("listening at {}", listener.local_addr()?);
    let terminator = Terminator { backend: backend.parse()?, proxy, idle: IDLE };
    terminator.serve(listener).await;
    Ok(())
}

/// What every connection has in common.
#[derive(Clone, Copy, Debug)]
pub struct Terminator {
    /// Where the backend listens.
    pub backend: SocketAddr,
    /// Whether it is told who the client is.
    pub proxy: bool,
    /// How long both sides may be silent.
    pub idle: Duration,
}

impl Terminator {
    /// Serves everyone who comes, for ever.
    pub async fn serve(self, mut listener: Listener) {
        let places = Arc::new(Semaphore::new(PLACES));
        loop {
            // Where all places are taken, the next client waits in the system's queue.
            let Ok(place) = places.clone().acquire_owned().await else { return };
            match listener.accept().await {
                Ok(Client { stream: Ok(stream), address }) => drop(tokio::spawn(async move {
                    let _place = place;
                    if let Err(error) = self.connect(stream).await {
                        eprintln!("{address}: {error}");
                    }
                })),
                Ok(Client { stream: Err(error), address }) => eprintln!("{address}: {error}"),
                Err(error) => eprintln!("{error}"),
            }
        }
    }

    /// One client, from its handshake to its end.
    async fn connect(self, client: Stream<TcpStream>) -> io::Result<()> {
        let mut backend = timeout(CONNECT, TcpStream::connect(self.backend)).await??;
        backend.set_nodelay(true)?;
        if self.proxy {
            backend.write_all(&proxy_header(client.peer_addr()?, client.local_addr()?)).await?;
        }
        let done = relay(client, &mut backend, self.idle).await;
        if done.is_err() {
            // What was not said to its end must not look as if it was: closed now, the backend sees a reset.
            backend.set_zero_linger()?;
        }
        done
    }
}

/// Hands everything on, both ways, until both have come to their end, one of them fails, or neither has said anything for `idle`.
///
/// # Errors
/// What either side says, [`ErrorKind::UnexpectedEof`] for a client that is cut off, [`ErrorKind::TimedOut`] for silence.
pub async fn relay<A, B>(client: A, backend: B, idle: Duration) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite,
    B: AsyncRead + AsyncWrite,
{
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_backend, mut to_backend) = tokio::io::split(backend);
    let silence = Silence::new();
    let there = hand_on(&mut from_client, &mut to_backend, &silence);
    let back = hand_on(&mut from_backend, &mut to_client, &silence);
    tokio::select! {
        done = async { tokio::try_join!(there, back) } => done.map(|_| ()),
        () = silence.lasts(idle) => Err(ErrorKind::TimedOut.into()),
    }
}

/// One direction, and its end.
async fn hand_on(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    silence: &Silence,
) -> io::Result<()> {
    let mut buffer = vec![0; ROOM];
    loop {
        let len = from.read(&mut buffer).await?;
        silence.broken();
        let Some(data) = buffer.get(..len).filter(|data| !data.is_empty()) else {
            return to.shutdown().await;
        };
        to.write_all(data).await?;
        // What is written to TLS is sealed; only now is it sent.
        to.flush().await?;
        silence.broken();
    }
}

/// When somebody last said something.
struct Silence(std::sync::Mutex<Instant>);

impl Silence {
    fn new() -> Self {
        Self(Instant::now().into())
    }

    fn since(&self) -> Instant {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn broken(&self) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Instant::now();
    }

    /// Comes back when nobody has said anything for so long.
    async fn lasts(&self, long: Duration) {
        loop {
            let end = self.since() + long;
            sleep_until(end).await;
            if self.since() + long <= Instant::now() {
                return;
            }
        }
    }
}

/// A PROXY header of version 2 (<https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt>, section 2.2): who is connected to
/// whom, as the client's socket has it.
///
/// ```text
///   signature           12   0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a
///   version, command     1   2, 1: on behalf of a client
///   family, transport    1   1 for IPv4 or 2 for IPv6, 1: a stream
///   length               2   of what follows: 12 or 36
///   addresses            4 + 4 or 16 + 16, the client's first
///   ports                2 + 2, the client's first
/// ```
pub fn proxy_header(client: SocketAddr, server: SocketAddr) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21".to_vec();
    match (client, server) {
        (SocketAddr::V4(client), SocketAddr::V4(server)) => {
            header.extend([0x11, 0, 12]);
            header.extend(client.ip().octets());
            header.extend(server.ip().octets());
        }
        (client, server) => {
            header.extend([0x21, 0, 36]);
            for address in [client, server] {
                let ip = match address {
                    SocketAddr::V4(address) => address.ip().to_ipv6_mapped(),
                    SocketAddr::V6(address) => *address.ip(),
                };
                header.extend(ip.octets());
            }
        }
    }
    header.extend(client.port().to_be_bytes());
    header.extend(server.port().to_be_bytes());
    header
}
