//! What a server admits, changed while it runs.

use super::Admission;
use crate::{Connection, Error};
use alloc::sync::Arc;
use core::{fmt, mem};
use std::sync::{PoisonError, RwLock};

/// An [`Admission`] that can be replaced while connections are served: those that have begun keep what they began with. Clones
/// share it.
///
/// ```
/// # use handfast::{ConfigError, Identity, LiveAdmission, ServerConfig, Ticketer};
/// # use std::sync::Arc;
/// # fn reload(live: &LiveAdmission, tickets: &Arc<Ticketer>, renewed: Arc<Identity>) -> Result<(), ConfigError> {
/// // Another certificate, from the next client on. The tickets are those of before, so that sessions go on.
/// live.set(ServerConfig::builder().identity(renewed).sessions(tickets.clone()).build()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LiveAdmission(Arc<RwLock<Admission>>);

impl LiveAdmission {
    /// Begins with this one.
    pub fn new(admission: impl Into<Admission>) -> Self {
        Self(Arc::new(RwLock::new(admission.into())))
    }

    /// Serves the clients that come from here on: a configuration for all of them, or how one is chosen.
    ///
    /// Their sessions are those of the new configuration. Unless it has the keeper of the old one
    /// ([`sessions`](crate::ServerConfigBuilder::sessions), one [`Ticketer`](crate::Ticketer) for both) none of before is resumed.
    pub fn set(&self, admission: impl Into<Admission>) {
        let admission = admission.into();
        // What is replaced is the application's to drop, and that may ask for what is admitted: not under the lock.
        let _old = mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), admission);
    }

    /// What is admitted now.
    pub fn get(&self) -> Admission {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A connection of a client that has come.
    ///
    /// # Errors
    /// As [`Connection::accept`].
    pub fn accept(&self) -> Result<Connection, Error> {
        // A trace begins here, and may change what is admitted.
        Connection::accept(&self.get())
    }
}

impl fmt::Debug for LiveAdmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveAdmission").field(&self.get()).finish()
    }
}
