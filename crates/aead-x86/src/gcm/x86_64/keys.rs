//! What a key becomes: the round keys of AES, and powers of the key of GHASH.
#![expect(clippy::indexing_slicing, reason = "indices are numbers of rounds and of powers, never data")]

use super::aes_ni::Block;
use super::ghash::{self, Sum, quotient};
use super::kernel::GROUP;
use super::lanes::Lanes;
use core::arch::x86_64::*;
use zeroize::Zeroize;

/// How many powers there are: those of the lanes of a register, of a group of blocks, and of the block of lengths.
pub(super) const POWERS: usize = 40;

/// A key of AES with `ROUNDS` round keys, and what GHASH multiplies by.
///
/// ```text
/// h           44 * 16         H^40, H^39 … H^1, then zeros, so that a register may be read from any power on
/// quotients  44 * 16         each of them times x^-64
/// rounds      11 or 15 * 16   the round keys (FIPS 197 §5.2)
/// ```
///
/// The powers are numbers of POLYVAL, see `ghash`. There are as many as a path wants; the others are zeros.
#[repr(C, align(64))]
pub(super) struct Keys<const ROUNDS: usize> {
    h: [u128; POWERS + 4],
    quotients: [u128; POWERS + 4],
    rounds: [u128; ROUNDS],
}

impl<const ROUNDS: usize> Drop for Keys<ROUNDS> {
    fn drop(&mut self) {
        self.h.zeroize();
        self.quotients.zeroize();
        self.rounds.zeroize();
    }
}

impl<const ROUNDS: usize> Keys<ROUNDS> {
    /// The keys that come of `key`, 16 bytes for 11 rounds and 32 for 15, and the powers that `V` wants.
    ///
    /// # Safety
    /// As for the methods of `V`.
    #[inline(always)]
    pub(super) unsafe fn new<V: Lanes>(key: &[u8]) -> Self {
        let mut keys = Self { h: [0; _], quotients: [0; _], rounds: [0; _] };
        // SAFETY: who has the instructions of `V` has AES-NI, and so those of one block.
        unsafe {
            expand(key, &mut keys.rounds);
            // GHASH's key is what AES makes of a block of zeros (NIST SP 800-38D §7.1).
            let [zeros] = keys.encrypt([keys.round::<Block>(0)]);
            keys.h[POWERS - 1] = ghash::key(number(zeros.0).to_le_bytes());
            keys.raise::<Block>(1, V::LANES);
            keys.raise::<V>(V::LANES, (GROUP + 1) * V::LANES + 1);
            for power in (V::LANES..=POWERS).step_by(V::LANES) {
                let row = keys.powers::<V>(power).0;
                quotient(row).store(keys.quotients.as_mut_ptr().add(POWERS - power).cast());
            }
        }
        keys
    }

    /// Fills in the powers from `have` + 1 to `wanted`, where those up to `have` are there: all of them times the highest, which
    /// does them side by side, and so on. `have` is a multiple of lanes.
    #[inline(always)]
    unsafe fn raise<V: Lanes>(&mut self, mut have: usize, wanted: usize) {
        while have < wanted {
            // SAFETY: a row that is read lies below `have`, and one that is written at most as much above it: below `POWERS`, which
            // is a multiple of lanes as well.
            unsafe {
                let step = V::splat(block(self.h[POWERS - have]));
                let step = (step, quotient(step));
                let missing = have.min(wanted - have);
                for power in (V::LANES..missing + V::LANES).step_by(V::LANES) {
                    let row = Sum::product(self.powers::<V>(power).0, step).reduce();
                    row.store(self.h.as_mut_ptr().add(POWERS - have - power).cast());
                }
            }
            have *= 2;
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

    /// Blocks, with the first round key added, encrypted.
    ///
    /// # Safety
    /// As for the methods of `V`.
    #[inline(always)]
    pub(super) unsafe fn encrypt<V: Lanes, const N: usize>(&self, mut blocks: [V; N]) -> [V; N] {
        // SAFETY: the caller has the instructions of `V`.
        unsafe {
            for at in 1..ROUNDS - 1 {
                let key = self.round(at);
                for blocks in &mut blocks {
                    *blocks = blocks.round(key);
                }
            }
            let key = self.round(ROUNDS - 1);
            for blocks in &mut blocks {
                *blocks = blocks.last_round(key);
            }
            blocks
        }
    }

    /// The power `power` in every lane, with its quotient.
    ///
    /// # Safety
    /// As for the methods of `V`. `power` is at least 1, and one that the path has.
    #[inline(always)]
    pub(super) unsafe fn power<V: Lanes>(&self, power: usize) -> (V, V) {
        // SAFETY: the caller has the instructions of `V`.
        unsafe { (V::splat(block(self.h[POWERS - power])), V::splat(block(self.quotients[POWERS - power]))) }
    }

    /// The powers from `power` down, one a lane, with their quotients.
    ///
    /// # Safety
    /// As for the methods of `V`. `power` is at least 1, and one that the path has.
    #[inline(always)]
    pub(super) unsafe fn powers<V: Lanes>(&self, power: usize) -> (V, V) {
        // SAFETY: after the last power there are zeros for three lanes more.
        unsafe {
            let at = POWERS - power;
            (V::load(self.h.as_ptr().add(at).cast()), V::load(self.quotients.as_ptr().add(at).cast()))
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
        let before = block(rounds[at - long]);
        let sums = _mm_xor_si128(before, _mm_slli_si128::<4>(before));
        let sums = _mm_xor_si128(sums, _mm_slli_si128::<8>(sums));
        rounds[at] = number(_mm_xor_si128(sums, mixed));
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
