//! Counter mode and GHASH in one pass, for registers of any width.

use super::aes_ni::Block;
use super::ghash::Sum;
use super::keys::{Keys, block, number};
use super::lanes::Lanes;
use core::arch::x86_64::*;

/// What is encrypted or decrypted.
pub(super) struct Message<'m> {
    pub(super) nonce: &'m [u8; 12],
    pub(super) aad: &'m [u8],
    /// How long the text is, in bytes.
    pub(super) len: usize,
}

/// A piece of the text of a message: `len` bytes at `from`, which are written to `to`.
pub(super) struct Piece {
    pub(super) from: *const u8,
    pub(super) to: *mut u8,
    pub(super) len: usize,
    /// Nothing comes before it.
    pub(super) first: bool,
    /// Nothing comes after it. Any other is a multiple of a group.
    pub(super) last: bool,
}

/// Where a message stands between two pieces, in as many lanes as the path has.
///
/// GHASH over blocks X_1, X_2 … is X_1 * H^n + X_2 * H^(n-1) + … Lane i sums up the blocks i, i + LANES, i + 2 * LANES … by
/// multiplying with H^LANES for each register, and `pending` is these sums *before* the last multiplication, so that lane i
/// wants H^(LANES - i) still.
#[derive(Default)]
#[repr(C, align(64))]
pub(super) struct State {
    counter: [u128; 4],
    pending: [u128; 4],
}

/// Encrypts or decrypts a piece and absorbs the ciphertext. When the piece is the last, it writes the tag.
///
/// # Safety
/// As for the methods of `V`. The piece is readable and writable as it says, and its two places are one or do not overlap.
#[inline(always)]
pub(super) unsafe fn run<V: Lanes, const R: usize, const GROUP: usize, const SEAL: bool>(
    keys: &Keys<R>,
    message: &Message<'_>,
    state: &mut State,
    piece: Piece,
    tag: &mut [u8; 16],
) {
    let Piece { mut from, mut to, mut len, .. } = piece;
    // SAFETY: the caller has the instructions of `V`; `from` and `to` advance by what `len` shrinks. A power is at most that of
    // the lanes, a group and the lengths together.
    unsafe {
        let flip = V::splat(block(FLIP));
        let wide = 16 * V::LANES;
        let (counter, mut pending) = if piece.first {
            (V::splat(nonce(message.nonce)).add32(V::ramp()), absorb(keys, flip, message.aad))
        } else {
            (V::load(state.counter.as_ptr().cast()), V::load(state.pending.as_ptr().cast()))
        };
        let mut stream = Stream { keys, flip, counter };
        if len >= GROUP * wide {
            let mut last = stream.group::<GROUP, SEAL>(from, to);
            (from, to, len) = (from.add(GROUP * wide), to.add(GROUP * wide), len - GROUP * wide);
            while len >= GROUP * wide {
                let next = stream.group::<GROUP, SEAL>(from, to);
                pending = hash(keys, flip, pending, &last);
                last = next;
                (from, to, len) = (from.add(GROUP * wide), to.add(GROUP * wide), len - GROUP * wide);
            }
            pending = hash(keys, flip, pending, &last);
        }
        if !piece.last {
            stream.counter.store(state.counter.as_mut_ptr().cast());
            pending.store(state.pending.as_mut_ptr().cast());
            return;
        }
        let mask = stream.mask(message.nonce);
        // GHASH's last block: how many bits of additional data there are, and of ciphertext (NIST SP 800-38D §7.1).
        let lengths = ((message.aad.len() as u128) << 64 | message.len as u128) << 3;
        let mut power = len.div_ceil(16) + 1;
        let mut sum = Sum::product(V::single(block(lengths)), keys.powers(1));
        sum = sum.add(pending, keys.powers(power + V::LANES));
        while len >= wide {
            let data = V::load(from);
            let made = data.xor(stream.next());
            made.store(to);
            let cipher = if SEAL { made } else { data };
            sum = sum.add(cipher.shuffle(flip), keys.powers(power));
            (from, to, len, power) = (from.add(wide), to.add(wide), len - wide, power - V::LANES);
        }
        if len > 0 {
            let data = V::load_part(from, len);
            let made = data.xor(stream.next());
            made.store_part(to, len);
            let cipher = if SEAL { made.keep(len) } else { data };
            sum = sum.add(cipher.shuffle(flip), keys.powers(power));
        }
        Block(sum.total()).shuffle(Block(block(FLIP))).xor(mask).store(tag.as_mut_ptr());
    }
}

/// The nonce and the counter of the first block of text, 2, with the bytes reversed (NIST SP 800-38D §7.1).
#[inline(always)]
unsafe fn nonce(nonce: &[u8; 12]) -> __m128i {
    // SAFETY: 4 bytes are read and then 8, of 12. Whoever has AES-NI has what is used here.
    unsafe {
        // A nonce is made of 4 fixed bytes and a counter of 8, most of the time (RFC 5116 §3.2), and has just been written so. A
        // load that takes from two stores would wait until both have reached the cache.
        let fixed = _mm_cvtsi32_si128(nonce.as_ptr().cast::<i32>().read_unaligned());
        let counted = _mm_loadl_epi64(nonce.as_ptr().add(4).cast());
        let whole = _mm_or_si128(fixed, _mm_slli_si128::<4>(counted));
        Block(whole).shuffle(Block(block(FLIP))).xor(Block(block(2))).0
    }
}

/// The sums of additional data of any length, as [`State::pending`] (NIST SP 800-38D §7.1).
#[inline(always)]
unsafe fn absorb<V: Lanes, const R: usize>(keys: &Keys<R>, flip: V, aad: &[u8]) -> V {
    // SAFETY: the caller has the instructions of `V`. A register is read where there are bytes for it.
    unsafe {
        if aad.len() <= 16 {
            return V::last(Block::load_part(aad.as_ptr(), aad.len()).shuffle(Block(block(FLIP))).0);
        }
        let wide = aad.chunks_exact(16 * V::LANES);
        let rest = wide.remainder();
        let mut pending = V::splat(block(0));
        for chunk in wide {
            pending = Sum::product(pending, keys.power(V::LANES)).reduce().xor(V::load(chunk.as_ptr()).shuffle(flip));
        }
        for chunk in rest.chunks(16) {
            // The sum of all before it, and one block more.
            let sum = Sum::product(pending, keys.powers(V::LANES)).total();
            let next = Block::load_part(chunk.as_ptr(), chunk.len()).shuffle(Block(block(FLIP)));
            pending = V::last(next.xor(Block(sum)).0);
        }
        pending
    }
}

/// The key stream.
struct Stream<'k, V, const R: usize> {
    keys: &'k Keys<R>,
    flip: V,
    counter: V,
}

impl<V: Lanes, const R: usize> Stream<'_, V, R> {
    /// One register of it.
    #[inline(always)]
    unsafe fn next(&mut self) -> V {
        // SAFETY: the caller has the instructions of `V`.
        unsafe {
            let mut state = self.counter.shuffle(self.flip).xor(self.keys.round(0));
            self.counter = self.counter.add32(V::splat(block(V::LANES as u128)));
            for at in 1..R - 1 {
                state = state.round(self.keys.round(at));
            }
            state.last_round(self.keys.round(R - 1))
        }
    }

    /// Block 1, which masks the tag (NIST SP 800-38D §7.1).
    #[inline(always)]
    unsafe fn mask(&self, message: &[u8; 12]) -> Block {
        // SAFETY: the caller has the instructions of `V`.
        unsafe {
            let first = Block(nonce(message)).xor(Block(block(2 ^ 1)));
            let mut state = first.shuffle(Block(block(FLIP))).xor(self.keys.round(0));
            for at in 1..R - 1 {
                state = state.round(self.keys.round(at));
            }
            state.last_round(self.keys.round(R - 1))
        }
    }

    /// Encrypts or decrypts `GROUP` registers; returns the ciphertext.
    #[inline(always)]
    unsafe fn group<const GROUP: usize, const SEAL: bool>(&mut self, from: *const u8, to: *mut u8) -> [V; GROUP] {
        // SAFETY: the caller has the instructions of `V`, and promises so many bytes.
        unsafe {
            let mut states = [self.counter; GROUP];
            for state in &mut states {
                *state = self.counter.shuffle(self.flip).xor(self.keys.round(0));
                self.counter = self.counter.add32(V::splat(block(V::LANES as u128)));
            }
            for at in 1..R - 1 {
                let key = self.keys.round(at);
                for state in &mut states {
                    *state = state.round(key);
                }
            }
            for (at, state) in states.iter_mut().enumerate() {
                let data = V::load(from.add(at * 16 * V::LANES));
                let made = state.last_round(self.keys.round::<V>(R - 1).xor(data));
                made.store(to.add(at * 16 * V::LANES));
                *state = if SEAL { made } else { data };
            }
            states
        }
    }
}

/// `pending` after a group of ciphertext.
#[inline(always)]
unsafe fn hash<V: Lanes, const R: usize, const GROUP: usize>(
    keys: &Keys<R>,
    flip: V,
    pending: V,
    cipher: &[V; GROUP],
) -> V {
    // SAFETY: the caller has the instructions of `V`.
    unsafe {
        let mut sum = Sum::product(pending, keys.power(GROUP * V::LANES));
        for (at, cipher) in cipher[..GROUP - 1].iter().enumerate() {
            sum = sum.add(cipher.shuffle(flip), keys.power((GROUP - 1 - at) * V::LANES));
        }
        sum.reduce().xor(cipher[GROUP - 1].shuffle(flip))
    }
}

/// The order of bytes that reverses a block.
const FLIP: u128 = 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f;
