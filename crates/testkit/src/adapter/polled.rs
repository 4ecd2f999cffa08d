//! What asynchronous adapters need to look as if they blocked.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake};

/// What a transport that never waits says to a poll. Whoever finds it not ready is woken at once.
pub fn polled<T>(cx: &Context<'_>, done: io::Result<T>) -> Poll<io::Result<T>> {
    match done {
        // Nobody's poll is interrupted.
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        done => Poll::Ready(done),
    }
}

/// Polls once, without a runtime. Whoever is told to wait must have been woken, for the transport wakes at once.
pub fn once<T>(poll: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>) -> io::Result<T> {
    let woken = Arc::new(Woken::default());
    match poll(&mut Context::from_waker(&woken.clone().into())) {
        Poll::Ready(done) => done,
        Poll::Pending => {
            assert!(woken.0.load(Ordering::Relaxed), "it would have waited for ever");
            Err(ErrorKind::WouldBlock.into())
        }
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
