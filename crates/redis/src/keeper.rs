//! A thread that keeps ticket keys fresh.

use crate::{Sharing, TicketKeys};
use core::fmt;
use handfast::{Clock, Ticketer};
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

impl TicketKeys {
    /// Refreshes the keys of `ticketer` now, and from here on in a thread of its own for as long as the [`Keeper`] lives.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn keep(self, ticketer: Arc<Ticketer>, clock: Arc<dyn Clock>) -> io::Result<Keeper> {
        let sharing = Arc::new(Mutex::new(self.refresh(&ticketer, clock.now())));
        let (stop, stopped) = mpsc::channel::<()>();
        let seen = Arc::clone(&sharing);
        let thread = thread::Builder::new().name("handfast-redis keys".into()).spawn(move || {
            while stopped.recv_timeout(self.interval()) == Err(RecvTimeoutError::Timeout) {
                let now = self.refresh(&ticketer, clock.now());
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = now;
            }
        })?;
        Ok(Keeper { stop: Some(stop), thread: Some(thread), sharing })
    }
}

/// Keeps the keys of a [`Ticketer`] fresh until it is dropped, which waits for a refresh under way.
///
/// The ticketer stays as it was then: its last key seals for ever. Keep this as long as the ticketer.
#[must_use = "dropped, it keeps nothing"]
pub struct Keeper {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    sharing: Arc<Mutex<Sharing>>,
}

impl Keeper {
    /// Whose key has sealed since the last refresh.
    pub fn sharing(&self) -> Sharing {
        *self.sharing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop = None;
        // It does not panic; if a caller's clock or callback did, there is nothing left to stop.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("sharing", &self.sharing()).finish_non_exhaustive()
    }
}
