//! What connectors and acceptors have in common.

use handfast::{Answer, Question};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a handshake may take unless it is told otherwise: 120 seconds.
pub const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(120);

/// Answers the questions of configurations that ask; `None` gives the connection up.
pub(crate) type Answers = Arc<dyn Fn(Question) -> Option<Answer> + Send + Sync>;

/// What a connection begins with.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) nodelay: bool,
    pub(crate) answers: Option<Answers>,
}

impl Options {
    /// When a handshake that begins now has to be over. A timeout beyond what a clock can tell is none.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        Instant::now().checked_add(self.timeout?)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { timeout: Some(DEFAULT_HANDSHAKE_TIMEOUT), nodelay: true, answers: None }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("timeout", &self.timeout)
            .field("nodelay", &self.nodelay)
            .finish_non_exhaustive()
    }
}

/// The methods that mean the same on both sides.
macro_rules! option_methods {
    () => {
        /// How long a handshake may take, from its beginning to its end; `None` is for ever. The default is
        /// [`DEFAULT_HANDSHAKE_TIMEOUT`](crate::DEFAULT_HANDSHAKE_TIMEOUT).
        pub fn handshake_timeout(mut self, timeout: Option<Duration>) -> Self {
            self.options.timeout = timeout;
            self
        }

        /// Whether Nagle's algorithm is turned off (TCP_NODELAY); it is by default.
        pub fn nodelay(mut self, on: bool) -> Self {
            self.options.nodelay = on;
            self
        }

        /// Answers the questions of a configuration that asks ([`Resolve::Ask`](handfast::Resolve)); `None` gives the
        /// connection up. For answers that belong to one connection there is
        /// [`Stream::handshake_answering`](crate::Stream::handshake_answering).
        pub fn answers(mut self, answers: impl Fn(Question) -> Option<Answer> + Send + Sync + 'static) -> Self {
            self.options.answers = Some(Arc::new(answers));
            self
        }
    };
}
pub(crate) use option_methods;
