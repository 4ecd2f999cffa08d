//! Multiplication in the field of GHASH.
//!
//! Everything is in the domain of POLYVAL: the bytes of each block reversed, and the key once multiplied by x, so that the
//! product of two numbers of 128 bits is wanted times x^-128 modulo
//!
//! ```text
//! x^128 + x^127 + x^126 + x^121 + 1  =  x^128 + P * x^64 + 1
//! ```
//!
//! (RFC 8452 §3 and its Appendix A). Whatever stands below x^64 can be moved up: `a` is the same as `a * (x^64 + P) * x^64`, or,
//! divided by x^64, `a * x^-64 = a * x^64 + a * P`. With D = H * x^-64 made once per key, the product of M = M1 * x^64 + M0
//! times x^-64 needs no reduction of its own:
//!
//! ```text
//! M * H * x^-64  =  M1 * H + M0 * D  =  (M1*H1 + M0*D1) * x^64 + (M1*H0 + M0*D0)
//!                                        high                      low
//! ```
//!
//! The sums of many products are kept as `high` and `low`; one more division by x^64 makes a number of them.

use super::aes_ni::Block;
use super::lanes::Lanes;
use core::arch::x86_64::{__m128i, _mm_set_epi64x};

/// A sum of products, a lane for itself.
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

    /// The number that the lanes sum up to.
    #[inline(always)]
    pub(super) unsafe fn total(self) -> __m128i {
        // SAFETY: the caller has the instructions of `V`, and so those of one block.
        unsafe { Sum { high: Block(self.high.fold()), low: Block(self.low.fold()) }.reduce().0 }
    }
}

/// `a * b` of each lane.
#[inline(always)]
pub(super) unsafe fn times<V: Lanes>(a: V, b: V) -> V {
    // SAFETY: the caller has the instructions of `V`.
    unsafe { Sum::product(a, (b, quotient(b))).reduce() }
}

/// `h * x^-64` of each lane: the lower half becomes the upper one, and times P is added to what was the upper half.
#[inline(always)]
pub(super) unsafe fn quotient<V: Lanes>(h: V) -> V {
    // SAFETY: the caller has the instructions of `V`.
    unsafe { h.swap().xor(h.multiply::<0x00>(V::splat(p()))) }
}

/// P = x^63 + x^62 + x^57.
#[inline(always)]
unsafe fn p() -> __m128i {
    // SAFETY: SSE2 is part of x86-64.
    unsafe { _mm_set_epi64x(0, 0xc200_0000_0000_0000_u64.cast_signed()) }
}

/// GHASH's key as a number of POLYVAL: the bytes reversed, times x.
pub(super) fn key(block: [u8; 16]) -> u128 {
    let h = u128::from_be_bytes(block);
    // The highest bit is secret, so it selects by a mask.
    let carry = 0_u128.wrapping_sub(h >> 127);
    (h << 1) ^ (carry & 0xc200_0000_0000_0000_0000_0000_0000_0001)
}
