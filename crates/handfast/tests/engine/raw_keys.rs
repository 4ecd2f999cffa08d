//! Raw public keys (RFC 7250): who shows what to whom, who takes it, and what a peer can do wrong with them.
//!
//! docs/regressions.md rows 18, 34, 55: named at the cases.

use crate::RAW_KEY_VIOLATIONS;
use crate::violations::{Keys, drop_message, edit, extensions, meet};
use handfast::crypto::KeyKind;
use handfast::pki::spki;
use handfast::pki_types::{SubjectPublicKeyInfoDer, UnixTime};
use handfast::wire::{AlertDescription, CertificateType, ExtensionType as E, MessageKind as M, NamedGroup};
use handfast::{
    ChooseIdentity, ClientAuth, ClientConfigBuilder, ClientStart, ConfigError, Connection, Error, Facts, Identity,
    IdentityError, NotResumed, PathVerifier, PeerQuestion, RawKeys, Rejection, Resolve, ServerConfigBuilder,
    VerifyPeer, Version,
};
use handfast_handshake::{ClientParams, ServerParams};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::claims::check;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::puppet::{Puppet, PuppetAnswers, Script, client_params, server_params};
use handfast_testkit::setup::{Made, Mode, Setup};
use handfast_testkit::world::{NAME, World};
use std::collections::BTreeSet;
use std::sync::Arc;

const X509: CertificateType = CertificateType::X509;
const RAW: CertificateType = CertificateType::RAW_PUBLIC_KEY;

/// Those of this build.
const VERSIONS: &[Version] = &[
    #[cfg(feature = "tls12")]
    Version::Tls12,
    Version::Tls13,
];

/// The key of a certificate of the test world, by itself.
fn raw(identity: &Identity) -> Arc<Identity> {
    Identity::raw(identity.signer().unwrap().clone()).unwrap()
}

fn key_of(identity: &Identity) -> SubjectPublicKeyInfoDer<'static> {
    identity.credential().raw_key().unwrap().clone()
}

fn knows(identities: &[&Arc<Identity>]) -> RawKeys {
    let keys = identities.iter().map(|identity| key_of(&raw(identity)));
    RawKeys::new(&handfast::rustcrypto::provider(), keys).unwrap()
}

fn list(identities: &[&Arc<Identity>]) -> Resolve<dyn ChooseIdentity> {
    Resolve::Now(Arc::new(identities.iter().map(|&identity| identity.clone()).collect::<Vec<_>>()))
}

fn judge(judge: impl VerifyPeer + 'static) -> Resolve<dyn VerifyPeer> {
    Resolve::Now(Arc::new(judge))
}

/// A judge of both kinds.
fn both(keys: &[&Arc<Identity>]) -> Resolve<dyn VerifyPeer> {
    let world = World::of(KeyKind::P256);
    let paths = PathVerifier::new(handfast::rustcrypto::provider(), world.anchors.clone());
    judge(knows(keys).certificates(Arc::new(paths)))
}

type Types = (Option<CertificateType>, Option<CertificateType>);

/// What a side has shown, and what it was shown.
fn types(facts: &Facts) -> Types {
    (facts.own_certificate_type(), facts.peer_certificate_type())
}

/// What became of both sides: what the client says of the types, or the codes of what each says is wrong.
fn outcome(made: Made) -> Result<Types, (String, String)> {
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    let code = |end: &End| end.error.as_ref().map_or(String::new(), Error::code);
    let codes = (code(&pair.client), code(&pair.server));
    if codes != (String::new(), String::new()) {
        return Err(codes);
    }
    check(&pair);
    let (client, server) = (types(pair.client.connection.facts()), types(pair.server.connection.facts()));
    assert_eq!(client, (server.1, server.0));
    Ok(client)
}

fn err<T>(client: &str, server: &str) -> Result<T, (String, String)> {
    Err((client.into(), server.into()))
}

#[test]
fn both_sides_show_a_key_and_nothing_else() {
    for kind in [KeyKind::P256, KeyKind::Rsa, KeyKind::Ed25519] {
        let world = World::of(kind);
        for &version in VERSIONS {
            for chunking in [Chunking::Coalesced, Chunking::OneByte] {
                let (client, server) = (raw(&world.client), raw(&world.server));
                let setup = Setup { key: kind, client_auth: ClientAuth::Require, ..Setup::default() };
                let made = setup.make_with(
                    |builder| {
                        let builder = builder.versions(version, version).identity(client.clone());
                        builder.peer_certificate_types([RAW]).verifier(judge(knows(&[&world.server])))
                    },
                    |builder| {
                        // There is nothing to staple to a key.
                        let server = server.clone().with_ocsp(vec![1]).with_scts(vec![vec![1]]);
                        let builder = builder.versions(version, version).identities(list(&[&server]));
                        let judge = judge(knows(&[&world.client]));
                        builder.peer_certificate_types([RAW]).client_verifier(ClientAuth::Require, judge)
                    },
                );
                let mut pair = Pair::new(made, chunking);
                pair.connect();
                check(&pair);
                for (end, identity) in [(&pair.client, &server), (&pair.server, &client)] {
                    let peer = end.connection.facts().peer().expect("a peer");
                    assert!(peer.verified && peer.credential.chain.is_empty());
                    assert_eq!(peer.credential.raw_key.as_ref(), identity.credential().raw_key());
                    assert_eq!(peer.credential.ocsp, None);
                    assert_eq!(spki::parse(peer.credential.raw_key.as_ref().unwrap()).unwrap().kind, kind);
                }
                assert_eq!(types(pair.client.connection.facts()), (Some(RAW), Some(RAW)));
            }
        }
    }
}

/// RFC 7250 §4.2: the server shows what the client takes, in the order of its own identities.
#[test]
fn a_server_shows_what_its_client_takes() {
    let world = World::of(KeyKind::P256);
    let (x509, key) = (&world.server, &raw(&world.server));
    let none = |server| err("unsupported_certificate", server);
    let cases: [(&[_], Vec<_>, _); 9] = [
        (&[RAW], vec![key], Ok(RAW)),
        (&[RAW, X509], vec![key], Ok(RAW)),
        (&[RAW, X509], vec![x509], Ok(X509)),
        (&[RAW, X509], vec![x509, key], Ok(X509)),
        (&[X509, RAW], vec![key, x509], Ok(RAW)),
        (&[RAW], vec![x509, key], Ok(RAW)),
        (&[X509], vec![key, x509], Ok(X509)),
        (&[X509], vec![key], none("NoCommonCertificateType")),
        (&[RAW], vec![x509], none("NoCommonCertificateType")),
    ];
    for (takes, shows, expected) in &cases {
        for &version in VERSIONS {
            let made = Setup::default().make_with(
                |client| {
                    let client = client.versions(version, version).verifier(both(&[&world.server]));
                    client.peer_certificate_types(takes.iter().copied())
                },
                |server| server.identities(list(shows)),
            );
            let expected = expected.clone().map(|ty| (None, Some(ty)));
            assert_eq!(outcome(made), expected, "{takes:?} {version:?}");
        }
    }
}

/// RFC 7250 §4.2: the server selects what the client has, in the order of what it takes itself.
#[test]
fn a_client_shows_what_its_server_selects() {
    let world = World::of(KeyKind::P256);
    let (x509, key) = (&world.client, &raw(&world.client));
    let none = || err("unsupported_certificate", "NoCommonCertificateType");
    let cases: [(Vec<_>, &[_], _); 8] = [
        (vec![key], &[RAW], Ok(Some(RAW))),
        (vec![x509, key], &[RAW], Ok(Some(RAW))),
        (vec![x509, key], &[RAW, X509], Ok(Some(RAW))),
        (vec![key, x509], &[X509, RAW], Ok(Some(X509))),
        (vec![x509], &[RAW, X509], Ok(Some(X509))),
        (vec![key], &[X509], none()),
        (vec![x509], &[RAW], none()),
        // X.509 is what goes without saying.
        (vec![], &[RAW, X509], Ok(None)),
    ];
    for (shows, takes, expected) in &cases {
        for &version in VERSIONS {
            let made = Setup::default().make_with(
                |client| client.versions(version, version).identities(list(shows)),
                |server| {
                    let server = server.client_verifier(ClientAuth::Request, both(&[&world.client]));
                    server.peer_certificate_types(takes.iter().copied())
                },
            );
            let expected = expected.clone().map(|ty| (ty, Some(X509)));
            assert_eq!(outcome(made), expected, "{takes:?} {version:?}");
        }
    }
    // Nobody is asked, so it does not matter.
    let made = Setup::default()
        .make_with(|client| client.identity(key.clone()), |server| server.peer_certificate_types([RAW]));
    assert_eq!(outcome(made), Ok((None, Some(X509))));
}

/// What a client says that it has need not be so: asked for it, it goes on without.
#[test]
fn a_client_without_the_key_it_announced_shows_nothing() {
    let world = World::of(KeyKind::P256);
    for (auth, expected) in [
        (ClientAuth::Request, Ok((None, Some(X509)))),
        (ClientAuth::Require, err("certificate_required", "CertificateRequired")),
    ] {
        let made = Setup::default().make_with(
            |client| client.own_certificate_types([RAW]),
            |server| server.client_verifier(auth, judge(knows(&[&world.client]))).peer_certificate_types([RAW]),
        );
        assert_eq!(outcome(made), expected);
    }
}

fn shown_to(
    kind: KeyKind,
    shows: &[&Arc<Identity>],
    client: impl Fn(ClientConfigBuilder) -> ClientConfigBuilder,
) -> Result<Types, (String, String)> {
    let mut seen = None;
    for &version in VERSIONS {
        let setup = Setup { key: kind, ..Setup::default() };
        let made = setup
            .make_with(|builder| client(builder.versions(version, version)), |server| server.identities(list(shows)));
        let outcome = outcome(made);
        assert_eq!(*seen.get_or_insert(outcome.clone()), outcome, "{version:?}");
    }
    seen.unwrap()
}

/// docs/regressions.md row 55: a key is accepted by who knows it, and by nobody else.
#[test]
fn a_key_is_taken_by_who_knows_it() {
    let (world, other) = (World::of(KeyKind::P256), World::of(KeyKind::P384));
    let key = raw(&world.server);
    let takes = |verifier: Resolve<dyn VerifyPeer>| {
        move |client: ClientConfigBuilder| client.peer_certificate_types([RAW, X509]).verifier(verifier.clone())
    };
    let to = |verifier| shown_to(KeyKind::P256, &[&key], takes(verifier));
    assert_eq!(to(judge(knows(&[&other.server, &world.server]))), Ok((None, Some(RAW))));
    // Another key of the same kind, and none at all.
    assert_eq!(to(judge(knows(&[&world.client]))), err("RAW_PUBLIC_KEY_UNKNOWN", "certificate_unknown"));
    assert_eq!(to(judge(knows(&[]))), err("RAW_PUBLIC_KEY_UNKNOWN", "certificate_unknown"));
    // The default judge, also one that remembers.
    let paths = || PathVerifier::new(handfast::rustcrypto::provider(), world.anchors.clone());
    let refused = || err("RAW_PUBLIC_KEY_NOT_TAKEN", "unsupported_certificate");
    assert_eq!(to(judge(paths())), refused());
    #[cfg(feature = "std")]
    assert_eq!(to(judge(paths().remember(8))), refused());
    // A judge of one's own sees the key.
    struct Own(SubjectPublicKeyInfoDer<'static>);
    impl VerifyPeer for Own {
        fn verify(&self, question: &PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
            let fits = question.credential().raw_key.as_ref() == Some(&self.0);
            let alert = AlertDescription::ACCESS_DENIED;
            if fits { Ok(()) } else { Err(Rejection { alert, reason: None }) }
        }
    }
    assert_eq!(to(judge(Own(key_of(&key)))), Ok((None, Some(RAW))));
    assert_eq!(to(judge(Own(key_of(&raw(&world.client))))), err("access_denied", "access_denied"));
    // And a certificate is refused by who knows keys alone.
    let certificate = shown_to(KeyKind::P256, &[&world.server], takes(judge(knows(&[&world.server]))));
    assert_eq!(certificate, err("CERTIFICATE_NOT_TAKEN", "unsupported_certificate"));
    assert_eq!(shown_to(KeyKind::P256, &[&world.server], takes(both(&[]))), Ok((None, Some(X509))));
}

/// docs/regressions.md row 55: a server that could do without a key does not go on with one that it does not know.
#[test]
fn an_unknown_client_is_refused_in_every_mode() {
    let world = World::of(KeyKind::P256);
    for auth in [ClientAuth::Request, ClientAuth::Require] {
        for &version in VERSIONS {
            let made = Setup::default().make_with(
                |client| client.versions(version, version).identity(raw(&world.client)),
                |server| {
                    server.client_verifier(auth, judge(knows(&[&world.server]))).peer_certificate_types([RAW, X509])
                },
            );
            let refused = err("certificate_unknown", "RAW_PUBLIC_KEY_UNKNOWN");
            assert_eq!(outcome(made), refused, "{auth:?} {version:?}");
        }
    }
}

/// Who is asked gets the key, and has to say something.
#[test]
fn the_question_has_the_key() {
    let world = World::of(KeyKind::P256);
    let made = Setup::default().make_with(
        |client| client.peer_certificate_types([RAW]).verifier(Resolve::Ask),
        |server| server.identities(list(&[&raw(&world.server)])),
    );
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    assert!(pair.client.events.contains(&"Peer?"));
    // The answers of the test are those of the default judge.
    assert_eq!(pair.client.error.unwrap().code(), "RAW_PUBLIC_KEY_NOT_TAKEN");
}

/// docs/regressions.md row 55: that the peer has the key, it has to prove to everybody.
#[test]
fn a_key_alone_proves_nothing() {
    let world = World::of(KeyKind::P256);
    for (verifier, accepts) in [(None, true), (Some(judge(knows(&[&world.server]))), false)] {
        let made = Setup { mode: Mode::Ask, ..Setup::default() }.make_with(
            |client| {
                let client = client.peer_certificate_types([RAW]);
                match verifier {
                    Some(verifier) => client.verifier(verifier),
                    None => client.dangerous_no_verification(),
                }
            },
            |server| server,
        );
        let mut answers = made.server_answers.clone();
        answers.present(raw(&world.server));
        for faulty in [false, true] {
            let mut pair = Pair::new(Made { server_answers: answers.clone(), ..made.clone() }, Chunking::Coalesced);
            pair.server.faulty_signatures = faulty;
            pair.run();
            match pair.client.error {
                None => {
                    assert!(!faulty);
                    assert_eq!(pair.client.connection.facts().peer().unwrap().verified, !accepts);
                }
                Some(error) => assert_eq!((faulty, error.code().as_str()), (true, "BadSignature")),
            }
        }
    }
}

/// A session keeps the key of its peer, and is one of clients that still take it.
#[test]
fn sessions_keep_it() {
    let world = World::of(KeyKind::P256);
    let (client, server) = (raw(&world.client), raw(&world.server));
    for &version in VERSIONS {
        let takes = |types: Vec<CertificateType>| {
            let (client, server) = (client.clone(), world.server.clone());
            move |builder: ClientConfigBuilder| {
                let builder = builder.versions(version, version).identity(client);
                builder.peer_certificate_types(types).verifier(both(&[&server]))
            }
        };
        let serves = |builder: ServerConfigBuilder| {
            let builder = builder.identities(list(&[&server, &world.server])).peer_certificate_types([RAW]);
            builder.client_verifier(ClientAuth::Require, judge(knows(&[&world.client])))
        };
        let made = Setup::default().make_with(takes(vec![RAW, X509]), serves);
        let mut pair = Pair::new(made.clone(), Chunking::Coalesced);
        pair.connect();
        let session = pair.client.sessions.pop().expect("a session");
        let mut pair = Pair::start(made.clone(), Chunking::Coalesced, |start| start.session(session.clone()).unwrap());
        pair.connect();
        check(&pair);
        for (end, identity) in [(&pair.client, &server), (&pair.server, &client)] {
            assert!(end.connection.facts().resumed);
            let peer = end.connection.facts().peer().unwrap();
            assert_eq!((peer.verified, peer.credential.raw_key.as_ref()), (true, identity.credential().raw_key()));
        }
        // docs/regressions.md row 34: who takes other kinds has another trust.
        let other = Setup::default().make_with(takes(vec![X509]), serves);
        let start = ClientStart::new(&other.client, NAME.try_into().unwrap());
        assert!(start.session(session.clone()).is_err());
    }
}

/// A server whose client has changed its mind about kinds makes a full handshake.
#[test]
fn a_server_resumes_what_the_client_takes() {
    let world = World::of(KeyKind::P256);
    let server = raw(&world.server);
    for &version in VERSIONS {
        let made = Setup::default().make_with(
            |client| {
                let client = client.versions(version, version).peer_certificate_types([RAW, X509]);
                client.verifier(both(&[&world.server]))
            },
            |builder| builder.identities(list(&[&server, &world.server])),
        );
        let mut pair = Pair::new(made.clone(), Chunking::Coalesced);
        pair.connect();
        let session = pair.client.sessions.pop().expect("a session");
        let mut outbox = Vec::new();
        let start = ClientStart::new(&made.client, NAME.try_into().unwrap());
        start.session(session).unwrap().connect(&mut outbox).unwrap();
        // The same hello, but for what it takes: its binder is wrong then, and would be told so if the session were chosen.
        let at = outbox.windows(7).position(|part| part == [0, 20, 0, 3, 2, 2, 0]).expect("server_certificate_type");
        outbox[at + 5] = 1;
        let mut other = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
        other.deliver(&outbox);
        assert!(other.error.is_none(), "{:?}", other.error);
        assert_eq!(other.connection.facts().not_resumed, Some(NotResumed::CertificateType), "{version:?}");
    }
}

/// RFC 7250 §4.1: X.509 alone goes without saying, and so it does by default.
#[test]
fn nothing_is_said_of_x509_alone() {
    let says = |types: Option<&[CertificateType]>| {
        let made = Setup::default().make_with(
            |client| match types {
                Some(types) => {
                    client.peer_certificate_types(types.iter().copied()).own_certificate_types(types.iter().copied())
                }
                None => client,
            },
            |server| server,
        );
        let log = made.client_log.clone();
        let _ = Pair::new(made, Chunking::Coalesced).run();
        let hello = log.entries().into_iter().find_map(|entry| match entry {
            handfast_testkit::trace::Entry::Message(_, _, raw) if raw[0] == 1 => Some(raw),
            _ => None,
        });
        let hello = hello.expect("a ClientHello");
        let handfast::wire::Message::ClientHello(hello) =
            handfast::wire::Message::read(handfast::wire::Dialect::Tls13, &hello).unwrap()
        else {
            panic!("no ClientHello")
        };
        [E::CLIENT_CERTIFICATE_TYPE, E::SERVER_CERTIFICATE_TYPE].map(|ty| hello.extensions.contains(ty))
    };
    assert_eq!(says(None), [false; 2]);
    assert_eq!(says(Some(&[X509])), [false; 2]);
    assert_eq!(says(Some(&[RAW])), [true; 2]);
    assert_eq!(says(Some(&[X509, RAW])), [true; 2]);
}

#[test]
fn what_is_no_list_of_types_is_refused() {
    let identity = || World::of(KeyKind::P256).server.clone();
    let server = |types: &[CertificateType]| {
        let builder = handfast::ServerConfig::builder().identity(identity());
        builder.peer_certificate_types(types.iter().copied()).build().map(drop)
    };
    let client = |types: &[CertificateType]| {
        let builder = handfast::ClientConfig::builder().dangerous_no_verification();
        builder.own_certificate_types(types.iter().copied()).build().map(drop)
    };
    for types in [&[][..], &[X509, X509], &[RAW, X509, RAW], &[CertificateType::OPEN_PGP], &[X509, CertificateType(9)]]
    {
        assert_eq!(server(types), Err(ConfigError::CertificateTypes), "{types:?}");
        assert_eq!(client(types), Err(ConfigError::CertificateTypes), "{types:?}");
    }
    for types in [&[X509][..], &[RAW], &[RAW, X509], &[X509, RAW]] {
        assert_eq!((server(types), client(types)), (Ok(()), Ok(())), "{types:?}");
    }
}

#[test]
fn what_is_no_key_is_no_identity_and_not_known() {
    let provider = handfast::rustcrypto::provider();
    let certificate = World::of(KeyKind::P256).server.credential().chain()[0].to_vec();
    for der in [vec![], vec![0x30, 0], certificate] {
        let spki = SubjectPublicKeyInfoDer::from(der);
        assert!(RawKeys::new(&provider, [spki.clone()]).is_err());
        assert!(matches!(Identity::raw_remote(spki), Err(IdentityError::Certificate(_))));
    }
    let own = raw(&World::of(KeyKind::P256).server);
    let remote = Identity::raw_remote(key_of(&own)).unwrap();
    assert_eq!(remote.schemes(), own.schemes());
    assert!(remote.signer().is_none());
    // Two sets of keys are two trusts.
    let world = World::of(KeyKind::P256);
    let domains = [&[][..], &[&world.server], &[&world.client], &[&world.client, &world.server]]
        .map(|keys| knows(keys).domain().unwrap());
    assert_eq!(domains.iter().collect::<BTreeSet<_>>().len(), 4);
}

/// A puppet server that shows a raw public key, or a certificate, against a client that takes keys alone.
fn client_meets(version: Version, types: &[CertificateType], shows: &Arc<Identity>, script: Script) -> Option<Error> {
    let world = World::of(KeyKind::P256);
    let made = Setup::default().make_with(
        |client| {
            let client = client.versions(version, version).peer_certificate_types(types.iter().copied());
            client.verifier(both(&[&world.server])).request_scts(true)
        },
        |server| server,
    );
    let mut out = Vec::new();
    let client = ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
    let mut client = End::new(client, made.client_answers);
    client.outbox = out;
    let answers = PuppetAnswers::new(Some(puppet_server(version, ClientAuth::None)), Some(shows.clone()));
    let answers = PuppetAnswers { other: puppet_answers(), ..answers };
    let keys = Keys::default();
    let puppet = Puppet::server(answers, keys.watch(script));
    meet(client, puppet, Vec::new(), &keys, |_| Vec::new())
}

/// A puppet client that has a raw public key, against a server that asks for one.
fn server_meets(version: Version, auth: ClientAuth, script: Script) -> Option<Error> {
    let world = World::of(KeyKind::P256);
    let made = Setup::default().make_with(
        |client| client,
        |server| server.client_verifier(auth, judge(knows(&[&world.client]))).peer_certificate_types([RAW]),
    );
    let server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let answers = PuppetAnswers { other: puppet_answers(), ..PuppetAnswers::new(None, Some(raw(&world.client))) };
    let (keys, mut wire) = (Keys::default(), Vec::new());
    let params = ClientParams { own_certificate_types: vec![RAW], ..puppet_client(version) };
    let puppet = Puppet::client(Arc::new(params), NAME.try_into().unwrap(), answers, keys.watch(script), &mut wire);
    meet(server, puppet, wire, &keys, |_| Vec::new())
}

fn puppet_client(version: Version) -> ClientParams {
    match version {
        #[cfg(feature = "tls12")]
        Version::Tls12 => crate::violations12::puppet_client(),
        _ => client_params(),
    }
}

fn puppet_server(version: Version, auth: ClientAuth) -> ServerParams {
    match version {
        #[cfg(feature = "tls12")]
        Version::Tls12 => crate::violations12::puppet_server(auth),
        _ => server_params(NamedGroup::X25519, auth),
    }
}

fn puppet_answers() -> Option<fn(handfast_handshake::Question) -> handfast_handshake::Answer> {
    #[cfg(feature = "tls12")]
    return Some(crate::violations12::fresh);
    #[cfg(not(feature = "tls12"))]
    None
}

/// The message in which a server of this version answers extensions.
fn hello_of(version: Version) -> M {
    if version == Version::Tls13 { M::EncryptedExtensions } else { M::ServerHello }
}

/// An extension in the server's answer instead of the one of this type.
fn answers(version: Version, ty: E, with: Option<(E, &'static [u8])>) -> Script {
    Box::new(extensions(hello_of(version), move |list| {
        list.retain(|(own, _)| *own != ty);
        list.extend(with.map(|(ty, body)| (ty, body.to_vec())));
    }))
}

/// This content in the place of what the Certificate has.
fn shows(content: Vec<u8>) -> Script {
    Box::new(edit(M::Certificate, move |raw| {
        raw.truncate(1);
        raw.extend_from_slice(&(content.len() as u32).to_be_bytes()[1..]);
        raw.extend_from_slice(&content);
    }))
}

fn under_length(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[1..], bytes].concat()
}

/// The body of a Certificate with these entries, each with its extensions.
fn entries(version: Version, entries: &[(&[u8], &[u8])]) -> Vec<u8> {
    if version != Version::Tls13 {
        return under_length(entries.first().map_or(&[], |(data, _)| data));
    }
    let entry = |(data, extensions): &(&[u8], &[u8])| {
        [&under_length(data)[..], &(extensions.len() as u16).to_be_bytes(), extensions].concat()
    };
    [&[0][..], &under_length(&entries.iter().flat_map(entry).collect::<Vec<_>>())].concat()
}

type Case = (&'static str, &'static str, Option<Error>);

/// What a server can do wrong.
fn servers(version: Version) -> Vec<Case> {
    let world = World::of(KeyKind::P256);
    let (x509, key) = (&world.server, &raw(&world.server));
    let (spki, other) = (key_of(key), key_of(&raw(&world.client)));
    let chain = x509.credential().chain();
    let meets = |types: &[CertificateType], shows, script| client_meets(version, types, shows, script);
    let shown = |list: &[(&[u8], &[u8])]| meets(&[RAW], key, shows(entries(version, list)));
    let ty = E::SERVER_CERTIFICATE_TYPE;
    let selects = |body: &'static [u8]| answers(version, ty, Some((ty, body)));
    let mut cases = vec![
        ("nothing", "", meets(&[RAW], key, Box::new(|_| {}))),
        ("X.509 by name", "SelectedCertificateType", meets(&[RAW], key, selects(&[0]))),
        ("a type of nobody's", "SelectedCertificateType", meets(&[RAW, X509], key, selects(&[1]))),
        ("two types", "Malformed", meets(&[RAW, X509], key, selects(&[2, 0]))),
        ("X.509 by silence", "NoCommonCertificateType", meets(&[RAW], key, answers(version, ty, None))),
        ("a type that nobody asked for", "UnsolicitedExtension", meets(&[X509], x509, selects(&[2]))),
        (
            "a type for a client that has said nothing",
            "UnsolicitedExtension",
            meets(&[RAW], key, answers(version, E::PADDING, Some((E::CLIENT_CERTIFICATE_TYPE, &[2])))),
        ),
        ("a certificate for a key", "BadRawKey", shown(&[(&chain[0], &[])])),
        ("no key", "BadRawKey", shown(&[(&[0x30, 0], &[])])),
        ("somebody else's key", "BadSignature", shown(&[(&other, &[])])),
        ("a key of X25519", "UnsupportedCertificate", shown(&[(&X25519, &[])])),
    ];
    if version == Version::Tls13 {
        cases.extend([
            ("a key for a certificate", "BadCertificate", meets(&[RAW, X509], key, selects(&[0]))),
            ("two keys", "SeveralRawKeys", shown(&[(&spki, &[]), (&spki, &[])])),
            ("a key and a certificate", "SeveralRawKeys", shown(&[(&spki, &[]), (&chain[0], &[])])),
            ("no entry", "NoCertificate", shown(&[])),
            ("an empty key", "Malformed", shown(&[(&[], &[])])),
            ("timestamps of a key", "MisplacedExtension", shown(&[(&spki, &[0, 18, 0, 5, 0, 3, 0, 1, 7])])),
            ("a staple of a key", "MisplacedExtension", shown(&[(&spki, &[0, 5, 0, 5, 1, 0, 0, 1, 7])])),
            ("no proof", "UnexpectedMessage", meets(&[RAW], key, Box::new(drop_message(M::CertificateVerify)))),
        ]);
    } else {
        let adds = |ty, body| meets(&[RAW], key, answers(version, E::PADDING, Some((ty, body))));
        cases.extend([
            ("a key for a certificate", "Malformed", meets(&[RAW, X509], key, selects(&[0]))),
            ("an empty key", "NoCertificate", shown(&[(&[], &[])])),
            ("timestamps of a key", "MisplacedExtension", adds(E::SIGNED_CERTIFICATE_TIMESTAMP, &[0, 3, 0, 1, 7])),
            ("a staple of a key", "MisplacedExtension", adds(E::STATUS_REQUEST, &[])),
        ]);
    }
    cases
}

/// What a client can do wrong.
fn clients(version: Version) -> Vec<Case> {
    let world = World::of(KeyKind::P256);
    let (spki, other) = (key_of(&raw(&world.client)), key_of(&raw(&world.server)));
    let chain = world.client.credential().chain();
    let require = ClientAuth::Require;
    let meets = |script| server_meets(version, require, script);
    let shown = |list: &[(&[u8], &[u8])]| meets(shows(entries(version, list)));
    let says = |ty: E, body: &'static [u8]| -> Script {
        Box::new(extensions(M::ClientHello, move |list| {
            list.retain(|(own, _)| *own != ty);
            list.push((ty, body.to_vec()));
        }))
    };
    let mut cases = vec![
        ("nothing", "", meets(Box::new(|_| {}))),
        ("X.509 alone", "X509Alone", meets(says(E::CLIENT_CERTIFICATE_TYPE, &[1, 0]))),
        ("X.509 alone of the server", "X509Alone", meets(says(E::SERVER_CERTIFICATE_TYPE, &[1, 0]))),
        ("an empty list", "Malformed", meets(says(E::CLIENT_CERTIFICATE_TYPE, &[0]))),
        ("no type of ours", "NoCommonCertificateType", meets(says(E::CLIENT_CERTIFICATE_TYPE, &[2, 1, 9]))),
        ("no type of ours for the server", "NoCommonCertificateType", meets(says(E::SERVER_CERTIFICATE_TYPE, &[1, 9]))),
        ("a certificate for a key", "BadRawKey", shown(&[(&chain[0], &[])])),
        ("somebody else's key", "BadSignature", shown(&[(&other, &[])])),
    ];
    if version == Version::Tls13 {
        cases.extend([
            ("two keys", "SeveralRawKeys", shown(&[(&spki, &[]), (&other, &[])])),
            ("no entry", "CertificateRequired", shown(&[])),
            ("no proof", "UnexpectedMessage", meets(Box::new(drop_message(M::CertificateVerify)))),
        ]);
    } else {
        cases.push(("an empty key", "ClientCertificateMissing", shown(&[(&[], &[])])));
    }
    cases
}

/// A SubjectPublicKeyInfo whose key agrees and does not sign (RFC 8410 §4).
const X25519: [u8; 44] = {
    let mut der = [7; 44];
    let head = [0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 110, 3, 33, 0];
    let mut at = 0;
    while at < head.len() {
        der[at] = head[at];
        at += 1;
    }
    der
};

#[test]
fn what_a_peer_can_do_wrong() {
    let mut seen = BTreeSet::new();
    for &version in VERSIONS {
        for (name, code, error) in servers(version).into_iter().chain(clients(version)) {
            let found = error.as_ref().map_or(String::new(), Error::code);
            assert_eq!(found, code, "{name}, {version:?}: {error:?}");
            if matches!(error, Some(Error::Peer(_))) {
                seen.insert(code);
            }
        }
    }
    for code in RAW_KEY_VIOLATIONS {
        assert!(seen.contains(code), "{code}");
    }
}

#[cfg(feature = "legacy")]
mod legacy {
    use super::*;
    use crate::legacy::TRANSPORT;
    use handfast::CredentialQuestion;
    use handfast::legacy::{RenegotiationLimit, dangerous_legacy};
    use handfast::wire::CipherSuite;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A key that decrypts is one of a certificate, so it is of no use to who takes raw public keys alone.
    #[test]
    fn what_decrypts_has_a_certificate() {
        for (types, expected) in
            [(&[RAW, X509][..], Ok((None, Some(X509)))), (&[RAW], err("handshake_failure", "NoCommonSuite"))]
        {
            let suites = Some(vec![CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256]);
            let made = Setup { suites, client_protocols: vec!["http/1.1"], ..Setup::default() }.make_with(
                |client| {
                    let paths = PathVerifier::new(handfast::rustcrypto::provider(), TRANSPORT.1.clone());
                    let judge = judge(knows(&[]).certificates(Arc::new(paths)));
                    let client = client.versions(Version::Tls12, Version::Tls12).verifier(judge);
                    client.legacy(dangerous_legacy().rsa_key_transport()).peer_certificate_types(types.iter().copied())
                },
                |server| {
                    let legacy = dangerous_legacy().rsa_key_transport_with(TRANSPORT.0.clone());
                    server.versions(Version::Tls12, Version::Tls12).legacy(legacy)
                },
            );
            assert_eq!(outcome(made), expected);
        }
    }

    /// Shows one after the other.
    struct InTurn(Vec<Arc<Identity>>, AtomicUsize);

    impl ChooseIdentity for InTurn {
        fn choose(&self, _: &CredentialQuestion) -> Option<Arc<Identity>> {
            self.0.get(self.1.fetch_add(1, Ordering::Relaxed)).cloned()
        }
    }

    /// docs/regressions.md row 18: in a renegotiation the server is who it was, also where it is known by its key.
    #[test]
    fn another_key_in_a_renegotiation_is_another_server() {
        let world = World::of(KeyKind::P256);
        let (key, other) = (raw(&world.server), raw(&world.client));
        for (shows, code) in [
            ([&key, &key], ""),
            ([&key, &other], "ChangedCertificate"),
            // The same key, and another kind of certificate.
            ([&key, &world.server], "ChangedCertificate"),
        ] {
            let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
            let setup = Setup { client_protocols: vec!["http/1.1"], ..Setup::default() };
            let made = setup.make_with(
                |client| {
                    let client = client.versions(Version::Tls12, Version::Tls12).legacy(legacy());
                    client.peer_certificate_types([RAW, X509]).verifier(both(&[&world.server, &world.client]))
                },
                |server| {
                    let shows = InTurn(shows.into_iter().cloned().collect(), AtomicUsize::new(0));
                    server.legacy(legacy()).identities(Resolve::Now(Arc::new(shows)))
                },
            );
            let mut pair = Pair::new(made, Chunking::Coalesced);
            pair.connect();
            pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
            pair.run();
            assert_eq!(pair.client.error.as_ref().map_or(String::new(), Error::code), code);
        }
    }
}
