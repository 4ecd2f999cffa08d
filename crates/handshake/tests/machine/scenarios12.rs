//! The handshakes of TLS 1.2 that are walked through.

use crate::common::Whom;
use handfast_handshake::ClientAuth;
use handfast_handshake::tls12::RenegotiationPolicy;
use handfast_wire::CipherSuite;

/// How sessions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Nothing,
    Tickets,
    /// A ticket is announced, and then there is none.
    EmptyTickets,
    Ids,
}

/// What becomes of a session that the client offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// It is taken, with or without a new ticket.
    Known { renew: bool },
    /// Nobody knows it.
    Unknown,
}

/// What differs between the handshakes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// What it is called.
    pub(crate) name: &'static str,
    pub(crate) suites: &'static [CipherSuite],
    pub(crate) client_auth: ClientAuth,
    pub(crate) client_has_certificate: bool,
    pub(crate) server_has_certificate: bool,
    pub(crate) staple: bool,
    /// The server asks for the staple.
    pub(crate) asks_staple: bool,
    /// Both sides show raw public keys.
    pub(crate) raw_keys: bool,
    pub(crate) keep: Keep,
    /// A first handshake makes a session, and this one offers it.
    pub(crate) resume: Option<Resume>,
    pub(crate) hint: &'static [u8],
    /// What both sides do about renegotiation.
    pub(crate) policy: RenegotiationPolicy,
    /// Who wants another handshake.
    pub(crate) again: Option<Whom>,
    /// Whether the client's data may go out before the server's Finished.
    pub(crate) false_start: bool,
}

const ECDHE: &[CipherSuite] = &[CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];
const DHE: &[CipherSuite] = &[CipherSuite::TLS_DHE_RSA_WITH_AES_256_GCM_SHA384];
pub(crate) const PSK: &[CipherSuite] = &[CipherSuite::TLS_PSK_WITH_AES_128_GCM_SHA256];
const ECDHE_PSK: &[CipherSuite] = &[CipherSuite::TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256];
const DHE_PSK: &[CipherSuite] = &[CipherSuite::TLS_DHE_PSK_WITH_AES_128_GCM_SHA256];

/// A full handshake with ECDHE and nothing else.
pub(crate) const FULL: Scenario = Scenario {
    name: "full",
    suites: ECDHE,
    client_auth: ClientAuth::None,
    client_has_certificate: false,
    server_has_certificate: true,
    staple: false,
    asks_staple: false,
    raw_keys: false,
    keep: Keep::Nothing,
    resume: None,
    hint: b"",
    policy: RenegotiationPolicy::Refuse,
    again: None,
    false_start: false,
};

/// With the client's certificate.
const MUTUAL: Scenario =
    Scenario { name: "mutual", client_auth: ClientAuth::Require, client_has_certificate: true, ..FULL };

const TICKET: Scenario = Scenario { name: "ticket", keep: Keep::Tickets, ..FULL };

const KNOWN: Option<Resume> = Some(Resume::Known { renew: false });
const RENEWED: Option<Resume> = Some(Resume::Known { renew: true });

/// Every way that does not need the feature `legacy` of this crate.
const SCENARIOS: &[Scenario] = &[
    FULL,
    MUTUAL,
    Scenario { name: "certificate requested", client_auth: ClientAuth::Request, ..FULL },
    Scenario { name: "stapled", staple: true, ..FULL },
    Scenario { name: "staple asked for", asks_staple: true, ..FULL },
    Scenario { name: "raw keys", raw_keys: true, ..FULL },
    Scenario { name: "raw keys, mutual", raw_keys: true, ..MUTUAL },
    Scenario { name: "raw keys, mutual, resumed", raw_keys: true, keep: Keep::Tickets, resume: KNOWN, ..MUTUAL },
    TICKET,
    Scenario { name: "empty ticket", keep: Keep::EmptyTickets, ..FULL },
    Scenario { name: "mutual, stapled, ticket", staple: true, keep: Keep::Tickets, ..MUTUAL },
    Scenario { name: "certificate requested, ticket", client_auth: ClientAuth::Request, ..TICKET },
    Scenario { name: "session ID", keep: Keep::Ids, ..FULL },
    Scenario { name: "resumed by ticket", resume: KNOWN, ..TICKET },
    Scenario { name: "resumed by ticket, renewed", resume: RENEWED, ..TICKET },
    Scenario { name: "mutual, resumed by ticket", resume: KNOWN, keep: Keep::Tickets, ..MUTUAL },
    Scenario { name: "ticket unknown", resume: Some(Resume::Unknown), ..TICKET },
    Scenario { name: "resumed by ID", resume: KNOWN, keep: Keep::Ids, ..FULL },
    Scenario { name: "resumed by ID, ticket instead", resume: RENEWED, keep: Keep::Ids, ..FULL },
    Scenario { name: "ID unknown", resume: Some(Resume::Unknown), keep: Keep::Ids, ..FULL },
    Scenario { name: "false start", false_start: true, ..FULL },
    Scenario { name: "DHE", suites: DHE, ..FULL },
    Scenario { name: "DHE, mutual", suites: DHE, ..MUTUAL },
    Scenario { name: "PSK", suites: PSK, ..FULL },
    Scenario { name: "PSK, hint, ticket", suites: PSK, hint: b"hint", ..TICKET },
    Scenario { name: "PSK, ticket unknown", suites: PSK, resume: Some(Resume::Unknown), ..TICKET },
    Scenario { name: "PSK, no certificate asked for", suites: PSK, client_auth: ClientAuth::Request, ..FULL },
    Scenario { name: "ECDHE_PSK", suites: ECDHE_PSK, ..FULL },
    Scenario { name: "ECDHE_PSK, hint, ID", suites: ECDHE_PSK, hint: b"hint", keep: Keep::Ids, ..FULL },
    Scenario { name: "DHE_PSK", suites: DHE_PSK, hint: b"hint", ..FULL },
    Scenario {
        name: "PSK for want of a certificate",
        suites: &[ECDHE[0], ECDHE_PSK[0]],
        server_has_certificate: false,
        ..FULL
    },
    Scenario { name: "ignores renegotiation", policy: RenegotiationPolicy::Ignore, ..FULL },
    Scenario { name: "warns of renegotiation", policy: RenegotiationPolicy::Warn, ..FULL },
];

#[cfg(feature = "legacy")]
const RSA: Scenario = Scenario { suites: &[CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256], ..FULL };

#[cfg(feature = "legacy")]
const AGAIN: Scenario =
    Scenario { name: "the client again", policy: RenegotiationPolicy::Allow, again: Some(Whom::Client), ..FULL };

/// Those that do.
#[cfg(feature = "legacy")]
const LEGACY_SCENARIOS: &[Scenario] = &[
    Scenario { name: "RSA", ..RSA },
    Scenario { name: "RSA, stapled, ticket", staple: true, keep: Keep::Tickets, ..RSA },
    Scenario { name: "RSA, mutual", suites: RSA.suites, ..MUTUAL },
    Scenario { name: "RSA, stapled, certificate requested", staple: true, client_auth: ClientAuth::Request, ..RSA },
    Scenario { name: "RSA, resumed", keep: Keep::Tickets, resume: KNOWN, ..RSA },
    Scenario {
        name: "RSA, ticket unknown, mutual",
        suites: RSA.suites,
        resume: Some(Resume::Unknown),
        keep: Keep::Tickets,
        ..MUTUAL
    },
    Scenario {
        name: "RSA for want of a certificate",
        suites: &[ECDHE[0], RSA.suites[0]],
        server_has_certificate: false,
        ..FULL
    },
    Scenario {
        name: "RSA for want of a certificate, mutual",
        suites: &[ECDHE[0], RSA.suites[0]],
        server_has_certificate: false,
        ..MUTUAL
    },
    AGAIN,
    Scenario { name: "the server again", again: Some(Whom::Server), ..AGAIN },
    Scenario { name: "the client again, mutual", again: AGAIN.again, policy: AGAIN.policy, ..MUTUAL },
    Scenario { name: "raw keys again", raw_keys: true, ..AGAIN },
    Scenario { name: "again after a ticket", keep: Keep::Tickets, ..AGAIN },
    Scenario { name: "again, with a false start", false_start: true, ..AGAIN },
    Scenario { name: "PSK again", suites: PSK, ..AGAIN },
    Scenario { name: "RSA again, mutual", suites: RSA.suites, again: AGAIN.again, policy: AGAIN.policy, ..MUTUAL },
];

/// Every handshake there is to walk through in this build.
pub(crate) fn scenarios() -> impl Iterator<Item = Scenario> {
    let all = SCENARIOS.iter();
    #[cfg(feature = "legacy")]
    let all = all.chain(LEGACY_SCENARIOS);
    all.copied()
}

/// The one called so.
pub(crate) fn scenario(name: &str) -> Scenario {
    scenarios().find(|scenario| scenario.name == name).unwrap_or_else(|| panic!("no scenario called {name}"))
}
