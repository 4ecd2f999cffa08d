//! What a session was made under it is resumed under, and under nothing else: on servers and on clients, in both versions, from
//! tickets and from stores.
//!
//! docs/regressions.md row 18 is one of TLS 1.2 alone: in TLS 1.3 every secret depends on the whole transcript (RFC 9846 §7.1),
//! so there is no session that could be led into another connection, and no renegotiation.

use crate::site::{Site, resumed};
use handfast::crypto::{KeyKind, Provider};
use handfast::pki::make::{Builder, Identity as Made, Key};
use handfast::pki_types::UnixTime;
use handfast::wire::AlertDescription;
use handfast::{
    Anchors, ClientAuth, ClientConfigBuilder, ClientStart, Identity, KeepSessions, MemoryStore, NotResumed,
    PeerQuestion, Recheck, Rejection, Resolve, ServerConfigBuilder, Session, Ticketer, Usage, VerifyPeer, Version,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::null::Anybody;
use handfast_testkit::pair::Pair;
use handfast_testkit::random::Seeded;
use handfast_testkit::setup::Setup;
use handfast_testkit::world::{NAME, NOW, World};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Those of this build.
const VERSIONS: &[Version] = &[
    #[cfg(feature = "tls12")]
    Version::Tls12,
    Version::Tls13,
];

fn keepers() -> [Arc<dyn KeepSessions>; 2] {
    [Arc::new(Ticketer::new(handfast::rustcrypto::provider())), Arc::new(MemoryStore::default())]
}

type Build = dyn Fn(ServerConfigBuilder) -> ServerConfigBuilder;

/// In both versions, with both keepers: a session that one configuration made, offered to another. Why it is not resumed.
fn offered(setup: &Setup, from: &Build, to: &Build) -> Option<NotResumed> {
    let mut seen = None;
    for &version in VERSIONS {
        for keeper in keepers() {
            let site = |server: &Build| {
                Site::new(setup, |builder| server(builder.sessions(keeper.clone()).versions(version, version)))
            };
            let (from, to) = (site(from), site(to));
            let pair = to.resume(from.session());
            let why = pair.server.connection.facts().not_resumed;
            assert_eq!(resumed(&pair), why.is_none());
            assert_eq!(*seen.get_or_insert(why), why, "{version:?}");
        }
    }
    seen.unwrap()
}

fn client_auth(mode: ClientAuth, anchors: KeyKind) -> impl Fn(ServerConfigBuilder) -> ServerConfigBuilder {
    move |server| server.client_auth(mode, World::of(anchors).anchors.clone())
}

/// docs/regressions.md row 34: anchors, judge, mode of client authentication and context are one trust.
#[test]
fn another_trust_is_a_full_handshake() {
    use ClientAuth::{None, Request, Require};
    let anonymous = Setup::default();
    // A client that has a certificate, and shows it where it is asked.
    let known = Setup { client_certificate: true, ..Setup::default() };
    let mode = |mode| client_auth(mode, KeyKind::P256);
    assert_eq!(offered(&anonymous, &|server| server, &|server| server), Option::None);
    assert_eq!(offered(&known, &mode(Require), &mode(Require)), Option::None);
    assert_eq!(offered(&anonymous, &mode(Request), &mode(Request)), Option::None);
    let domain = Some(NotResumed::Domain);
    for (from, to) in
        [(None, Request), (None, Require), (Request, Require), (Require, Request), (Require, None), (Request, None)]
    {
        assert_eq!(offered(&known, &mode(from), &mode(to)), domain, "{from:?} {to:?}");
    }
    assert_eq!(offered(&anonymous, &mode(Request), &client_auth(Request, KeyKind::P384)), domain);
    let judge = |server: ServerConfigBuilder| server.client_verifier(Request, Resolve::Now(Arc::new(Anybody)));
    assert_eq!(offered(&known, &mode(Request), &judge), domain);
    assert_eq!(offered(&known, &judge, &mode(Request)), domain);
    let named = |name: u8| move |server| judge(server).peer_domain([name; 32]);
    assert_eq!(offered(&known, &named(1), &named(1)), Option::None);
    assert_eq!(offered(&known, &named(1), &named(2)), domain);
    assert_eq!(offered(&anonymous, &|server| server, &|server| server.session_context("another")), domain);
}

/// What nobody has judged is not what somebody has, whatever name somebody has; and where certificates are not taken, it is not
/// what they stand for.
#[test]
fn nobodys_judgement_is_no_judgement() {
    let site = Site::plain();
    fn anybody() -> Resolve<dyn VerifyPeer> {
        Resolve::Now(Arc::new(Anybody))
    }
    type Client = dyn Fn(ClientConfigBuilder) -> ClientConfigBuilder;
    let ways: [&Client; 4] = [
        &|client| client.dangerous_no_verification().peer_domain([0; 32]),
        &|client| client.verifier(anybody()).peer_domain([0; 32]),
        &|client| client.verifier(anybody()).peer_domain([1; 32]),
        &|client| client.require_psk(true),
    ];
    for (at, from) in ways.iter().enumerate().take(3) {
        let mut pair = Pair::new(site.made_with(from), Chunking::Coalesced);
        pair.connect();
        let session = pair.client.sessions.pop().unwrap();
        for (other, to) in ways.iter().enumerate() {
            let start = ClientStart::new(&site.made_with(to).client, NAME.try_into().unwrap());
            assert_eq!(start.session(session.clone()).is_ok(), at == other, "{at} {other}");
        }
    }
}

/// Whoever gives their trust no name keeps no sessions: nobody could say what they stand for.
#[test]
fn a_judge_without_a_name_keeps_no_sessions() {
    struct Careless;
    impl VerifyPeer for Careless {
        fn verify(&self, _: &PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
            Ok(())
        }
    }
    let setup = Setup { client_certificate: true, ..Setup::default() };
    let site =
        Site::new(&setup, |server| server.client_verifier(ClientAuth::Request, Resolve::Now(Arc::new(Careless))));
    assert!(site.sessions().is_empty());
    let named = Site::new(&setup, |server| {
        server.client_verifier(ClientAuth::Request, Resolve::Now(Arc::new(Careless))).peer_domain([1; 32])
    });
    assert_eq!(named.sessions().len(), 2);
}

/// docs/regressions.md row 34: a session for another host name, from a client that lies about it.
#[test]
fn another_name_is_a_full_handshake() {
    const OTHER: &str = "tenant.example";
    for &version in VERSIONS {
        for keeper in keepers() {
            let site =
                Site::new(&Setup::default(), |server| server.sessions(keeper.clone()).versions(version, version));
            let anybody = |client: ClientConfigBuilder| client.verifier(Resolve::Now(Arc::new(Anybody)));
            let mut first = Pair::new(site.made_with(anybody), Chunking::Coalesced);
            first.connect();
            let bytes = first.client.sessions.pop().unwrap().dangerous_bytes().unwrap().to_vec();
            let at = bytes.windows(NAME.len()).position(|part| part == NAME.as_bytes()).unwrap();
            let edited = [&bytes[..at], OTHER.as_bytes(), &bytes[at + NAME.len()..]].concat();
            let session = Session::dangerous_from_bytes(&edited).unwrap();
            assert_eq!(session.name(), Some(OTHER));
            let made = site.made_with(anybody);
            let client = made.client.clone();
            let mut pair = Pair::start(made, Chunking::Coalesced, |_| {
                ClientStart::new(&client, OTHER.try_into().unwrap()).session(session).unwrap()
            });
            pair.connect();
            assert!(!resumed(&pair));
            assert_eq!(pair.server.connection.facts().not_resumed, Some(NotResumed::Name), "{version:?}");
        }
    }
}

/// docs/regressions.md row 35: a client offers nothing that was made under another trust, for another server, by another client,
/// or with suites it does not offer.
#[test]
fn a_client_offers_only_what_fits() {
    for &version in VERSIONS {
        let site = Site::new(&Setup::default(), |server| server.versions(version, version));
        let session = site.session();
        let offer = |made: &handfast_testkit::setup::Made, name: &'static str| {
            ClientStart::new(&made.client, name.try_into().unwrap()).session(session.clone()).map(drop)
        };
        assert_eq!(offer(&site.made(), NAME), Ok(()));
        assert_eq!(offer(&site.made(), "SERVER.example."), Ok(()), "the same name");
        assert_eq!(offer(&site.made(), "other.example"), Err(Usage::Session));
        let with = |client: fn(ClientConfigBuilder) -> ClientConfigBuilder| offer(&site.made_with(client), NAME);
        assert_eq!(with(|client| client.anchors(World::of(KeyKind::P384).anchors.clone())), Err(Usage::Session));
        assert_eq!(with(|client| client.verifier(Resolve::Now(Arc::new(Anybody)))), Err(Usage::Session));
        assert_eq!(with(ClientConfigBuilder::dangerous_no_verification), Err(Usage::Session));
        assert_eq!(with(|client| client.session_context("another")), Err(Usage::Session));
        assert_eq!(with(|client| client.sessions(false)), Err(Usage::Session));
        assert_eq!(with(|client| client.identity(World::of(KeyKind::P256).client.clone())), Err(Usage::Session));
        let other_hash = if version == Version::Tls13 {
            handfast::wire::CipherSuite::TLS_AES_256_GCM_SHA384
        } else {
            handfast::wire::CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
        };
        let made = site.made_with(|client| client.suites([other_hash]));
        assert_eq!(offer(&made, NAME), Err(Usage::Session));
        // A session of nobody's is nobody's.
        let made = site.made_with(|client| client.dangerous_no_verification());
        let mut pair = Pair::new(made.clone(), Chunking::Coalesced);
        pair.connect();
        let unverified = pair.client.sessions.pop().unwrap();
        assert!(!unverified.peer().unwrap().verified);
        let start = |made: &handfast_testkit::setup::Made| ClientStart::new(&made.client, NAME.try_into().unwrap());
        assert!(start(&made).session(unverified.clone()).is_ok());
        assert!(start(&site.made()).session(unverified).is_err());
    }
}

/// A CA of its own, and what it has signed for an hour from [`NOW`] on.
fn for_an_hour(leaf: Builder) -> (Arc<Identity>, Arc<Anchors>) {
    let provider = Provider { random: Seeded::new(77), ..handfast::rustcrypto::provider() };
    let ca = Made::root(&provider, Builder::ca("Short CA", NOW), KeyKind::P256).unwrap();
    let key = Key::generate(&provider, KeyKind::P256).unwrap();
    let from = i64::try_from(NOW.as_secs()).unwrap();
    let leaf = leaf.valid(from - 60, from + 3_600).signed_by(&provider, &ca, key.public_key()).unwrap();
    let mut anchors = Anchors::new();
    anchors.add(&ca.certificate).unwrap();
    let identity = Identity::new(&provider, vec![leaf, ca.certificate.clone()], key.der()).unwrap();
    (identity, Arc::new(anchors))
}

const HOUR: u64 = 3_600_000;

/// docs/regressions.md row 35: a server's certificate that has expired since ends its sessions, unless a client has said that
/// they may outlive it.
#[test]
fn a_session_ends_with_the_servers_certificate() {
    let (identity, anchors) = for_an_hour(Builder::server(&[NAME], NOW));
    for &version in VERSIONS {
        // A session of TLS 1.2 does not last for an hour by default.
        #[cfg(feature = "tls12")]
        let days = |server: ServerConfigBuilder| server.session_timeout(86_400);
        #[cfg(not(feature = "tls12"))]
        let days = |server| server;
        let site = Site::new(&Setup::default(), |server| {
            let chooser: Arc<dyn handfast::ChooseIdentity> = Arc::new(vec![identity.clone()]);
            days(server).versions(version, version).identities(Resolve::Now(chooser))
        });
        let client = |recheck: Recheck| {
            site.made_with(|client| {
                #[cfg(feature = "tls12")]
                let client = client.session_timeout(86_400);
                client.anchors(anchors.clone()).recheck(recheck)
            })
        };
        let mut pair = Pair::new(client(Recheck::Validity), Chunking::Coalesced);
        pair.connect();
        let session = pair.client.sessions.pop().unwrap();
        let offer = |recheck| {
            ClientStart::new(&client(recheck).client, NAME.try_into().unwrap()).session(session.clone()).map(drop)
        };
        let rechecks = [Recheck::Validity, Recheck::All, Recheck::DangerousNothing];
        site.clock.set(HOUR);
        assert_eq!(rechecks.map(offer), [Ok(()); 3], "its last second");
        site.clock.set(HOUR + 1_000);
        assert_eq!(rechecks.map(offer), [Err(Usage::Session), Err(Usage::Session), Ok(())], "{version:?}");
        let made = client(Recheck::DangerousNothing);
        let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.session(session.clone()).unwrap());
        pair.connect();
        assert!(resumed(&pair));
    }
}

/// docs/regressions.md rows 35 and 89: the same for a client's certificate on a server; and its tickets say so before.
#[test]
fn a_session_ends_with_the_clients_certificate() {
    let (identity, anchors) = for_an_hour(Builder::client("client", NOW));
    let not_resumed = |recheck: Recheck, version: Version| {
        let keeper = keepers()[0].clone();
        let site = Site::new(&Setup::default(), |server| {
            #[cfg(feature = "tls12")]
            let server = server.session_timeout(86_400);
            let server = server.versions(version, version).recheck(recheck).sessions(keeper);
            server.client_auth(ClientAuth::Request, anchors.clone())
        });
        // The client's time stands still.
        let clock = handfast_testkit::clock::Moving::new();
        let client = || site.made_with(|client| client.identity(identity.clone()).clock(clock.clone()));
        let mut pair = Pair::new(client(), Chunking::Coalesced);
        pair.connect();
        let session = pair.client.sessions.pop().unwrap();
        if version == Version::Tls13 {
            let lifetime = if recheck == Recheck::DangerousNothing { 7_200 } else { 3_600 };
            assert_eq!(session.lifetime_hint(), lifetime);
        }
        site.clock.set(HOUR + 1_000);
        let mut pair = Pair::start(client(), Chunking::Coalesced, |start| start.session(session).unwrap());
        pair.run();
        // Without its session it shows its certificate, which is not good any more.
        let error = pair.server.error.as_ref().map(|error| error.code().to_string());
        assert_eq!(error.as_deref(), (!pair.server.connection.facts().resumed).then_some("CERT_HAS_EXPIRED"));
        pair.server.connection.facts().not_resumed
    };
    for &version in VERSIONS {
        assert_eq!(not_resumed(Recheck::Validity, version), Some(NotResumed::CertificateExpired));
        assert_eq!(not_resumed(Recheck::All, version), Some(NotResumed::CertificateRejected));
        assert_eq!(not_resumed(Recheck::DangerousNothing, version), None);
    }
}

/// docs/regressions.md row 35: a judge that has changed its mind is heard by whoever asks it.
#[test]
fn all_is_judged_anew_where_that_is_wanted() {
    struct Fickle(AtomicBool);
    impl VerifyPeer for Fickle {
        fn verify(&self, _: &PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
            match self.0.load(Ordering::Relaxed) {
                true => Ok(()),
                false => Err(Rejection { alert: AlertDescription::CERTIFICATE_REVOKED, reason: None }),
            }
        }

        fn domain(&self) -> Option<[u8; 32]> {
            Some([9; 32])
        }
    }
    for &version in VERSIONS {
        let judge = Arc::new(Fickle(AtomicBool::new(true)));
        let setup = Setup { client_certificate: true, ..Setup::default() };
        let keeper = keepers()[0].clone();
        let site = |recheck| {
            Site::new(&setup, |server| {
                let server = server.versions(version, version).recheck(recheck).sessions(keeper.clone());
                server.client_verifier(ClientAuth::Request, Resolve::Now(judge.clone()))
            })
        };
        let (usual, strict) = (site(Recheck::Validity), site(Recheck::All));
        let session = usual.session();
        assert!(resumed(&strict.resume(session.clone())));
        judge.0.store(false, Ordering::Relaxed);
        assert!(resumed(&usual.resume(session.clone())));
        let mut pair = strict.pair(|start| start.session(session).unwrap());
        pair.run();
        assert_eq!(pair.server.connection.facts().not_resumed, Some(NotResumed::CertificateRejected));
        assert_eq!(pair.server.error.unwrap().code(), "certificate_revoked");

        // And on a client.
        judge.0.store(true, Ordering::Relaxed);
        let client = |recheck| usual.made_with(|client| client.verifier(Resolve::Now(judge.clone())).recheck(recheck));
        let mut pair = Pair::new(client(Recheck::Validity), Chunking::Coalesced);
        pair.connect();
        let session = pair.client.sessions.pop().unwrap();
        let offer = |recheck| {
            ClientStart::new(&client(recheck).client, NAME.try_into().unwrap()).session(session.clone()).is_ok()
        };
        assert!(offer(Recheck::All));
        judge.0.store(false, Ordering::Relaxed);
        assert!(!offer(Recheck::All) && offer(Recheck::Validity));
    }
}
