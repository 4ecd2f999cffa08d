//! What lives as long as the process: keys, sessions and the time.

use crate::flags::Flags;
use handfast::pki_types::UnixTime;
use handfast::{
    Clock, Found, IssueQuestion, Keep, KeepSessions, Kept, MemoryStore, Session, SessionName, SystemClock, Ticketer,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Handed on from each connection of a case to the next.
pub(crate) struct World {
    /// A server's, in tickets and under session IDs.
    pub(crate) sessions: Arc<(Ticketer, MemoryStore)>,
    /// A client's latest.
    pub(crate) session: Option<Box<Session>>,
    pub(crate) clock: Arc<Ahead>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            sessions: Arc::new((Ticketer::new(handfast::rustcrypto::provider()), MemoryStore::default())),
            session: None,
            clock: Arc::default(),
        }
    }
}

/// Keeps sessions as a case wants it.
pub(crate) struct Keeper {
    sessions: Arc<(Ticketer, MemoryStore)>,
    tickets: bool,
    renew: bool,
    skip: bool,
}

impl Keeper {
    pub(crate) fn new(flags: &Flags, world: &World) -> Self {
        Self {
            sessions: world.sessions.clone(),
            tickets: !flags.no_ticket,
            renew: flags.renew_ticket,
            skip: flags.skip_ticket,
        }
    }
}

impl KeepSessions for Keeper {
    fn tickets(&self) -> bool {
        self.tickets
    }

    fn session_ids(&self) -> bool {
        true
    }

    fn issue(&self, question: &IssueQuestion, now: UnixTime) -> Kept {
        if self.skip && question.keep() == Keep::Ticket { Kept::Nothing } else { self.sessions.issue(question, now) }
    }

    fn resume(&self, name: SessionName<'_>, now: UnixTime) -> Option<Found> {
        let found = self.sessions.resume(name, now)?;
        Some(Found { renew: found.renew || self.renew, ..found })
    }
}

/// The system's clock, put forward by so many seconds.
#[derive(Default)]
pub(crate) struct Ahead(AtomicU64);

impl Ahead {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Ahead {
    fn now(&self) -> UnixTime {
        let now = SystemClock.now().as_secs();
        UnixTime::since_unix_epoch(Duration::from_secs(now.saturating_add(self.0.load(Ordering::Relaxed))))
    }
}
