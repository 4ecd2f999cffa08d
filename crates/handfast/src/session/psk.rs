//! External pre-shared keys of a server.

use alloc::vec::Vec;
use handfast_handshake::ExternalPsk;

/// The external pre-shared keys of TLS 1.3 that a server knows.
///
/// Those of TLS 1.2 are others (`legacy::PskKeys`): one key must not be used in both versions (RFC 9846 Appendix
/// F.7).
pub trait FindPsk: Send + Sync {
    /// The key that a client offers under this identity, which may be any bytes; all of them count.
    fn find(&self, identity: &[u8]) -> Option<ExternalPsk>;
}

/// A few keys.
impl FindPsk for Vec<ExternalPsk> {
    fn find(&self, identity: &[u8]) -> Option<ExternalPsk> {
        self.iter().find(|psk| psk.is_called(identity)).cloned()
    }
}
