//! What lives as long as the process: keys, sessions, the time, and what was seen.

use crate::flags::Flags;
use crate::watch::Watch;
use handfast::pki_types::UnixTime;
use handfast::{
    Clock, Found, IssueQuestion, Keep, KeepSessions, Kept, KeyLog, MemoryStore, Session, SessionName, StrikeRegister,
    SystemClock, Ticketer,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Handed on from each connection of a case to the next.
pub(crate) struct World {
    /// A server's, in tickets and under session IDs.
    pub(crate) sessions: Arc<(Ticketer, MemoryStore)>,
    /// The early data that a server has taken.
    pub(crate) register: Arc<StrikeRegister>,
    /// A client's latest.
    pub(crate) session: Option<Session>,
    pub(crate) clock: Arc<Frozen>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) secrets: Arc<Secrets>,
    /// Whether early data was rejected in this connection.
    pub(crate) rejected: Arc<AtomicBool>,
    /// Whether somebody was asked about the peer in this connection.
    pub(crate) judged: Arc<AtomicBool>,
}

/// How old a ticket of TLS 1.3 may become in the reference, in seconds.
pub(crate) const TICKET_LIFETIME: u32 = 2 * 24 * 60 * 60;

impl World {
    pub(crate) fn new() -> Self {
        Self {
            sessions: Arc::new((Ticketer::new(handfast::rustcrypto::provider()), MemoryStore::default())),
            // Nobody had these keys before.
            register: Arc::new(StrikeRegister::default().warm_since(0)),
            session: None,
            clock: Arc::new(Frozen(AtomicU64::new(SystemClock.now().as_secs()))),
            watch: Arc::default(),
            secrets: Arc::default(),
            rejected: Arc::default(),
            judged: Arc::default(),
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

/// A clock that stands still, as that of the reference does, until it is put forward: the ages of tickets are exact then.
pub(crate) struct Frozen(AtomicU64);

impl Frozen {
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Frozen {
    fn now(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Ordering::Relaxed)))
    }
}

/// The first traffic secrets of a connection of TLS 1.3.
#[derive(Default)]
pub(crate) struct Secrets(Mutex<[Vec<u8>; 2]>);

impl Secrets {
    /// The client's and the server's.
    pub(crate) fn of_data(&self) -> [Vec<u8>; 2] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl KeyLog for Secrets {
    fn log(&self, label: &'static str, _: &[u8; 32], secret: &[u8]) {
        let [client, server] = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match label {
            "CLIENT_TRAFFIC_SECRET_0" => *client = secret.to_vec(),
            "SERVER_TRAFFIC_SECRET_0" => *server = secret.to_vec(),
            _ => {}
        }
    }
}
