//! A socket whose time runs out as a whole, however slowly the peer goes on.

use handfast_net::{Socket, Timeouts};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A socket, and when there is to be an end of its reads and of its writes. Clones are handles of the same socket, each with ends of
/// its own.
///
/// `handfast_net` bounds a handshake in the same way and nothing that comes later: a timeout of the socket itself starts anew
/// with every byte of a record (docs/regressions.md row 16).
#[derive(Clone, Debug)]
pub(crate) struct Bounded {
    shared: Arc<Inner>,
    reads: Option<Instant>,
    writes: Option<Instant>,
    /// What gives writes a later end.
    pace: Option<Pace>,
}

/// How fast a peer has to take what is written, at least.
#[derive(Clone, Debug)]
struct Pace {
    /// How long it has for each portion.
    time: Duration,
    /// In bytes.
    portion: u64,
    /// How much of this one it has taken.
    taken: u64,
}

#[derive(Debug)]
struct Inner {
    socket: TcpStream,
    made: Instant,
    /// How long the peer was waited for, in microseconds, up to the last call that has returned.
    waited: AtomicU64,
    /// When the call began that is under way, in microseconds since `made`, plus one; 0 when there is none.
    since: AtomicU64,
}

impl Bounded {
    /// Reads and writes wait as long as the socket lets them.
    pub(crate) fn unbound(socket: TcpStream) -> Self {
        let (waited, since) = (AtomicU64::new(0), AtomicU64::new(0));
        let shared = Inner { socket, made: Instant::now(), waited, since };
        Self { shared: Arc::new(shared), reads: None, writes: None, pace: None }
    }

    /// Until then every read and write returns.
    pub(crate) fn new(socket: TcpStream, until: Instant) -> Self {
        Self { reads: Some(until), writes: Some(until), ..Self::unbound(socket) }
    }

    /// Another end, earlier or later.
    pub(crate) fn bound(&mut self, until: Instant) {
        (self.reads, self.writes, self.pace) = (Some(until), Some(until), None);
    }

    /// From now on the peer has so much time for each portion of so many bytes that is written, and no more when it has not taken one.
    pub(crate) fn pace_writes(&mut self, time: Duration, portion: u64) {
        (self.writes, self.pace) = (Some(Instant::now() + time), Some(Pace { time, portion, taken: 0 }));
    }

    /// This end's address.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.shared.socket.local_addr()
    }

    /// The same for reads alone.
    pub(crate) fn bound_reads(&mut self, until: Instant) {
        self.reads = Some(until);
    }

    /// Nothing more is read: whoever waits for it sees the end. What is being written is not disturbed.
    pub(crate) fn end_reading(&self) {
        // A socket that is closed already needs no end.
        let _ = self.shared.socket.shutdown(Shutdown::Read);
    }

    /// Nothing more is written, and what still comes is read and forgotten, up to so many bytes and no longer than this.
    ///
    /// A socket that is closed with something unread is reset, and what the peer has not heard by then it never hears (RFC 9112 §9.6).
    pub(crate) fn linger(&mut self, time: Duration, most: u64) {
        let _ = self.shared.socket.shutdown(Shutdown::Write);
        self.bound_reads(Instant::now() + time);
        // It is over in any case.
        let _ = io::copy(&mut self.take(most), &mut io::sink());
    }

    /// Whoever reads or writes sees the end.
    pub(crate) fn end(&self) {
        let _ = self.shared.socket.shutdown(Shutdown::Both);
    }

    /// How long the peer has been waited for, all in all. Of two calls at the same time one counts.
    pub(crate) fn waited(&self) -> Duration {
        let since = self.shared.since.load(Ordering::Relaxed);
        let now = if since == 0 { 0 } else { (self.shared.micros() + 1).saturating_sub(since) };
        Duration::from_micros(self.shared.waited.load(Ordering::Relaxed).saturating_add(now))
    }
}

impl Inner {
    fn micros(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_micros()).unwrap_or(u64::MAX - 1)
    }

    /// Waits for the peer in `call`, which is to be over by `until`.
    fn wait<T>(&self, until: Option<Instant>, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let began = self.micros();
        self.since.store(began + 1, Ordering::Relaxed);
        let outcome = call();
        self.since.store(0, Ordering::Relaxed);
        self.waited.fetch_add(self.micros().saturating_sub(began), Ordering::Relaxed);
        // What a socket says whose time is up has different names on different systems.
        outcome.map_err(|error| match (error.kind(), until) {
            (ErrorKind::WouldBlock, Some(_)) => ErrorKind::TimedOut.into(),
            _ => error,
        })
    }
}

/// What is left of the time, if there is an end.
fn left(until: Option<Instant>) -> io::Result<Option<Duration>> {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    if left == Some(Duration::ZERO) { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

impl Read for Bounded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let socket = &self.shared.socket;
        if let left @ Some(_) = left(self.reads)? {
            socket.set_read_timeout(left)?;
        }
        self.shared.wait(self.reads, || (&*socket).read(buf))
    }
}

impl Write for Bounded {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let socket = &self.shared.socket;
        if let left @ Some(_) = left(self.writes)? {
            socket.set_write_timeout(left)?;
        }
        let taken = self.shared.wait(self.writes, || (&*socket).write(buf))?;
        if let Some(pace) = &mut self.pace {
            pace.taken = pace.taken.saturating_add(taken as u64);
            if pace.taken >= pace.portion {
                (self.writes, pace.taken) = (Some(Instant::now() + pace.time), 0);
            }
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.shared.socket).flush()
    }
}

/// How long those calls wait that have no end.
impl Socket for Bounded {
    fn timeouts(&self) -> io::Result<Timeouts> {
        self.shared.socket.timeouts()
    }

    fn set_timeouts(&self, timeouts: Timeouts) -> io::Result<()> {
        self.shared.socket.set_timeouts(timeouts)
    }

    fn set_nodelay(&self, on: bool) -> io::Result<()> {
        self.shared.socket.set_nodelay(on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (socket, listener.accept().unwrap().0)
    }

    #[test]
    fn what_is_over_is_over() {
        let (socket, mut peer) = pair();
        peer.write_all(b"abc").unwrap();
        let mut bounded = Bounded::new(socket, Instant::now() + Duration::from_secs(60));
        bounded.read_exact(&mut [0]).unwrap();
        let mut later = bounded.clone();
        bounded.bound(Instant::now());
        // Something is there, and comes too late.
        assert_eq!(bounded.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(bounded.write(b"x").unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(bounded.clone().read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        later.read_exact(&mut [0]).unwrap();
        later.bound_reads(Instant::now());
        assert_eq!(later.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        later.write_all(b"x").unwrap();
    }

    /// Who takes nothing is not waited for, however often it is tried.
    #[test]
    fn a_write_that_waits_ends_in_time() {
        let (socket, _peer) = pair();
        let mut bounded = Bounded::unbound(socket);
        bounded.pace_writes(Duration::from_millis(30), u64::MAX);
        let until = bounded.writes;
        let error = loop {
            match bounded.write(&[0; 100_000]) {
                Ok(len) => assert!(len > 0 && bounded.writes == until),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(bounded.write(&[0]).unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[test]
    fn what_still_comes_is_read_for_a_while() {
        let (socket, mut peer) = pair();
        peer.write_all(&[0; 1_000]).unwrap();
        let mut bounded = Bounded::unbound(socket);
        bounded.linger(Duration::from_secs(3_600), 900);
        assert_eq!(peer.read(&mut [0]).unwrap(), 0, "the end is to be seen");
        bounded.linger(Duration::from_millis(1), 900);
        peer.write_all(&[0; 10]).and_then(|()| peer.shutdown(Shutdown::Write)).unwrap();
        bounded.linger(Duration::from_secs(3_600), 900);
        bounded.bound_reads(Instant::now() + Duration::from_secs(3_600));
        assert_eq!(bounded.read(&mut [0]).unwrap(), 0, "nothing is left");
    }

    #[test]
    fn who_takes_enough_has_more_time() {
        let (socket, _peer) = pair();
        let mut bounded = Bounded::unbound(socket);
        bounded.pace_writes(Duration::from_secs(60), 10);
        let first = bounded.writes;
        bounded.write_all(&[0; 9]).unwrap();
        assert_eq!(bounded.writes, first);
        bounded.write_all(&[0]).unwrap();
        let second = bounded.writes;
        assert!(second > first);
        bounded.write_all(&[0; 9]).unwrap();
        assert_eq!(bounded.writes, second);
    }

    #[test]
    fn a_read_that_waits_ends_in_time_and_is_counted() {
        let (socket, _peer) = pair();
        let mut bounded = Bounded::unbound(socket);
        assert_eq!(bounded.waited(), Duration::ZERO);
        let time = Duration::from_millis(30);
        bounded.bound_reads(Instant::now() + time);
        assert_eq!(bounded.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(bounded.waited() >= time / 2);
        let seen = bounded.clone();
        bounded.bound_reads(Instant::now() + Duration::from_secs(3_600));
        let reader = thread::spawn(move || bounded.read(&mut [0]));
        let before = seen.waited();
        while seen.waited() == before {
            thread::yield_now();
        }
        seen.end();
        assert_eq!(reader.join().unwrap().unwrap(), 0);
    }
}
