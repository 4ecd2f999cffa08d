//! BER made DER: what Firefox and Bouncy Castle write.

use crate::encode::{OCTET_STRING, tlv};
use crate::encrypted::Fault;
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// How deep elements may lie in one another.
const MAX_DEPTH: usize = 32;

/// The one element that `bytes` are, with definite lengths (X.690 §8.1.3.6 has those without), each as short as it can be, and
/// OCTET STRINGs in one piece (§8.7.3). Never longer than it was. Identifiers have one octet.
pub(super) fn to_der(bytes: &[u8], what: &'static str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut rest = bytes;
    match element(&mut rest, MAX_DEPTH) {
        Some((_, der)) if rest.is_empty() => Ok(der),
        _ => Err(Fault::Malformed(what)),
    }
}

/// The tag of the next element, and the element.
fn element(rest: &mut &[u8], depth: usize) -> Option<(u8, Zeroizing<Vec<u8>>)> {
    const CONSTRUCTED: u8 = 0x20;
    const MULTIPLE_OCTETS: u8 = 0x1f;
    let depth = depth.checked_sub(1)?;
    let (tag, after) = rest.split_first()?;
    if tag & MULTIPLE_OCTETS == MULTIPLE_OCTETS {
        return None;
    }
    let (len, after) = length(after)?;
    let is_constructed = tag & CONSTRUCTED != 0;
    let (mut content, mut after) = match len {
        Some(len) => after.split_at_checked(len)?,
        // Its end is marked, and only what has elements can have that among them.
        None if is_constructed => (after, &[][..]),
        None => return None,
    };
    if !is_constructed {
        *rest = after;
        return Some((*tag, Zeroizing::new(tlv(*tag, &[content]))));
    }
    // Each part wipes itself, and this is never grown.
    let mut parts = Zeroizing::new(Vec::with_capacity(content.len()));
    let is_string = *tag == OCTET_STRING | CONSTRUCTED;
    loop {
        match (len, content) {
            (Some(_), []) => break,
            (None, [0, 0, end @ ..]) => {
                after = end;
                break;
            }
            _ => {
                let (tag, der) = element(&mut content, depth)?;
                if is_string && tag != OCTET_STRING {
                    return None;
                }
                let piece = if is_string { value(&der)? } else { &der };
                parts.extend_from_slice(piece);
            }
        }
    }
    *rest = after;
    let tag = if is_string { OCTET_STRING } else { *tag };
    Some((tag, Zeroizing::new(tlv(tag, &[&parts]))))
}

/// The length, `None` for one that is not given, and what follows.
fn length(bytes: &[u8]) -> Option<(Option<usize>, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match first {
        0x80 => Some((None, rest)),
        0..0x80 => Some((Some(usize::from(*first)), rest)),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let len = digits.iter().fold(0_u32, |sum, digit| sum << 8 | u32::from(*digit));
            Some((Some(usize::try_from(len).ok()?), rest))
        }
        _ => None,
    }
}

/// The content octets of an element.
fn value(der: &[u8]) -> Option<&[u8]> {
    let (_, rest) = der.split_first()?;
    let (len, value) = length(rest)?;
    (len == Some(value.len())).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_der_stays_and_what_is_not_becomes_it() {
        for (bytes, expected) in [
            (&[0x30, 3, 2, 1, 5][..], &[0x30, 3, 2, 1, 5][..]),
            (&[0x30, 0x80, 2, 1, 5, 0, 0], &[0x30, 3, 2, 1, 5]),
            (&[0x30, 0x81, 3, 2, 1, 5], &[0x30, 3, 2, 1, 5]),
            (&[0x30, 0x84, 0, 0, 0, 4, 2, 0x81, 1, 5], &[0x30, 3, 2, 1, 5]),
            (&[0x24, 0x80, 4, 1, 1, 0x24, 4, 4, 0, 4, 0, 4, 1, 2, 0, 0], &[4, 2, 1, 2]),
            (&[0xa0, 0x80, 0x30, 0x80, 0, 0, 0, 0], &[0xa0, 2, 0x30, 0]),
            (&[0x24, 0x80, 0, 0], &[4, 0]),
        ] {
            assert_eq!(to_der(bytes, "test").as_deref(), Ok(&expected.to_vec()), "{bytes:x?}");
        }
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x80, 0],
            &[0x30, 2, 5, 0, 0],
            &[0x30, 3, 5, 0],
            &[4, 0x80, 0, 0],
            &[0x24, 3, 2, 1, 5],
            &[0x3f, 0x80, 0],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x30, 0xff],
        ] {
            assert_eq!(to_der(bytes, "test").map(|_| ()), Err(Fault::Malformed("test")), "{bytes:x?}");
        }
        let deep = |depth: usize| [[0x30, 0x80].repeat(depth), [0, 0].repeat(depth)].concat();
        assert!(to_der(&deep(MAX_DEPTH), "test").is_ok());
        assert!(to_der(&deep(MAX_DEPTH + 1), "test").is_err());
    }
}
