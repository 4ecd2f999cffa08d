//! A recorded session, cut and damaged at every byte.
//!
//! With repeatable randomness a side says the same every time, so what its peer once said fits again.

use crate::pipe::Pipe;
use crate::{made, name, patiently, read_patiently, write_patiently};
use handfast::Truncated;
use handfast_net::{Acceptor, Connector, Stream, tls_error};
use std::io::{self, ErrorKind, Read, Write};

const QUESTION: &[u8] = b"what is the answer?";
const ANSWER: &[u8] = b"forty-two";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Client,
    Server,
}

/// A side of a new connection, over `transport`.
fn begin<S: Read + Write>(side: Side, transport: S) -> Stream<S> {
    match side {
        Side::Client => Connector::new(made().client).begin(transport, name()).unwrap(),
        Side::Server => Acceptor::new(made().server).begin(transport).unwrap(),
    }
}

/// Everything a side does in a session. What it hears is the result.
fn act<S: Read + Write>(side: Side, stream: &mut Stream<S>) -> io::Result<Vec<u8>> {
    let words = if side == Side::Client { QUESTION } else { ANSWER };
    patiently(|| stream.handshake())?;
    write_patiently(stream, words)?;
    if stream.close().is_err() {
        patiently(|| stream.flush())?;
    }
    read_patiently(stream)
}

/// What the peer of `side` says in a session.
fn record(side: Side) -> Vec<u8> {
    let (ours, theirs) = Pipe::new();
    let mut client = begin(Side::Client, ours);
    let mut server = begin(Side::Server, theirs);
    for _ in 0..2 {
        let _ = client.handshake();
        let _ = server.handshake();
    }
    for (stream, words) in [(&mut client, QUESTION), (&mut server, ANSWER)] {
        stream.write_all(words).unwrap();
        stream.close().unwrap();
    }
    let peer = if side == Side::Client { server } else { client };
    peer.get_ref().written()
}

/// Says what it was given, piece by piece, and then something else for ever. It hears everything, as slowly.
struct Script {
    bytes: Vec<u8>,
    at: usize,
    piece: usize,
    then: Option<ErrorKind>,
    stutter: Option<ErrorKind>,
    stuttered: bool,
}

impl Script {
    fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), at: 0, piece: usize::MAX, then: None, stutter: None, stuttered: false }
    }

    fn stutter(&mut self) -> io::Result<()> {
        self.stuttered = !self.stuttered;
        match self.stutter.filter(|_| self.stuttered) {
            Some(kind) => Err(kind.into()),
            None => Ok(()),
        }
    }
}

impl Read for Script {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.stutter()?;
        let rest = &self.bytes[self.at..];
        let len = rest.len().min(buf.len()).min(self.piece);
        buf[..len].copy_from_slice(&rest[..len]);
        self.at += len;
        match self.then {
            Some(kind) if len == 0 => Err(kind.into()),
            _ => Ok(len),
        }
    }
}

impl Write for Script {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.stutter()?;
        Ok(buf.len().min(self.piece))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn heard(side: Side) -> &'static [u8] {
    if side == Side::Client { ANSWER } else { QUESTION }
}

/// docs/regressions.md row 76: the transport ends after every byte but the last.
#[test]
fn the_end_at_every_byte_is_told() {
    for side in [Side::Client, Side::Server] {
        let session = record(side);
        for cut in 0..session.len() {
            let error = act(side, &mut begin(side, Script::new(&session[..cut]))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{side:?} {cut}: {error}");
            assert!(error.get_ref().is_some_and(|inner| inner.is::<Truncated>()), "{side:?} {cut}");
        }
        assert_eq!(act(side, &mut begin(side, Script::new(&session))).unwrap(), heard(side));
    }
}

#[test]
fn an_error_at_every_byte_is_told() {
    for side in [Side::Client, Side::Server] {
        let session = record(side);
        for cut in 0..session.len() {
            let script = Script { then: Some(ErrorKind::ConnectionReset), ..Script::new(&session[..cut]) };
            let error = act(side, &mut begin(side, script)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{side:?} {cut}: {error}");
        }
    }
}

#[test]
fn a_stop_at_every_byte_changes_nothing() {
    for side in [Side::Client, Side::Server] {
        let session = record(side);
        for stutter in [ErrorKind::WouldBlock, ErrorKind::Interrupted] {
            let script = Script { piece: 1, stutter: Some(stutter), ..Script::new(&session) };
            assert_eq!(act(side, &mut begin(side, script)).unwrap(), heard(side), "{side:?} {stutter}");
        }
    }
}

/// Whatever one wrong byte does, the peer's words are either heard as they were said, or an error.
#[test]
fn damage_at_every_byte_is_never_heard() {
    for side in [Side::Client, Side::Server] {
        let session = record(side);
        let mut unharmed = Vec::new();
        for at in 0..session.len() {
            let mut damaged = session.clone();
            damaged[at] ^= 0x40;
            match act(side, &mut begin(side, Script::new(&damaged))) {
                Ok(words) => {
                    assert_eq!(words, heard(side), "{side:?} {at}");
                    unharmed.push(at);
                }
                Err(error) => {
                    let is_defined = tls_error(&error).is_some() || error.kind() == ErrorKind::UnexpectedEof;
                    assert!(is_defined, "{side:?} {at}: {error}");
                }
            }
        }
        // Nothing authenticates the version in the header of an unprotected record, and RFC 9846 §5.1 has it ignored.
        assert!(unharmed.len() <= 6, "{side:?}: {unharmed:?}");
        assert!(unharmed.iter().all(|&at| is_version(&session, at)), "{side:?}: {unharmed:?}");
    }
}

/// Whether the byte at `at` is a legacy_record_version.
fn is_version(session: &[u8], at: usize) -> bool {
    let mut start = 0;
    while start + 5 <= at {
        start += 5 + usize::from(u16::from_be_bytes([session[start + 3], session[start + 4]]));
    }
    matches!(at.wrapping_sub(start), 1 | 2)
}
