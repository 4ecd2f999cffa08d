//! What std would have brought: memory, a place for messages, and an end for panics.
//!
//! Unsafe code, of which none is linked into anything but this program.

#[cfg_attr(target_os = "none", path = "device.rs")]
#[cfg_attr(not(target_os = "none"), path = "hosted.rs")]
mod system;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::fmt::Write;
use core::panic::PanicInfo;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use system::{STDERR, STDOUT};

/// Says where, and ends the program.
///
/// A second `#[panic_handler]`, such as std's, is an error of the compiler: that is how std creeping in is noticed.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    // If not even that can be written there is nowhere left to say so.
    let _ = writeln!({ STDERR }, "{info}");
    system::abort()
}

#[global_allocator]
static HEAP: Bump = Bump { arena: UnsafeCell::new([0; HEAP_LEN]), used: AtomicUsize::new(0) };

/// In bytes; a handshake's first flight takes a small part of it.
const HEAP_LEN: usize = 1 << 20;

/// An allocator that hands out one piece after the other and takes none back. The program is over long before the arena
/// is.
struct Bump {
    arena: UnsafeCell<[u8; HEAP_LEN]>,
    used: AtomicUsize,
}

// SAFETY: the arena is reached through `alloc` alone, and the atomic update of `used` gives every piece of it away once.
unsafe impl Sync for Bump {}

// SAFETY: a piece starts at a multiple of the alignment asked for, lies inside the arena, which lives as long as the
// program, and overlaps no other, because `used` only grows and a piece lies between its old and its new value.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.arena.get().cast::<u8>();
        let piece = |used: usize| {
            let start = base.addr().checked_add(used)?.checked_next_multiple_of(layout.align())? - base.addr();
            let end = start.checked_add(layout.size()).filter(|&end| end <= HEAP_LEN)?;
            Some((start, end))
        };
        let taken =
            self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| piece(used).map(|(_, end)| end));
        match taken.ok().and_then(piece) {
            // SAFETY: `start` is at most `HEAP_LEN`, the length of the arena.
            Some((start, _)) => unsafe { base.add(start) },
            None => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
