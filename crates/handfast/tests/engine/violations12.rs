//! What only a peer of TLS 1.2 can do wrong, done: each case names the violation it expects.
//!
//! docs/regressions.md rows 2, 5, 6, 13, 17, 18, 23, 25: named at the cases.

use crate::TLS12_VIOLATIONS;
use crate::site::Site;
use crate::violations::{Keys, drop_message, edit, extensions, meet};
use handfast::crypto::KeyKind;
use handfast::crypto::signature::SCHEMES;
use handfast::crypto::suite::TLS12_SUITES;
use handfast::wire::{ContentType, ExtensionType as E, MessageKind as M, NamedGroup};
use handfast::{
    ClientAuth, ClientConfigBuilder, ClientStart, Connection, Error, RenegotiationPolicy, ServerConfigBuilder, Version,
};
use handfast_handshake::{ClientParams, Question, ServerParams, tls12};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::puppet::{Item, Puppet, PuppetAnswers, client_params, server_params};
use handfast_testkit::setup::Setup;
use handfast_testkit::world::{NAME, World};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A puppet client of TLS 1.2 alone.
pub(crate) fn puppet_client() -> ClientParams {
    let base = client_params();
    let tls12 = tls12::ClientParams {
        suites: TLS12_SUITES.iter().take(6).collect(),
        sign_schemes: SCHEMES.iter().filter(|scheme| scheme.signs_tls12()).map(|scheme| scheme.id).collect(),
        ..tls12::ClientParams::default()
    };
    ClientParams { suites: Vec::new(), shares: Vec::new(), tls12: Some(tls12), ..base }
}

/// A puppet server of TLS 1.2 alone.
pub(crate) fn puppet_server(client_auth: ClientAuth) -> ServerParams {
    let base = server_params(NamedGroup::X25519, client_auth);
    let tls12 = tls12::ServerParams {
        suites: TLS12_SUITES.iter().take(6).collect(),
        sign_schemes: SCHEMES.iter().filter(|scheme| scheme.signs_tls12()).map(|scheme| scheme.id).collect(),
        ..tls12::ServerParams::default()
    };
    ServerParams { suites: Vec::new(), tls12: Some(tls12), ..base }
}

pub(crate) fn fresh(question: Question) -> handfast_handshake::Answer {
    match question {
        Question::Resume(question) => question.fresh(),
        Question::Issue(question) => question.none(),
        other => panic!("{other:?}"),
    }
}

/// The server meets a puppet client with these parameters, whose items pass `script`; once it is connected the puppet sends
/// `after`.
fn server_meets(
    setup: Setup,
    configure: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder,
    params: ClientParams,
    script: impl FnMut(&mut Vec<Item>) + 'static,
    after: Vec<Item>,
) -> Option<Error> {
    let made = setup.make_with(|client| client, configure);
    let server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let identity = setup.client_certificate.then(|| World::of(setup.key).client.clone());
    let answers = PuppetAnswers { other: Some(fresh), ..PuppetAnswers::new(None, identity) };
    let (mut wire, keys) = (Vec::new(), Keys::default());
    let puppet = Puppet::client(Arc::new(params), NAME.try_into().unwrap(), answers, keys.watch(script), &mut wire);
    meet(server, puppet, wire, &keys, |_| after)
}

/// The client meets a puppet server with these parameters and this kind of key.
fn client_meets(
    key: KeyKind,
    configure: impl FnOnce(ClientConfigBuilder) -> ClientConfigBuilder,
    params: ServerParams,
    script: impl FnMut(&mut Vec<Item>) + 'static,
    after: Vec<Item>,
) -> Option<Error> {
    let made = Setup { key, ..Setup::default() }.make_with(configure, |server| server);
    let mut out = Vec::new();
    let client = ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
    let mut client = End::new(client, made.client_answers);
    client.outbox = out;
    let identity = World::of(key).server.clone();
    let answers = PuppetAnswers { other: Some(fresh), ..PuppetAnswers::new(Some(params), Some(identity)) };
    let keys = Keys::default();
    let puppet = Puppet::server(answers, keys.watch(script));
    meet(client, puppet, Vec::new(), &keys, |_| after)
}

/// What the server says to a client that is as it should be, but for `script`.
fn to_server(script: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    server_meets(Setup::default(), |server| server, puppet_client(), script, Vec::new())
}

/// The same for a client with a certificate that is asked for one.
fn to_asking_server(script: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    let setup = Setup { client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() };
    server_meets(setup, |server| server, puppet_client(), script, Vec::new())
}

/// What the client says to a server that is as it should be, but for `script`.
fn to_client(script: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    client_meets(KeyKind::P256, |client| client, puppet_server(ClientAuth::None), script, Vec::new())
}

type Case = (&'static str, &'static str, fn() -> Option<Error>);

/// What a client can do wrong.
const CLIENTS: &[Case] = &[
    ("a second attempt below the best version (row 23)", "InappropriateFallback", || {
        let mut params = puppet_client();
        params.tls12.as_mut().unwrap().fallback = true;
        server_meets(Setup::default(), |server| server, params, |_| {}, Vec::new())
    }),
    ("one below every version that is spoken (row 23)", "InappropriateFallback", || {
        let mut params = puppet_client();
        params.tls12.as_mut().unwrap().fallback = true;
        let script = edit(M::ClientHello, |raw| raw[4..6].copy_from_slice(&[3, 2]));
        let only12 = |server: ServerConfigBuilder| server.versions(Version::Tls12, Version::Tls12);
        server_meets(Setup::default(), only12, params, script, Vec::new())
    }),
    ("renegotiation_info in a first handshake (row 17)", "RenegotiationInfo", || {
        to_server(extensions(M::ClientHello, |list| set(list, E::RENEGOTIATION_INFO, &[1, 7])))
    }),
    ("a ClientHello after the handshake (row 17)", "Renegotiation", || {
        let hello = Item::message(&hello());
        server_meets(Setup::default(), |server| server, puppet_client(), |_| {}, vec![hello])
    }),
    ("no extended main secret where it is required", "NoExtendedMainSecret", || {
        let script = extensions(M::ClientHello, |list| remove(list, E::EXTENDED_MASTER_SECRET));
        let configure = |server: ServerConfigBuilder| server.require_extended_main_secret(true);
        server_meets(Setup::default(), configure, puppet_client(), script, Vec::new())
    }),
    ("only compressed points", "PointFormat", || {
        to_server(extensions(M::ClientHello, |list| set(list, E::EC_POINT_FORMATS, &[1, 1])))
    }),
    ("no compression method that is none (row 79)", "Compression", || {
        to_server(edit(M::ClientHello, |raw| no_null(raw)))
    }),
    ("no certificate where one is required", "ClientCertificateMissing", || {
        let setup = Setup { client_auth: ClientAuth::Require, ..Setup::default() };
        server_meets(setup, |server| server, puppet_client(), |_| {}, Vec::new())
    }),
    ("no CertificateVerify (row 6)", "UnexpectedChangeCipherSpec", || {
        to_asking_server(drop_message(M::CertificateVerify))
    }),
    ("CertificateVerify before ClientKeyExchange (row 6)", "UnexpectedMessage", || {
        to_asking_server(|items| swap(items, M::ClientKeyExchange, M::CertificateVerify))
    }),
    ("a CertificateVerify that does not verify", "BadSignature", || {
        to_asking_server(edit(M::CertificateVerify, |raw| *raw.last_mut().unwrap() ^= 1))
    }),
    ("CertificateVerify with SHA-1 (row 25)", "SchemeNotOffered", || {
        to_asking_server(edit(M::CertificateVerify, |raw| raw[4..6].copy_from_slice(&[2, 3])))
    }),
    ("a ClientKeyExchange that is no point", "InvalidShare", || {
        to_server(edit(M::ClientKeyExchange, |raw| raw[5..].fill(0)))
    }),
    ("no ClientKeyExchange", "UnexpectedChangeCipherSpec", || to_server(drop_message(M::ClientKeyExchange))),
    ("no change_cipher_spec (row 2)", "UnexpectedMessage", || to_server(no_change_cipher_spec)),
    ("change_cipher_spec before ClientKeyExchange (row 2)", "UnexpectedChangeCipherSpec", || {
        to_server(crate::violations::before(M::ClientKeyExchange, || vec![change_cipher_spec(&[1])]))
    }),
    ("two of them (row 2)", "UnexpectedChangeCipherSpec", || {
        to_server(crate::violations::before(M::Finished, || vec![change_cipher_spec(&[1])]))
    }),
    ("a Finished that does not fit", "BadFinished", || to_server(edit(M::Finished, |raw| raw[4] ^= 1))),
    ("a Finished that is too short", "Malformed", || to_server(edit(M::Finished, |raw| raw.truncate(15)))),
];

/// What a server can do wrong.
const SERVERS: &[Case] = &[
    ("TLS 1.2 in answer to early data", "VersionOnEarlyData", an_older_server_meets_early_data),
    ("renegotiation_info in a first handshake (row 17)", "RenegotiationInfo", || {
        to_client(extensions(M::ServerHello, |list| set(list, E::RENEGOTIATION_INFO, &[1, 7])))
    }),
    ("no extended main secret where it is required", "NoExtendedMainSecret", || {
        let script = extensions(M::ServerHello, |list| remove(list, E::EXTENDED_MASTER_SECRET));
        let configure = |client: ClientConfigBuilder| client.require_extended_main_secret(true);
        client_meets(KeyKind::P256, configure, puppet_server(ClientAuth::None), script, Vec::new())
    }),
    ("only compressed points", "PointFormat", || {
        to_client(extensions(M::ServerHello, |list| set(list, E::EC_POINT_FORMATS, &[1, 1])))
    }),
    ("another maximum fragment length", "MaxFragmentLength", || {
        let script = extensions(M::ServerHello, |list| set(list, E::MAX_FRAGMENT_LENGTH, &[2]));
        let configure = |client: ClientConfigBuilder| client.max_fragment_length(Some(512)).record_size_limit(None);
        client_meets(KeyKind::P256, configure, puppet_server(ClientAuth::None), script, Vec::new())
    }),
    ("both limits on records (row 96)", "MaxFragmentLength", || {
        let script = extensions(M::ServerHello, |list| {
            set(list, E::MAX_FRAGMENT_LENGTH, &[1]);
            set(list, E::RECORD_SIZE_LIMIT, &[0x40, 0]);
        });
        let configure = |client: ClientConfigBuilder| client.max_fragment_length(Some(512));
        client_meets(KeyKind::P256, configure, puppet_server(ClientAuth::None), script, Vec::new())
    }),
    ("a suite for another kind of key", "KeyMismatch", || {
        let script = edit(M::ServerHello, |raw| {
            let at = 39 + usize::from(raw[38]);
            // TLS_ECDHE_RSA_… becomes TLS_ECDHE_ECDSA_….
            raw[at + 1] = 0x2b;
        });
        client_meets(KeyKind::Rsa, |client| client, puppet_server(ClientAuth::None), script, Vec::new())
    }),
    ("a suite that was not offered", "SelectedSuite", || {
        to_client(edit(M::ServerHello, |raw| {
            let at = 39 + usize::from(raw[38]);
            raw[at..at + 2].copy_from_slice(&[0, 0x2f]);
        }))
    }),
    ("the session ID that was random", "SessionIdEcho", || {
        let echo = |raw: &mut Vec<u8>| {
            // The client's random comes from a seed, and so does its session ID.
            let id = session_id();
            raw[38] = 32;
            raw.splice(39..39, id);
        };
        to_client(edit(M::ServerHello, echo))
    }),
    ("five HelloRequests (row 13)", "TooManyHelloRequests", || {
        let configure = |client: ClientConfigBuilder| client.renegotiation(RenegotiationPolicy::Ignore);
        let requests = vec![Item::message(&[0, 0, 0, 0]); 5];
        client_meets(KeyKind::P256, configure, puppet_server(ClientAuth::None), |_| {}, requests)
    }),
    ("five warnings (row 13)", "TooManyWarnings", || {
        let warnings = vec![Item::Record(ContentType::ALERT, vec![1, 112]); 5];
        client_meets(KeyKind::P256, |client| client, puppet_server(ClientAuth::None), |_| {}, warnings)
    }),
    ("a HelloRequest (row 17)", "Renegotiation", || {
        let request = vec![Item::message(&[0, 0, 0, 0])];
        client_meets(KeyKind::P256, |client| client, puppet_server(ClientAuth::None), |_| {}, request)
    }),
    ("a ServerKeyExchange that does not verify", "BadSignature", || {
        to_client(edit(M::ServerKeyExchange, |raw| *raw.last_mut().unwrap() ^= 1))
    }),
    ("ServerKeyExchange with SHA-1 (row 25)", "SchemeNotOffered", || {
        to_client(edit(M::ServerKeyExchange, |raw| raw[40..42].copy_from_slice(&[2, 3])))
    }),
    ("no Certificate", "UnexpectedMessage", || to_client(drop_message(M::Certificate))),
    ("no ServerKeyExchange", "UnexpectedMessage", || to_client(drop_message(M::ServerKeyExchange))),
    ("a Certificate without certificates", "NoCertificate", || {
        to_client(edit(M::Certificate, |raw| {
            raw.truncate(4);
            raw.extend_from_slice(&[0, 0, 0]);
        }))
    }),
    ("no change_cipher_spec (row 2)", "UnexpectedMessage", || to_client(no_change_cipher_spec)),
    ("change_cipher_spec before ServerHello (row 2)", "UnexpectedChangeCipherSpec", || {
        to_client(crate::violations::before(M::ServerHello, || vec![change_cipher_spec(&[1])]))
    }),
    ("change_cipher_spec after ServerHello (row 2)", "UnexpectedChangeCipherSpec", || {
        to_client(crate::violations::before(M::Certificate, || vec![change_cipher_spec(&[1])]))
    }),
    ("change_cipher_spec before Finished, twice (row 2)", "UnexpectedChangeCipherSpec", || {
        to_client(crate::violations::before(M::Finished, || vec![change_cipher_spec(&[1])]))
    }),
    ("a malformed change_cipher_spec", "MalformedChangeCipherSpec", || {
        to_client(|items| {
            for item in items.iter_mut() {
                if matches!(item, Item::Record(ContentType::CHANGE_CIPHER_SPEC, _)) {
                    *item = change_cipher_spec(&[2]);
                }
            }
        })
    }),
    ("data before Finished", "EarlyApplicationData", || {
        to_client(crate::violations::before(M::Finished, || {
            vec![Item::Record(ContentType::APPLICATION_DATA, b"early".to_vec())]
        }))
    }),
    ("a Finished that does not fit", "BadFinished", || to_client(edit(M::Finished, |raw| raw[4] ^= 1))),
];

#[test]
fn every_violation_of_tls12_is_found_and_named() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, code, run) in CLIENTS.iter().chain(SERVERS) {
        match run() {
            Some(Error::Peer(violation)) if violation.code() == *code => drop(seen.insert(*code)),
            other => wrong.push(format!("{name}: {other:?}, not {code}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for code in TLS12_VIOLATIONS {
        assert!(seen.contains(code), "{code} has no case");
    }
}

pub(crate) fn set(list: &mut Vec<(E, Vec<u8>)>, ty: E, body: &[u8]) {
    remove(list, ty);
    list.push((ty, body.to_vec()));
}

fn remove(list: &mut Vec<(E, Vec<u8>)>, ty: E) {
    list.retain(|(other, _)| *other != ty);
}

/// Compression methods: DEFLATE alone.
fn no_null(raw: &mut [u8]) {
    let session = 38;
    let suites = session + 1 + usize::from(raw[session]);
    let compression = suites + 2 + usize::from(u16::from_be_bytes([raw[suites], raw[suites + 1]]));
    raw[compression + 1] = 1;
}

fn swap(items: &mut [Item], a: M, b: M) {
    let at = |kind| items.iter().position(|item| item.kind() == Some(kind));
    if let (Some(a), Some(b)) = (at(a), at(b)) {
        items.swap(a, b);
    }
}

fn change_cipher_spec(content: &[u8]) -> Item {
    Item::Record(ContentType::CHANGE_CIPHER_SPEC, content.to_vec())
}

/// Neither change_cipher_spec nor the keys that follow it.
fn no_change_cipher_spec(items: &mut Vec<Item>) {
    items.retain(|item| !matches!(item, Item::Record(ContentType::CHANGE_CIPHER_SPEC, _) | Item::Keys12(_)));
}

/// A ClientHello of TLS 1.2 and nothing else.
fn hello() -> Vec<u8> {
    let (mut wire, keys) = (Vec::new(), Keys::default());
    let answers = PuppetAnswers::new(None, None);
    Puppet::client(Arc::new(puppet_client()), NAME.try_into().unwrap(), answers, keys.watch(|_| {}), &mut wire);
    wire.split_off(5)
}

/// A client that sends early data, and a server that speaks TLS 1.2 and nothing else (RFC 9846 Appendix E.3).
fn an_older_server_meets_early_data() -> Option<Error> {
    let site = Site::new(&Setup::default(), |server| server.early_data(100));
    let session = site.sessions().pop().unwrap();
    let made = Setup::default().make_with(|client| client, |server| server.versions(Version::Tls12, Version::Tls12));
    let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.session(session).unwrap().early_data(true));
    // It is never seen by anybody, so its records need not be there.
    pair.run();
    pair.client.error
}

/// The session ID of the engine's ClientHello.
fn session_id() -> Vec<u8> {
    let made = Setup::default().make();
    let mut out = Vec::new();
    ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
    out[5 + 39..5 + 39 + 32].to_vec()
}

/// RFC 5746 §4.1, §4.3: peers that do not know it are refused where it is required, and only there.
#[test]
fn secure_renegotiation_can_be_required() {
    let without = |kind| extensions(kind, |list| list.retain(|(ty, _)| *ty != E::RENEGOTIATION_INFO));
    let client = |on| {
        let configure = move |client: ClientConfigBuilder| client.require_secure_renegotiation(on);
        client_meets(KeyKind::P256, configure, puppet_server(ClientAuth::None), without(M::ServerHello), Vec::new())
    };
    // The suite that stands for it is the last of the list, before the compression methods.
    let server = |on| {
        let configure = move |server: ServerConfigBuilder| server.require_secure_renegotiation(on);
        let mut info = without(M::ClientHello);
        let mut suite = edit(M::ClientHello, |raw| {
            if let Some(at) = raw.windows(2).position(|id| id == [0, 0xff]) {
                raw[at + 1] = 0xfe;
            }
        });
        let script = move |items: &mut Vec<Item>| {
            info(items);
            suite(items);
        };
        server_meets(Setup::default(), configure, puppet_client(), script, Vec::new())
    };
    for (error, expected) in
        [(client(true), true), (server(true), true), (client(false), false), (server(false), false)]
    {
        let refused = matches!(&error, Some(Error::Peer(violation)) if violation.code() == "RenegotiationInfo");
        assert_eq!(refused, expected, "{error:?}");
    }
}
