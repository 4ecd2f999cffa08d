//! Content to records.

use crate::frame::{HEADER_LEN, MAX_PLAINTEXT};
use crate::protection::Protection;
use crate::{Header, RecordError, RecordWriter};
use alloc::vec::Vec;
use handfast_crypto::RecordKeys;
use handfast_wire::{ContentType, ProtocolVersion};
use zeroize::Zeroize;

/// Makes the records of one direction.
///
/// It starts without keys, when content goes out as it is, and appends to the caller's buffer whole records and nothing
/// else: after an error the buffer is as it was before the call.
#[derive(Debug)]
pub struct Sealer {
    protection: Option<Protection>,
    version: ProtocolVersion,
    max_fragment: usize,
    limit: usize,
    padding: Padding,
    max_records: u64,
}

/// How much longer than its content a protected record is made (RFC 9846 §5.4). Under keys of TLS 1.2 nothing is padded.
///
/// No record becomes longer than [`Sealer::fragment`] and [`Sealer::limit`] allow; where the policy asks for more, it
/// gets as much as there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// Not at all.
    #[default]
    None,
    /// Up to the next multiple of so many bytes, of content and content type together. 0 and 1 are no padding.
    ToMultiple(u16),
    /// As long as a record can be, so that all are of one length.
    Full,
}

impl Padding {
    /// How long `inner` bytes become when at most `most` fit.
    fn padded(self, inner: usize, most: usize) -> usize {
        let wanted = match self {
            Self::None => inner,
            Self::ToMultiple(multiple) => inner.checked_next_multiple_of(usize::from(multiple)).unwrap_or(inner),
            Self::Full => most,
        };
        wanted.min(most).max(inner)
    }
}

impl Sealer {
    /// A sealer without keys.
    pub const fn new() -> Self {
        Self {
            protection: None,
            version: ProtocolVersion::TLS1_2,
            max_fragment: MAX_PLAINTEXT,
            limit: MAX_PLAINTEXT,
            padding: Padding::None,
            max_records: u64::MAX,
        }
    }

    /// From here on records are protected under `keys`, and their numbers count from zero again (RFC 9846 §5.3,
    /// RFC 5246 §6.1).
    pub fn install(&mut self, keys: RecordKeys) {
        self.protection = Some(Protection::new(keys));
    }

    /// From here on records are not protected: a HelloRetryRequest has put an end to early data (RFC 9846 §4.2.4).
    pub fn unprotect(&mut self) {
        self.protection = None;
    }

    /// What unprotected records say in `legacy_record_version`: [`ProtocolVersion::TLS1_2`], and for a first ClientHello
    /// better [`ProtocolVersion::TLS1_0`] (RFC 9846 §5.1). Protected records always say TLS 1.2.
    pub fn stamp(&mut self, version: ProtocolVersion) {
        self.version = version;
    }

    /// How many bytes of content go into one record, 1 to [`MAX_PLAINTEXT`]; what is outside is cut to that.
    pub fn fragment(&mut self, content: usize) {
        self.max_fragment = content.clamp(1, MAX_PLAINTEXT);
    }

    /// How many bytes of content the peer takes in one protected record, 1 to [`MAX_PLAINTEXT`].
    ///
    /// `content` does not count the content type. The `record_size_limit` of TLS 1.3 counts it and the padding: from a peer
    /// that announced n, n - 1 comes here (RFC 8449 §4).
    pub fn limit(&mut self, content: usize) {
        self.limit = content.clamp(1, MAX_PLAINTEXT);
    }

    /// How protected records are padded.
    pub fn pad(&mut self, padding: Padding) {
        self.padding = padding;
    }

    /// Asks for new keys after `records`, where that is sooner than the algorithm's limit (RFC 9846 §5.5).
    pub fn rekey_after(&mut self, records: u64) {
        self.max_records = records;
    }

    /// Whether there are keys.
    pub const fn is_protected(&self) -> bool {
        self.protection.is_some()
    }

    /// The number of the next protected record under the current keys; 0 without keys.
    pub fn sequence(&self) -> u64 {
        self.protection.as_ref().map_or(0, |protection| protection.sequence)
    }

    /// How many records may still be sealed under the current keys, by the algorithm's limit and
    /// [`Sealer::rekey_after`]; [`u64::MAX`] without keys.
    ///
    /// The caller changes keys before it is 0. Sealing goes on all the same, for the message that announces the change is
    /// sealed as well: the limits leave room for far more than that.
    pub fn records_left(&self) -> u64 {
        self.protection.as_ref().map_or(u64::MAX, |protection| {
            protection.record_limit().min(self.max_records).saturating_sub(protection.sequence)
        })
    }

    /// Whether it is time for new keys.
    pub fn wants_rekey(&self) -> bool {
        self.records_left() == 0
    }

    /// Appends the records that carry `payload`: as few as the limits allow, and one when application data is empty.
    ///
    /// An alert is never split (RFC 9846 §5.1). change_cipher_spec is never protected in TLS 1.3 (RFC 9846 §5); under keys
    /// of TLS 1.2 it is, like every record.
    ///
    /// # Errors
    /// [`RecordError::Empty`] for any other type without content, [`RecordError::NoKeys`] for application data before
    /// there are keys, [`RecordError::SequenceExhausted`], and what makes the cipher fail. Nothing is appended then.
    pub fn seal(&mut self, content_type: ContentType, payload: &[u8], out: &mut Vec<u8>) -> Result<(), RecordError> {
        if payload.is_empty() && content_type != ContentType::APPLICATION_DATA {
            return Err(RecordError::Empty(content_type));
        }
        let most = match content_type {
            ContentType::ALERT => MAX_PLAINTEXT,
            _ => self.max_content(),
        };
        let (first, rest) = payload.split_at_checked(most).unwrap_or((payload, &[]));
        let chunks = || core::iter::once(first).chain(rest.chunks(most));
        out.reserve(chunks().map(|chunk| self.record_len(chunk.len())).sum());
        let start = out.len();
        let sealed = chunks().try_for_each(|chunk| self.seal_one(content_type, chunk, out));
        if sealed.is_err() {
            wipe(out, start);
        }
        sealed
    }

    /// Begins an application data record whose content the caller writes straight into `out`.
    pub fn writer<'s, 'o>(&'s mut self, out: &'o mut Vec<u8>) -> RecordWriter<'s, 'o> {
        RecordWriter::new(self, out)
    }

    /// How many bytes of content the next record may carry.
    pub fn max_content(&self) -> usize {
        // RFC 8449 §4: the peer's limit is one on protected records only.
        if self.is_protected() { self.max_fragment.min(self.limit) } else { self.max_fragment }
    }

    /// How long a record with `content` bytes becomes, header included.
    pub(crate) fn record_len(&self, content: usize) -> usize {
        let fragment = match &self.protection {
            Some(protection) => protection.fragment_len(self.inner_len(content)),
            None => content,
        };
        fragment.saturating_add(HEADER_LEN)
    }

    /// How many bytes of the next record stand in front of its content.
    pub(crate) fn head_len(&self) -> usize {
        self.protection.as_ref().map_or(0, Protection::prefix_len).saturating_add(HEADER_LEN)
    }

    /// How long what is protected becomes: content, and where the type is hidden also type and padding.
    fn inner_len(&self, content: usize) -> usize {
        if !self.protection.as_ref().is_some_and(Protection::hides_type) {
            return content;
        }
        self.padding.padded(content.saturating_add(1), self.max_content().saturating_add(1))
    }

    fn seal_one(&mut self, content_type: ContentType, content: &[u8], out: &mut Vec<u8>) -> Result<(), RecordError> {
        let inner_len = self.inner_len(content.len());
        match &mut self.protection {
            Some(protection) if content_type != ContentType::CHANGE_CIPHER_SPEC || !protection.hides_type() => {
                let header = protection.header(content_type, inner_len)?;
                out.extend_from_slice(&header.bytes());
                if !protection.hides_type() {
                    return protection.seal(header, &[content], out);
                }
                if inner_len == content.len().saturating_add(1) {
                    return protection.seal(header, &[content, &[content_type.0]], out);
                }
                let start = out.len().saturating_sub(HEADER_LEN);
                out.extend_from_slice(content);
                self.seal_in_place(content_type, out, start)
            }
            None if content_type == ContentType::APPLICATION_DATA => Err(RecordError::NoKeys),
            Some(_) | None => {
                let length = u16::try_from(content.len()).map_err(|_| RecordError::PlaintextOverflow)?;
                out.extend_from_slice(&Header { content_type, version: self.version, length }.bytes());
                out.extend_from_slice(content);
                Ok(())
            }
        }
    }

    /// Makes a record of what lies in `out` from `start` on: room for [`Sealer::head_len`] bytes, then content.
    pub(crate) fn seal_in_place(
        &mut self,
        content_type: ContentType,
        out: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), RecordError> {
        let content_at = start.saturating_add(self.head_len());
        let inner_len = self.inner_len(out.len().saturating_sub(content_at));
        let protection = self.protection.as_mut().ok_or(RecordError::NoKeys)?;
        let header = protection.header(content_type, inner_len)?;
        if protection.hides_type() {
            out.push(content_type.0);
            out.resize(content_at.saturating_add(inner_len), 0);
        }
        if let Some(room) = out.get_mut(start..start.saturating_add(HEADER_LEN)) {
            room.copy_from_slice(&header.bytes());
        }
        protection.seal_in_place(header, out, start)
    }
}

impl Default for Sealer {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes back what was appended to `out` since it was `start` bytes long. Some of it may be plaintext.
pub(crate) fn wipe(out: &mut Vec<u8>, start: usize) {
    out.get_mut(start..).unwrap_or_default().zeroize();
    out.truncate(start);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Opener;
    use crate::tests::{ALGORITHMS, Glass, IV, gcm, keys, lengths};
    use handfast_crypto::{AeadAlgorithm, CryptoError};
    use std::vec;

    /// What an AEAD with a tag of 16 bytes adds to the content.
    const OVERHEAD: usize = 1 + 16;

    fn sealer() -> Sealer {
        let mut sealer = Sealer::new();
        sealer.install(gcm());
        sealer
    }

    /// Opens every record of `out` and joins the contents.
    fn open_all(out: &[u8]) -> Vec<u8> {
        let mut opener = Opener::new();
        opener.install(gcm());
        let (mut content, mut at) = (Vec::new(), 0);
        for length in lengths(out) {
            let mut record = out[at..at + HEADER_LEN + length].to_vec();
            content.extend_from_slice(opener.open(&mut record).unwrap().bytes);
            at += HEADER_LEN + length;
        }
        content
    }

    #[test]
    fn content_is_cut_into_as_few_records_as_fit() {
        for (fragment, limit, len, expected) in [
            (MAX_PLAINTEXT, MAX_PLAINTEXT, 40_000, vec![16_384, 16_384, 7232]),
            (MAX_PLAINTEXT, MAX_PLAINTEXT, 16_384, vec![16_384]),
            (MAX_PLAINTEXT, MAX_PLAINTEXT, 16_385, vec![16_384, 1]),
            (1000, MAX_PLAINTEXT, 2500, vec![1000, 1000, 500]),
            (MAX_PLAINTEXT, 63, 100, vec![63, 37]),
            (40, 63, 100, vec![40, 40, 20]),
            (0, MAX_PLAINTEXT, 2, vec![1, 1]),
            (usize::MAX, usize::MAX, 16_385, vec![16_384, 1]),
        ] {
            let mut sealer = sealer();
            sealer.fragment(fragment);
            sealer.limit(limit);
            let content: Vec<u8> = (0..len).map(|n: u32| n as u8).collect();
            let mut out = Vec::new();
            sealer.seal(ContentType::APPLICATION_DATA, &content, &mut out).unwrap();
            assert_eq!(lengths(&out), expected.iter().map(|len| len + OVERHEAD).collect::<Vec<_>>());
            assert_eq!(open_all(&out), content);
            assert_eq!(sealer.sequence(), expected.len() as u64);
        }
    }

    #[test]
    fn without_keys_only_the_own_limit_counts() {
        let mut sealer = Sealer::new();
        sealer.limit(63);
        sealer.fragment(100);
        let mut out = Vec::new();
        sealer.seal(ContentType::HANDSHAKE, &[1; 150], &mut out).unwrap();
        assert_eq!(lengths(&out), [100, 50]);
        sealer.fragment(usize::MAX);
        out.clear();
        sealer.seal(ContentType::HANDSHAKE, &[1; MAX_PLAINTEXT + 1], &mut out).unwrap();
        assert_eq!(lengths(&out), [MAX_PLAINTEXT, 1]);
        assert_eq!((sealer.sequence(), sealer.records_left()), (0, u64::MAX));
    }

    #[test]
    fn an_alert_is_never_split() {
        let mut sealer = sealer();
        sealer.fragment(1);
        let mut out = Vec::new();
        sealer.seal(ContentType::ALERT, &[2, 40], &mut out).unwrap();
        assert_eq!(lengths(&out), [2 + OVERHEAD]);
    }

    /// docs/regressions.md row 11: what we do not accept, we do not send.
    #[test]
    fn only_application_data_may_be_empty() {
        let mut out = Vec::new();
        for content_type in [ContentType::HANDSHAKE, ContentType::ALERT, ContentType::CHANGE_CIPHER_SPEC] {
            assert_eq!(sealer().seal(content_type, &[], &mut out), Err(RecordError::Empty(content_type)));
            assert_eq!(Sealer::new().seal(content_type, &[], &mut out), Err(RecordError::Empty(content_type)));
        }
        assert!(out.is_empty());
        sealer().seal(ContentType::APPLICATION_DATA, &[], &mut out).unwrap();
        assert_eq!(lengths(&out), [OVERHEAD]);
    }

    /// docs/regressions.md row 8, from the other side.
    #[test]
    fn application_data_never_goes_out_in_the_clear() {
        for payload in [&b"data"[..], b""] {
            let mut out = vec![9];
            let sealed = Sealer::new().seal(ContentType::APPLICATION_DATA, payload, &mut out);
            assert_eq!(sealed, Err(RecordError::NoKeys));
            assert_eq!(out, [9]);
        }
    }

    #[test]
    fn change_cipher_spec_always_does() {
        let mut sealer = sealer();
        let mut out = Vec::new();
        sealer.seal(ContentType::CHANGE_CIPHER_SPEC, &[1], &mut out).unwrap();
        assert_eq!(out, [20, 3, 3, 0, 1, 1]);
        assert_eq!(sealer.sequence(), 0);
    }

    #[test]
    fn only_unprotected_records_are_stamped() {
        let mut sealer = Sealer::new();
        let mut out = Vec::new();
        for version in [ProtocolVersion::TLS1_0, ProtocolVersion::TLS1_2] {
            sealer.stamp(version);
            sealer.seal(ContentType::HANDSHAKE, &[1], &mut out).unwrap();
        }
        assert_eq!(out, [22, 3, 1, 0, 1, 1, 22, 3, 3, 0, 1, 1]);
        sealer.stamp(ProtocolVersion::TLS1_0);
        sealer.install(gcm());
        out.clear();
        sealer.seal(ContentType::HANDSHAKE, &[1], &mut out).unwrap();
        assert_eq!(out[..3], [23, 3, 3]);
    }

    #[test]
    fn padding_lengthens_records_as_far_as_the_limit() {
        let whole = MAX_PLAINTEXT;
        for (padding, limit, content, expected) in [
            (Padding::None, whole, 10, 11),
            (Padding::ToMultiple(0), whole, 10, 11),
            (Padding::ToMultiple(1), whole, 10, 11),
            (Padding::ToMultiple(16), whole, 0, 16),
            (Padding::ToMultiple(16), whole, 14, 16),
            (Padding::ToMultiple(16), whole, 15, 16),
            (Padding::ToMultiple(16), whole, 16, 32),
            (Padding::ToMultiple(4096), 999, 10, 1000),
            (Padding::ToMultiple(4096), whole, whole, whole + 1),
            (Padding::ToMultiple(u16::MAX), whole, 1, whole + 1),
            (Padding::Full, whole, 0, whole + 1),
            (Padding::Full, whole, whole, whole + 1),
            (Padding::Full, 63, 10, 64),
        ] {
            let mut sealer = sealer();
            sealer.pad(padding);
            sealer.limit(limit);
            let content = vec![7; content];
            let mut out = Vec::new();
            sealer.seal(ContentType::APPLICATION_DATA, &content, &mut out).unwrap();
            assert_eq!(lengths(&out), [expected + 16], "{padding:?}");
            assert_eq!(open_all(&out), content);
        }
    }

    #[test]
    fn an_alert_that_is_longer_than_the_limit_is_not_padded() {
        let mut sealer = sealer();
        sealer.pad(Padding::Full);
        sealer.limit(1);
        let mut out = Vec::new();
        sealer.seal(ContentType::ALERT, &[1, 0], &mut out).unwrap();
        assert_eq!(lengths(&out), [2 + OVERHEAD]);
    }

    /// docs/regressions.md row 50: new keys in time, by the limit of the algorithm.
    #[test]
    fn every_algorithm_has_its_limit() {
        for algorithm in ALGORITHMS {
            let mut sealer = Sealer::new();
            assert!(!sealer.wants_rekey());
            sealer.install(keys(algorithm));
            assert_eq!(sealer.records_left(), algorithm.record_limit());
            sealer.protection.as_mut().unwrap().sequence = algorithm.record_limit() - 1;
            assert!(!sealer.wants_rekey());
            sealer.protection.as_mut().unwrap().sequence += 1;
            assert!(sealer.wants_rekey());
        }
    }

    #[test]
    fn the_limit_can_be_lowered_and_starts_anew_with_new_keys() {
        let mut sealer = sealer();
        sealer.rekey_after(2);
        let mut out = Vec::new();
        for left in [2, 1, 0, 0] {
            assert_eq!((sealer.records_left(), sealer.wants_rekey()), (left, left == 0));
            sealer.seal(ContentType::APPLICATION_DATA, b"data", &mut out).unwrap();
        }
        sealer.install(gcm());
        assert_eq!(sealer.records_left(), 2);
        sealer.rekey_after(u64::MAX);
        assert_eq!(sealer.records_left(), AeadAlgorithm::Aes128Gcm.record_limit());
    }

    /// docs/regressions.md rows 50 and 77.
    #[test]
    fn the_last_number_is_a_hard_stop() {
        let mut sealer = sealer();
        sealer.protection.as_mut().unwrap().sequence = u64::MAX - 1;
        let mut out = Vec::new();
        sealer.seal(ContentType::APPLICATION_DATA, b"data", &mut out).unwrap();
        let before = out.clone();
        for payload in [&b"data"[..], b""] {
            let sealed = sealer.seal(ContentType::APPLICATION_DATA, payload, &mut out);
            assert_eq!(sealed, Err(RecordError::SequenceExhausted));
            assert_eq!(out, before);
        }
    }

    /// docs/regressions.md row 50: no nonce occurs twice, on any of the ways a record is sealed.
    #[test]
    fn no_nonce_occurs_twice() {
        let glass = Glass::default();
        let mut sealer = Sealer::new();
        sealer.install(glass.keys());
        sealer.fragment(1);
        let mut out = Vec::new();
        sealer.seal(ContentType::HANDSHAKE, b"ab", &mut out).unwrap();
        sealer.pad(Padding::Full);
        sealer.seal(ContentType::APPLICATION_DATA, b"", &mut out).unwrap();
        drop(sealer.writer(&mut out));
        sealer.writer(&mut out).finish().unwrap();
        let mut expected = vec![IV; 4];
        for (number, nonce) in (0..).zip(&mut expected) {
            nonce[11] ^= number;
        }
        assert_eq!(*glass.nonces.lock().unwrap(), expected);
    }

    /// docs/regressions.md row 54: a cipher that fails in the middle leaves nothing behind.
    #[test]
    fn a_failure_takes_everything_back() {
        for padding in [Padding::None, Padding::Full] {
            let mut sealer = Sealer::new();
            sealer.install(Glass { fails_after: Some(2), ..Glass::default() }.keys());
            sealer.fragment(3);
            sealer.pad(padding);
            let mut out = vec![9];
            let sealed = sealer.seal(ContentType::APPLICATION_DATA, b"seven b", &mut out);
            assert_eq!(sealed, Err(RecordError::Crypto(CryptoError::Failed)));
            assert_eq!(out, [9]);
        }
    }
}
