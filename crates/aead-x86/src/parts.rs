//! A plaintext in parts.

use core::marker::PhantomData;

/// The parts of a plaintext, one after the other. They are pointers, because the one part of a message that is sealed where
/// it lies is also what is written.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    parts: &'a [*const [u8]],
    len: usize,
    borrowed: PhantomData<&'a [u8]>,
}

impl<'a> Parts<'a> {
    /// Of slices, if their length can be told.
    pub(crate) fn of(parts: &'a [&'a [u8]]) -> Option<Self> {
        let len = parts.iter().try_fold(0_usize, |sum, part| sum.checked_add(part.len()))?;
        // SAFETY: a reference to a slice and a pointer to it have one layout, and a shared borrow of one is as good as of
        // the other.
        let parts = unsafe { &*(core::ptr::from_ref(parts) as *const [*const [u8]]) };
        Some(Self { parts, len, borrowed: PhantomData })
    }

    /// Of a pointer, which must be readable when it is read.
    pub(crate) fn one(part: &'a *const [u8]) -> Self {
        Self { parts: core::slice::from_ref(part), len: part.len(), borrowed: PhantomData }
    }

    /// The length of all, in bytes.
    pub(crate) fn len(self) -> usize {
        self.len
    }

    /// Hands the plaintext to `take` in pieces `(from, to, len)`: whole groups of `GROUP` bytes while more is to come, and at
    /// the end, with the last argument true, what is left: any number of bytes.
    ///
    /// What a part leaves over is gathered in `out`, where its ciphertext will lie.
    ///
    /// # Safety
    /// Every part must be readable, `out` writable for all of them, and they may not overlap; or there is one part and it
    /// begins at `out`. `take` writes `len` bytes from `to` on, and none else.
    #[inline(always)]
    pub(crate) unsafe fn feed<const GROUP: usize>(
        self,
        mut out: *mut u8,
        mut take: impl FnMut(*const u8, *mut u8, usize, bool),
    ) {
        let mut gathered = 0;
        let (last, rest) = match self.parts.split_last() {
            Some((last, rest)) => (*last, rest),
            None => (core::ptr::slice_from_raw_parts(out.cast_const(), 0), &[][..]),
        };
        // SAFETY: `from` and `out` advance together with what is left of a part and of the room for all parts.
        unsafe {
            for part in rest {
                let (mut from, mut len) = (part.cast::<u8>(), part.len());
                if gathered > 0 {
                    let more = len.min(GROUP - gathered);
                    out.add(gathered).copy_from_nonoverlapping(from, more);
                    (from, len, gathered) = (from.add(more), len - more, gathered + more);
                    if gathered < GROUP {
                        continue;
                    }
                    take(out, out, GROUP, false);
                    out = out.add(GROUP);
                }
                let whole = len - len % GROUP;
                if whole > 0 {
                    take(from, out, whole, false);
                    (from, out) = (from.add(whole), out.add(whole));
                }
                gathered = len - whole;
                out.copy_from_nonoverlapping(from, gathered);
            }
            let (from, len) = (last.cast::<u8>(), last.len());
            if gathered == 0 {
                return take(from, out, len, true);
            }
            // The rest of the group is filled up; what comes after it is not aligned to it.
            let more = len.min(GROUP - gathered);
            out.add(gathered).copy_from_nonoverlapping(from, more);
            if more == len {
                return take(out, out, gathered + more, true);
            }
            take(out, out, GROUP, false);
            take(from.add(more), out.add(GROUP), len - more, true);
        }
    }
}
