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
    /// How many have made room of whom nothing was said.
    untold: u64,
    told: Option<Instant>,
    /// When it was said that there is no room.
    full: Option<Instant>,
}

struct Open {
    socket: Bounded,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Handshake,
    /// A handshake that has been ended for another one.
    Cut,
    /// The handshake is over.
    Settled,
    /// And nothing is asked, since then.
    Idle(Instant),
    /// It was, until then, and no other question is taken.
    Closing(Instant),
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

/// The flags by which more have room, all in all and at their handshake.
const MORE: &str = "--max-connections NUMBER";
const MORE_HANDSHAKES: &str = "--max-handshakes NUMBER";

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
        let began = Instant::now();
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
            if is_full && began.elapsed() >= PATIENCE && state.full.is_none_or(|said| said.elapsed() >= NEWS) {
                state.full = Some(Instant::now());
                drop(state);
                let most = self.0.most;
                super::log(
                    "accept",
                    &format!("all {most} places are taken, and others wait (hint: with `{MORE}` more have room)"),
                );
                state = self.state();
            }
            state = self.0.changed.wait_timeout(state, PAUSE).unwrap_or_else(PoisonError::into_inner).0;
        }
        let number = state.next;
        state.next = number.wrapping_add(1);
        state.open.insert(number, Open { socket, stage: Stage::Handshake });
        state.handshakes += 1;
        Some(Place { connections: self.clone(), number })
    }

    /// Waits a little, or until a connection ends, where one could not be taken. Where that is for want of room, although there
    /// should be some, somebody makes it.
    pub(crate) fn pause(&self, wants_room: bool) {
        let mut state = self.state();
        if wants_room {
            state.cut(true);
        }
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

    /// How many have made room of whom nothing was said, and is to be said now: it was long ago that something was, or this
    /// is the end.
    pub(crate) fn untold(&self, is_end: bool) -> Option<u64> {
        let mut state = self.state();
        if !is_end && state.told.is_some_and(|told| told.elapsed() < NEWS) {
            return None;
        }
        Some(mem::take(&mut state.untold)).filter(|untold| *untold > 0)
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
    /// longest, if that is nobody. One at a time, as long as that one goes soon.
    fn cut(&mut self, everybody: bool) {
        let mut is_going = false;
        for open in self.open.values() {
            match open.stage {
                Stage::Cut => is_going = true,
                Stage::Closing(since) if since.elapsed() < PATIENCE => is_going = true,
                // It does not even hear that there is no more.
                Stage::Closing(_) => open.socket.end(),
                Stage::Handshake | Stage::Settled | Stage::Idle(_) => {}
            }
        }
        if is_going {
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
            open.stage = Stage::Closing(Instant::now());
            open.socket.end_reading();
        }
    }
}

impl Place {
    /// The handshake is over, if it was not before. One that was cut stays cut.
    pub(crate) fn settle(&self) -> bool {
        let mut state = self.connections.state();
        let open = state.open.get_mut(&self.number).filter(|open| open.stage == Stage::Handshake);
        let is_new = open.map(|open| open.stage = Stage::Settled).is_some();
        if is_new {
            state.handshakes -= 1;
            self.connections.0.changed.notify_all();
        }
        is_new
    }

    /// Nothing is asked, from now on: who is idle can be spared.
    pub(crate) fn idle(&self) {
        self.pass(Stage::Idle(Instant::now()));
    }

    /// Something is asked. Says whether it may be: it is too late when the place is wanted for another.
    pub(crate) fn busy(&self) -> bool {
        self.pass(Stage::Settled)
    }

    fn pass(&self, to: Stage) -> bool {
        let mut state = self.connections.state();
        let open = state.open.get_mut(&self.number);
        let open = open.filter(|open| matches!(open.stage, Stage::Settled | Stage::Idle(_)));
        open.map(|open| open.stage = to).is_some()
    }

    /// Whether the handshake is over.
    pub(crate) fn is_settled(&self) -> bool {
        self.connections.state().open.get(&self.number).is_some_and(|open| !open.stage.is_handshake())
    }

    /// How many others have made room of whom nothing was said; `None` where nothing has to be said of this one either. To be asked
    /// once for each that has.
    pub(crate) fn news(&self) -> Option<u64> {
        let mut state = self.connections.state();
        if state.told.is_some_and(|told| told.elapsed() < NEWS) {
            state.untold += 1;
            return None;
        }
        state.told = Some(Instant::now());
        Some(mem::take(&mut state.untold))
    }

    /// Why it has ended, if the place was wanted for another, and the flag that gives more of them.
    pub(crate) fn wanted(&self) -> Option<(io::Error, &'static str)> {
        let state = self.connections.state();
        let open = state.open.get(&self.number)?;
        let (why, more) = match open.stage {
            Stage::Cut => {
                let seconds = open.socket.waited().as_secs();
                let why = format!("the handshake was not complete after {seconds} s of waiting for the client");
                (why, MORE_HANDSHAKES)
            }
            Stage::Closing(_) => ("nothing was asked here".to_string(), MORE),
            Stage::Handshake | Stage::Settled | Stage::Idle(_) => return None,
        };
        Some((io::Error::new(ErrorKind::TimedOut, format!("others wait, and {why}")), more))
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
    use std::io::{Read, Write};
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
            (read.unwrap(), place.wanted().map(|(error, more)| (error.kind(), more)))
        });
        let waiter = thread::spawn(move || served.read(&mut [0]).unwrap());
        let third = connections.enter(sockets().0).unwrap();
        assert_eq!(reader.join().unwrap(), (0, Some((ErrorKind::TimedOut, MORE_HANDSHAKES))));
        assert_eq!([third.news(), third.news(), third.news()], [Some(0), None, None], "a minute has one line");
        connections.state().told = None;
        assert_eq!(third.news(), Some(2));
        assert_eq!((third.news(), connections.untold(false)), (None, None));
        assert_eq!([connections.untold(true), connections.untold(true)], [Some(1), None]);
        assert!(!waiter.is_finished() && third.wanted().is_none() && settled.wanted().is_none());
        connections.stop();
        waiter.join().unwrap();
    }

    /// One that makes room is asked no more, and nobody waits for it any longer than it may take.
    #[test]
    fn those_who_do_not_go_are_not_waited_for() {
        let connections = Connections::new(2, 2);
        let long_ago = Instant::now().checked_sub(PATIENCE).unwrap();
        let (sockets, _clients): (Vec<_>, Vec<_>) = (0..2).map(|_| sockets()).unzip();
        let places: Vec<_> = sockets.iter().map(|socket| connections.enter(socket.clone()).unwrap()).collect();
        for place in &places {
            assert!(place.settle() && !place.settle());
            place.idle();
        }
        assert!(places[0].busy(), "it is not wanted yet");
        let pass =
            |at: usize, stage: Stage| connections.state().open.get_mut(&places[at].number).unwrap().stage = stage;
        let stages = || [0, 1].map(|at| connections.state().open[&places[at].number].stage);
        pass(0, Stage::Idle(long_ago));
        pass(1, Stage::Idle(long_ago));
        connections.pause(false);
        assert_eq!(stages(), [Stage::Idle(long_ago); 2], "it was not for want of room");
        connections.pause(true);
        let at = stages().iter().position(|stage| matches!(stage, Stage::Closing(_))).unwrap();
        assert!(!places[at].busy() && places[1 - at].wanted().is_none());
        assert_eq!(places[at].wanted().map(|(_, more)| more), Some(MORE));
        connections.pause(true);
        assert_eq!(stages()[1 - at], Stage::Idle(long_ago), "the other one has gone by now, as a rule");
        pass(at, Stage::Closing(long_ago));
        connections.pause(true);
        assert!(matches!(stages()[1 - at], Stage::Closing(_)));
        assert!(sockets[at].clone().write(b"x").is_err() && sockets[1 - at].clone().write(b"x").is_ok());
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
