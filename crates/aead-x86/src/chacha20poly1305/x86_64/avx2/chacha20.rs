//! ChaCha20 (RFC 8439 §2.3) with AVX2, in two layouts.
#![expect(clippy::indexing_slicing, reason = "indices are numbers of words, limbs and blocks, never data")]

use super::{Avx2, Mac, xor_32};
use crate::chacha20poly1305::x86_64::poly1305::Poly1305;
use crate::chacha20poly1305::x86_64::unit::{State, Unit};
use core::arch::x86_64::*;
use core::hint::black_box;

/// Sixteen words of each of eight blocks, one block a lane:
///
/// ```text
///         lane 0        lane 1        …  lane 7
/// x[0]    word 0 of     word 0 of        word 0 of
///         block n       block n + 1      block n + 7
/// …
/// x[15]   word 15       word 15          word 15
/// ```
type Lanes = [__m256i; 16];

/// What a [`pass`] hashes.
mod along {
    pub(super) const NOTHING: u8 = 0;
    /// As much as it encrypts, without asking before every block.
    pub(super) const ALL: u8 = 1;
    pub(super) const SOME: u8 = 2;
}

/// Calls `pass` so that it hashes `len` bytes, at most 512, if there is a `mac`.
///
/// # Safety
/// As of [`pass`].
#[inline(always)]
pub(super) unsafe fn pass_along(
    state: &mut State,
    from: *const u8,
    to: *mut u8,
    mac: Option<&mut Mac>,
    hash: *const u8,
    len: usize,
) {
    // SAFETY: passed on.
    unsafe {
        match if mac.is_some() { len } else { 0 } {
            0 => pass::<{ along::NOTHING }>(state, from, to, mac, hash, len),
            Avx2::PASS => pass::<{ along::ALL }>(state, from, to, mac, hash, len),
            _ => pass::<{ along::SOME }>(state, from, to, mac, hash, len),
        }
    }
}

/// Encrypts or decrypts 512 bytes, or makes as many of key stream if `from` is null, and hashes the `len` bytes at `hash`: a
/// block or two after every ten quarter rounds, since vectors and multiplier can be busy at once.
///
/// # Safety
/// The bytes must be readable and writable, and the CPU have the features. `len` is as `ALONG` says.
#[target_feature(enable = "avx2,bmi2")]
#[inline(never)]
unsafe fn pass<const ALONG: u8>(
    state: &mut State,
    from: *const u8,
    to: *mut u8,
    mac: Option<&mut Mac>,
    hash: *const u8,
    len: usize,
) {
    let mut x = state.words().map(|word| _mm256_set1_epi32(word));
    x[12] = _mm256_add_epi32(x[12], numbers());
    let orders = Orders::new();
    let mut now = mac.as_ref().map_or_else(|| Poly1305::new([0; 4]), |mac| mac.0.clone());
    for at in (0..480).step_by(48) {
        quarter_rounds::<0>(&orders, &mut x);
        // SAFETY: passed on.
        unsafe { hash_some::<ALONG>(&mut now, hash, len, at, at + 32) };
        quarter_rounds::<1>(&orders, &mut x);
        // SAFETY: passed on.
        unsafe { hash_some::<ALONG>(&mut now, hash, len, at + 32, at + 48) };
    }
    // SAFETY: passed on.
    unsafe { hash_some::<ALONG>(&mut now, hash, len, 480, 512) };
    if let Some(mac) = mac {
        mac.0 = now;
    }
    // SAFETY: passed on.
    unsafe { close(state, x, from, to) }
}

/// Hashes what there is of `len` bytes between `at` and `end`.
#[inline(always)]
unsafe fn hash_some<const ALONG: u8>(mac: &mut Poly1305, hash: *const u8, len: usize, at: usize, end: usize) {
    let some = match ALONG {
        along::NOTHING => 0,
        along::ALL => end - at,
        _ => end.min(len).saturating_sub(at),
    };
    if some > 0 {
        // SAFETY: the caller promises `len` bytes at `hash`, and some of them lie at `at`.
        unsafe { mac.hash(hash.add(at), some) };
    }
}

/// Which block is in which lane.
#[target_feature(enable = "avx2,bmi2")]
#[inline]
fn numbers() -> __m256i {
    _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0)
}

/// Four quarter rounds side by side (RFC 8439 §2.1). The words of the rows b, c and d are `SHIFT`, twice and three times
/// `SHIFT` further right than those of a.
#[target_feature(enable = "avx2,bmi2")]
#[inline]
fn quarter_rounds<const SHIFT: usize>(orders: &Orders, x: &mut Lanes) {
    let a = |i: usize| i;
    let b = |i: usize| 4 + (i + SHIFT) % 4;
    let c = |i: usize| 8 + (i + 2 * SHIFT) % 4;
    let d = |i: usize| 12 + (i + 3 * SHIFT) % 4;
    for i in 0..4 {
        x[a(i)] = _mm256_add_epi32(x[a(i)], x[b(i)]);
        x[d(i)] = _mm256_shuffle_epi8(_mm256_xor_si256(x[d(i)], x[a(i)]), orders.by_16);
    }
    for i in 0..4 {
        x[c(i)] = _mm256_add_epi32(x[c(i)], x[d(i)]);
        x[b(i)] = rotate::<12, 20>(_mm256_xor_si256(x[b(i)], x[c(i)]));
    }
    for i in 0..4 {
        x[a(i)] = _mm256_add_epi32(x[a(i)], x[b(i)]);
        x[d(i)] = _mm256_shuffle_epi8(_mm256_xor_si256(x[d(i)], x[a(i)]), orders.by_8);
    }
    for i in 0..4 {
        x[c(i)] = _mm256_add_epi32(x[c(i)], x[d(i)]);
        x[b(i)] = rotate::<7, 25>(_mm256_xor_si256(x[b(i)], x[c(i)]));
    }
}

/// The orders of bytes that rotate every word left by 16 and by 8 bits.
#[derive(Clone, Copy)]
struct Orders {
    by_16: __m256i,
    by_8: __m256i,
}

impl Orders {
    /// The compiler may not know them: it would make two shuffles of one.
    #[target_feature(enable = "avx2,bmi2")]
    #[inline]
    fn new() -> Self {
        black_box(Self {
            by_16: _mm256_broadcastsi128_si256(_mm_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2)),
            by_8: _mm256_broadcastsi128_si256(_mm_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3)),
        })
    }
}

/// Rotates every word left by `LEFT` bits, which is 32 less `RIGHT`.
#[target_feature(enable = "avx2,bmi2")]
#[inline]
fn rotate<const LEFT: i32, const RIGHT: i32>(x: __m256i) -> __m256i {
    _mm256_or_si256(_mm256_slli_epi32::<LEFT>(x), _mm256_srli_epi32::<RIGHT>(x))
}

/// Adds the initial state, turns lanes into blocks and covers the text with them, if there is one.
///
/// # Safety
/// 512 bytes must be readable and writable.
#[target_feature(enable = "avx2,bmi2")]
#[inline]
unsafe fn close(state: &mut State, mut x: Lanes, from: *const u8, to: *mut u8) {
    for (x, word) in x.iter_mut().zip(state.words()) {
        *x = _mm256_add_epi32(*x, _mm256_set1_epi32(*word));
    }
    x[12] = _mm256_add_epi32(x[12], numbers());
    // Now 128 bits of x[4 i + j], the halves q, hold the words 4 i … 4 i + 3 of block 4 q + j.
    for i in 0..4 {
        let [a, b, c, d] = [x[4 * i], x[4 * i + 1], x[4 * i + 2], x[4 * i + 3]];
        let [ab, cd] = [_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d)];
        x[4 * i] = _mm256_unpacklo_epi64(ab, cd);
        x[4 * i + 1] = _mm256_unpackhi_epi64(ab, cd);
        let [ab, cd] = [_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d)];
        x[4 * i + 2] = _mm256_unpacklo_epi64(ab, cd);
        x[4 * i + 3] = _mm256_unpackhi_epi64(ab, cd);
    }
    for j in 0..4 {
        let [first, second] = [halves(x[j], x[4 + j]), halves(x[8 + j], x[12 + j])];
        for q in 0..2 {
            let at = 64 * (4 * q + j);
            // SAFETY: eight times 64 bytes.
            unsafe {
                if from.is_null() {
                    _mm256_storeu_si256(to.add(at).cast(), first[q]);
                    _mm256_storeu_si256(to.add(at + 32).cast(), second[q]);
                } else {
                    xor_32(first[q], from.add(at), to.add(at));
                    xor_32(second[q], from.add(at + 32), to.add(at + 32));
                }
            }
        }
    }
    state.advance(8);
}

/// The low and the high halves of two vectors.
#[target_feature(enable = "avx2,bmi2")]
#[inline]
fn halves(a: __m256i, b: __m256i) -> [__m256i; 2] {
    [_mm256_permute2x128_si256::<0x20>(a, b), _mm256_permute2x128_si256::<0x31>(a, b)]
}

/// Writes the next 2 `N` blocks of key stream to `to`, and returns how many bytes that is.
///
/// This is for few blocks: each row of two blocks is one vector. More sets of two fill the gaps between instructions that
/// depend on one another.
///
/// ```text
///     lanes 0 … 3         lanes 4 … 7
/// a   row 0 of block n    row 0 of block n + 1
/// b   row 1               row 1
/// c   row 2               row 2
/// d   row 3               row 3
/// ```
///
/// # Safety
/// `to` must be aligned to 64 bytes and writable for what is returned, and the CPU have the features.
#[target_feature(enable = "avx2,bmi2")]
#[inline(never)]
pub(super) unsafe fn rows<const N: usize>(state: &mut State, to: *mut u8) -> usize {
    let first = state.rows().map(|row| _mm256_broadcastsi128_si256(row));
    let mut counters = [_mm256_add_epi32(first[3], _mm256_set_epi32(0, 0, 0, 1, 0, 0, 0, 0)); N];
    for set in 1..N {
        counters[set] = _mm256_add_epi32(counters[set - 1], _mm256_set_epi32(0, 0, 0, 2, 0, 0, 0, 2));
    }
    let [mut a, mut b, mut c, mut d] = [[first[0]; N], [first[1]; N], [first[2]; N], counters];
    let orders = Orders::new();
    for _ in 0..10 {
        quarter_rounds_of_rows(&orders, &mut a, &mut b, &mut c, &mut d);
        for set in 0..N {
            b[set] = _mm256_shuffle_epi32::<0b00_11_10_01>(b[set]);
            c[set] = _mm256_shuffle_epi32::<0b01_00_11_10>(c[set]);
            d[set] = _mm256_shuffle_epi32::<0b10_01_00_11>(d[set]);
        }
        quarter_rounds_of_rows(&orders, &mut a, &mut b, &mut c, &mut d);
        for set in 0..N {
            b[set] = _mm256_shuffle_epi32::<0b10_01_00_11>(b[set]);
            c[set] = _mm256_shuffle_epi32::<0b01_00_11_10>(c[set]);
            d[set] = _mm256_shuffle_epi32::<0b00_11_10_01>(d[set]);
        }
    }
    for set in 0..N {
        let [a, b] = [_mm256_add_epi32(a[set], first[0]), _mm256_add_epi32(b[set], first[1])];
        let [c, d] = [_mm256_add_epi32(c[set], first[2]), _mm256_add_epi32(d[set], counters[set])];
        let [[ab0, ab1], [cd0, cd1]] = [halves(a, b), halves(c, d)];
        for (i, half) in [ab0, cd0, ab1, cd1].into_iter().enumerate() {
            // SAFETY: 2 N times 64 bytes.
            unsafe { _mm256_store_si256(to.add(128 * set + 32 * i).cast(), half) };
        }
    }
    state.advance(2 * N as u32);
    128 * N
}

/// The quarter rounds of the columns, or of what was rotated to be columns.
#[target_feature(enable = "avx2,bmi2")]
#[inline]
fn quarter_rounds_of_rows<const N: usize>(
    orders: &Orders,
    a: &mut [__m256i; N],
    b: &mut [__m256i; N],
    c: &mut [__m256i; N],
    d: &mut [__m256i; N],
) {
    for i in 0..N {
        a[i] = _mm256_add_epi32(a[i], b[i]);
        d[i] = _mm256_shuffle_epi8(_mm256_xor_si256(d[i], a[i]), orders.by_16);
    }
    for i in 0..N {
        c[i] = _mm256_add_epi32(c[i], d[i]);
        b[i] = rotate::<12, 20>(_mm256_xor_si256(b[i], c[i]));
    }
    for i in 0..N {
        a[i] = _mm256_add_epi32(a[i], b[i]);
        d[i] = _mm256_shuffle_epi8(_mm256_xor_si256(d[i], a[i]), orders.by_8);
    }
    for i in 0..N {
        c[i] = _mm256_add_epi32(c[i], d[i]);
        b[i] = rotate::<7, 25>(_mm256_xor_si256(b[i], c[i]));
    }
}
