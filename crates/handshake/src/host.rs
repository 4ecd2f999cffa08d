//! What a machine tells its surroundings.

use crate::{Credential, EarlyData, Failure, NotResumed, Peer, PeerCredential, Session};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use handfast_crypto::{CryptoError, Digest, PublicKey, RecordKeys, Suite};
use handfast_schedule::{Exporter, ExporterSecret, TrafficSecret};
use handfast_wire::{AlertDescription, NamedGroup, ProtocolVersion, SignatureScheme, Violation};

/// The surroundings of a machine: whoever turns messages into records or packets.
pub trait Host {
    /// Send a whole handshake message. Messages of one epoch may share a record; one that precedes a change of the
    /// sending key ends it (RFC 9846 §5.1).
    ///
    /// # Errors
    /// Whatever keeps the message from being protected.
    fn send(&mut self, epoch: Epoch, raw: &[u8]) -> Result<(), Failure>;

    /// From here on `direction` is protected under `secret`.
    ///
    /// # Errors
    /// When no key can be made of the secret.
    fn install(
        &mut self,
        direction: Direction,
        epoch: Epoch,
        secret: &TrafficSecret,
        suite: &'static Suite,
    ) -> Result<(), Failure>;

    /// From here on `direction` is protected under `keys`: TLS 1.2, whose keys follow from no secret of one direction.
    ///
    /// # Errors
    /// When there is nobody to give them to.
    fn install_keys(&mut self, direction: Direction, keys: RecordKeys) -> Result<(), Failure>;

    /// Send a warning, after which the connection goes on.
    ///
    /// # Errors
    /// Whatever keeps it from being sent.
    fn warn(&mut self, alert: AlertDescription) -> Result<(), Failure>;

    /// Whether another handshake may begin on this connection: not too many in too short a time, and both halves in one
    /// hand. Asked only where the parameters allow it.
    fn may_renegotiate(&mut self) -> bool {
        false
    }

    /// Send change_cipher_spec: in TLS 1.3 the dummy of the middlebox compatibility mode (RFC 9846 Appendix E.4), in TLS 1.2
    /// the word that what follows is protected under new keys (RFC 5246 §7.1).
    ///
    /// # Errors
    /// Whatever keeps the messages before it from being sent.
    fn change_cipher_spec(&mut self) -> Result<(), Failure>;

    /// The peer has updated its key and wants the same of this side (RFC 9846 §4.7.3): before the next application data,
    /// and once however often it asks.
    ///
    /// # Errors
    /// When the update cannot be made.
    fn update_requested(&mut self) -> Result<(), Failure>;

    /// Send without protection again: a HelloRetryRequest has put an end to early data, and the second ClientHello is in the
    /// clear like the first.
    ///
    /// # Errors
    /// Whatever keeps the messages before it from being sent.
    fn unprotect(&mut self) -> Result<(), Failure>;

    /// The content of a Finished over `transcript` under the application traffic secret that this side sends with by now
    /// (RFC 9846 §4.5.3): asked for where a client answers a request that came after the handshake.
    ///
    /// # Errors
    /// Where there is no such secret, and what makes the key schedule fail.
    fn verify_data(&mut self, transcript: &Digest) -> Result<Digest, Failure> {
        let _ = transcript;
        Err(CryptoError::Failed.into())
    }

    /// The time, in milliseconds since 1970.
    fn now(&mut self) -> u64;

    /// Something is known now.
    fn learn(&mut self, fact: Fact);

    /// The public key of the leaf of what the peer presented. The machine parses no certificate, and takes the key for
    /// the proof of possession from nowhere else.
    ///
    /// # Errors
    /// [`Violation::BadCertificate`], [`Violation::BadRawKey`], [`Violation::UnsupportedCertificate`], or [`Violation::CertificateKeyUsage`] for a key
    /// that may not be used so.
    fn leaf_key(&mut self, credential: &PeerCredential, usage: KeyUse) -> Result<PublicKey, Violation>;
}

/// What the key of a certificate is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// It signs the handshake.
    Sign,
    /// A secret is encrypted for it: RSA key transport.
    Encipher,
}

/// Under which keys a message travels (RFC 9846 §2, Figure 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Epoch {
    /// No protection: ClientHello, HelloRetryRequest, ServerHello.
    Initial,
    /// client_early_traffic_secret.
    EarlyData,
    /// The handshake traffic secrets.
    Handshake,
    /// The application traffic secrets.
    Application,
}

/// Sending or receiving, seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What this side seals.
    Send,
    /// What this side opens.
    Receive,
}

/// Something the handshake found out or agreed on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fact {
    /// ClientHello.random, the key log's name for a connection.
    ClientRandom([u8; 32]),
    /// The protocol version.
    Version(ProtocolVersion),
    /// The cipher suite.
    Suite(&'static Suite),
    /// The group of the key exchange.
    Group(NamedGroup),
    /// There was a HelloRetryRequest.
    Retried,
    /// The host name, in lower case and without a trailing dot: what a client wants, and what a server is asked for.
    ServerName(Arc<str>),
    /// The application protocol (ALPN).
    Protocol(Vec<u8>),
    /// The signature schemes both sides can use, in the peer's order.
    SharedSchemes(Arc<[SignatureScheme]>),
    /// The certificates this side presents.
    Presented(Arc<Credential>),
    /// The scheme of the own CertificateVerify.
    OwnScheme(SignatureScheme),
    /// The scheme of the peer's CertificateVerify.
    PeerScheme(SignatureScheme),
    /// The longest content of a record the peer takes, in bytes (RFC 8449: without the content type).
    SendLimit(usize),
    /// The longest content of a record the peer may send, because it was announced and understood.
    ReceiveLimit(usize),
    /// TLS 1.2: the longest content of any record from here on, also of one without keys (RFC 6066 §4).
    MaxFragment(usize),
    /// TLS 1.2: the ID under which this side has stored the session; a connection that fails takes it back.
    SessionId(Vec<u8>),
    /// Where early data stands. What was refused on a server is skipped (RFC 9846 §4.3.10).
    EarlyData(EarlyData),
    /// The secret for exporters.
    Exporter(Exporter),
    /// The secret for exporters that do not wait for the handshake (RFC 9846 §7.5).
    EarlyExporter(ExporterSecret),
    /// TLS 1.2: the main secret, for the key log.
    #[cfg(feature = "tls12")]
    MainSecret(handfast_schedule::tls12::MainSecret),
    /// A session is resumed.
    Resumed,
    /// By how much the client takes the ticket that is resumed for older than it is, in milliseconds; on the server.
    TicketAgeSkew(i64),
    /// A session was offered and not resumed.
    NotResumed(NotResumed),
    /// A session that a later connection can resume; on a client.
    Session(Box<Session>),
    /// TLS 1.2: whether the main secret depends on the whole handshake (RFC 7627).
    ExtendedMainSecret(bool),
    /// TLS 1.2: whether both sides know RFC 5746.
    SecureRenegotiation(bool),
    /// TLS 1.2: whether the MAC of CBC records stands over the ciphertext (RFC 7366).
    EncryptThenMac(bool),
    /// TLS 1.2: the length of the prime of a finite field, in bits.
    Field {
        /// In bits.
        bits: usize,
    },
    /// The identity of the external pre-shared key.
    PskIdentity(Vec<u8>),
    /// From here to the end of the handshake the peer sends no data: another handshake has begun.
    DataCloses,
    /// Another handshake on the same connection is complete.
    Renegotiated,
    /// Application data may be sent though the peer is not authenticated yet (half-RTT data, RFC 9846 §2).
    MaySend,
    /// The content of a Finished message.
    Finished(Direction, Digest),
    /// Who the peer is; only ever learned after its Finished.
    Peer(Peer),
    /// The handshake is complete.
    Connected,
    /// A client has answered a request that came after the handshake: who it is from here on, if it has a certificate.
    ClientAuthenticated(Option<Peer>),
}
