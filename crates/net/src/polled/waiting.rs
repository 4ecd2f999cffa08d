//! Who waits for a stream.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

/// Which of a stream's two users.
#[derive(Clone, Copy, Debug)]
pub(super) enum User {
    Reader,
    Writer,
}

/// The tasks of both users of a stream, which may be two: reading also writes, writing may complete a handshake, which reads,
/// and a transport wakes only the last who asked in a direction. Whatever it has to say, it says to both.
#[derive(Default)]
pub(super) struct Waiting(Mutex<Wakers>);

#[derive(Default)]
struct Wakers {
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Waiting {
    /// Notes that the task of `cx` waits as `user`, and gives the waker for the transport.
    pub(super) fn wait(self: &Arc<Self>, user: User, cx: &Context<'_>) -> Waker {
        let mut wakers = self.lock();
        let slot = match user {
            User::Reader => &mut wakers.reader,
            User::Writer => &mut wakers.writer,
        };
        match slot {
            Some(waker) => waker.clone_from(cx.waker()),
            None => *slot = Some(cx.waker().clone()),
        }
        drop(wakers);
        self.clone().into()
    }

    fn lock(&self) -> MutexGuard<'_, Wakers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let Wakers { reader, writer } = std::mem::take(&mut *self.lock());
        reader.into_iter().chain(writer).for_each(Waker::wake);
    }
}
