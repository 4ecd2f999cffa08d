//! The two configurations of a test, from few words.

use crate::random::Seeded;
use crate::trace::Log;
use crate::world::{NOW, World};
use handfast::crypto::signature::SCHEMES;
use handfast::crypto::{KeyKind, Provider, SigningKey};
use handfast::wire::{CipherSuite, NamedGroup, SignatureScheme};
use handfast::{
    Admission, Answer, AntiReplay, ClientAuth, ClientConfig, ClientConfigBuilder, ExternalPsk, FindPsk, FixedClock,
    Identity, KeepSessions, Kept, MemoryStore, Offer, PathVerifier, Purpose, Question, Resolve, ResumeQuestion,
    ServerConfig, ServerConfigBuilder, SessionName, StrikeRegister, Ticketer,
};
use std::sync::Arc;

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The configurations.
    Now,
    /// The test, question by question, with the same answers.
    Ask,
}

/// What a test wants.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Who decides.
    pub mode: Mode,
    /// The kind of the leaves' keys.
    pub key: KeyKind,
    /// The client's suites; `None` for the default.
    pub suites: Option<Vec<CipherSuite>>,
    /// The client's groups; `None` for the default.
    pub client_groups: Option<Vec<NamedGroup>>,
    /// The server's groups; `None` for the default.
    pub server_groups: Option<Vec<NamedGroup>>,
    /// Whether a client certificate is wanted.
    pub client_auth: ClientAuth,
    /// Whether the client has one.
    pub client_certificate: bool,
    /// The client's protocols.
    pub client_protocols: Vec<&'static str>,
    /// The server's protocols.
    pub server_protocols: Vec<&'static str>,
    /// Who keeps the server's sessions.
    pub keeping: Keeping,
    /// The external keys the server knows; with none it takes none.
    pub psks: Vec<ExternalPsk>,
    /// How much early data goes with a ticket, in bytes.
    pub early_data: u32,
    /// Whether the register of early data knows what was before.
    pub warm: bool,
    /// Where the client's randomness begins.
    pub client_seed: u64,
    /// Where the server's does.
    pub server_seed: u64,
}

/// Who keeps the sessions of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Its configuration, in tickets; never asked.
    Own,
    /// A ticketer.
    Tickets,
    /// A store in memory.
    Store,
}

impl Keeping {
    fn keeper(self) -> Option<Arc<dyn KeepSessions>> {
        let provider = || Provider { random: Seeded::new(55), ..handfast::rustcrypto::provider() };
        match self {
            Self::Own => None,
            Self::Tickets => Some(Arc::new(Ticketer::new(provider()))),
            Self::Store => Some(Arc::new(MemoryStore::default())),
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            mode: Mode::Now,
            key: KeyKind::P256,
            suites: None,
            client_groups: Some(vec![NamedGroup::X25519, NamedGroup::SECP256R1]),
            server_groups: Some(vec![NamedGroup::X25519, NamedGroup::SECP256R1]),
            client_auth: ClientAuth::None,
            client_certificate: false,
            client_protocols: vec!["h2", "http/1.1"],
            server_protocols: vec!["http/1.1"],
            keeping: Keeping::Own,
            psks: Vec::new(),
            early_data: 0,
            warm: true,
            client_seed: 11,
            server_seed: 22,
        }
    }
}

/// The configurations, the logs that watch them, and the answers in case they ask.
#[derive(Clone)]
pub struct Made {
    /// The client's.
    pub client: Arc<ClientConfig>,
    /// The server's, behind an admission that may ask for it.
    pub admission: Admission,
    /// What the server's admission leads to.
    pub server: Arc<ServerConfig>,
    /// What the client saw.
    pub client_log: Arc<Log>,
    /// What the server saw.
    pub server_log: Arc<Log>,
    /// For the client's questions.
    pub client_answers: Answers,
    /// For the server's questions.
    pub server_answers: Answers,
}

impl Setup {
    /// Both configurations.
    pub fn make(&self) -> Made {
        self.make_with(|client| client, |server| server)
    }

    /// Both configurations, with a last word on each.
    pub fn make_with(
        &self,
        client: impl FnOnce(ClientConfigBuilder) -> ClientConfigBuilder,
        server_word: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder,
    ) -> Made {
        let world = World::of(self.key);
        let (client_log, server_log) = (Log::new(), Log::new());
        let client = client(self.client(world, &client_log)).build().expect("a client configuration");
        let sessions = Sessions::of(self);
        let server = sessions.configure(self.mode, self.server(world, &server_log));
        let server = server_word(server).build().expect("a server configuration");
        let mut admission = Admission::from(server.clone());
        if self.mode == Mode::Ask {
            admission.config = Resolve::Ask;
        }
        let answers = |provider: &Provider, identity: Option<&Arc<Identity>>, sessions: Sessions| Answers {
            verifier: Arc::new(PathVerifier::new(provider.clone(), world.anchors.clone())),
            identity: identity.cloned(),
            server: server.clone(),
            provider: provider.clone(),
            sessions,
            other: None,
        };
        let identity = self.client_certificate.then_some(&world.client);
        Made {
            client_answers: answers(client.provider(), identity, Sessions::default()),
            server_answers: answers(server.provider(), Some(&world.server), sessions),
            client,
            admission,
            server,
            client_log,
            server_log,
        }
    }

    fn client(&self, world: &World, log: &Arc<Log>) -> ClientConfigBuilder {
        let provider = Provider { random: Seeded::new(self.client_seed), ..handfast::rustcrypto::provider() };
        let mut builder = ClientConfig::builder_with(provider)
            .protocols(self.client_protocols.iter().copied())
            .clock(Arc::new(FixedClock(NOW)))
            .trace(log.clone());
        if let Some(suites) = &self.suites {
            builder = builder.suites(suites.iter().copied());
        }
        if let Some(groups) = &self.client_groups {
            builder = builder.groups(groups.iter().copied());
        }
        match self.mode {
            Mode::Ask => {
                builder.verifier(Resolve::Ask).identities(Resolve::Ask).peer_domain(PEERS).session_context("asked")
            }
            Mode::Now if self.client_certificate => {
                builder.anchors(world.anchors.clone()).identity(world.client.clone())
            }
            Mode::Now => builder.anchors(world.anchors.clone()),
        }
    }

    fn server(&self, world: &World, log: &Arc<Log>) -> ServerConfigBuilder {
        let provider = Provider { random: Seeded::new(self.server_seed), ..handfast::rustcrypto::provider() };
        let mut builder = ServerConfig::builder_with(provider)
            .protocols(self.server_protocols.iter().copied())
            .clock(Arc::new(FixedClock(NOW)))
            .trace(log.clone());
        if let Some(suites) = &self.suites {
            builder = builder.suites(suites.iter().copied());
        }
        if let Some(groups) = &self.server_groups {
            builder = builder.groups(groups.iter().copied());
        }
        if self.client_auth != ClientAuth::None {
            builder = builder.client_auth(self.client_auth, world.anchors.clone());
        }
        match (self.mode, self.client_auth) {
            (Mode::Now, ClientAuth::None) => builder.identity(world.server.clone()),
            (Mode::Now, _) => builder.identity(world.server.clone()).peer_domain(PEERS),
            (Mode::Ask, ClientAuth::None) => builder.identities(Resolve::Ask),
            (Mode::Ask, mode) => {
                builder.identities(Resolve::Ask).client_verifier(mode, Resolve::Ask).peer_domain(PEERS)
            }
        }
    }
}

/// What the answers accept as a peer, by its name.
const PEERS: [u8; 32] = [7; 32];

/// What a server has of sessions and keys, whoever answers from it.
#[derive(Clone, Default)]
struct Sessions {
    keeper: Option<Arc<dyn KeepSessions>>,
    psks: Vec<ExternalPsk>,
    early_data: u32,
    anti_replay: Option<Arc<dyn AntiReplay>>,
}

impl Sessions {
    fn of(setup: &Setup) -> Self {
        let register = StrikeRegister::default();
        let register = if setup.warm { register.warm_since(0) } else { register };
        Self {
            keeper: setup.keeping.keeper(),
            psks: setup.psks.clone(),
            early_data: setup.early_data,
            anti_replay: (setup.early_data > 0).then(|| Arc::new(register) as Arc<dyn AntiReplay>),
        }
    }

    fn configure(&self, mode: Mode, mut builder: ServerConfigBuilder) -> ServerConfigBuilder {
        if let Some(keeper) = &self.keeper {
            builder = match mode {
                Mode::Now => builder.sessions(keeper.clone()),
                Mode::Ask => builder.ask_sessions(keeper.tickets(), keeper.session_ids()),
            };
        }
        if !self.psks.is_empty() {
            builder = builder.psks(match mode {
                Mode::Now => Resolve::Now(Arc::new(self.psks.clone())),
                Mode::Ask => Resolve::Ask,
            });
        }
        if let Some(anti_replay) = &self.anti_replay {
            builder = builder.early_data(self.early_data).anti_replay(match mode {
                Mode::Now => Resolve::Now(anti_replay.clone()),
                Mode::Ask => Resolve::Ask,
            });
        }
        builder
    }

    /// As a configuration does: the first offer with something behind it.
    fn resume(&self, mut question: ResumeQuestion) -> Answer {
        for (at, offer) in question.offers().to_vec().iter().enumerate() {
            let found = self.keeper.as_ref().and_then(|keeper| {
                let name = match offer {
                    Offer::SessionId(id) => SessionName::Id(id),
                    Offer::Identity { identity, .. } if !keeper.tickets() => SessionName::Id(identity),
                    Offer::Ticket(ticket) | Offer::Identity { identity: ticket, .. } => SessionName::Ticket(ticket),
                };
                keeper.resume(name, NOW)
            });
            if found.is_some_and(|found| question.session(at, &found.state, found.renew).is_ok()) {
                let keys: Vec<_> = question.keys().map(<[u8]>::to_vec).collect();
                keys.iter().filter_map(|key| self.psks.find(key)).for_each(|psk| question.known(psk));
                break;
            }
            if let Some(psk) = self.psks.find(offer.name()) {
                question.external(at, psk);
                break;
            }
        }
        question.done()
    }
}

/// Answers questions as a configuration would.
#[derive(Clone)]
pub struct Answers {
    verifier: Arc<PathVerifier>,
    identity: Option<Arc<Identity>>,
    server: Arc<ServerConfig>,
    provider: Provider,
    sessions: Sessions,
    /// Answers what the others do not, such as the questions of TLS 1.2.
    pub other: Option<fn(Question) -> Answer>,
}

impl Answers {
    /// Presents this from here on.
    pub fn present(&mut self, identity: Arc<Identity>) {
        self.identity = Some(identity);
    }

    /// The answer; to a request to sign, with a bit wrong if `faulty`.
    pub fn answer(&self, question: Question, faulty: bool) -> Answer {
        match question {
            Question::Config(question) => question.serve(self.server.clone()),
            Question::Credential(question) => match &self.identity {
                None => question.none().into(),
                Some(identity) => {
                    let scheme = question.schemes().iter().copied().find(|scheme| identity.schemes().contains(scheme));
                    match (scheme, question.purpose()) {
                        (Some(scheme), _) => question.present(identity.credential().clone(), scheme).into(),
                        (None, Purpose::Client) => question.none().into(),
                        (None, _) => question.no_scheme().into(),
                    }
                }
            },
            Question::Sign(question) => {
                let signed = self.key().sign(question.scheme(), question.message(), &*self.provider.random);
                let mut signature = signed.expect("a signature");
                if let Some(byte) = signature.last_mut().filter(|_| faulty) {
                    *byte ^= 1;
                }
                question.signature(signature).into()
            }
            Question::Peer(question) => question.verify_with(&*self.verifier, NOW).into(),
            other => match self.other {
                Some(answer) => answer(other),
                None => self.about_sessions(other),
            },
        }
    }

    fn about_sessions(&self, question: Question) -> Answer {
        match (question, &self.sessions.keeper, &self.sessions.anti_replay) {
            (Question::Resume(question), ..) => self.sessions.resume(question),
            (Question::Issue(question), Some(keeper), _) => match keeper.issue(&question, NOW) {
                Kept::Ticket { ticket, good_for } => question.ticket(ticket, good_for),
                Kept::Stored => question.stored(),
                Kept::Nothing => question.none(),
            },
            (Question::EarlyData(question), _, Some(register)) => match register.admit(&question) {
                Ok(()) => question.accept(),
                Err(why) => question.refuse(why),
            },
            (other, ..) => panic!("a question nobody expects: {other:?}"),
        }
    }

    fn key(&self) -> &Arc<dyn SigningKey> {
        let identity = self.identity.as_ref().expect("an identity, since it was presented");
        identity.signer().expect("a key that is here")
    }
}

/// Every scheme a key of `kind` signs TLS 1.3 with.
pub fn schemes_of(kind: KeyKind) -> Vec<SignatureScheme> {
    SCHEMES.iter().filter(|scheme| scheme.key == kind && scheme.signs_tls13).map(|scheme| scheme.id).collect()
}
