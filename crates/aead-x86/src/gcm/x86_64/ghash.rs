//! Multiplication in the field of GHASH.
//!
//! Everything is in the domain of POLYVAL: the bytes of each block reversed, and the key once multiplied by x, so that the
//! product of two numbers of 128 bits is wanted times x^-128 modulo
//!
//! ```text
//! x^128 + x^127 + x^126 + x^121 + 1  =  x^128 + P * x^64 + 1
//! ```
//!
//! (RFC 8452 §3 and its Appendix A). To divide by x^64 is to move what stands below it up: `a = a * x^64 * (x^64 + P)`, so that
//! `a * x^-64 = a * x^64 + a * P`, the [`quotient`] of a number of 64 bits. With D = H * x^-64, made once per key, in the place of
//! H for the lower half of M, a product stands at x^64 already:
//!
//! ```text
//! M * H * x^-64  =  M1 * H + M0 * D  =  (M1*H1 + M0*D1) * x^64 + (M1*H0 + M0*D0)
//!                                        high                      low
//! ```
//!
//! That is four multiplications of 64 bits a product, and one more for the number that many of them add up to. Karatsuba's way
//! takes three and two, and more shuffles; on Zen 5 it was as fast, on CPUs where shuffles wait for multiplications it is slower.

use super::aes_ni::Block;
use super::lanes::Lanes;
use core::arch::x86_64::{__m128i, _mm_set_epi64x};

/// A sum of products, each lane for itself. Every power of the key comes with its quotient.
///
/// # Safety
/// Of all methods: as for those of `V`.
#[derive(Clone, Copy)]
pub(super) struct Sum<V> {
    high: V,
    low: V,
}

impl<V: Lanes> Sum<V> {
    /// `m * h`; `d` is the quotient of `h`.
    #[inline(always)]
    pub(super) unsafe fn product(m: V, (h, d): (V, V)) -> Self {
        // SAFETY: the caller has the instructions of `V`.
        unsafe {
            Self {
                high: m.multiply::<0x11>(h).xor(m.multiply::<0x10>(d)),
                low: m.multiply::<0x01>(h).xor(m.multiply::<0x00>(d)),
            }
        }
    }

    /// With `m * h` added.
    #[inline(always)]
    pub(super) unsafe fn add(self, m: V, (h, d): (V, V)) -> Self {
        // SAFETY: the caller has the instructions of `V`.
        unsafe {
            Self {
                high: self.high.xor3(m.multiply::<0x11>(h), m.multiply::<0x10>(d)),
                low: self.low.xor3(m.multiply::<0x01>(h), m.multiply::<0x00>(d)),
            }
        }
    }

    /// The number of each lane.
    #[inline(always)]
    pub(super) unsafe fn reduce(self) -> V {
        // SAFETY: the caller has the instructions of `V`.
        unsafe { self.high.xor(quotient(self.low)) }
    }

    /// The number that the lanes add up to.
    #[inline(always)]
    pub(super) unsafe fn total(self) -> __m128i {
        // SAFETY: the caller has the instructions of `V`, and so those of one block.
        unsafe { Sum { high: Block(self.high.fold()), low: Block(self.low.fold()) }.reduce().0 }
    }
}

/// `h * x^-64` of each lane: the lower half becomes the upper one, and times P is added to what was the upper half.
///
/// # Safety
/// As for the methods of `V`.
#[inline(always)]
pub(super) unsafe fn quotient<V: Lanes>(h: V) -> V {
    // SAFETY: the caller has the instructions of `V`; SSE2 is part of x86-64.
    unsafe {
        // P = x^63 + x^62 + x^57.
        let p = _mm_set_epi64x(0, 0xc200_0000_0000_0000_u64.cast_signed());
        h.swap().xor(h.multiply::<0x00>(V::splat(p)))
    }
}

/// GHASH's key as a number of POLYVAL: the bytes reversed, times x.
pub(super) fn key(block: [u8; 16]) -> u128 {
    let h = u128::from_be_bytes(block);
    // The highest bit is secret, so it selects by a mask.
    let carry = 0_u128.wrapping_sub(h >> 127);
    (h << 1) ^ (carry & 0xc200_0000_0000_0000_0000_0000_0000_0001)
}
