//! Every bound on what a peer can make a connection do.

use handfast_wire::HandshakeType;

/// The bounds of one connection. The defaults suit the open Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest Certificate message, in bytes: 64 KiB, at most 256 KiB.
    pub certificate: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { certificate: 64 * KIB }
    }
}

const KIB: usize = 1024;

/// The most [`Limits::certificate`] can be set to, in bytes.
pub const MAX_CERTIFICATE: usize = 256 * KIB;

/// The most tickets of TLS 1.3 that a configuration can give to one connection.
pub const MAX_TICKETS: u8 = 32;

/// Empty application records in a row before the connection ends.
pub(crate) const MAX_EMPTY_RECORDS: u32 = 32;

/// KeyUpdate messages in a row, without application data between them, before the connection ends.
pub(crate) const MAX_KEY_UPDATES: u32 = 32;

/// CertificateRequests after the handshake in a row, without application data between them, before the connection ends: each may be
/// worth a signature.
pub(crate) const MAX_CERTIFICATE_REQUESTS: u32 = 4;

/// HelloRequests in a row, without application data between them, before the connection ends.
pub(crate) const MAX_HELLO_REQUESTS: u32 = 4;

/// `user_canceled` alerts, in TLS 1.2 warnings of any kind, in a row before the connection ends.
pub(crate) const MAX_WARNINGS: u32 = 4;

/// Dummy change_cipher_spec records in a handshake before the connection ends.
pub(crate) const MAX_CHANGE_CIPHER_SPECS: u32 = 32;

/// Bytes of refused early data that are skipped, in any case: of content, with the padding that nobody can tell from it.
pub(crate) const MAX_SKIPPED_EARLY_DATA: usize = 16 * KIB;

/// KeyUpdates one side may send (RFC 9846 §4.7.3).
pub(crate) const MAX_OWN_KEY_UPDATES: u64 = (1 << 48) - 1;

impl Limits {
    /// The longest body a handshake message of this type may announce, in bytes.
    pub(crate) fn message(&self, ty: HandshakeType) -> usize {
        match ty {
            HandshakeType::CERTIFICATE | HandshakeType::COMPRESSED_CERTIFICATE => self.certificate.min(MAX_CERTIFICATE),
            HandshakeType::CLIENT_HELLO | HandshakeType::CERTIFICATE_REQUEST | HandshakeType::NEW_SESSION_TICKET => {
                64 * KIB
            }
            _ => 16 * KIB,
        }
    }
}
