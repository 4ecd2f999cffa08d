//! A TLS library, as the bench drives it; and a handshake between two ends of it.

mod openssl;
mod ours;
mod rustls;

use crate::cipher::Suite;
use crate::world::{Keys, World};
use ::rustls::crypto::{aws_lc_rs, ring};
use handfast::wire::NamedGroup;

pub use self::openssl::OpenSsl;
pub use self::ours::{Handfast, PROVIDERS};
pub use self::rustls::{MakeTicketer, Rustls, Unbuffered};

/// Everybody, first the one that the others are divided by.
pub fn everybody() -> Vec<Box<dyn Peer>> {
    let mut peers: Vec<Box<dyn Peer>> = Vec::new();
    for rustls in RUSTLS {
        peers.push(Box::new(*rustls));
    }
    peers.push(Box::new(OpenSsl));
    for ours in PROVIDERS {
        peers.push(Box::new(*ours));
    }
    peers
}

/// rustls with each of its providers.
pub const RUSTLS: &[Rustls] = &[
    Rustls {
        name: "rustls + aws-lc-rs",
        provider: aws_lc_rs::default_provider,
        ticketer: Some(aws_lc_rs::Ticketer::new),
    },
    Rustls { name: "rustls + ring", provider: ring::default_provider, ticketer: Some(ring::Ticketer::new) },
    Rustls {
        name: "rustls + graviola",
        provider: rustls_graviola::default_provider,
        ticketer: Some(rustls_graviola::Ticketer::new),
    },
    // It has no tickets: sessions are in the server's memory, as rustls has it by default.
    Rustls { name: "rustls + RustCrypto", provider: rustls_rustcrypto::provider, ticketer: None },
];

/// What kind of handshake, and what it leads to.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// TLS 1.3; or else 1.2.
    pub tls13: bool,
    /// The only group.
    pub group: NamedGroup,
    /// The keys of all certificates.
    pub keys: Keys,
    /// Whether the client has to show a certificate.
    pub client_auth: bool,
    /// What the client has from an earlier handshake.
    pub prior: Prior,
    /// The only suite.
    pub suite: Suite,
}

/// What the client has from an earlier handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// Nothing, or it has forgotten.
    Nothing,
    /// A session that it resumes.
    Session,
    /// A session with which it sends [`EARLY`] before it hears from the server.
    Early,
}

/// The early data of [`Prior::Early`].
pub const EARLY: &[u8] = &[b'e'; 256];

impl Scenario {
    /// The commonest full handshake of TLS 1.3.
    pub const FULL: Scenario = Scenario {
        tls13: true,
        group: NamedGroup::X25519,
        keys: Keys::P256,
        client_auth: false,
        prior: Prior::Nothing,
        suite: Suite::Aes128Gcm,
    };

    /// All that are measured, and what they are called.
    pub const ALL: [(&str, Scenario); 9] = [
        ("1.3 X25519 ECDSA", Scenario::FULL),
        ("1.3 X25519 RSA-2048", Scenario { keys: Keys::Rsa, ..Scenario::FULL }),
        ("1.3 P-256 ECDSA", Scenario { group: NamedGroup::SECP256R1, ..Scenario::FULL }),
        ("1.3 X25519MLKEM768 ECDSA", Scenario { group: NamedGroup::X25519MLKEM768, ..Scenario::FULL }),
        ("1.3 client auth", Scenario { client_auth: true, ..Scenario::FULL }),
        ("1.3 resumed", Scenario { prior: Prior::Session, ..Scenario::FULL }),
        ("1.3 0-RTT", Scenario { prior: Prior::Early, ..Scenario::FULL }),
        ("1.2 X25519 ECDSA", Scenario { tls13: false, ..Scenario::FULL }),
        ("1.2 resumed", Scenario { tls13: false, prior: Prior::Session, ..Scenario::FULL }),
    ];
}

/// A TLS library with its provider.
pub trait Peer {
    /// What it is called in tables.
    fn name(&self) -> &'static str;

    /// Both configurations, made once for many connections. Nothing if the library cannot do it.
    fn site(&self, scenario: &Scenario, world: &World) -> Option<Box<dyn Site>>;
}

/// A client's and a server's configuration. Certificates are verified, the server sends one ticket.
pub trait Site {
    /// A client, whose first flight is appended to `out`.
    fn client(&mut self, out: &mut Vec<u8>) -> Box<dyn End>;

    /// A server.
    fn server(&mut self) -> Box<dyn End>;
}

/// One end of a connection. What goes wrong panics: it is a bug of the bench.
pub trait End {
    /// Takes all of `input`, which is empty then, and appends what is to be sent to `out`.
    fn pump(&mut self, input: &mut Vec<u8>, out: &mut Vec<u8>);

    /// What has come of it.
    fn outcome(&mut self) -> Outcome;

    /// Sends `data` so many times. `out` then holds these records and nothing else.
    fn send(&mut self, data: &[u8], times: usize, out: &mut Vec<u8>);

    /// As `send`, where the data of a record lies in two places. Says whether the library can do that without a copy before.
    fn send_parts(&mut self, _parts: [&[u8]; 2], _times: usize, _out: &mut Vec<u8>) -> bool {
        false
    }

    /// Receives whole records: how many bytes of data were in them.
    fn receive(&mut self, wire: &mut Vec<u8>) -> usize;
}

/// What has come of a handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Both sides have their Finished.
    pub connected: bool,
    /// A session was resumed.
    pub resumed: bool,
    /// How many bytes of early data a server has got.
    pub early: usize,
}

/// Which end works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client = 0,
    /// The server.
    Server = 1,
}

/// Measures what one side does.
pub type Meter<'m> = &'m mut dyn FnMut(Side, &mut dyn FnMut());

/// Does nothing but the work.
pub fn unmeasured(_: Side, work: &mut dyn FnMut()) {
    work();
}

/// The bytes on their way, to the server and to the client. Made once, so that no handshake pays for them.
pub struct Wires(pub Vec<u8>, pub Vec<u8>);

impl Default for Wires {
    fn default() -> Self {
        Wires(Vec::with_capacity(64 << 10), Vec::with_capacity(64 << 10))
    }
}

/// The first handshake of a site: those that resume have something to resume then.
pub fn introduce(site: &mut dyn Site, scenario: &Scenario, wires: &mut Wires) {
    handshake(site, &Scenario { prior: Prior::Nothing, ..*scenario }, wires, &mut unmeasured);
}

/// One handshake, and the ticket that follows it.
pub fn handshake(
    site: &mut dyn Site,
    scenario: &Scenario,
    wires: &mut Wires,
    meter: Meter,
) -> (Box<dyn End>, Box<dyn End>) {
    let Wires(up, down) = wires;
    let (mut client, mut server) = (None, None);
    meter(Side::Client, &mut || client = Some(site.client(up)));
    meter(Side::Server, &mut || server = Some(site.server()));
    let (mut client, mut server) = (client.expect("a client"), server.expect("a server"));
    while !up.is_empty() || !down.is_empty() {
        if !up.is_empty() {
            meter(Side::Server, &mut || server.pump(up, down));
        }
        if !down.is_empty() {
            meter(Side::Client, &mut || client.pump(down, up));
        }
    }
    for (end, side) in [(&mut client, Side::Client), (&mut server, Side::Server)] {
        let outcome = end.outcome();
        let early = scenario.prior == Prior::Early && side == Side::Server;
        let wanted = Outcome {
            connected: true,
            resumed: scenario.prior != Prior::Nothing,
            early: if early { EARLY.len() } else { 0 },
        };
        assert_eq!(outcome, wanted, "{side:?}, {scenario:?}");
    }
    (client, server)
}
