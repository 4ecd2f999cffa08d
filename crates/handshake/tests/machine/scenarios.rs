//! The handshakes of TLS 1.3 that are walked through.

use handfast_handshake::{ClientAuth, EarlyRefusal};

/// What differs between the handshakes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// What it is called.
    pub(crate) name: &'static str,
    pub(crate) client_auth: ClientAuth,
    pub(crate) client_has_certificate: bool,
    /// Both sides compress their certificates.
    pub(crate) compressed: bool,
    /// The client wants the status of the server's certificate, for which the server asks.
    pub(crate) staple: bool,
    /// Both sides show raw public keys.
    pub(crate) raw_keys: bool,
    /// The client's share is not the one the server wants.
    pub(crate) retry: bool,
    /// How many tickets the client is given.
    pub(crate) tickets: u8,
    /// What the client has from before.
    pub(crate) prior: Before,
    /// Whether the server knows that.
    pub(crate) known: bool,
    /// The client offers early data, and what the server says to it if it is asked.
    pub(crate) early: Option<Result<(), EarlyRefusal>>,
    /// How the server asks for a certificate after the handshake, if it does, which the client allows then.
    pub(crate) late: Option<ClientAuth>,
}

/// What a client can have from before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    Nothing,
    /// The session of a first handshake.
    Session,
    /// An external key.
    Key,
    /// Both, the session of that key.
    SessionAndKey,
}

/// A handshake with the server's certificate and nothing else.
const PLAIN: Scenario = Scenario {
    name: "plain",
    client_auth: ClientAuth::None,
    client_has_certificate: false,
    compressed: false,
    staple: false,
    raw_keys: false,
    retry: false,
    tickets: 0,
    prior: Before::Nothing,
    known: true,
    early: None,
    late: None,
};

const MUTUAL: Scenario =
    Scenario { name: "mutual", client_auth: ClientAuth::Require, client_has_certificate: true, ..PLAIN };

const RESUMED: Scenario = Scenario { name: "resumed", tickets: 1, prior: Before::Session, ..PLAIN };

const KEY: Scenario = Scenario { name: "external key", prior: Before::Key, ..PLAIN };

/// A certificate is asked for after the handshake.
const LATE: Scenario = Scenario {
    name: "asked later",
    late: Some(ClientAuth::Require),
    client_has_certificate: true,
    tickets: 1,
    ..PLAIN
};

const TAKEN: Option<Result<(), EarlyRefusal>> = Some(Ok(()));

pub(crate) const SCENARIOS: &[Scenario] = &[
    PLAIN,
    Scenario { name: "retried", retry: true, ..PLAIN },
    Scenario { name: "certificate requested", client_auth: ClientAuth::Request, ..PLAIN },
    MUTUAL,
    Scenario { name: "mutual, retried", retry: true, ..MUTUAL },
    Scenario { name: "compressed", compressed: true, ..PLAIN },
    Scenario { name: "compressed, mutual", compressed: true, ..MUTUAL },
    Scenario { name: "stapled", staple: true, ..PLAIN },
    Scenario { name: "stapled, compressed, mutual", staple: true, compressed: true, ..MUTUAL },
    Scenario { name: "raw keys", raw_keys: true, ..PLAIN },
    Scenario { name: "raw keys, retried, mutual", raw_keys: true, retry: true, ..MUTUAL },
    Scenario { name: "raw keys, compressed, mutual", raw_keys: true, compressed: true, ..MUTUAL },
    Scenario { name: "raw keys, resumed, mutual", raw_keys: true, tickets: 1, prior: Before::Session, ..MUTUAL },
    Scenario { name: "tickets", tickets: 2, ..PLAIN },
    RESUMED,
    Scenario { name: "resumed, retried", retry: true, ..RESUMED },
    Scenario { name: "resumed, mutual", tickets: 1, prior: Before::Session, ..MUTUAL },
    Scenario { name: "session unknown", known: false, ..RESUMED },
    Scenario { name: "session unknown, retried, mutual", known: false, retry: true, prior: Before::Session, ..MUTUAL },
    KEY,
    Scenario { name: "external key, retried, ticket", retry: true, tickets: 1, ..KEY },
    Scenario { name: "external key, no certificate asked for", client_auth: ClientAuth::Require, ..KEY },
    Scenario { name: "external key unknown", known: false, ..KEY },
    Scenario { name: "session beside its key", tickets: 1, prior: Before::SessionAndKey, ..KEY },
    Scenario { name: "early data", early: TAKEN, ..RESUMED },
    Scenario { name: "early data, mutual", tickets: 1, prior: Before::Session, early: TAKEN, ..MUTUAL },
    Scenario { name: "early data refused", early: Some(Err(EarlyRefusal::Replayed)), ..RESUMED },
    Scenario { name: "early data, session unknown", early: TAKEN, known: false, ..RESUMED },
    Scenario { name: "early data, retried", early: TAKEN, retry: true, ..RESUMED },
    Scenario { name: "early data, retried, session unknown", early: TAKEN, retry: true, known: false, ..RESUMED },
    LATE,
    Scenario { name: "asked later in vain", client_has_certificate: false, late: Some(ClientAuth::Request), ..LATE },
    Scenario { name: "asked later, compressed", compressed: true, ..LATE },
    Scenario { name: "asked again", client_auth: ClientAuth::Require, ..LATE },
    Scenario { name: "asked again, raw keys", raw_keys: true, client_auth: ClientAuth::Require, ..LATE },
    Scenario { name: "asked later, retried", retry: true, ..LATE },
    Scenario { name: "asked later, resumed", prior: Before::Session, ..LATE },
    Scenario { name: "asked later, resumed, retried", prior: Before::Session, retry: true, ..LATE },
    Scenario { name: "asked later, early data", prior: Before::Session, early: TAKEN, ..LATE },
];

/// The one called so.
pub(crate) fn scenario(name: &str) -> Scenario {
    *SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap_or_else(|| panic!("no scenario called {name}"))
}
