//! Watching a handshake go by.

use handfast_handshake::{Direction, Epoch};
use handfast_wire::AlertDescription;

/// Sees every message of a connection as it is sent or received, with nothing secret in it.
pub trait Trace: Send + Sync {
    /// A whole handshake message, header included.
    fn message(&self, direction: Direction, epoch: Epoch, raw: &[u8]);

    /// A dummy change_cipher_spec.
    fn change_cipher_spec(&self, direction: Direction);

    /// An alert.
    fn alert(&self, direction: Direction, alert: AlertDescription);
}
