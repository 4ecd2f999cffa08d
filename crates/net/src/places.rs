//! How many there are of something, how many there may be, and when there are none left.

use crate::polled::too_late;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

/// A number of places, for handshakes or connections. Clones share them; whoever has a [`Place`] gives it back by dropping it. Both
/// threads and tasks can wait for one, and for all of them to be free. Tasks take their turns in the order in which they asked: of so
/// many places as are free so many of those who wait longest may take one, and who comes later what is left.
#[derive(Clone, Debug)]
pub struct Places(Arc<Shared>);

/// One of [`Places`], until it is dropped.
#[derive(Debug)]
#[must_use = "dropped, it is free again"]
pub struct Place(Arc<Shared>);

/// A place that a task waits for: see [`Places::taking`]. Dropped, it leaves the queue.
#[derive(Debug)]
#[must_use = "nothing is taken before it is polled"]
pub struct Taking {
    shared: Arc<Shared>,
    /// Since it was polled in vain.
    ticket: Option<u64>,
}

#[derive(Debug)]
struct Shared {
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    /// The ticket of whoever has to wait next.
    next: u64,
    /// Tasks that wait for a place, by their tickets.
    waiting: BTreeMap<u64, Waker>,
    /// Tasks that wait until all are free.
    until_none: Vec<Waker>,
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

    /// Takes one, if more are free than tasks wait.
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

    /// [`Places::wait`] as a future: the task is woken when it is its turn. It has to be polled then, or dropped: until then a place
    /// stays free for it.
    pub fn taking(&self) -> Taking {
        Taking { shared: self.0.clone(), ticket: None }
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
        let mut state = self.0.state();
        if state.taken == 0 {
            return Poll::Ready(());
        }
        if !state.until_none.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.until_none.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>, state: &mut State) -> Option<Place> {
        (state.waiting.len() < self.free(state)).then(|| self.give(state))
    }

    fn free(&self, state: &State) -> usize {
        self.most.saturating_sub(state.taken)
    }

    fn give(self: &Arc<Self>, state: &mut State) -> Place {
        state.taken = state.taken.saturating_add(1);
        Place(self.clone())
    }

    /// Whether a place is free that none of those before this ticket needs.
    fn is_next(&self, state: &State, ticket: u64) -> bool {
        state.waiting.range(..ticket).take(self.free(state)).count() < self.free(state)
    }

    /// Who has a turn since one place more is free, or one less waits: to be woken without the lock, for a waker may run anything.
    fn last_of_next(&self, state: &State) -> Option<Waker> {
        let at = self.free(state).checked_sub(1)?;
        state.waiting.values().nth(at).cloned()
    }

    /// Takes `ticket` out of the queue, and wakes who moves up.
    fn leave(&self, mut state: MutexGuard<'_, State>, ticket: u64) {
        let was_next = self.is_next(&state, ticket);
        let own = state.waiting.remove(&ticket);
        let next = self.last_of_next(&state).filter(|_| was_next);
        drop(state);
        self.changed.notify_all();
        next.into_iter().for_each(Waker::wake);
        // The last of a task may go with its waker, and hold places.
        drop(own);
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
}

impl State {
    /// A ticket behind all others.
    fn ticket(&mut self) -> u64 {
        let ticket = self.next;
        self.next = self.next.wrapping_add(1);
        ticket
    }
}

impl Future for Taking {
    type Output = Place;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Place> {
        let shared = self.shared.clone();
        let mut state = shared.state();
        let (place, own) = match self.ticket {
            None => (shared.take(&mut state), None),
            // Whoever is behind it has a turn of his own, or none for this.
            Some(ticket) if shared.is_next(&state, ticket) => {
                self.ticket = None;
                let own = state.waiting.remove(&ticket);
                (Some(shared.give(&mut state)), own)
            }
            Some(_) => (None, None),
        };
        if let Some(place) = place {
            drop(state);
            drop(own);
            return Poll::Ready(place);
        }
        let ticket = *self.ticket.get_or_insert_with(|| state.ticket());
        let former = state.waiting.insert(ticket, cx.waker().clone());
        drop(state);
        drop(former);
        Poll::Pending
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.shared.leave(self.shared.state(), ticket);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (first, until_none) = {
            let mut state = self.0.state();
            state.taken = state.taken.saturating_sub(1);
            let until_none = if state.taken == 0 { std::mem::take(&mut state.until_none) } else { Vec::new() };
            (self.0.last_of_next(&state), until_none)
        };
        // All threads: they wait for different things.
        self.0.changed.notify_all();
        first.into_iter().chain(until_none).for_each(Waker::wake);
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

    /// A task that does one thing.
    struct Task {
        taking: Taking,
        woken: Arc<Woken>,
    }

    impl Task {
        fn new(places: &Places) -> Self {
            Self { taking: places.taking(), woken: Arc::default() }
        }

        fn poll(&mut self) -> Option<Place> {
            let waker = Waker::from(self.woken.clone());
            match Pin::new(&mut self.taking).poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(place) => Some(place),
                Poll::Pending => None,
            }
        }

        /// How often since this was last asked.
        fn was_woken(&self) -> usize {
            self.woken.0.swap(0, Ordering::Relaxed)
        }
    }

    fn waiting(places: &Places) -> usize {
        places.0.state().waiting.len()
    }

    #[test]
    fn who_waits_is_woken() {
        let places = Places::new(1);
        let place = places.take().unwrap();
        assert!(places.take().is_none());
        let past = Some(Instant::now());
        assert_eq!(places.wait(past).unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(places.wait_for_none(past), 1);

        let waiting = thread::spawn({
            let places = places.clone();
            move || places.wait(Some(Instant::now() + Duration::from_secs(60))).map(drop)
        });
        drop(place);
        waiting.join().unwrap().unwrap();
        assert_eq!(places.wait_for_none(None), 0);
        let again = Task::new(&places).poll().unwrap();
        assert_eq!((places.taken(), places.most()), (1, 1));
        drop(again);
        assert_eq!(places.taken(), 0);
    }

    /// A place wakes one task, the first of those who wait, and nobody overtakes it.
    #[test]
    fn tasks_take_turns() {
        let places = Places::new(1);
        let place = places.take().unwrap();
        let mut tasks = [(); 3].map(|()| Task::new(&places));
        for _ in 0..2 {
            assert!(tasks.iter_mut().all(|task| task.poll().is_none()));
            assert_eq!(waiting(&places), 3);
        }
        let [mut first, mut second, third] = tasks;
        drop(place);
        assert_eq!([&first, &second, &third].map(Task::was_woken), [1, 0, 0]);
        let mut late = Task::new(&places);
        assert!(late.poll().is_none() && second.poll().is_none() && places.take().is_none());
        assert!(places.wait(Some(Instant::now())).is_err());
        let place = first.poll().unwrap();
        assert_eq!((waiting(&places), second.was_woken()), (3, 0));
        drop((place, third));
        assert_eq!((second.was_woken(), late.was_woken()), (1, 0));
        drop(second.poll().unwrap());
        assert_eq!(late.was_woken(), 1);
        drop(late.poll().unwrap());
        assert_eq!((waiting(&places), places.taken()), (0, 0));
    }

    /// One that has its turn and is not polled keeps one place free, and stands in nobody's way.
    #[test]
    fn a_turn_that_is_not_taken_costs_one_place() {
        let places = Places::new(2);
        let two = [(); 2].map(|()| places.take().unwrap());
        let mut tasks = [(); 3].map(|()| Task::new(&places));
        assert!(tasks.iter_mut().all(|task| task.poll().is_none()));
        let [mut asleep, mut second, mut third] = tasks;
        drop(two);
        assert_eq!([&asleep, &second, &third].map(Task::was_woken), [1, 1, 0]);
        assert!(third.poll().is_none() && places.take().is_none());
        let place = second.poll().unwrap();
        assert!(third.poll().is_none() && third.was_woken() == 0);
        drop(place);
        assert_eq!(third.was_woken(), 1);
        let place = third.poll().unwrap();
        // Nobody has the turn of the one that sleeps.
        assert!(places.take().is_none() && Task::new(&places).poll().is_none());
        drop((asleep.poll().unwrap(), place));
        assert_eq!((waiting(&places), places.taken()), (0, 0));
        assert!(places.take().is_some());
    }

    /// Who is woken and loses interest wakes the next.
    #[test]
    fn a_wake_is_passed_on() {
        let places = Places::new(2);
        let two = [(); 2].map(|()| places.take().unwrap());
        let mut tasks = [(); 3].map(|()| Task::new(&places));
        assert!(tasks.iter_mut().all(|task| task.poll().is_none()));
        let [mut first, second, third] = tasks;
        drop(two);
        assert_eq!([&first, &second, &third].map(Task::was_woken), [1, 1, 0]);
        let place = first.poll().unwrap();
        assert_eq!(third.was_woken(), 0);
        drop(second);
        assert_eq!(third.was_woken(), 1);
        // A thread comes after the tasks, and hears of it when there are none.
        let thread = thread::spawn({
            let places = places.clone();
            move || places.wait(None).map(drop)
        });
        drop(third);
        thread.join().unwrap().unwrap();
        drop(place);
        assert_eq!((waiting(&places), places.taken()), (0, 0));
    }

    #[test]
    fn the_end_wakes_who_waits_for_it() {
        let places = Places::new(2);
        let [one, other] = [(); 2].map(|()| places.take().unwrap());
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut cx = Context::from_waker(&waker);
        assert!(places.poll_none(&mut cx).is_pending() && places.poll_none(&mut cx).is_pending());
        drop(one);
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        drop(other);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(places.poll_none(&mut cx).is_ready());
    }
}
