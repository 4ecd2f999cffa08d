//! What a peer can do wrong that uses the older ways of TLS 1.2: each case names the violation it expects.

use crate::LEGACY_VIOLATIONS;
use crate::tls12::with;
use crate::violations::{Keys, extensions, meet};
use crate::violations12::{fresh, puppet_client, puppet_server, set};
use handfast::crypto::field::FieldParameters;
use handfast::crypto::suite::Suite;
use handfast::crypto::{CryptoError, Exchange, Group, KeyKind, Random, Response, SharedSecret};
use handfast::legacy::{Field, Legacy, PskKeys, RenegotiationLimit, dangerous_legacy};
use handfast::pki::make::{Builder, Identity as Made};
use handfast::wire::{CipherSuite, ExtensionType as E, MessageKind as M, NamedGroup};
use handfast::{
    ChooseIdentity, ClientAuth, ClientStart, Connection, CredentialQuestion, Error, Identity, Resolve,
    ServerConfigBuilder,
};
use handfast_handshake::{ServerParams, tls12};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::puppet::{Item, Puppet, PuppetAnswers};
use handfast_testkit::setup::Setup;
use handfast_testkit::world::{NAME, NOW, World};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A finite field that is none: its prime is all ones.
struct Toy {
    p: Vec<u8>,
}

struct ToyExchange(Vec<u8>);

impl Group for Toy {
    fn name(&self) -> NamedGroup {
        handfast::crypto::field::UNNAMED
    }

    fn start(&self, _: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        Ok(Box::new(ToyExchange(vec![7; self.p.len()])))
    }

    fn respond(&self, share: &[u8], _: &dyn Random) -> Result<Response, CryptoError> {
        Ok(Response { share: share.to_vec(), secret: SharedSecret::new(vec![1]) })
    }

    fn field(&self) -> Option<FieldParameters<'_>> {
        Some(FieldParameters { p: &self.p, g: &[2] })
    }
}

impl Exchange for ToyExchange {
    fn share(&self) -> &[u8] {
        &self.0
    }

    fn finish(self: Box<Self>, _: &[u8]) -> Result<SharedSecret, CryptoError> {
        Ok(SharedSecret::new(vec![1]))
    }
}

/// The client with one suite and these switches meets a puppet server that has it, and this field.
fn client_meets(
    suite: CipherSuite,
    key: KeyKind,
    legacy: Legacy,
    field: Option<Arc<dyn Group>>,
    script: impl FnMut(&mut Vec<Item>) + 'static,
) -> Option<Error> {
    let made = Setup { key, suites: Some(vec![suite]), ..Setup::default() }.make_with(
        |client| client.legacy(legacy.clone()),
        |server: ServerConfigBuilder| server.suites([CipherSuite::TLS_AES_128_GCM_SHA256]),
    );
    let mut out = Vec::new();
    let client = ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
    let mut client = End::new(client, made.client_answers);
    client.outbox = out;
    let base = puppet_server(ClientAuth::None);
    let suites = vec![Suite::find(suite).unwrap()];
    let tls12 = tls12::ServerParams { suites, field, mac_then_encrypt: true, ..base.tls12.unwrap() };
    let params = ServerParams { tls12: Some(tls12), ..base };
    let identity = World::of(key).server.clone();
    let answers = PuppetAnswers { other: Some(fresh), ..PuppetAnswers::new(Some(params), Some(identity)) };
    let keys = Keys::default();
    meet(client, Puppet::server(answers, keys.watch(script)), Vec::new(), &keys, |_| Vec::new())
}

const CBC: CipherSuite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256;
const DHE: CipherSuite = CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256;

/// Presents another certificate every time.
struct Alternating([Arc<Identity>; 2], AtomicBool);

impl ChooseIdentity for Alternating {
    fn choose(&self, _: &CredentialQuestion) -> Option<Arc<Identity>> {
        Some(self.0[usize::from(self.1.fetch_xor(true, Ordering::Relaxed))].clone())
    }
}

/// docs/regressions.md row 18.
fn another_certificate() -> Option<Error> {
    let provider = handfast::rustcrypto::provider();
    let ca = Made::root(&provider, Builder::ca("CA", NOW), KeyKind::P256).unwrap();
    let identity = || {
        let leaf = ca.issue(&provider, Builder::server(&[NAME], NOW), KeyKind::P256).unwrap();
        Identity::new(&provider, vec![leaf.certificate], leaf.key.der()).unwrap()
    };
    let chooser = Arc::new(Alternating([identity(), identity()], AtomicBool::new(false)));
    let mut anchors = handfast::Anchors::new();
    anchors.add(&ca.certificate).unwrap();
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let setup = Setup { client_protocols: vec![], ..Setup::default() };
    let made = with(
        &setup,
        |client| client.legacy(legacy()).anchors(Arc::new(anchors)),
        |server| server.legacy(legacy()).identities(Resolve::Now(chooser)),
    );
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
    pair.run();
    pair.client.error
}

/// A client whose identity nobody knows.
fn unknown_identity() -> Option<Error> {
    struct Keys;
    impl PskKeys for Keys {
        fn choose(&self, _: &[u8]) -> Option<(Vec<u8>, SharedSecret)> {
            Some((b"stranger".to_vec(), SharedSecret::new(vec![1; 16])))
        }

        fn find(&self, _: &[u8]) -> Option<SharedSecret> {
            None
        }
    }
    let legacy = || dangerous_legacy().psk(Resolve::Now(Arc::new(Keys)));
    let suites = Some(vec![CipherSuite::TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256]);
    let setup = Setup { suites, client_protocols: vec![], ..Setup::default() };
    let made = with(&setup, |client| client.legacy(legacy()), |server| server.legacy(legacy()));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    pair.server.error
}

/// A client that asks for another host the second time.
fn another_name() -> Option<Error> {
    let legacy = dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let made = with(&Setup::default(), |client| client, |server| server.legacy(legacy));
    let mut server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let mut params = puppet_client();
    params.tls12.as_mut().unwrap().renegotiation = handfast::RenegotiationPolicy::Allow;
    let mut hellos = 0;
    let mut rename = extensions(M::ClientHello, |list| {
        set(list, E::SERVER_NAME, b"\0\x0e\0\0\x0bother.local");
    });
    let script = move |items: &mut Vec<Item>| {
        if items.iter().any(|item| item.kind() == Some(M::ClientHello)) {
            hellos += 1;
            if hellos == 2 {
                rename(items);
            }
        }
    };
    let (mut wire, keys) = (Vec::new(), Keys::default());
    let answers = PuppetAnswers { other: Some(fresh), ..PuppetAnswers::new(None, None) };
    let name = NAME.try_into().unwrap();
    let mut puppet = Puppet::client(Arc::new(params), name, answers, keys.watch(script), &mut wire);
    for again in [false, true] {
        if again {
            server.connection.renegotiate(&mut server.outbox).unwrap();
            puppet.deliver(&std::mem::take(&mut server.outbox), &mut wire);
        }
        while !wire.is_empty() {
            server.deliver(&std::mem::take(&mut wire));
            puppet.deliver(&std::mem::take(&mut server.outbox), &mut wire);
        }
    }
    server.error
}

type Case = (&'static str, &'static str, fn() -> Option<Error>);

const CASES: &[Case] = &[
    ("CBC without encrypt_then_mac", "MacThenEncrypt", || {
        let script = extensions(M::ServerHello, |list| list.retain(|(ty, _)| *ty != E::ENCRYPT_THEN_MAC));
        client_meets(CBC, KeyKind::P256, dangerous_legacy().cbc(), None, script)
    }),
    ("HTTP/2 with CBC (row 92)", "SuiteForHttp2", || {
        let h2 = extensions(M::ServerHello, |list| {
            set(list, E::APPLICATION_LAYER_PROTOCOL_NEGOTIATION, &[0, 3, 2, b'h', b'2']);
        });
        client_meets(CBC, KeyKind::P256, dangerous_legacy().cbc(), None, h2)
    }),
    ("a field of 1,024 bits (row 22)", "ShortField", || {
        let toy = Arc::new(Toy { p: vec![0xff; 128] });
        client_meets(DHE, KeyKind::Rsa, dangerous_legacy().dhe(Field::Named).any_field(), Some(toy), |_| {})
    }),
    ("a field below the client's own limit (row 22)", "ShortField", || {
        let legacy = dangerous_legacy().dhe(Field::Named).any_field().min_field_bits(3072);
        client_meets(DHE, KeyKind::Rsa, legacy, Some(Arc::new(Toy { p: vec![0xff; 256] })), |_| {})
    }),
    ("a field without a name (row 22)", "UnknownField", || {
        let toy = Arc::new(Toy { p: vec![0xff; 256] });
        client_meets(DHE, KeyKind::Rsa, dangerous_legacy().dhe(Field::Named), Some(toy), |_| {})
    }),
    ("a field whose prime is none (row 22)", "UnknownField", || {
        let toy = Arc::new(Toy { p: vec![0xff; 256] });
        client_meets(DHE, KeyKind::Rsa, dangerous_legacy().dhe(Field::Named).any_field(), Some(toy), |_| {})
    }),
    ("another certificate in a renegotiation (row 18)", "ChangedCertificate", another_certificate),
    ("another host in a renegotiation", "ChangedName", another_name),
    ("an identity that nobody knows", "UnknownPskIdentity", unknown_identity),
];

#[test]
fn every_violation_of_the_older_ways_is_found_and_named() {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, code, run) in CASES {
        match run() {
            Some(Error::Peer(violation)) if violation.code() == *code => drop(seen.insert(*code)),
            other => wrong.push(format!("{name}: {other:?}, not {code}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for code in LEGACY_VIOLATIONS {
        assert!(seen.contains(code), "{code} has no case");
    }
}
