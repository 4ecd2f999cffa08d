//! What configurations accept and refuse, and what they do to the wire.

use handfast::crypto::{KeyKind, Random};
use handfast::pki::make::{Builder, Identity as Made};
use handfast::wire::extension::KeyShares;
use handfast::wire::message::Message;
use handfast::wire::{AlertDescription, CipherSuite, ExtensionType, NamedGroup, SignatureScheme};
use handfast::{
    Bundle, ClientAuth, ClientConfig, ClientStart, ConfigError, Connection, Error, Event, FixedClock, Identity,
    IdentityError, KeyLog, Limits, PathVerifier, Pq, Recheck, Resolve, ServerConfig, key_log_line,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::random::{Failing, Seeded};
use handfast_testkit::setup::{Mode, Setup};
use handfast_testkit::trace::Entry;
use handfast_testkit::world::{NAME, NOW, World};
use std::sync::{Arc, Mutex};

/// docs/regressions.md row 69: there is no verifying client by accident of omission, and no server without a
/// certificate.
#[test]
fn a_configuration_that_makes_no_sense_is_refused() {
    let client = || ClientConfig::builder().anchors(World::of(KeyKind::P256).anchors.clone());
    let server = || ServerConfig::builder().identity(World::of(KeyKind::P256).server.clone());
    let verifier = || Resolve::Now(Arc::new(PathVerifier::new(handfast::rustcrypto::provider(), Arc::default())) as _);
    for (built, expected) in [
        (ClientConfig::builder().build().map(drop), ConfigError::NoVerifier),
        (client().suites([]).build().map(drop), ConfigError::NoSuites),
        (client().groups([]).build().map(drop), ConfigError::NoGroups),
        (client().groups([NamedGroup::X448]).build().map(drop), ConfigError::Group(NamedGroup::X448)),
        (client().groups([NamedGroup::X25519]).pq(Pq::Require).build().map(drop), ConfigError::NoGroups),
        (
            client().groups([NamedGroup::X25519, NamedGroup::X25519]).build().map(drop),
            ConfigError::DuplicateGroup(NamedGroup::X25519),
        ),
        (client().schemes([]).build().map(drop), ConfigError::NoSchemes),
        (client().schemes([SignatureScheme::RSA_PKCS1_SHA256]).build().map(drop), ConfigError::NoHandshakeSchemes),
        (client().limits(Limits { certificate: 1 << 20 }).build().map(drop), ConfigError::CertificateLimit(1 << 20)),
        (server().authorities([vec![0; 65_533]]).build().map(drop), ConfigError::Authorities),
        (server().authorities([vec![]]).build().map(drop), ConfigError::Authorities),
        (
            client().schemes([SignatureScheme::RSA_PKCS1_SHA1]).build().map(drop),
            ConfigError::Scheme(SignatureScheme::RSA_PKCS1_SHA1),
        ),
        (client().protocols([""]).build().map(drop), ConfigError::Protocol),
        (client().protocols(["x".repeat(256)]).build().map(drop), ConfigError::Protocol),
        (client().record_size_limit(Some(63)).build().map(drop), ConfigError::RecordSizeLimit(63)),
        (client().record_size_limit(Some(16_386)).build().map(drop), ConfigError::RecordSizeLimit(16_386)),
        (ServerConfig::builder().build().map(drop), ConfigError::NoIdentity),
        (client().verifier(Resolve::Ask).recheck(Recheck::All).build().map(drop), ConfigError::RecheckAsks),
        (
            server().client_verifier(ClientAuth::Request, Resolve::Ask).recheck(Recheck::All).build().map(drop),
            ConfigError::RecheckAsks,
        ),
    ] {
        assert_eq!(built, Err(expected));
    }
    assert!(server().client_verifier(ClientAuth::Require, verifier()).build().is_ok());
    assert!(ClientConfig::builder().dangerous_no_verification().build().is_ok());
}

/// docs/regressions.md rows 22, 46: no suite with CBC or RSA key transport is on without its switch, on either side, so none is
/// ever negotiated.
#[test]
fn the_older_suites_are_off() {
    let anchors = || World::of(KeyKind::P256).anchors.clone();
    for suite in [
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
        CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA256,
    ] {
        let client = ClientConfig::builder().anchors(anchors()).suites([suite]).build();
        #[cfg(feature = "tls12")]
        let expected = ConfigError::Legacy(suite);
        #[cfg(not(feature = "tls12"))]
        let expected = ConfigError::Suite(suite);
        assert_eq!(client.unwrap_err(), expected);
        let server = ServerConfig::builder().identity(World::of(KeyKind::P256).server.clone()).suites([suite]).build();
        assert_eq!(server.unwrap_err(), expected);
    }
}

/// C10: a key that is not the leaf's is found when it is loaded.
#[test]
fn an_identity_must_fit_together() {
    let provider = handfast::rustcrypto::provider();
    let make = || Made::root(&provider, Builder::server(&["a.example"], NOW), KeyKind::P256).unwrap();
    let (one, other) = (make(), make());
    let identity = |chain, key| Identity::new(&provider, chain, key).map(drop);
    assert_eq!(identity(vec![one.certificate.clone()], other.key.der()), Err(IdentityError::Mismatch));
    assert_eq!(identity(vec![], one.key.der()), Err(IdentityError::NoCertificate));
    assert_eq!(identity(vec![one.certificate.clone()], one.key.der()), Ok(()));
    let pem = |parts: &[&str]| Identity::from_pem(&provider, parts.concat().as_bytes(), None).map(drop);
    let (chain, key) = (one.certificate_pem(), one.key.to_pem());
    assert_eq!(pem(&[&chain, &key]), Ok(()));
    assert_eq!(pem(&[&key, &other.certificate_pem(), &chain]), Ok(()));
    // A request where the key should be: the error says what was there.
    let wrong = pem(&[&chain, &key.replace("PRIVATE KEY", "CERTIFICATE REQUEST")]).unwrap_err().to_string();
    assert!(wrong.contains("CERTIFICATE REQUEST"), "{wrong}");
    let wrong = pem(&[&other.certificate_pem(), &key]).unwrap_err().to_string();
    assert_eq!(wrong, "the private key in line 12 (P256) is the key of none of the certificates: CN=a.example");
    let two = [&*chain, &key, &other.certificate_pem(), &other.key.to_pem()];
    assert_eq!(pem(&two), Err(IdentityError::Several(2)));
    let mut bundle = Bundle::new();
    bundle.add_pem(&provider, two.concat().as_bytes(), None).unwrap();
    let both = Identity::from_bundle(&provider, bundle).unwrap();
    let leaves: Vec<_> = both.iter().map(|identity| identity.credential().chain()[0].clone()).collect();
    assert_eq!(leaves, [one.certificate, other.certificate]);
}

/// Lists as people write them, and `auto`.
#[test]
fn names_make_the_same_lists() {
    let world = World::of(KeyKind::P256);
    let blank = || ServerConfig::builder().identity(world.server.clone()).clock(Arc::new(FixedClock(NOW)));
    let connect = |server: handfast::ServerConfigBuilder| {
        let made = Setup { client_groups: None, ..Setup::default() }.make();
        let mut pair = Pair::new(made, Chunking::Coalesced);
        let config = server.protocols(["http/1.1"]).build().unwrap();
        pair.server.connection = Connection::server(&config).unwrap();
        pair.connect();
        let facts = pair.client.connection.facts();
        (facts.group.unwrap(), facts.peer_scheme.unwrap())
    };
    let first = connect(blank().curves("P-384").unwrap().sigalgs("ECDSA+SHA256").unwrap());
    assert_eq!(first, (NamedGroup::SECP384R1, SignatureScheme::ECDSA_SECP256R1_SHA256));
    let auto = connect(blank().curves("P-384").unwrap().curves("auto").unwrap());
    assert_eq!(auto.0, connect(blank()).0);
    assert!(blank().curves("x448").is_err() && blank().sigalgs("RSA+MD5").is_err());
    let wire = blank().protocols_wire(b"\x02h2\x08http/1.1").unwrap().build().unwrap();
    let mut pair = Pair::new(Setup { client_protocols: vec!["h2"], ..Setup::default() }.make(), Chunking::Coalesced);
    pair.server.connection = Connection::server(&wire).unwrap();
    pair.connect();
    assert_eq!(pair.server.connection.facts().protocol.as_deref(), Some(&b"h2"[..]));
    // An empty name, one that is cut, and the length of the list before it.
    for wrong in [&b"\x02h2\x00"[..], b"\x02h2\x03h3", b"\x00\x03\x02h2"] {
        assert_eq!(blank().protocols_wire(wrong).err(), Some(ConfigError::Protocol), "{wrong:?}");
    }
}

/// C11: an identity without a key asks for its signatures.
#[test]
fn a_remote_identity_asks_for_signatures() {
    let world = World::of(KeyKind::P256);
    let remote = Identity::remote(world.server.credential().chain().to_vec()).unwrap();
    let config = ServerConfig::builder().identity(remote).protocols(["http/1.1"]).clock(Arc::new(FixedClock(NOW)));
    let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
    pair.server.connection = Connection::server(&config.build().unwrap()).unwrap();
    pair.connect();
    assert_eq!(pair.server.events, ["Sign?", "Connected"]);
}

/// K4: the lines of both sides name the connection and agree.
#[test]
fn both_sides_log_the_same_secrets() {
    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);
    impl KeyLog for Lines {
        fn log(&self, label: &'static str, client_random: &[u8; 32], secret: &[u8]) {
            self.0.lock().unwrap().push(key_log_line(label, client_random, secret));
        }
    }
    let (client, server) = (Arc::new(Lines::default()), Arc::new(Lines::default()));
    let made = Setup::default().make_with(|b| b.key_log(client.clone()), |b| b.key_log(server.clone()));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect().client.connection.update_keys(&mut Vec::new()).unwrap();
    let sorted = |lines: &Lines| {
        let mut lines = lines.0.lock().unwrap().clone();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&client), sorted(&server));
    let labels: Vec<_> = sorted(&client).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    let expected = [
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0",
        "EXPORTER_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "SERVER_TRAFFIC_SECRET_0",
    ];
    assert_eq!(labels, expected);
}

/// The types of the extensions of a ClientHello that was sent.
fn hello_extensions(made: handfast_testkit::setup::Made, name: &str) -> Vec<ExtensionType> {
    let name = name.to_owned().try_into().unwrap();
    let _ = ClientStart::new(&made.client, name).connect(&mut Vec::new()).unwrap();
    let Some(Entry::Message(_, _, raw)) = made.client_log.entries().into_iter().next() else { panic!() };
    let Message::ClientHello(hello) = Message::read(handfast::wire::Dialect::Tls13, &raw).unwrap() else { panic!() };
    hello.extensions.types().collect()
}

/// V16: GREASE in the offer, a fresh order every time, and neither when switched off.
#[test]
fn grease_and_permutation_can_be_switched_off() {
    let plain = || Setup::default().make_with(|client| client.grease(false).permute_extensions(false), |server| server);
    let one = hello_extensions(plain(), "a.example");
    assert_eq!(one, hello_extensions(plain(), "a.example"));
    assert!(!one.iter().any(|ty| ty.is_grease()));

    let greased = hello_extensions(Setup::default().make(), "a.example");
    assert!(greased.first().unwrap().is_grease() && greased.last().unwrap().is_grease());
    let without: Vec<_> = greased.iter().filter(|ty| !ty.is_grease()).copied().collect();
    assert_ne!(without, one, "the seed of the tests gives another order");
    let sorted = |mut types: Vec<ExtensionType>| {
        types.sort_unstable();
        types
    };
    assert_eq!(sorted(without), sorted(one));
}

/// docs/regressions.md row 87: a key share belongs to one connection (RFC 9846 §4.3.8).
#[test]
fn no_share_is_used_twice() {
    let config = ClientConfig::builder().dangerous_no_verification().build().unwrap();
    let hello = || {
        let mut out = Vec::new();
        ClientStart::new(&config, NAME.try_into().unwrap()).connect(&mut out).unwrap();
        let Message::ClientHello(hello) = Message::read(handfast::wire::Dialect::Tls13, &out[5..]).unwrap() else {
            panic!()
        };
        let KeyShares(shares) = hello.extensions.find().unwrap().unwrap();
        shares
            .iter()
            .filter(|share| !share.group.is_grease())
            .map(|share| share.key_exchange.to_vec())
            .collect::<Vec<_>>()
    };
    let (one, other) = (hello(), hello());
    assert_eq!(one.len(), 2);
    assert!(one.iter().zip(&other).all(|(one, other)| one != other));
}

/// C1: a DNS name is sent, an address is not (RFC 6066 §3).
#[test]
fn an_address_is_never_sent_as_a_name() {
    let has_name = |name| hello_extensions(Setup::default().make(), name).contains(&ExtensionType::SERVER_NAME);
    assert!(has_name("a.example"));
    assert!(!has_name("127.0.0.1"));
    assert!(!has_name("::1"));
}

/// docs/regressions.md rows 54 and 56: randomness that fails ends the connection, wherever it fails and on either side.
/// What is compared is in one form, and what is sent is what the caller wrote, without the dot (RFC 6066 §3).
#[test]
fn a_client_knows_whom_it_wants() {
    let made = Setup::default().make();
    let mut hello = Vec::new();
    let name = "SERVER.Example.".try_into().unwrap();
    let connection = ClientStart::new(&made.client, name).connect(&mut hello).unwrap();
    assert_eq!(connection.facts().server_name.as_deref(), Some("server.example"));
    assert!(hello.windows(14).any(|bytes| bytes == b"SERVER.Example"));
    assert!(!hello.windows(15).any(|bytes| bytes == b"SERVER.Example."));
}

#[test]
fn failing_randomness_fails_the_connection() {
    let outcomes: Vec<_> = (0..40).map(|good| connect_with(Failing::after(good), Seeded::new(1))).collect();
    let servers: Vec<_> = (0..40).map(|good| connect_with(Seeded::new(1), Failing::after(good))).collect();
    for outcomes in [outcomes, servers] {
        let first = outcomes.iter().position(Result::is_ok).expect("enough randomness is enough");
        assert!(first > 1, "each side draws more than once");
        assert!(outcomes[..first].iter().all(|outcome| *outcome == Err("CryptoFailure".into())), "{outcomes:?}");
        assert!(outcomes[first..].iter().all(Result::is_ok));
    }
}

/// A handshake with these sources; the code of what failed here.
fn connect_with(client: Arc<dyn Random>, server: Arc<dyn Random>) -> Result<(), String> {
    let world = World::of(KeyKind::P256);
    let provider = |random| handfast::Provider { random, ..handfast::rustcrypto::provider() };
    let clock = || Arc::new(FixedClock(NOW));
    let client = ClientConfig::builder_with(provider(client)).anchors(world.anchors.clone()).clock(clock()).build();
    let server = ServerConfig::builder_with(provider(server)).identity(world.server.clone()).clock(clock()).build();
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    let started = ClientStart::new(&client.unwrap(), NAME.try_into().unwrap()).connect(&mut to_server);
    let mut client = started.map_err(|error| error.code())?;
    let mut server = Connection::server(&server.unwrap()).map_err(|error| error.code())?;
    for _ in 0..2 {
        pump(&mut server, &mut to_server, &mut to_client)?;
        pump(&mut client, &mut to_client, &mut to_server)?;
    }
    assert!(client.is_connected() && server.is_connected());
    Ok(())
}

fn pump(end: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<(), String> {
    loop {
        let received = end.receive(input, out).map_err(|error| error.code())?;
        let done = matches!(received.event, Event::NeedInput { .. });
        let consumed = received.consumed;
        input.drain(..consumed);
        if done {
            return Ok(());
        }
    }
}

/// docs/regressions.md row 45: a signature from elsewhere that does not verify never leaves.
#[test]
fn a_faulty_rsa_signature_is_not_sent() {
    let setup = Setup { key: KeyKind::Rsa, mode: Mode::Ask, ..Setup::default() };
    let made = setup.make();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.server.faulty_signatures = true;
    pair.run();
    assert_eq!(pair.server.error.as_ref().unwrap().code(), "CryptoFailure");
    assert!(matches!(pair.client.error, Some(Error::Alert(AlertDescription::INTERNAL_ERROR))));
}

/// What was said of one connection holds when the ClientHello has chosen the configuration.
#[test]
fn a_bound_on_records_outlives_the_choice() {
    let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
    pair.server.connection.max_send_fragment(100);
    pair.connect();
    pair.server.send(&[7; 1_000]);
    // Ten records of a header, a hundred bytes, their type and their tag.
    assert_eq!(pair.server.outbox.len(), 10 * (5 + 100 + 1 + 16));
}
