//! 512 bits at a time: VAES and VPCLMULQDQ under AVX-512.

use super::lanes::Lanes;
use core::arch::x86_64::*;

/// Four blocks.
#[derive(Clone, Copy)]
pub(super) struct Quad(__m512i);

#[expect(
    clippy::undocumented_unsafe_blocks,
    reason = "it is the same for each: who calls a method of `Lanes` promises that the CPU has its one instruction, and that a \
              pointer is good for the bytes of a register, or for `len`"
)]
impl Lanes for Quad {
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(block: __m128i) -> Self {
        Self(unsafe { _mm512_broadcast_i32x4(block) })
    }

    #[inline(always)]
    unsafe fn single(block: __m128i) -> Self {
        Self(unsafe { _mm512_zextsi128_si512(block) })
    }

    #[inline(always)]
    unsafe fn last(block: __m128i) -> Self {
        Self(unsafe { _mm512_inserti32x4::<3>(_mm512_setzero_si512(), block) })
    }

    #[inline(always)]
    unsafe fn ramp() -> Self {
        Self(unsafe { _mm512_setr_epi32(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0) })
    }

    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        Self(unsafe { _mm512_loadu_si512(from.cast()) })
    }

    #[inline(always)]
    unsafe fn load_part(from: *const u8, len: usize) -> Self {
        Self(unsafe { _mm512_maskz_loadu_epi8(first(len), from.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        unsafe { _mm512_storeu_si512(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut u8, len: usize) {
        unsafe { _mm512_mask_storeu_epi8(to.cast(), first(len), self.0) }
    }

    #[inline(always)]
    unsafe fn keep(self, len: usize) -> Self {
        Self(unsafe { _mm512_maskz_mov_epi8(first(len), self.0) })
    }

    #[inline(always)]
    unsafe fn fold(self) -> __m128i {
        unsafe {
            let half = _mm256_xor_si256(_mm512_castsi512_si256(self.0), _mm512_extracti64x4_epi64::<1>(self.0));
            _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256::<1>(half))
        }
    }

    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        Self(unsafe { _mm512_xor_si512(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        Self(unsafe { _mm512_ternarylogic_epi32::<0x96>(self.0, b.0, c.0) })
    }

    #[inline(always)]
    unsafe fn add32(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn shuffle(self, order: Self) -> Self {
        Self(unsafe { _mm512_shuffle_epi8(self.0, order.0) })
    }

    #[inline(always)]
    unsafe fn swap(self) -> Self {
        Self(unsafe { _mm512_shuffle_epi32::<0b01_00_11_10>(self.0) })
    }

    #[inline(always)]
    unsafe fn round(self, key: Self) -> Self {
        Self(unsafe { _mm512_aesenc_epi128(self.0, key.0) })
    }

    #[inline(always)]
    unsafe fn last_round(self, key: Self) -> Self {
        Self(unsafe { _mm512_aesenclast_epi128(self.0, key.0) })
    }

    #[inline(always)]
    unsafe fn multiply<const HALVES: i32>(self, other: Self) -> Self {
        Self(unsafe { _mm512_clmulepi64_epi128::<HALVES>(self.0, other.0) })
    }
}

/// A mask of the first `len` bytes; `len` is below 64.
#[inline(always)]
fn first(len: usize) -> u64 {
    (1 << (len % 64)) - 1
}
