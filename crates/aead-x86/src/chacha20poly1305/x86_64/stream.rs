//! The key stream of a long message, and room for bytes.

use super::unit::{State, Unit};
use core::arch::x86_64::__m128i;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

/// The key stream of a long message.
pub(super) struct Stream<U: Unit> {
    pub(super) state: State,
    /// The end of what was filled is what is left of it.
    pub(super) room: Room<32>,
    filled: usize,
    left: usize,
    /// The most that was filled.
    used: usize,
    unit: PhantomData<U>,
}

/// A step of a long message.
pub(super) enum Next {
    /// To make so many blocks of key stream, as none is left and there is not enough for a pass.
    Fill(usize),
    Pass,
    /// To cover so many bytes with what was filled.
    Xor(usize),
}

impl<U: Unit> Stream<U> {
    /// The first `blocks` blocks, at most those of a pass, of which the first is the key of Poly1305.
    #[inline(always)]
    pub(super) unsafe fn new(state: State, blocks: usize) -> Self {
        let mut stream = Self { state, room: Room::new(), filled: 0, left: 0, used: 0, unit: PhantomData };
        // SAFETY: there is room for one pass.
        let filled = unsafe { U::fill(&mut stream.state, blocks, stream.room.at()) };
        stream.filled(filled);
        stream.left -= 64;
        stream
    }

    /// As [`Unit::fill_and_hash`].
    #[inline(always)]
    pub(super) unsafe fn fill_and_hash(&mut self, blocks: usize, mac: &mut U::Mac, hash: *const u8, len: usize) {
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
    pub(super) fn next(&self, len: usize) -> Next {
        match self.left {
            0 if len >= U::PASS => Next::Pass,
            0 => Next::Fill(len.div_ceil(64)),
            left => Next::Xor(left.min(len)),
        }
    }

    /// Encrypts or decrypts the next `len` bytes, no more than are left.
    #[inline(always)]
    pub(super) unsafe fn xor(&mut self, from: *const u8, to: *mut u8, len: usize) {
        // SAFETY: passed on.
        unsafe { U::xor(self.room.at().add(self.filled - self.left), from, to, len) };
        self.left -= len;
    }

    /// Overwrites the key and the key stream.
    #[inline(always)]
    pub(super) unsafe fn wipe(&mut self) {
        // SAFETY: no more is used than there is.
        unsafe {
            wipe::<U, _>(&mut self.state);
            U::wipe(self.room.at(), self.used / 64);
        }
    }
}

/// Room for `N` times 64 bytes of key stream or text. It is not initialized.
#[repr(C, align(64))]
pub(super) struct Room<const N: usize>([MaybeUninit<[__m128i; 4]>; N]);

impl<const N: usize> Room<N> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self([const { MaybeUninit::uninit() }; N])
    }

    #[inline(always)]
    pub(super) fn at(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

/// Overwrites `place`, of whole blocks of 64 bytes.
#[inline(always)]
pub(super) unsafe fn wipe<U: Unit, T>(place: &mut T) {
    const { assert!(size_of::<T>().is_multiple_of(64) && align_of::<T>() == 64) };
    // SAFETY: it is borrowed for us alone, and never used again.
    unsafe { U::wipe(core::ptr::from_mut(place).cast(), size_of::<T>() / 64) }
}
