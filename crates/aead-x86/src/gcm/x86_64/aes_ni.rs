//! 128 bits at a time: AES-NI and PCLMULQDQ.

use super::lanes::Lanes;
use core::arch::x86_64::*;

/// One block.
#[derive(Clone, Copy)]
pub(super) struct Block(pub(super) __m128i);

#[expect(
    clippy::undocumented_unsafe_blocks,
    reason = "it is the same for each: who calls a method of `Lanes` promises that the CPU has its one instruction, and that a \
              pointer is good for the bytes of a register, or for `len`"
)]
impl Lanes for Block {
    const LANES: usize = 1;

    #[inline(always)]
    unsafe fn splat(block: __m128i) -> Self {
        Self(block)
    }

    #[inline(always)]
    unsafe fn single(block: __m128i) -> Self {
        Self(block)
    }

    #[inline(always)]
    unsafe fn last(block: __m128i) -> Self {
        Self(block)
    }

    #[inline(always)]
    unsafe fn ramp() -> Self {
        Self(unsafe { _mm_setzero_si128() })
    }

    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        Self(unsafe { _mm_loadu_si128(from.cast()) })
    }

    #[inline(always)]
    unsafe fn load_part(from: *const u8, len: usize) -> Self {
        let mut buf = [0_u8; 16];
        unsafe {
            buf.as_mut_ptr().copy_from_nonoverlapping(from, len);
            Self::load(buf.as_ptr())
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        unsafe { _mm_storeu_si128(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn store_part(self, to: *mut u8, len: usize) {
        let mut buf = [0_u8; 16];
        unsafe {
            self.store(buf.as_mut_ptr());
            to.copy_from_nonoverlapping(buf.as_ptr(), len);
        }
    }

    #[inline(always)]
    unsafe fn keep(self, len: usize) -> Self {
        let wanted = unsafe {
            _mm_cmpgt_epi8(
                _mm_set1_epi8(len as i8),
                _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
            )
        };
        Self(unsafe { _mm_and_si128(self.0, wanted) })
    }

    #[inline(always)]
    unsafe fn fold(self) -> __m128i {
        self.0
    }

    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        Self(unsafe { _mm_xor_si128(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn xor3(self, b: Self, c: Self) -> Self {
        unsafe { self.xor(b).xor(c) }
    }

    #[inline(always)]
    unsafe fn add32(self, other: Self) -> Self {
        Self(unsafe { _mm_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn shuffle(self, order: Self) -> Self {
        Self(unsafe { _mm_shuffle_epi8(self.0, order.0) })
    }

    #[inline(always)]
    unsafe fn swap(self) -> Self {
        Self(unsafe { _mm_shuffle_epi32::<0b01_00_11_10>(self.0) })
    }

    #[inline(always)]
    unsafe fn round(self, key: Self) -> Self {
        Self(unsafe { _mm_aesenc_si128(self.0, key.0) })
    }

    #[inline(always)]
    unsafe fn last_round(self, key: Self) -> Self {
        Self(unsafe { _mm_aesenclast_si128(self.0, key.0) })
    }

    #[inline(always)]
    unsafe fn multiply<const HALVES: i32>(self, other: Self) -> Self {
        Self(unsafe { _mm_clmulepi64_si128::<HALVES>(self.0, other.0) })
    }
}
