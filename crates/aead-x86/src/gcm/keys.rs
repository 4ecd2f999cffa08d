//! What a key becomes: the round keys of AES, and powers of the key of GHASH.

use super::ghash::{self, quotient, times};
use super::lanes::Lanes;
use core::arch::x86_64::*;
use zeroize::Zeroize;

/// How many powers there are: those of the lanes of a register, of a group of blocks, and of the block of lengths.
pub(super) const POWERS: usize = 24;

/// A key of AES with `ROUNDS` round keys, and what GHASH multiplies by.
///
/// ```text
/// h       28 * 16         H^24, H^23 … H^1, then zeros, so that a register may be read from any power on
/// d       28 * 16         each of them times x^-64
/// rounds  11 or 15 * 16   the round keys (FIPS 197 §5.2)
/// ```
///
/// The powers are numbers of POLYVAL, see `ghash`.
#[repr(C, align(64))]
pub(super) struct Keys<const ROUNDS: usize> {
    h: [u128; POWERS + 4],
    d: [u128; POWERS + 4],
    rounds: [u128; ROUNDS],
}

impl<const ROUNDS: usize> Drop for Keys<ROUNDS> {
    fn drop(&mut self) {
        self.h.zeroize();
        self.d.zeroize();
        self.rounds.zeroize();
    }
}

impl<const ROUNDS: usize> Keys<ROUNDS> {
    /// The keys that come of `key`, 16 bytes for 11 rounds and 32 for 15, with the powers from H^`most` down.
    ///
    /// # Safety
    /// As for the methods of `V`. `most` is at most [`POWERS`].
    #[inline(always)]
    pub(super) unsafe fn new<V: Lanes>(key: &[u8], most: usize) -> Self {
        let mut keys = Self { h: [0; _], d: [0; _], rounds: [0; _] };
        // SAFETY: who has the instructions of `V` has AES-NI. A power that is written is at least 1 and at most `POWERS`: of
        // a row of lanes the first is at most `most` rounded up to lanes, of which `POWERS` is a multiple.
        unsafe {
            expand(key, &mut keys.rounds);
            let mut zero = keys.rounds[0];
            for round in &keys.rounds[1..ROUNDS - 1] {
                zero = number(_mm_aesenc_si128(block(zero), block(*round)));
            }
            zero = number(_mm_aesenclast_si128(block(zero), block(keys.rounds[ROUNDS - 1])));
            keys.h[POWERS - 1] = ghash::key(zero.to_le_bytes());
            let h = V::splat(block(keys.h[POWERS - 1]));
            for power in 2..=V::LANES {
                keys.h[POWERS - power] = number(times(V::splat(block(keys.h[POWERS - power + 1])), h).low());
            }
            let mut power = V::LANES;
            let mut row = keys.powers::<V>(power).0;
            let step = V::splat(block(keys.h[POWERS - power]));
            loop {
                row.store(keys.h.as_mut_ptr().add(POWERS - power).cast());
                quotient(row).store(keys.d.as_mut_ptr().add(POWERS - power).cast());
                if power >= most {
                    return keys;
                }
                row = times(row, step);
                power += V::LANES;
            }
        }
    }

    /// The round key `at`, in every lane.
    ///
    /// # Safety
    /// As for the methods of `V`.
    #[inline(always)]
    pub(super) unsafe fn round<V: Lanes>(&self, at: usize) -> V {
        // SAFETY: the caller has the instructions of `V`.
        unsafe { V::splat(block(self.rounds[at])) }
    }

    /// The power `power` in every lane, and the same times x^-64.
    ///
    /// # Safety
    /// As for the methods of `V`. `power` is between 1 and [`POWERS`].
    #[inline(always)]
    pub(super) unsafe fn power<V: Lanes>(&self, power: usize) -> (V, V) {
        // SAFETY: the caller has the instructions of `V`.
        unsafe { (V::splat(block(self.h[POWERS - power])), V::splat(block(self.d[POWERS - power]))) }
    }

    /// The powers from `power` down, one a lane, and the same times x^-64.
    ///
    /// # Safety
    /// As for the methods of `V`. `power` is between 1 and [`POWERS`].
    #[inline(always)]
    pub(super) unsafe fn powers<V: Lanes>(&self, power: usize) -> (V, V) {
        // SAFETY: after the last power there are zeros for three lanes more.
        unsafe {
            let at = POWERS - power;
            (V::load(self.h.as_ptr().add(at).cast()), V::load(self.d.as_ptr().add(at).cast()))
        }
    }
}

/// The key expansion of AES (FIPS 197 §5.2), four words at a time.
///
/// AESENCLAST on four equal columns is SubBytes of one of them and the addition of a round constant: ShiftRows moves nothing.
///
/// # Safety
/// The CPU has AES-NI and SSSE3.
#[target_feature(enable = "aes,ssse3")]
unsafe fn expand(key: &[u8], rounds: &mut [u128]) {
    let long = key.len() / 16;
    for (round, bytes) in rounds.iter_mut().zip(key.chunks_exact(16)) {
        *round = u128::from_le_bytes(bytes.try_into().unwrap_or_default());
    }
    // The last word of a round key in all four columns, its bytes as they are or rotated by one.
    let (word, rotated) = (_mm_set1_epi32(0x0f0e_0d0c), _mm_set1_epi32(0x0c0f_0e0d));
    let mut constant = 1_u8;
    for at in long..rounds.len() {
        let last = block(rounds[at - 1]);
        let mixed = if at % long == 0 {
            let with = _mm_set1_epi32(constant.into());
            // Doubled in the field of AES.
            constant = (constant << 1) ^ ((constant >> 7) * 0x1b);
            _mm_aesenclast_si128(_mm_shuffle_epi8(last, rotated), with)
        } else {
            _mm_aesenclast_si128(_mm_shuffle_epi8(last, word), _mm_setzero_si128())
        };
        // Each word is the sum of the word before it and the one a key's length back.
        let before = rounds[at - long];
        let sums = before ^ (before << 32);
        rounds[at] = sums ^ (sums << 64) ^ number(mixed);
    }
}

/// A number in a register.
#[inline(always)]
pub(super) fn block(number: u128) -> __m128i {
    // SAFETY: both are 16 bytes, and any bytes will do.
    unsafe { core::mem::transmute(number) }
}

/// A register as a number.
#[inline(always)]
pub(super) fn number(block: __m128i) -> u128 {
    // SAFETY: both are 16 bytes, and any bytes will do.
    unsafe { core::mem::transmute(block) }
}
