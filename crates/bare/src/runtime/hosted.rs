//! On a system with a C library.

use core::ffi::{c_int, c_void};
use core::fmt::{self, Write};

#[link(name = "c")]
unsafe extern "C" {
    fn write(descriptor: c_int, bytes: *const c_void, len: usize) -> isize;
    pub(super) safe fn abort() -> !;
}

/// A file descriptor to write text to.
pub(crate) struct Descriptor(c_int);

/// Where results go.
pub(crate) const STDOUT: Descriptor = Descriptor(1);
/// Where errors go.
pub(crate) const STDERR: Descriptor = Descriptor(2);

impl Write for Descriptor {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the pointer and the length are those of a live string slice, which `write` only reads.
        let written = unsafe { write(self.0, text.as_ptr().cast(), text.len()) };
        if usize::try_from(written) == Ok(text.len()) { Ok(()) } else { Err(fmt::Error) }
    }
}
