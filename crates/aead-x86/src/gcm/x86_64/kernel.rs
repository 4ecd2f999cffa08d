//! Counter mode and GHASH in one pass, for registers of any width.

use super::aes_ni::Block;
use super::ghash::Sum;
use super::keys::{Keys, block};
use super::lanes::Lanes;
use core::arch::x86_64::*;

/// How many registers are worked on at once. A round of AES takes four cycles, and two can begin in each.
pub(super) const GROUP: usize = 8;

/// What is encrypted or decrypted.
pub(super) struct Message<'m> {
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
    /// Nothing comes after it. Any other is a multiple of `GROUP` registers.
    pub(super) last: bool,
}

/// Where a message stands between two pieces, in as many lanes as the path has.
///
/// GHASH over blocks X_1, X_2 … X_n is X_1 * H^n + X_2 * H^(n-1) + … + X_n * H. Lane i adds up the blocks i, i + LANES, i + 2 *
/// LANES …: for every register it multiplies by H^LANES. `pending` are these sums *before* the last multiplication, so that lane
/// i wants H^(LANES - i) still.
#[derive(Default)]
#[repr(C, align(64))]
pub(super) struct State {
    counter: [u128; 4],
    pending: [u128; 4],
}

/// Encrypts or decrypts a piece and takes in the ciphertext. When the piece is the last, it writes the tag.
///
/// # Safety
/// As for the methods of `V`. The piece is readable and writable as it says, and its two places are one or do not overlap.
#[inline(always)]
pub(super) unsafe fn run<V: Lanes, const R: usize, const SEAL: bool>(
    keys: &Keys<R>,
    nonce: &[u8; 12],
    message: &Message<'_>,
    state: &mut State,
    piece: Piece,
    tag: &mut [u8; 16],
) {
    // SAFETY: the caller has the instructions of `V`, and promises the piece.
    unsafe {
        let flip = V::splat(block(FLIP));
        let (counter, pending) = if piece.first {
            (V::splat(first_counter(nonce)).add32(V::ramp()), absorb(keys, flip, message.aad))
        } else {
            (V::load(state.counter.as_ptr().cast()), V::load(state.pending.as_ptr().cast()))
        };
        let mut work = Work { keys, flip, counter, pending };
        let (from, to, len) = work.groups::<SEAL>(piece.from, piece.to, piece.len);
        if piece.last {
            work.finish::<SEAL>(nonce, message, (from, to, len), tag);
        } else {
            work.counter.store(state.counter.as_mut_ptr().cast());
            work.pending.store(state.pending.as_mut_ptr().cast());
        }
    }
}

/// A message on its way. The fields are those of [`State`].
///
/// # Safety
/// Of all methods: as for those of `V`, and pointers are good for what is read and written there.
struct Work<'k, V, const R: usize> {
    keys: &'k Keys<R>,
    flip: V,
    counter: V,
    pending: V,
}

impl<V: Lanes, const R: usize> Work<'_, V, R> {
    /// Does all whole groups of `len` bytes at `from`; returns what is left.
    #[inline(always)]
    unsafe fn groups<const SEAL: bool>(
        &mut self,
        mut from: *const u8,
        mut to: *mut u8,
        mut len: usize,
    ) -> (*const u8, *mut u8, usize) {
        let bytes = GROUP * 16 * V::LANES;
        if len < bytes {
            return (from, to, len);
        }
        // SAFETY: `from` and `to` advance by what `len` shrinks. The group before is read where it has just been written, or,
        // when decrypting, the group itself before it is overwritten.
        unsafe {
            self.group(from, to, (!SEAL).then_some(from));
            (from, to, len) = (from.add(bytes), to.add(bytes), len - bytes);
            while len >= bytes {
                self.group(from, to, Some(if SEAL { to.sub(bytes).cast_const() } else { from }));
                (from, to, len) = (from.add(bytes), to.add(bytes), len - bytes);
            }
            if SEAL {
                let mut sum = None;
                for step in 1..=GROUP + 1 {
                    self.take_in(to.sub(bytes), step, &mut sum);
                }
            }
        }
        (from, to, len)
    }

    /// Encrypts or decrypts a group, and meanwhile takes in the group of ciphertext at `cipher`.
    ///
    /// The two take about as long, on units of their own. A step of the one stands between two rounds of the other because a CPU
    /// does not look far enough ahead to find it elsewhere.
    #[inline(always)]
    unsafe fn group(&mut self, from: *const u8, to: *mut u8, cipher: Option<*const u8>) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut blocks = [self.counter; GROUP];
            for blocks in &mut blocks {
                *blocks = self.next_counters();
            }
            let mut sum = None;
            // Written out, for the compiler would leave a loop of this size one.
            macro_rules! rounds {
                ($($at:literal)*) => {
                    $(if $at < R - 1 {
                        let key = self.keys.round($at);
                        for blocks in &mut blocks {
                            *blocks = blocks.round(key);
                        }
                        if let Some(cipher) = cipher && $at <= GROUP + 1 {
                            self.take_in(cipher, $at, &mut sum);
                        }
                    })*
                };
            }
            rounds!(1 2 3 4 5 6 7 8 9 10 11 12 13);
            for (at, blocks) in blocks.into_iter().enumerate() {
                let data = V::load(from.add(at * 16 * V::LANES));
                blocks.last_round(self.keys.round::<V>(R - 1).xor(data)).store(to.add(at * 16 * V::LANES));
            }
        }
    }

    /// Step 1 to `GROUP + 1` of taking in a group of ciphertext: a product each, that of `pending` the last, for it is known the
    /// latest, and then the new `pending`.
    #[inline(always)]
    unsafe fn take_in(&mut self, cipher: *const u8, step: usize, sum: &mut Option<Sum<V>>) {
        // SAFETY: the caller's promise.
        unsafe {
            let register = |at: usize| V::load(cipher.add(at * 16 * V::LANES)).shuffle(self.flip);
            if step <= GROUP {
                let (m, power) = if step < GROUP { (register(step - 1), GROUP - step) } else { (self.pending, GROUP) };
                let h = self.keys.power(power * V::LANES);
                *sum = Some(match *sum {
                    None => Sum::product(m, h),
                    Some(sum) => sum.add(m, h),
                });
            } else if let Some(sum) = *sum {
                self.pending = sum.reduce().xor(register(GROUP - 1));
            }
        }
    }

    /// Does the rest of a message, less than a group, and makes the tag. All that is still to be added up is added up at once.
    #[inline(always)]
    unsafe fn finish<const SEAL: bool>(
        &mut self,
        nonce: &[u8; 12],
        message: &Message<'_>,
        (mut from, mut to, mut len): (*const u8, *mut u8, usize),
        tag: &mut [u8; 16],
    ) {
        let wide = 16 * V::LANES;
        // SAFETY: `from` and `to` advance by what `len` shrinks. The highest power is that of the lanes, a group and the block of
        // lengths together.
        unsafe {
            let mask = self.mask(nonce);
            // GHASH's last block: how many bits of additional data there are, and of ciphertext (NIST SP 800-38D §7.1).
            let lengths = ((message.aad.len() as u128) << 64 | message.len as u128) << 3;
            let mut power = len.div_ceil(16) + 1;
            let mut sum = Sum::product(V::single(block(lengths)), self.keys.powers(1));
            sum = sum.add(self.pending, self.keys.powers(power + V::LANES));
            while len >= 4 * wide {
                sum = self.registers::<4, SEAL>(from, to, power, sum);
                (from, to, len, power) = (from.add(4 * wide), to.add(4 * wide), len - 4 * wide, power - 4 * V::LANES);
            }
            while len >= wide {
                sum = self.registers::<1, SEAL>(from, to, power, sum);
                (from, to, len, power) = (from.add(wide), to.add(wide), len - wide, power - V::LANES);
            }
            if len > 0 {
                let data = V::load_part(from, len);
                let made = data.xor(self.key_stream());
                made.store_part(to, len);
                let cipher = if SEAL { made.keep(len) } else { data };
                sum = sum.add(cipher.shuffle(self.flip), self.keys.powers(power));
            }
            Block(sum.total()).shuffle(Block(block(FLIP))).xor(mask).store(tag.as_mut_ptr());
        }
    }

    /// Encrypts or decrypts `N` registers and adds the ciphertext to `sum`, times the powers from `power` down.
    #[inline(always)]
    unsafe fn registers<const N: usize, const SEAL: bool>(
        &mut self,
        from: *const u8,
        to: *mut u8,
        power: usize,
        mut sum: Sum<V>,
    ) -> Sum<V> {
        // SAFETY: the caller's promise.
        unsafe {
            let mut blocks = [self.counter; N];
            for blocks in &mut blocks {
                *blocks = self.next_counters();
            }
            let blocks = self.keys.encrypt(blocks);
            for (at, stream) in blocks.into_iter().enumerate() {
                let data = V::load(from.add(at * 16 * V::LANES));
                let made = data.xor(stream);
                made.store(to.add(at * 16 * V::LANES));
                let cipher = if SEAL { made } else { data };
                sum = sum.add(cipher.shuffle(self.flip), self.keys.powers(power - at * V::LANES));
            }
            sum
        }
    }

    /// The next counter blocks, with the first round key added.
    #[inline(always)]
    unsafe fn next_counters(&mut self) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            let blocks = self.counter.shuffle(self.flip).xor(self.keys.round(0));
            self.counter = self.counter.add32(V::splat(block(V::LANES as u128)));
            blocks
        }
    }

    /// The next register of the key stream.
    #[inline(always)]
    unsafe fn key_stream(&mut self) -> V {
        // SAFETY: the caller's promise.
        unsafe {
            let [stream] = self.keys.encrypt([self.next_counters()]);
            stream
        }
    }

    /// The key stream's block 1, which masks the tag (NIST SP 800-38D §7.1).
    #[inline(always)]
    unsafe fn mask(&self, nonce: &[u8; 12]) -> Block {
        // SAFETY: the caller's promise.
        unsafe {
            let first = Block(first_counter(nonce)).xor(Block(block(2 ^ 1)));
            let [mask] = self.keys.encrypt([first.shuffle(Block(block(FLIP))).xor(self.keys.round(0))]);
            mask
        }
    }
}

/// The nonce and the counter of the first block of text, 2, with the bytes reversed (NIST SP 800-38D §7.1).
///
/// # Safety
/// The CPU has SSSE3.
#[inline(always)]
unsafe fn first_counter(nonce: &[u8; 12]) -> __m128i {
    // SAFETY: 4 bytes are read and then 8, of 12.
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
///
/// # Safety
/// As for the methods of `V`.
#[inline(always)]
unsafe fn absorb<V: Lanes, const R: usize>(keys: &Keys<R>, flip: V, aad: &[u8]) -> V {
    // SAFETY: the caller has the instructions of `V`. A register is read where there are bytes for it.
    unsafe {
        let padded = |bytes: &[u8]| match <[u8; 16]>::try_from(bytes) {
            Ok(whole) => Block::load(whole.as_ptr()).shuffle(Block(block(FLIP))),
            Err(_) => Block::load_part(bytes.as_ptr(), bytes.len()).shuffle(Block(block(FLIP))),
        };
        if aad.len() <= 16 {
            return V::last(padded(aad).0);
        }
        let wide = aad.chunks_exact(16 * V::LANES);
        let rest = wide.remainder();
        let mut pending = V::splat(block(0));
        for chunk in wide {
            pending = Sum::product(pending, keys.power(V::LANES)).reduce().xor(V::load(chunk.as_ptr()).shuffle(flip));
        }
        for chunk in rest.chunks(16) {
            // The number of all before it, and one block more.
            let sum = Block(Sum::product(pending, keys.powers(V::LANES)).total());
            pending = V::last(padded(chunk).xor(sum).0);
        }
        pending
    }
}

/// The order of bytes that reverses a block.
const FLIP: u128 = 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f;
