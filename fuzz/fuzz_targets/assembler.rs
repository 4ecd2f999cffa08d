//! However a stream of handshake messages is cut, the same messages come out, and no more is held than a message may be.
#![no_main]

use handfast_record::{Assembler, RecordError};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 4096;

fuzz_target!(|data: (Vec<u8>, Vec<u8>)| {
    let (stream, cuts) = data;
    let whole = assemble([stream.as_slice()].into_iter());
    let mut rest = stream.as_slice();
    let mut pieces = Vec::new();
    for cut in cuts {
        let (piece, tail) = rest.split_at(usize::from(cut).min(rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    pieces.push(rest);
    assert_eq!(assemble(pieces.into_iter()), whole);
});

fn assemble<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Option<RecordError>) {
    let (mut assembler, mut messages) = (Assembler::new(), Vec::new());
    for mut piece in pieces {
        loop {
            match assembler.next(piece, |_| LIMIT) {
                Ok(assembled) => {
                    piece = &piece[assembled.consumed..];
                    let Some(message) = assembled.message else { break };
                    assert!(message.len() <= LIMIT + 4);
                    messages.push(message.to_vec());
                }
                Err(error) => return (messages, Some(error)),
            }
        }
    }
    (messages, None)
}
