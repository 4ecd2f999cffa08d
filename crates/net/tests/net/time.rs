//! Handshakes that take too long (docs/regressions.md row 16).

use crate::{listen, name, over_loopback, pair};
use handfast_net::{Socket, Timed, Timeouts};
use handfast_testkit::pipe::Pipe;
use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Short, so that the tests are; nothing is measured.
const SHORT: Option<Duration> = Some(Duration::from_millis(50));

#[test]
fn a_server_that_says_nothing() {
    let (listener, port) = listen();
    let (connector, _) = pair();
    let error = connector.handshake_timeout(SHORT).connect(("127.0.0.1", port)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    drop(listener);
}

/// What comes before TLS has its share of the time, and the socket its own timeouts afterwards.
#[test]
fn talk_before_tls() {
    let (listener, port) = listen();
    let (connector, acceptor) = pair();
    let server = thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        socket.write_all(b"ready\n").unwrap();
        let mut heard = [0; 3];
        socket.read_exact(&mut heard).unwrap();
        let mut stream = acceptor.accept(socket).unwrap();
        stream.write_all(&heard).unwrap();
        // One who never says anything, for the second client.
        (listener.accept().unwrap(), listener)
    });
    let prepare = |socket: &mut Timed<'_, TcpStream>| {
        let mut heard = [0; 6];
        socket.read_exact(&mut heard)?;
        assert!(socket.get_ref().timeouts()?.read.is_some(), "a deadline that binds");
        assert_eq!(&heard, b"ready\n");
        socket.write_all(b"TLS")
    };
    let mut stream = connector.connect_through(("127.0.0.1", port), name(), prepare).unwrap();
    assert_eq!(stream.get_ref().timeouts().unwrap(), Timeouts::default());
    let mut heard = [0; 3];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"TLS");
    let silent = connector.clone().handshake_timeout(SHORT).connect_through(("127.0.0.1", port), name(), prepare);
    assert_eq!(silent.unwrap_err().kind(), ErrorKind::TimedOut);
    let _server = server.join().unwrap();
    let refused = |_: &mut Timed<'_, TcpStream>| Err(ErrorKind::PermissionDenied.into());
    let refused = connector.connect_through(("127.0.0.1", port), name(), refused);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::PermissionDenied);
}

#[test]
fn a_client_that_says_nothing() {
    let (listener, port) = listen();
    let (_, acceptor) = pair();
    let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let error = acceptor.handshake_timeout(SHORT).accept(listener.accept().unwrap().0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    drop(client);
}

/// A byte now and then is progress for a timeout, and none for a deadline.
#[test]
fn a_client_that_sends_byte_by_byte() {
    let (listener, port) = listen();
    let (_, acceptor) = pair();
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (done, wait) = mpsc::channel::<()>();
    let drip = thread::spawn(move || {
        let header = [22, 3, 1, 0x40, 0];
        let mut hello = header.into_iter().chain([1, 0, 0x3f, 0xfc]).chain(std::iter::repeat(0));
        while wait.recv_timeout(Duration::from_millis(2)) == Err(mpsc::RecvTimeoutError::Timeout) {
            let byte = hello.next().unwrap();
            if client.write_all(&[byte]).is_err() {
                return false;
            }
        }
        true
    });
    let error = acceptor.handshake_timeout(SHORT).accept(listener.accept().unwrap().0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    drop(done);
    drip.join().unwrap();
}

/// A transport without timeouts of its own is stopped between two reads.
#[test]
fn any_transport_runs_out_of_time() {
    let (connector, acceptor) = pair();
    let (ours, theirs) = Pipe::new();
    let mut client = connector.handshake_timeout(Some(Duration::ZERO)).begin(ours, name()).unwrap();
    assert_eq!(client.handshake().unwrap_err().kind(), ErrorKind::TimedOut);
    let mut server = acceptor.handshake_timeout(Some(Duration::ZERO)).begin(theirs).unwrap();
    assert_eq!(server.handshake().unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(server.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(server.write(&[0]).unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn the_sockets_own_timeouts_come_back() {
    let own = Timeouts { read: Some(Duration::from_secs(7)), write: Some(Duration::from_secs(9)) };
    let (listener, port) = listen();
    let (connector, acceptor) = pair();
    let server = thread::spawn(move || acceptor.accept(listener.accept().unwrap().0).map(drop));
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_timeouts(own).unwrap();
    let client = connector.connect_over(socket, name()).unwrap();
    assert_eq!(client.get_ref().timeouts().unwrap(), own);
    server.join().unwrap().unwrap();
}

#[test]
fn no_timeout_is_no_timeout() {
    let (connector, acceptor) = pair();
    let (client, server) = over_loopback((connector.handshake_timeout(None), acceptor.handshake_timeout(None)));
    assert_eq!(client.get_ref().timeouts().unwrap(), Timeouts::default());
    assert_eq!(server.get_ref().timeouts().unwrap(), Timeouts::default());
}

/// Notes what it is told to wait for, and gives a byte a read.
struct Noting<'a> {
    inner: Pipe,
    noted: &'a RefCell<Vec<Timeouts>>,
}

impl Read for Noting<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(&mut buf[..1])
    }
}

impl Write for Noting<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.inner.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Socket for Noting<'_> {
    fn timeouts(&self) -> io::Result<Timeouts> {
        Ok(Timeouts { read: None, write: Some(Duration::from_secs(5)) })
    }

    fn set_timeouts(&self, timeouts: Timeouts) -> io::Result<()> {
        self.noted.borrow_mut().push(timeouts);
        Ok(())
    }

    fn set_nodelay(&self, _: bool) -> io::Result<()> {
        Ok(())
    }
}

/// Every read gets what is left of one deadline, not the whole time anew.
#[test]
fn what_a_read_may_wait_for_only_shrinks() {
    let limit = Duration::from_secs(3_600);
    let (_, acceptor) = pair();
    let (mut ours, theirs) = Pipe::new();
    ours.write_all(&[22, 3, 1, 0, 200, 1, 0, 0, 196]).unwrap();
    drop(ours);
    let noted = RefCell::default();
    let socket = Noting { inner: theirs, noted: &noted };
    assert_eq!(acceptor.handshake_timeout(Some(limit)).accept(socket).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    let noted = noted.into_inner();
    assert_eq!(noted.len(), 10, "one for each byte and one for the end");
    assert!(noted.iter().all(|timeouts| timeouts.read == timeouts.write));
    assert!(noted.is_sorted_by(|first, second| first.read > second.read), "{noted:?}");
    assert!(noted[0].read <= Some(limit + Duration::from_millis(1)));
}
