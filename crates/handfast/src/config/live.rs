//! What a server admits, changed while it runs.

use super::Admission;
use crate::{Connection, Error};
use alloc::sync::Arc;
use core::fmt;
use std::sync::{PoisonError, RwLock};

/// An [`Admission`] that can be replaced while connections are served: those that have begun keep what they began with. Clones
/// share it.
///
/// ```
/// # fn reload(live: &handfast::LiveAdmission, config: std::sync::Arc<handfast::ServerConfig>) {
/// // Another certificate, from the next client on.
/// live.set(config);
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
    pub fn set(&self, admission: impl Into<Admission>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = admission.into();
    }

    /// What is admitted now.
    pub fn get(&self) -> Admission {
        self.with(Admission::clone)
    }

    /// A connection of a client that has come.
    ///
    /// # Errors
    /// As [`Connection::accept`].
    pub fn accept(&self) -> Result<Connection, Error> {
        self.with(Connection::accept)
    }

    fn with<T>(&self, with: impl FnOnce(&Admission) -> T) -> T {
        with(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for LiveAdmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with(|admission| f.debug_tuple("LiveAdmission").field(admission).finish())
    }
}
