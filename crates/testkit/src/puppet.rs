//! A peer that plays by the rules until the test tells it otherwise.
//!
//! A puppet is a real machine with records of its own. Everything it is about to send passes a script first, item by
//! item, and the script changes, drops, adds or repeats what it likes. Keys are items too, so what is slipped in between
//! two of them is sealed under the right ones.

use crate::random::Seeded;
use crate::world::NOW;
use handfast::crypto::signature::SCHEMES;
use handfast::crypto::suite::TLS13_SUITES;
use handfast::crypto::{Provider, PublicKey, RecordKeys, Suite};
use handfast::wire::{AlertDescription, ContentType, Message, MessageKind, NamedGroup, Violation};
use handfast::{ClientAuth, Identity};
use handfast_handshake::{
    ClientParams, Direction, Epoch, Fact, Failure, Handshake, Host, KeyUse, PeerCredential, Prior, Purpose, Question,
    ServerParams,
};
use handfast_record::{Assembler, Frame, Opener, Sealer, peek};
use handfast_schedule::TrafficSecret;
use pki_types::ServerName;
use std::sync::{Arc, Mutex};

/// Something a puppet is about to do to the wire.
#[derive(Clone, Debug)]
pub enum Item {
    /// A record of a type with this content, sealed under the current keys.
    Record(ContentType, Vec<u8>),
    /// From here on these keys.
    Keys(TrafficSecret, &'static Suite),
    /// From here on these keys of TLS 1.2; whoever seals with them takes them.
    Keys12(Arc<Mutex<Option<RecordKeys>>>),
    /// From here on no keys.
    Clear,
    /// Bytes as they are.
    Raw(Vec<u8>),
}

impl Item {
    /// A record with one handshake message.
    pub fn message(raw: &[u8]) -> Self {
        Self::Record(ContentType::HANDSHAKE, raw.to_vec())
    }

    /// The kind of the handshake message it carries.
    pub fn kind(&self) -> Option<MessageKind> {
        match self {
            Self::Record(ContentType::HANDSHAKE, raw) => Some(Message::kind_of(raw)),
            _ => None,
        }
    }
}

/// Changes what is about to be sent.
pub type Script = Box<dyn FnMut(&mut Vec<Item>)>;

/// The peer.
pub struct Puppet {
    machine: Handshake,
    strings: Strings,
    assembler: Assembler,
    script: Script,
    answers: PuppetAnswers,
    /// The alert or the data it got, as (type, content), in the order in which they came.
    pub seen: Vec<(ContentType, Vec<u8>)>,
}

/// What a puppet presents.
#[derive(Clone)]
pub struct PuppetAnswers {
    /// A server's parameters.
    pub server: Option<Arc<ServerParams>>,
    /// What it shows when asked for a certificate.
    pub identity: Option<Arc<Identity>>,
    /// For signatures and keys.
    pub provider: Provider,
    /// Answers what the others do not, such as the questions of TLS 1.2.
    pub other: Option<fn(Question) -> handfast_handshake::Answer>,
}

impl PuppetAnswers {
    /// With these parameters and this certificate, and randomness of its own.
    pub fn new(server: Option<ServerParams>, identity: Option<Arc<Identity>>) -> Self {
        let provider = Provider { random: Seeded::new(33), ..handfast::rustcrypto::provider() };
        Self { server: server.map(Arc::new), identity, provider, other: None }
    }
}

/// What a puppet client offers: X25519 with a share, P-256 without.
pub fn client_params() -> ClientParams {
    let provider = Provider { random: Seeded::new(44), ..handfast::rustcrypto::provider() };
    ClientParams {
        suites: TLS13_SUITES.iter().collect(),
        groups: [NamedGroup::X25519, NamedGroup::SECP256R1].iter().filter_map(|name| provider.group(*name)).collect(),
        shares: vec![NamedGroup::X25519],
        schemes: SCHEMES.iter().map(|scheme| scheme.id).collect(),
        sign_schemes: SCHEMES.iter().filter(|scheme| scheme.signs_tls13).map(|scheme| scheme.id).collect(),
        ..ClientParams::new(provider)
    }
}

/// What a puppet server takes: everything, in `group`.
pub fn server_params(group: NamedGroup, client_auth: ClientAuth) -> ServerParams {
    let client = client_params();
    ServerParams {
        groups: client.provider.group(group).into_iter().collect(),
        suites: client.suites,
        schemes: client.schemes,
        sign_schemes: client.sign_schemes,
        client_auth,
        ..ServerParams::new(client.provider)
    }
}

struct Strings {
    items: Vec<Item>,
    sealer: Sealer,
    opener: Opener,
    epoch: Epoch,
    provider: Provider,
    connected: bool,
}

impl Puppet {
    /// A client. Its ClientHello passes the script and is appended to `out`.
    pub fn client(
        params: Arc<ClientParams>,
        name: ServerName<'static>,
        answers: PuppetAnswers,
        script: Script,
        out: &mut Vec<u8>,
    ) -> Self {
        Self::client_with(params, name, Prior::default(), answers, script, out)
    }

    /// A client that has something to offer.
    pub fn client_with(
        params: Arc<ClientParams>,
        name: ServerName<'static>,
        prior: Prior,
        answers: PuppetAnswers,
        script: Script,
        out: &mut Vec<u8>,
    ) -> Self {
        let mut strings = Strings::new(answers.provider.clone());
        let machine = Handshake::client(params, Some(name), prior, &mut strings).expect("a ClientHello");
        let mut own = Self { machine, strings, assembler: Assembler::new(), script, answers, seen: Vec::new() };
        own.flush(out);
        own
    }

    /// A server.
    pub fn server(answers: PuppetAnswers, script: Script) -> Self {
        let machine = Handshake::server(&*answers.provider.random).expect("randomness");
        let strings = Strings::new(answers.provider.clone());
        Self { machine, strings, assembler: Assembler::new(), script, answers, seen: Vec::new() }
    }

    /// Takes bytes from the engine under test and appends what the puppet answers. What it does not understand it
    /// ignores: it is the engine that is tested.
    pub fn deliver(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut bytes = bytes.to_vec();
        let mut rest = bytes.as_mut_slice();
        while let Ok(Frame::Whole { len, .. }) = peek(rest, self.strings.opener.max_length()) {
            let (record, tail) = std::mem::take(&mut rest).split_at_mut(len);
            rest = tail;
            let Ok(opened) = self.strings.opener.open(record) else { continue };
            match opened.content_type {
                ContentType::HANDSHAKE => {
                    let content = opened.bytes.to_vec();
                    self.messages(&content);
                }
                ContentType::CHANGE_CIPHER_SPEC if self.machine.takes_change_cipher_spec() => {
                    let _ = self.machine.change_cipher_spec(&mut self.strings);
                }
                ContentType::CHANGE_CIPHER_SPEC => {}
                other => self.seen.push((other, opened.bytes.to_vec())),
            }
        }
        self.flush(out);
    }

    /// Sends items of the test's own, past the script.
    pub fn send(&mut self, items: Vec<Item>, out: &mut Vec<u8>) {
        self.strings.seal(items, out);
    }

    /// Whether its own handshake is complete.
    pub fn is_connected(&self) -> bool {
        self.strings.connected
    }

    fn messages(&mut self, mut content: &[u8]) {
        while let Ok(assembled) = self.assembler.next(content, |_| 1 << 20) {
            content = &content[assembled.consumed..];
            let Some(raw) = assembled.message else { return };
            let epoch = self.strings.epoch;
            if self.machine.message(epoch, raw, true, &mut self.strings).is_err() {
                return;
            }
            while let Some(question) = self.machine.question() {
                let answer = self.answers.answer(question);
                if self.machine.answer(answer, &mut self.strings).is_err() {
                    return;
                }
            }
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        let mut items = std::mem::take(&mut self.strings.items);
        (self.script)(&mut items);
        self.strings.seal(items, out);
    }
}

impl PuppetAnswers {
    fn answer(&self, question: Question) -> handfast_handshake::Answer {
        match question {
            Question::Config(question) => question.serve(self.server.clone().expect("a server's parameters")),
            Question::Credential(question) => match &self.identity {
                Some(identity) => {
                    let scheme = question.schemes().iter().copied().find(|scheme| identity.schemes().contains(scheme));
                    let scheme = scheme.expect("a scheme in common");
                    question.present(identity.credential().clone(), scheme)
                }
                None => question.none(),
            },
            Question::Sign(question) => {
                let key = self.identity.as_ref().and_then(|identity| identity.signer()).expect("a key");
                let signature = key.sign(question.scheme(), question.message(), &*self.provider.random);
                question.signature(signature.expect("a signature"))
            }
            Question::Peer(question) => match question.purpose() {
                Purpose::Server | Purpose::Client => question.dangerous_accept(),
                other => panic!("{other:?}"),
            },
            other => match self.other {
                Some(answer) => answer(other),
                None => panic!("a question nobody expects: {other:?}"),
            },
        }
    }
}

impl Strings {
    fn new(provider: Provider) -> Self {
        Self {
            items: Vec::new(),
            sealer: Sealer::new(),
            opener: Opener::new(),
            epoch: Epoch::Initial,
            provider,
            connected: false,
        }
    }

    fn seal(&mut self, items: Vec<Item>, out: &mut Vec<u8>) {
        for item in items {
            match item {
                // A sealer refuses empty handshake records; a puppet has to be able to send them all the same.
                Item::Record(content_type, content) if content.is_empty() && !self.sealer.is_protected() => {
                    out.extend_from_slice(&[content_type.0, 3, 3, 0, 0]);
                }
                Item::Record(content_type, content) => {
                    self.sealer.seal(content_type, &content, out).expect("a record");
                }
                Item::Keys(secret, suite) => {
                    self.sealer.install(secret.record_keys(suite, &self.provider).expect("keys"));
                }
                Item::Keys12(keys) => {
                    // Repeated by a script, they are what is installed already.
                    if let Some(keys) = keys.lock().expect("keys").take() {
                        self.sealer.install(keys);
                    }
                }
                Item::Clear => self.sealer.unprotect(),
                Item::Raw(bytes) => out.extend_from_slice(&bytes),
            }
        }
    }
}

impl Host for Strings {
    fn send(&mut self, _: Epoch, raw: &[u8]) -> Result<(), Failure> {
        self.items.push(Item::message(raw));
        Ok(())
    }

    fn install(
        &mut self,
        direction: Direction,
        epoch: Epoch,
        secret: &TrafficSecret,
        suite: &'static Suite,
    ) -> Result<(), Failure> {
        match direction {
            Direction::Send => self.items.push(Item::Keys(secret.clone(), suite)),
            Direction::Receive => {
                self.opener.install(secret.record_keys(suite, &self.provider)?);
                self.epoch = epoch;
            }
        }
        Ok(())
    }

    fn install_keys(&mut self, direction: Direction, keys: RecordKeys) -> Result<(), Failure> {
        match direction {
            Direction::Send => self.items.push(Item::Keys12(Arc::new(Mutex::new(Some(keys))))),
            Direction::Receive => self.opener.install(keys),
        }
        Ok(())
    }

    fn warn(&mut self, alert: AlertDescription) -> Result<(), Failure> {
        self.items.push(Item::Record(ContentType::ALERT, vec![1, alert.0]));
        Ok(())
    }

    fn may_renegotiate(&mut self) -> bool {
        true
    }

    fn change_cipher_spec(&mut self) -> Result<(), Failure> {
        self.items.push(Item::Record(ContentType::CHANGE_CIPHER_SPEC, vec![1]));
        Ok(())
    }

    fn update_requested(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn unprotect(&mut self) -> Result<(), Failure> {
        self.items.push(Item::Clear);
        Ok(())
    }

    fn now(&mut self) -> u64 {
        NOW.as_secs() * 1000
    }

    fn learn(&mut self, fact: Fact) {
        self.connected |= matches!(fact, Fact::Connected);
    }

    fn leaf_key(&mut self, credential: &PeerCredential, _: KeyUse) -> Result<PublicKey, Violation> {
        match &credential.raw_key {
            Some(spki) => handfast::pki::spki::parse(spki).map_err(|_| Violation::BadRawKey),
            None => handfast::pki::leaf_key(&credential.chain[0]).map_err(|_| Violation::BadCertificate),
        }
    }
}
