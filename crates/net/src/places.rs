//! How many there are of something, how many there may be, and when there are none left.

use crate::polled::too_late;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// A number of places, for handshakes or connections. Clones share them; whoever has a [`Place`] gives it back by dropping it. Both
/// threads and tasks can wait for one, and for all of them to be free.
#[derive(Clone, Debug)]
pub struct Places(Arc<Shared>);

/// One of [`Places`], until it is dropped.
#[derive(Debug)]
#[must_use = "dropped, it is free again"]
pub struct Place(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    wakers: Vec<Waker>,
}

impl Places {
    /// So many, at least one.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most: most.max(1), state: Mutex::default(), changed: Condvar::new() }))
    }

    /// How many there are.
    pub fn most(&self) -> usize {
        self.0.most
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.0.state().taken
    }

    /// Takes one, if one is free.
    pub fn take(&self) -> Option<Place> {
        self.0.take(&mut self.0.state())
    }

    /// Takes one, and waits for it until `deadline`; `None` is for ever.
    ///
    /// # Errors
    /// `TimedOut`.
    pub fn wait(&self, deadline: Option<Instant>) -> io::Result<Place> {
        self.0.wait(deadline, |state| self.0.take(state)).ok_or_else(too_late)
    }

    /// [`Places::wait`] as a poll: the task is woken when one is free.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Place> {
        self.0.poll(cx, |state| self.0.take(state))
    }

    /// Waits until all are free, or until `deadline`; `None` is for ever. Says how many are not.
    pub fn wait_for_none(&self, deadline: Option<Instant>) -> usize {
        match self.0.wait(deadline, |state| (state.taken == 0).then_some(())) {
            Some(()) => 0,
            None => self.taken(),
        }
    }

    /// [`Places::wait_for_none`] as a poll: the task is woken when all are free.
    pub fn poll_none(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.poll(cx, |state| (state.taken == 0).then_some(()))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>, state: &mut State) -> Option<Place> {
        (state.taken < self.most).then(|| {
            state.taken = state.taken.saturating_add(1);
            Place(self.clone())
        })
    }

    fn wait<T>(&self, deadline: Option<Instant>, mut try_it: impl FnMut(&mut State) -> Option<T>) -> Option<T> {
        let mut state = self.state();
        loop {
            if let Some(done) = try_it(&mut state) {
                return Some(done);
            }
            state = match deadline {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    let left = at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn poll<T>(&self, cx: &mut Context<'_>, try_it: impl FnOnce(&mut State) -> Option<T>) -> Poll<T> {
        let mut state = self.state();
        if let Some(done) = try_it(&mut state) {
            return Poll::Ready(done);
        }
        if !state.wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let wakers = {
            let mut state = self.0.state();
            state.taken = state.taken.saturating_sub(1);
            std::mem::take(&mut state.wakers)
        };
        // All of them: who is woken may have lost interest, and then nobody else would be.
        self.0.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;
    use std::thread;
    use std::time::Duration;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn who_waits_is_woken() {
        let places = Places::new(1);
        let place = places.take().unwrap();
        assert!(places.take().is_none());
        let past = Some(Instant::now());
        assert_eq!(places.wait(past).unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(places.wait_for_none(past), 1);

        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut cx = Context::from_waker(&waker);
        assert!(places.poll_take(&mut cx).is_pending() && places.poll_none(&mut cx).is_pending());
        let waiting = thread::spawn({
            let places = places.clone();
            move || places.wait(Some(Instant::now() + Duration::from_secs(60))).map(drop)
        });
        drop(place);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        waiting.join().unwrap().unwrap();
        assert_eq!(places.wait_for_none(None), 0);
        assert!(places.poll_none(&mut cx).is_ready());
        let Poll::Ready(again) = places.poll_take(&mut cx) else { panic!() };
        assert_eq!((places.taken(), places.most()), (1, 1));
        drop(again);
        assert_eq!(places.taken(), 0);
    }
}
