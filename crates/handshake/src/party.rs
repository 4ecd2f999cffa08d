//! One side of a handshake under way, the same for both roles and both versions: what takes a message into the match of
//! its diagram.

use crate::machine::Asker;
use crate::question::Reply;
use crate::{Epoch, Failure, Host};
use alloc::vec::Vec;
use core::mem;
use handfast_crypto::{CryptoError, Digest};
use handfast_schedule::Transcript;
use handfast_wire::message::ClientHello;
use handfast_wire::{Dialect, Message, MessageKind, Unexpected, Violation};

/// Where a side is in its diagram, and what belongs to the whole connection.
pub(crate) struct Party<S: Diagram> {
    core: S::Core,
    transcript: Transcript,
    state: S,
}

/// The diagram of a role: its states, and the arrows between them.
pub(crate) trait Diagram: Sized {
    /// What every state needs.
    type Core;

    /// Where a handler that returned an error leaves the side; there is no way back.
    const FAILED: Self;

    /// Which syntax its messages have.
    const DIALECT: Dialect;

    /// Which syntax the next one has: what a Certificate of TLS 1.2 carries, it does not say.
    fn dialect(&self) -> Dialect {
        Self::DIALECT
    }

    /// What the dispatcher knows of a kind of message.
    fn column(kind: MessageKind) -> Column;

    /// Whether messages of a handshake may come once more after it, under the keys of application data: where a certificate is
    /// asked for then (RFC 9846 §4.7.2).
    fn takes_late(&self) -> bool {
        false
    }

    /// Sees a message before the transcript does: a hello of the server decides with which hash it goes on.
    fn choose_hash(_: &Message<'_>, _: &Self::Core, _: &mut Transcript) -> Result<(), Failure> {
        Ok(())
    }

    /// The arrow that a message labels; any other message is an error.
    fn next(self, message: &Incoming<'_>, cx: &mut Cx<'_, Self::Core>) -> Result<Self, Failure>;

    /// The arrow that a change_cipher_spec labels. TLS 1.3 has none: there it is a dummy that the record layer drops.
    fn change_cipher_spec(self, cx: &mut Cx<'_, Self::Core>) -> Result<Self, Failure> {
        let _ = cx;
        Err(Violation::UnexpectedChangeCipherSpec.into())
    }

    /// The dotted line that an answer labels.
    fn answered(self, reply: Reply, cx: &mut Cx<'_, Self::Core>) -> Result<Self, Failure>;

    /// Wipes what the core holds that is secret.
    fn forget(core: &mut Self::Core) {
        let _ = core;
    }

    /// The state's name in the diagram.
    fn name(&self) -> &'static str;
}

impl<S: Diagram> Party<S> {
    /// What the states share.
    #[cfg(feature = "legacy")]
    pub(crate) fn core(&mut self) -> &mut S::Core {
        &mut self.core
    }

    pub(crate) fn new(core: S::Core, transcript: Transcript, state: S) -> Self {
        Self { core, transcript, state }
    }

    /// Takes a message: the transcript has it before its handler does.
    pub(crate) fn message(
        &mut self,
        arrived: Arrived<'_>,
        host: &mut dyn Host,
        asker: &mut Asker,
    ) -> Result<(), Failure> {
        let Self { core, transcript, state } = self;
        let message = Incoming::take(arrived, state, core, transcript)?;
        *state = mem::replace(state, S::FAILED).next(&message, &mut Cx::new::<S>(core, transcript, host, asker))?;
        Ok(())
    }

    /// Takes a change_cipher_spec.
    pub(crate) fn change_cipher_spec(&mut self, host: &mut dyn Host, asker: &mut Asker) -> Result<(), Failure> {
        let Self { core, transcript, state } = self;
        *state = mem::replace(state, S::FAILED).change_cipher_spec(&mut Cx::new::<S>(core, transcript, host, asker))?;
        Ok(())
    }

    /// Takes an answer.
    pub(crate) fn answer(&mut self, reply: Reply, host: &mut dyn Host, asker: &mut Asker) -> Result<(), Failure> {
        let Self { core, transcript, state } = self;
        *state = mem::replace(state, S::FAILED).answered(reply, &mut Cx::new::<S>(core, transcript, host, asker))?;
        Ok(())
    }

    /// Takes a step that this side wants.
    pub(crate) fn step(
        &mut self,
        host: &mut dyn Host,
        asker: &mut Asker,
        step: impl FnOnce(S, &mut Cx<'_, S::Core>) -> Result<S, Failure>,
    ) -> Result<(), Failure> {
        let Self { core, transcript, state } = self;
        *state = step(mem::replace(state, S::FAILED), &mut Cx::new::<S>(core, transcript, host, asker))?;
        Ok(())
    }

    /// What the side is made of, for the machine of another version to go on with.
    #[cfg(feature = "tls12")]
    pub(crate) fn into_parts(self) -> (S::Core, Transcript, S) {
        (self.core, self.transcript, self.state)
    }

    /// The state itself.
    pub(crate) fn state_ref(&self) -> (&S::Core, &S) {
        (&self.core, &self.state)
    }

    /// Wipes what the state holds, and what of it belongs to the whole connection.
    pub(crate) fn forget(&mut self) {
        self.state = S::FAILED;
        S::forget(&mut self.core);
    }

    /// The state's name.
    pub(crate) fn state(&self) -> &'static str {
        self.state.name()
    }
}

/// What every arrow works with: the transcript, the surroundings, and what belongs to the whole connection.
pub(crate) struct Cx<'c, Core> {
    pub(crate) core: &'c mut Core,
    pub(crate) transcript: &'c mut Transcript,
    pub(crate) host: &'c mut dyn Host,
    pub(crate) asker: &'c mut Asker,
    /// The table of the version.
    column: fn(MessageKind) -> Column,
}

impl<'c, Core> Cx<'c, Core> {
    pub(crate) fn new<S: Diagram<Core = Core>>(
        core: &'c mut Core,
        transcript: &'c mut Transcript,
        host: &'c mut dyn Host,
        asker: &'c mut Asker,
    ) -> Self {
        Self { core, transcript, host, asker, column: S::column }
    }

    /// A buffer to write a message in, for [`Cx::post`].
    pub(crate) fn blank(&mut self) -> Vec<u8> {
        self.asker.blank()
    }

    /// Sends the message that was written in a [`Cx::blank`] buffer.
    pub(crate) fn post(&mut self, epoch: Epoch, raw: Vec<u8>) -> Result<(), Failure> {
        self.send(epoch, &raw)?;
        self.asker.take_back(raw);
        Ok(())
    }

    /// Sends a message and absorbs it, as its column says.
    pub(crate) fn send(&mut self, epoch: Epoch, raw: &[u8]) -> Result<(), Failure> {
        let kind = Message::kind_of(raw);
        if kind == MessageKind::HelloRetryRequest {
            self.transcript.retry()?;
        }
        if (self.column)(kind).absorbed {
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
    /// In which epoch it travels.
    pub(crate) travels: Travels,
}

/// Under which keys a kind of message may come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Travels {
    /// The version does not have it.
    Never,
    /// In one epoch alone.
    In(Epoch),
    /// In any: the state decides, and change_cipher_spec is an arrow of its own.
    #[cfg(feature = "tls12")]
    Anywhere,
}

/// A received message on its way into the match.
pub(crate) struct Incoming<'a> {
    pub(crate) body: Message<'a>,
    /// The whole message, header included.
    pub(crate) raw: &'a [u8],
    /// The transcript up to and without this message, where its handler needs it: CertificateVerify and Finished; and of a
    /// second ClientHello up to its binders, if it has any.
    pub(crate) before: Option<Digest>,
}

impl<'a> Incoming<'a> {
    /// Parses what has arrived, checks what its column says, and absorbs it.
    fn take<S: Diagram>(
        arrived: Arrived<'a>,
        state: &S,
        core: &S::Core,
        transcript: &mut Transcript,
    ) -> Result<Self, Failure> {
        let kind = Message::kind_of(arrived.raw);
        let column = S::column(kind);
        // A type that the version does not have, or has under other keys, is refused before a byte of it is parsed.
        let travels = match column.travels {
            Travels::In(Epoch::Handshake) if state.takes_late() => Travels::In(Epoch::Application),
            travels => travels,
        };
        match travels {
            Travels::In(epoch) if epoch == arrived.epoch => {}
            #[cfg(feature = "tls12")]
            Travels::Anywhere => {}
            Travels::In(_) | Travels::Never => return Err(unexpected(state.name(), kind)),
        }
        let body = Message::read(state.dialect(), arrived.raw)?;
        if column.ends_record && !arrived.ends_record {
            return Err(Violation::MisalignedMessage(kind).into());
        }
        let before = match kind {
            MessageKind::CertificateVerify | MessageKind::Finished if transcript.hash().is_some() => {
                Some(transcript.current()?)
            }
            // RFC 9846 §4.3.11.2: the binders of a second ClientHello are over the first flight as well.
            MessageKind::ClientHello if transcript.hash().is_some() && S::DIALECT == Dialect::Tls13 => {
                let partial = ClientHello::binders_offset(arrived.raw).and_then(|at| arrived.raw.get(..at));
                partial.map(|partial| transcript.current_with(partial)).transpose()?
            }
            _ => None,
        };
        S::choose_hash(&body, core, transcript)?;
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
pub(crate) use arrow_heads;

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
pub(crate) use arrow_forks;
