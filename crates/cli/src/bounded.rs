//! A socket whose time runs out as a whole, however slowly the peer goes on.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A socket, and when there is to be an end of it.
#[derive(Debug)]
pub(crate) struct Bounded {
    socket: TcpStream,
    until: Instant,
}

impl Bounded {
    /// Until then every read and write returns.
    pub(crate) fn new(socket: TcpStream, until: Instant) -> Self {
        Self { socket, until }
    }

    /// Another end, earlier or later.
    pub(crate) fn bound(&mut self, until: Instant) {
        self.until = until;
    }

    /// This end's address.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// A second handle.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { socket: self.socket.try_clone()?, until: self.until })
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        match self.until.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

impl Read for Bounded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buf)
    }
}

impl Write for Bounded {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn what_is_over_is_over() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut peer, _) = listener.accept().unwrap();
        peer.write_all(b"ab").unwrap();
        let mut bounded = Bounded::new(socket, Instant::now() + Duration::from_secs(60));
        bounded.read_exact(&mut [0]).unwrap();
        bounded.bound(Instant::now());
        // Something is there, and comes too late.
        assert_eq!(bounded.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(bounded.write(b"x").unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(bounded.try_clone().unwrap().read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
