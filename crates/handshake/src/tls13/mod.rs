//! TLS 1.3, RFC 9846: a folder for each role, and what both share.

pub mod client;
pub mod server;

mod auth;
mod keys;
mod party;

use keys::{HandshakeKeys, PeerFinished};
pub(crate) use party::Party;

use crate::machine::Asker;
use crate::{Epoch, Failure, Host};
use handfast_crypto::{CryptoError, Digest};
use handfast_schedule::Transcript;
use handfast_wire::{Dialect, Message, MessageKind, Unexpected, Violation};

/// What every arrow works with: the transcript, the surroundings, and what belongs to the whole connection.
pub(crate) struct Cx<'c, Core> {
    pub(crate) core: &'c mut Core,
    pub(crate) transcript: &'c mut Transcript,
    pub(crate) host: &'c mut dyn Host,
    pub(crate) asker: &'c mut Asker,
}

impl<Core> Cx<'_, Core> {
    /// Sends a message and absorbs it, as its column says.
    pub(crate) fn send(&mut self, epoch: Epoch, raw: &[u8]) -> Result<(), Failure> {
        let kind = Message::kind_of(raw);
        if kind == MessageKind::HelloRetryRequest {
            self.transcript.retry()?;
        }
        if column(kind).absorbed {
            self.transcript.absorb(raw);
        }
        self.host.send(epoch, raw)
    }
}

/// What the dispatcher knows of a kind of message before any state sees it.
pub(crate) struct Column {
    /// Whether the transcript has it.
    pub(crate) absorbed: bool,
    /// Whether it must be the last of its record, because a change of keys can follow it (RFC 9846 §5.1).
    pub(crate) ends_record: bool,
    /// The epoch in which it travels; `None` for what TLS 1.3 does not have.
    pub(crate) epoch: Option<Epoch>,
}

/// The table of columns. A HelloRetryRequest ends its record too: whatever followed it there was sent before the second
/// ClientHello it asks for.
pub(crate) fn column(kind: MessageKind) -> Column {
    use MessageKind as M;
    let row = |absorbed, ends_record, epoch| Column { absorbed, ends_record, epoch };
    match kind {
        M::ClientHello | M::ServerHello | M::HelloRetryRequest => row(true, true, Some(Epoch::Initial)),
        M::EncryptedExtensions
        | M::CertificateRequest
        | M::Certificate
        | M::CompressedCertificate
        | M::CertificateVerify => row(true, false, Some(Epoch::Handshake)),
        M::Finished => row(true, true, Some(Epoch::Handshake)),
        M::EndOfEarlyData => row(true, true, Some(Epoch::EarlyData)),
        M::KeyUpdate => row(false, true, Some(Epoch::Application)),
        M::NewSessionTicket => row(false, false, Some(Epoch::Application)),
        M::HelloRequest
        | M::ServerKeyExchange
        | M::ServerHelloDone
        | M::ClientKeyExchange
        | M::CertificateUrl
        | M::CertificateStatus
        | M::SupplementalData
        | M::Unknown => row(false, false, None),
    }
}

/// A received message on its way into the match.
pub(crate) struct Incoming<'a> {
    pub(crate) body: Message<'a>,
    /// The whole message, header included.
    pub(crate) raw: &'a [u8],
    /// The transcript up to and without this message, where its handler needs it: CertificateVerify and Finished.
    before: Option<Digest>,
}

impl<'a> Incoming<'a> {
    /// Parses `raw`, checks what its column says, and absorbs it. `choose_hash` sees the message before the transcript
    /// does: a hello of the server decides with which hash the transcript goes on.
    pub(crate) fn take(
        arrived: Arrived<'a>,
        state: &'static str,
        transcript: &mut Transcript,
        choose_hash: impl FnOnce(&Message<'a>, &mut Transcript) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let kind = Message::kind_of(arrived.raw);
        let column = column(kind);
        // A type that TLS 1.3 does not have, or has under other keys, is refused before a byte of it is parsed.
        if column.epoch != Some(arrived.epoch) {
            return Err(unexpected(state, kind));
        }
        let body = Message::read(Dialect::Tls13, arrived.raw)?;
        if column.ends_record && !arrived.ends_record {
            return Err(Violation::MisalignedMessage(kind).into());
        }
        let before = match kind {
            MessageKind::CertificateVerify | MessageKind::Finished if transcript.hash().is_some() => {
                Some(transcript.current()?)
            }
            _ => None,
        };
        choose_hash(&body, transcript)?;
        if column.absorbed {
            transcript.absorb(arrived.raw);
        }
        Ok(Self { body, raw: arrived.raw, before })
    }

    /// The transcript before this message.
    pub(crate) fn before(&self) -> Result<&Digest, Failure> {
        self.before.as_ref().ok_or(Failure::Crypto(CryptoError::Failed))
    }
}

/// A message as the host hands it over.
#[derive(Clone, Copy)]
pub(crate) struct Arrived<'a> {
    pub(crate) epoch: Epoch,
    pub(crate) raw: &'a [u8],
    /// Nothing follows it in its record.
    pub(crate) ends_record: bool,
}

/// No arrow leads from `state` with this message.
pub(crate) fn unexpected(state: &'static str, kind: MessageKind) -> Failure {
    Violation::UnexpectedMessage(Unexpected { kind, state }).into()
}

/// Every typed state is a variant of the same name.
macro_rules! arrow_heads {
    ($State:ident: $($state:ident),* $(,)?) => {
        $( impl From<$state> for $State {
            fn from(state: $state) -> Self {
                Self::$state(state)
            }
        } )*
    };
}
use arrow_heads;

/// An arrow that forks ends in one of the named states.
macro_rules! arrow_forks {
    ($State:ident: $($After:ident { $($state:ident),* }),* $(,)?) => {
        $( impl From<$After> for $State {
            fn from(after: $After) -> Self {
                match after { $( $After::$state(state) => Self::$state(state), )* }
            }
        } )*
    };
}
use arrow_forks;
