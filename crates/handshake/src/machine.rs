//! The machine a host holds: one role, one diagram, the questions it has open.

use crate::question::{Answer, Pending, QuestionId, Reply};
use crate::tls13::{Arrived, Party, client, server};
use crate::{ClientParams, Epoch, Failure, Host, Question, Usage};
use alloc::{boxed::Box, sync::Arc};
use core::fmt;
use handfast_crypto::{CryptoError, Random};
use pki_types::ServerName;

/// A handshake, and after it what remains of one: tickets and key updates.
///
/// It takes whole messages in order, answers in any, and never both at once: while a question is open during the
/// handshake, [`Handshake::message`] refuses.
pub struct Handshake {
    role: Role,
    asker: Asker,
}

enum Role {
    Client(Box<Party<client::State>>),
    Server(Box<Party<server::State>>),
}

impl Handshake {
    /// Starts a client: sends the ClientHello through `host`.
    ///
    /// `name` goes into server_name when it is a DNS name, and into the `Peer` question in any case.
    ///
    /// # Errors
    /// When randomness or a key exchange fails, or the configuration makes a message too long.
    pub fn client(
        params: Arc<ClientParams>,
        name: Option<ServerName<'static>>,
        host: &mut dyn Host,
    ) -> Result<Self, Failure> {
        let mut asker = Asker::new(&*params.provider.random)?;
        let client = client::start(params, name, host, &mut asker)?;
        Ok(Self { role: Role::Client(Box::new(client)), asker })
    }

    /// A server that waits for a ClientHello. `random` makes the questions of this connection its own.
    ///
    /// # Errors
    /// When randomness fails.
    pub fn server(random: &dyn Random) -> Result<Self, Failure> {
        Ok(Self { role: Role::Server(Box::new(server::start())), asker: Asker::new(random)? })
    }

    /// Takes a handshake message that came in `epoch`. `ends_record` says that nothing follows it in its record.
    ///
    /// # Errors
    /// [`Usage::QuestionOpen`] changes nothing; every other failure is final.
    pub fn message(&mut self, epoch: Epoch, raw: &[u8], ends_record: bool, host: &mut dyn Host) -> Result<(), Failure> {
        if self.asker.open.is_some() {
            return Err(Failure::Usage(Usage::QuestionOpen));
        }
        let arrived = Arrived { epoch, raw, ends_record };
        match &mut self.role {
            Role::Client(client) => client.message(arrived, host, &mut self.asker),
            Role::Server(server) => server.message(arrived, host, &mut self.asker),
        }
    }

    /// Takes the answer to the open question.
    ///
    /// # Errors
    /// [`Usage::Stale`] changes nothing; every other failure is final.
    pub fn answer(&mut self, answer: Answer, host: &mut dyn Host) -> Result<(), Failure> {
        if self.asker.open != Some(answer.id) {
            return Err(Failure::Usage(Usage::Stale));
        }
        self.asker.open = None;
        match (&mut self.role, answer.reply) {
            (_, Reply::Failed(failure)) => Err(failure),
            (Role::Client(client), reply) => client.answer(reply, host, &mut self.asker),
            (Role::Server(server), reply) => server.answer(reply, host, &mut self.asker),
        }
    }

    /// Gives the handshake up: its secrets are wiped, and there is no state to go on from (RFC 9846 §6).
    pub fn forget(&mut self) {
        self.asker.open = None;
        self.asker.pending = None;
        match &mut self.role {
            Role::Client(client) => client.forget(),
            Role::Server(server) => server.forget(),
        }
    }

    /// The question that was just asked, once.
    pub fn question(&mut self) -> Option<Question> {
        self.asker.pending.take().map(|question| *question)
    }

    /// Whether a question waits for its answer.
    pub fn is_asking(&self) -> bool {
        self.asker.open.is_some()
    }

    /// Which question is open.
    pub fn open_question(&self) -> Option<QuestionId> {
        self.asker.open
    }

    /// The state's name, as RFC 9846 Appendix A has it; for traces and tests.
    pub fn state(&self) -> &'static str {
        match &self.role {
            Role::Client(client) => client.state(),
            Role::Server(server) => server.state(),
        }
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// Numbers the questions of one connection and holds the one that is open.
pub(crate) struct Asker {
    connection: u64,
    number: u32,
    open: Option<QuestionId>,
    pending: Pending,
}

impl Asker {
    fn new(random: &dyn Random) -> Result<Self, CryptoError> {
        Ok(Self { connection: u64::from_be_bytes(random.array()?), number: 0, open: None, pending: None })
    }

    /// Asks the question that `make` builds around the fresh id.
    pub(crate) fn ask(&mut self, make: impl FnOnce(QuestionId) -> Question) {
        self.number = self.number.wrapping_add(1);
        let id = QuestionId { connection: self.connection, number: self.number };
        self.open = Some(id);
        self.pending = Some(Box::new(make(id)));
    }
}
