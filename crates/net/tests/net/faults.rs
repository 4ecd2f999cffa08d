//! Transports that stop and start at every byte.

use crate::pipe::Pipe;
use crate::{bytes, name, pair, patiently, write_patiently};
use handfast_net::Stream;
use std::io::{self, ErrorKind, Read, Write};

/// What a transport does to its user.
#[derive(Clone, Copy, Debug)]
struct Faults {
    /// The most bytes of a read.
    read: usize,
    /// The most bytes of a write.
    write: usize,
    /// Refuses every call once before it serves it.
    refusal: Option<ErrorKind>,
}

/// A transport with faults.
struct Faulty<S> {
    inner: S,
    faults: Faults,
    refused: bool,
}

impl<S> Faulty<S> {
    fn refuse(&mut self) -> io::Result<()> {
        self.refused = !self.refused;
        match self.faults.refusal.filter(|_| self.refused) {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        }
    }
}

impl<S: Read> Read for Faulty<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.refuse()?;
        let len = buf.len().min(self.faults.read);
        self.inner.read(&mut buf[..len])
    }
}

impl<S: Write> Write for Faulty<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.refuse()?;
        self.inner.write(&buf[..buf.len().min(self.faults.write)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A whole conversation, both ways, must not notice.
#[test]
fn a_conversation_survives() {
    for faults in [
        Faults { read: 1, write: 1, refusal: None },
        Faults { read: 1, write: 1, refusal: Some(ErrorKind::WouldBlock) },
        Faults { read: 1, write: 7, refusal: Some(ErrorKind::Interrupted) },
        Faults { read: 13, write: 1, refusal: Some(ErrorKind::WouldBlock) },
        Faults { read: 5, write: usize::MAX, refusal: Some(ErrorKind::WouldBlock) },
        Faults { read: 16_406, write: 16_405, refusal: Some(ErrorKind::Interrupted) },
        Faults { read: usize::MAX, write: 16_407, refusal: Some(ErrorKind::WouldBlock) },
    ] {
        converse(faults);
    }
}

fn converse(faults: Faults) {
    let (connector, acceptor) = pair();
    let (ours, theirs) = Pipe::new();
    let faulty = |inner| Faulty { inner, faults, refused: false };
    let mut client = connector.begin(faulty(ours), name()).unwrap();
    let mut server = acceptor.begin(faulty(theirs)).unwrap();
    // Each side gets as far as it can until both are through.
    for _ in 0..100_000 {
        let done = [&mut client, &mut server].map(|side| match side.handshake() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            done => done.map(|()| true).unwrap(),
        });
        if done == [true, true] {
            break;
        }
    }
    let data = bytes(100_000);
    tell(&mut client, &mut server, &data, faults);
    tell(&mut server, &mut client, &data[..50_000], faults);
    for side in [&mut client, &mut server] {
        if side.close().is_err() {
            patiently(|| side.flush()).unwrap();
        }
    }
    for side in [&mut client, &mut server] {
        assert_eq!(patiently(|| side.read(&mut [0; 1])).unwrap(), 0, "{faults:?}");
    }
}

fn tell(from: &mut Stream<Faulty<Pipe>>, to: &mut Stream<Faulty<Pipe>>, data: &[u8], faults: Faults) {
    write_patiently(from, data).unwrap();
    let mut heard = vec![0; data.len()];
    let mut len = 0;
    while len < heard.len() {
        len += patiently(|| to.read(&mut heard[len..])).unwrap();
    }
    assert!(heard == data, "{faults:?}");
}

/// A transport that takes nothing any more fills no memory, and nothing is sealed that it cannot have later.
#[test]
fn a_transport_that_is_full_stops_the_writer() {
    struct Full(Pipe, bool);
    impl Read for Full {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            self.0.read(buf)
        }
    }
    impl Write for Full {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            if self.1 { Err(ErrorKind::WouldBlock.into()) } else { self.0.write(buf) }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let (connector, acceptor) = pair();
    let (ours, theirs) = Pipe::new();
    let mut client = connector.begin(Full(ours, false), name()).unwrap();
    let mut server = acceptor.begin(theirs).unwrap();
    for _ in 0..2 {
        let _ = client.handshake();
        let _ = server.handshake();
    }
    client.get_mut().1 = true;
    let data = bytes(1 << 20);
    let mut written = 0;
    let error = loop {
        match client.write(&data[written..]) {
            Ok(len) => written += len,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert!(written < 1 << 18, "{written} bytes were taken on credit");
    assert_eq!(client.flush().unwrap_err().kind(), ErrorKind::WouldBlock);
    // What the peer sends can be read all the same.
    server.write_all(b"are you stuck?").unwrap();
    client.read_exact(&mut [0; 14]).unwrap();
    client.get_mut().1 = false;
    client.write_all(&data[written..]).unwrap();
    client.flush().unwrap();
    let mut heard = vec![0; data.len()];
    server.read_exact(&mut heard).unwrap();
    assert!(heard == data);
}
