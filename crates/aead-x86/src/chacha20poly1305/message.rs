//! One message, sealed or opened in one pass, whatever the instructions.

use super::poly1305::Poly1305;
use crate::parts::Parts;
use core::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_set_epi32};
use core::mem::MaybeUninit;

/// The longest message that takes one fill of four blocks: one of the key of Poly1305 and three of text.
const SHORT: usize = 192;

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
    fn new(key: &[u32; 8], nonce: &[u8; 12]) -> Self {
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

/// Room for `N` times 64 bytes of key stream or text. It is not initialized.
#[repr(C, align(64))]
struct Room<const N: usize>([MaybeUninit<[__m128i; 4]>; N]);

impl<const N: usize> Room<N> {
    #[inline(always)]
    fn new() -> Self {
        Self([const { MaybeUninit::uninit() }; N])
    }

    #[inline(always)]
    fn at(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

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

/// As [`Cipher::seal`](crate::key::sealed::Cipher::seal).
///
/// # Safety
/// As there, and as of [`Unit`].
#[inline(always)]
pub(super) unsafe fn seal<U: Unit>(
    key: &[u32; 8],
    nonce: &[u8; 12],
    aad: &[u8],
    plain: Parts<'_>,
    out: *mut u8,
) -> [u8; 16] {
    let state = State::new(key, nonce);
    let len = plain.len();
    // SAFETY: passed on.
    unsafe {
        if len <= SHORT {
            return seal_short::<U>(state, aad, plain, out, len);
        }
        let mut stream = Stream::<U>::new(state, len);
        let mut mac = U::mac(stream.room.at(), aad, len);
        let (mut done, mut hashed) = (0, 0);
        plain.feed::<1>(out, |mut from, _, mut left, _| {
            while left > 0 {
                // What is written is hashed while more of the key stream is made.
                let (to, hash, along) = (out.add(done), out.add(hashed), steps::<U>(done - hashed).min(U::PASS));
                let some = match stream.next(left) {
                    Next::Fill(blocks) => {
                        stream.fill_and_hash(blocks, &mut mac, hash, along);
                        hashed += along;
                        continue;
                    }
                    Next::Pass => {
                        U::pass(&mut stream.state, from, to, &mut mac, hash, along);
                        hashed += along;
                        U::PASS
                    }
                    Next::Xor(some) => {
                        stream.xor(from, to, some);
                        some
                    }
                };
                (from, left, done) = (from.add(some), left - some, done + some);
            }
        });
        let tag = U::tag(&mut mac, out.add(hashed), len - hashed, lengths(aad, len));
        wipe::<U, _>(&mut mac);
        stream.wipe();
        tag
    }
}

/// As [`Cipher::open`](crate::key::sealed::Cipher::open), but that it returns the tag that would be right.
///
/// # Safety
/// As there, and as of [`Unit`].
#[inline(always)]
pub(super) unsafe fn open<U: Unit>(
    key: &[u32; 8],
    nonce: &[u8; 12],
    aad: &[u8],
    cipher: *const [u8],
    out: *mut u8,
) -> [u8; 16] {
    let state = State::new(key, nonce);
    let (from, len) = (cipher.cast::<u8>(), cipher.len());
    // SAFETY: passed on. What may lie under `out` is hashed before it is written: `hashed` runs before `done`.
    unsafe {
        if len <= SHORT {
            return open_short::<U>(state, aad, from, len, out);
        }
        let mut stream = Stream::<U>::new(state, len);
        let mut mac = U::mac(stream.room.at(), aad, len);
        let (mut done, mut hashed, mut tag) = (0, 0, None);
        while done < len {
            let (at, to, hash) = (from.add(done), out.add(done), from.add(hashed));
            let along = steps::<U>(len).saturating_sub(hashed).min(U::PASS);
            let next = stream.next(len - done);
            let (end, ahead) = match next {
                Next::Fill(blocks) => {
                    stream.fill_and_hash(blocks, &mut mac, hash, along);
                    hashed += along;
                    continue;
                }
                Next::Pass => (done + U::PASS, along),
                Next::Xor(some) => (done + some, steps::<U>(done + some + U::STEP - 1).saturating_sub(hashed)),
            };
            if hashed + ahead < end || hashed + ahead > len {
                tag = Some(U::tag(&mut mac, hash, len - hashed, lengths(aad, len)));
                hashed = len;
            }
            let ahead = ahead.min(len - hashed);
            match next {
                Next::Pass => U::pass(&mut stream.state, at, to, &mut mac, hash, ahead),
                _ => {
                    U::hash(&mut mac, hash, ahead);
                    stream.xor(at, to, end - done);
                }
            }
            (hashed, done) = (hashed + ahead, end);
        }
        let tag = tag.unwrap_or_else(|| U::tag(&mut mac, from.add(hashed), len - hashed, lengths(aad, len)));
        wipe::<U, _>(&mut mac);
        stream.wipe();
        tag
    }
}

/// As much of `len` as can be hashed before the end.
#[inline(always)]
fn steps<U: Unit>(len: usize) -> usize {
    len - len % U::STEP
}

/// Overwrites `place`, of whole blocks of 64 bytes.
#[inline(always)]
unsafe fn wipe<U: Unit, T>(place: &mut T) {
    const { assert!(size_of::<T>() % 64 == 0 && align_of::<T>() == 64) };
    // SAFETY: it is borrowed for us alone, and never used again.
    unsafe { U::wipe(core::ptr::from_mut(place).cast(), size_of::<T>() / 64) }
}

/// The last block that is hashed: how long `aad` and text are, in bytes (RFC 8439 §2.8).
#[inline(always)]
fn lengths(aad: &[u8], len: usize) -> [u64; 2] {
    [aad.len() as u64, len as u64]
}

/// The key stream of a long message.
struct Stream<U: Unit> {
    state: State,
    /// The end of what was filled is what is left of it.
    room: Room<32>,
    filled: usize,
    left: usize,
    /// The most that was filled.
    used: usize,
    unit: core::marker::PhantomData<U>,
}

/// A step of a long message.
enum Next {
    /// To make so many blocks of key stream, as none is left and there is not enough for a pass.
    Fill(usize),
    Pass,
    /// To cover so many bytes with what was filled.
    Xor(usize),
}

impl<U: Unit> Stream<U> {
    /// The first blocks, of which the first is the key of Poly1305. After them there are only whole passes to do, but for what
    /// there is beside whole blocks.
    #[inline(always)]
    unsafe fn new(state: State, len: usize) -> Self {
        let mut stream =
            Self { state, room: Room::new(), filled: 0, left: 0, used: 0, unit: core::marker::PhantomData };
        // SAFETY: there is room for one pass.
        let filled = unsafe { U::fill(&mut stream.state, len.div_ceil(64) % (U::PASS / 64) + 1, stream.room.at()) };
        stream.filled(filled);
        stream.left -= 64;
        stream
    }

    /// As [`Unit::fill_and_hash`].
    #[inline(always)]
    unsafe fn fill_and_hash(&mut self, blocks: usize, mac: &mut U::Mac, hash: *const u8, len: usize) {
        // SAFETY: passed on.
        let filled = unsafe { U::fill_and_hash(&mut self.state, blocks, self.room.at(), mac, hash, len) };
        self.filled(filled);
    }

    #[inline(always)]
    fn filled(&mut self, len: usize) {
        (self.filled, self.left, self.used) = (len, len, self.used.max(len));
    }

    /// What to do next where `len` bytes are left.
    #[inline(always)]
    fn next(&self, len: usize) -> Next {
        match self.left {
            0 if len >= U::PASS => Next::Pass,
            0 => Next::Fill(len.div_ceil(64)),
            left => Next::Xor(left.min(len)),
        }
    }

    /// Encrypts or decrypts the next `len` bytes, no more than are left.
    #[inline(always)]
    unsafe fn xor(&mut self, from: *const u8, to: *mut u8, len: usize) {
        // SAFETY: passed on.
        unsafe { U::xor(self.room.at().add(self.filled - self.left), from, to, len) };
        self.left -= len;
    }

    /// Overwrites the key and the key stream.
    #[inline(always)]
    unsafe fn wipe(&mut self) {
        // SAFETY: no more is used than there is.
        unsafe {
            wipe::<U, _>(&mut self.state);
            U::wipe(self.room.at(), self.used / 64);
        }
    }
}

/// # Safety
/// As of [`seal`]; `len` is the length of `plain`, at most [`SHORT`].
#[inline(always)]
unsafe fn seal_short<U: Unit>(mut state: State, aad: &[u8], plain: Parts<'_>, out: *mut u8, len: usize) -> [u8; 16] {
    let (mut room, mut text) = (Room::<4>::new(), Room::<4>::new());
    // SAFETY: passed on; the rooms hold four blocks, and no text begins in the last.
    unsafe {
        let (stream, text) = (room.at(), text.at());
        // What no part reaches is read, although nothing comes of it.
        U::wipe(text, 4);
        let mut gathered = text;
        plain.feed::<1>(out, |from, _, len, _| {
            for_blocks(len, |at, len| U::pad(from.add(at), gathered.add(at), len));
            gathered = gathered.add(len);
        });
        // The rounds take so long that what was gathered has left the store buffer when it is read.
        U::fill(&mut state, 4, stream);
        for_blocks(len, |at, len| U::xor_and_pad(stream.add(64 + at), text.add(at), out.add(at), len));
        let tag = short_tag(stream, aad, text, len);
        // What was gathered is ciphertext now.
        wipe::<U, _>(&mut room);
        wipe::<U, _>(&mut state);
        tag
    }
}

/// # Safety
/// As of [`open`]; `len` is at most [`SHORT`].
#[inline(always)]
unsafe fn open_short<U: Unit>(mut state: State, aad: &[u8], from: *const u8, len: usize, out: *mut u8) -> [u8; 16] {
    let (mut room, mut text) = (Room::<4>::new(), Room::<4>::new());
    // SAFETY: passed on; the rooms hold four blocks.
    unsafe {
        let (stream, text) = (room.at(), text.at());
        for_blocks(len, |at, len| U::pad(from.add(at), text.add(at), len));
        U::fill(&mut state, 4, stream);
        for_blocks(len, |at, len| U::xor(stream.add(64 + at), text.add(at), out.add(at), len));
        let tag = short_tag(stream, aad, text, len);
        wipe::<U, _>(&mut room);
        wipe::<U, _>(&mut state);
        tag
    }
}

/// Calls `take` with where each block of 64 bytes begins and how long it is.
#[inline(always)]
fn for_blocks(len: usize, mut take: impl FnMut(usize, usize)) {
    let mut at = 0;
    while at < len {
        take(at, (len - at).min(64));
        at += 64;
    }
}

/// The tag under the key at `key` of `len` bytes at `text`, which zeros follow up to a multiple of 16.
///
/// # Safety
/// Both must be readable.
#[inline(always)]
unsafe fn short_tag(key: *const u8, aad: &[u8], text: *const u8, len: usize) -> [u8; 16] {
    // SAFETY: the caller's promise.
    let mut mac = Poly1305::new(unsafe { key.cast::<[u64; 4]>().read() });
    mac.pad(aad);
    for block in 0..len.div_ceil(16) {
        // SAFETY: the caller's promise.
        mac.block(unsafe { text.cast::<[u64; 2]>().add(block).read_unaligned() });
    }
    mac.block(lengths(aad, len));
    mac.tag()
}
