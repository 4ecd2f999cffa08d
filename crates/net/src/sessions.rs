//! The sessions that come of a connection.

use handfast::pki_types::ServerName;
use handfast::{Session, SessionCache};
use std::collections::VecDeque;
use std::sync::Arc;

/// Where the sessions of a client's connection go: into a cache, or they wait to be taken.
#[derive(Default)]
pub(crate) struct Sessions {
    cache: Option<(Arc<SessionCache>, ServerName<'static>)>,
    /// The newest last.
    waiting: VecDeque<Session>,
}

/// How many sessions wait to be taken, of however many a server sends: the newest of them.
const MAX_WAITING: usize = 8;

impl Sessions {
    /// All go into `cache`, where they are those of `name`.
    pub(crate) fn into(cache: Arc<SessionCache>, name: ServerName<'static>) -> Self {
        Self { cache: Some((cache, name)), waiting: VecDeque::new() }
    }

    /// One has come.
    pub(crate) fn put(&mut self, session: Session) {
        match &self.cache {
            Some((cache, _)) => cache.put(session),
            None => {
                while self.waiting.len() >= MAX_WAITING {
                    self.waiting.pop_front();
                }
                self.waiting.push_back(session);
            }
        }
    }

    /// The newest of those that wait.
    pub(crate) fn newest(&self) -> Option<&Session> {
        self.waiting.back()
    }

    /// All that wait, the oldest first.
    pub(crate) fn take(&mut self) -> Vec<Session> {
        self.waiting.drain(..).collect()
    }

    /// The connection has failed: the session it may have used is not offered any more (RFC 5246 §7.2.2).
    pub(crate) fn invalidate(&self) {
        if let Some((cache, name)) = &self.cache {
            cache.invalidate(name);
        }
    }
}
