//! How bytes arrive.

use crate::random::Seeded;
use handfast_record::{Frame, MAX_CIPHERTEXT, peek};

/// How a stream is cut before it is handed to the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunking {
    /// Byte by byte.
    OneByte,
    /// In pieces of 1 to 700 bytes, the same for the same seed.
    Random(u64),
    /// Record by record.
    Record,
    /// All there is at once.
    Coalesced,
}

impl Chunking {
    /// Every way, the random one with one seed.
    pub const ALL: &'static [Self] = &[Self::OneByte, Self::Random(5), Self::Record, Self::Coalesced];

    /// Cuts `bytes`.
    pub fn cut(self, bytes: &[u8]) -> Vec<&[u8]> {
        let mut rest = bytes;
        let mut pieces = Vec::new();
        let random = Seeded::new(if let Self::Random(seed) = self { seed } else { 0 });
        while !rest.is_empty() {
            let len = match self {
                Self::OneByte => 1,
                Self::Random(_) => 1 + random.below(700),
                Self::Record => match peek(rest, MAX_CIPHERTEXT) {
                    Ok(Frame::Whole { len, .. }) => len,
                    _ => rest.len(),
                },
                Self::Coalesced => rest.len(),
            };
            let (piece, tail) = rest.split_at(len.min(rest.len()));
            pieces.push(piece);
            rest = tail;
        }
        pieces
    }
}
