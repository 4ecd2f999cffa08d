//! The machine a host holds: one role, one diagram, the questions it has open.

#[cfg(feature = "tls12")]
use crate::Session;
use crate::offer::{Fresh, Offer};
use crate::party::{Arrived, Party};
use crate::question::{Answer, Issued, QuestionId, Reply};
#[cfg(feature = "tls12")]
use crate::session::SessionId;
#[cfg(feature = "tls12")]
use crate::tls12;
use crate::tls13::{client, server};
use crate::{ClientParams, Epoch, Failure, Host, Prior, Question, Usage};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;
#[cfg(feature = "tls12")]
use handfast_crypto::CryptoError;
use handfast_crypto::Random;
use handfast_wire::ExtensionBlock;
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
    /// From the ServerHello that selects TLS 1.2 on.
    #[cfg(feature = "tls12")]
    Client12(Box<Party<tls12::client::State>>),
    /// From the configuration that answers in TLS 1.2 on.
    #[cfg(feature = "tls12")]
    Server12(Box<Party<tls12::server::State>>),
    /// On the way from one version to the other.
    #[cfg(feature = "tls12")]
    Between,
}

/// Runs `$body` with the party of whichever role and version.
macro_rules! with_party {
    ($role:expr, $party:ident => $body:expr, $between:expr) => {
        match $role {
            Role::Client($party) => $body,
            Role::Server($party) => $body,
            #[cfg(feature = "tls12")]
            Role::Client12($party) => $body,
            #[cfg(feature = "tls12")]
            Role::Server12($party) => $body,
            #[cfg(feature = "tls12")]
            Role::Between => $between,
        }
    };
}

impl Handshake {
    /// Starts a client: sends the ClientHello through `host`.
    ///
    /// `name` goes into server_name when it is a DNS name, and into the `Peer` question in any case. `prior` is offered.
    ///
    /// # Errors
    /// When randomness or a key exchange fails, or the configuration makes a message too long.
    pub fn client(
        params: Arc<ClientParams>,
        name: Option<ServerName<'static>>,
        prior: Prior,
        host: &mut dyn Host,
    ) -> Result<Self, Failure> {
        let fresh = Fresh::draw(&*params.provider.random)?;
        let mut asker = Asker::new(fresh.connection);
        #[cfg(feature = "tls12")]
        let session_id = prior.tls12().map(|session| offered_id(session, &fresh)).transpose()?;
        #[cfg(not(feature = "tls12"))]
        let session_id = None;
        let offer = Offer::new(&params, session_id, &fresh);
        let client = client::start(params, name, prior, offer, host, &mut asker)?;
        Ok(Self { role: Role::Client(Box::new(client)), asker })
    }

    /// A server that waits for a ClientHello. `random` makes the questions of this connection its own.
    ///
    /// # Errors
    /// When randomness fails.
    pub fn server(random: &dyn Random) -> Result<Self, Failure> {
        Ok(Self { role: Role::Server(Box::new(server::start())), asker: Asker::new(random.array()?) })
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
        #[cfg(feature = "tls12")]
        self.role.answered_in_tls12(arrived, host)?;
        with_party!(&mut self.role, party => party.message(arrived, host, &mut self.asker), Err(BETWEEN))
    }

    /// Takes a change_cipher_spec, where [`Handshake::takes_change_cipher_spec`]. The record layer has seen to it that no
    /// handshake message is cut in two by it.
    ///
    /// # Errors
    /// Final, all of them.
    pub fn change_cipher_spec(&mut self, host: &mut dyn Host) -> Result<(), Failure> {
        if self.asker.open.is_some() {
            return Err(Failure::Usage(Usage::QuestionOpen));
        }
        with_party!(&mut self.role, party => party.change_cipher_spec(host, &mut self.asker), Err(BETWEEN))
    }

    /// Whether change_cipher_spec is part of the handshake, which it is in TLS 1.2, and not a dummy.
    pub fn takes_change_cipher_spec(&self) -> bool {
        #[cfg(feature = "tls12")]
        return matches!(self.role, Role::Client12(_) | Role::Server12(_));
        #[cfg(not(feature = "tls12"))]
        false
    }

    /// What the next handshake of a server in TLS 1.2 follows. Does nothing in any other state.
    #[cfg(feature = "legacy")]
    pub fn reconfigure(&mut self, params: Arc<crate::ServerParams>) {
        if let Role::Server12(server) = &mut self.role {
            server.reconfigure(params);
        }
    }

    /// Begins another handshake on a connection in TLS 1.2, or asks the client to. Does nothing in any other state.
    ///
    /// # Errors
    /// [`Usage::QuestionOpen`] changes nothing; every other failure is final.
    #[cfg(feature = "legacy")]
    pub fn renegotiate(&mut self, host: &mut dyn Host) -> Result<(), Failure> {
        if self.asker.open.is_some() {
            return Err(Failure::Usage(Usage::QuestionOpen));
        }
        match &mut self.role {
            Role::Client12(client) => client.renegotiate(host, &mut self.asker),
            Role::Server12(server) => server.renegotiate(host, &mut self.asker),
            _ => Ok(()),
        }
    }

    /// Whether this is a server whose client may be asked for a certificate now (RFC 9846 §4.7.2).
    pub fn may_request_certificate(&self) -> bool {
        matches!(&self.role, Role::Server(server) if server.may_request())
    }

    /// Whether this is a client that may be asked for a certificate after the handshake, which is complete.
    pub fn takes_certificate_requests(&self) -> bool {
        matches!(&self.role, Role::Client(client) if client.takes_requests())
    }

    /// Whether the client was asked for a certificate after the handshake, and has not answered yet.
    pub fn awaits_certificate(&self) -> bool {
        matches!(&self.role, Role::Server(server) if server.has_requested())
    }

    /// Asks the client for a certificate, as these parameters want it, and [gives up](Self::drop_tickets) the tickets that are still to
    /// be made, which are of another's knowledge; [`Fact::ClientAuthenticated`](crate::Fact::ClientAuthenticated)
    /// says that it has answered. Does nothing where [it may not](Self::may_request_certificate).
    ///
    /// # Errors
    /// [`Usage::QuestionOpen`] changes nothing; every other failure is final.
    pub fn request_certificate(
        &mut self,
        params: Arc<crate::ServerParams>,
        host: &mut dyn Host,
    ) -> Result<(), Failure> {
        if self.asker.open.is_some() {
            return Err(Failure::Usage(Usage::QuestionOpen));
        }
        if self.may_request_certificate() {
            self.drop_tickets(host)?;
            if let Role::Server(server) = &mut self.role {
                return server.request(params, host, &mut self.asker);
            }
        }
        Ok(())
    }

    /// Takes the answer to the open question.
    ///
    /// # Errors
    /// [`Usage::Stale`] changes nothing; every other failure is final.
    pub fn answer(&mut self, answer: Answer, host: &mut dyn Host) -> Result<(), Failure> {
        if !self.asker.takes(answer.id) {
            return Err(Failure::Usage(Usage::Stale));
        }
        let reply = match answer.reply {
            Reply::Failed(failure) => return Err(failure),
            reply => reply,
        };
        #[cfg(feature = "tls12")]
        if self.role.configured_for_tls12(&reply, host, &mut self.asker)? {
            return Ok(());
        }
        with_party!(&mut self.role, party => party.answer(reply, host, &mut self.asker), Err(BETWEEN))
    }

    /// Gives the handshake up: its secrets are wiped, and there is no state to go on from (RFC 9846 §6).
    pub fn forget(&mut self) {
        self.asker.open = None;
        self.asker.later = None;
        self.asker.room = None;
        with_party!(&mut self.role, party => party.forget(), ());
    }

    /// The question that was just asked, once.
    pub fn question(&mut self) -> Option<Question> {
        self.asker.room.as_mut()?.question.take()
    }

    /// Gives back the memory that messages and questions needed. A question that nobody has taken yet stays.
    pub fn release(&mut self) {
        self.asker.room.take_if(|room| room.question.is_none());
    }

    /// Whether a question waits for its answer, and the handshake with it.
    pub fn is_asking(&self) -> bool {
        self.asker.open.is_some()
    }

    /// Whether this question is open.
    pub fn has_asked(&self, id: QuestionId) -> bool {
        self.asker.open == Some(id) || self.asker.later == Some(id)
    }

    /// Whether any question is open, be it one that nothing waits for.
    pub fn has_open_question(&self) -> bool {
        self.asker.open.is_some() || self.asker.later.is_some()
    }

    /// Gives up the tickets that are still to be made: nobody answers for them any more.
    ///
    /// # Errors
    /// As [`Handshake::answer`].
    pub fn drop_tickets(&mut self, host: &mut dyn Host) -> Result<(), Failure> {
        match self.asker.later {
            Some(id) => self.answer(Answer { id, reply: Reply::Issued(Issued::Nothing) }, host),
            None => Ok(()),
        }
    }

    /// The state's name, as RFC 9846 Appendix A has it; for traces and tests.
    pub fn state(&self) -> &'static str {
        with_party!(&self.role, party => party.state(), "FAILED")
    }
}

/// No party to take it: an error on the way between the versions was final.
#[cfg(feature = "tls12")]
const BETWEEN: Failure = Failure::Crypto(CryptoError::Failed);

#[cfg(feature = "tls12")]
impl Role {
    /// The fork of versions on a client: a ServerHello without supported_versions, where TLS 1.2 was offered.
    fn answered_in_tls12(&mut self, arrived: Arrived<'_>, host: &mut dyn Host) -> Result<(), Failure> {
        let Self::Client(client) = self else { return Ok(()) };
        if !client.is_answered_in_tls12(arrived)? {
            return Ok(());
        }
        if let Self::Client(client) = core::mem::replace(self, Self::Between) {
            *self = Self::Client12(Box::new(client.answered_in_tls12(host)));
        }
        Ok(())
    }

    /// The fork of versions on a server: a configuration that answers this ClientHello in TLS 1.2. Gives whether it does.
    fn configured_for_tls12(&mut self, reply: &Reply, host: &mut dyn Host, asker: &mut Asker) -> Result<bool, Failure> {
        let (Self::Server(server), Reply::Config(params)) = (&mut *self, reply) else { return Ok(false) };
        let Some(hello) = server.selects_tls12(params)? else { return Ok(false) };
        if let Self::Server(server) = core::mem::replace(self, Self::Between) {
            let (_, transcript, _) = server.into_parts();
            let server = tls12::server::start(params.clone(), &hello, transcript, host, asker)?;
            *self = Self::Server12(Box::new(server));
        }
        Ok(true)
    }
}

/// The session ID that a session is offered under. A ticket needs one as well: by its echo the client knows that the server
/// takes it (RFC 5077 §3.4).
#[cfg(feature = "tls12")]
fn offered_id(session: &Session, fresh: &Fresh) -> Result<SessionId, CryptoError> {
    if !session.id.is_empty() {
        return SessionId::new(&session.id).ok_or(CryptoError::Length);
    }
    Ok(SessionId::from(fresh.session_id))
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
    /// The one that the handshake waits for.
    open: Option<QuestionId>,
    /// One that nothing waits for: it comes after the handshake.
    later: Option<QuestionId>,
    room: Option<Box<Room>>,
}

/// What there is only while a handshake is under way: made once, and used by all its messages and questions.
struct Room {
    question: Option<Question>,
    /// The message that is being written.
    raw: Vec<u8>,
    /// Its extensions.
    block: ExtensionBlock,
}

/// Room for most messages, in bytes, and for the extensions that a server writes.
const MESSAGE_ROOM: usize = 512;
const BLOCK_ROOM: usize = 96;

impl Asker {
    fn new(connection: [u8; 8]) -> Self {
        let connection = u64::from_be_bytes(connection);
        Self { connection, number: 0, open: None, later: None, room: None }
    }

    /// Takes the answer to a question, once.
    fn takes(&mut self, id: QuestionId) -> bool {
        let slot = if self.open == Some(id) { &mut self.open } else { &mut self.later };
        slot.take_if(|own| *own == id).is_some()
    }

    /// Asks the question that `make` builds around the fresh id.
    pub(crate) fn ask(&mut self, make: impl FnOnce(QuestionId) -> Question) {
        self.open = Some(self.put(make));
    }

    /// Asks one that messages need not wait for.
    pub(crate) fn ask_later(&mut self, make: impl FnOnce(QuestionId) -> Question) {
        self.later = Some(self.put(make));
    }

    fn put(&mut self, make: impl FnOnce(QuestionId) -> Question) -> QuestionId {
        self.number = self.number.wrapping_add(1);
        let id = QuestionId { connection: self.connection, number: self.number };
        self.room().question = Some(make(id));
        id
    }

    /// A buffer to write a message in. It is given back with [`Asker::take_back`].
    pub(crate) fn blank(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.room().raw)
    }

    /// The buffer of a message that is out.
    pub(crate) fn take_back(&mut self, mut raw: Vec<u8>) {
        raw.clear();
        self.room().raw = raw;
    }

    /// An empty block to put extensions in. It is given back with [`Asker::take_back_block`].
    pub(crate) fn block(&mut self) -> ExtensionBlock {
        let mut block = core::mem::take(&mut self.room().block);
        block.reserve(BLOCK_ROOM);
        block
    }

    /// The block of a message that is written.
    pub(crate) fn take_back_block(&mut self, mut block: ExtensionBlock) {
        block.clear();
        self.room().block = block;
    }

    fn room(&mut self) -> &mut Room {
        self.room.get_or_insert_with(|| {
            let (raw, block) = (Vec::with_capacity(MESSAGE_ROOM), ExtensionBlock::new());
            Box::new(Room { question: None, raw, block })
        })
    }
}
