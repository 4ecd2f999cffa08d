//! Who is being served, how many more may be, and how it stops.

use super::socket::Shared;
use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The connections that are served. Clones are the same.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Inner>);

struct Inner {
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Shared>,
    next: u64,
    is_stopping: bool,
}

/// The place of one connection; given back when dropped.
pub(crate) struct Place {
    connections: Connections,
    number: u64,
}

/// How long to wait after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

impl Connections {
    /// Room for `most` at once.
    pub(crate) fn new(most: u32) -> Self {
        let inner = Inner { most: most as usize, state: Mutex::default(), changed: Condvar::new() };
        Self(Arc::new(inner))
    }

    /// Waits until there is room for another. False when there never will be, because the program is stopping. Clients that
    /// are not accepted yet wait in the system's queue, for as long as those that are keep their places.
    pub(crate) fn wait_for_room(&self) -> bool {
        let full = |state: &mut State| state.open.len() >= self.0.most && !state.is_stopping;
        let state = self.0.changed.wait_while(self.state(), full).unwrap_or_else(PoisonError::into_inner);
        !state.is_stopping
    }

    /// Takes a place. None when the program is stopping.
    pub(crate) fn enter(&self, socket: Shared) -> Option<Place> {
        let mut state = self.state();
        if state.is_stopping {
            return None;
        }
        let number = state.next;
        state.next = number.wrapping_add(1);
        state.open.insert(number, socket);
        Some(Place { connections: self.clone(), number })
    }

    /// Waits a little, or until a connection ends.
    pub(crate) fn pause(&self) {
        drop(self.0.changed.wait_timeout(self.state(), PAUSE));
    }

    /// Takes no more, and lets those that are open read no more: what they are answering they finish. Says whether that
    /// had been done before.
    pub(crate) fn stop(&self) -> bool {
        let mut state = self.state();
        state.open.values().for_each(Shared::end_reading);
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

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.state().open.remove(&self.number);
        self.connections.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    fn sockets() -> (Shared, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Shared::new(listener.accept().unwrap().0), client)
    }

    #[test]
    fn a_place_that_is_given_back_makes_room() {
        let connections = Connections::new(1);
        let (socket, _client) = sockets();
        assert!(connections.wait_for_room());
        let place = connections.enter(socket).unwrap();
        let waiting = connections.clone();
        let waiter = thread::spawn(move || waiting.wait_for_room());
        drop(place);
        assert!(waiter.join().unwrap());
    }

    #[test]
    fn stopping_ends_reads_and_takes_nobody() {
        let connections = Connections::new(1);
        let (mut socket, _client) = sockets();
        let place = connections.enter(socket.clone()).unwrap();
        let reader = thread::spawn(move || {
            let read = socket.read(&mut [0; 1]);
            drop(place);
            read
        });
        assert!(!connections.stop());
        assert_eq!(reader.join().unwrap().unwrap(), 0);
        assert!(!connections.wait_for_room());
        assert!(connections.enter(sockets().0).is_none());
        connections.wait(Duration::from_secs(3_600));
    }

    #[test]
    fn patience_ends() {
        let connections = Connections::new(1);
        let _place = connections.enter(sockets().0).unwrap();
        assert!(!connections.stop());
        assert!(connections.stop(), "told twice");
        connections.wait(Duration::from_millis(1));
    }
}
