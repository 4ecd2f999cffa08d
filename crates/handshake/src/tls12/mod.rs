//! TLS 1.2, RFC 5246: a folder for each role, and what both share.
//!
//! The machines begin behind the hellos that decide on the version: a client's at the ServerHello, a server's at the
//! ClientHello that its configuration wants to answer in TLS 1.2.

pub mod client;
pub mod server;

mod agreed;
mod exchange;
mod params;
mod renegotiation;
#[cfg(feature = "legacy")]
mod transport;

pub use params::{ClientParams, RenegotiationPolicy, ServerParams};

use crate::party::{Column, Travels};
use handfast_crypto::{Cipher, Suite};
use handfast_wire::MessageKind;

/// ClientCertificateType of RSA keys (RFC 5246 §7.4.4).
const RSA_SIGN: u8 = 1;

/// ClientCertificateType of ECDSA and EdDSA keys (RFC 8422 §5.5).
const ECDSA_SIGN: u8 = 64;

/// The table of columns. Where keys change, a change_cipher_spec stands between two messages, which is a record of its
/// own: nothing else has to end one. And it is an arrow of the diagram, so that the state says which keys a message came
/// under.
pub(crate) fn column(kind: MessageKind) -> Column {
    use MessageKind as M;
    let row = |absorbed, travels| Column { absorbed, ends_record: false, travels };
    match kind {
        // RFC 5246 §7.4.1.1: not in the hash of the handshake.
        M::HelloRequest => row(false, Travels::Anywhere),
        M::ClientHello
        | M::ServerHello
        | M::Certificate
        | M::CertificateStatus
        | M::ServerKeyExchange
        | M::CertificateRequest
        | M::ServerHelloDone
        | M::CertificateVerify
        | M::ClientKeyExchange
        | M::NewSessionTicket
        | M::Finished => row(true, Travels::Anywhere),
        M::HelloRetryRequest
        | M::EncryptedExtensions
        | M::CompressedCertificate
        | M::EndOfEarlyData
        | M::KeyUpdate
        | M::CertificateUrl
        | M::SupplementalData
        | M::Unknown => row(false, Travels::Never),
    }
}

/// Whether HTTP/2 may run over the suite (RFC 9113 §9.2.2 and Appendix A): ephemeral, and an AEAD.
pub(crate) const fn is_for_http2(suite: &Suite) -> bool {
    (suite.exchange.has_curve() || suite.exchange.has_field()) && matches!(suite.cipher, Cipher::Aead(_))
}
