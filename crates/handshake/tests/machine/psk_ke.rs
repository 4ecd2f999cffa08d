//! A pre-shared key without a key exchange beside it (psk_ke, RFC 9846 §4.3.9), against a peer made by hand: ours offers and
//! takes it only as a last resort.

use crate::arithmetic::provider;
use crate::common::{Effect, NOW, Notes, Seeded, kind};
use crate::scenarios::scenario;
use handfast_crypto::{Digest, HashAlgorithm};
use handfast_handshake::{
    Candidate, ClientParams, EarlyData as EarlyDataState, EarlyRefusal, Epoch, ExternalPsk, Fact, Failure, Handshake,
    NotResumed, Prior, PskRole, Question, Resumable, ServerParams, Session, UnknownPsk,
};
use handfast_schedule::{BinderKind, EarlySecret};
use handfast_wire::extension::{
    EarlyData, KeyShareEntry, OfferedPsks, PskBinder, PskIdentity, PskKeyExchangeModes, SelectedPsk, SelectedVersion,
    ServerKeyShare, SupportedVersions,
};
use handfast_wire::message::{ClientHello, EncryptedExtensions, Finished, ServerHello};
use handfast_wire::{
    CipherSuite, Dialect, ExtensionBlock, ExtensionType, List, Message, MessageKind, NamedGroup, ProtocolVersion,
    PskKeyExchangeMode, Violation,
};
use std::sync::Arc;

const KEY: [u8; 32] = [7; 32];

fn psk(role: PskRole) -> ExternalPsk {
    ExternalPsk::new(role, "key", &KEY, HashAlgorithm::Sha256).unwrap()
}

fn early() -> EarlySecret {
    EarlySecret::new(provider(0).hash(HashAlgorithm::Sha256).unwrap(), Some(&KEY)).unwrap()
}

fn digest(messages: &[&[u8]]) -> Digest {
    provider(0).hash(HashAlgorithm::Sha256).unwrap().digest(messages).unwrap()
}

/// A ClientHello with the key and these ways to use it, and neither groups nor shares.
fn client_hello(modes: &[PskKeyExchangeMode]) -> Vec<u8> {
    hello_with(modes, &[b"key"], BinderKind::External, false)
}

/// The same with these identities, which are all of one key.
fn hello_with(modes: &[PskKeyExchangeMode], identities: &[&[u8]], kind: BinderKind, early_data: bool) -> Vec<u8> {
    let mut block = ExtensionBlock::new();
    block.push(&SupportedVersions(List::from(&[ProtocolVersion::TLS1_3][..]))).unwrap();
    block.push(&PskKeyExchangeModes(List::from(modes))).unwrap();
    if early_data {
        block.push(&EarlyData).unwrap();
    }
    let binders = vec![PskBinder(&[0; 32]); identities.len()];
    let identity = |&identity| PskIdentity { identity, obfuscated_ticket_age: 0 };
    let identities: Vec<_> = identities.iter().map(identity).collect();
    let psks = OfferedPsks { identities: List::from(&identities[..]), binders: List::from(&binders[..]) };
    block.push(&psks).unwrap();
    let suites = [CipherSuite::TLS_AES_128_GCM_SHA256];
    let mut raw = Vec::new();
    let hello = ClientHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: [1; 32],
        session_id: &[],
        cipher_suites: List::from(&suites[..]),
        compression_methods: &[0],
        extensions: block.as_extensions(),
    };
    hello.write(&mut raw).unwrap();
    let at = ClientHello::binders_offset(&raw).unwrap();
    let binder = early().binder_key(kind).unwrap().verify_data(&digest(&[&raw[..at]])).unwrap();
    for place in raw[at + 2..].chunks_mut(33) {
        place[1..].copy_from_slice(binder.as_bytes());
    }
    raw
}

/// A server that knows the key and has been told of `hello`, after its answers.
fn server(psk_ke: bool, hello: &[u8]) -> Result<(Handshake, Notes), Failure> {
    serve(psk_ke, hello, 0, || Resumable::External(psk(PskRole::Server)))
}

/// A server that finds this behind the identity at this place.
fn serve(psk_ke: bool, hello: &[u8], at: usize, what: impl Fn() -> Resumable) -> Result<(Handshake, Notes), Failure> {
    let (mut machine, mut notes) = (Handshake::server(&*Seeded::new(3))?, Notes::default());
    machine.message(Epoch::Initial, hello, true, &mut notes)?;
    while let Some(question) = machine.question() {
        let answer = match question {
            Question::Config(question) => {
                let params = scenario("plain").server_params();
                question.serve(Arc::new(ServerParams { psks: Some(UnknownPsk::Refuse), psk_ke, ..params }))
            }
            Question::Resume(question) => {
                question.candidates(vec![Candidate { at, what: what() }], NotResumed::Unknown)
            }
            Question::EarlyData(question) => question.accept(),
            other => panic!("{other:?}"),
        };
        machine.answer(answer, &mut notes)?;
    }
    Ok((machine, notes))
}

/// RFC 9846 §4.3.10: early data goes with the first identity; with the second one it is refused, whatever that allows.
#[test]
fn early_data_goes_with_the_first() {
    // Format, suite, flags and secret; neither name, protocol, ID, ticket nor dates; how much early data; whose key.
    let head: &[u8] = &[4, 0x13, 0x01, 0b10_0001, 32];
    let dates: &[u8] = &[0; 1 + 1 + 1 + 2 + 4 + 8 + 8 + 4];
    let tail: &[u8] = &[0; 32 + 2 + 3 + 3 + 2];
    let session = Session::decode(&[head, &KEY, dates, &[0, 0, 1, 0], b"\0\x03key", tail].concat()).unwrap();
    let what = || Resumable::Session { session: Box::new(session.clone()), renew: false, fresh: Ok(NOW) };
    let modes = [PskKeyExchangeMode::PSK_KE];
    let state = |at: usize, identities: &[&[u8]]| {
        let hello = hello_with(&modes, identities, BinderKind::Resumption, true);
        let (machine, notes) = serve(true, &hello, at, what).unwrap();
        let states = notes.effects.into_iter().filter_map(|effect| match effect {
            Effect::Learned(Fact::EarlyData(state)) => Some(state),
            _ => None,
        });
        (machine.state(), states.collect::<Vec<_>>())
    };
    assert_eq!(state(0, &[b"ticket"]), ("WAIT_EOED", vec![EarlyDataState::Accepted { limit: 256 }]));
    let refused = vec![EarlyDataState::Refused(EarlyRefusal::NotResumed)];
    assert_eq!(state(1, &[b"another", b"ticket"]), ("WAIT_FINISHED", refused));
}

fn extensions_of(raw: &[u8]) -> Vec<ExtensionType> {
    match Message::read(Dialect::Tls13, raw).unwrap() {
        Message::ServerHello(hello) => hello.extensions.types().collect(),
        Message::ClientHello(hello) => hello.extensions.types().collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_takes_it_from_a_client_that_has_nothing_else() {
    let hello = client_hello(&[PskKeyExchangeMode::PSK_KE]);
    let (mut machine, mut notes) = server(true, &hello).unwrap();
    let sent: Vec<_> = notes.sent().into_iter().map(|(_, raw)| raw).collect();
    let kinds: Vec<_> = sent.iter().map(|raw| kind(raw)).collect();
    assert_eq!(kinds, [MessageKind::ServerHello, MessageKind::EncryptedExtensions, MessageKind::Finished]);
    assert_eq!(extensions_of(&sent[0]), [ExtensionType::SUPPORTED_VERSIONS, ExtensionType::PRE_SHARED_KEY]);
    assert!(!notes.effects.iter().any(|effect| matches!(effect, Effect::Learned(Fact::Group(_)))));

    // RFC 9846 §7.1: where the shared secret would go in there are zeros.
    let secret = early().handshake(None).unwrap();
    let hellos = digest(&[&hello, &sent[0]]);
    let finished = secret.server_traffic(&hellos).unwrap().verify_data(&digest(&[&hello, &sent[0], &sent[1]])).unwrap();
    assert_eq!(&sent[2][4..], finished.as_bytes());
    let finished = secret.client_traffic(&hellos).unwrap();
    let finished = finished.verify_data(&digest(&[&hello, &sent[0], &sent[1], &sent[2]])).unwrap();
    let mut raw = Vec::new();
    Finished { verify_data: finished.as_bytes() }.write(&mut raw).unwrap();
    machine.message(Epoch::Handshake, &raw, true, &mut notes).unwrap();
    assert_eq!(machine.state(), "CONNECTED");
}

/// docs/regressions.md row 29.
#[test]
fn a_server_without_the_switch_takes_it_from_nobody() {
    let hello = client_hello(&[PskKeyExchangeMode::PSK_KE]);
    assert!(matches!(server(false, &hello), Err(Failure::Peer(Violation::UnknownPskIdentity))));
    // Nor is it what a client has that wants a key exchange and brings none.
    for psk_ke in [false, true] {
        let hello = client_hello(&[PskKeyExchangeMode::PSK_DHE_KE]);
        assert!(matches!(server(psk_ke, &hello), Err(Failure::Peer(Violation::UnknownPskIdentity))), "{psk_ke}");
    }
}

/// A client with the key, its ClientHello, and what it has noted.
fn client(psk_ke: bool) -> (Handshake, Notes, Vec<u8>) {
    let params = ClientParams { psk_ke, ..scenario("plain").client_params() };
    let prior = Prior { psks: vec![psk(PskRole::Client)], ..Prior::default() };
    let mut notes = Notes::default();
    let machine = Handshake::client(Arc::new(params), None, prior, &mut notes).unwrap();
    let hello = notes.sent().pop().unwrap().1;
    (machine, notes, hello)
}

/// The answer of a server that takes the key, with or without a share.
fn server_hello(hello: &[u8], share: Option<&[u8]>) -> Vec<u8> {
    let Message::ClientHello(hello) = Message::read(Dialect::Tls13, hello).unwrap() else { panic!() };
    let mut block = ExtensionBlock::new();
    block.push(&SelectedVersion(ProtocolVersion::TLS1_3)).unwrap();
    if let Some(key_exchange) = share {
        block.push(&ServerKeyShare(KeyShareEntry { group: NamedGroup::X25519, key_exchange })).unwrap();
    }
    block.push(&SelectedPsk(0)).unwrap();
    let answer = ServerHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: [2; 32],
        session_id: hello.session_id,
        cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
        compression_method: 0,
        extensions: block.as_extensions(),
    };
    let mut raw = Vec::new();
    answer.write(&mut raw).unwrap();
    raw
}

#[test]
fn a_client_with_the_switch_offers_it_behind_the_other_and_goes_along() {
    let (mut machine, mut notes, hello) = client(true);
    let Message::ClientHello(m) = Message::read(Dialect::Tls13, &hello).unwrap() else { panic!() };
    let modes = m.extensions.find::<PskKeyExchangeModes<'_>>().unwrap().unwrap();
    assert_eq!(modes.0.iter().collect::<Vec<_>>(), [PskKeyExchangeMode::PSK_DHE_KE, PskKeyExchangeMode::PSK_KE]);
    let server_hello = server_hello(&hello, None);
    machine.message(Epoch::Initial, &server_hello, true, &mut notes).unwrap();
    let mut encrypted = Vec::new();
    EncryptedExtensions { extensions: ExtensionBlock::new().as_extensions() }.write(&mut encrypted).unwrap();
    machine.message(Epoch::Handshake, &encrypted, true, &mut notes).unwrap();

    let secret = early().handshake(None).unwrap();
    let hellos = digest(&[&hello, &server_hello]);
    let before = digest(&[&hello, &server_hello, &encrypted]);
    let mut finished = Vec::new();
    let verify_data = secret.server_traffic(&hellos).unwrap().verify_data(&before).unwrap();
    Finished { verify_data: verify_data.as_bytes() }.write(&mut finished).unwrap();
    machine.message(Epoch::Handshake, &finished, true, &mut notes).unwrap();
    assert_eq!(machine.state(), "CONNECTED");
    let own = notes.sent().pop().unwrap().1;
    let before = digest(&[&hello, &server_hello, &encrypted, &finished]);
    let verify_data = secret.client_traffic(&hellos).unwrap().verify_data(&before).unwrap();
    assert_eq!(&own[4..], verify_data.as_bytes());
    assert!(!notes.effects.iter().any(|effect| matches!(effect, Effect::Learned(Fact::Group(_)))));
}

/// docs/regressions.md row 29: a client that offered only psk_dhe_ke takes no ServerHello without a share.
#[test]
fn a_client_without_the_switch_wants_a_share() {
    let (mut machine, mut notes, hello) = client(false);
    let taken = machine.message(Epoch::Initial, &server_hello(&hello, None), true, &mut notes);
    assert!(matches!(taken, Err(Failure::Peer(Violation::SelectedPsk))), "{taken:?}");
    let (mut machine, mut notes, hello) = client(false);
    machine.message(Epoch::Initial, &server_hello(&hello, Some(&[1; 32])), true, &mut notes).unwrap();
    assert_eq!(machine.state(), "WAIT_EE");
}
