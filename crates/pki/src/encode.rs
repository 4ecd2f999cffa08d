//! DER, written: the little that encoding a key and making a certificate need.

use alloc::vec::Vec;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Tag, length and the concatenation of `parts`.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(len.saturating_add(6));
    out.push(tag);
    out.extend(length(len));
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// Length octets, as few as the length needs (X.690 §10.1).
fn length(len: usize) -> impl Iterator<Item = u8> {
    let digits = len.to_be_bytes();
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let long = (len > 0x7f).then_some(0x80 | (digits.len() - zeros) as u8);
    let zeros = if long.is_some() { zeros } else { digits.len() - 1 };
    long.into_iter().chain(digits.into_iter().skip(zeros))
}

/// Appends tag, length, and what `content` appends. Where that gives up, part of it is there.
pub(crate) fn enclose<T>(out: &mut Vec<u8>, tag: u8, content: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    out.push(tag);
    let start = out.len();
    let done = content(out);
    out.splice(start..start, length(out.len() - start));
    done
}

/// A SEQUENCE of `parts`.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(SEQUENCE, parts)
}

/// An OBJECT IDENTIFIER, given its content octets.
pub(crate) fn oid(content: &[u8]) -> Vec<u8> {
    tlv(OBJECT_IDENTIFIER, &[content])
}

/// A BIT STRING of whole octets.
pub(crate) fn bit_string(octets: &[u8]) -> Vec<u8> {
    tlv(BIT_STRING, &[&[0], octets])
}

/// The INTEGER `value`.
pub(crate) fn small_integer(value: u8) -> Vec<u8> {
    integer(u32::from(value))
}

/// The INTEGER `value`.
pub(crate) fn integer(value: u32) -> Vec<u8> {
    // X.690 §8.3.2, §8.3.3: as few octets as it takes, of which the first bit is the sign.
    let octets = u64::from(value).to_be_bytes();
    let spare = u64::from(value).leading_zeros().saturating_sub(1) / 8;
    tlv(INTEGER, &[octets.get(spare as usize..).unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn integers_are_minimal() {
        for (value, expected) in [
            (0, &[2, 1, 0][..]),
            (127, &[2, 1, 127]),
            (128, &[2, 2, 0, 128]),
            (2048, &[2, 2, 8, 0]),
            (600_000, &[2, 3, 9, 0x27, 0xc0]),
            (u32::MAX, &[2, 5, 0, 255, 255, 255, 255]),
        ] {
            assert_eq!(integer(value), expected, "{value}");
        }
    }

    #[test]
    fn lengths_take_as_few_octets_as_they_can() {
        for (len, header) in [
            (0, &[4, 0][..]),
            (127, &[4, 127]),
            (128, &[4, 0x81, 128]),
            (255, &[4, 0x81, 255]),
            (256, &[4, 0x82, 1, 0]),
            (65536, &[4, 0x83, 1, 0, 0]),
        ] {
            let out = tlv(4, &[&vec![7; len]]);
            assert_eq!(&out[..header.len()], header);
            assert_eq!(out.len(), header.len() + len);
        }
    }
}
