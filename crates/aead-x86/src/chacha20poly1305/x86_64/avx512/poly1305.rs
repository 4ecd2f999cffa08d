//! Poly1305 (RFC 8439 §2.5) with AVX-512 IFMA: eight blocks side by side.
#![expect(clippy::indexing_slicing, reason = "indices are numbers of words, limbs and blocks, never data")]

use super::first_bytes;
use crate::chacha20poly1305::x86_64::poly1305::{CLAMP, end};
use core::arch::x86_64::*;

/// Eight numbers below 2^132, one a lane, in limbs of 44 bits.
///
/// ```text
///        lane 0 … lane 7
/// n[0]   weight 1              below 2^44 + 2^17
/// n[1]   weight 2^44           below 2^44 + 2^13
/// n[2]   weight 2^88           below 2^44 + 2^13
/// ```
///
/// 2^132 = 4·2^130 = 20 mod 2^130 - 5.
type Number = [__m512i; 3];

/// A factor: a [`Number`], and 20 times its limbs 1 and 2, which are below 2^49. (The multiplier takes 52 bits.)
#[derive(Clone, Copy)]
struct Factor {
    n: Number,
    s: [__m512i; 2],
}

/// The one-time authenticator of a long message.
///
/// Lane i of `h` sums blocks i, i + 8, i + 16 … by h = h·r^8 + block, in all lanes at once. At the end lane i is multiplied
/// by the power of r that its last block has, and the lanes are summed.
#[repr(align(64))]
pub(in crate::chacha20poly1305::x86_64) struct Mac {
    h: Number,
    /// r^16, r^15 … r^9.
    high: Number,
    /// r^8, r^7 … r.
    low: Number,
    /// r^8, r^16, and in a long message r^24 and r^32: what all lanes are multiplied by.
    steps: [Step; 4],
    long: bool,
    s: [u64; 2],
}

/// The five words of a [`Factor`] that has the same in all lanes.
type Step = [u64; 5];

/// From how many bytes on it pays to hash 512 at a time.
const LONG: usize = 2048;

const LIMB: i64 = (1 << 44) - 1;

impl Mac {
    /// With the one-time key `r`, `s`, `r` not yet clamped, and after `aad`, filled up with zeros, for a text of `len` bytes.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    pub(super) fn new([r0, r1, s0, s1]: [u64; 4], aad: &[u8], len: usize) -> Self {
        let (low, high) = powers([r0 & CLAMP[0], r1 & CLAMP[1]]);
        let mut steps = [step(low), step(high), [0; 5], [0; 5]];
        let long = len >= LONG;
        if long {
            let r16 = splat(high);
            steps[2] = step(multiply(low, &r16));
            steps[3] = step(multiply(high, &r16));
        }
        let mut mac = Self { h: [_mm512_setzero_si512(); 3], high, low, steps, long, s: [s0, s1] };
        mac.aad(aad);
        mac
    }

    /// The associated data: what there is beside whole groups of eight blocks comes first, behind so many blocks of nothing
    /// that it ends in lane 7.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    fn aad(&mut self, aad: &[u8]) {
        if aad.is_empty() {
            return;
        }
        let blocks = aad.len().div_ceil(16);
        let first = (blocks - 1) % 8 + 1;
        let len = aad.len().min(16 * first);
        // SAFETY: `len` is not more than there is, and neither is what is left.
        unsafe {
            self.h = Words::right(aad.as_ptr(), len, first).number(lanes(first) << (8 - first));
            let (mut from, mut left) = (aad.as_ptr().add(len), aad.len() - len);
            while left > 0 {
                self.step(Words::left(from, left));
                (from, left) = (from.wrapping_add(128), left.saturating_sub(128));
            }
        }
    }

    /// Eight blocks.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    fn step(&mut self, words: Words) {
        let mut sum = Sum::new(words.number(0xff));
        sum.add(self.h, &same(&self.steps[0]));
        self.h = sum.carry();
    }

    /// Eight times `N` blocks, with one carry: h·r^(8 N) + block·r^(8 N - 8) + … + block.
    ///
    /// # Safety
    /// 128 times `N` bytes must be readable.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    unsafe fn steps<const N: usize>(&mut self, from: *const u8) {
        const { assert!(1 < N && N <= 4, "as many products as a sum can have") };
        // SAFETY: passed on.
        let number = |i: usize| unsafe { Words::whole(from.add(128 * i)) }.number(0xff);
        let mut sum = Sum::new(number(N - 1));
        for i in 1..N {
            sum.add(number(N - 1 - i), &same(&self.steps[i - 1]));
        }
        sum.add(self.h, &same(&self.steps[N - 1]));
        self.h = sum.carry();
    }

    /// Hashes `len` bytes, a multiple of 128.
    ///
    /// # Safety
    /// They must be readable.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    pub(super) unsafe fn hash(&mut self, mut from: *const u8, mut len: usize) {
        // SAFETY: passed on.
        unsafe {
            while len >= 512 && self.long {
                self.steps::<4>(from);
                (from, len) = (from.add(512), len - 512);
            }
            while len >= 256 {
                self.steps::<2>(from);
                (from, len) = (from.add(256), len - 256);
            }
            if len > 0 {
                self.step(Words::whole(from));
            }
        }
    }

    /// Hashes the last `len` bytes and the block of the lengths, and makes the tag.
    ///
    /// # Safety
    /// The bytes must be readable, and the CPU have the features.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    pub(super) unsafe fn tag(&mut self, from: *const u8, len: usize, lengths: [u64; 2]) -> [u8; 16] {
        // With the lengths there are one to eight blocks in the end.
        let whole = if len % 128 > 112 { len } else { len - len % 128 };
        // SAFETY: passed on; where more is read than whole blocks, it is masked.
        let mut words = unsafe {
            self.hash(from, whole - whole % 128);
            if whole % 128 > 0 {
                self.step(Words::left(from.add(whole - whole % 128), whole % 128));
            }
            Words::left(from.add(whole), len - whole)
        };
        let blocks = (len - whole).div_ceil(16);
        words.set(blocks, lengths);
        let mut sum = Sum::new([_mm512_setzero_si512(); 3]);
        // The last of `left` blocks is multiplied by r, and the eight blocks before them by the powers before.
        let left = blocks + 1;
        sum.add(self.h, &self.window(8 - left));
        sum.add(words.number(lanes(left)), &self.window(16 - left));
        let [a, b, c] = sum.carry().map(|limb| _mm512_reduce_add_epi64(limb) as u64);
        // Below 2^48 each, so that none of the shifts loses anything and h[2] is below 2^9.
        let (h0, carry) = a.overflowing_add(b << 44);
        let (h1, carry) = (b >> 20).overflowing_add((c << 24).wrapping_add(u64::from(carry)));
        end([h0, h1, (c >> 40).wrapping_add(u64::from(carry))], self.s)
    }

    /// Eight powers in falling order, from r^(16 - `from`) on. After r^1 come any others.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    fn window(&self, from: usize) -> Factor {
        let index = _mm512_add_epi64(_mm512_set1_epi64(from as i64), _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
        let pick = |limb: usize| _mm512_permutex2var_epi64(self.high[limb], index, self.low[limb]);
        factor([pick(0), pick(1), pick(2)])
    }
}

/// The lanes of the first `count` of eight blocks.
#[inline(always)]
fn lanes(count: usize) -> __mmask8 {
    (0xff_u32 >> (8 - count)) as u8
}

/// The powers of r: r^8 … r and r^16 … r^9.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn powers([r0, r1]: [u64; 2]) -> (Number, Number) {
    let limb = _mm512_set1_epi64(LIMB);
    let one = [r0, r0 >> 44 | r1 << 20, r1 >> 24].map(|word| _mm512_and_si512(_mm512_set1_epi64(word as i64), limb));
    let two = multiply(one, &factor(one));
    // r^2, r, r^2, r …
    let by_two = blend(0b0101_0101, one, two);
    // r^4, r^3, r^4, r^3 …
    let three_four = multiply(by_two, &factor(two));
    // r^4, r^3, r^2, r, and the same again.
    let by_four = blend(0b0011_0011, by_two, three_four);
    let up = multiply(by_four, &splat(three_four));
    let low = blend(0b0000_1111, by_four, up);
    (low, multiply(low, &splat(low)))
}

/// Lane 0 of `n` in all lanes.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn splat(n: Number) -> Factor {
    factor(n.map(|limb| _mm512_broadcastq_epi64(_mm512_castsi512_si128(limb))))
}

/// Lane 0 of `n`, to be used by all.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn step(n: Number) -> Step {
    let Factor { n: [a, b, c], s: [d, e] } = factor(n);
    [a, b, c, d, e].map(|limb| _mm_cvtsi128_si64(_mm512_castsi512_si128(limb)) as u64)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn same(step: &Step) -> Factor {
    let [a, b, c, d, e] = step.map(|limb| _mm512_set1_epi64(limb as i64));
    Factor { n: [a, b, c], s: [d, e] }
}

/// The lanes of `b` where `mask` says so, else those of `a`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn blend(mask: __mmask8, a: Number, b: Number) -> Number {
    [0, 1, 2].map(|i: usize| _mm512_mask_mov_epi64(a[i], mask, b[i]))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn factor(n: Number) -> Factor {
    Factor { n, s: [twenty(n[1]), twenty(n[2])] }
}

/// Times 20, of what is below 2^47. (Of two shifts the compiler makes two multiplications, which are slower.)
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn twenty(limb: __m512i) -> __m512i {
    _mm512_madd52lo_epu64(_mm512_setzero_si512(), limb, _mm512_set1_epi64(20))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn multiply(a: Number, b: &Factor) -> Number {
    let mut sum = Sum::new([_mm512_setzero_si512(); 3]);
    sum.add(a, b);
    sum.carry()
}

/// A sum of a number and of one to four products.
///
/// A multiplication gives bits 0 … 51 of a product (`low`) or what is above them (`high`, of weight 2^52 = 2^44·2^8), and
/// adds them to a word of 64 bits. Limbs are below 2^45 and 20 times a limb below 2^49.4, so after four products
///
/// ```text
/// low[i]    below 2^44 + 12·2^52 < 2^55.6
/// high[i]   below 12·2^(45 + 49.4 - 52) < 2^46, and high[2], whose terms have no factor 20, below 12·2^38 < 2^41.6
/// ```
struct Sum {
    low: Number,
    high: Number,
}

impl Sum {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    fn new(n: Number) -> Self {
        Self { low: n, high: [_mm512_setzero_si512(); 3] }
    }

    /// Adds `a` times `b`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    fn add(&mut self, [a0, a1, a2]: Number, b: &Factor) {
        let ([b0, b1, b2], [s1, s2]) = (b.n, b.s);
        for (i, terms) in
            [[(a0, b0), (a1, s2), (a2, s1)], [(a0, b1), (a1, b0), (a2, s2)], [(a0, b2), (a1, b1), (a2, b0)]]
                .into_iter()
                .enumerate()
        {
            for (a, b) in terms {
                self.low[i] = _mm512_madd52lo_epu64(self.low[i], a, b);
                self.high[i] = _mm512_madd52hi_epu64(self.high[i], a, b);
            }
        }
    }

    /// The sum in limbs again. All three carry at once, so a limb may end a little above 2^44:
    ///
    /// ```text
    /// t[0] = low[0] + 20·2^8·high[2]   below 2^55.6 + 2^53.9 < 2^56
    /// t[i] = low[i] + 2^8·high[i - 1]  below 2^55.6 + 2^54 < 2^56.1
    /// ```
    ///
    /// so the carries are below 2^12.1, and 20 times the one from limb 2 below 2^16.5.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    fn carry(self) -> Number {
        let ([l0, l1, l2], [h0, h1, h2]) = (self.low, self.high);
        let t = [
            _mm512_add_epi64(l0, _mm512_slli_epi64::<8>(twenty(h2))),
            _mm512_add_epi64(l1, _mm512_slli_epi64::<8>(h0)),
            _mm512_add_epi64(l2, _mm512_slli_epi64::<8>(h1)),
        ];
        let [c0, c1, c2] = t.map(|t| _mm512_srli_epi64::<44>(t));
        let [n0, n1, n2] = t.map(|t| _mm512_and_si512(t, _mm512_set1_epi64(LIMB)));
        [_mm512_madd52lo_epu64(n0, c2, _mm512_set1_epi64(20)), _mm512_add_epi64(n1, c0), _mm512_add_epi64(n2, c1)]
    }
}

/// Eight blocks, one a lane: their low and their high eight bytes.
struct Words {
    low: __m512i,
    high: __m512i,
}

impl Words {
    /// 128 bytes.
    ///
    /// # Safety
    /// They must be readable.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    unsafe fn whole(from: *const u8) -> Self {
        // SAFETY: passed on.
        unsafe { Self::pick(_mm512_loadu_si512(from.cast()), _mm512_loadu_si512(from.add(64).cast())) }
    }

    /// The first `len` bytes, at most 128, and zeros after them.
    ///
    /// # Safety
    /// They must be readable.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    unsafe fn left(from: *const u8, len: usize) -> Self {
        // SAFETY: passed on.
        let [a, b] = unsafe { load(from, len) };
        Self::pick(a, b)
    }

    /// `len` bytes, in `blocks` blocks, the last of them in lane 7, and zeros before them.
    ///
    /// # Safety
    /// They must be readable.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    unsafe fn right(from: *const u8, len: usize, blocks: usize) -> Self {
        // SAFETY: passed on.
        let [a, b] = unsafe { load(from, len) };
        let empty = 8 - blocks;
        let even = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
        let even = _mm512_sub_epi64(even, _mm512_set1_epi64(2 * empty as i64));
        let odd = _mm512_add_epi64(even, _mm512_set1_epi64(1));
        let mask = lanes(blocks) << empty;
        Self {
            low: _mm512_maskz_permutex2var_epi64(mask, a, even, b),
            high: _mm512_maskz_permutex2var_epi64(mask, a, odd, b),
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    fn pick(a: __m512i, b: __m512i) -> Self {
        let even = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
        let odd = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);
        Self { low: _mm512_permutex2var_epi64(a, even, b), high: _mm512_permutex2var_epi64(a, odd, b) }
    }

    /// Puts a block into a lane.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    fn set(&mut self, lane: usize, [low, high]: [u64; 2]) {
        let mask = 1 << lane;
        self.low = _mm512_mask_set1_epi64(self.low, mask, low as i64);
        self.high = _mm512_mask_set1_epi64(self.high, mask, high as i64);
    }

    /// The blocks as numbers, with the bit above each that is `real`.
    ///
    /// ```text
    /// bit     0 … 43   44 … 63        64 … 87   88 … 127   128
    /// word    low      low            high      high
    /// limb    0        1              1         2          2
    /// ```
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
    #[inline]
    fn number(self, real: __mmask8) -> Number {
        let limb = _mm512_set1_epi64(LIMB);
        let middle = _mm512_or_si512(_mm512_srli_epi64::<44>(self.low), _mm512_slli_epi64::<20>(self.high));
        let top = _mm512_srli_epi64::<24>(self.high);
        [
            _mm512_and_si512(self.low, limb),
            _mm512_and_si512(middle, limb),
            _mm512_mask_or_epi64(top, real, top, _mm512_set1_epi64(1 << 40)),
        ]
    }
}

/// The first `len` bytes of 128, and zeros after them.
///
/// # Safety
/// They must be readable.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
unsafe fn load(from: *const u8, len: usize) -> [__m512i; 2] {
    // SAFETY: a byte that the mask leaves out is not read, and the pointer to none of the second half may be any.
    unsafe {
        [
            _mm512_maskz_loadu_epi8(first_bytes(len), from.cast()),
            _mm512_maskz_loadu_epi8(first_bytes(len.saturating_sub(64)), from.wrapping_add(64).cast()),
        ]
    }
}

#[cfg(test)]
mod tests;
