//! The two machines of TLS 1.2 in the handshakes of `scenarios12`.

use crate::arithmetic::{GROUPS, hashed, provider};
use crate::common::{Anybody, Effect, Notes, Seeded, Whom, credential, types};
use crate::scenarios12::{FULL, Keep, Resume, Scenario};
use handfast_crypto::SharedSecret;
use handfast_crypto::suite::Suite;
use handfast_handshake::tls12;
use handfast_handshake::{
    Answer, Candidate, ClientParams, Credential, EarlyRefusal, Epoch, Fact, Failure, Handshake, NotResumed, Offer,
    Prior, Purpose, Question, Resumable, ServerParams, Session,
};
use handfast_wire::SignatureScheme;
use pki_types::{ServerName, UnixTime};
use std::sync::Arc;
use std::time::Duration;

const SCHEMES: [SignatureScheme; 2] = [SignatureScheme::ECDSA_SECP256R1_SHA256, SignatureScheme::RSA_PSS_RSAE_SHA256];

impl Scenario {
    fn suites(self) -> Vec<&'static Suite> {
        self.suites.iter().map(|&id| Suite::find(id).unwrap()).collect()
    }

    fn client_params(self) -> ClientParams {
        ClientParams {
            groups: GROUPS.to_vec(),
            schemes: SCHEMES.to_vec(),
            protocols: vec![b"http/1.1".to_vec()],
            ocsp: true,
            own_certificate_types: types(self.raw_keys),
            peer_certificate_types: types(self.raw_keys),
            tls12: Some(tls12::ClientParams {
                suites: self.suites(),
                sign_schemes: SCHEMES.to_vec(),
                tickets: true,
                psk_sessions: true,
                false_start: self.false_start,
                min_field_bits: 2048,
                renegotiation: self.policy,
                ..tls12::ClientParams::default()
            }),
            ..ClientParams::new(provider(1))
        }
    }

    fn server_params(self) -> ServerParams {
        ServerParams {
            groups: GROUPS.to_vec(),
            schemes: SCHEMES.to_vec(),
            protocols: vec![b"http/1.1".to_vec()],
            client_auth: self.client_auth,
            staples: self.asks_staple,
            peer_certificate_types: types(self.raw_keys),
            tls12: Some(tls12::ServerParams {
                suites: self.suites(),
                sign_schemes: SCHEMES.to_vec(),
                tickets: matches!(self.keep, Keep::Tickets | Keep::EmptyTickets),
                session_ids: self.keep == Keep::Ids,
                psk_sessions: true,
                transport: Some(self.credential("transport")),
                psk_hint: self.hint.to_vec(),
                renegotiation: self.policy,
                ..tls12::ServerParams::default()
            }),
            // A second handshake has another session ID.
            ..ServerParams::new(provider(2 + u64::from(self.resume.is_some())))
        }
    }

    /// Certificates are letters: what they say decides what kind of key they have.
    fn credential(self, leaf: &'static str) -> Arc<Credential> {
        let credential = credential(leaf.as_bytes(), self.raw_keys && leaf != "transport");
        Arc::new(if self.staple { credential.with_ocsp(b"good".to_vec()) } else { credential })
    }
}

/// One machine with its notes.
pub(crate) struct Party {
    pub(crate) machine: Handshake,
    pub(crate) notes: Notes,
    scenario: Scenario,
    /// What a server keeps under a session ID.
    kept: Option<Session>,
}

impl Party {
    fn client(scenario: Scenario, session: Option<Session>) -> Self {
        let mut notes = Notes::default();
        let name = ServerName::try_from("example.org").unwrap();
        let prior = Prior { session: session.map(Box::new), ..Prior::default() };
        let machine = Handshake::client(Arc::new(scenario.client_params()), Some(name), prior, &mut notes).unwrap();
        Self { machine, notes, scenario, kept: None }
    }

    fn server(scenario: Scenario, kept: Option<Session>) -> Self {
        let machine = Handshake::server(&*Seeded::new(3)).unwrap();
        Self { machine, notes: Notes::default(), scenario, kept }
    }

    /// Takes what the peer sent, or does what this side wants.
    pub(crate) fn take(&mut self, item: &Item) -> Result<(), Failure> {
        match item {
            Item::Message(epoch, raw) => self.machine.message(*epoch, raw, true, &mut self.notes),
            Item::ChangeCipherSpec => self.machine.change_cipher_spec(&mut self.notes),
            Item::Answer => {
                assert!(self.answer());
                Ok(())
            }
            #[cfg(feature = "legacy")]
            Item::Renegotiate => self.machine.renegotiate(&mut self.notes),
            #[cfg(not(feature = "legacy"))]
            Item::Renegotiate => panic!("not in this build"),
        }
    }

    /// Answers the open question as the scenario has it; false when there is none.
    pub(crate) fn answer(&mut self) -> bool {
        let Some(question) = self.machine.question() else { return false };
        let answer = self.answer_to(question);
        self.machine.answer(answer, &mut self.notes).unwrap();
        true
    }

    fn answer_to(&mut self, question: Question) -> Answer {
        match question {
            Question::Config(question) => question.serve(Arc::new(self.scenario.server_params())),
            Question::Credential(question) => {
                let has = match question.purpose() {
                    Purpose::Client => self.scenario.client_has_certificate,
                    _ => self.scenario.server_has_certificate,
                };
                if !has {
                    return question.none();
                }
                let scheme = question.schemes()[0];
                let leaf = if scheme == SCHEMES[1] { "rsa" } else { "leaf" };
                question.present(self.scenario.credential(leaf), scheme)
            }
            Question::Staple(question) => question.response(b"good".to_vec()),
            Question::Sign(question) => {
                let signature = hashed(question.message());
                question.signature(signature)
            }
            Question::Peer(question) => {
                question.verify_with(&Anybody, UnixTime::since_unix_epoch(Duration::from_secs(1)))
            }
            Question::Resume(question) => {
                let ticket = match &question.offers()[0] {
                    Offer::Ticket(ticket) => Session::decode(ticket),
                    _ => None,
                };
                match (self.scenario.resume, ticket.or(self.kept.clone())) {
                    (Some(Resume::Known { renew }), Some(session)) => {
                        let (session, fresh) = (Box::new(session), Err(EarlyRefusal::Ticket));
                        let what = Resumable::Session { session, renew, fresh };
                        question.candidates(vec![Candidate { at: 0, what }], NotResumed::Unknown)
                    }
                    _ => question.fresh(),
                }
            }
            Question::Issue(question) if self.scenario.keep == Keep::EmptyTickets => question.none(),
            Question::Issue(question) if question.keep() == handfast_handshake::Keep::Ticket => {
                let ticket = question.session().encode().unwrap().to_vec();
                question.ticket(ticket, 300)
            }
            Question::Issue(question) => {
                self.kept = Some(question.session().clone());
                question.stored(300)
            }
            Question::Psk(question) if question.purpose() == Purpose::Client => {
                question.present(b"identity".to_vec(), SharedSecret::new(vec![7; 32]))
            }
            Question::Psk(question) => question.key(SharedSecret::new(vec![7; 32])),
            #[cfg(feature = "legacy")]
            Question::Decrypt(question) => {
                let block = SharedSecret::new(question.ciphertext().to_vec());
                question.block(block)
            }
            other => panic!("{other:?}"),
        }
    }

    /// How many handshakes it has completed.
    pub(crate) fn completed(&self) -> usize {
        let ends = |effect: &&Effect| matches!(effect, Effect::Learned(Fact::Connected | Fact::Renegotiated));
        self.notes.effects.iter().filter(ends).count()
    }

    /// What it has for the peer, in the order of its making.
    fn outgoing(&mut self) -> Vec<Item> {
        let effects = std::mem::take(&mut self.notes.effects);
        let (outgoing, rest) =
            effects.into_iter().partition(|e| matches!(e, Effect::Sent(..) | Effect::ChangeCipherSpec));
        self.notes.effects = rest;
        let item = |effect| match effect {
            Effect::Sent(epoch, raw) => Item::Message(epoch, raw),
            _ => Item::ChangeCipherSpec,
        };
        Vec::into_iter(outgoing).map(item).collect()
    }

    fn session(&self) -> Option<Session> {
        self.notes.effects.iter().find_map(|effect| match effect {
            Effect::Learned(Fact::Session(session)) => Some(Session::clone(session)),
            _ => None,
        })
    }
}

/// What moves a machine.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Message(Epoch, Vec<u8>),
    ChangeCipherSpec,
    Answer,
    /// It wants another handshake itself.
    Renegotiate,
}

/// A handshake as it can be repeated.
pub(crate) struct Trace {
    pub(crate) scenario: Scenario,
    session: Option<Session>,
    kept: Option<Session>,
    pub(crate) steps: Vec<(Whom, Item)>,
}

impl Trace {
    /// Runs a handshake to its end, after another one where there must be a session.
    pub(crate) fn record(scenario: Scenario) -> Self {
        let (session, kept) = match scenario.resume {
            None => (None, None),
            Some(resume) => {
                // One that nobody knows may as well be of another suite.
                let known = matches!(resume, Resume::Known { .. });
                let suites = if known { scenario.suites } else { FULL.suites };
                let first = Self::record(Scenario { resume: None, suites, ..scenario });
                let [client, server] = [Whom::Client, Whom::Server].map(|whom| first.replay(whom, first.steps.len()));
                (Some(client.session().expect("a session")), server.kept)
            }
        };
        let mut trace = Self { scenario, session, kept, steps: Vec::new() };
        let (mut client, mut server) = (trace.party(Whom::Client), trace.party(Whom::Server));
        trace.run(&mut client, &mut server);
        if let Some(whom) = scenario.again {
            let party = if whom == Whom::Client { &mut client } else { &mut server };
            trace.steps.push((whom, Item::Renegotiate));
            party.take(&Item::Renegotiate).unwrap();
            trace.run(&mut client, &mut server);
        }
        let name = scenario.name;
        assert_eq!((client.machine.state(), server.machine.state()), ("CONNECTED", "CONNECTED"), "{name}");
        assert_eq!([client.completed(), server.completed()], [trace.handshakes(); 2], "{name}");
        trace
    }

    /// How many handshakes it is.
    pub(crate) fn handshakes(&self) -> usize {
        1 + usize::from(self.scenario.again.is_some())
    }

    fn run(&mut self, client: &mut Party, server: &mut Party) {
        loop {
            let before = self.steps.len();
            for whom in [Whom::Server, Whom::Client] {
                let (from, to) = match whom {
                    Whom::Server => (&mut *client, &mut *server),
                    Whom::Client => (&mut *server, &mut *client),
                };
                for item in from.outgoing() {
                    to.take(&item).unwrap_or_else(|e| panic!("{}: {whom:?} takes {item:?}: {e}", self.scenario.name));
                    self.steps.push((whom, item));
                    while to.answer() {
                        self.steps.push((whom, Item::Answer));
                    }
                }
            }
            if self.steps.len() == before {
                return;
            }
        }
    }

    /// A party at the beginning.
    pub(crate) fn party(&self, whom: Whom) -> Party {
        match whom {
            Whom::Client => Party::client(self.scenario, self.session.clone()),
            Whom::Server => Party::server(self.scenario, self.kept.clone()),
        }
    }

    /// The party of `whom` after so many steps.
    pub(crate) fn replay(&self, whom: Whom, steps: usize) -> Party {
        let mut party = self.party(whom);
        for (_, item) in self.steps[..steps].iter().filter(|step| step.0 == whom) {
            party.take(item).unwrap();
        }
        party
    }

    /// What `whom` gets from the peer, and what it wants itself; it answers its questions as they come.
    pub(crate) fn items(&self, whom: Whom) -> Vec<Item> {
        let own = self.steps.iter().filter(|(of, item)| *of == whom && !matches!(item, Item::Answer));
        own.map(|(_, item)| item.clone()).collect()
    }
}
