//! What every adapter must withstand, written once: conversations over transports that stop, start and end at any byte.
//!
//! An adapter under test shows itself as something that reads and writes and may answer `WouldBlock`; an asynchronous one
//! is polled without a runtime for that.

mod early;
mod polled;

use crate::fault::{Deafening, Faults, Faulty, Script};
use crate::pipe::Pipe;
use crate::setup::Setup;
use crate::world::NAME;
use handfast::pki_types::ServerName;
use handfast::{ClientConfig, Error, ServerConfig, Truncated};
pub use polled::{once, polled};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

/// What an adapter is given to stand on.
pub trait Transport: Read + Write + Send + Unpin + 'static {}

impl<S: Read + Write + Send + Unpin + 'static> Transport for S {}

/// An adapter. After `WouldBlock` every call can be repeated.
pub trait Adapter {
    /// Its stream.
    type Stream<S: Transport>: Read + Write;

    /// A client that has not begun its handshake.
    fn client<S: Transport>(config: Arc<ClientConfig>, name: ServerName<'static>, transport: S) -> Self::Stream<S>;

    /// A server that has not begun its handshake.
    fn server<S: Transport>(config: Arc<ServerConfig>, transport: S) -> Self::Stream<S>;

    /// A client that offers a session, and sends this early.
    fn early_client<S: Transport>(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        session: handfast::Session,
        early: &[u8],
        transport: S,
    ) -> Self::Stream<S>;

    /// Reads early data, on a server.
    fn read_early<S: Transport>(stream: &mut Self::Stream<S>, buf: &mut [u8]) -> io::Result<usize>;

    /// Writes as soon as it may, on a server.
    fn write_early<S: Transport>(stream: &mut Self::Stream<S>, data: &[u8]) -> io::Result<usize>;

    /// The sessions that have come, on a client.
    fn sessions<S: Transport>(stream: &mut Self::Stream<S>) -> Vec<handfast::Session>;

    /// Completes the handshake.
    fn handshake<S: Transport>(stream: &mut Self::Stream<S>) -> io::Result<()>;

    /// Sends close_notify.
    fn close<S: Transport>(stream: &mut Self::Stream<S>) -> io::Result<()>;

    /// The engine's part of an error.
    fn error(error: &io::Error) -> Option<&Error>;
}

/// Everything below, over one adapter.
pub fn withstands_everything<A: Adapter>() {
    a_conversation_survives::<A>();
    a_stop_at_every_byte_changes_nothing::<A>();
    the_end_at_every_byte_is_told::<A>();
    an_error_at_every_byte_is_told::<A>();
    a_peer_that_takes_no_more_at_any_byte_is_told::<A>();
    damage_at_every_byte_is_never_heard::<A>();
    pieces_share_records::<A>();
    early::early_data_survives::<A>();
}

const QUESTION: &[u8] = b"what is the answer?";
const ANSWER: &[u8] = b"forty-two";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Client,
    Server,
}

const SIDES: [Side; 2] = [Side::Client, Side::Server];

impl Side {
    /// A side of a new connection, over `transport`. With repeatable randomness it says the same every time, so what its
    /// peer once said fits again.
    fn begin<A: Adapter, S: Transport>(self, transport: S) -> A::Stream<S> {
        let made = Setup::default().make();
        match self {
            Self::Client => A::client(made.client, NAME.try_into().expect("a name"), transport),
            Self::Server => A::server(made.server, transport),
        }
    }

    fn says(self) -> &'static [u8] {
        if self == Self::Client { QUESTION } else { ANSWER }
    }

    fn hears(self) -> &'static [u8] {
        if self == Self::Client { ANSWER } else { QUESTION }
    }
}

/// Everything a side does in a session. What it hears is the result.
fn act<A: Adapter>(side: Side, transport: impl Transport) -> io::Result<Vec<u8>> {
    let mut stream = side.begin::<A, _>(transport);
    patiently(|| A::handshake(&mut stream))?;
    write_patiently(&mut stream, side.says())?;
    patiently(|| A::close(&mut stream))?;
    read_patiently(&mut stream)
}

/// What the client and the server say in a session.
struct Session {
    client: Vec<u8>,
    server: Vec<u8>,
}

impl Session {
    fn record<A: Adapter>() -> Self {
        let (ours, theirs) = Pipe::new();
        let (client_said, server_said) = (ours.tap(), theirs.tap());
        let mut client = Side::Client.begin::<A, _>(ours);
        let mut server = Side::Server.begin::<A, _>(theirs);
        for _ in 0..2 {
            let _ = A::handshake(&mut client);
            let _ = A::handshake(&mut server);
        }
        write_patiently(&mut client, QUESTION).expect("a question");
        patiently(|| A::close(&mut client)).expect("a close");
        write_patiently(&mut server, ANSWER).expect("an answer");
        patiently(|| A::close(&mut server)).expect("a close");
        Self { client: client_said.written(), server: server_said.written() }
    }

    /// What `side` hears.
    fn to(&self, side: Side) -> &[u8] {
        if side == Side::Client { &self.server } else { &self.client }
    }

    /// What `side` says.
    fn from(&self, side: Side) -> &[u8] {
        if side == Side::Client { &self.client } else { &self.server }
    }
}

/// A whole conversation, both ways, does not notice.
fn a_conversation_survives<A: Adapter>() {
    for faults in [
        Faults { read: 1, write: 1, refusal: None },
        Faults { read: 1, write: 1, refusal: Some(ErrorKind::WouldBlock) },
        Faults { read: 1, write: 7, refusal: Some(ErrorKind::Interrupted) },
        Faults { read: 13, write: 1, refusal: Some(ErrorKind::WouldBlock) },
        Faults { read: 5, write: usize::MAX, refusal: Some(ErrorKind::WouldBlock) },
        Faults { read: 16_406, write: 16_405, refusal: Some(ErrorKind::Interrupted) },
        Faults { read: usize::MAX, write: 16_407, refusal: Some(ErrorKind::WouldBlock) },
    ] {
        let (ours, theirs) = Pipe::new();
        let mut client = Side::Client.begin::<A, _>(Faulty::new(ours, faults));
        let mut server = Side::Server.begin::<A, _>(Faulty::new(theirs, faults));
        // Each side gets as far as it can until both are through.
        let mut done = [false; 2];
        for _ in 0..100_000 {
            done = [A::handshake(&mut client), A::handshake(&mut server)].map(|done| match done {
                Err(error) if error.kind() == ErrorKind::WouldBlock => false,
                done => done.map(|()| true).expect("a handshake"),
            });
            if done == [true, true] {
                break;
            }
        }
        assert_eq!(done, [true, true], "{faults:?}");
        let data: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
        tell(&mut client, &mut server, &data, faults);
        tell(&mut server, &mut client, &data[..50_000], faults);
        patiently(|| A::close(&mut client)).expect("a close");
        patiently(|| A::close(&mut server)).expect("a close");
        assert_eq!(patiently(|| client.read(&mut [0; 1])).expect("the end"), 0, "{faults:?}");
        assert_eq!(patiently(|| server.read(&mut [0; 1])).expect("the end"), 0, "{faults:?}");
    }
}

fn tell(from: &mut impl Write, to: &mut impl Read, data: &[u8], faults: Faults) {
    write_patiently(from, data).expect("a transport");
    let mut heard = vec![0; data.len()];
    let mut len = 0;
    while len < heard.len() {
        len += patiently(|| to.read(&mut heard[len..])).expect("data");
    }
    assert!(heard == data, "{faults:?}");
}

fn a_stop_at_every_byte_changes_nothing<A: Adapter>() {
    let session = Session::record::<A>();
    for side in SIDES {
        for refusal in [ErrorKind::WouldBlock, ErrorKind::Interrupted] {
            let faults = Faults { read: 1, write: 1, refusal: Some(refusal) };
            let script = Faulty::new(Script::new(session.to(side), None), faults);
            assert_eq!(act::<A>(side, script).expect("words"), side.hears(), "{side:?} {refusal}");
        }
    }
}

/// docs/regressions.md row 76: the transport ends after every byte but the last.
fn the_end_at_every_byte_is_told<A: Adapter>() {
    let session = Session::record::<A>();
    for side in SIDES {
        let bytes = session.to(side);
        for cut in 0..bytes.len() {
            let script = Script::new(&bytes[..cut], None);
            let error = act::<A>(side, script).expect_err("cut short");
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{side:?} {cut}: {error}");
            assert!(error.get_ref().is_some_and(|inner| inner.is::<Truncated>()), "{side:?} {cut}");
        }
        let whole = Script::new(bytes, None);
        assert_eq!(act::<A>(side, whole).expect("words"), side.hears());
    }
}

fn an_error_at_every_byte_is_told<A: Adapter>() {
    let session = Session::record::<A>();
    for side in SIDES {
        let bytes = session.to(side);
        for cut in 0..bytes.len() {
            let script = Script::new(&bytes[..cut], Some(ErrorKind::ConnectionReset));
            let error = act::<A>(side, script).expect_err("cut short");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{side:?} {cut}: {error}");
        }
    }
}

fn a_peer_that_takes_no_more_at_any_byte_is_told<A: Adapter>() {
    let session = Session::record::<A>();
    for side in SIDES {
        for takes in 0..session.from(side).len() {
            let deaf = Deafening::new(Script::new(session.to(side), None), takes, ErrorKind::BrokenPipe);
            let error = act::<A>(side, deaf).expect_err("cut short");
            assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{side:?} {takes}: {error}");
        }
    }
}

/// Whatever one wrong byte does, the peer's words are either heard as they were said, or an error.
fn damage_at_every_byte_is_never_heard<A: Adapter>() {
    let session = Session::record::<A>();
    for side in SIDES {
        let bytes = session.to(side);
        let mut unharmed = Vec::new();
        for at in 0..bytes.len() {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 0x40;
            match act::<A>(side, Script::new(&damaged, None)) {
                Ok(words) => {
                    assert_eq!(words, side.hears(), "{side:?} {at}");
                    unharmed.push(at);
                }
                Err(error) => {
                    let is_defined = A::error(&error).is_some() || error.kind() == ErrorKind::UnexpectedEof;
                    assert!(is_defined, "{side:?} {at}: {error}");
                }
            }
        }
        // Nothing authenticates the version in the header of an unprotected record, and RFC 9846 §5.1 has it ignored.
        assert!(unharmed.len() <= 6, "{side:?}: {unharmed:?}");
        assert!(unharmed.iter().all(|&at| is_version(bytes, at)), "{side:?}: {unharmed:?}");
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

/// Pieces that are written together share records, and come out in their order.
fn pieces_share_records<A: Adapter>() {
    let (ours, theirs) = Pipe::new();
    let said = ours.tap();
    let mut client = Side::Client.begin::<A, _>(ours);
    let mut server = Side::Server.begin::<A, _>(theirs);
    for _ in 0..2 {
        let _ = A::handshake(&mut client);
        let _ = A::handshake(&mut server);
    }
    let long = vec![b'.'; 70_000];
    for (pieces, expected, records) in [
        (vec![], 0, 0),
        (vec![&b""[..], b""], 0, 0),
        (vec![b"one "], 4, 1),
        (vec![b"", b"one ", b"", b"two ", b"three", b""], 13, 1),
        (vec![&long[..16_380], b"1234", b"5"], 16_385, 2),
        (vec![b"head", &long], 65_536, 4),
    ] {
        let before = said.written().len();
        let slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let written = patiently(|| client.write_vectored(&slices)).expect("a write");
        patiently(|| client.flush()).expect("a flush");
        assert_eq!(written, expected);
        assert_eq!(count_records(&said.written()[before..]), records, "{expected} bytes");
        let mut heard = vec![0; written];
        let mut len = 0;
        while len < written {
            len += patiently(|| server.read(&mut heard[len..])).expect("data");
        }
        assert!(heard == pieces.concat()[..written]);
    }
}

fn count_records(mut bytes: &[u8]) -> usize {
    let mut records = 0;
    while let [_, _, _, high, low, rest @ ..] = bytes {
        bytes = &rest[usize::from(u16::from_be_bytes([*high, *low]))..];
        records += 1;
    }
    records
}

/// Repeats a call until the transport is ready; gives up on one that makes no progress at all.
pub fn patiently<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    for _ in 0..1_000_000 {
        match call() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            done => return done,
        }
    }
    panic!("no progress");
}

/// Writes all of `data`, however often the transport is not ready, and flushes.
pub fn write_patiently(stream: &mut impl Write, mut data: &[u8]) -> io::Result<()> {
    while !data.is_empty() {
        let written = patiently(|| stream.write(data))?;
        data = &data[written..];
    }
    patiently(|| stream.flush())
}

/// Reads to the end, however often the transport is not ready.
pub fn read_patiently(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let mut some = [0; 3_000];
    loop {
        match patiently(|| stream.read(&mut some))? {
            0 => return Ok(all),
            len => all.extend_from_slice(&some[..len]),
        }
    }
}
