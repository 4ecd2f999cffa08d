//! What is known of a connection.

use alloc::{string::String, vec::Vec};
use handfast_crypto::{Digest, Suite};
use handfast_handshake::{Direction, Fact, Peer};
use handfast_wire::{NamedGroup, ProtocolVersion, SignatureScheme};

/// What the handshake found out and agreed on. Fields are filled as it proceeds; [`Facts::peer`] last of all, after the
/// peer's Finished.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Facts {
    /// The protocol version.
    pub version: Option<ProtocolVersion>,
    /// The cipher suite, with its standard and OpenSSL names.
    pub suite: Option<&'static Suite>,
    /// The group of the key exchange.
    pub group: Option<NamedGroup>,
    /// Whether a HelloRetryRequest took place.
    pub retried: bool,
    /// Whether a session was resumed.
    pub resumed: bool,
    /// The host name: on a server the one the client asked for, on a client the one it wanted, if it is a DNS name.
    pub server_name: Option<String>,
    /// The application protocol (ALPN).
    pub protocol: Option<Vec<u8>>,
    /// The signature schemes both sides can use, in the peer's order; known on the server.
    pub shared_schemes: Vec<SignatureScheme>,
    /// The scheme of the own CertificateVerify.
    pub own_scheme: Option<SignatureScheme>,
    /// The scheme of the peer's CertificateVerify.
    pub peer_scheme: Option<SignatureScheme>,
    /// ClientHello.random, by which a key log names the connection.
    pub client_random: Option<[u8; 32]>,
    /// The longest content of a record that is sent, in bytes.
    pub send_limit: Option<usize>,
    /// The longest content of a record that is taken, in bytes.
    pub receive_limit: Option<usize>,
    peer: Option<Peer>,
    finished_sent: Option<Digest>,
    finished_received: Option<Digest>,
}

impl Facts {
    /// Who the peer is. `None` before the handshake is complete, and for a client that showed no certificate.
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// The content of the Finished message this side sent.
    pub fn finished_sent(&self) -> Option<&[u8]> {
        self.finished_sent.as_ref().map(Digest::as_bytes)
    }

    /// The content of the Finished message the peer sent, once it was verified.
    pub fn finished_received(&self) -> Option<&[u8]> {
        self.finished_received.as_ref().map(Digest::as_bytes)
    }

    /// Takes in what is a matter of record; facts that ask for action are the engine's.
    pub(crate) fn note(&mut self, fact: Fact) {
        match fact {
            Fact::ClientRandom(random) => self.client_random = Some(random),
            Fact::Version(version) => self.version = Some(version),
            Fact::Suite(suite) => self.suite = Some(suite),
            Fact::Group(group) => self.group = Some(group),
            Fact::Retried => self.retried = true,
            Fact::ServerName(name) => self.server_name = Some(name),
            Fact::Protocol(name) => self.protocol = Some(name),
            Fact::SharedSchemes(schemes) => self.shared_schemes = schemes,
            Fact::OwnScheme(scheme) => self.own_scheme = Some(scheme),
            Fact::PeerScheme(scheme) => self.peer_scheme = Some(scheme),
            Fact::SendLimit(limit) => self.send_limit = Some(limit),
            Fact::ReceiveLimit(limit) => self.receive_limit = Some(limit),
            Fact::Finished(Direction::Send, digest) => self.finished_sent = Some(digest),
            Fact::Finished(Direction::Receive, digest) => self.finished_received = Some(digest),
            Fact::Peer(peer) => self.peer = Some(peer),
            _ => {}
        }
    }
}
