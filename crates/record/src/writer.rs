//! Content written straight to where it is sealed.

use crate::seal::wipe;
use crate::{RecordError, Sealer};
use alloc::vec::Vec;
use handfast_wire::ContentType;

/// An application data record under construction at the end of the caller's output.
///
/// What is put in lies where it will be sealed, so nothing is copied twice. [`RecordWriter::finish`] makes it a record;
/// dropped without that, the output is wiped back to where it was.
///
/// ```
/// use handfast_record::{RecordError, Sealer};
///
/// let mut out = Vec::new();
/// let mut sealer = Sealer::new();
/// let mut record = sealer.writer(&mut out);
/// assert_eq!(record.put(b"too early"), 9);
/// // There are no keys yet, and application data never goes out without.
/// assert_eq!(record.finish(), Err(RecordError::NoKeys));
/// assert!(out.is_empty());
/// ```
#[derive(Debug)]
pub struct RecordWriter<'s, 'o> {
    sealer: &'s mut Sealer,
    out: &'o mut Vec<u8>,
    /// Where the output goes back to when this is dropped.
    start: usize,
}

impl<'s, 'o> RecordWriter<'s, 'o> {
    pub(crate) fn new(sealer: &'s mut Sealer, out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.resize(start.saturating_add(sealer.head_len()), 0);
        Self { sealer, out, start }
    }

    /// Appends as much of `bytes` as the record has room for, and says how much that was.
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        let taken = bytes.get(..self.room()).unwrap_or(bytes);
        let record = self.sealer.record_len(self.len().saturating_add(taken.len()));
        self.out.reserve(self.start.saturating_add(record).saturating_sub(self.out.len()));
        self.out.extend_from_slice(taken);
        taken.len()
    }

    /// How many more bytes fit.
    pub fn room(&self) -> usize {
        self.sealer.max_content().saturating_sub(self.len())
    }

    /// How many bytes are in it.
    pub fn len(&self) -> usize {
        self.out.len().saturating_sub(self.start).saturating_sub(self.sealer.head_len())
    }

    /// Whether nothing is in it. Finished like that, it is an empty record, which is cover traffic (RFC 9846 §5.4).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Seals the record.
    ///
    /// # Errors
    /// As [`Sealer::seal`]; the output is then as it was.
    pub fn finish(self) -> Result<(), RecordError> {
        self.finish_and(|_| ())
    }

    /// The same, and shows the sealed record.
    ///
    /// # Errors
    /// As [`RecordWriter::finish`].
    pub fn finish_and(mut self, show: impl FnOnce(&[u8])) -> Result<(), RecordError> {
        self.sealer.seal_in_place(ContentType::APPLICATION_DATA, self.out, self.start)?;
        show(self.out.get(self.start..).unwrap_or_default());
        self.start = self.out.len();
        Ok(())
    }
}

impl Drop for RecordWriter<'_, '_> {
    fn drop(&mut self) {
        wipe(self.out, self.start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::HEADER_LEN;
    use crate::seal::Padding;
    use crate::tests::{Glass, gcm};
    use handfast_crypto::CryptoError;
    use std::vec;

    fn sealer() -> Sealer {
        let mut sealer = Sealer::new();
        sealer.install(gcm());
        sealer
    }

    #[test]
    fn a_written_record_is_the_sealed_one() {
        for padding in [Padding::None, Padding::ToMultiple(32), Padding::Full] {
            for content in [&b""[..], b"content", &[7; 16_384]] {
                let [mut sealed, mut written] = [vec![9], vec![9]];
                let mut sealer = sealer();
                sealer.pad(padding);
                sealer.seal(ContentType::APPLICATION_DATA, content, &mut sealed).unwrap();
                sealer.install(gcm());
                let mut record = sealer.writer(&mut written);
                for part in content.chunks(1000) {
                    assert_eq!(record.put(part), part.len());
                }
                assert_eq!((record.len(), record.is_empty()), (content.len(), content.is_empty()));
                record.finish().unwrap();
                assert_eq!(sealed, written);
                assert_eq!(sealer.sequence(), 1);
            }
        }
    }

    #[test]
    fn no_more_goes_in_than_fits() {
        let mut sealer = sealer();
        sealer.limit(10);
        let mut out = Vec::new();
        let mut record = sealer.writer(&mut out);
        assert_eq!((record.room(), record.put(b"1234567")), (10, 7));
        assert_eq!((record.room(), record.put(b"890ab")), (3, 3));
        assert_eq!((record.room(), record.put(b"c")), (0, 0));
        record.finish().unwrap();
        assert_eq!(out.len(), HEADER_LEN + 10 + 1 + 16);
    }

    #[test]
    fn dropped_it_leaves_nothing() {
        let mut sealer = sealer();
        let mut out = vec![9];
        sealer.writer(&mut out).put(b"secret");
        assert_eq!(out, [9]);
        assert_eq!(sealer.sequence(), 0);
    }

    /// docs/regressions.md row 54.
    #[test]
    fn failed_it_leaves_nothing() {
        let mut sealer = Sealer::new();
        sealer.install(Glass { fails_after: Some(0), ..Glass::default() }.keys());
        let mut out = vec![9];
        let mut record = sealer.writer(&mut out);
        record.put(b"secret");
        assert_eq!(record.finish(), Err(RecordError::Crypto(CryptoError::Failed)));
        assert_eq!(out, [9]);
    }
}
