//! One side of a handshake under way, the same for both roles.

use super::{Arrived, Cx, Incoming};
use crate::machine::Asker;
use crate::question::Reply;
use crate::{Failure, Host};
use core::mem;
use handfast_schedule::Transcript;
use handfast_wire::Message;

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

    /// Sees a message before the transcript does: a hello of the server decides with which hash it goes on.
    fn choose_hash(_: &Message<'_>, _: &Self::Core, _: &mut Transcript) -> Result<(), Failure> {
        Ok(())
    }

    /// The arrow that a message labels; any other message is an error.
    fn next(self, message: &Incoming<'_>, cx: &mut Cx<'_, Self::Core>) -> Result<Self, Failure>;

    /// The dotted line that an answer labels.
    fn answered(self, reply: Reply, cx: &mut Cx<'_, Self::Core>) -> Result<Self, Failure>;

    /// The state's name in the diagram.
    fn name(&self) -> &'static str;
}

impl<S: Diagram> Party<S> {
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
        let message = Incoming::take(arrived, state.name(), transcript, |body, transcript| {
            S::choose_hash(body, core, transcript)
        })?;
        *state = mem::replace(state, S::FAILED).next(&message, &mut Cx { core, transcript, host, asker })?;
        Ok(())
    }

    /// Takes an answer.
    pub(crate) fn answer(&mut self, reply: Reply, host: &mut dyn Host, asker: &mut Asker) -> Result<(), Failure> {
        let Self { core, transcript, state } = self;
        *state = mem::replace(state, S::FAILED).answered(reply, &mut Cx { core, transcript, host, asker })?;
        Ok(())
    }

    /// Wipes what the state holds.
    pub(crate) fn forget(&mut self) {
        self.state = S::FAILED;
    }

    /// The state's name.
    pub(crate) fn state(&self) -> &'static str {
        self.state.name()
    }
}
