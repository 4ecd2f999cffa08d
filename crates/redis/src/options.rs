//! How long a server waits for Redis.

use crate::Failure;
use core::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a server waits for Redis, how many connections it has, and who is told what goes wrong.
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(crate) connect_timeout: Duration,
    pub(crate) command_timeout: Duration,
    pub(crate) connections: usize,
    pub(crate) pause: Duration,
    pub(crate) on_error: Option<OnError>,
}

pub(crate) type OnError = Arc<dyn Fn(&Failure) + Send + Sync>;

impl Options {
    /// How long connecting and logging in may take. A handshake waits for it.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_millis(200);

    /// How long a command may take from its first byte to the last of its answer, and how long is waited for a connection
    /// when all are in use. A handshake waits for it.
    pub const COMMAND_TIMEOUT: Duration = Duration::from_millis(200);

    /// How many connections a process has at most. A command takes a small part of a millisecond; more threads than this
    /// take turns.
    pub const CONNECTIONS: usize = 16;

    /// How long Redis is not asked after a failure to reach it. Until it has answered again, one handshake in this time
    /// tries, and all others go on at once without.
    pub const PAUSE: Duration = Duration::from_secs(1);

    /// Instead of [`Options::CONNECT_TIMEOUT`].
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self { connect_timeout: timeout.clamp(LEAST, MOST), ..self }
    }

    /// Instead of [`Options::COMMAND_TIMEOUT`].
    pub fn command_timeout(self, timeout: Duration) -> Self {
        Self { command_timeout: timeout.clamp(LEAST, MOST), ..self }
    }

    /// Instead of [`Options::CONNECTIONS`]; at least one.
    pub fn connections(self, connections: usize) -> Self {
        Self { connections: connections.max(1), ..self }
    }

    /// Instead of [`Options::PAUSE`].
    pub fn pause(self, pause: Duration) -> Self {
        Self { pause: pause.min(MOST), ..self }
    }

    /// Calls this for every failure but [`Failure::Paused`], in the thread of the handshake that met it: write a line
    /// into a log, count, return.
    pub fn on_error(self, tell: impl Fn(&Failure) + Send + Sync + 'static) -> Self {
        Self { on_error: Some(Arc::new(tell)), ..self }
    }
}

/// A socket takes no time-out of zero.
const LEAST: Duration = Duration::from_millis(1);

/// Who waits longer than this for a cache has given up on it.
const MOST: Duration = Duration::from_secs(60);

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Self::CONNECT_TIMEOUT,
            command_timeout: Self::COMMAND_TIMEOUT,
            connections: Self::CONNECTIONS,
            pause: Self::PAUSE,
            on_error: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("connect_timeout", &self.connect_timeout)
            .field("command_timeout", &self.command_timeout)
            .field("connections", &self.connections)
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}
