//! Contents of handshake records to messages.

use crate::RecordError;
use alloc::vec::Vec;
use handfast_wire::HandshakeType;
use handfast_wire::message::{HEADER_LEN, header};

/// Puts handshake messages together that records have cut in pieces or joined (RFC 9846 §5.1).
///
/// A message that lies whole in one record is returned where it lies; only the pieces of one that does not are copied
/// here. Its length is judged by the four bytes of its header before anything waits for the rest, so what is held is
/// never more than the caller allows a message of that type to be, and what [`Assembler::keep`] was given.
///
/// ```
/// use handfast_record::{Assembler, RecordError};
///
/// let mut assembler = Assembler::new();
/// let mut messages = Vec::new();
/// for mut fragment in [&[24, 0, 0, 1, 0, 24, 0, 0][..], &[1, 1]] {
///     loop {
///         let assembled = assembler.next(fragment, |_| 16_384)?;
///         fragment = &fragment[assembled.consumed..];
///         let Some(message) = assembled.message else { break };
///         messages.push(message.to_vec());
///     }
/// }
/// assert_eq!(messages, [[24, 0, 0, 1, 0], [24, 0, 0, 1, 1]]);
/// assert!(assembler.is_empty());
/// # Ok::<(), RecordError>(())
/// ```
#[derive(Default)]
pub struct Assembler {
    buffer: Vec<u8>,
    /// How much at the front of `buffer` was returned already. It goes when the next message is asked for, since what was
    /// returned is borrowed until then.
    returned: usize,
}

/// What [`Assembler::next`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assembled<'m> {
    /// How many bytes of the fragment are used up, whether or not there is a message.
    pub consumed: usize,
    /// A whole message with its header. Without one the fragment is used up.
    pub message: Option<&'m [u8]>,
    /// Whether nothing follows the message, neither here nor in the fragment, as must be so where keys change after it
    /// (RFC 9846 §5.1). Without a message it means nothing.
    pub last: bool,
}

impl Assembler {
    /// An assembler that holds nothing.
    pub const fn new() -> Self {
        Self { buffer: Vec::new(), returned: 0 }
    }

    /// The next message, from what is held and then from `fragment`, the content of a handshake record or what the calls
    /// before left of it. `limit` says how long the body of a message may be, in bytes, by its type.
    ///
    /// # Errors
    /// [`RecordError::MessageTooLong`], before anything of the message's body is kept.
    pub fn next<'m>(
        &'m mut self,
        fragment: &'m [u8],
        limit: impl Fn(HandshakeType) -> usize,
    ) -> Result<Assembled<'m>, RecordError> {
        self.forget_returned();
        if self.buffer.is_empty() {
            if let Some(len) = message_len(fragment, &limit)? {
                if let Some(message) = fragment.get(..len) {
                    return Ok(Assembled { consumed: len, message: Some(message), last: len == fragment.len() });
                }
                self.buffer.reserve_exact(len);
            }
            self.buffer.extend_from_slice(fragment);
            return Ok(Assembled { consumed: fragment.len(), message: None, last: true });
        }

        let mut consumed = self.fill(HEADER_LEN, fragment);
        if let Some(len) = message_len(&self.buffer, &limit)? {
            self.buffer.reserve_exact(len.saturating_sub(self.buffer.len()));
            consumed = consumed.saturating_add(self.fill(len, fragment.get(consumed..).unwrap_or_default()));
            if let Some(message) = self.buffer.get(..len) {
                self.returned = len;
                let last = consumed == fragment.len() && self.buffer.len() == len;
                return Ok(Assembled { consumed, message: Some(message), last });
            }
        }
        Ok(Assembled { consumed, message: None, last: true })
    }

    /// Takes over what is left of a record's content when the caller must stop in the middle of it: the input is then used
    /// up, and [`Assembler::next`] finds the rest here. At most one record's content at a time.
    pub fn keep(&mut self, rest: &[u8]) {
        self.buffer.extend_from_slice(rest);
    }

    /// Whether nothing waits here, neither a piece of a message nor what was kept: only then may keys change
    /// (RFC 9846 §5.1) or a record of another type come.
    pub fn is_empty(&self) -> bool {
        self.buffer.len() == self.returned
    }

    /// Gives memory back. What waits here stays.
    pub fn release(&mut self) {
        self.forget_returned();
        self.buffer.shrink_to_fit();
    }

    fn forget_returned(&mut self) {
        self.buffer.drain(..self.returned);
        self.returned = 0;
    }

    /// Takes from `fragment` until `len` bytes are held, and says how many that were.
    fn fill(&mut self, len: usize, fragment: &[u8]) -> usize {
        let missing = len.saturating_sub(self.buffer.len());
        let taken = fragment.get(..missing).unwrap_or(fragment);
        self.buffer.extend_from_slice(taken);
        taken.len()
    }
}

/// The content of messages is left out: tickets are among them.
impl core::fmt::Debug for Assembler {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Assembler({} bytes)", self.buffer.len().saturating_sub(self.returned))
    }
}

/// How long the message at the front of `bytes` is with its header, once that is there.
fn message_len(bytes: &[u8], limit: impl Fn(HandshakeType) -> usize) -> Result<Option<usize>, RecordError> {
    match header(bytes) {
        None => Ok(None),
        Some((ty, body)) if body > limit(ty) => Err(RecordError::MessageTooLong(ty)),
        Some((_, body)) => Ok(body.checked_add(HEADER_LEN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::vec;

    const LIMIT: usize = 300;

    fn message(ty: HandshakeType, body: &[u8]) -> Vec<u8> {
        let [_, high, middle, low] = (body.len() as u32).to_be_bytes();
        [&[ty.0, high, middle, low], body].concat()
    }

    fn flight() -> Vec<Vec<u8>> {
        vec![
            message(HandshakeType::ENCRYPTED_EXTENSIONS, &[0, 0]),
            message(HandshakeType::END_OF_EARLY_DATA, &[]),
            message(HandshakeType::CERTIFICATE, &[7; LIMIT]),
            message(HandshakeType::FINISHED, &[8; 32]),
        ]
    }

    /// Feeds `fragments` and collects what comes out.
    fn feed<'f>(assembler: &mut Assembler, fragments: impl IntoIterator<Item = &'f [u8]>) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        for mut fragment in fragments {
            loop {
                let assembled = assembler.next(fragment, |_| LIMIT).unwrap();
                fragment = &fragment[assembled.consumed..];
                match assembled.message {
                    Some(message) => messages.push(message.to_vec()),
                    None => break,
                }
            }
            assert!(fragment.is_empty());
        }
        messages
    }

    #[test]
    fn a_whole_message_is_returned_where_it_lies() {
        let joined = flight().concat();
        let mut assembler = Assembler::new();
        let mut at = 0;
        for message in flight() {
            let assembled = assembler.next(&joined[at..], |_| LIMIT).unwrap();
            assert!(core::ptr::eq(assembled.message.unwrap(), &joined[at..at + message.len()]));
            at += assembled.consumed;
            assert_eq!(assembler.buffer.capacity(), 0);
        }
        assert_eq!(at, joined.len());
    }

    /// docs/regressions.md row 10: every split into two gives the same messages.
    #[test]
    fn every_split_gives_the_same_messages() {
        let joined = flight().concat();
        for at in 0..=joined.len() {
            let mut assembler = Assembler::new();
            let (head, tail) = joined.split_at(at);
            assert_eq!(feed(&mut assembler, [head, tail]), flight(), "{at}");
            assert!(assembler.is_empty());
        }
    }

    #[test]
    fn every_size_of_fragment_gives_the_same_messages() {
        let joined = flight().concat();
        for size in 1..=joined.len() {
            let mut assembler = Assembler::new();
            assert_eq!(feed(&mut assembler, joined.chunks(size)), flight(), "{size}");
            assert!(assembler.is_empty());
        }
    }

    /// docs/regressions.md row 9: 16 MB are refused by the four bytes that announce them, however these come.
    #[test]
    fn a_length_is_judged_by_the_header_alone() {
        let header = [11, 0xff, 0xff, 0xff];
        for at in 0..=header.len() {
            let mut assembler = Assembler::new();
            let (head, tail) = header.split_at(at);
            let mut feed = |fragment| assembler.next(fragment, |_| LIMIT).map(|_| ());
            assert_eq!(
                feed(head).and_then(|()| feed(tail)),
                Err(RecordError::MessageTooLong(HandshakeType::CERTIFICATE)),
                "{at}"
            );
            assert!(assembler.buffer.capacity() < 64, "{at}");
        }
    }

    /// docs/regressions.md row 9: what is held for a message never exceeds what its type may be.
    #[test]
    fn no_more_is_held_than_the_limit() {
        let message = message(HandshakeType::CERTIFICATE, &[7; LIMIT]);
        let mut assembler = Assembler::new();
        for byte in &message[..message.len() - 1] {
            assert_eq!(feed(&mut assembler, [core::slice::from_ref(byte)]), [[0; 0]; 0]);
            assert!(assembler.buffer.capacity() <= LIMIT + HEADER_LEN);
        }
    }

    #[test]
    fn the_limit_goes_by_type_and_counts_the_body() {
        let limit = |ty| if ty == HandshakeType::FINISHED { 32 } else { 2 };
        for (ty, body, ok) in [
            (HandshakeType::FINISHED, 32, true),
            (HandshakeType::FINISHED, 33, false),
            (HandshakeType::KEY_UPDATE, 2, true),
            (HandshakeType::KEY_UPDATE, 3, false),
            (HandshakeType(99), 3, false),
        ] {
            let message = message(ty, &vec![0; body]);
            let mut assembler = Assembler::new();
            let found = assembler.next(&message, limit);
            assert_eq!(found.map(|_| ()), if ok { Ok(()) } else { Err(RecordError::MessageTooLong(ty)) });
        }
    }

    /// docs/regressions.md rows 7 and 84: a piece of a message shows, from its first byte to its last.
    #[test]
    fn it_is_empty_between_messages_only() {
        let mut assembler = Assembler::new();
        assert!(assembler.is_empty());
        for message in flight() {
            let last = message.len() - 1;
            for at in 0..=last {
                let found = feed(&mut assembler, [&message[at..=at]]);
                assert_eq!((found.len(), assembler.is_empty()), (usize::from(at == last), at == last));
            }
        }
    }

    /// docs/regressions.md row 7: what follows a message in its record shows with the message, however it came, in
    /// pieces, whole, or kept.
    #[test]
    fn a_message_says_whether_it_ends_its_record() {
        let joined = flight().concat();
        for size in 1..=joined.len() {
            for keep in [false, true] {
                let (mut assembler, mut end, mut lengths) =
                    (Assembler::new(), 0, flight().into_iter().map(|m| m.len()));
                for (number, mut fragment) in joined.chunks(size).enumerate() {
                    if keep {
                        assembler.keep(core::mem::take(&mut fragment));
                    }
                    loop {
                        let assembled = assembler.next(fragment, |_| LIMIT).unwrap();
                        fragment = &fragment[assembled.consumed..];
                        if assembled.message.is_none() {
                            break;
                        }
                        end += lengths.next().unwrap();
                        let record_end = joined.len().min((number + 1) * size);
                        assert_eq!(assembled.last, end == record_end, "{size} {keep} {end}");
                    }
                }
                assert_eq!(end, joined.len());
            }
        }
    }

    #[test]
    fn what_is_kept_comes_out_before_anything_else() {
        let joined = flight().concat();
        for at in 0..=joined.len() {
            let mut assembler = Assembler::new();
            assembler.keep(&joined[..at]);
            assert_eq!(assembler.is_empty(), at == 0);
            let mut found = feed(&mut assembler, [&[][..]]);
            found.extend(feed(&mut assembler, [&joined[at..]]));
            assert_eq!(found, flight(), "{at}");
        }
    }

    /// A question can arise from a message that was itself put together here.
    #[test]
    fn keeping_while_a_message_is_borrowed_loses_nothing() {
        let [first, second] = [message(HandshakeType::CERTIFICATE, &[1; 9]), message(HandshakeType::FINISHED, &[2; 9])];
        let mut assembler = Assembler::new();
        assert!(assembler.next(&first[..6], |_| LIMIT).unwrap().message.is_none());
        let rest = [&first[6..], &second].concat();
        let assembled = assembler.next(&rest, |_| LIMIT).unwrap();
        assert_eq!(assembled.message, Some(&first[..]));
        let consumed = assembled.consumed;
        assembler.keep(&rest[consumed..]);
        assert_eq!(feed(&mut assembler, [&[][..]]), [second]);
    }

    #[test]
    fn release_gives_memory_back_and_loses_nothing() {
        let message = message(HandshakeType::CERTIFICATE, &[7; LIMIT]);
        let mut assembler = Assembler::new();
        assert_eq!(feed(&mut assembler, message.chunks(100)), [&message[..]]);
        assembler.release();
        assert_eq!(assembler.buffer.capacity(), 0);
        assembler.keep(&message[..10]);
        assembler.release();
        assert_eq!(feed(&mut assembler, [&message[10..]]), [message]);
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_no_byte() {
        let mut assembler = Assembler::new();
        assembler.keep(&[0xab; 7]);
        assert_eq!(format!("{assembler:?}"), "Assembler(7 bytes)");
    }
}
