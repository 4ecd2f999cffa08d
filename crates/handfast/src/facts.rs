//! What is known of a connection.

use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::field::UNNAMED;
use handfast_crypto::{Cipher, Digest, KeyExchange, Suite, group};
use handfast_handshake::{Credential, Direction, EarlyData, Fact, NotResumed, Peer, Rejection};
use handfast_wire::{CertificateType, NamedGroup, ProtocolVersion, SignatureScheme};

/// What the handshake found out and agreed on. Fields are filled as it proceeds; [`Facts::peer`] last of all, after the
/// peer's Finished.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Facts {
    /// The protocol version.
    pub version: Option<ProtocolVersion>,
    /// The cipher suite, with its standard and OpenSSL names.
    pub suite: Option<&'static Suite>,
    /// The group of the key exchange; none for a finite field without a name.
    pub group: Option<NamedGroup>,
    /// Whether a HelloRetryRequest took place.
    pub retried: bool,
    /// Whether a session was resumed.
    pub resumed: bool,
    /// Why no session was resumed, where one was offered.
    pub not_resumed: Option<NotResumed>,
    /// On a server of TLS 1.3 that resumes a session: by how much the client takes its ticket for older than it is here, in
    /// milliseconds. Beyond ten seconds either way there is no early data (RFC 9846 §8.3).
    pub ticket_age_skew: Option<i64>,
    /// What became of early data.
    pub early_data: EarlyData,
    /// On a client that offers early data, the application protocol it is sent as: that of the session. What was not taken
    /// must not be sent again as if it were of another (RFC 9846 §4.3.10).
    pub early_protocol: Option<Vec<u8>>,
    /// The host name, if it is a DNS name, in lower case and without a trailing dot: on a server the one the client asked for, on
    /// a client the one it wanted.
    pub server_name: Option<Arc<str>>,
    /// The application protocol (ALPN), 1 to 255 bytes.
    pub protocol: Option<Vec<u8>>,
    /// The signature schemes both sides can use, in the peer's order; known on the server.
    pub shared_schemes: Arc<[SignatureScheme]>,
    /// The scheme of the own CertificateVerify.
    pub own_scheme: Option<SignatureScheme>,
    /// The scheme of the peer's CertificateVerify.
    pub peer_scheme: Option<SignatureScheme>,
    /// ClientHello.random, by which a key log names the connection.
    pub client_random: Option<[u8; 32]>,
    /// TLS 1.2: whether the main secret depends on the whole handshake (RFC 7627). Without that the connection has no
    /// exporters, and no session comes of it.
    pub extended_main_secret: Option<bool>,
    /// TLS 1.2: whether the peer knows RFC 5746.
    pub secure_renegotiation: Option<bool>,
    /// TLS 1.2: how often this connection was negotiated anew.
    pub renegotiations: u32,
    /// TLS 1.2: whether the MAC of CBC records stands over the ciphertext (RFC 7366).
    pub encrypt_then_mac: Option<bool>,
    /// TLS 1.2: the length of the prime of a finite field, in bits; known on the client.
    pub field_bits: Option<usize>,
    /// The identity of the external pre-shared key, at most 65,535 bytes, of this connection or of the one whose session it resumes.
    pub psk_identity: Option<Vec<u8>>,
    /// The longest content of a record that is sent, in bytes.
    pub send_limit: Option<usize>,
    /// The longest content of a record that is taken, in bytes.
    pub receive_limit: Option<usize>,
    /// The older ways of the handshakes before this one.
    former: Vec<LegacyWay>,
    own: Option<Arc<Credential>>,
    peer: Option<Peer>,
    rejection: Option<Rejection>,
    finished_sent: Option<Digest>,
    finished_received: Option<Digest>,
}

impl Facts {
    /// Who the peer is. `None` before the handshake is complete, and for a client that showed no certificate.
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// Why the peer would have been refused, if the configuration did not let it in all the same
    /// ([`dangerous_report_only`](crate::ClientConfigBuilder::dangerous_report_only)). Its code is that of
    /// [`Error::Certificate`](crate::Error::Certificate): [`Facts::peer_rejection_code`].
    pub fn peer_rejection(&self) -> Option<&Rejection> {
        self.rejection.as_ref()
    }

    /// The code of [`Facts::peer_rejection`], `CERT_HAS_EXPIRED` say.
    pub fn peer_rejection_code(&self) -> Option<alloc::string::String> {
        self.rejection.clone().map(|rejection| crate::Error::Certificate(rejection).code())
    }

    /// What this side has presented, whoever chose it: the chain, leaf first, with what goes along, or the raw
    /// public key. `None` where it showed no certificate in the last handshake, also because a session is resumed.
    pub fn own(&self) -> Option<&Credential> {
        self.own.as_deref()
    }

    /// How large the group of the key exchange is, in bits: of a finite field the prime, of a curve the order of its group (253 for
    /// x25519), of a hybrid that of its curve. `None` without a key exchange, for ML-KEM alone, and on a server for a field without
    /// a name.
    pub fn group_bits(&self) -> Option<usize> {
        self.field_bits.or_else(|| self.group.and_then(group::bits))
    }

    /// The kind of certificate that the peer has shown; as [`Facts::peer`], after its Finished.
    pub fn peer_certificate_type(&self) -> Option<CertificateType> {
        self.peer().map(|peer| peer.credential.certificate_type())
    }

    /// The kind of certificate that this side has shown.
    pub fn own_certificate_type(&self) -> Option<CertificateType> {
        self.own().map(Credential::certificate_type)
    }

    /// Which of the older ways the connection has used; in TLS 1.3 at most psk_ke, and none that was not switched on.
    pub fn legacy(&self) -> impl Iterator<Item = LegacyWay> {
        let mut ways = self.former.clone();
        ways.extend(self.own_legacy().filter(|way| !self.former.contains(way)));
        ways.into_iter()
    }

    /// What the next handshake on this connection begins with: nothing but what is behind it.
    pub(crate) fn again(&self) -> Self {
        Self {
            former: self.legacy().collect(),
            renegotiations: self.renegotiations.saturating_add(1),
            // A client's is what it asked for; the handshake sees to it that a server's is the same.
            server_name: self.server_name.clone(),
            ..Self::default()
        }
    }

    fn own_legacy(&self) -> impl Iterator<Item = LegacyWay> {
        let suite = self.suite;
        let exchange = suite.map(|suite| suite.exchange);
        let psk_ke = exchange == Some(KeyExchange::Tls13) && self.group.is_none();
        let cbc = suite.is_some_and(|suite| matches!(suite.cipher, Cipher::Cbc(..)));
        let ways = [
            (exchange == Some(KeyExchange::Rsa), LegacyWay::RsaKeyTransport),
            (exchange.is_some_and(KeyExchange::has_field), LegacyWay::Dhe),
            (exchange.is_some_and(KeyExchange::has_psk), LegacyWay::Psk),
            (exchange == Some(KeyExchange::Psk) || psk_ke, LegacyWay::PskWithoutDh),
            (cbc, LegacyWay::Cbc),
            (cbc && matches!(self.encrypt_then_mac, Some(false)), LegacyWay::MacThenEncrypt),
            (self.renegotiations > 0, LegacyWay::Renegotiation),
        ];
        ways.into_iter().filter_map(|(used, way)| used.then_some(way))
    }

    /// The content of the Finished message this side sent: 12 bytes in TLS 1.2, in TLS 1.3 as many as the suite's hash has.
    pub fn finished_sent(&self) -> Option<&[u8]> {
        self.finished_sent.as_ref().map(Digest::as_bytes)
    }

    /// The content of the Finished message the peer sent, once it was verified; as long as [`Facts::finished_sent`].
    pub fn finished_received(&self) -> Option<&[u8]> {
        self.finished_received.as_ref().map(Digest::as_bytes)
    }

    /// The peer is judged: why it would not be let in, if it is all the same.
    pub(crate) fn judged(&mut self, rejection: Option<Rejection>) {
        self.rejection = rejection;
    }

    /// A client was asked after the handshake: what it has shown counts, and what it was before does not.
    pub(crate) fn authenticated(&mut self, peer: Option<Peer>) {
        if peer.is_none() {
            (self.rejection, self.peer_scheme) = (None, None);
        }
        self.peer = peer;
    }

    /// Takes in what is a matter of record; facts that ask for action are the engine's.
    pub(crate) fn note(&mut self, fact: Fact) {
        match fact {
            Fact::ClientRandom(random) => self.client_random = Some(random),
            Fact::Version(version) => self.version = Some(version),
            Fact::Suite(suite) => self.suite = Some(suite),
            Fact::Group(group) => self.group = Some(group).filter(|&group| group != UNNAMED),
            Fact::Retried => self.retried = true,
            Fact::ServerName(name) => self.server_name = Some(name),
            Fact::Protocol(name) => self.protocol = Some(name),
            Fact::SharedSchemes(schemes) => self.shared_schemes = schemes,
            Fact::Presented(credential) => self.own = Some(credential),
            Fact::OwnScheme(scheme) => self.own_scheme = Some(scheme),
            Fact::PeerScheme(scheme) => self.peer_scheme = Some(scheme),
            Fact::SendLimit(limit) => self.send_limit = Some(limit),
            Fact::MaxFragment(limit) => {
                self.send_limit = Some(limit);
                self.receive_limit = Some(limit);
            }
            Fact::ReceiveLimit(limit) => self.receive_limit = Some(limit),
            Fact::Finished(Direction::Send, digest) => self.finished_sent = Some(digest),
            Fact::Finished(Direction::Receive, digest) => self.finished_received = Some(digest),
            Fact::Peer(peer) => self.peer = Some(peer),
            Fact::Resumed => {
                self.resumed = true;
                self.not_resumed = None;
            }
            Fact::TicketAgeSkew(skew) => self.ticket_age_skew = Some(skew),
            Fact::NotResumed(why) => self.not_resumed = Some(why),
            Fact::EarlyData(state) => self.early_data = state,
            Fact::ExtendedMainSecret(extended) => self.extended_main_secret = Some(extended),
            Fact::SecureRenegotiation(secure) => self.secure_renegotiation = Some(secure),
            Fact::EncryptThenMac(outside) => self.encrypt_then_mac = Some(outside),
            Fact::Field { bits } => self.field_bits = Some(bits),
            Fact::PskIdentity(identity) => self.psk_identity = Some(identity),
            _ => {}
        }
    }
}

/// One of the older ways of TLS 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LegacyWay {
    /// The client encrypted the secret for the server's key: no forward secrecy.
    RsaKeyTransport,
    /// Diffie-Hellman over a finite field.
    Dhe,
    /// A pre-shared key of TLS 1.2.
    Psk,
    /// A pre-shared key alone: no forward secrecy.
    PskWithoutDh,
    /// AES-CBC with HMAC.
    Cbc,
    /// AES-CBC with the MAC inside.
    MacThenEncrypt,
    /// The connection was negotiated anew.
    Renegotiation,
}
