//! One message, sealed or opened in one pass, whatever the instructions.

use super::poly1305::Poly1305;
use super::stream::{Next, Room, Stream, wipe};
use super::unit::{State, Unit};
use crate::parts::Parts;

/// The longest message that takes one fill of four blocks: one of the key of Poly1305 and three of text.
const SHORT: usize = 192;

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
    // SAFETY: the parts are `len` bytes in all, and so many may be written at `out`: `done` counts what was written, and `hashed`, of
    // what was written, what was hashed: `hashed <= done <= len`. A pass, and `Next::Xor`, take no more than is `left` of a part.
    unsafe {
        if len <= SHORT {
            return seal_short::<U>(state, aad, plain, out, len);
        }
        // As much as a pass makes, so that the next has as much to hash.
        let mut stream = Stream::<U>::new(state, (1 + len.div_ceil(64)).min(U::PASS / 64));
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
    // SAFETY: `len` bytes may be read at `from` and written at `out`, and no more is taken at a time than is left: `done <= len`,
    // `hashed + along <= len`. What may lie under `out` is hashed before it is written: `hashed >= end` before `end` is reached.
    unsafe {
        if len <= SHORT {
            return open_short::<U>(state, aad, from, len, out);
        }
        // What passes leave over is done first, so that most of them have as much to hash as they can from the beginning.
        let mut stream = Stream::<U>::new(state, 1 + len.div_ceil(64) % (U::PASS / 64));
        let mut mac = U::mac(stream.room.at(), aad, len);
        let (mut done, mut hashed, mut tag) = (0, 0, None);
        while done < len {
            let (at, to, hash) = (from.add(done), out.add(done), from.add(hashed));
            // As much as a fill or a pass can hash along.
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
            // Less than a step is left to hash: the tag must be made before that is overwritten.
            if tag.is_none() && (hashed + ahead < end || hashed + ahead > len) {
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

/// The last block that is hashed: how long `aad` and text are, in bytes (RFC 8439 §2.8).
#[inline(always)]
fn lengths(aad: &[u8], len: usize) -> [u64; 2] {
    [aad.len() as u64, len as u64]
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
