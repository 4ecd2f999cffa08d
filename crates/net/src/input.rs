//! What has come from the transport.

use handfast::Event;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// One buffer for what is read: plaintext that waits for the application, and behind it records that are not open yet.
///
/// ```text
///  0          plain                    sealed          bytes.len()
///  ├─────────╆━━━━━━━╅────────────────╆━━━━━━━━━━━━━━━╅────────────┤
///   given     plaintext  tag, header   not consumed     room
/// ```
///
/// Records are opened where they lie and read from there, so plaintext is copied once, into the application's buffer.
#[derive(Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    plain: Range<usize>,
    sealed: Range<usize>,
    ended: bool,
    total: u64,
}

/// The room that the first read makes, in bytes: the longest record (5 + 2^14 + 256, RFC 9846 §5.2), and a little of the
/// next one. It grows only if the engine asks for more, which it does within its own limit on a record's length.
const ROOM: usize = 17 * 1024;

impl Input {
    /// What was there before.
    pub(crate) fn new(plain: Vec<u8>, sealed: &[u8]) -> Self {
        let (middle, mut bytes) = (plain.len(), plain);
        bytes.extend_from_slice(sealed);
        Self { plain: 0..middle, sealed: middle..bytes.len(), bytes, ..Self::default() }
    }

    /// The plaintext that waits.
    pub(crate) fn plain(&self) -> &[u8] {
        self.bytes.get(self.plain.clone()).unwrap_or_default()
    }

    /// `len` bytes of the plaintext were taken.
    pub(crate) fn take(&mut self, len: usize) {
        self.plain.start = self.plain.start.saturating_add(len).min(self.plain.end);
    }

    /// The bytes that are not consumed, for the engine.
    pub(crate) fn sealed(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.sealed.clone()).unwrap_or_default()
    }

    /// The engine has consumed so many bytes, and found plaintext at `data`, counted from the first of them.
    pub(crate) fn consume(&mut self, len: usize, data: Option<Range<usize>>) {
        let start = self.sealed.start;
        if let Some(data) = data {
            self.plain = start.saturating_add(data.start)..start.saturating_add(data.end);
        }
        self.sealed.start = start.saturating_add(len).min(self.sealed.end);
    }

    /// Reads once, after making room for `at_least` bytes that are not consumed. Says whether anything came; nothing ever
    /// does after the transport's end. The plaintext must have been taken.
    pub(crate) fn fill(&mut self, io: &mut impl Read, at_least: usize) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let have = self.sealed.len();
        let need = at_least.max(have.saturating_add(1));
        if self.bytes.len() < self.sealed.start.saturating_add(need) {
            self.bytes.copy_within(self.sealed.clone(), 0);
            self.sealed = 0..have;
            self.plain = 0..0;
            self.bytes.resize(need.max(ROOM).max(self.bytes.len()), 0);
        }
        let room = self.bytes.get_mut(self.sealed.end..).unwrap_or_default();
        let most = room.len();
        let came = loop {
            match io.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A transport that claims more than it was given room for is wrong, and must not be believed.
                read => break read?.min(most),
            }
        };
        self.sealed.end = self.sealed.end.saturating_add(came);
        self.total = self.total.saturating_add(came as u64);
        self.ended = came == 0;
        Ok(!self.ended)
    }

    /// How many bytes the transport has given.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }
}

/// An event, free of the buffer it lay in.
pub(crate) enum Seen {
    NeedInput(usize),
    NeedAnswer,
    Question(handfast::Question),
    Connected,
    /// Where the plaintext lies, counted from the first byte that was not consumed.
    Data(Range<usize>),
    /// The same for early data.
    EarlyData(Range<usize>),
    MaySend,
    Closed,
    Session(handfast::Session),
    #[cfg(feature = "legacy")]
    Renegotiated,
    /// Something an adapter has nothing to do for.
    Other,
}

impl Seen {
    /// Where its plaintext lies, if it is data.
    pub(crate) fn data(&self) -> Option<Range<usize>> {
        match self {
            Self::Data(at) => Some(at.clone()),
            _ => None,
        }
    }
}

impl From<Event<'_>> for Seen {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::NeedInput { at_least } => Self::NeedInput(at_least),
            Event::NeedAnswer => Self::NeedAnswer,
            Event::Question(question) => Self::Question(question),
            Event::Connected => Self::Connected,
            Event::Data { at, bytes } => Self::Data(at..at.saturating_add(bytes.len())),
            Event::EarlyData { at, bytes } => Self::EarlyData(at..at.saturating_add(bytes.len())),
            Event::MaySend(_) => Self::MaySend,
            Event::Closed => Self::Closed,
            Event::Session(session) => Self::Session(session),
            #[cfg(feature = "legacy")]
            Event::Renegotiated => Self::Renegotiated,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in pieces of `piece`, and claims `lie` more than it gave.
    struct Pieces<'a> {
        bytes: &'a [u8],
        piece: usize,
        lie: usize,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let (now, rest) = self.bytes.split_at(self.piece.min(self.bytes.len()).min(buf.len()));
            buf[..now.len()].copy_from_slice(now);
            self.bytes = rest;
            Ok(now.len() + self.lie)
        }
    }

    #[test]
    fn what_is_not_consumed_survives_every_move() {
        let stream: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
        let mut io = Pieces { bytes: &stream, piece: 9_000, lie: 0 };
        let mut input = Input::default();
        let (mut seen, mut at_least) = (Vec::new(), 1);
        while input.fill(&mut io, at_least).unwrap() {
            // Always leaves three bytes, so that they move when the room runs out.
            let len = input.sealed().len() - 3;
            let bytes = input.sealed()[..len].to_vec();
            seen.extend_from_slice(&bytes);
            input.consume(len, None);
            at_least = 16_645;
        }
        seen.extend_from_slice(input.sealed());
        assert_eq!(seen, stream);
        assert_eq!(input.total(), 100_000);
        assert!(input.bytes.len() <= ROOM, "grew to {}", input.bytes.len());
    }

    #[test]
    fn room_grows_to_what_is_asked_for() {
        let stream = vec![7; 40_000];
        let mut input = Input::default();
        let mut io = Pieces { bytes: &stream, piece: usize::MAX, lie: 0 };
        assert!(input.fill(&mut io, 5).unwrap());
        assert_eq!(input.sealed().len(), ROOM);
        assert!(input.fill(&mut io, 30_000).unwrap());
        assert_eq!(input.sealed(), &stream[..30_000]);
    }

    #[test]
    fn a_transport_that_lies_is_not_believed() {
        let mut input = Input::default();
        let mut io = Pieces { bytes: &[1, 2, 3], piece: 3, lie: usize::MAX / 2 };
        assert!(input.fill(&mut io, 5).unwrap());
        assert_eq!(input.sealed().len(), ROOM);
    }

    #[test]
    fn the_end_is_for_ever() {
        let mut input = Input::default();
        assert!(!input.fill(&mut Pieces { bytes: &[], piece: 1, lie: 0 }, 5).unwrap());
        assert!(!input.fill(&mut Pieces { bytes: &[1], piece: 1, lie: 0 }, 5).unwrap());
    }

    #[test]
    fn plaintext_is_taken_from_where_it_lies() {
        let mut input = Input::default();
        assert!(input.fill(&mut Pieces { bytes: b"12345HELLO6789012345WORLD67890", piece: 64, lie: 0 }, 5).unwrap());
        for word in [b"HELLO", b"WORLD"] {
            input.consume(15, Some(5..10));
            assert_eq!(input.plain(), word);
            input.take(2);
            assert_eq!(input.plain(), &word[2..]);
            input.take(usize::MAX);
            assert_eq!(input.plain(), b"");
        }
        assert_eq!(input.sealed(), b"");
    }
}
