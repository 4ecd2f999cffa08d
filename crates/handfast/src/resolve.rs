//! Who decides: the configuration at once, or whoever drives the connection.

use alloc::sync::Arc;
use core::fmt;

/// A decision that is either delegated to a value in the configuration or asked of the caller.
///
/// The two are the same path: a question is made in either case, and the engine answers it itself when it can.
pub enum Resolve<T: ?Sized> {
    /// This answers, at once.
    Now(Arc<T>),
    /// The connection stops with an [`Event::Question`](crate::Event::Question).
    Ask,
}

impl<T: ?Sized> Resolve<T> {
    /// What answers at once.
    pub(crate) fn now(&self) -> Option<&Arc<T>> {
        match self {
            Self::Now(value) => Some(value),
            Self::Ask => None,
        }
    }
}

impl<T: ?Sized> Clone for Resolve<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Now(value) => Self::Now(value.clone()),
            Self::Ask => Self::Ask,
        }
    }
}

impl<T: ?Sized> fmt::Debug for Resolve<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Now(_) => "Now",
            Self::Ask => "Ask",
        })
    }
}
