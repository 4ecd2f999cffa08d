//! An allocator that counts what each thread asks for, for tests: a module of each, by path.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static ASKED: Cell<usize> = const { Cell::new(0) };
    /// The bytes that this thread has asked for and not given back.
    pub(crate) static HELD: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator as it came; counting touches no memory of the caller's, and none that would
// have to be asked for.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        ASKED.set(ASKED.get() + layout.size());
        HELD.set(HELD.get() + layout.size() as isize);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - layout.size() as isize);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What the allocator has to do for this thread while `work` runs: the calls, the bytes asked for, and those that are still held.
pub(crate) fn count(work: impl FnOnce()) -> (usize, usize, isize) {
    let read = || (CALLS.get(), ASKED.get(), HELD.get());
    let before = read();
    work();
    let after = read();
    (after.0 - before.0, after.1 - before.1, after.2 - before.2)
}
