//! TLS 1.3, RFC 9846: a folder for each role, and what both share.

pub mod client;
pub mod server;

mod auth;
pub(crate) mod binder;
mod keys;

use keys::HandshakeKeys;

use crate::Epoch;
use crate::party::{Column, Travels};
use handfast_wire::MessageKind;

/// The table of columns. A HelloRetryRequest ends its record too: whatever followed it there was sent before the second
/// ClientHello it asks for.
pub(crate) fn column(kind: MessageKind) -> Column {
    use MessageKind as M;
    use Travels::{In, Never};
    let row = |absorbed, ends_record, travels| Column { absorbed, ends_record, travels };
    match kind {
        M::ClientHello | M::ServerHello | M::HelloRetryRequest => row(true, true, In(Epoch::Initial)),
        M::EncryptedExtensions
        | M::CertificateRequest
        | M::Certificate
        | M::CompressedCertificate
        | M::CertificateVerify => row(true, false, In(Epoch::Handshake)),
        M::Finished => row(true, true, In(Epoch::Handshake)),
        M::EndOfEarlyData => row(true, true, In(Epoch::EarlyData)),
        M::KeyUpdate => row(false, true, In(Epoch::Application)),
        M::NewSessionTicket => row(false, false, In(Epoch::Application)),
        M::HelloRequest
        | M::ServerKeyExchange
        | M::ServerHelloDone
        | M::ClientKeyExchange
        | M::CertificateUrl
        | M::CertificateStatus
        | M::SupplementalData
        | M::Unknown => row(false, false, Never),
    }
}
