//! The groups of RFC 7919 Appendix A, by the formula they were made with:
//!
//! ```text
//! p = 2^b - 2^(b-64) + ([2^(b-130) e] + X) 2^64 - 1        g = 2
//!
//! | 64 ones | the first b - 128 bits of e, plus X - 1 | 64 ones |
//! ```
//!
//! Both p and (p − 1) / 2 are prime. X is the smallest number that makes them so.

/// The prime of `LEN` bytes.
pub(super) const fn prime<const LEN: usize>(x: u32) -> [u8; LEN] {
    let mut p = [0xff; LEN];
    let (_, rest) = p.split_at_mut(8);
    let (mut middle, _) = rest.split_at_mut(LEN - 16);
    middle.copy_from_slice(E.split_at(LEN - 16).0);
    let mut carry = x - 1;
    while let [rest @ .., byte] = middle {
        carry += *byte as u32;
        *byte = carry as u8;
        carry >>= 8;
        middle = rest;
    }
    p
}

/// The first 8,064 bits of e, two of which stand before the point: as many as the longest prime needs.
const E: [u8; 1008] = {
    // e = 1 + (1 + (1 + (1 + …) / 3) / 2) / 1, from the inside out, in digits of 64 bits; two more than are asked for,
    // so that what is cut off does not show. 1/1000! is beyond the last of them.
    let mut digits = [0_u64; 128];
    let mut k = 1000;
    loop {
        // Nothing here reaches four, so that two bits before the point are enough.
        let [first, ..] = &mut digits;
        *first += 1 << 62;
        if k == 0 {
            break;
        }
        let (mut rest, mut remainder): (&mut [u64], _) = (&mut digits, 0);
        while let [digit, tail @ ..] = rest {
            let dividend = remainder << 64 | *digit as u128;
            *digit = (dividend / k) as u64;
            remainder = dividend % k;
            rest = tail;
        }
        k -= 1;
    }
    let mut bytes = [0; 1008];
    let (mut out, mut digits): (&mut [u8], &[u64]) = (&mut bytes, &digits);
    while let (Some((bytes, rest)), [digit, tail @ ..]) = (out.split_first_chunk_mut(), digits) {
        *bytes = digit.to_be_bytes();
        (out, digits) = (rest, tail);
    }
    bytes
};
