//! What the instructions differ in.

use core::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_set_epi32};

/// The kernels for one set of instructions.
///
/// # Safety
/// Of all functions: the CPU must have the instructions. Pointers must be good for the lengths that are named.
pub(super) trait Unit {
    /// How many bytes a pass covers. A fill makes no more than that.
    const PASS: usize;

    /// What is hashed before the end is a multiple of this, in bytes.
    const STEP: usize;

    /// Poly1305 of a long message.
    type Mac;

    /// Writes the next `blocks` blocks of key stream or some more to `to`, aligned to 64 bytes, and returns how many bytes
    /// that is.
    unsafe fn fill(state: &mut State, blocks: usize, to: *mut u8) -> usize;

    /// As [`Unit::fill`], and hashes `len` bytes, at most [`Unit::PASS`].
    unsafe fn fill_and_hash(
        state: &mut State,
        blocks: usize,
        to: *mut u8,
        mac: &mut Self::Mac,
        hash: *const u8,
        len: usize,
    ) -> usize;

    /// Encrypts or decrypts [`Unit::PASS`] bytes, and hashes `len` bytes, at most as many. They are read before anything is
    /// written.
    unsafe fn pass(state: &mut State, from: *const u8, to: *mut u8, mac: &mut Self::Mac, hash: *const u8, len: usize);

    /// `len` bytes at `from` and at `stream`, the one xor the other, to `to`.
    unsafe fn xor(stream: *const u8, from: *const u8, to: *mut u8, len: usize);

    /// `len` bytes, at most 64, from `from` to `to`, and zeros to fill up 64.
    unsafe fn pad(from: *const u8, to: *mut u8, len: usize);

    /// The first `len` bytes, at most 64, of the 64 at `text`, xor what is at `stream`, to `to` and to `text`, with zeros to
    /// fill up 64 there.
    unsafe fn xor_and_pad(stream: *const u8, text: *mut u8, to: *mut u8, len: usize);

    /// Poly1305 with the key that lies at `key`, after `aad`, for a text of `len` bytes.
    unsafe fn mac(key: *const u8, aad: &[u8], len: usize) -> Self::Mac;

    /// Hashes `len` bytes, a multiple of [`Unit::STEP`].
    unsafe fn hash(mac: &mut Self::Mac, from: *const u8, len: usize);

    /// Hashes the last `len` bytes and the block of the lengths.
    unsafe fn tag(mac: &mut Self::Mac, from: *const u8, len: usize, lengths: [u64; 2]) -> [u8; 16];

    /// Overwrites `blocks` times 64 bytes, aligned to 64, with zeros, although nobody will read them.
    unsafe fn wipe(at: *mut u8, blocks: usize);
}

/// The initial state of ChaCha20 (RFC 8439 §2.3).
///
/// ```text
/// constant constant constant constant
/// key      key      key      key
/// key      key      key      key
/// counter  nonce    nonce    nonce
/// ```
#[repr(C, align(64))]
pub(super) struct State([__m128i; 4]);

impl State {
    #[inline(always)]
    pub(super) fn new(key: &[u32; 8], nonce: &[u8; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *nonce;
        let [x, y, z] = [[a, b, c, d], [e, f, g, h], [i, j, k, l]].map(i32::from_le_bytes);
        // SAFETY: SSE2 is of every x86-64, and a key is two rows long.
        unsafe {
            Self([
                _mm_set_epi32(0x6b20_6574, 0x7962_2d32, 0x3320_646e, 0x6170_7865),
                _mm_loadu_si128(key.as_ptr().cast()),
                _mm_loadu_si128(key.as_ptr().add(4).cast()),
                _mm_set_epi32(z, y, x, 0),
            ])
        }
    }

    /// The rows.
    #[inline(always)]
    pub(super) fn rows(&self) -> &[__m128i; 4] {
        &self.0
    }

    /// The words, row by row.
    #[inline(always)]
    pub(super) fn words(&self) -> &[i32; 16] {
        // SAFETY: four rows are sixteen words, less strictly aligned.
        unsafe { &*core::ptr::from_ref(&self.0).cast() }
    }

    /// Moves the counter on. It goes beyond 2^32 for no block that is used ([`MAX_LEN`](crate::key::sealed::Cipher::MAX_LEN)).
    #[inline(always)]
    pub(super) fn advance(&mut self, blocks: u32) {
        // SAFETY: as in `words`.
        let words: &mut [u32; 16] = unsafe { &mut *core::ptr::from_mut(&mut self.0).cast() };
        words[12] = words[12].wrapping_add(blocks);
    }
}
