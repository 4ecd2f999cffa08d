//! Who keeps the sessions of a server, and who remembers its early data.

use crate::Resolve;
use crate::session::{AntiReplay, KeepSessions};
use alloc::sync::Arc;
use handfast_crypto::Provider;
use handfast_handshake::Keep;

/// Who keeps sessions.
pub(super) enum Sessions {
    /// Tickets under a key of this configuration's own, where there is a clock to change it by.
    Default,
    /// Nobody.
    Nobody,
    /// Somebody.
    By(Arc<dyn KeepSessions>),
    /// Whoever answers.
    Ask { tickets: bool, session_ids: bool },
}

/// Who keeps sessions, and how.
pub(super) struct Keeper {
    pub(super) by: Resolve<dyn KeepSessions>,
    pub(super) tickets: bool,
    pub(super) session_ids: bool,
}

impl Keeper {
    /// How the sessions of TLS 1.3 are kept.
    pub(super) fn keep(&self) -> Option<Keep> {
        match (self.tickets, self.session_ids) {
            (true, _) => Some(Keep::Ticket),
            (false, true) => Some(Keep::SessionId),
            (false, false) => None,
        }
    }
}

impl Sessions {
    /// Whether the tickets are those of this configuration alone, or there are none.
    pub(super) fn is_alone(&self) -> bool {
        matches!(self, Self::Default | Self::Nobody)
    }

    pub(super) fn build(self, provider: &Provider) -> Option<Keeper> {
        let by = |keeper: Arc<dyn KeepSessions>| {
            let (tickets, session_ids) = (keeper.tickets(), keeper.session_ids());
            Keeper { by: Resolve::Now(keeper), tickets, session_ids }
        };
        match self {
            Self::Nobody => None,
            Self::By(keeper) => Some(by(keeper)),
            Self::Ask { tickets, session_ids } => Some(Keeper { by: Resolve::Ask, tickets, session_ids }),
            #[cfg(feature = "std")]
            Self::Default => Some(by(Arc::new(crate::Ticketer::new(provider.clone())))),
            #[cfg(not(feature = "std"))]
            Self::Default => {
                let _ = provider;
                None
            }
        }
    }
}

/// A register of this configuration's own for tickets of its own, which nobody can have taken before: it is warm from the
/// start.
#[cfg(feature = "std")]
pub(super) fn register() -> Option<Resolve<dyn AntiReplay>> {
    Some(Resolve::Now(Arc::new(crate::StrikeRegister::default().warm_since(0))))
}

#[cfg(not(feature = "std"))]
pub(super) fn register() -> Option<Resolve<dyn AntiReplay>> {
    None
}
