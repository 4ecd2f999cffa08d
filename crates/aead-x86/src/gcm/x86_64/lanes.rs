//! A register of AES blocks, whatever its width.

use core::arch::x86_64::__m128i;

/// A vector register that holds [`Lanes::LANES`] blocks of 16 bytes, each worked on by itself.
///
/// Of `a ++ b` in memory `a` is lane 0.
///
/// # Safety
/// Every method needs the CPU to have the instructions of the implementation. All are inlined into a function that is
/// compiled for them.
pub(super) trait Lanes: Copy {
    /// How many blocks.
    const LANES: usize;

    /// `block` in every lane.
    unsafe fn splat(block: __m128i) -> Self;

    /// `block` in lane 0, zeros in the others.
    unsafe fn single(block: __m128i) -> Self;

    /// `block` in the last lane, zeros in the others.
    unsafe fn last(block: __m128i) -> Self;

    /// The 32-bit counters 0, 1, 2 … in the lowest bits of lanes 0, 1, 2 …
    unsafe fn ramp() -> Self;

    /// `LANES` blocks.
    unsafe fn load(from: *const u8) -> Self;

    /// `len` bytes, fewer than a register has, and zeros.
    unsafe fn load_part(from: *const u8, len: usize) -> Self;

    /// `LANES` blocks.
    unsafe fn store(self, to: *mut u8);

    /// The first `len` bytes, fewer than a register has.
    unsafe fn store_part(self, to: *mut u8, len: usize);

    /// The first `len` bytes, fewer than a register has, and zeros for the rest.
    unsafe fn keep(self, len: usize) -> Self;

    /// The sum of all lanes.
    unsafe fn fold(self) -> __m128i;

    unsafe fn xor(self, other: Self) -> Self;

    unsafe fn xor3(self, b: Self, c: Self) -> Self;

    /// Adds 32-bit numbers, each modulo 2^32.
    unsafe fn add32(self, other: Self) -> Self;

    /// The bytes of each lane in the order of `order`.
    unsafe fn shuffle(self, order: Self) -> Self;

    /// The halves of each lane exchanged.
    unsafe fn swap(self) -> Self;

    /// One round of AES.
    unsafe fn round(self, key: Self) -> Self;

    /// The last round of AES.
    unsafe fn last_round(self, key: Self) -> Self;

    /// The carry-less product of a half of each lane and one of `other`: bit 0 of `HALVES` is set for the high half of
    /// `self`, bit 4 for that of `other`.
    unsafe fn multiply<const HALVES: i32>(self, other: Self) -> Self;
}
