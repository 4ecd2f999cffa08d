//! The keys of one direction at work: a nonce for each record, and the limits on their number.

use crate::cbc::{Cbc, etm_len, mte_len};
use crate::frame::{HEADER_LEN, MAX_CIPHERTEXT, MAX_CIPHERTEXT_12};
use crate::{Header, RecordError};
use alloc::vec::Vec;
use core::ops::Range;
use handfast_crypto::aead::NONCE_LEN;
use handfast_crypto::cbc::BLOCK_LEN;
use handfast_crypto::{AeadKey, CryptoError, RecordKeys};
use handfast_wire::{ContentType, ProtocolVersion};
use zeroize::Zeroize;

/// How many records one key of a block cipher may seal. At 2^10 blocks each they are 2^48 blocks, and the chance that
/// two of these are the same, which would tell something about their contents, is 2^-33.
const CBC_RECORDS: u64 = 1 << 38;

/// The length of what TLS 1.2 authenticates beside a record's content, in bytes.
const ADDITIONAL_LEN: usize = 8 + HEADER_LEN;

/// Keys with the number of the next record under them.
#[derive(Debug)]
pub(crate) struct Protection {
    pub(crate) keys: RecordKeys,
    /// Counts from zero with every key (RFC 9846 §5.3, RFC 5246 §6.1). The last number there is, 2^64-1, is never used,
    /// so that one more than the number of any record always exists.
    pub(crate) sequence: u64,
}

impl Protection {
    pub(crate) const fn new(keys: RecordKeys) -> Self {
        Self { keys, sequence: 0 }
    }

    /// How many records the algorithm's limit on one key lets seal (RFC 9846 §5.5).
    pub(crate) const fn record_limit(&self) -> u64 {
        match &self.keys {
            RecordKeys::Aead { algorithm, .. } | RecordKeys::Aead12 { algorithm, .. } => algorithm.record_limit(),
            RecordKeys::CbcEtm { .. } | RecordKeys::CbcMte { .. } => CBC_RECORDS,
        }
    }

    /// Whether the content type is encrypted with the content, with padding behind it, and the header names another.
    pub(crate) const fn hides_type(&self) -> bool {
        matches!(self.keys, RecordKeys::Aead { .. })
    }

    /// The longest fragment that may be received, in bytes.
    pub(crate) const fn max_fragment(&self) -> usize {
        if self.hides_type() { MAX_CIPHERTEXT } else { MAX_CIPHERTEXT_12 }
    }

    /// How many bytes of the fragment stand in front of the content: a nonce or an IV.
    pub(crate) const fn prefix_len(&self) -> usize {
        match &self.keys {
            RecordKeys::Aead { .. } => 0,
            RecordKeys::Aead12 { algorithm, .. } => algorithm.explicit_nonce_len(),
            RecordKeys::CbcEtm { .. } | RecordKeys::CbcMte { .. } => BLOCK_LEN,
        }
    }

    /// How long the fragment is that protects `inner` bytes.
    pub(crate) fn fragment_len(&self, inner: usize) -> usize {
        match &self.keys {
            RecordKeys::Aead { key, .. } => inner.saturating_add(key.tag_len()),
            RecordKeys::Aead12 { algorithm, key, .. } => {
                inner.saturating_add(algorithm.explicit_nonce_len()).saturating_add(key.tag_len())
            }
            RecordKeys::CbcEtm { mac_len, .. } => etm_len(inner, *mac_len),
            RecordKeys::CbcMte { mac_len, .. } => mte_len(inner, *mac_len),
        }
    }

    /// The header of a record that protects `inner` bytes.
    pub(crate) fn header(&self, content_type: ContentType, inner: usize) -> Result<Header, RecordError> {
        let length = u16::try_from(self.fragment_len(inner)).map_err(|_| RecordError::PlaintextOverflow)?;
        let content_type = if self.hides_type() { ContentType::APPLICATION_DATA } else { content_type };
        Ok(Header { content_type, version: ProtocolVersion::TLS1_2, length })
    }

    /// Decrypts `fragment` where it lies and returns what it protected. When it does not decrypt it is wiped, whatever
    /// the cipher left there, and the record's number is free for the next one: a server that refuses early data
    /// discards record after record until one opens (RFC 9846 §4.3.10).
    pub(crate) fn open<'b>(&mut self, header: Header, fragment: &'b mut [u8]) -> Result<&'b mut [u8], RecordError> {
        let number = self.number()?;
        match open(&self.keys, number, header, fragment) {
            Ok(inner) => {
                self.advance();
                Ok(fragment.get_mut(inner).unwrap_or_default())
            }
            Err(error) => {
                fragment.zeroize();
                Err(error.into())
            }
        }
    }

    /// Appends the fragment that protects the concatenation of `inner` to `out`, which ends with the header.
    pub(crate) fn seal(&mut self, header: Header, inner: &[&[u8]], out: &mut Vec<u8>) -> Result<(), RecordError> {
        let number = self.number()?;
        match &self.keys {
            RecordKeys::Aead { key, iv, .. } => key.seal(&mixed(iv, number), &header.bytes(), inner, out)?,
            RecordKeys::Aead12 { algorithm, key, iv } => {
                let explicit = number.to_be_bytes();
                let explicit = explicit.get(..algorithm.explicit_nonce_len()).unwrap_or_default();
                let len = inner.iter().map(|part| part.len()).sum();
                out.extend_from_slice(explicit);
                key.seal(&nonce12(iv, number, explicit), &additional(number, header, len), inner, out)?;
            }
            RecordKeys::CbcEtm { .. } | RecordKeys::CbcMte { .. } => {
                let start = out.len().saturating_sub(HEADER_LEN);
                out.extend_from_slice(&[0; BLOCK_LEN]);
                for part in inner {
                    out.extend_from_slice(part);
                }
                return self.seal_in_place(header, out, start);
            }
        }
        self.advance();
        Ok(())
    }

    /// Turns what lies in `out` behind the header at `start`, room for the prefix and then the content, into the
    /// fragment that protects it.
    pub(crate) fn seal_in_place(&mut self, header: Header, out: &mut Vec<u8>, start: usize) -> Result<(), RecordError> {
        let number = self.number()?;
        let at = start.saturating_add(HEADER_LEN);
        let fragment = out.get_mut(at..).unwrap_or_default();
        match &self.keys {
            RecordKeys::Aead { key, iv, .. } => {
                let tag = key.seal_in_place(&mixed(iv, number), &header.bytes(), fragment)?;
                out.extend_from_slice(tag.get(..key.tag_len()).ok_or(CryptoError::Length)?);
            }
            RecordKeys::Aead12 { algorithm, key, iv } => {
                let prefix = fragment.split_at_mut_checked(algorithm.explicit_nonce_len());
                let (explicit, inner) = prefix.ok_or(CryptoError::Length)?;
                for (to, from) in explicit.iter_mut().zip(number.to_be_bytes()) {
                    *to = from;
                }
                let additional = additional(number, header, inner.len());
                let tag = key.seal_in_place(&nonce12(iv, number, explicit), &additional, inner)?;
                out.extend_from_slice(tag.get(..key.tag_len()).ok_or(CryptoError::Length)?);
            }
            RecordKeys::CbcEtm { cipher, mac, mac_len, random } => {
                let cbc = Cbc { cipher: &**cipher, mac: &**mac, mac_len: *mac_len };
                cbc.seal_etm(number, header, random.array()?, out, at)?;
            }
            RecordKeys::CbcMte { cipher, mac, mac_len, random } => {
                let cbc = Cbc { cipher: &**cipher, mac: &**mac, mac_len: *mac_len };
                cbc.seal_mte(number, header, random.array()?, out, at)?;
            }
        }
        self.advance();
        Ok(())
    }

    /// The number of the next record, while there is one.
    const fn number(&self) -> Result<u64, RecordError> {
        if self.sequence == u64::MAX { Err(RecordError::SequenceExhausted) } else { Ok(self.sequence) }
    }

    /// The record is done; the next one has the next number.
    const fn advance(&mut self) {
        self.sequence = self.sequence.saturating_add(1);
    }
}

/// Decrypts `fragment` and says where what it protected lies in it.
fn open(keys: &RecordKeys, number: u64, header: Header, fragment: &mut [u8]) -> Result<Range<usize>, CryptoError> {
    match keys {
        RecordKeys::Aead { key, iv, .. } => open_aead(&**key, &mixed(iv, number), &header.bytes(), fragment),
        RecordKeys::Aead12 { algorithm, key, iv } => {
            let explicit_len = algorithm.explicit_nonce_len();
            let (explicit, sealed) = fragment.split_at_mut_checked(explicit_len).ok_or(CryptoError::OpenFailed)?;
            let len = sealed.len().checked_sub(key.tag_len()).ok_or(CryptoError::OpenFailed)?;
            // RFC 5288 §3: what the peer makes its explicit nonces of is its own affair.
            let nonce = nonce12(iv, number, explicit);
            let inner = open_aead(&**key, &nonce, &additional(number, header, len), sealed)?;
            Ok(explicit_len..inner.end.saturating_add(explicit_len))
        }
        RecordKeys::CbcEtm { cipher, mac, mac_len, .. } => {
            Cbc { cipher: &**cipher, mac: &**mac, mac_len: *mac_len }.open_etm(number, header, fragment)
        }
        RecordKeys::CbcMte { cipher, mac, mac_len, .. } => {
            Cbc { cipher: &**cipher, mac: &**mac, mac_len: *mac_len }.open_mte(number, header, fragment)
        }
    }
}

fn open_aead(
    key: &dyn AeadKey,
    nonce: &[u8; NONCE_LEN],
    additional: &[u8],
    sealed: &mut [u8],
) -> Result<Range<usize>, CryptoError> {
    let tag_at = sealed.len().checked_sub(key.tag_len()).ok_or(CryptoError::OpenFailed)?;
    let (inner, tag) = sealed.split_at_mut_checked(tag_at).ok_or(CryptoError::OpenFailed)?;
    key.open_in_place(nonce, additional, inner, tag)?;
    Ok(0..tag_at)
}

/// The nonce of a record that carries none: its number, exclusive-ored into the end of the IV (RFC 9846 §5.3,
/// RFC 7905 §2).
fn mixed(iv: &[u8; NONCE_LEN], number: u64) -> [u8; NONCE_LEN] {
    let mut nonce = *iv;
    for (byte, number) in nonce.iter_mut().rev().zip(number.to_le_bytes()) {
        *byte ^= number;
    }
    nonce
}

/// The nonce of a record in TLS 1.2: the salt and what is `explicit`, where the algorithm has that (RFC 5288 §3).
fn nonce12(iv: &[u8; NONCE_LEN], number: u64, explicit: &[u8]) -> [u8; NONCE_LEN] {
    if explicit.is_empty() {
        return mixed(iv, number);
    }
    let mut nonce = *iv;
    for (byte, explicit) in nonce.iter_mut().rev().zip(explicit.iter().rev()) {
        *byte = *explicit;
    }
    nonce
}

/// What TLS 1.2 authenticates beside what a record protects, which is `len` bytes long.
///
/// ```text
/// seq_num   8
/// type      1
/// version   2
/// length    2   not of the fragment, but of what is authenticated
/// ```
///
/// RFC 5246 §6.2.3.3, `additional_data`, and the same bytes in §6.2.3.1 and RFC 7366 §3. The time this takes does not
/// depend on `len`, which is no longer than the fragment.
pub(crate) fn additional(number: u64, header: Header, len: usize) -> [u8; ADDITIONAL_LEN] {
    let mut bytes = [0; ADDITIONAL_LEN];
    let header = Header { length: len as u16, ..header }.bytes();
    for (to, from) in bytes.iter_mut().zip(number.to_be_bytes().into_iter().chain(header)) {
        *to = from;
    }
    bytes
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
            assert_eq!(mixed(&IV, sequence), expected, "{sequence}");
        }
    }

    /// docs/regressions.md rows 50 and 77: the last number is never used, and the counter never wraps.
    #[test]
    fn the_last_number_is_a_hard_stop() {
        let mut protection = Protection { keys: gcm(), sequence: u64::MAX - 1 };
        protection.advance();
        assert_eq!(protection.number(), Err(RecordError::SequenceExhausted));
        protection.advance();
        assert_eq!(protection.number(), Err(RecordError::SequenceExhausted));
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_no_key() {
        let protection = Protection { keys: gcm(), sequence: 7 };
        assert_eq!(format!("{protection:?}"), "Protection { keys: Aead { algorithm: Aes128Gcm, .. }, sequence: 7 }");
    }

    /// docs/regressions.md row 50: with an explicit nonce, the number is in it and the end of the IV is not.
    #[test]
    fn the_nonce_of_tls12_is_the_salt_and_what_is_explicit() {
        assert_eq!(nonce12(&IV, 5, &[]), mixed(&IV, 5));
        assert_eq!(nonce12(&IV, 5, &[21, 22, 23, 24, 25, 26, 27, 28]), [1, 2, 3, 4, 21, 22, 23, 24, 25, 26, 27, 28]);
    }

    #[test]
    fn what_tls12_authenticates_beside_the_content() {
        let header = Header { content_type: ContentType::ALERT, version: ProtocolVersion(0x0a0b), length: 99 };
        let expected = [1, 2, 3, 4, 5, 6, 7, 8, 21, 10, 11, 0x40, 0x01];
        assert_eq!(additional(0x0102_0304_0506_0708, header, 0x4001), expected);
    }
}
