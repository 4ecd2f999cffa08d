//! The keys of one direction at work: a nonce for each record, and the limits on their number.

use crate::frame::HEADER_LEN;
use crate::{Header, RecordError};
use alloc::vec::Vec;
use handfast_crypto::aead::NONCE_LEN;
use handfast_crypto::{CryptoError, RecordKeys};
use zeroize::Zeroize;

/// Keys with the number of the next record under them.
#[derive(Debug)]
pub(crate) struct Protection {
    pub(crate) keys: RecordKeys,
    /// Counts from zero with every key (RFC 9846 §5.3). The last number there is, 2^64-1, is never used, so that one
    /// more than the number of any record always exists.
    pub(crate) sequence: u64,
}

impl Protection {
    pub(crate) const fn new(keys: RecordKeys) -> Self {
        Self { keys, sequence: 0 }
    }

    /// How many records the algorithm's limit on one key lets seal (RFC 9846 §5.5).
    pub(crate) const fn record_limit(&self) -> u64 {
        match &self.keys {
            RecordKeys::Aead { algorithm, .. } => algorithm.record_limit(),
        }
    }

    /// How many bytes longer the fragment is than the content, type and padding it protects.
    pub(crate) fn tag_len(&self) -> usize {
        match &self.keys {
            RecordKeys::Aead { key, .. } => key.tag_len(),
        }
    }

    /// Decrypts `fragment` where it lies and returns what it protected. When it does not decrypt it is wiped, whatever
    /// the cipher left there, and the record's number is free for the next one: a server that refuses early data
    /// discards record after record until one opens (RFC 9846 §4.3.10).
    pub(crate) fn open<'b>(&mut self, header: Header, fragment: &'b mut [u8]) -> Result<&'b mut [u8], RecordError> {
        let nonce = self.nonce()?;
        let RecordKeys::Aead { key, .. } = &self.keys;
        let tag_at = fragment.len().checked_sub(key.tag_len()).ok_or(RecordError::OpenFailed)?;
        let (inner, tag) = fragment.split_at_mut_checked(tag_at).ok_or(RecordError::OpenFailed)?;
        if let Err(error) = key.open_in_place(&nonce, &header.bytes(), inner, tag) {
            inner.zeroize();
            return Err(error.into());
        }
        self.advance();
        Ok(inner)
    }

    /// Appends the fragment that protects the concatenation of `inner`.
    pub(crate) fn seal(&mut self, header: Header, inner: &[&[u8]], out: &mut Vec<u8>) -> Result<(), RecordError> {
        let nonce = self.nonce()?;
        let RecordKeys::Aead { key, .. } = &self.keys;
        key.seal(&nonce, &header.bytes(), inner, out)?;
        self.advance();
        Ok(())
    }

    /// Turns what lies in `out` behind the header at `start` into the fragment that protects it.
    pub(crate) fn seal_in_place(&mut self, header: Header, out: &mut Vec<u8>, start: usize) -> Result<(), RecordError> {
        let nonce = self.nonce()?;
        let RecordKeys::Aead { key, .. } = &self.keys;
        let inner = out.get_mut(start.saturating_add(HEADER_LEN)..).unwrap_or_default();
        let tag = key.seal_in_place(&nonce, &header.bytes(), inner)?;
        out.extend_from_slice(tag.get(..key.tag_len()).ok_or(CryptoError::Length)?);
        self.advance();
        Ok(())
    }

    /// The nonce of the next record: its number, exclusive-ored into the end of the IV (RFC 9846 §5.3).
    fn nonce(&self) -> Result<[u8; NONCE_LEN], RecordError> {
        if self.sequence == u64::MAX {
            return Err(RecordError::SequenceExhausted);
        }
        let RecordKeys::Aead { iv, .. } = &self.keys;
        let mut nonce = *iv;
        for (byte, number) in nonce.iter_mut().rev().zip(self.sequence.to_le_bytes()) {
            *byte ^= number;
        }
        Ok(nonce)
    }

    /// The record is done; the next one has the next number.
    const fn advance(&mut self) {
        self.sequence = self.sequence.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{IV, gcm};
    use std::format;

    /// docs/regressions.md row 50: the number is in the nonce, from its last byte on, and differs for every record.
    #[test]
    fn the_nonce_is_the_iv_and_the_number() {
        for (sequence, expected) in [
            (0, IV),
            (1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 ^ 1]),
            (0x0102, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 ^ 1, 12 ^ 2]),
            (u64::MAX - 1, [1, 2, 3, 4, !5, !6, !7, !8, !9, !10, !11, 12 ^ 0xfe]),
        ] {
            assert_eq!(Protection { keys: gcm(), sequence }.nonce(), Ok(expected), "{sequence}");
        }
    }

    /// docs/regressions.md rows 50 and 77: the last number is never used, and the counter never wraps.
    #[test]
    fn the_last_number_is_a_hard_stop() {
        let mut protection = Protection { keys: gcm(), sequence: u64::MAX - 1 };
        protection.advance();
        assert_eq!(protection.nonce(), Err(RecordError::SequenceExhausted));
        protection.advance();
        assert_eq!(protection.nonce(), Err(RecordError::SequenceExhausted));
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_no_key() {
        let protection = Protection { keys: gcm(), sequence: 7 };
        assert_eq!(
            format!("{protection:?}"),
            "Protection { keys: RecordKeys { algorithm: Aes128Gcm, .. }, sequence: 7 }"
        );
    }
}
