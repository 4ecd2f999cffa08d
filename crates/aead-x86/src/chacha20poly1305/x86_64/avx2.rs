//! The path of AVX2: its entries, and what it does with bytes. Poly1305 is the one of 64-bit multiplications, which the CPU
//! does beside the vectors.

mod chacha20;

use super::message;
use super::poly1305::Poly1305;
use super::unit::{State, Unit};
use crate::parts::Parts;
use chacha20::{pass_along, rows};
use core::arch::x86_64::*;
use core::ptr;

/// As [`Cipher::seal`](crate::key::sealed::Cipher::seal).
///
/// # Safety
/// As there, and the CPU must have the features.
#[target_feature(enable = "avx2,bmi2")]
#[inline(never)]
pub(super) unsafe fn seal(key: &[u32; 8], nonce: &[u8; 12], aad: &[u8], plain: Parts<'_>, out: *mut u8) -> [u8; 16] {
    // SAFETY: passed on.
    unsafe { message::seal::<Avx2>(key, nonce, aad, plain, out) }
}

/// As [`Cipher::open`](crate::key::sealed::Cipher::open), but that it returns the tag that would be right.
///
/// # Safety
/// As there, and the CPU must have the features.
#[target_feature(enable = "avx2,bmi2")]
#[inline(never)]
pub(super) unsafe fn open(key: &[u32; 8], nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8) -> [u8; 16] {
    // SAFETY: passed on.
    unsafe { message::open::<Avx2>(key, nonce, aad, cipher, out) }
}

pub(super) struct Avx2;

impl Unit for Avx2 {
    const PASS: usize = 512;
    const STEP: usize = 16;
    type Mac = Mac;

    #[inline(always)]
    unsafe fn fill(state: &mut State, blocks: usize, to: *mut u8) -> usize {
        // SAFETY: passed on.
        unsafe {
            match blocks {
                0..=2 => rows::<1>(state, to),
                3..=4 => rows::<2>(state, to),
                5..=6 => rows::<3>(state, to),
                _ => {
                    pass_along(state, ptr::null(), to, None, ptr::null(), 0);
                    Self::PASS
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn fill_and_hash(
        state: &mut State,
        blocks: usize,
        to: *mut u8,
        mac: &mut Mac,
        hash: *const u8,
        len: usize,
    ) -> usize {
        // SAFETY: passed on.
        unsafe {
            if len == 0 {
                return Self::fill(state, blocks, to);
            }
            pass_along(state, ptr::null(), to, Some(mac), hash, len);
        }
        Self::PASS
    }

    #[inline(always)]
    unsafe fn pass(state: &mut State, from: *const u8, to: *mut u8, mac: &mut Mac, hash: *const u8, len: usize) {
        // SAFETY: passed on.
        unsafe { pass_along(state, from, to, Some(mac), hash, len) }
    }

    #[inline(always)]
    unsafe fn xor(stream: *const u8, from: *const u8, to: *mut u8, len: usize) {
        // SAFETY: passed on.
        unsafe { xor(stream, from, to, len) }
    }

    #[inline(always)]
    unsafe fn pad(from: *const u8, to: *mut u8, len: usize) {
        // SAFETY: 64 bytes are writable at `to`, `len` readable at `from`.
        unsafe {
            to.write_bytes(0, 64);
            to.copy_from_nonoverlapping(from, len);
        }
    }

    #[inline(always)]
    unsafe fn xor_and_pad(stream: *const u8, text: *mut u8, to: *mut u8, len: usize) {
        // SAFETY: passed on.
        unsafe { xor_and_pad(stream, text, to, len) }
    }

    #[inline(always)]
    unsafe fn mac(key: *const u8, aad: &[u8], _: usize) -> Mac {
        // SAFETY: passed on.
        let mut mac = Poly1305::new(unsafe { key.cast::<[u64; 4]>().read_unaligned() });
        mac.pad(aad);
        Mac(mac)
    }

    #[inline(always)]
    unsafe fn hash(mac: &mut Mac, from: *const u8, len: usize) {
        // SAFETY: passed on.
        unsafe { mac.0.hash(from, len) }
    }

    #[inline(always)]
    unsafe fn tag(mac: &mut Mac, from: *const u8, len: usize, lengths: [u64; 2]) -> [u8; 16] {
        // SAFETY: passed on.
        unsafe {
            let whole = len - len % 16;
            mac.0.hash(from, whole);
            mac.0.pad(core::slice::from_raw_parts(from.add(whole), len - whole));
        }
        mac.0.block(lengths);
        mac.0.tag()
    }

    #[inline(always)]
    unsafe fn wipe(at: *mut u8, blocks: usize) {
        for half in 0..2 * blocks {
            // SAFETY: passed on.
            unsafe { at.cast::<__m256i>().add(half).write_volatile(_mm256_setzero_si256()) }
        }
    }
}

/// Poly1305, alone in its line of the cache so that it can be wiped as a block.
#[repr(align(64))]
pub(super) struct Mac(Poly1305);

/// # Safety
/// As of [`Unit::xor`].
#[target_feature(enable = "avx2,bmi2")]
#[inline]
unsafe fn xor(stream: *const u8, from: *const u8, to: *mut u8, len: usize) {
    let mut at = 0;
    // SAFETY: whole vectors while there are some, and then no more than what is left.
    unsafe {
        while at + 32 <= len {
            xor_32(_mm256_loadu_si256(stream.add(at).cast()), from.add(at), to.add(at));
            at += 32;
        }
        for at in at..len {
            to.add(at).write(from.add(at).read() ^ stream.add(at).read());
        }
    }
}

/// # Safety
/// As of [`Unit::xor_and_pad`].
#[target_feature(enable = "avx2,bmi2")]
#[inline]
unsafe fn xor_and_pad(stream: *const u8, text: *mut u8, to: *mut u8, len: usize) {
    /// From 64 - `len` on, all bits of `len` bytes and none of those after them.
    const MASK: [[u8; 64]; 2] = [[0xff; 64], [0; 64]];
    // SAFETY: 64 bytes are readable at `stream` and at `text`, and 64 at every place up to the middle of the mask.
    unsafe {
        let mask = MASK.as_ptr().cast::<u8>().add(64 - len);
        for at in [0, 32] {
            let stream = _mm256_loadu_si256(stream.add(at).cast());
            let done = _mm256_xor_si256(_mm256_loadu_si256(text.add(at).cast()), stream);
            let mask = _mm256_loadu_si256(mask.add(at).cast());
            _mm256_storeu_si256(text.add(at).cast(), _mm256_and_si256(done, mask));
        }
        to.copy_from_nonoverlapping(text, len);
    }
}

/// # Safety
/// 32 bytes must be readable and writable.
#[target_feature(enable = "avx2,bmi2")]
#[inline]
unsafe fn xor_32(stream: __m256i, from: *const u8, to: *mut u8) {
    // SAFETY: passed on.
    unsafe { _mm256_storeu_si256(to.cast(), _mm256_xor_si256(_mm256_loadu_si256(from.cast()), stream)) }
}
