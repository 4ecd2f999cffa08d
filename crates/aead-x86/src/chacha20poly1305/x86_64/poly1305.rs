//! Poly1305 (RFC 8439 §2.5) with 64-bit multiplications: for short messages, and the last step of long ones.

/// The one-time authenticator after some blocks.
///
/// ```text
/// h = h[0] + h[1]·2^64 + h[2]·2^128, h[2] ≤ 4        the accumulator, the last block added and not yet multiplied
/// r = r[0] + r[1]·2^64, r[0] < 2^60, r[1] < 2^60      clamped, so that 4 divides r[1]
/// ```
#[derive(Clone)]
pub(super) struct Poly1305 {
    h: [u64; 3],
    r: [u64; 2],
    s: [u64; 2],
}

/// What clamping leaves of the two words of `r` (RFC 8439 §2.5.1).
pub(super) const CLAMP: [u64; 2] = [0x0fff_fffc_0fff_ffff, 0x0fff_fffc_0fff_fffc];

/// The bit above a block of 16 bytes.
const TOP: u64 = 1;

impl Poly1305 {
    /// With the one-time key `r`, `s`: four words, `r` not yet clamped.
    #[inline(always)]
    pub(super) fn new(key: [u64; 4]) -> Self {
        let [r0, r1, s0, s1] = key;
        Self { h: [0; 3], r: [r0 & CLAMP[0], r1 & CLAMP[1]], s: [s0, s1] }
    }

    /// The next block: h·r + block.
    #[inline(always)]
    pub(super) fn block(&mut self, block: [u64; 2]) {
        self.multiply([block[0], block[1], TOP]);
    }

    /// `len` bytes, a multiple of 16.
    ///
    /// # Safety
    /// They must be readable.
    #[inline(always)]
    pub(super) unsafe fn hash(&mut self, from: *const u8, len: usize) {
        for block in 0..len / 16 {
            // SAFETY: passed on.
            self.block(unsafe { from.cast::<[u64; 2]>().add(block).read_unaligned() });
        }
    }

    /// The blocks of `data`, with zeros to fill up the last.
    #[inline(always)]
    pub(super) fn pad(&mut self, data: &[u8]) {
        let (blocks, rest) = data.as_chunks();
        for block in blocks {
            self.block(words(block));
        }
        if !rest.is_empty() {
            let mut block = [0; 16];
            for (to, byte) in block.iter_mut().zip(rest) {
                *to = *byte;
            }
            self.block(words(&block));
        }
    }

    /// h = h·r + m mod 2^130 - 5, not wholly reduced.
    ///
    /// The product of the words of weight 2^64 has weight 2^128, and 2^128·r[1] = 2^130·(r[1]/4) = 5·r[1]/4, which is
    /// s1 < 1.25·2^60. With h[2] ≤ 4 the sums stay below 2^126 (d0, d1) and 2^63 (d2), so nothing is lost.
    #[inline(always)]
    fn multiply(&mut self, m: [u64; 3]) {
        let ([h0, h1, h2], [r0, r1]) = (self.h, self.r);
        let s1 = r1.wrapping_add(r1 >> 2);
        let wide = |a: u64, b: u64| u128::from(a).wrapping_mul(u128::from(b));
        let d0 = wide(h0, r0).wrapping_add(wide(h1, s1)).wrapping_add(u128::from(m[0]));
        let d1 = wide(h0, r1)
            .wrapping_add(wide(h1, r0))
            .wrapping_add(u128::from(h2.wrapping_mul(s1)).wrapping_add(u128::from(m[1])))
            .wrapping_add(d0 >> 64);
        let d2 = h2.wrapping_mul(r0).wrapping_add(m[2]).wrapping_add((d1 >> 64) as u64);
        self.h = fold([d0 as u64, d1 as u64, d2]);
    }

    /// The tag: h·r + s mod 2^128, once h·r is reduced.
    #[inline(always)]
    pub(super) fn tag(&mut self) -> [u8; 16] {
        self.multiply([0; 3]);
        end(self.h, self.s)
    }
}

/// The two words of a block.
#[inline(always)]
fn words(block: &[u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(*block);
    [both as u64, (both >> 64) as u64]
}

/// What lies above bit 130 is folded down, times 5. `h[2]` below 2^63.6 leaves it at most 4.
#[inline(always)]
fn fold(h: [u64; 3]) -> [u64; 3] {
    // 5·(h[2] >> 2), in one addition less.
    let (h0, carry) = h[0].overflowing_add((h[2] & !3).wrapping_add(h[2] >> 2));
    let (h1, carry) = h[1].overflowing_add(u64::from(carry));
    [h0, h1, (h[2] & 3).wrapping_add(u64::from(carry))]
}

/// (h mod 2^130 - 5) + s mod 2^128: the tag.
#[inline(always)]
pub(super) fn end(h: [u64; 3], s: [u64; 2]) -> [u8; 16] {
    // h < 2^130 + 2^128 now: h - p is what remains when h + 5 reaches 2^130.
    let h = fold(h);
    let (g0, carry) = h[0].overflowing_add(5);
    let (g1, carry) = h[1].overflowing_add(u64::from(carry));
    let over = 0_u64.wrapping_sub(h[2].wrapping_add(u64::from(carry)) >> 2);
    let (h0, h1) = ((h[0] & !over) | (g0 & over), (h[1] & !over) | (g1 & over));
    let sum = (u128::from(h0) | u128::from(h1) << 64).wrapping_add(u128::from(s[0]) | u128::from(s[1]) << 64);
    sum.to_le_bytes()
}
