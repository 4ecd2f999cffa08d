//! The older ways of TLS 1.2: off without their switches, at work with them, and visible in the facts.

use crate::tls12::{again, with};
use handfast::crypto::suite::{Suite, TLS12_SUITES};
use handfast::crypto::{Cipher, KeyExchange, KeyKind, SharedSecret};
use handfast::legacy::{Field, Legacy, PskKeys, RenegotiationLimit, TransportIdentity, dangerous_legacy};
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::pki::pem;
use handfast::pki_types::UnixTime;
use handfast::wire::{CipherSuite, HandshakeType, NamedGroup, SignatureScheme};
use handfast::{
    ClientAuth, ClientConfigBuilder, ConfigError, Connection, Direction, Error, KeyUse, LegacyWay, PathVerifier,
    PeerQuestion, Question, Recheck, Rejection, RenegotiationPolicy, Resolve, ServerConfig, ServerConfigBuilder, Usage,
    VerifyPeer,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::claims::check;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use handfast_testkit::trace::Entry;
use handfast_testkit::world::{NAME, NOW, World};
use std::sync::{Arc, LazyLock, Mutex};

/// One identity, one key.
struct OnePsk;

impl PskKeys for OnePsk {
    fn choose(&self, hint: &[u8]) -> Option<(Vec<u8>, SharedSecret)> {
        // Any bytes are an identity, zeros too.
        let identity = if hint.is_empty() { b"me\0".to_vec() } else { hint.to_vec() };
        Some((identity, key()))
    }

    fn find(&self, identity: &[u8]) -> Option<SharedSecret> {
        [&b"me\0"[..], b"hinted"].contains(&identity).then(key)
    }

    fn domain(&self) -> Option<Vec<u8>> {
        Some(b"one key".to_vec())
    }
}

fn key() -> SharedSecret {
    SharedSecret::new(b"a key of some length".to_vec())
}

pub(crate) fn psk() -> Legacy {
    dangerous_legacy().psk(Resolve::Now(Arc::new(OnePsk))).psk_without_dh()
}

/// A certificate for RSA key transport, by the world's CA's rules: keyEncipherment and nothing else.
pub(crate) static TRANSPORT: LazyLock<(Arc<TransportIdentity>, Arc<handfast::Anchors>)> = LazyLock::new(|| {
    let provider = handfast::rustcrypto::provider();
    let ca = Made::root(&provider, Builder::ca("Transport CA", NOW), KeyKind::P256).unwrap();
    let key = pem::private_key(include_bytes!("../../../rustcrypto/tests/keys/rsa-3072.pem")).unwrap();
    let public = provider.keys.load(&key).unwrap().public_key().clone();
    let builder = Builder::server(&[NAME], NOW).key_usage(KeyUsage::KEY_ENCIPHERMENT);
    let leaf = builder.signed_by(&provider, &ca, &public).unwrap();
    let mut anchors = handfast::Anchors::new();
    anchors.add(&ca.certificate).unwrap();
    (TransportIdentity::new(&provider, vec![leaf], &key).unwrap(), Arc::new(anchors))
});

/// The switches for one suite, on a client and on a server.
fn switches(suite: &Suite) -> [Legacy; 2] {
    let mut both = dangerous_legacy();
    if suite.exchange.has_psk() {
        both = psk();
    }
    if matches!(suite.cipher, Cipher::Cbc(..)) {
        both = both.cbc();
    }
    let (mut client, mut server) = (both.clone(), both);
    if suite.exchange.has_field() {
        let field = Field::auto(2048, &handfast::rustcrypto::provider()).unwrap();
        (client, server) = (client.dhe(Field::Named), server.dhe(field));
    }
    if suite.exchange == KeyExchange::Rsa {
        (client, server) = (client.rsa_key_transport(), server.rsa_key_transport_with(TRANSPORT.0.clone()));
    }
    [client, server]
}

/// A pair with one suite.
fn pair_of(suite: &'static Suite) -> Pair {
    let [client_legacy, server_legacy] = switches(suite);
    let setup = Setup {
        key: if suite.auth == handfast::crypto::Authentication::Rsa { KeyKind::Rsa } else { KeyKind::P256 },
        suites: Some(vec![suite.id]),
        client_groups: None,
        server_groups: None,
        client_protocols: vec!["http/1.1"],
        ..Setup::default()
    };
    let made = with(
        &setup,
        |client| {
            let client = client.legacy(client_legacy);
            if suite.exchange == KeyExchange::Rsa { client.anchors(TRANSPORT.1.clone()) } else { client }
        },
        |server| server.legacy(server_legacy),
    );
    Pair::new(made, Chunking::Coalesced)
}

/// Every suite of the table, with its switches: handshake, data both ways, and the facts name the ways.
#[test]
fn every_suite_of_the_older_ways() {
    for suite in TLS12_SUITES.iter().skip(10) {
        let mut pair = pair_of(suite);
        pair.connect();
        // With a pre-shared key there are no certificates to know each other by.
        if !suite.exchange.has_psk() {
            check(&pair);
        }
        pair.client.send(b"from the client");
        pair.server.send(&[b'x'; 20_000]);
        pair.run();
        assert_eq!((&pair.server.received[..], pair.client.received.len()), (&b"from the client"[..], 20_000));
        let facts = pair.client.connection.facts();
        assert_eq!(facts.suite.map(|suite| suite.id), Some(suite.id));
        let ways: Vec<_> = facts.legacy().collect();
        let expected = [
            (suite.exchange == KeyExchange::Rsa, LegacyWay::RsaKeyTransport),
            (suite.exchange.has_field(), LegacyWay::Dhe),
            (suite.exchange.has_psk(), LegacyWay::Psk),
            (suite.exchange == KeyExchange::Psk, LegacyWay::PskWithoutDh),
            (matches!(suite.cipher, Cipher::Cbc(..)), LegacyWay::Cbc),
        ];
        let expected: Vec<_> = expected.into_iter().filter_map(|(used, way)| used.then_some(way)).collect();
        assert_eq!(ways, expected, "{}", suite.id);
        if suite.exchange.has_psk() {
            assert_eq!(pair.server.connection.facts().psk_identity.as_deref(), Some(&b"me\0"[..]));
        }
    }
}

/// Without its switch a suite is an error in the configuration, on either side.
#[test]
fn no_switch_no_suite() {
    let world = World::of(KeyKind::Rsa);
    for suite in TLS12_SUITES.iter().skip(10) {
        let client = handfast::ClientConfig::builder().anchors(world.anchors.clone()).suites([suite.id]).build();
        assert_eq!(client.unwrap_err(), ConfigError::Legacy(suite.id));
        let server = ServerConfig::builder().identity(world.server.clone()).suites([suite.id]).build();
        assert_eq!(server.unwrap_err(), ConfigError::Legacy(suite.id));
    }
}

/// A CBC suite and a peer that does not know RFC 7366: only with the second switch. Both have it in common, so the test takes
/// the extension away on the way.
#[test]
fn mac_then_encrypt_is_a_switch_of_its_own() {
    let suite = Suite::find(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256).unwrap();
    for (inside, expected) in [(false, Some("NoCommonSuite")), (true, None)] {
        let legacy = || if inside { dangerous_legacy().cbc_mac_then_encrypt() } else { dangerous_legacy().cbc() };
        let setup = Setup { suites: Some(vec![suite.id]), client_protocols: vec![], ..Setup::default() };
        let made = with(&setup, |client| client.legacy(legacy()).grease(false), |server| server.legacy(legacy()));
        let mut pair = Pair::new(made, Chunking::Coalesced);
        // encrypt_then_mac (22) becomes padding (21), which is as empty.
        let hello = &mut pair.client.outbox;
        let at = hello.windows(4).position(|bytes| bytes == [0, 22, 0, 0]).unwrap();
        hello[at + 1] = 21;
        pair.run();
        match expected {
            Some(code) => assert_eq!(pair.server.error.unwrap().code(), code),
            // The transcripts differ, so Finished cannot fit; but the server has chosen the suite.
            None => assert!(pair.server.error.unwrap().code() != "NoCommonSuite"),
        }
    }
}

/// docs/regressions.md row 92: with HTTP/2 no older suite is used, though both have one; another protocol is, or nothing.
#[test]
fn http2_has_no_older_suites() {
    let suite = Suite::find(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256).unwrap();
    for (protocols, expected) in [(vec!["h2", "http/1.1"], Some(&b"http/1.1"[..])), (vec!["h2"], None)] {
        let setup = Setup {
            suites: Some(vec![suite.id]),
            client_protocols: protocols.clone(),
            server_protocols: protocols,
            ..Setup::default()
        };
        let legacy = || dangerous_legacy().cbc();
        let made = with(&setup, |client| client.legacy(legacy()), |server| server.legacy(legacy()));
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.run();
        assert_eq!(pair.client.connection.facts().protocol.as_deref(), expected);
        assert_eq!(
            pair.server.error.map(|error| error.code()).as_deref(),
            expected.map_or(Some("NoCommonSuite"), |_| None)
        );
    }
}

/// RFC 4279 §2: the hint chooses the identity; an unknown one is told so, or hidden behind a key that does not fit.
#[test]
fn hints_and_unknown_identities() {
    struct Stranger;
    impl PskKeys for Stranger {
        fn choose(&self, _: &[u8]) -> Option<(Vec<u8>, SharedSecret)> {
            Some((b"stranger".to_vec(), key()))
        }

        fn find(&self, _: &[u8]) -> Option<SharedSecret> {
            None
        }
    }
    let setup = Setup {
        suites: Some(vec![CipherSuite::TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256]),
        client_protocols: vec![],
        ..Setup::default()
    };
    let made = with(&setup, |client| client.legacy(psk()), |server| server.legacy(psk().psk_hint("hinted")));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    assert_eq!(pair.server.connection.facts().psk_identity.as_deref(), Some(&b"hinted"[..]));

    let stranger = || dangerous_legacy().psk(Resolve::Now(Arc::new(Stranger)));
    for (server, expected) in [(psk(), "UnknownPskIdentity"), (psk().hide_unknown_psk(), "BadRecordMac")] {
        let made = with(&setup, |client| client.legacy(stranger()), |builder| builder.legacy(server));
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.run();
        assert_eq!(pair.server.error.unwrap().code(), expected);
    }
}

/// A key that does not sign is not asked to when its session is judged again.
#[test]
fn a_session_is_judged_by_what_the_key_did() {
    struct Judge(PathVerifier, Mutex<Vec<(KeyUse, bool)>>);
    impl VerifyPeer for Judge {
        fn verify(&self, question: &PeerQuestion, now: UnixTime) -> Result<(), Rejection> {
            self.1.lock().unwrap().push((question.usage(), question.resumed()));
            self.0.verify(question, now)
        }

        fn domain(&self) -> Option<[u8; 32]> {
            self.0.domain()
        }
    }
    let suites = Some(vec![CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256]);
    let judge =
        Arc::new(Judge(PathVerifier::new(handfast::rustcrypto::provider(), TRANSPORT.1.clone()), Mutex::default()));
    let made = with(
        &Setup { suites, client_protocols: vec![], ..Setup::default() },
        |client| {
            let client = client.legacy(dangerous_legacy().rsa_key_transport()).recheck(Recheck::All);
            client.verifier(Resolve::Now(judge.clone()))
        },
        |server| server.legacy(dangerous_legacy().rsa_key_transport_with(TRANSPORT.0.clone())),
    );
    let mut pair = Pair::new(made.clone(), Chunking::Coalesced);
    pair.connect();
    let session = pair.client.sessions.pop().unwrap();
    let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.session(session).unwrap());
    pair.connect();
    assert!(pair.client.connection.facts().resumed);
    assert_eq!(judge.1.lock().unwrap()[..], [(KeyUse::Encipher, false), (KeyUse::Encipher, true)]);
}

/// The key that decrypts must not sign (docs/regressions.md row 44), and must be allowed to decrypt.
#[test]
fn the_key_for_transport_signs_nothing() {
    let world = World::of(KeyKind::Rsa);
    let provider = handfast::rustcrypto::provider();
    let chain = world.server.credential().chain().to_vec();
    let key = pem::private_key(include_bytes!("../../../testkit/data/rsa2048.pem")).unwrap();
    // The world's certificate has keyUsage digitalSignature alone.
    let made = TransportIdentity::new(&provider, chain, &key);
    assert_eq!(made.unwrap_err(), handfast::legacy::TransportError::Usage);

    let ca = Made::root(&provider, Builder::ca("CA", NOW), KeyKind::P256).unwrap();
    let public = provider.keys.load(&key).unwrap().public_key().clone();
    let usage = KeyUsage::KEY_ENCIPHERMENT;
    let leaf = Builder::server(&[NAME], NOW).key_usage(usage).signed_by(&provider, &ca, &public).unwrap();
    let transport = TransportIdentity::new(&provider, vec![leaf], &key).unwrap();
    let legacy = dangerous_legacy().rsa_key_transport_with(transport);
    let built = ServerConfig::builder().identity(world.server.clone()).legacy(legacy).build();
    assert_eq!(built.unwrap_err(), ConfigError::SharedKey);
}

/// docs/regressions.md row 44: whatever is wrong with the encrypted secret, the server goes on to Finished and fails there, in
/// the same way, with the same messages.
#[test]
fn a_bad_premain_secret_fails_at_finished_and_nowhere_else() {
    let suite = Suite::find(CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256).unwrap();
    let mut outcomes = Vec::new();
    for damage in [1, 100, 300] {
        let mut pair = pair_of(suite);
        let mut flights = 0;
        while pair.client.carry(&mut pair.server, Chunking::Coalesced)
            | pair.server.carry(&mut pair.client, Chunking::Coalesced)
        {
            flights += 1;
            // The client's second flight begins with ClientKeyExchange: type 16 in a record of its own.
            if let Some(byte) = pair.client.outbox.get_mut(5 + 6 + damage).filter(|_| flights == 1) {
                *byte ^= 1;
            }
        }
        let error = pair.server.error.unwrap();
        outcomes.push((error.code(), error.alert(), pair.server.sent.len()));
    }
    assert_eq!(outcomes[0].0, "BadRecordMac");
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
}

/// RFC 5746: both sides begin, the connection is another one afterwards and carries data throughout.
#[test]
fn renegotiation_from_both_sides() {
    let limit = RenegotiationLimit::default();
    for (client_auth, client_certificate) in [(ClientAuth::None, false), (ClientAuth::Require, true)] {
        let setup = Setup { client_auth, client_certificate, client_protocols: vec![], ..Setup::default() };
        let legacy = || dangerous_legacy().renegotiation(limit);
        let made = with(&setup, |client| client.legacy(legacy()), |server| server.legacy(legacy()));
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        let mut finished = vec![pair.client.connection.facts().finished_sent().unwrap().to_vec()];
        for by_client in [true, false] {
            let end = if by_client { &mut pair.client } else { &mut pair.server };
            end.connection.renegotiate(&mut end.outbox).unwrap();
            // From its first message on a client holds its data back; a server that only asks does not.
            match end.connection.send(b"in between ", &mut end.outbox) {
                Err(Error::Usage(usage)) => assert_eq!((usage, by_client), (Usage::Renegotiating, true)),
                sent => assert!(sent.is_ok() && !by_client),
            }
            pair.run();
            for end in [&pair.client, &pair.server] {
                assert!(end.error.is_none(), "{:?}", end.error);
                assert_eq!(end.events.last(), Some(&"Renegotiated"));
            }
            check(&pair);
            let new = pair.client.connection.facts().finished_sent().unwrap().to_vec();
            assert!(!finished.contains(&new));
            finished.push(new);
            pair.client.send(b"client");
            pair.server.send(b"server");
            pair.run();
        }
        assert_eq!(pair.server.received, b"clientclient");
        assert_eq!(pair.client.received, b"serverin between server");
        assert_eq!(pair.client.connection.facts().renegotiations, 2);
        assert_eq!(pair.server.connection.facts().peer().is_some(), client_certificate);
        assert!(pair.client.connection.facts().legacy().any(|way| way == LegacyWay::Renegotiation));
        // Nothing is resumed of it: the session is the first handshake's.
        assert_eq!(pair.client.events.iter().filter(|name| **name == "Session").count(), 1);
    }
}

/// The options of `renegotiate()`: a server asks for the certificate that it did not ask for at first.
#[test]
fn a_renegotiation_that_asks_for_a_certificate() {
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let setup =
        |client_auth| Setup { client_auth, client_certificate: true, client_protocols: vec![], ..Setup::default() };
    let make = |mode| with(&setup(mode), |client| client.legacy(legacy()), |server| server.legacy(legacy()));
    let mut pair = Pair::new(make(ClientAuth::None), Chunking::Coalesced);
    pair.connect();
    assert!(pair.server.connection.facts().peer().is_none());
    let plain = Setup::default().make().server;
    let refused = pair.server.connection.renegotiate_with(plain, &mut Vec::new());
    assert!(matches!(refused, Err(Error::Usage(Usage::NoRenegotiation))), "{refused:?}");
    let stricter = make(ClientAuth::Require).server;
    let by_client = pair.client.connection.renegotiate_with(stricter.clone(), &mut Vec::new());
    assert!(matches!(by_client, Err(Error::Usage(Usage::NoRenegotiation))), "{by_client:?}");
    // What was said of this connection alone outlives its configuration.
    pair.server.connection.max_send_fragment(100);
    pair.server.connection.renegotiate_with(stricter, &mut pair.server.outbox).unwrap();
    pair.run();
    for end in [&pair.client, &pair.server] {
        assert!(end.error.is_none(), "{:?}", end.error);
        assert_eq!(end.events.last(), Some(&"Renegotiated"));
    }
    assert!(pair.server.connection.facts().peer().unwrap().verified);
    pair.client.send(b"who I am");
    pair.run();
    assert_eq!(pair.server.received, b"who I am");
    pair.server.send(&[7; 1_000]);
    // Ten records of a header, an explicit nonce, a hundred bytes and a tag.
    assert_eq!(pair.server.outbox.len(), 10 * (5 + 8 + 100 + 16));
}

/// docs/regressions.md row 17: three in ten minutes, and the fourth ends the connection; none where it is disabled,
/// be it before the configuration was chosen.
#[test]
fn the_fourth_renegotiation_is_refused() {
    let setup = Setup { client_protocols: vec![], ..Setup::default() };
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    for (early, disabled) in [(false, false), (false, true), (true, true)] {
        let made = with(&setup, |client| client.legacy(legacy()), |server| server.legacy(legacy()));
        let mut pair = Pair::new(made, Chunking::Coalesced);
        if early {
            pair.server.connection.disable_renegotiation();
        }
        pair.connect();
        if disabled && !early {
            pair.server.connection.disable_renegotiation();
        }
        let mut done = 0;
        while pair.server.error.is_none() {
            pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
            pair.run();
            done += usize::from(pair.server.error.is_none());
        }
        assert_eq!(done, if disabled { 0 } else { 3 });
        assert_eq!(pair.server.error.unwrap().code(), "Renegotiation");
        assert_eq!(pair.client.error.unwrap().code(), "no_renegotiation");
    }
}

/// Without the switch, in TLS 1.3, and before the handshake there is none.
#[test]
fn renegotiation_takes_a_switch_and_tls12() {
    let setup = Setup { client_protocols: vec![], ..Setup::default() };
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let mut pair = Pair::new(with(&setup, |client| client, |server| server), Chunking::Coalesced);
    assert_eq!(usage(&mut pair), Some(Usage::NotConnected));
    pair.connect();
    assert_eq!(usage(&mut pair), Some(Usage::NoRenegotiation));
    let made = setup.make_with(|client| client.legacy(legacy()), |server| server.legacy(legacy()));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    assert_eq!(usage(&mut pair), Some(Usage::NoRenegotiation));
}

fn usage(pair: &mut Pair) -> Option<Usage> {
    match pair.client.connection.renegotiate(&mut pair.client.outbox) {
        Err(Error::Usage(usage)) => Some(usage),
        _ => None,
    }
}

/// RFC 7919 in TLS 1.3: the finite fields are groups like others, where they are listed.
#[test]
fn finite_fields_in_tls13() {
    for group in [NamedGroup::FFDHE2048, NamedGroup::FFDHE3072] {
        let groups = Some(vec![group]);
        let setup = Setup { client_groups: groups.clone(), server_groups: groups, ..Setup::default() };
        let mut pair = Pair::new(setup.make(), Chunking::Coalesced);
        pair.connect();
        check(&pair);
        assert_eq!(pair.client.connection.facts().group, Some(group));
    }
}

/// A session with CBC is resumed like any other.
#[test]
fn sessions_of_the_older_ways_are_resumed() {
    let suite = Suite::find(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA).unwrap();
    let setup = Setup { suites: Some(vec![suite.id]), client_protocols: vec![], ..Setup::default() };
    let keeper = Arc::new(handfast::Ticketer::new(handfast::rustcrypto::provider()));
    let make = || {
        let legacy = || dangerous_legacy().cbc();
        with(&setup, |client| client.legacy(legacy()), |server| server.legacy(legacy()).sessions(keeper.clone()))
    };
    let mut first = Pair::new(make(), Chunking::Coalesced);
    first.connect();
    let session = first.client.sessions.pop().unwrap();
    let mut second = again(make(), session);
    second.connect();
    assert!(second.client.connection.facts().resumed);
    assert_eq!(second.client.connection.facts().encrypt_then_mac, Some(true));
}

/// A server whose certificate is of no use to the client serves with a key that both have, and refuses where there is none.
#[test]
fn a_key_does_where_the_certificate_does_not() {
    let suites = [CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_PSK_WITH_AES_128_GCM_SHA256];
    for with_key in [true, false] {
        let suites = suites[..if with_key { 2 } else { 1 }].to_vec();
        let setup = Setup { suites: Some(suites), client_protocols: vec![], ..Setup::default() };
        let legacy = || if with_key { psk() } else { dangerous_legacy() };
        // The server's key is of P-256.
        let made = with(
            &setup,
            |client| client.legacy(legacy()).schemes([SignatureScheme::ECDSA_SECP384R1_SHA384]),
            |server| {
                server
                    .legacy(legacy())
                    .schemes([SignatureScheme::ECDSA_SECP256R1_SHA256])
                    .sign_schemes([SignatureScheme::ECDSA_SECP256R1_SHA256, SignatureScheme::ECDSA_SECP384R1_SHA384])
            },
        );
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.run();
        assert_eq!(pair.server.connection.is_connected(), with_key);
        let identity = pair.server.connection.facts().psk_identity.clone();
        assert_eq!(identity, with_key.then(|| b"me\0".to_vec()));
        let code = pair.server.error.as_ref().map(|error| error.code().to_string());
        assert_eq!(code, (!with_key).then(|| "NoCommonScheme".to_string()));
    }
}

/// C11: the decryption and the pre-shared key as questions, on a key server perhaps.
#[test]
fn decryption_and_keys_can_be_asked_for() {
    let suite = Suite::find(CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256).unwrap();
    let remote = TransportIdentity::remote(TRANSPORT.0.chain().to_vec()).unwrap();
    let setup = Setup { suites: Some(vec![suite.id]), client_protocols: vec![], ..Setup::default() };
    let mut made = with(
        &setup,
        |client| client.legacy(dangerous_legacy().rsa_key_transport()).anchors(TRANSPORT.1.clone()),
        |server| server.legacy(dangerous_legacy().rsa_key_transport_with(remote)).no_sessions(),
    );
    made.server_answers.other = Some(|question| match question {
        Question::Decrypt(question) => {
            let provider = handfast::rustcrypto::provider();
            let key = pem::private_key(include_bytes!("../../../rustcrypto/tests/keys/rsa-3072.pem")).unwrap();
            let key = provider.keys.load_decrypter(&key).unwrap();
            assert_eq!(question.ciphertext().len(), key.modulus_len());
            let block = key.decrypt(question.ciphertext(), &*provider.random).unwrap();
            question.block(block).into()
        }
        other => panic!("{other:?}"),
    });
    Pair::new(made, Chunking::Coalesced).connect();

    let suites = Some(vec![CipherSuite::TLS_PSK_WITH_AES_128_GCM_SHA256]);
    let setup = Setup { suites, client_protocols: vec![], ..Setup::default() };
    let asks = || dangerous_legacy().psk(Resolve::Ask).psk_without_dh();
    let mut made = with(&setup, |client| client.legacy(asks()), |server| server.legacy(asks()));
    let answer: fn(Question) -> handfast::Answer = |question| match question {
        Question::Psk(question) => match question.identity() {
            Some(identity) => {
                assert_eq!(identity, b"asked");
                question.key(key()).into()
            }
            None => question.present(b"asked".to_vec(), key()).into(),
        },
        other => panic!("{other:?}"),
    };
    made.client_answers.other = Some(answer);
    made.server_answers.other = Some(answer);
    Pair::new(made, Chunking::Coalesced).connect();
}

/// What a client without the switch does with a HelloRequest: ends the connection, warns, or looks away.
#[test]
fn a_hello_request_without_the_switch() {
    use handfast::RenegotiationPolicy as Policy;
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let setup = Setup { client_protocols: vec![], ..Setup::default() };
    let warned = Some("no_renegotiation");
    for (policy, expected, told) in
        [(Policy::Refuse, Some("Renegotiation"), warned), (Policy::Warn, None, warned), (Policy::Ignore, None, None)]
    {
        let made = with(&setup, |client| client.renegotiation(policy), |server| server.legacy(legacy()));
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        pair.server.connection.renegotiate(&mut pair.server.outbox).unwrap();
        pair.run();
        assert_eq!(pair.client.error.as_ref().map(Error::code).as_deref(), expected);
        assert_eq!(pair.server.error.as_ref().map(Error::code).as_deref(), told);
        if told.is_none() {
            assert_eq!(pair.client.outbox.len(), 0);
            pair.client.send(b"goes on");
            pair.server.send(b"goes on");
            pair.run();
            assert_eq!((&pair.client.received[..], &pair.server.received[..]), (&b"goes on"[..], &b"goes on"[..]));
            assert_eq!(pair.client.connection.facts().renegotiations, 0);
        }
    }
}

/// What answers a server's own HelloRequest is no wish of the client's: it is granted under policies that grant none, once.
#[test]
fn a_server_that_looks_away_takes_the_answer_to_its_own_request() {
    use handfast::RenegotiationPolicy as Policy;
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let setup = Setup { client_protocols: vec![], ..Setup::default() };
    for (policy, told) in [(Policy::Ignore, None), (Policy::Warn, Some("no_renegotiation"))] {
        let made =
            with(&setup, |client| client.legacy(legacy()), |server| server.legacy(legacy()).renegotiation(policy));
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        pair.server.connection.renegotiate(&mut pair.server.outbox).unwrap();
        pair.run();
        check(&pair);
        for end in [&pair.client, &pair.server] {
            assert_eq!((end.connection.facts().renegotiations, end.error.is_none()), (1, true), "{policy:?}");
        }
        // What comes unasked is the client's wish again.
        pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
        pair.run();
        assert_eq!(pair.client.error.as_ref().map(Error::code).as_deref(), told, "{policy:?}");
        assert_eq!((pair.server.connection.facts().renegotiations, pair.server.error.is_none()), (1, true));
    }
}

/// With the switch on, and a policy that does not grant the server's wish, the client alone begins.
#[test]
fn the_initiative_can_be_the_clients_alone() {
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let setup = Setup { client_protocols: vec![], ..Setup::default() };
    let made = with(
        &setup,
        |client| client.legacy(legacy()).renegotiation(RenegotiationPolicy::Ignore),
        |server| server.legacy(legacy()),
    );
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    pair.server.connection.renegotiate(&mut pair.server.outbox).unwrap();
    pair.run();
    assert_eq!(pair.client.connection.facts().renegotiations, 0);
    pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
    pair.run();
    for end in [&pair.client, &pair.server] {
        assert_eq!((end.connection.facts().renegotiations, end.error.is_none()), (1, true));
    }
}

/// docs/regressions.md row 92: HTTP/2 is never negotiated anew, whoever wants it (RFC 9113 §9.2.1).
#[test]
fn http2_is_not_renegotiated() {
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let setup = Setup { client_protocols: vec!["h2"], server_protocols: vec!["h2"], ..Setup::default() };
    let made = with(&setup, |client| client.legacy(legacy()), |server| server.legacy(legacy()));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    assert_eq!(usage(&mut pair), Some(Usage::NoRenegotiation));
}

/// A required certificate is not replaced by a pre-shared key.
#[test]
fn a_required_certificate_excludes_pre_shared_keys() {
    let setup = Setup {
        suites: Some(vec![CipherSuite::TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256]),
        client_auth: ClientAuth::Require,
        client_certificate: true,
        client_protocols: vec![],
        ..Setup::default()
    };
    let made = with(&setup, |client| client.legacy(psk()), |server| server.legacy(psk()));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    assert_eq!(pair.server.error.unwrap().code(), "NoCommonSuite");
}

/// RFC 5929 §3.1: the first Finished of the last handshake, also where a session was resumed before.
#[test]
fn tls_unique_after_a_renegotiation() {
    let keeper = Arc::new(handfast::Ticketer::new(handfast::rustcrypto::provider()));
    let setup = Setup { client_protocols: vec![], ..Setup::default() };
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let make =
        || with(&setup, |client| client.legacy(legacy()), |server| server.legacy(legacy()).sessions(keeper.clone()));
    let mut first = Pair::new(make(), Chunking::Coalesced);
    first.connect();
    let mut pair = again(make(), first.client.sessions.pop().unwrap());
    pair.connect();
    assert!(pair.client.connection.facts().resumed);
    pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
    pair.run();
    let facts = pair.client.connection.facts();
    assert!(!facts.resumed && facts.renegotiations == 1);
    let unique = pair.client.connection.channel_binding(handfast::ChannelBinding::Unique).unwrap();
    assert_eq!(Some(&unique[..]), facts.finished_sent());
    assert_eq!(unique, pair.server.connection.channel_binding(handfast::ChannelBinding::Unique).unwrap());
    // RFC 9266 §4.2: tls-exporter is not defined here.
    let exporter = pair.client.connection.channel_binding(handfast::ChannelBinding::Exporter);
    assert_eq!(exporter.unwrap_err().code(), "NoExporterBinding");
}

/// A session with the MAC outside is not resumed with the MAC inside, unless that has its switch.
#[test]
fn a_session_does_not_lose_encrypt_then_mac() {
    let suite = Suite::find(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA).unwrap();
    let setup = Setup { suites: Some(vec![suite.id]), client_protocols: vec![], ..Setup::default() };
    let keeper = Arc::new(handfast::Ticketer::new(handfast::rustcrypto::provider()));
    let make = || {
        let legacy = || dangerous_legacy().cbc();
        with(&setup, |client| client.legacy(legacy()), |server| server.legacy(legacy()).sessions(keeper.clone()))
    };
    let mut first = Pair::new(make(), Chunking::Coalesced);
    first.connect();
    let mut second = again(make(), first.client.sessions.pop().unwrap());
    second.client.carry(&mut second.server, Chunking::Coalesced);
    // The ServerHello without encrypt_then_mac (22): four bytes less in record, message and block of extensions.
    let hello = &mut second.server.outbox;
    let at = hello.windows(4).position(|bytes| bytes == [0, 22, 0, 0]).unwrap();
    hello.drain(at..at + 4);
    let block = 5 + 4 + 2 + 32 + 1 + usize::from(hello[43]) + 3;
    for len in [3, 7, block] {
        let length = u16::from_be_bytes([hello[len], hello[len + 1]]) - 4;
        hello[len..len + 2].copy_from_slice(&length.to_be_bytes());
    }
    second.run();
    assert_eq!(second.client.error.unwrap().code(), "MacThenEncrypt");
}

/// RFC 4279 §1: a session that a pre-shared key has authenticated still says whose it was.
#[test]
fn a_session_keeps_whose_key_it_was() {
    let keeper = Arc::new(handfast::Ticketer::new(handfast::rustcrypto::provider()));
    let setup = Setup { suites: Some(vec![CipherSuite::TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256]), ..Setup::default() };
    let make = || with(&setup, |client| client.legacy(psk()), |server| server.legacy(psk()).sessions(keeper.clone()));
    let mut first = Pair::new(make(), Chunking::Coalesced);
    first.connect();
    let session = first.client.sessions.pop().unwrap();
    let mut pair = again(make(), session);
    pair.connect();
    for end in [&pair.client, &pair.server] {
        let facts = end.connection.facts();
        assert!(facts.resumed);
        assert_eq!(facts.psk_identity.as_deref(), Some(&b"me\0"[..]));
    }
}

/// Connected, with data both ways.
fn pair(
    setup: &Setup,
    client: impl FnOnce(ClientConfigBuilder) -> ClientConfigBuilder,
    server: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder,
) -> Pair {
    let mut pair = Pair::new(with(setup, client, server), Chunking::Coalesced);
    pair.connect();
    pair.client.send(b"ping");
    pair.server.send(b"pong");
    pair.run();
    assert_eq!((&pair.client.received[..], &pair.server.received[..]), (&b"pong"[..], &b"ping"[..]));
    pair
}

/// RFC 5246 §7.2.2: a peer may refuse with a warning. Whoever asked is told, and does not wait for ever.
#[test]
fn a_renegotiation_that_is_refused_with_a_warning_ends_the_connection() {
    let allow = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let warn = RenegotiationPolicy::Warn;
    let setup = Setup::default();
    let mut refused = pair(&setup, |client| client.legacy(allow()), |server| server.renegotiation(warn));
    refused.client.connection.renegotiate(&mut refused.client.outbox).unwrap();
    refused.run();
    assert_eq!(refused.client.error.expect("an error").code(), "no_renegotiation");

    let mut refused = pair(&setup, |client| client.renegotiation(warn), |server| server.legacy(allow()));
    refused.server.connection.renegotiate(&mut refused.server.outbox).unwrap();
    refused.run();
    assert_eq!(refused.server.error.expect("an error").code(), "no_renegotiation");

    // Granted, it is over: a warning afterwards would be one.
    let mut granted = pair(&setup, |client| client.legacy(allow()), |server| server.legacy(allow()));
    granted.client.connection.renegotiate(&mut granted.client.outbox).unwrap();
    granted.run();
    for end in [&granted.client, &granted.server] {
        assert!(end.error.is_none(), "{:?}", end.error);
        assert_eq!(end.connection.facts().renegotiations, 1);
    }
}

/// What a server asks for is not the client's to pay for.
#[test]
fn the_limit_counts_what_the_client_begins() {
    let once = || dangerous_legacy().renegotiation(RenegotiationLimit { count: 1, seconds: 600 });
    let mut pair = pair(&Setup::default(), |client| client.legacy(once()), |server| server.legacy(once()));
    for count in 1..=3 {
        pair.server.connection.renegotiate(&mut pair.server.outbox).unwrap();
        // The client counts what the server begins.
        pair.run();
        if count > 1 {
            assert_eq!(pair.client.error.expect("an error").code(), "Renegotiation");
            return;
        }
        pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
        pair.run();
        assert!(pair.server.error.is_none(), "{:?}", pair.server.error);
        assert_eq!(pair.server.connection.facts().renegotiations, 2);
    }
}

/// A renegotiation keeps no session, and still says what comes: a ticket that was announced is there, empty, for peers that
/// wait for one whatever this hello says.
#[test]
fn a_renegotiation_has_an_empty_ticket() {
    let allow = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let made = with(&Setup::default(), |client| client.legacy(allow()), |server| server.legacy(allow()));
    let log = made.client_log.clone();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
    pair.run();
    let ticket = |entry| match entry {
        Entry::Message(Direction::Receive, _, raw) if raw.first() == Some(&HandshakeType::NEW_SESSION_TICKET.0) => {
            Some(raw)
        }
        _ => None,
    };
    let tickets: Vec<_> = log.entries().into_iter().filter_map(ticket).collect();
    assert_eq!(tickets.len(), 2);
    // Type, length, lifetime, and the length of the ticket.
    assert!(tickets[0].len() > 10);
    assert_eq!(tickets[1], [4, 0, 0, 6, 0, 0, 0, 0, 0, 0]);
}

/// A server that has its configuration from the beginning allows what it says, as one that chooses it does.
#[test]
fn a_server_without_a_choice_renegotiates() {
    let allow = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    for by_client in [true, false] {
        let made = with(&Setup::default(), |client| client.legacy(allow()), |server| server.legacy(allow()));
        let server = Connection::server(&made.server).unwrap();
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.server.connection = server;
        pair.connect();
        let end = if by_client { &mut pair.client } else { &mut pair.server };
        end.connection.renegotiate(&mut end.outbox).unwrap();
        pair.run();
        for end in [&pair.client, &pair.server] {
            assert!(end.error.is_none(), "{by_client}: {:?}", end.error);
            assert_eq!(end.connection.facts().renegotiations, 1);
        }
    }
}

/// RFC 3526 §3, group 14: a safe prime that RFC 7919 does not know.
const FIELD: &str = "-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA///////////JD9qiIWjCNMTGYouA3BzRKQJOCIpnzHQCC76mOxOb
IlFKCHmONATd75UZs806QxswKwpt8l8UN0/hNW1tUcJF5IW1dmJefsb0TELppjft
awv/XLb0Brft7jhr+1qJn6WunyQRfEsf5kkoZlHs5Fs9wgB8uKFjvwWY2kg2HFXT
mmkWP6j9JM9fg2VdI9yjrZYcYvNWIIVSu57VKQdwlpZtZww1Tkq8mATxdGwIyhgh
fDKQXkYuNs474553LBgOhgObJ4Oi7Aeij7XFXfBvTFLJ3ivL9pVYFxg5lUl86pVq
5RXSJhiY+gUQFXKOWoqsqmj//////////wIBAg==
-----END DH PARAMETERS-----
";

#[test]
fn a_finite_field_without_a_name_is_no_group() {
    let suite = CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256;
    let setup = Setup { suites: Some(vec![suite]), key: KeyKind::Rsa, ..Setup::default() };
    let field = Field::from_pem(FIELD.as_bytes(), &handfast::rustcrypto::provider()).unwrap();
    // A client of old: it names no field, so the server takes its own.
    let pair = pair(
        &Setup { client_groups: Some(vec![NamedGroup::X25519]), ..setup },
        |client| client.legacy(dangerous_legacy().dhe(Field::Named).any_field()),
        |server| server.legacy(dangerous_legacy().dhe(field)),
    );
    for end in [&pair.client, &pair.server] {
        assert_eq!(end.connection.facts().group, None);
    }
    assert_eq!(pair.client.connection.facts().field_bits, Some(2048));
}

/// Keys without a name have no sessions, and those of another table are not taken.
#[test]
fn sessions_are_of_one_table_of_keys() {
    struct Table(Option<&'static str>);
    impl PskKeys for Table {
        fn choose(&self, hint: &[u8]) -> Option<(Vec<u8>, SharedSecret)> {
            OnePsk.choose(hint)
        }

        fn find(&self, identity: &[u8]) -> Option<SharedSecret> {
            OnePsk.find(identity)
        }

        fn domain(&self) -> Option<Vec<u8>> {
            self.0.map(|name| name.as_bytes().to_vec())
        }
    }
    let keeper = Arc::new(handfast::Ticketer::new(handfast::rustcrypto::provider()));
    let setup = Setup {
        suites: Some(vec![CipherSuite::TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256]),
        client_protocols: vec![],
        ..Setup::default()
    };
    let legacy = |name| dangerous_legacy().psk(Resolve::Now(Arc::new(Table(name))));
    let make = |client_name, server_name| {
        let server = |server: ServerConfigBuilder| server.legacy(legacy(server_name)).sessions(keeper.clone());
        with(&setup, |client| client.legacy(legacy(client_name)), server)
    };
    let sessions = |client_name, server_name| {
        let mut pair = Pair::new(make(client_name, server_name), Chunking::Coalesced);
        pair.connect();
        pair.client.sessions
    };
    assert_eq!([sessions(None, Some("a")).len(), sessions(Some("a"), None).len()], [0, 0]);
    for (server_name, resumed) in [("a", true), ("b", false)] {
        let session = sessions(Some("a"), Some("a")).pop().unwrap();
        let mut pair = again(make(Some("a"), Some(server_name)), session);
        pair.connect();
        assert_eq!(pair.server.connection.facts().resumed, resumed, "{server_name}");
    }
}
