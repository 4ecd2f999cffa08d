//! The engine's questions, answered from Redis. Nothing that fails here fails a handshake.

use crate::{Failure, SessionStore, StrikeRegister, Struck};
use handfast::pki_types::UnixTime;
use handfast::{
    AntiReplay, EarlyDataQuestion, EarlyRefusal, Found, IssueQuestion, Keep, KeepSessions, Kept, SessionName,
};
use std::time::Duration;

/// Under session IDs. In TLS 1.3 the ticket that a client gets is such an ID.
impl KeepSessions for SessionStore {
    fn tickets(&self) -> bool {
        false
    }

    fn session_ids(&self) -> bool {
        true
    }

    fn issue(&self, question: &IssueQuestion, _: UnixTime) -> Kept {
        let (Keep::SessionId, Some(state)) = (question.keep(), question.state()) else { return Kept::Nothing };
        let lifetime = Duration::from_secs(question.lifetime().into());
        match self.put(question.session_id(), &state, lifetime) {
            Ok(()) if !lifetime.is_zero() => Kept::Stored,
            _ => Kept::Nothing,
        }
    }

    /// Also for whoever wants a session gone, for instance because its user has logged out. If Redis cannot be reached, the
    /// session stays until it is too old.
    fn forget(&self, session_id: &[u8]) {
        // It was recorded, and there is nobody here who could do more about it.
        let _ = Self::forget(self, session_id);
    }

    fn resume(&self, name: SessionName<'_>, _: UnixTime) -> Option<Found> {
        let SessionName::Id(id) = name else { return None };
        let state = self.peek(id).ok()??;
        Some(Found { state, renew: false })
    }
}

/// Takes the ticket: who uses it again has none. For tickets that are IDs in this store.
impl AntiReplay for SessionStore {
    fn admit(&self, question: &EarlyDataQuestion) -> Result<(), EarlyRefusal> {
        match self.take(question.ticket()) {
            Ok(Some(_)) => Ok(()),
            // Whoever came first has taken it.
            Ok(None) => Err(EarlyRefusal::Replayed),
            Err(_) => Err(EarlyRefusal::Unreachable),
        }
    }
}

/// The flight is struck.
impl AntiReplay for StrikeRegister {
    fn admit(&self, question: &EarlyDataQuestion) -> Result<(), EarlyRefusal> {
        self.strike(question.binder(), question.expires(), question.now()).map_err(|struck| match struck {
            Struck::Replayed => EarlyRefusal::Replayed,
            Struck::Full => EarlyRefusal::Full,
            Struck::Expired => EarlyRefusal::Age,
            // With clocks that do not agree it does not know what has been.
            Struck::Cold | Struck::TooLong | Struck::Failed(Failure::Clocks) => EarlyRefusal::Cold,
            Struck::Failed(_) => EarlyRefusal::Unreachable,
        })
    }
}
