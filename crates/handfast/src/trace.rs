//! Watching a handshake go by.

use handfast_handshake::{Direction, EarlyData, Epoch, NotResumed};
use handfast_wire::AlertDescription;

/// Sees every message of a connection as it is sent or received, with nothing secret in it.
pub trait Trace: Send + Sync {
    /// A whole handshake message, header included.
    fn message(&self, direction: Direction, epoch: Epoch, raw: &[u8]);

    /// A dummy change_cipher_spec.
    fn change_cipher_spec(&self, direction: Direction);

    /// An alert.
    fn alert(&self, direction: Direction, alert: AlertDescription);

    /// A session was offered and not resumed.
    fn not_resumed(&self, why: NotResumed) {
        let _ = why;
    }

    /// Where early data stands.
    fn early_data(&self, state: EarlyData) {
        let _ = state;
    }
}
