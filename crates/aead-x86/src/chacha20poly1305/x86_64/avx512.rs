//! The path of AVX-512: its entries, and what it does with bytes.

mod chacha20;
mod poly1305;

use super::message;
use super::unit::{State, Unit};
use crate::parts::Parts;
use chacha20::{pass, rows};
use core::arch::x86_64::*;
use poly1305::Mac;

/// As [`Cipher::seal`](crate::key::sealed::Cipher::seal).
///
/// # Safety
/// As there, and the CPU must have the features.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
pub(super) unsafe fn seal(key: &[u32; 8], nonce: &[u8; 12], aad: &[u8], plain: Parts<'_>, out: *mut u8) -> [u8; 16] {
    // SAFETY: passed on.
    unsafe { message::seal::<Avx512>(key, nonce, aad, plain, out) }
}

/// As [`Cipher::open`](crate::key::sealed::Cipher::open), but that it returns the tag that would be right.
///
/// # Safety
/// As there, and the CPU must have the features.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
pub(super) unsafe fn open(key: &[u32; 8], nonce: &[u8; 12], aad: &[u8], cipher: *const [u8], out: *mut u8) -> [u8; 16] {
    // SAFETY: passed on.
    unsafe { message::open::<Avx512>(key, nonce, aad, cipher, out) }
}

pub(super) struct Avx512;

impl Unit for Avx512 {
    const PASS: usize = 2048;
    const STEP: usize = 128;
    type Mac = Mac;

    #[inline(always)]
    unsafe fn fill(state: &mut State, blocks: usize, to: *mut u8) -> usize {
        // SAFETY: passed on.
        unsafe {
            match blocks {
                0..=4 => rows::<1>(state, to),
                5..=8 => rows::<2>(state, to),
                9..=12 => rows::<3>(state, to),
                13..=16 => rows::<4>(state, to),
                17..=20 => rows::<5>(state, to),
                21..=24 => rows::<6>(state, to),
                _ => rows::<8>(state, to),
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
            mac.hash(hash, len);
            Self::fill(state, blocks, to)
        }
    }

    #[inline(always)]
    unsafe fn pass(state: &mut State, from: *const u8, to: *mut u8, mac: &mut Mac, hash: *const u8, len: usize) {
        // SAFETY: passed on.
        unsafe {
            mac.hash(hash, len);
            pass(state, from, to);
        }
    }

    #[inline(always)]
    unsafe fn xor(stream: *const u8, from: *const u8, to: *mut u8, len: usize) {
        // SAFETY: passed on.
        unsafe { xor(stream, from, to, len) }
    }

    #[inline(always)]
    unsafe fn pad(from: *const u8, to: *mut u8, len: usize) {
        // SAFETY: passed on.
        unsafe { pad(from, to, len) }
    }

    #[inline(always)]
    unsafe fn xor_and_pad(stream: *const u8, text: *mut u8, to: *mut u8, len: usize) {
        // SAFETY: passed on.
        unsafe { xor_and_pad(stream, text, to, len) }
    }

    #[inline(always)]
    unsafe fn mac(key: *const u8, aad: &[u8], len: usize) -> Mac {
        // SAFETY: passed on.
        unsafe { Mac::new(key.cast::<[u64; 4]>().read_unaligned(), aad, len) }
    }

    #[inline(always)]
    unsafe fn hash(mac: &mut Mac, from: *const u8, len: usize) {
        // SAFETY: passed on.
        unsafe { mac.hash(from, len) }
    }

    #[inline(always)]
    unsafe fn tag(mac: &mut Mac, from: *const u8, len: usize, lengths: [u64; 2]) -> [u8; 16] {
        // SAFETY: passed on.
        unsafe { mac.tag(from, len, lengths) }
    }

    #[inline(always)]
    unsafe fn wipe(at: *mut u8, blocks: usize) {
        for block in 0..blocks {
            // SAFETY: passed on.
            unsafe { at.cast::<__m512i>().add(block).write_volatile(_mm512_setzero_si512()) }
        }
    }
}

/// A bit for each of the first `len` bytes of 64.
#[inline(always)]
pub(crate) fn first_bytes(len: usize) -> __mmask64 {
    if len < 64 { !(u64::MAX << len) } else { u64::MAX }
}

/// # Safety
/// As of [`Unit::xor`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
unsafe fn xor(stream: *const u8, from: *const u8, to: *mut u8, len: usize) {
    let mut at = 0;
    // SAFETY: whole blocks while there are some, and a byte that the mask leaves out is not touched.
    unsafe {
        while at + 64 <= len {
            let text = _mm512_loadu_si512(from.add(at).cast());
            let stream = _mm512_loadu_si512(stream.add(at).cast());
            _mm512_storeu_si512(to.add(at).cast(), _mm512_xor_si512(text, stream));
            at += 64;
        }
        if at < len {
            let mask = first_bytes(len - at);
            let text = _mm512_maskz_loadu_epi8(mask, from.add(at).cast());
            let stream = _mm512_maskz_loadu_epi8(mask, stream.add(at).cast());
            _mm512_mask_storeu_epi8(to.add(at).cast(), mask, _mm512_xor_si512(text, stream));
        }
    }
}

/// # Safety
/// As of [`Unit::pad`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
unsafe fn pad(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: a byte that the mask leaves out is not touched; `to` has room for 64.
    unsafe { _mm512_storeu_si512(to.cast(), _mm512_maskz_loadu_epi8(first_bytes(len), from.cast())) }
}

/// # Safety
/// As of [`Unit::xor_and_pad`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
unsafe fn xor_and_pad(stream: *const u8, text: *mut u8, to: *mut u8, len: usize) {
    let mask = first_bytes(len);
    // SAFETY: a byte that the mask leaves out is not touched; 64 are readable at the other two.
    unsafe {
        let stream = _mm512_loadu_si512(stream.cast());
        let done = _mm512_maskz_mov_epi8(mask, _mm512_xor_si512(_mm512_loadu_si512(text.cast()), stream));
        _mm512_storeu_si512(text.cast(), done);
        _mm512_mask_storeu_epi8(to.cast(), mask, done);
    }
}
