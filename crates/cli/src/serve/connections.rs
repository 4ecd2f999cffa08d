//! Who is being served, how many more may be, and how it stops.

use crate::bounded::Bounded;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The connections that are served. Clones are the same.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Inner>);

struct Inner {
    most: usize,
    /// Of those, at their handshake.
    most_handshakes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Open>,
    /// How many of them are at their handshake.
    handshakes: usize,
    next: u64,
    is_stopping: bool,
    /// How many handshakes were cut that nobody was told of.
    untold: u64,
    told: Option<Instant>,
}

struct Open {
    socket: Bounded,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Handshake,
    /// A handshake that has been ended for another one.
    Cut,
    /// The handshake is over.
    Settled,
    /// And nothing is asked, since then.
    Idle(Instant),
    /// It was, and no other question is taken.
    Closing,
}

impl Stage {
    fn is_handshake(self) -> bool {
        matches!(self, Self::Handshake | Self::Cut)
    }
}

/// The place of one connection; given back when dropped.
pub(crate) struct Place {
    connections: Connections,
    number: u64,
}

/// How long to wait after a connection could not be accepted, and until those who wait for room look again.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the server waits for a client within its handshake, all in all, when others want its place.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is told what a crowd does, which must not fill a log.
pub(super) const NEWS: Duration = Duration::from_secs(60);

impl Connections {
    /// Room for `most` at once, of which `most_handshakes` are at their handshake.
    pub(crate) fn new(most: u32, most_handshakes: u32) -> Self {
        let state = Mutex::default();
        let (most, most_handshakes) = (most as usize, most_handshakes as usize);
        Self(Arc::new(Inner { most, most_handshakes, state, changed: Condvar::new() }))
    }

    /// Takes a place, and waits for it. None when there never will be one, because the program is stopping. Clients that are
    /// not accepted yet wait in the system's queue.
    ///
    /// Who is being served keeps its place. Who is at its handshake and has kept the server waiting longest, for
    /// [`PATIENCE`] at least, makes room: those who say nothing, or a byte at a time, keep nobody out. Where that is nobody and
    /// all places are taken, it is who has been idle longest.
    pub(crate) fn enter(&self, socket: Bounded) -> Option<Place> {
        let mut state = self.state();
        loop {
            if state.is_stopping {
                return None;
            }
            if state.open.len() < self.0.most && state.handshakes < self.0.most_handshakes {
                break;
            }
            let is_full = state.open.len() >= self.0.most;
            state.cut(is_full);
            state = self.0.changed.wait_timeout(state, PAUSE).unwrap_or_else(PoisonError::into_inner).0;
        }
        let number = state.next;
        state.next = number.wrapping_add(1);
        state.open.insert(number, Open { socket, stage: Stage::Handshake });
        state.handshakes += 1;
        Some(Place { connections: self.clone(), number })
    }

    /// Waits a little, or until a connection ends, where there is no room although there should be.
    pub(crate) fn pause(&self) {
        let mut state = self.state();
        state.cut(true);
        drop(self.0.changed.wait_timeout(state, PAUSE));
    }

    /// Takes no more, and lets those that are open read no more: what they are answering they finish. Says whether that
    /// had been done before.
    pub(crate) fn stop(&self) -> bool {
        let mut state = self.state();
        state.open.values().for_each(|open| open.socket.end_reading());
        self.0.changed.notify_all();
        mem::replace(&mut state.is_stopping, true)
    }

    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        self.state().open.len()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.state().is_stopping
    }

    /// Waits until none is open, or the time is up.
    pub(crate) fn wait(&self, grace: Duration) {
        let end = Instant::now() + grace;
        let mut state = self.state();
        while !state.open.is_empty() {
            let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else { return };
            state = self.0.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Ends the handshake of whoever has kept the server waiting longest, if that is long; of `everybody` whoever has been idle
    /// longest, if that is nobody. One at a time.
    fn cut(&mut self, everybody: bool) {
        if self.open.values().any(|open| matches!(open.stage, Stage::Cut | Stage::Closing)) {
            return;
        }
        let handshakes = self.open.values_mut().filter(|open| open.stage == Stage::Handshake);
        let waited = handshakes.map(|open| (open.socket.waited(), open)).filter(|(waited, _)| *waited >= PATIENCE);
        if let Some((_, open)) = waited.max_by_key(|(waited, _)| *waited) {
            open.stage = Stage::Cut;
            open.socket.end();
            return;
        }
        let idle = self.open.values_mut().filter_map(|open| match open.stage {
            Stage::Idle(since) if everybody && since.elapsed() >= PATIENCE => Some((since, open)),
            _ => None,
        });
        if let Some((_, open)) = idle.min_by_key(|(since, _)| *since) {
            open.stage = Stage::Closing;
            open.socket.end_reading();
        }
    }
}

impl Place {
    /// The handshake is over. One that was cut stays cut.
    pub(crate) fn settle(&self) {
        let mut state = self.connections.state();
        if let Some(open) = state.open.get_mut(&self.number).filter(|open| open.stage == Stage::Handshake) {
            open.stage = Stage::Settled;
            state.handshakes -= 1;
            self.connections.0.changed.notify_all();
        }
    }

    /// Nothing is asked, or something again: who is idle can be spared. It may be too late for another question; it is answered
    /// then, and no other.
    pub(crate) fn idle(&self, is_idle: bool) {
        let mut state = self.connections.state();
        if let Some(open) =
            state.open.get_mut(&self.number).filter(|open| matches!(open.stage, Stage::Settled | Stage::Idle(_)))
        {
            open.stage = if is_idle { Stage::Idle(Instant::now()) } else { Stage::Settled };
        }
    }

    /// Whether the handshake is over.
    pub(crate) fn is_settled(&self) -> bool {
        self.connections.state().open.get(&self.number).is_some_and(|open| !open.stage.is_handshake())
    }

    /// How many others were cut of which nothing was said; `None` where nothing has to be said of this one either. To be asked
    /// once for each that was cut.
    pub(crate) fn news(&self) -> Option<u64> {
        let mut state = self.connections.state();
        if state.told.is_some_and(|told| told.elapsed() < NEWS) {
            state.untold += 1;
            return None;
        }
        state.told = Some(Instant::now());
        Some(mem::take(&mut state.untold))
    }

    /// Why the handshake has failed, if the place was wanted for another.
    pub(crate) fn cut(&self) -> Option<io::Error> {
        let state = self.connections.state();
        let open = state.open.get(&self.number).filter(|open| open.stage == Stage::Cut)?;
        let seconds = open.socket.waited().as_secs();
        let why =
            format!("others wait, and the handshake was not complete after {seconds} s of waiting for the client");
        Some(io::Error::new(ErrorKind::TimedOut, why))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.connections.state();
        if state.open.remove(&self.number).is_some_and(|open| open.stage.is_handshake()) {
            state.handshakes -= 1;
        }
        drop(state);
        self.connections.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    fn sockets() -> (Bounded, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Bounded::unbound(listener.accept().unwrap().0), client)
    }

    #[test]
    fn a_place_that_is_given_back_makes_room() {
        for (most, most_handshakes, is_settled) in [(1, 9, true), (9, 1, false)] {
            let connections = Connections::new(most, most_handshakes);
            let place = connections.enter(sockets().0).unwrap();
            if is_settled {
                place.settle();
            }
            let (waiting, (socket, _client)) = (connections.clone(), sockets());
            let waiter = thread::spawn(move || waiting.enter(socket).is_some());
            drop(place);
            assert!(waiter.join().unwrap());
            assert_eq!((connections.open(), connections.state().handshakes), (0, 0));
        }
    }

    #[test]
    fn a_handshake_that_is_over_makes_room_for_another() {
        let connections = Connections::new(9, 1);
        let first = connections.enter(sockets().0).unwrap();
        first.settle();
        let second = connections.enter(sockets().0).unwrap();
        assert_eq!((connections.open(), connections.state().handshakes), (2, 1));
        drop((first, second));
        assert_eq!((connections.open(), connections.state().handshakes), (0, 0));
    }

    /// Who says nothing makes room, and who is served does not.
    #[test]
    fn the_silent_make_room() {
        let connections = Connections::new(2, 2);
        let (mut served, _client) = sockets();
        let settled = connections.enter(served.clone()).unwrap();
        settled.settle();
        let (mut silent, _other_client) = sockets();
        let place = connections.enter(silent.clone()).unwrap();
        let reader = thread::spawn(move || {
            let read = silent.read(&mut [0]);
            (read.unwrap(), place.cut().map(|error| error.kind()))
        });
        let waiter = thread::spawn(move || served.read(&mut [0]).unwrap());
        let third = connections.enter(sockets().0).unwrap();
        assert_eq!(reader.join().unwrap(), (0, Some(ErrorKind::TimedOut)));
        assert_eq!([third.news(), third.news(), third.news()], [Some(0), None, None], "a minute has one line");
        connections.state().told = None;
        assert_eq!(third.news(), Some(2));
        assert!(!waiter.is_finished() && third.cut().is_none() && settled.cut().is_none());
        connections.stop();
        waiter.join().unwrap();
    }

    #[test]
    fn stopping_ends_reads_and_takes_nobody() {
        let connections = Connections::new(1, 1);
        let (mut socket, _client) = sockets();
        let place = connections.enter(socket.clone()).unwrap();
        let reader = thread::spawn(move || {
            let read = socket.read(&mut [0; 1]);
            drop(place);
            read
        });
        assert!(!connections.stop());
        assert_eq!(reader.join().unwrap().unwrap(), 0);
        assert!(connections.enter(sockets().0).is_none());
        connections.wait(Duration::from_secs(3_600));
    }

    #[test]
    fn patience_ends() {
        let connections = Connections::new(1, 1);
        let _place = connections.enter(sockets().0).unwrap();
        assert!(!connections.stop());
        assert!(connections.stop(), "told twice");
        connections.wait(Duration::from_millis(1));
    }
}
