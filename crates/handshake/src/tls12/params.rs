//! What a configuration allows of TLS 1.2, as data.

use crate::Credential;
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::{Group, Suite};
use handfast_wire::SignatureScheme;

/// What a client offers of TLS 1.2.
#[derive(Default)]
pub struct ClientParams {
    /// The cipher suites, most preferred first. The older ways are offered by being listed.
    pub suites: Vec<&'static Suite>,
    /// The schemes a key of one's own may sign with.
    pub sign_schemes: Vec<SignatureScheme>,
    /// Whether a server must know the extended main secret (RFC 7627). Without it there are no sessions and no exporters in
    /// any case.
    pub require_extended: bool,
    /// Whether tickets are asked for (RFC 5077).
    pub tickets: bool,
    /// Whether this is a second attempt in a lower version, which the server is told (RFC 7507).
    pub fallback: bool,
    /// Whether data may be sent before the server's Finished, where RFC 7918 allows it.
    pub false_start: bool,
    /// Whether a server may keep the MAC inside of CBC records, for want of RFC 7366.
    pub mac_then_encrypt: bool,
    /// The shortest prime of a finite field that is taken, in bits; at least 2,048.
    pub min_field_bits: usize,
    /// Whether a server may bring a prime that is not one of RFC 7919. It is tested.
    pub any_field: bool,
    /// Whether sessions of pre-shared keys are kept.
    pub psk_sessions: bool,
    /// Whether the peer must know RFC 5746.
    pub require_secure_renegotiation: bool,
    /// What a HelloRequest does.
    pub renegotiation: RenegotiationPolicy,
}

/// What a server takes of TLS 1.2.
#[derive(Default)]
pub struct ServerParams {
    /// The cipher suites, most preferred first. The older ways are taken by being listed.
    pub suites: Vec<&'static Suite>,
    /// The schemes a key of one's own may sign with.
    pub sign_schemes: Vec<SignatureScheme>,
    /// Whether a client must know the extended main secret (RFC 7627). Without it there are no sessions and no exporters in
    /// any case.
    pub require_extended: bool,
    /// Whether tickets are issued and taken (RFC 5077).
    pub tickets: bool,
    /// Whether sessions are kept under session IDs.
    pub session_ids: bool,
    /// Whether CBC records may have their MAC inside, for want of RFC 7366.
    pub mac_then_encrypt: bool,
    /// The finite field for clients that name none of RFC 7919 (DHE).
    pub field: Option<Arc<dyn Group>>,
    /// The certificate of the key that decrypts, for RSA key transport.
    pub transport: Option<Arc<Credential>>,
    /// What a client is told to look for a pre-shared key by.
    pub psk_hint: Vec<u8>,
    /// Whether a client with an unknown PSK identity is not told so: it is given a random key, and fails at Finished as
    /// one with a wrong key does (RFC 4279 §2).
    pub hide_unknown_psk: bool,
    /// Whether sessions of pre-shared keys are kept, and taken.
    pub psk_sessions: bool,
    /// Whether the peer must know RFC 5746.
    pub require_secure_renegotiation: bool,
    /// What a ClientHello after the handshake does.
    pub renegotiation: RenegotiationPolicy,
}

/// What becomes of the peer's wish for another handshake on the same connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenegotiationPolicy {
    /// It ends the connection with `no_renegotiation`.
    #[default]
    Refuse,
    /// It is answered with a warning, `no_renegotiation`, and the connection goes on (RFC 5246 §7.2.2).
    Warn,
    /// Nothing. A server's HelloRequest can be overheard; a client's ClientHello that is, waits for ever.
    Ignore,
    /// It takes place, bound to the handshake before (RFC 5746).
    #[cfg(feature = "legacy")]
    Allow,
}
