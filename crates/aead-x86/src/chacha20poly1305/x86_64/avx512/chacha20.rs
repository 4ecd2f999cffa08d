//! ChaCha20 (RFC 8439 §2.3) with AVX-512, in two layouts.
#![expect(clippy::indexing_slicing, reason = "indices are numbers of words, limbs and blocks, never data")]

use crate::chacha20poly1305::x86_64::unit::State;
use core::arch::x86_64::*;

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
pub(super) unsafe fn pass(state: &mut State, from: *const u8, to: *mut u8) {
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
pub(super) unsafe fn rows<const N: usize>(state: &mut State, to: *mut u8) -> usize {
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
