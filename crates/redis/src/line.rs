//! One connection to Redis, none of whose calls takes longer or brings more than it may.

use crate::Failure;
use redis::{Cmd, ConnectionAddr, ConnectionInfo, Parser, Value};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// The most bytes that are read for one answer.
///
/// What can be asked for is bounded on the other side already (`GETRANGE`), so that a value that somebody has made long costs
/// nothing. This is for a server that is none.
pub(crate) const MAX_REPLY: usize = 256 * 1024;

/// The most addresses of a host that are tried.
const MAX_ADDRESSES: usize = 8;

/// A connection. After an error it is good for nothing: what comes next could be the answer to what was asked before.
pub(crate) struct Line {
    socket: Socket,
    parser: Parser,
}

enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Line {
    /// Connects, says who we are and chooses the database, all until `deadline`.
    pub(crate) fn connect(info: &ConnectionInfo, deadline: Instant) -> Result<Self, Failure> {
        let socket = Socket::connect(info.addr(), deadline)?;
        let mut line = Self { socket, parser: Parser::new() };
        let settings = info.redis_settings();
        if let Some(password) = settings.password() {
            let mut login = redis::cmd("AUTH");
            if let Some(user) = settings.username() {
                login.arg(user);
            }
            line.log_in(login.arg(password), deadline)?;
        }
        if settings.db() != 0 {
            line.log_in(redis::cmd("SELECT").arg(settings.db()), deadline)?;
        }
        Ok(line)
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&mut self, command: &Cmd, deadline: Instant) -> Result<Value, Failure> {
        let mut bounded = Bounded { socket: &mut self.socket, deadline, left: MAX_REPLY };
        bounded.write_all(&command.get_packed_command())?;
        match self.parser.parse_value(&mut bounded) {
            Ok(Value::ServerError(error)) => {
                let message = format!("{} {}", error.code(), error.details().unwrap_or_default());
                Err(Failure::Server(Failure::quote(message.trim_end())))
            }
            Ok(value) => Ok(value),
            Err(error) => Err(bounded.judge(&error)),
        }
    }

    fn log_in(&mut self, command: &Cmd, deadline: Instant) -> Result<(), Failure> {
        match self.ask(command, deadline) {
            Ok(Value::Okay) => Ok(()),
            Ok(_) => Err(Failure::Reply),
            // Its first word, which says what it is: a server that does not know AUTH quotes the password.
            Err(Failure::Server(message)) => Err(Failure::Login(message.split(' ').next().unwrap_or_default().into())),
            Err(failure) => Err(failure),
        }
    }
}

impl Socket {
    fn connect(address: &ConnectionAddr, deadline: Instant) -> io::Result<Self> {
        match address {
            ConnectionAddr::Tcp(host, port) => {
                let socket = dial(&resolve(host, *port, deadline)?, deadline)?;
                socket.set_nodelay(true)?;
                Ok(Self::Tcp(socket))
            }
            #[cfg(unix)]
            ConnectionAddr::Unix(path) => {
                let path = path.clone();
                // There is no connecting with a timeout here, and one waits for as long as the backlog is full.
                Ok(Self::Unix(within("handfast-redis connect", deadline, move || UnixStream::connect(path))?))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn set_timeout(&self, left: Duration) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.set_read_timeout(Some(left)).and(socket.set_write_timeout(Some(left))),
            #[cfg(unix)]
            Self::Unix(socket) => socket.set_read_timeout(Some(left)).and(socket.set_write_timeout(Some(left))),
        }
    }
}

/// A TCP connection to the first address that answers. Each gets its share of the time, so that the others get theirs.
fn dial(addresses: &[SocketAddr], deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::NotFound);
    for (tried, address) in addresses.iter().enumerate() {
        let remaining = u32::try_from(addresses.len().saturating_sub(tried)).unwrap_or(u32::MAX).max(1);
        match left(deadline).and_then(|left| TcpStream::connect_timeout(address, (left / remaining).max(TICK))) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The addresses of a host. A look-up takes as long as the system lets it, so somebody else waits for it; whoever can
/// should name an address.
fn resolve(host: &str, port: u16, deadline: Instant) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let host = host.to_string();
    within("handfast-redis name", deadline, move || {
        Ok((host.as_str(), port).to_socket_addrs()?.take(MAX_ADDRESSES).collect())
    })
}

/// What has no deadline of its own, done by a thread that is left alone when it takes too long.
fn within<T: Send + 'static>(
    name: &str,
    deadline: Instant,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (answer, done) = mpsc::sync_channel(1);
    let place = Place::take().ok_or(ErrorKind::TimedOut)?;
    thread::Builder::new().name(name.into()).spawn(move || {
        let _place = place;
        // Where nobody listens any more, what was made is dropped.
        let _ = answer.send(work());
    })?;
    done.recv_timeout(left(deadline)?).map_err(|_| ErrorKind::TimedOut)?
}

/// A place for a thread that may wait for as long as something is out of order.
struct Place;

static PLACES: AtomicUsize = AtomicUsize::new(0);

/// How many such threads a process has at most.
const MAX_PLACES: usize = 16;

impl Place {
    fn take() -> Option<Self> {
        let enter = |taken| (taken < MAX_PLACES).then_some(taken + 1);
        PLACES.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).ok().map(|_| Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        PLACES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Timers of a system may fire early by a tick.
const TICK: Duration = Duration::from_millis(1);

fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
    left.ok_or_else(|| ErrorKind::TimedOut.into())
}

/// The socket for the length of one call: until a deadline, however often it is read, and for so many bytes.
struct Bounded<'a> {
    socket: &'a mut Socket,
    deadline: Instant,
    left: usize,
}

impl Bounded<'_> {
    fn within<T>(&mut self, mut call: impl FnMut(&mut Socket) -> io::Result<T>) -> io::Result<T> {
        loop {
            self.socket.set_timeout(left(self.deadline)?.max(TICK))?;
            match call(self.socket) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// What the parser's error means. It does not hand on the kind of ours in a way that can be asked for.
    fn judge(&self, error: &redis::RedisError) -> Failure {
        if self.left == 0 {
            Failure::Reply
        } else if error.is_timeout() {
            Failure::Unreachable(ErrorKind::TimedOut)
        } else if error.is_connection_dropped() {
            Failure::Unreachable(ErrorKind::UnexpectedEof)
        } else if error.is_io_error() {
            Failure::Unreachable(ErrorKind::Other)
        } else {
            Failure::Reply
        }
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = buf.len().min(self.left);
        let buf = buf.get_mut(..len).unwrap_or_default();
        if buf.is_empty() {
            return Err(ErrorKind::InvalidData.into());
        }
        let read = self.within(|socket| match socket {
            Socket::Tcp(socket) => socket.read(buf),
            #[cfg(unix)]
            Socket::Unix(socket) => socket.read(buf),
        })?;
        self.left = self.left.saturating_sub(read);
        Ok(read)
    }
}

impl Write for Bounded<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.within(|socket| match socket {
            Socket::Tcp(socket) => socket.write(buf),
            #[cfg(unix)]
            Socket::Unix(socket) => socket.write(buf),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
