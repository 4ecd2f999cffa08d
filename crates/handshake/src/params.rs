//! What a configuration allows, as data. The engine makes these once per configuration.

use crate::question::Keep;
use crate::{Compression, Session};
use alloc::{boxed::Box, sync::Arc, vec, vec::Vec};
use handfast_crypto::{Exchange, Group, Provider, Suite};
use handfast_wire::extension::MaxFragmentLength;
use handfast_wire::{CertificateType, CipherSuite, NamedGroup, SignatureScheme};

/// What a client offers.
pub struct ClientParams {
    /// The primitives.
    pub provider: Provider,
    /// The cipher suites of TLS 1.3, most preferred first; empty when that version is not offered.
    pub suites: Vec<&'static Suite>,
    /// What is offered of TLS 1.2; `None` when that version is not offered.
    #[cfg(feature = "tls12")]
    pub tls12: Option<crate::tls12::ClientParams>,
    /// The groups, most preferred first.
    pub groups: Vec<&'static dyn Group>,
    /// The groups that get a key share in the first ClientHello, in the order of `groups`.
    pub shares: Vec<NamedGroup>,
    /// Where there may be key exchanges that were started ahead.
    pub ahead: Option<Arc<dyn Ahead>>,
    /// The schemes a CertificateVerify may use, most preferred first.
    pub schemes: Vec<SignatureScheme>,
    /// The schemes certificates may be signed with, where they differ (`signature_algorithms_cert`).
    pub certificate_schemes: Vec<SignatureScheme>,
    /// The schemes a key of one's own may sign with.
    pub sign_schemes: Vec<SignatureScheme>,
    /// The kinds of certificate that can be shown, most preferred first.
    pub own_certificate_types: Vec<CertificateType>,
    /// The kinds of certificate that a server may show, most preferred first.
    pub peer_certificate_types: Vec<CertificateType>,
    /// The application protocols, most preferred first; empty sends no ALPN.
    pub protocols: Vec<Vec<u8>>,
    /// The longest plaintext of a record that is taken, content type included (RFC 8449 §4); `None` sends no limit.
    pub record_size_limit: Option<u16>,
    /// The longest content of a record that is taken and sent (RFC 6066 §4), for peers that do not know RFC 8449; `None`
    /// asks for none.
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// Whether an OCSP response is asked for (RFC 6066 §8).
    pub ocsp: bool,
    /// Whether signed certificate timestamps are asked for (RFC 6962 §3.3.1).
    pub scts: bool,
    /// GREASE values in every list (RFC 8701).
    pub grease: bool,
    /// A fresh order of the extensions for every connection.
    pub permute: bool,
    /// The middlebox compatibility mode (RFC 9846 Appendix E.4).
    pub middlebox: bool,
    /// Whether tickets of TLS 1.3 are welcome (RFC 9846 §4.3.9); a server that hears nothing of it sends none.
    pub tickets: bool,
    /// How many tickets are asked for, of a new session and of one that was resumed (RFC 9149); `None` does not say.
    pub ticket_request: Option<(u8, u8)>,
    /// Whether a pre-shared key may be used without a key exchange beside it (psk_ke): no forward secrecy.
    pub psk_ke: bool,
    /// How Certificate messages are compressed, in both directions (RFC 8879).
    pub compression: Compression,
    /// Whether a server must take one of the external keys that it is offered, and may not show a certificate instead.
    pub require_psk: bool,
    /// Whether a server that asks for a certificate has to be shown one.
    pub require_own: bool,
    /// Whether a server may ask for a certificate after the handshake (RFC 9846 §4.7.2).
    pub post_handshake_auth: bool,
}

/// Key exchanges that were started before anybody asked for them.
pub trait Ahead: Send + Sync {
    /// One in this group, if there is one. It was given to nobody before, in this process or another, and is given to nobody
    /// again: a key share is for one handshake (RFC 9846 §4.3.8).
    fn take(&self, group: NamedGroup) -> Option<Box<dyn Exchange>>;
}

impl ClientParams {
    /// Nothing is offered: for `..` at the end of what is.
    pub fn new(provider: Provider) -> Self {
        Self {
            provider,
            suites: Vec::new(),
            #[cfg(feature = "tls12")]
            tls12: None,
            groups: Vec::new(),
            shares: Vec::new(),
            ahead: None,
            schemes: Vec::new(),
            certificate_schemes: Vec::new(),
            sign_schemes: Vec::new(),
            own_certificate_types: vec![CertificateType::X509],
            peer_certificate_types: vec![CertificateType::X509],
            protocols: Vec::new(),
            record_size_limit: None,
            max_fragment_length: None,
            ocsp: false,
            scts: false,
            grease: false,
            permute: false,
            middlebox: false,
            tickets: false,
            ticket_request: None,
            psk_ke: false,
            compression: Compression::default(),
            require_psk: false,
            require_own: false,
            post_handshake_auth: false,
        }
    }

    /// Whether TLS 1.3 is offered.
    pub fn offers_tls13(&self) -> bool {
        !self.suites.is_empty()
    }

    /// Whether TLS 1.2 is offered.
    pub fn offers_tls12(&self) -> bool {
        #[cfg(feature = "tls12")]
        return self.tls12.is_some();
        #[cfg(not(feature = "tls12"))]
        false
    }
}

/// What a server takes.
pub struct ServerParams {
    /// The primitives.
    pub provider: Provider,
    /// The cipher suites of TLS 1.3, most preferred first; empty when that version is not taken.
    pub suites: Vec<&'static Suite>,
    /// What is taken of TLS 1.2; `None` when that version is not taken.
    #[cfg(feature = "tls12")]
    pub tls12: Option<crate::tls12::ServerParams>,
    /// Whether the order of `suites` decides, or the client's.
    pub prefer_own_suites: bool,
    /// Sets of suites among which the client's order decides all the same.
    pub equal_suites: Vec<Vec<CipherSuite>>,
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
    /// The kinds of certificate that a client may show, most preferred first.
    pub peer_certificate_types: Vec<CertificateType>,
    /// The application protocols, most preferred first; empty ignores ALPN.
    pub protocols: Vec<Vec<u8>>,
    /// Whether a client certificate is asked for.
    pub client_auth: ClientAuth,
    /// The names of the authorities a client certificate should come from, as DER; may be empty.
    pub authorities: Vec<Vec<u8>>,
    /// Whether an OCSP response is asked for, where a client wants one; otherwise it gets the one that the credential has.
    pub staples: bool,
    /// The longest plaintext of a record that is taken, content type included (RFC 8449 §4).
    pub record_size_limit: u16,
    /// How sessions of TLS 1.3 are kept; `None` keeps none.
    pub sessions: Option<Keep>,
    /// How many tickets a client of TLS 1.3 gets that does not say how many it wants.
    pub tickets: u8,
    /// How much early data a ticket allows, in bytes; 0 for none.
    pub max_early_data: u32,
    /// What a client of TLS 1.3 without a known external key meets; `None` where there are no such keys.
    pub psks: Option<UnknownPsk>,
    /// Whether a pre-shared key may be used without a key exchange beside it (psk_ke): no forward secrecy.
    pub psk_ke: bool,
    /// How Certificate messages are compressed, in both directions (RFC 8879).
    pub compression: Compression,
    /// GREASE values in tickets (RFC 8701 §4).
    pub grease: bool,
}

impl ServerParams {
    /// Nothing is taken: for `..` at the end of what is.
    pub fn new(provider: Provider) -> Self {
        Self {
            provider,
            suites: Vec::new(),
            #[cfg(feature = "tls12")]
            tls12: None,
            prefer_own_suites: true,
            equal_suites: Vec::new(),
            groups: Vec::new(),
            prefer_hybrid: false,
            schemes: Vec::new(),
            certificate_schemes: Vec::new(),
            sign_schemes: Vec::new(),
            peer_certificate_types: vec![CertificateType::X509],
            protocols: Vec::new(),
            client_auth: ClientAuth::None,
            authorities: Vec::new(),
            staples: false,
            record_size_limit: MAX_RECORD_SIZE_LIMIT,
            sessions: None,
            tickets: 0,
            max_early_data: 0,
            psks: None,
            psk_ke: false,
            compression: Compression::default(),
            grease: false,
        }
    }

    /// Whether TLS 1.3 is taken.
    pub fn takes_tls13(&self) -> bool {
        !self.suites.is_empty()
    }

    /// Whether TLS 1.2 is taken.
    pub fn takes_tls12(&self) -> bool {
        #[cfg(feature = "tls12")]
        return self.tls12.is_some();
        #[cfg(not(feature = "tls12"))]
        false
    }
}

/// What a client of TLS 1.3 meets that offers no external key, or none that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownPsk {
    /// The server's certificate.
    #[default]
    Certificate,
    /// `unknown_psk_identity`.
    Refuse,
    /// What one with a wrong key meets, `decrypt_error`: whether an identity is known stays untold (RFC 9846 §6.2).
    Hide,
}

/// Whether a server asks for a client certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// It does not ask.
    #[default]
    None,
    /// It asks, and goes on without one. A client that can show none of the kinds that are taken is refused before it is asked
    /// (RFC 7250 §4.2): where X.509 is not among them, each one that says nothing of raw public keys.
    Request,
    /// It asks, and refuses a client without one. An external key of TLS 1.3 takes the place of one (RFC 9846 §4.4.2).
    Require,
}

impl ClientAuth {
    /// Whether a session is one that could have been made in this mode (docs/regressions.md row 34).
    pub(crate) fn fits(self, session: &Session) -> bool {
        match self {
            Self::None => session.peer.is_none(),
            Self::Request => true,
            Self::Require => session.peer.is_some(),
        }
    }
}

/// 2^14 bytes of content and, in TLS 1.3, the content type.
const MAX_RECORD_SIZE_LIMIT: u16 = 16_385;
