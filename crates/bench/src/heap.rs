//! What the process asks of `malloc`, in Rust and in C: glibc's functions, called by ours of the same names.
//!
//! A Rust allocator would not see what the C libraries ask for. Nothing is counted but in [`count`], which is for one thread.
#![expect(unsafe_code, reason = "malloc and its like are foreign functions with raw pointers")]

use std::ops::AddAssign;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

static ON: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicUsize = AtomicUsize::new(0);
static ASKED: AtomicUsize = AtomicUsize::new(0);
static HELD: AtomicIsize = AtomicIsize::new(0);

/// What some work asks of the allocator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heap {
    /// How often it asks for memory, new or more.
    pub calls: usize,
    /// For how many bytes.
    pub asked: usize,
    /// How many bytes it still holds, as the allocator rounds them; less than nothing for what frees.
    pub held: isize,
}

impl AddAssign for Heap {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.asked += other.asked;
        self.held += other.held;
    }
}

/// Does `work` and counts.
pub fn count(work: impl FnOnce()) -> Heap {
    let read = || (CALLS.load(Relaxed), ASKED.load(Relaxed), HELD.load(Relaxed));
    let before = read();
    ON.store(true, Relaxed);
    work();
    ON.store(false, Relaxed);
    let after = read();
    Heap { calls: after.0 - before.0, asked: after.1 - before.1, held: after.2 - before.2 }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod interposed {
    use super::{ASKED, CALLS, HELD, ON, Relaxed};
    use std::ffi::{c_int, c_void};

    unsafe extern "C" {
        fn __libc_malloc(size: usize) -> *mut c_void;
        fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
        fn __libc_realloc(old: *mut c_void, size: usize) -> *mut c_void;
        fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
        fn __libc_free(old: *mut c_void);
        fn malloc_usable_size(of: *mut c_void) -> usize;
    }

    fn got(new: *mut c_void, size: usize) -> *mut c_void {
        if ON.load(Relaxed) {
            CALLS.store(CALLS.load(Relaxed) + 1, Relaxed);
            ASKED.store(ASKED.load(Relaxed) + size, Relaxed);
            // SAFETY: it came from the allocator just now; null is as good.
            let held = unsafe { malloc_usable_size(new) };
            HELD.store(HELD.load(Relaxed) + held as isize, Relaxed);
        }
        new
    }

    fn gone(old: *mut c_void) {
        if ON.load(Relaxed) {
            // SAFETY: the caller frees it now, so it is the allocator's; null is as good.
            let held = unsafe { malloc_usable_size(old) };
            HELD.store(HELD.load(Relaxed) - held as isize, Relaxed);
        }
    }

    // SAFETY, of all of them: the names and types are those of C, whose callers' promises are passed on as they come.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
        got(unsafe { __libc_malloc(size) }, size)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
        got(unsafe { __libc_calloc(count, size) }, count.wrapping_mul(size))
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn realloc(old: *mut c_void, size: usize) -> *mut c_void {
        gone(old);
        got(unsafe { __libc_realloc(old, size) }, size)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memalign(align: usize, size: usize) -> *mut c_void {
        got(unsafe { __libc_memalign(align, size) }, size)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut c_void {
        got(unsafe { __libc_memalign(align, size) }, size)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn posix_memalign(to: *mut *mut c_void, align: usize, size: usize) -> c_int {
        let new = got(unsafe { __libc_memalign(align, size) }, size);
        if new.is_null() {
            return 12; // ENOMEM
        }
        unsafe { *to = new };
        0
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn free(old: *mut c_void) {
        gone(old);
        unsafe { __libc_free(old) }
    }
}
