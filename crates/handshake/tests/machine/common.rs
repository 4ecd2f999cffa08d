//! Two machines and hosts that only take notes: no records, no certificates, no clock.

use handfast_crypto::{KeyKind, Provider, PublicKey, Random, SigningKey, Suite};
use handfast_handshake::{
    Answer, ClientAuth, ClientParams, Credential, Direction, Epoch, Fact, Failure, Handshake, Host, KeyUse,
    PeerCredential, Prior, Question, Rejection, ServerParams, VerifyPeer,
};
use handfast_schedule::TrafficSecret;
use handfast_wire::{Message, MessageKind, NamedGroup, SignatureScheme, Violation};
use pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

/// A P-256 key, made by `openssl ecparam -genkey -name prime256v1 -outform DER | openssl pkcs8 -topk8 -nocrypt`.
const KEY: &str = include_str!("key.hex");

/// Loaded once: what it signs does not depend on who asks.
static SIGNER: LazyLock<Arc<dyn SigningKey>> = LazyLock::new(|| {
    let der: Vec<u8> = KEY
        .trim()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let key = PrivateKeyDer::try_from(der).unwrap();
    handfast_rustcrypto::provider().keys.load(&key).unwrap()
});

/// What a machine told its host.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a few dozen of them, in a test")]
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
        _: &TrafficSecret,
        _: &'static Suite,
    ) -> Result<(), Failure> {
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

    fn now(&mut self) -> u64 {
        NOW
    }

    fn learn(&mut self, fact: Fact) {
        self.effects.push(Effect::Learned(fact));
    }

    fn leaf_key(&mut self, credential: &PeerCredential, _: KeyUse) -> Result<PublicKey, Violation> {
        Ok(leaf_key(&credential.chain[0]))
    }
}

/// Certificates are the letters "leaf" here, with the one key there is, or others, with keys that do nothing.
pub(crate) fn leaf_key(leaf: &[u8]) -> PublicKey {
    match leaf {
        b"leaf" => SIGNER.public_key().clone(),
        b"rsa" | b"transport" => PublicKey { kind: KeyKind::Rsa, bytes: leaf.to_vec() },
        other => panic!("{other:?}"),
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

/// What differs between the handshakes that are walked through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) client_auth: ClientAuth,
    pub(crate) client_has_certificate: bool,
    pub(crate) retry: bool,
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario { client_auth: ClientAuth::None, client_has_certificate: false, retry: false },
    Scenario { client_auth: ClientAuth::None, client_has_certificate: false, retry: true },
    Scenario { client_auth: ClientAuth::Request, client_has_certificate: false, retry: false },
    Scenario { client_auth: ClientAuth::Require, client_has_certificate: true, retry: true },
];

fn provider(seed: u64) -> Provider {
    Provider { random: Seeded::new(seed), ..handfast_rustcrypto::provider() }
}

pub(crate) fn client_params(seed: u64) -> ClientParams {
    let provider = provider(seed);
    let groups = [NamedGroup::X25519, NamedGroup::SECP256R1].map(|name| provider.group(name).unwrap());
    ClientParams {
        suites: handfast_crypto::suite::TLS13_SUITES.iter().collect(),
        groups: groups.to_vec(),
        shares: vec![NamedGroup::X25519],
        schemes: vec![SignatureScheme::ECDSA_SECP256R1_SHA256],
        certificate_schemes: vec![],
        sign_schemes: vec![SignatureScheme::ECDSA_SECP256R1_SHA256],
        protocols: vec![b"h2".to_vec()],
        record_size_limit: Some(16385),
        grease: true,
        permute: true,
        middlebox: true,
        ..ClientParams::new(provider)
    }
}

pub(crate) fn server_params(seed: u64, scenario: Scenario) -> ServerParams {
    let provider = provider(seed);
    let group = if scenario.retry { NamedGroup::SECP256R1 } else { NamedGroup::X25519 };
    ServerParams {
        suites: handfast_crypto::suite::TLS13_SUITES.iter().collect(),
        prefer_own_suites: true,
        groups: vec![provider.group(group).unwrap()],
        prefer_hybrid: true,
        schemes: vec![SignatureScheme::ECDSA_SECP256R1_SHA256],
        certificate_schemes: vec![],
        sign_schemes: vec![SignatureScheme::ECDSA_SECP256R1_SHA256],
        protocols: vec![b"h2".to_vec()],
        client_auth: scenario.client_auth,
        authorities: vec![vec![0x30, 0x00]],
        record_size_limit: 16385,
        ..ServerParams::new(provider)
    }
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
    pub(crate) fn client(scenario: Scenario) -> Self {
        let mut notes = Notes::default();
        let name = ServerName::try_from("example.org").unwrap();
        let machine = Handshake::client(Arc::new(client_params(1)), Some(name), Prior::default(), &mut notes).unwrap();
        Self { machine, notes, scenario }
    }

    pub(crate) fn server(scenario: Scenario) -> Self {
        let machine = Handshake::server(&*Seeded::new(3)).unwrap();
        Self { machine, notes: Notes::default(), scenario }
    }

    pub(crate) fn take(&mut self, epoch: Epoch, raw: &[u8]) -> Result<(), Failure> {
        self.machine.message(epoch, raw, true, &mut self.notes)
    }

    /// Answers the open question as the scenario has it; false when there is none.
    pub(crate) fn answer(&mut self) -> bool {
        let Some(question) = self.machine.question() else { return false };
        let answer = self.answer_to(question);
        self.machine.answer(answer, &mut self.notes).unwrap();
        true
    }

    pub(crate) fn answer_to(&self, question: Question) -> Answer {
        match question {
            Question::Config(question) => question.serve(Arc::new(server_params(2, self.scenario))),
            Question::Credential(question) => {
                let is_client = question.purpose() == handfast_handshake::Purpose::Client;
                if is_client && !self.scenario.client_has_certificate {
                    return question.none();
                }
                let chain = vec![CertificateDer::from(b"leaf".to_vec())];
                question.present(
                    Arc::new(Credential::new(chain, SIGNER.public_key().clone()).unwrap()),
                    SignatureScheme::ECDSA_SECP256R1_SHA256,
                )
            }
            Question::Sign(question) => {
                let signature = SIGNER.sign(question.scheme(), question.message(), &*Seeded::new(9)).unwrap();
                question.signature(signature)
            }
            Question::Peer(question) => {
                question.verify_with(&Anybody, UnixTime::since_unix_epoch(Duration::from_secs(1)))
            }
            other => panic!("{other:?}"),
        }
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
}

/// Runs a handshake to its end and gives its steps.
pub(crate) fn record(scenario: Scenario) -> Vec<Step> {
    let (mut client, mut server) = (Party::client(scenario), Party::server(scenario));
    let mut steps = Vec::new();
    loop {
        let before = steps.len();
        for (whom, from, to) in [(Whom::Server, 0, 1), (Whom::Client, 1, 0)] {
            let parties = &mut [&mut client, &mut server];
            for (epoch, raw) in parties[from].notes.sent() {
                steps.push(Step::Message(whom, epoch, raw.clone()));
                parties[to].take(epoch, &raw).unwrap();
                while parties[to].answer() {
                    steps.push(Step::Answer(whom));
                }
            }
        }
        if steps.len() == before {
            break;
        }
    }
    assert_eq!((client.machine.state(), server.machine.state()), ("CONNECTED", "CONNECTED"), "{scenario:?}");
    steps
}

/// The party of `whom` after these steps.
pub(crate) fn replay(scenario: Scenario, whom: Whom, steps: &[Step]) -> Party {
    let mut party = match whom {
        Whom::Client => Party::client(scenario),
        Whom::Server => Party::server(scenario),
    };
    for step in steps {
        match step {
            Step::Message(to, epoch, raw) if *to == whom => party.take(*epoch, raw).unwrap(),
            Step::Answer(of) if *of == whom => assert!(party.answer()),
            _ => {}
        }
    }
    party
}

pub(crate) fn kind(raw: &[u8]) -> MessageKind {
    Message::kind_of(raw)
}

#[test]
fn the_key_is_what_the_schemes_expect() {
    assert_eq!(SIGNER.public_key().kind, KeyKind::P256);
}
