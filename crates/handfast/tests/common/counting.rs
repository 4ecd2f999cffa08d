//! An allocator that counts, for tests: a module of each, by path.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);
static ASKED: AtomicUsize = AtomicUsize::new(0);
/// The bytes that are held.
pub(crate) static HELD: AtomicIsize = AtomicIsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it came; counting touches no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        ASKED.fetch_add(layout.size(), Ordering::Relaxed);
        HELD.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What the allocator has to do while `work` runs: the calls, the bytes asked for, and those that are still held.
pub(crate) fn count(work: impl FnOnce()) -> (usize, usize, isize) {
    let read = || (CALLS.load(Ordering::Relaxed), ASKED.load(Ordering::Relaxed), HELD.load(Ordering::Relaxed));
    let before = read();
    work();
    let after = read();
    (after.0 - before.0, after.1 - before.1, after.2 - before.2)
}
