//! How a handshake ended.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether it was told how the handshake of a connection ended. Of one whose transport ends, or whose time runs out, nobody is told
/// before the trace is dropped.
#[derive(Default)]
pub(crate) struct End(AtomicBool);

impl End {
    pub(crate) fn is_told(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The code of a connection that is dropped without that.
    pub(crate) fn unfinished(&self) -> Option<&'static str> {
        (!self.0.load(Ordering::Relaxed)).then_some("Unfinished")
    }
}
