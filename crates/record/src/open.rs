//! Received records to content.

use crate::frame::{HEADER_LEN, MAX_PLAINTEXT, is_tls};
use crate::protection::Protection;
use crate::{Header, RecordError};
use handfast_crypto::RecordKeys;
use handfast_wire::ContentType;
use subtle::{ConditionallySelectable, ConstantTimeEq};

/// Opens the records of one direction, in the order in which they were sent.
///
/// It starts without keys and returns records as they are. Under keys of TLS 1.2 every record is protected, whatever its
/// type, and what is decrypted is its content. Under those of TLS 1.3 what is decrypted has this form:
///
/// ```text
/// content   0..16384
/// type      1          what the content is; never zero
/// zeros     0..16384   padding
/// ```
///
/// RFC 9846 §5.2, `TLSInnerPlaintext`.
#[derive(Debug)]
pub struct Opener {
    protection: Option<Protection>,
    limit: usize,
}

impl Opener {
    /// An opener without keys.
    pub const fn new() -> Self {
        Self { protection: None, limit: MAX_PLAINTEXT }
    }

    /// From here on records are protected under `keys`, and their numbers count from zero again (RFC 9846 §5.3,
    /// RFC 5246 §6.1).
    pub fn install(&mut self, keys: RecordKeys) {
        self.protection = Some(Protection::new(keys));
    }

    /// From here on the content of a protected record may be `content` bytes long and no longer.
    ///
    /// `content` does not count the content type. The `record_size_limit` of TLS 1.3 counts it and the padding, and the
    /// two together may not be longer than that either: whoever announced n gives n - 1 here (RFC 8449 §4).
    pub fn limit(&mut self, content: usize) {
        self.limit = content.min(MAX_PLAINTEXT);
    }

    /// The longest fragment the next record may have, in bytes: what [`peek`](crate::peek) wants to know.
    pub const fn max_length(&self) -> usize {
        match &self.protection {
            Some(protection) => protection.max_fragment(),
            None => MAX_PLAINTEXT,
        }
    }

    /// Whether there are keys.
    pub const fn is_protected(&self) -> bool {
        self.protection.is_some()
    }

    /// The number of the next protected record under the current keys; 0 without keys.
    pub fn sequence(&self) -> u64 {
        self.protection.as_ref().map_or(0, |protection| protection.sequence)
    }

    /// Opens `record`, one whole record with its header, where it lies.
    ///
    /// Once there are keys of TLS 1.3, change_cipher_spec and alert records may still come without protection, from a
    /// peer that has none yet or keeps a middlebox happy. They are returned as they are, with [`Opened::protected`]
    /// false; when they are in order is a matter of the handshake's state, so the caller decides. So it does about a
    /// change_cipher_spec record that is protected, as in a renegotiation of TLS 1.2.
    ///
    /// # Errors
    /// After [`RecordError::OpenFailed`] the fragment is wiped and the opener goes on, for the sake of refused early data
    /// (RFC 9846 §4.3.10); in any other case it is fatal, like every other error. Nothing tells why the record did not
    /// open, be it for its length, its padding or its MAC (RFC 5246 §7.2.2).
    pub fn open<'b>(&mut self, record: &'b mut [u8]) -> Result<Opened<'b>, RecordError> {
        let (header, fragment) = record.split_first_chunk_mut::<HEADER_LEN>().ok_or(RecordError::NotOneRecord)?;
        let header = Header::read(*header);
        if fragment.len() != usize::from(header.length) {
            return Err(RecordError::NotOneRecord);
        }
        if !is_tls(header.content_type) {
            return Err(RecordError::UnknownContentType(header.content_type.0));
        }
        let opened = match (&mut self.protection, header.content_type) {
            (Some(protection), content_type)
                if content_type == ContentType::APPLICATION_DATA || !protection.hides_type() =>
            {
                open_protected(protection, header, fragment, self.limit)?
            }
            (Some(_), ContentType::HANDSHAKE) => return Err(RecordError::Unprotected(ContentType::HANDSHAKE)),
            (_, content_type) => open_plain(content_type, fragment)?,
        };
        // RFC 9846 §5.1, §5.4: only application data may be empty. An empty change_cipher_spec is malformed whatever
        // else it is, and the caller looks at its one byte anyway.
        match opened.content_type {
            ContentType::HANDSHAKE | ContentType::ALERT if opened.bytes.is_empty() => {
                Err(RecordError::Empty(opened.content_type))
            }
            _ => Ok(opened),
        }
    }
}

impl Default for Opener {
    fn default() -> Self {
        Self::new()
    }
}

/// The content of a record.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened<'b> {
    /// What the content is: for a protected record of TLS 1.3 the type inside.
    pub content_type: ContentType,
    /// Where the content begins in the record, in bytes, so that a caller who owns the buffer can find it there later.
    pub at: usize,
    /// The content, where it was decrypted.
    pub bytes: &'b mut [u8],
    /// Whether the record was protected.
    pub protected: bool,
}

fn open_plain(content_type: ContentType, bytes: &mut [u8]) -> Result<Opened<'_>, RecordError> {
    if bytes.len() > MAX_PLAINTEXT {
        return Err(RecordError::Overflow);
    }
    Ok(Opened { content_type, at: HEADER_LEN, bytes, protected: false })
}

fn open_protected<'b>(
    protection: &mut Protection,
    header: Header,
    fragment: &'b mut [u8],
    limit: usize,
) -> Result<Opened<'b>, RecordError> {
    if fragment.len() > protection.max_fragment() {
        return Err(RecordError::Overflow);
    }
    let at = protection.prefix_len().saturating_add(HEADER_LEN);
    let hides_type = protection.hides_type();
    // The limit is judged after decryption: a refused early-data record can be longer than what was announced after it.
    let inner = protection.open(header, fragment)?;
    if inner.len() > limit.saturating_add(usize::from(hides_type)) {
        return Err(RecordError::PlaintextOverflow);
    }
    if !hides_type {
        return Ok(Opened { content_type: header.content_type, at, bytes: inner, protected: true });
    }
    let (len, content_type) = last_non_zero(inner).ok_or(RecordError::NoContentType)?;
    let content_type = ContentType(content_type);
    if !is_tls(content_type) {
        return Err(RecordError::UnknownContentType(content_type.0));
    }
    if content_type == ContentType::CHANGE_CIPHER_SPEC {
        return Err(RecordError::ProtectedChangeCipherSpec);
    }
    let bytes = inner.get_mut(..len).unwrap_or_default();
    Ok(Opened { content_type, at, bytes, protected: true })
}

/// Where the last byte that is not zero stands, and which it is (RFC 9846 §5.4).
///
/// A search from the end would take longer the more padding there is, which is what the padding hides. Where there is any,
/// this looks at every byte, and takes its time by the length of the record alone.
fn last_non_zero(bytes: &[u8]) -> Option<(usize, u8)> {
    if let Some((&byte @ 1.., before)) = bytes.split_last() {
        return Some((before.len(), byte));
    }
    let (mut at, mut rest) = (0_usize, bytes);
    for size in [1024, 32, 1] {
        let start = last_block(rest, size);
        at = at.checked_add(start)?;
        rest = rest.get(start..)?;
        rest = rest.get(..size).unwrap_or(rest);
    }
    rest.first().filter(|&&byte| byte != 0).map(|&byte| (at, byte))
}

/// Where the last block of `size` bytes that has one other than zero begins; 0 when there is none.
fn last_block(bytes: &[u8], size: usize) -> usize {
    let mut last = 0_u64;
    for (start, block) in (0..).step_by(size).zip(bytes.chunks(size)) {
        let any = block.iter().fold(0, |all, byte| all | byte);
        last.conditional_assign(&start, !any.ct_eq(&0));
    }
    last as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sealer;
    use crate::frame::MAX_CIPHERTEXT;
    use crate::tests::{ALGORITHMS, Glass, forge, gcm, keys};
    use std::vec;
    use std::vec::Vec;

    const HANDSHAKE: u8 = 22;
    const DATA: u8 = 23;

    fn opener() -> Opener {
        let mut opener = Opener::new();
        opener.install(gcm());
        opener
    }

    /// `content`, its type, and `padding` zeros.
    fn inner(content: &[u8], content_type: u8, padding: usize) -> Vec<u8> {
        [content, &[content_type], &vec![0; padding]].concat()
    }

    #[track_caller]
    fn assert_opens(record: &mut [u8], opener: &mut Opener, content_type: ContentType, content: &[u8]) {
        let opened = opener.open(record).unwrap();
        assert_eq!((opened.content_type, opened.at, &*opened.bytes), (content_type, 5, content));
    }

    #[test]
    fn without_keys_a_record_is_its_content() {
        let mut opener = Opener::new();
        for content_type in [ContentType::HANDSHAKE, ContentType::ALERT, ContentType::APPLICATION_DATA] {
            let mut record = [content_type.0, 3, 1, 0, 2, 7, 8];
            let opened = opener.open(&mut record).unwrap();
            assert!(!opened.protected);
            assert_opens(&mut record, &mut opener, content_type, &[7, 8]);
        }
        assert_eq!(opener.sequence(), 0);
    }

    #[test]
    fn what_is_sealed_opens_under_every_algorithm() {
        for algorithm in ALGORITHMS {
            let (mut sealer, mut opener) = (Sealer::new(), Opener::new());
            sealer.install(keys(algorithm));
            opener.install(keys(algorithm));
            for number in 0..3 {
                assert_eq!((sealer.sequence(), opener.sequence()), (number, number));
                let mut record = Vec::new();
                sealer.seal(ContentType::HANDSHAKE, b"message", &mut record).unwrap();
                assert_eq!(record[..3], [DATA, 3, 3]);
                assert!(!record.windows(7).any(|window| window == b"message"));
                let opened = opener.open(&mut record).unwrap();
                assert!(opened.protected);
                assert_eq!((opened.content_type, &*opened.bytes), (ContentType::HANDSHAKE, &b"message"[..]));
            }
        }
    }

    #[test]
    fn the_version_is_ignored() {
        let mut opener = Opener::new();
        assert!(opener.open(&mut [22, 0xff, 0xff, 0, 1, 0]).is_ok());
    }

    #[test]
    fn records_open_once_and_in_order() {
        let mut sealer = Sealer::new();
        sealer.install(gcm());
        let mut records = [Vec::new(), Vec::new()];
        for record in &mut records {
            sealer.seal(ContentType::APPLICATION_DATA, b"data", record).unwrap();
        }
        let open = |opener: &mut Opener, record: &[u8]| opener.open(&mut record.to_vec()).map(|_| ());
        let mut opener = opener();
        assert_eq!(open(&mut opener, &records[1]), Err(RecordError::OpenFailed));
        assert_eq!(open(&mut opener, &records[0]), Ok(()));
        assert_eq!(open(&mut opener, &records[0]), Err(RecordError::OpenFailed));
        assert_eq!(open(&mut opener, &records[1]), Ok(()));
        opener.install(gcm());
        assert_eq!(opener.sequence(), 0);
        assert_eq!(open(&mut opener, &records[0]), Ok(()));
    }

    /// docs/regressions.md row 51: one changed bit anywhere, and nothing of the content is left to see.
    #[test]
    fn a_changed_bit_anywhere_fails_and_wipes() {
        let good = forge(&inner(b"a secret", DATA, 3));
        let tag = good.len() - 16;
        // The type and the length of the header are checked before decryption; its version is only authenticated.
        for bit in (8..24).chain(5 * 8..good.len() * 8) {
            let mut record = good.clone();
            record[bit / 8] ^= 1 << (bit % 8);
            let mut opener = opener();
            assert_eq!(opener.open(&mut record), Err(RecordError::OpenFailed), "{bit}");
            assert!(record[5..tag].iter().all(|&byte| byte == 0), "{bit}");
            // RFC 9846 §4.3.10: the opener goes on, with the same number.
            assert_opens(&mut good.clone(), &mut opener, ContentType::APPLICATION_DATA, b"a secret");
        }
    }

    /// docs/regressions.md row 51: also with a cipher that leaves its plaintext behind.
    #[test]
    fn a_leaky_cipher_is_wiped_after() {
        let mut opener = Opener::new();
        opener.install(Glass::default().keys());
        let mut record = forge(&inner(b"a secret", DATA, 0));
        let tag = record.len() - 16;
        assert_eq!(opener.open(&mut record), Err(RecordError::OpenFailed));
        assert_eq!(record[5..tag], [0; 9]);
    }

    #[test]
    fn a_fragment_shorter_than_a_tag_does_not_decrypt() {
        for len in 0..16 {
            let mut record = vec![DATA, 3, 3, 0, len];
            record.resize(5 + usize::from(len), 0);
            assert_eq!(opener().open(&mut record), Err(RecordError::OpenFailed), "{len}");
        }
    }

    #[test]
    fn the_type_is_the_last_byte_that_is_not_zero() {
        for padding in [0, 1, 62, 63, 64, 65, 1000, 16_376] {
            let mut record = forge(&inner(b"content\0", DATA, padding));
            assert_opens(&mut record, &mut opener(), ContentType::APPLICATION_DATA, b"content\0");
            let mut record = forge(&inner(&[], DATA, padding));
            assert_opens(&mut record, &mut opener(), ContentType::APPLICATION_DATA, b"");
        }
    }

    #[test]
    fn all_padding_has_no_content_type() {
        for len in [0, 1, 64, 100, MAX_PLAINTEXT + 1] {
            assert_eq!(opener().open(&mut forge(&vec![0; len])), Err(RecordError::NoContentType), "{len}");
        }
    }

    #[test]
    fn types_that_may_not_be_inside_are_refused() {
        for content_type in 1..=u8::MAX {
            let expected = match content_type {
                20 => Some(RecordError::ProtectedChangeCipherSpec),
                21..=23 => None,
                _ => Some(RecordError::UnknownContentType(content_type)),
            };
            assert_eq!(opener().open(&mut forge(&[1, content_type])).err(), expected);
        }
    }

    /// docs/regressions.md row 11: with and without protection, whatever the padding.
    #[test]
    fn only_application_data_may_be_empty() {
        for (content_type, ok) in [(21, false), (22, false), (23, true)] {
            for padding in [0, 5] {
                let expected = if ok { None } else { Some(RecordError::Empty(ContentType(content_type))) };
                assert_eq!(opener().open(&mut forge(&inner(&[], content_type, padding))).err(), expected);
            }
            let found = Opener::new().open(&mut [content_type, 3, 3, 0, 0]).err();
            assert_eq!(found.is_none(), ok);
        }
    }

    #[test]
    fn the_content_is_limited_with_its_padding() {
        let whole = MAX_PLAINTEXT;
        for (limit, content, padding, ok) in [
            (whole, whole, 0, true),
            (whole, whole + 1, 0, false),
            (whole, whole, 1, false),
            (whole, 1, whole - 1, true),
            (whole, 1, whole, false),
            (63, 63, 0, true),
            (63, 64, 0, false),
            (63, 0, 63, true),
            (63, 0, 64, false),
            (usize::MAX, whole + 1, 0, false),
        ] {
            let mut opener = opener();
            opener.limit(limit);
            let found = opener.open(&mut forge(&inner(&vec![1; content], DATA, padding))).err();
            let expected = if ok { None } else { Some(RecordError::PlaintextOverflow) };
            assert_eq!(found, expected, "{limit} {content} {padding}");
        }
    }

    #[test]
    fn fragments_are_limited() {
        let record = |content_type: u8, len: usize| {
            let [high, low] = (len as u16).to_be_bytes();
            [&[content_type, 3, 3, high, low], &vec![1; len][..]].concat()
        };
        assert!(Opener::new().open(&mut record(HANDSHAKE, MAX_PLAINTEXT)).is_ok());
        assert_eq!(Opener::new().open(&mut record(HANDSHAKE, MAX_PLAINTEXT + 1)), Err(RecordError::Overflow));
        assert_eq!(opener().open(&mut record(DATA, MAX_CIPHERTEXT)), Err(RecordError::OpenFailed));
        assert_eq!(opener().open(&mut record(DATA, MAX_CIPHERTEXT + 1)), Err(RecordError::Overflow));
        assert_eq!((Opener::new().max_length(), opener().max_length()), (MAX_PLAINTEXT, MAX_CIPHERTEXT));
    }

    /// docs/regressions.md row 83: with keys, the caller can tell an alert in the clear from a protected one.
    #[test]
    fn unprotected_records_among_protected_ones() {
        for (content_type, passes) in [(20, true), (21, true), (22, false)] {
            let mut record = [content_type, 3, 3, 0, 1, 1];
            let mut opener = opener();
            match opener.open(&mut record) {
                Ok(opened) => assert!(passes && !opened.protected && opened.bytes == [1]),
                Err(error) => assert!(!passes && error == RecordError::Unprotected(ContentType(content_type))),
            }
            assert_eq!(opener.sequence(), 0);
        }
    }

    /// docs/regressions.md row 1.
    #[test]
    fn what_is_not_exactly_one_record_is_refused() {
        let mut opener = Opener::new();
        let whole = [22, 3, 3, 0, 2, 1, 2, 3];
        for len in (0..=whole.len()).filter(|&len| len != 7) {
            assert_eq!(opener.open(&mut { whole }[..len]), Err(RecordError::NotOneRecord), "{len}");
        }
        assert_eq!(opener.open(&mut [24, 3, 3, 0, 0]), Err(RecordError::UnknownContentType(24)));
    }

    /// docs/regressions.md row 50.
    #[test]
    fn the_last_number_is_a_hard_stop() {
        let mut opener = opener();
        opener.protection.as_mut().unwrap().sequence = u64::MAX;
        assert_eq!(opener.open(&mut forge(&[1, DATA])), Err(RecordError::SequenceExhausted));
    }

    #[test]
    fn the_last_byte_that_is_not_zero_is_found_wherever_it_is() {
        for len in [0, 1, 31, 32, 33, 64, 1023, 1024, 1025, 2100] {
            for at in 0..len {
                let mut bytes = vec![0; len];
                bytes[at] = 9;
                assert_eq!(last_non_zero(&bytes), Some((at, 9)));
                bytes[..at].fill(5);
                assert_eq!(last_non_zero(&bytes), Some((at, 9)));
            }
            assert_eq!(last_non_zero(&vec![0; len]), None);
        }
    }
}
