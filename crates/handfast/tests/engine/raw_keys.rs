//! Raw public keys (RFC 7250): who shows what to whom, who takes it, and what a peer can do wrong with them.
//!
//! docs/regressions.md rows 18, 34, 55: named at the cases.

#[cfg(feature = "legacy")]
mod legacy;
mod peers;
mod sessions;

use crate::RAW_KEY_VIOLATIONS;
use crate::violations::{Keys, drop_message, edit, extensions, meet};
use handfast::crypto::KeyKind;
use handfast::pki::spki;
use handfast::pki_types::{SubjectPublicKeyInfoDer, UnixTime};
use handfast::wire::{AlertDescription, CertificateType, ExtensionType as E, MessageKind as M, NamedGroup};
use handfast::{
    ChannelBinding, ChooseIdentity, ClientAuth, ClientConfigBuilder, ClientStart, ConfigError, Connection,
    CredentialError, CredentialQuestion, Error, Facts, Identity, IdentityError, NotResumed, PathVerifier, PeerQuestion,
    RawKeys, Rejection, Resolve, ServerConfigBuilder, Usage, VerifyPeer, Version,
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
                    // RFC 5929 §4.1: the hash is one of a certificate.
                    let binding = end.connection.channel_binding(ChannelBinding::ServerEndPoint);
                    assert!(matches!(binding, Err(Error::Usage(Usage::NoCertificate))), "{binding:?}");
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

/// Shows this, whoever asks for whatever.
struct Always(Arc<Identity>);

impl ChooseIdentity for Always {
    fn choose(&self, _: &CredentialQuestion) -> Option<Arc<Identity>> {
        Some(self.0.clone())
    }
}

/// A chooser may be wrong about what was negotiated: a client goes on without, and a server cannot.
#[test]
fn what_was_not_negotiated_is_not_shown() {
    let world = World::of(KeyKind::P256);
    for &version in VERSIONS {
        for (takes, shows, has) in [(RAW, X509, &world.client), (X509, RAW, &raw(&world.client))] {
            let made = Setup::default().make_with(
                |client| {
                    let always = Resolve::Now(Arc::new(Always(has.clone())) as _);
                    client.versions(version, version).identities(always).own_certificate_types([takes])
                },
                |server| {
                    let server = server.client_verifier(ClientAuth::Request, both(&[&world.client]));
                    server.peer_certificate_types([takes])
                },
            );
            assert_eq!(outcome(made), Ok((None, Some(X509))), "{shows:?} {version:?}");
        }
        let made = Setup::default().make_with(
            |client| client.versions(version, version),
            |server| server.identities(Resolve::Now(Arc::new(Always(raw(&world.server))))),
        );
        assert_eq!(outcome(made), err("unsupported_certificate", "NoCommonCertificateType"), "{version:?}");
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

/// Whoever is asked cannot show one to a client that takes certificates.
#[test]
fn an_answer_is_held_to_what_was_negotiated() {
    let mut made = Setup { mode: Mode::Ask, ..Setup::default() }.make();
    made.server_answers.present(raw(&World::of(KeyKind::P256).server));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    assert_eq!(pair.server.error.unwrap().code(), "NoCommonCertificateType");
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

/// RFC 9345 §4: what delegates is a certificate.
#[test]
fn a_key_delegates_nothing() {
    let world = World::of(KeyKind::P256);
    let raw = raw(&world.server);
    // An hour, ecdsa_secp256r1_sha256, the key; and a signature that nobody looks at here.
    let spki = key_of(&raw);
    let len = u32::try_from(spki.len()).unwrap().to_be_bytes();
    let bytes = [&[0, 0, 14, 16, 4, 3], &len[1..], &spki, &[4, 3, 0, 1, 7]].concat();
    let delegating = |identity: &Identity, bytes: &[u8]| {
        let credential = handfast::Credential::clone(identity.credential());
        credential.delegating(bytes.to_vec(), identity.credential().public_key().clone()).map(drop)
    };
    assert_eq!(delegating(&world.server, &bytes), Ok(()));
    assert_eq!(delegating(&world.server, &bytes[1..]), Err(CredentialError::Delegation));
    assert_eq!(delegating(&raw, &bytes), Err(CredentialError::RawKey));
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
