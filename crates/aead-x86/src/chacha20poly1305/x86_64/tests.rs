//! Poly1305 alone, where carries are rare: against arithmetic that is too slow to be wrong.

use super::poly1305::Poly1305;
use super::unit::Unit;
use super::{avx2::Avx2, avx512::Avx512, has_avx2, has_avx512};
use std::{vec, vec::Vec};

/// A number mod 2^130 - 5: bits 0 … 127, and those above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Residue(u128, u8);

const P: Residue = Residue(u128::MAX - 4, 3);

impl Residue {
    pub(super) const ZERO: Self = Self(0, 0);

    pub(super) fn new(low: u128, high: u8) -> Self {
        Self::ZERO.plus(Self(low, high))
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let (low, carry) = self.0.overflowing_add(other.0);
        let high = self.1 + other.1 + u8::from(carry);
        if (high, low) < (P.1, P.0) {
            return Self(low, high);
        }
        let (low, borrow) = low.overflowing_sub(P.0);
        Self(low, high - P.1 - u8::from(borrow))
    }

    /// Times 2^`bits`.
    pub(super) fn shifted(self, bits: u32) -> Self {
        (0..bits).fold(self, |twice, _| twice.plus(twice))
    }

    pub(super) fn times(self, other: Self) -> Self {
        let bit = |i: u32| if i < 128 { other.0 >> i & 1 } else { u128::from(other.1 >> (i - 128) & 1) };
        let step = |(sum, power): (Self, Self), i| (if bit(i) == 1 { sum.plus(power) } else { sum }, power.shifted(1));
        (0..130).fold((Self::ZERO, self), step).0
    }
}

/// The tag of whole blocks by the book (RFC 8439 §2.5.1).
fn tag(key: [u64; 4], blocks: &[u128]) -> [u8; 16] {
    let [r0, r1, s0, s1] = key.map(u128::from);
    let r = Residue::new((r0 | r1 << 64) & 0x0fff_fffc_0fff_fffc_0fff_fffc_0fff_ffff, 0);
    let sum = blocks.iter().fold(Residue::ZERO, |sum, block| sum.plus(Residue::new(*block, 1)).times(r));
    sum.0.wrapping_add(s0 | s1 << 64).to_le_bytes()
}

/// Words of a key or of a message at which limbs are full, empty, or about to carry.
const EXTREMES: [u128; 12] = [
    0,
    1,
    4,
    u128::MAX,
    u128::MAX - 1,
    u128::MAX - 4,
    u128::MAX - 5,
    (1 << 44) - 1,
    ((1 << 88) - 1) ^ ((1 << 44) - 1),
    u128::MAX << 88,
    u128::MAX << 64,
    0x0fff_fffc_0fff_fffc_0fff_fffc_0fff_ffff,
];

fn key(r: u128, s: u128) -> [u64; 4] {
    [r as u64, (r >> 64) as u64, s as u64, (s >> 64) as u64]
}

fn check(key: [u64; 4], blocks: &[u128]) {
    let expected = tag(key, blocks);
    let (aad, text) = blocks.split_at(blocks.len() % 11);
    let aad: Vec<u8> = aad.iter().flat_map(|block| block.to_le_bytes()).collect();

    let mut scalar = Poly1305::new(key);
    scalar.pad(&aad);
    text.iter().for_each(|block| scalar.block([*block as u64, (block >> 64) as u64]));
    assert_eq!(scalar.tag(), expected, "scalar, {key:x?}, {blocks:x?}");

    let Some((lengths, text)) = text.split_last() else { return };
    let lengths = [*lengths as u64, (lengths >> 64) as u64];
    let text: Vec<u8> = text.iter().flat_map(|block| block.to_le_bytes()).collect();
    // As in short and in long messages, and as if half of it were hashed before the end.
    for (len, cut) in [(text.len(), 0), (usize::MAX, 0), (usize::MAX, text.len() / 2 / 128 * 128)] {
        if has_avx512::get() {
            // SAFETY: the CPU has the instructions, and the pointers are of slices.
            let tag = unsafe { unit::<Avx512>(key, &aad, &text, len, cut, lengths) };
            assert_eq!(tag, expected, "AVX-512, {key:x?}, {blocks:x?}");
        }
        if has_avx2::get() {
            // SAFETY: as above.
            let tag = unsafe { unit::<Avx2>(key, &aad, &text, len, cut, lengths) };
            assert_eq!(tag, expected, "AVX2, {key:x?}, {blocks:x?}");
        }
    }
}

unsafe fn unit<U: Unit>(key: [u64; 4], aad: &[u8], text: &[u8], len: usize, cut: usize, lengths: [u64; 2]) -> [u8; 16] {
    // SAFETY: passed on.
    unsafe {
        let mut mac = U::mac(key.as_ptr().cast(), aad, len);
        U::hash(&mut mac, text.as_ptr(), cut);
        U::tag(&mut mac, text[cut..].as_ptr(), text.len() - cut, lengths)
    }
}

#[test]
fn the_same_extreme_block_again_and_again() {
    for r in EXTREMES {
        for block in EXTREMES {
            for count in 0..80 {
                check(key(r, !block), &vec![block; count]);
            }
        }
    }
}

#[test]
fn extreme_blocks_mixed() {
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..1000 {
        let blocks: Vec<u128> = (0..random(150)).map(|_| EXTREMES[random(EXTREMES.len())]).collect();
        check(key(EXTREMES[random(EXTREMES.len())], EXTREMES[random(EXTREMES.len())]), &blocks);
    }
}

/// A tag must be of h mod 2^130 - 5 and not of h: r = 1 and a block that brings h to the modulus and just beyond.
#[test]
fn around_the_modulus() {
    // With r = 1, h is the sum of the blocks and of 2^128 for each: four times 2^128 is 2^130.
    for last in (0..12).chain((1..12).map(|i| u128::MAX - i + 1)) {
        for count in 3..8 {
            let mut blocks = vec![0; count];
            blocks.push(last);
            check(key(1, 0), &blocks);
        }
    }
}
