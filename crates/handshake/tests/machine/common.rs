//! Two machines and hosts that only take notes: no records, no certificates, no clock.

use crate::arithmetic::{GROUPS, hashed, provider};
use crate::scenarios::{Before, Scenario};
use handfast_crypto::{Digest, HashAlgorithm, KeyKind, PublicKey, Random, Suite};
use handfast_handshake::{
    Answer, Candidate, CertificateCompressor, ClientParams, Compression, Credential, Direction, Epoch, ExternalPsk,
    Fact, Failure, Handshake, Host, Keep, KeyUse, NotResumed, Offer, PeerCredential, Prior, PskRole, Purpose, Question,
    Rejection, Resumable, ServerParams, Session, UnknownPsk, VerifyPeer,
};
use handfast_schedule::TrafficSecret;
use handfast_wire::{
    CertificateType, CompressionAlgorithm, Message, MessageKind, NamedGroup, SignatureScheme, Violation,
};
use pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a machine told its host.
#[derive(Debug)]
pub(crate) enum Effect {
    Sent(Epoch, Vec<u8>),
    Installed(Direction, Epoch),
    ChangeCipherSpec,
    Unprotected,
    UpdateRequested,
    Learned(Fact),
    Warned(handfast_wire::AlertDescription),
}

/// When everything happens, in milliseconds since 1970.
pub(crate) const NOW: u64 = 1_800_000_000_000;

/// A host that takes notes.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) effects: Vec<Effect>,
    /// The secrets that were installed.
    pub(crate) secrets: Vec<(Direction, Epoch, Vec<u8>)>,
    pub(crate) early_exporter: Option<Vec<u8>>,
    /// What data is sent under.
    application: Option<TrafficSecret>,
}

impl Notes {
    pub(crate) fn sent(&mut self) -> Vec<(Epoch, Vec<u8>)> {
        let effects = std::mem::take(&mut self.effects);
        let (sent, rest): (Vec<_>, Vec<_>) = effects.into_iter().partition(|effect| matches!(effect, Effect::Sent(..)));
        self.effects = rest;
        sent.into_iter()
            .filter_map(|effect| if let Effect::Sent(epoch, raw) = effect { Some((epoch, raw)) } else { None })
            .collect()
    }
}

impl Host for Notes {
    fn send(&mut self, epoch: Epoch, raw: &[u8]) -> Result<(), Failure> {
        self.effects.push(Effect::Sent(epoch, raw.to_vec()));
        Ok(())
    }

    fn install(
        &mut self,
        direction: Direction,
        epoch: Epoch,
        secret: &TrafficSecret,
        _: &'static Suite,
    ) -> Result<(), Failure> {
        self.secrets.push((direction, epoch, secret.as_bytes().to_vec()));
        if (direction, epoch) == (Direction::Send, Epoch::Application) {
            self.application = Some(secret.clone());
        }
        self.effects.push(Effect::Installed(direction, epoch));
        Ok(())
    }

    fn install_keys(&mut self, direction: Direction, _: handfast_crypto::RecordKeys) -> Result<(), Failure> {
        self.effects.push(Effect::Installed(direction, Epoch::Handshake));
        Ok(())
    }

    fn warn(&mut self, alert: handfast_wire::AlertDescription) -> Result<(), Failure> {
        self.effects.push(Effect::Warned(alert));
        Ok(())
    }

    fn may_renegotiate(&mut self) -> bool {
        true
    }

    fn change_cipher_spec(&mut self) -> Result<(), Failure> {
        self.effects.push(Effect::ChangeCipherSpec);
        Ok(())
    }

    fn update_requested(&mut self) -> Result<(), Failure> {
        self.effects.push(Effect::UpdateRequested);
        Ok(())
    }

    fn unprotect(&mut self) -> Result<(), Failure> {
        self.effects.push(Effect::Unprotected);
        Ok(())
    }

    fn verify_data(&mut self, transcript: &Digest) -> Result<Digest, Failure> {
        Ok(self.application.as_ref().expect("a key for data").verify_data(transcript)?)
    }

    fn now(&mut self) -> u64 {
        NOW
    }

    fn learn(&mut self, fact: Fact) {
        if let Fact::EarlyExporter(secret) = &fact {
            self.early_exporter = Some(secret.as_bytes().to_vec());
        }
        self.effects.push(Effect::Learned(fact));
    }

    fn leaf_key(&mut self, credential: &PeerCredential, _: KeyUse) -> Result<PublicKey, Violation> {
        Ok(leaf_key(credential.leaf().unwrap()))
    }
}

/// Certificates are letters: what they say decides what kind of key they have.
pub(crate) fn leaf_key(leaf: &[u8]) -> PublicKey {
    let kind = match leaf {
        b"leaf" => KeyKind::P256,
        b"rsa" | b"transport" => KeyKind::Rsa,
        other => panic!("{other:?}"),
    };
    PublicKey { kind, bytes: leaf.to_vec() }
}

/// Compresses by reading backwards.
struct Backwards;

impl CertificateCompressor for Backwards {
    fn algorithm(&self) -> CompressionAlgorithm {
        CompressionAlgorithm(0xff00)
    }

    fn compress(&self, body: &[u8]) -> Option<Vec<u8>> {
        Some(body.iter().rev().copied().collect())
    }

    fn decompress(&self, compressed: &[u8], out: &mut [u8]) -> bool {
        out.iter_mut().zip(compressed.iter().rev()).for_each(|(out, byte)| *out = *byte);
        out.len() == compressed.len()
    }
}

/// Repeatable randomness.
pub(crate) struct Seeded(Mutex<u64>);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(seed)))
    }
}

impl Random for Seeded {
    fn fill(&self, out: &mut [u8]) -> Result<(), handfast_crypto::CryptoError> {
        let mut state = self.0.lock().unwrap();
        for byte in out {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (*state >> 56) as u8;
        }
        Ok(())
    }
}

impl Scenario {
    pub(crate) fn client_params(self) -> ClientParams {
        ClientParams {
            suites: handfast_crypto::suite::TLS13_SUITES.iter().collect(),
            groups: GROUPS[..2].to_vec(),
            shares: vec![NamedGroup::X25519],
            schemes: SCHEMES.to_vec(),
            sign_schemes: SCHEMES.to_vec(),
            protocols: self.protocols(),
            post_handshake_auth: self.late.is_some(),
            record_size_limit: Some(16385),
            grease: true,
            permute: true,
            middlebox: true,
            tickets: true,
            ocsp: self.staple,
            compression: self.compression(),
            own_certificate_types: types(self.raw_keys),
            peer_certificate_types: types(self.raw_keys),
            ..ClientParams::new(provider(1))
        }
    }

    pub(crate) fn server_params(self) -> ServerParams {
        ServerParams {
            suites: handfast_crypto::suite::TLS13_SUITES.iter().collect(),
            groups: vec![GROUPS[usize::from(self.retry)]],
            prefer_hybrid: true,
            schemes: SCHEMES.to_vec(),
            sign_schemes: SCHEMES.to_vec(),
            protocols: self.protocols(),
            client_auth: self.client_auth,
            authorities: vec![vec![0x30, 0x00]],
            staples: self.staple,
            sessions: Some(Keep::Ticket),
            tickets: self.tickets,
            max_early_data: 100,
            psks: matches!(self.prior, Before::Key | Before::SessionAndKey).then_some(UnknownPsk::Certificate),
            grease: true,
            compression: self.compression(),
            peer_certificate_types: types(self.raw_keys),
            ..ServerParams::new(provider(2))
        }
    }

    /// RFC 8740: HTTP/2 does not go with a request after the handshake.
    fn protocols(self) -> Vec<Vec<u8>> {
        vec![if self.late.is_some() { b"http/1.1".to_vec() } else { b"h2".to_vec() }]
    }

    fn compression(self) -> Compression {
        let compressors = if self.compressed { vec![Arc::new(Backwards) as _] } else { Vec::new() };
        Compression { compressors, limit: 1000 }
    }

    /// What the client offers, with the session of an earlier handshake.
    fn prior(self, session: Option<Session>) -> Prior {
        let psks = match self.prior {
            Before::Key | Before::SessionAndKey => vec![key(PskRole::Client)],
            Before::Nothing | Before::Session => vec![],
        };
        Prior { session: session.map(Box::new), psks, early_data: self.early.is_some() }
    }

    /// The handshake in which the session was made that this one offers.
    fn before(self) -> Option<Self> {
        let first = Self { prior: Before::Nothing, tickets: 1, retry: false, known: true, early: None, ..self };
        match self.prior {
            Before::Nothing | Before::Key => None,
            Before::Session => Some(first),
            Before::SessionAndKey => Some(Self { prior: Before::Key, ..first }),
        }
    }
}

const SCHEMES: [SignatureScheme; 1] = [SignatureScheme::ECDSA_SECP256R1_SHA256];

fn key(role: PskRole) -> ExternalPsk {
    ExternalPsk::new(role, "key", &[7; 32], HashAlgorithm::Sha256).unwrap()
}

/// The kinds of certificate that both sides have and take.
pub(crate) fn types(raw_keys: bool) -> Vec<CertificateType> {
    vec![if raw_keys { CertificateType::RAW_PUBLIC_KEY } else { CertificateType::X509 }]
}

/// Certificates and keys are words.
pub(crate) fn credential(word: &[u8], raw: bool) -> Credential {
    let key = leaf_key(word);
    if raw {
        return Credential::raw(word.to_vec().into(), key).unwrap();
    }
    Credential::new(vec![CertificateDer::from(word.to_vec())], key).unwrap()
}

pub(crate) struct Anybody;

impl VerifyPeer for Anybody {
    fn verify(&self, _: &handfast_handshake::PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
        Ok(())
    }
}

/// One machine with its notes.
pub(crate) struct Party {
    pub(crate) machine: Handshake,
    pub(crate) notes: Notes,
    scenario: Scenario,
}

impl Party {
    fn client(scenario: Scenario, session: Option<Session>) -> Self {
        let mut notes = Notes::default();
        let name = ServerName::try_from("example.org").unwrap();
        let (params, prior) = (Arc::new(scenario.client_params()), scenario.prior(session));
        let machine = Handshake::client(params, Some(name), prior, &mut notes).unwrap();
        Self { machine, notes, scenario }
    }

    pub(crate) fn server(scenario: Scenario) -> Self {
        let machine = Handshake::server(&*Seeded::new(3)).unwrap();
        Self { machine, notes: Notes::default(), scenario }
    }

    pub(crate) fn take(&mut self, epoch: Epoch, raw: &[u8]) -> Result<(), Failure> {
        self.machine.message(epoch, raw, true, &mut self.notes)
    }

    /// Takes what the peer sent, or answers.
    pub(crate) fn step(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Message(_, epoch, raw) => self.take(*epoch, raw),
            Step::Answer(_) => self.answer().map(|answered| assert!(answered)),
            Step::Request => {
                self.request();
                Ok(())
            }
        }
    }

    /// Asks for a certificate after the handshake.
    fn request(&mut self) {
        assert!(self.machine.may_request_certificate() && !self.machine.awaits_certificate());
        let params = ServerParams { client_auth: self.scenario.late.unwrap(), ..self.scenario.server_params() };
        self.machine.request_certificate(Arc::new(params), &mut self.notes).unwrap();
        assert!(self.machine.awaits_certificate() && !self.machine.may_request_certificate());
    }

    /// Answers the open question as the scenario has it; false when there is none.
    pub(crate) fn answer(&mut self) -> Result<bool, Failure> {
        let Some(question) = self.machine.question() else { return Ok(false) };
        let answer = self.answer_to(question);
        self.machine.answer(answer, &mut self.notes).map(|()| true)
    }

    pub(crate) fn answer_to(&self, question: Question) -> Answer {
        match question {
            Question::Config(question) => question.serve(Arc::new(self.scenario.server_params())),
            Question::Credential(question) => {
                let is_client = question.purpose() == Purpose::Client;
                if is_client && !self.scenario.client_has_certificate {
                    return question.none();
                }
                question.present(Arc::new(credential(b"leaf", self.scenario.raw_keys)), SCHEMES[0])
            }
            Question::Staple(question) => question.response(b"good".to_vec()),
            Question::Sign(question) => {
                let signature = hashed(question.message());
                question.signature(signature)
            }
            Question::Peer(question) => {
                question.verify_with(&Anybody, UnixTime::since_unix_epoch(Duration::from_secs(1)))
            }
            Question::Resume(question) if self.scenario.known => {
                let behind = |offer: &Offer| match Session::decode(offer.name()) {
                    // A ticket is the session itself.
                    Some(session) => Resumable::Session { session: Box::new(session), renew: false, fresh: Ok(NOW) },
                    None => Resumable::External(key(PskRole::Server)),
                };
                let found = question.offers().iter().map(behind).enumerate();
                let found = found.map(|(at, what)| Candidate { at, what }).collect();
                question.candidates(found, NotResumed::Unknown)
            }
            Question::Resume(question) => question.fresh(),
            Question::EarlyData(question) => match self.scenario.early.unwrap() {
                Ok(()) => question.accept(),
                Err(why) => question.refuse(why),
            },
            Question::Issue(question) => {
                let ticket = question.session().encode().unwrap().to_vec();
                question.ticket(ticket, 300)
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn session(&self) -> Option<Session> {
        self.notes.effects.iter().find_map(|effect| match effect {
            Effect::Learned(Fact::Session(session)) => Some(Session::clone(session)),
            _ => None,
        })
    }

    /// Whether it has completed the handshake.
    pub(crate) fn is_connected(&self) -> bool {
        self.notes.effects.iter().any(|effect| matches!(effect, Effect::Learned(Fact::Connected)))
    }
}

/// Who a step of a recorded handshake moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    Client,
    Server,
}

/// One step of a handshake, as it can be repeated.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Message(Whom, Epoch, Vec<u8>),
    Answer(Whom),
    /// The server asks for a certificate after the handshake.
    Request,
}

impl Step {
    pub(crate) fn whom(&self) -> Whom {
        match self {
            Self::Message(whom, ..) | Self::Answer(whom) => *whom,
            Self::Request => Whom::Server,
        }
    }
}

/// A handshake as it can be repeated.
pub(crate) struct Trace {
    pub(crate) scenario: Scenario,
    session: Option<Session>,
    pub(crate) steps: Vec<Step>,
}

impl Trace {
    /// Runs a handshake to its end, after another one where there must be a session.
    pub(crate) fn record(scenario: Scenario) -> Self {
        let session = scenario.before().map(|first| {
            let first = Self::record(first);
            first.replay(Whom::Client, first.steps.len()).session().expect("a session")
        });
        let mut trace = Self { scenario, session, steps: Vec::new() };
        let (mut client, mut server) = (trace.party(Whom::Client), trace.party(Whom::Server));
        loop {
            let before = trace.steps.len();
            for (whom, from, to) in [(Whom::Server, 0, 1), (Whom::Client, 1, 0)] {
                let parties = &mut [&mut client, &mut server];
                for (epoch, raw) in parties[from].notes.sent() {
                    trace.steps.push(Step::Message(whom, epoch, raw.clone()));
                    parties[to].take(epoch, &raw).unwrap_or_else(|e| panic!("{}: {whom:?}: {e}", scenario.name));
                    while parties[to].answer().unwrap() {
                        trace.steps.push(Step::Answer(whom));
                    }
                }
            }
            if trace.steps.len() == before {
                let has_asked = trace.steps.iter().any(|step| matches!(step, Step::Request));
                if has_asked || scenario.late.is_none() || !server.machine.may_request_certificate() {
                    break;
                }
                server.request();
                trace.steps.push(Step::Request);
            }
        }
        let states = (client.machine.state(), server.machine.state());
        assert_eq!(states, ("CONNECTED", "CONNECTED"), "{}", scenario.name);
        trace
    }

    /// A party at the beginning.
    pub(crate) fn party(&self, whom: Whom) -> Party {
        match whom {
            Whom::Client => Party::client(self.scenario, self.session.clone()),
            Whom::Server => Party::server(self.scenario),
        }
    }

    /// The party of `whom` after so many steps.
    pub(crate) fn replay(&self, whom: Whom, steps: usize) -> Party {
        let mut party = self.party(whom);
        for step in self.steps[..steps].iter().filter(|step| step.whom() == whom) {
            party.step(step).unwrap();
        }
        party
    }
}

pub(crate) fn kind(raw: &[u8]) -> MessageKind {
    Message::kind_of(raw)
}
