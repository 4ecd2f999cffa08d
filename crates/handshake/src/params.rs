//! What a configuration allows, as data. The engine makes these once per configuration.

use alloc::vec::Vec;
use handfast_crypto::{Group, Provider, Suite};
use handfast_wire::{NamedGroup, SignatureScheme};

/// What a client offers.
pub struct ClientParams {
    /// The primitives.
    pub provider: Provider,
    /// The cipher suites, most preferred first.
    pub suites: Vec<&'static Suite>,
    /// The groups, most preferred first.
    pub groups: Vec<&'static dyn Group>,
    /// The groups that get a key share in the first ClientHello, in the order of `groups`.
    pub shares: Vec<NamedGroup>,
    /// The schemes a CertificateVerify may use, most preferred first.
    pub schemes: Vec<SignatureScheme>,
    /// The schemes certificates may be signed with, where they differ (`signature_algorithms_cert`).
    pub certificate_schemes: Vec<SignatureScheme>,
    /// The schemes a key of one's own may sign with.
    pub sign_schemes: Vec<SignatureScheme>,
    /// The application protocols, most preferred first; empty sends no ALPN.
    pub protocols: Vec<Vec<u8>>,
    /// The longest plaintext of a record that is taken, content type included (RFC 8449 §4); `None` sends no limit.
    pub record_size_limit: Option<u16>,
    /// GREASE values in every list (RFC 8701).
    pub grease: bool,
    /// A fresh order of the extensions for every connection.
    pub permute: bool,
    /// The middlebox compatibility mode (RFC 9846 Appendix E.4).
    pub middlebox: bool,
}

/// What a server takes.
pub struct ServerParams {
    /// The primitives.
    pub provider: Provider,
    /// The cipher suites, most preferred first.
    pub suites: Vec<&'static Suite>,
    /// Whether the order of `suites` decides, or the client's.
    pub prefer_own_suites: bool,
    /// The groups, most preferred first.
    pub groups: Vec<&'static dyn Group>,
    /// Whether a hybrid group both know is worth a HelloRetryRequest when the client sent no share for it.
    pub prefer_hybrid: bool,
    /// The schemes a client's CertificateVerify may use, most preferred first.
    pub schemes: Vec<SignatureScheme>,
    /// The schemes certificates may be signed with, where they differ (`signature_algorithms_cert`).
    pub certificate_schemes: Vec<SignatureScheme>,
    /// The schemes a key of one's own may sign with.
    pub sign_schemes: Vec<SignatureScheme>,
    /// The application protocols, most preferred first; empty ignores ALPN.
    pub protocols: Vec<Vec<u8>>,
    /// Whether a client certificate is asked for.
    pub client_auth: ClientAuth,
    /// The names of the authorities a client certificate should come from, as DER; may be empty.
    pub authorities: Vec<Vec<u8>>,
    /// The longest plaintext of a record that is taken, content type included (RFC 8449 §4).
    pub record_size_limit: u16,
}

/// Whether a server asks for a client certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// It does not ask.
    #[default]
    None,
    /// It asks, and goes on without one.
    Request,
    /// It asks, and refuses a client without one.
    Require,
}
