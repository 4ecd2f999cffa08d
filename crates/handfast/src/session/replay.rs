//! Whoever remembers early data.

use super::EarlyDataQuestion;
use handfast_handshake::EarlyRefusal;

/// Sees to it that early data is acted on once (RFC 9846 §8).
///
/// It is asked once the binder is verified and the ticket's age was found to be what the client says, within
/// [`FRESHNESS`](super::FRESHNESS) milliseconds either way. All servers that open the same tickets have to ask the same one;
/// where that cannot be, early data stays off. A refusal costs the client a round trip and nothing else.
pub trait AntiReplay: Send + Sync {
    /// Whether this flight is seen for the first time, which is recorded.
    ///
    /// # Errors
    /// Why it is not taken. Whoever does not know for certain refuses.
    fn admit(&self, question: &EarlyDataQuestion) -> Result<(), EarlyRefusal>;
}

/// Both have to admit it: one that is near and one that is shared, say.
impl<A: AntiReplay, B: AntiReplay> AntiReplay for (A, B) {
    fn admit(&self, question: &EarlyDataQuestion) -> Result<(), EarlyRefusal> {
        self.0.admit(question)?;
        self.1.admit(question)
    }
}
