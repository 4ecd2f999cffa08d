//! ChaCha20 with AVX-512, in two layouts, and the entries of this path.

mod poly1305;

use super::message::{self, State, Unit};
use crate::parts::Parts;
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

/// Sixteen words of each of sixteen blocks, one block a lane:
///
/// ```text
///         lane 0        lane 1        …  lane 15
/// x[0]    word 0 of     word 0 of        word 0 of
///         block n       block n + 1      block n + 15
/// …
/// x[15]   word 15       word 15          word 15
/// ```
type Lanes = [__m512i; 16];

/// Encrypts or decrypts 2048 bytes: two times sixteen blocks, whose states are all registers that there are. Sixteen alone
/// leave the CPU waiting where an instruction takes two cycles.
///
/// # Safety
/// The bytes must be readable and writable, and the CPU have the features.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
unsafe fn pass(state: &mut State, from: *const u8, to: *mut u8) {
    let numbers = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    let mut x = state.words().map(|word| _mm512_set1_epi32(word));
    x[12] = _mm512_add_epi32(x[12], numbers);
    let mut y = x;
    y[12] = _mm512_add_epi32(y[12], _mm512_set1_epi32(16));
    for _ in 0..10 {
        quarter_rounds::<0>(&mut x, &mut y);
        quarter_rounds::<1>(&mut x, &mut y);
    }
    // SAFETY: passed on.
    unsafe {
        close(state, x, from, to);
        close(state, y, from.add(1024), to.add(1024));
    }
}

/// Four quarter rounds side by side (RFC 8439 §2.1). The words of the rows b, c and d are `SHIFT`, twice and three times
/// `SHIFT` further right than those of a.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn quarter_rounds<const SHIFT: usize>(x: &mut Lanes, y: &mut Lanes) {
    let a = |i: usize| i;
    let b = |i: usize| 4 + (i + SHIFT) % 4;
    let c = |i: usize| 8 + (i + 2 * SHIFT) % 4;
    let d = |i: usize| 12 + (i + 3 * SHIFT) % 4;
    for x in [&mut *x, &mut *y] {
        for i in 0..4 {
            x[a(i)] = _mm512_add_epi32(x[a(i)], x[b(i)]);
            x[d(i)] = _mm512_rol_epi32::<16>(_mm512_xor_si512(x[d(i)], x[a(i)]));
        }
    }
    for x in [&mut *x, &mut *y] {
        for i in 0..4 {
            x[c(i)] = _mm512_add_epi32(x[c(i)], x[d(i)]);
            x[b(i)] = _mm512_rol_epi32::<12>(_mm512_xor_si512(x[b(i)], x[c(i)]));
        }
    }
    for x in [&mut *x, &mut *y] {
        for i in 0..4 {
            x[a(i)] = _mm512_add_epi32(x[a(i)], x[b(i)]);
            x[d(i)] = _mm512_rol_epi32::<8>(_mm512_xor_si512(x[d(i)], x[a(i)]));
        }
    }
    for x in [&mut *x, &mut *y] {
        for i in 0..4 {
            x[c(i)] = _mm512_add_epi32(x[c(i)], x[d(i)]);
            x[b(i)] = _mm512_rol_epi32::<7>(_mm512_xor_si512(x[b(i)], x[c(i)]));
        }
    }
}

/// Adds the initial state, turns lanes into blocks and covers the text with them.
///
/// # Safety
/// 1024 bytes must be readable and writable.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
unsafe fn close(state: &mut State, mut x: Lanes, from: *const u8, to: *mut u8) {
    for (x, word) in x.iter_mut().zip(state.words()) {
        *x = _mm512_add_epi32(*x, _mm512_set1_epi32(*word));
    }
    x[12] = _mm512_add_epi32(x[12], _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
    // Now 128 bits of x[4 i + j], the quarters q, hold the words 4 i … 4 i + 3 of block 4 q + j.
    for i in 0..4 {
        let [a, b, c, d] = [x[4 * i], x[4 * i + 1], x[4 * i + 2], x[4 * i + 3]];
        let [ab, cd] = [_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d)];
        x[4 * i] = _mm512_unpacklo_epi64(ab, cd);
        x[4 * i + 1] = _mm512_unpackhi_epi64(ab, cd);
        let [ab, cd] = [_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d)];
        x[4 * i + 2] = _mm512_unpacklo_epi64(ab, cd);
        x[4 * i + 3] = _mm512_unpackhi_epi64(ab, cd);
    }
    for j in 0..4 {
        let blocks = quarters([x[j], x[4 + j], x[8 + j], x[12 + j]]);
        for (q, block) in blocks.into_iter().enumerate() {
            let at = 64 * (4 * q + j);
            // SAFETY: sixteen times 64 bytes.
            unsafe {
                let text = _mm512_loadu_si512(from.add(at).cast());
                _mm512_storeu_si512(to.add(at).cast(), _mm512_xor_si512(text, block));
            }
        }
    }
    state.advance(16);
}

/// Four vectors of four quarters, transposed.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // a0 a1 b0 b1 and so on.
    let ab01 = _mm512_shuffle_i32x4::<0b01_00_01_00>(a, b);
    let ab23 = _mm512_shuffle_i32x4::<0b11_10_11_10>(a, b);
    let cd01 = _mm512_shuffle_i32x4::<0b01_00_01_00>(c, d);
    let cd23 = _mm512_shuffle_i32x4::<0b11_10_11_10>(c, d);
    [
        _mm512_shuffle_i32x4::<0b10_00_10_00>(ab01, cd01),
        _mm512_shuffle_i32x4::<0b11_01_11_01>(ab01, cd01),
        _mm512_shuffle_i32x4::<0b10_00_10_00>(ab23, cd23),
        _mm512_shuffle_i32x4::<0b11_01_11_01>(ab23, cd23),
    ]
}

/// Writes the next 4 `N` blocks of key stream to `to`, and returns how many bytes that is.
///
/// This is for few blocks: each row of four blocks is one vector, so that a double round of all four takes but 30
/// instructions, which depend on one another. More sets of four fill the gaps.
///
/// ```text
///     lanes 0 … 3          lanes 4 … 7       …  lanes 12 … 15
/// a   row 0 of block n     row 0 of n + 1       row 0 of n + 3
/// b   row 1                row 1                row 1
/// c   row 2                row 2                row 2
/// d   row 3                row 3                row 3
/// ```
///
/// # Safety
/// `to` must be aligned to 64 bytes and writable for what is returned, and the CPU have the features.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline(never)]
unsafe fn rows<const N: usize>(state: &mut State, to: *mut u8) -> usize {
    let first = state.rows().map(|row| _mm512_broadcast_i32x4(row));
    let blocks = _mm512_set_epi32(0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0);
    let mut counters = [_mm512_add_epi32(first[3], blocks); N];
    for set in 1..N {
        counters[set] = _mm512_add_epi32(counters[set - 1], _mm512_maskz_set1_epi32(0x1111, 4));
    }
    let [mut a, mut b, mut c, mut d] = [[first[0]; N], [first[1]; N], [first[2]; N], counters];
    for _ in 0..10 {
        quarter_rounds_of_rows(&mut a, &mut b, &mut c, &mut d);
        for set in 0..N {
            b[set] = _mm512_shuffle_epi32::<0b00_11_10_01>(b[set]);
            c[set] = _mm512_shuffle_epi32::<0b01_00_11_10>(c[set]);
            d[set] = _mm512_shuffle_epi32::<0b10_01_00_11>(d[set]);
        }
        quarter_rounds_of_rows(&mut a, &mut b, &mut c, &mut d);
        for set in 0..N {
            b[set] = _mm512_shuffle_epi32::<0b10_01_00_11>(b[set]);
            c[set] = _mm512_shuffle_epi32::<0b01_00_11_10>(c[set]);
            d[set] = _mm512_shuffle_epi32::<0b00_11_10_01>(d[set]);
        }
    }
    for set in 0..N {
        let blocks = quarters([
            _mm512_add_epi32(a[set], first[0]),
            _mm512_add_epi32(b[set], first[1]),
            _mm512_add_epi32(c[set], first[2]),
            _mm512_add_epi32(d[set], counters[set]),
        ]);
        for (i, block) in blocks.into_iter().enumerate() {
            // SAFETY: 4 N times 64 bytes.
            unsafe { _mm512_store_si512(to.add(64 * (4 * set + i)).cast(), block) };
        }
    }
    state.advance(4 * N as u32);
    256 * N
}

/// The quarter rounds of the columns, or of what was rotated to be columns.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
#[inline]
fn quarter_rounds_of_rows<const N: usize>(
    a: &mut [__m512i; N],
    b: &mut [__m512i; N],
    c: &mut [__m512i; N],
    d: &mut [__m512i; N],
) {
    for i in 0..N {
        a[i] = _mm512_add_epi32(a[i], b[i]);
        d[i] = _mm512_rol_epi32::<16>(_mm512_xor_si512(d[i], a[i]));
    }
    for i in 0..N {
        c[i] = _mm512_add_epi32(c[i], d[i]);
        b[i] = _mm512_rol_epi32::<12>(_mm512_xor_si512(b[i], c[i]));
    }
    for i in 0..N {
        a[i] = _mm512_add_epi32(a[i], b[i]);
        d[i] = _mm512_rol_epi32::<8>(_mm512_xor_si512(d[i], a[i]));
    }
    for i in 0..N {
        c[i] = _mm512_add_epi32(c[i], d[i]);
        b[i] = _mm512_rol_epi32::<7>(_mm512_xor_si512(b[i], c[i]));
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
