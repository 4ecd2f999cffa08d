//! 256 bits at a time: VAES and VPCLMULQDQ.

use super::lanes::Lanes;
use core::arch::x86_64::*;

/// Two blocks.
#[derive(Clone, Copy)]
pub(super) struct Pair(__m256i);

#[expect(
    clippy::undocumented_unsafe_blocks,
    reason = "it is the same for each: who calls a method of `Lanes` promises that the CPU has its one instruction, and that a \
              pointer is good for the bytes of a register, or for `len`"
)]
impl Lanes for Pair {
    const LANES: usize = 2;

    #[inline(always)]
    unsafe fn splat(block: __m128i) -> Self {
        Self(unsafe { _mm256_broadcastsi128_si256(block) })
    }

    #[inline(always)]
    unsafe fn single(block: __m128i) -> Self {
        Self(unsafe { _mm256_zextsi128_si256(block) })
    }

    #[inline(always)]
    unsafe fn last(block: __m128i) -> Self {
        Self(unsafe { _mm256_inserti128_si256::<1>(_mm256_setzero_si256(), block) })
    }

    #[inline(always)]
    unsafe fn ramp() -> Self {
        Self(unsafe { _mm256_setr_epi32(0, 0, 0, 0, 1, 0, 0, 0) })
    }

    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        Self(unsafe { _mm256_loadu_si256(from.cast()) })
    }

    #[inline(always)]
    unsafe fn load_part(from: *const u8, len: usize) -> Self {
        let mut buf = [0_u8; 32];
        unsafe {
            buf.as_mut_ptr().copy_from_nonoverlapping(from, len);
            Self::load(buf.as_ptr())
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        unsafe { _mm256_storeu_si256(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut u8, len: usize) {
        let mut buf = [0_u8; 32];
        unsafe {
            self.store(buf.as_mut_ptr());
            to.copy_from_nonoverlapping(buf.as_ptr(), len);
        }
    }

    #[inline(always)]
    unsafe fn keep(self, len: usize) -> Self {
        unsafe {
            let index = _mm256_setr_epi8(
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
                28, 29, 30, 31,
            );
            Self(_mm256_and_si256(self.0, _mm256_cmpgt_epi8(_mm256_set1_epi8(len as i8), index)))
        }
    }

    #[inline(always)]
    unsafe fn fold(self) -> __m128i {
        unsafe { _mm_xor_si128(_mm256_castsi256_si128(self.0), _mm256_extracti128_si256::<1>(self.0)) }
    }

    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        Self(unsafe { _mm256_xor_si256(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        unsafe { self.xor(b).xor(c) }
    }

    #[inline(always)]
    unsafe fn add32(self, other: Self) -> Self {
        Self(unsafe { _mm256_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn shuffle(self, order: Self) -> Self {
        Self(unsafe { _mm256_shuffle_epi8(self.0, order.0) })
    }

    #[inline(always)]
    unsafe fn swap(self) -> Self {
        Self(unsafe { _mm256_shuffle_epi32::<0b01_00_11_10>(self.0) })
    }

    #[inline(always)]
    unsafe fn round(self, key: Self) -> Self {
        Self(unsafe { _mm256_aesenc_epi128(self.0, key.0) })
    }

    #[inline(always)]
    unsafe fn last_round(self, key: Self) -> Self {
        Self(unsafe { _mm256_aesenclast_epi128(self.0, key.0) })
    }

    #[inline(always)]
    unsafe fn multiply<const HALVES: i32>(self, other: Self) -> Self {
        Self(unsafe { _mm256_clmulepi64_epi128::<HALVES>(self.0, other.0) })
    }
}
