//! What becomes of raw public keys in sessions.

use super::*;
use crate::site::{Site, resumed};
use handfast::crypto::HashAlgorithm;
use handfast::{ExternalPsk, PskRole, Recheck, Ticketer};

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

/// No kind was agreed on when a session was made with an external key, and so none is when it is resumed.
#[test]
fn a_session_of_an_external_key_has_no_kind() {
    let world = World::of(KeyKind::P256);
    let psk = |role| ExternalPsk::new(role, b"me", &[1; 32], HashAlgorithm::Sha256).unwrap();
    let site = Site::new(&Setup { psks: vec![psk(PskRole::Server)], ..Setup::default() }, |server| server);
    let client =
        || site.made_with(|client| client.peer_certificate_types([RAW]).verifier(judge(knows(&[&world.server]))));
    let mut pair = Pair::start(client(), Chunking::Coalesced, |start| start.psk(psk(PskRole::Client)).unwrap());
    pair.connect();
    let session = pair.client.sessions.pop().expect("a session");
    let mut pair = Pair::start(client(), Chunking::Coalesced, |start| {
        start.psk(psk(PskRole::Client)).unwrap().session(session).unwrap()
    });
    pair.connect();
    check(&pair);
    assert!(resumed(&pair));
    assert_eq!(types(pair.client.connection.facts()), (None, None));
}

/// docs/regressions.md row 35: a key that is not known any more, whatever the trust is called, ends its sessions where all is
/// judged anew, and nowhere else: it has no end of its own.
#[test]
fn a_forgotten_key_ends_its_sessions_where_all_is_judged() {
    let world = World::of(KeyKind::P256);
    let (client, server) = (raw(&world.client), raw(&world.server));
    for &version in VERSIONS {
        let keeper = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
        let made = |recheck: Recheck, servers: &[&Arc<Identity>], clients: &[&Arc<Identity>]| {
            Setup::default().make_with(
                |builder| {
                    let builder = builder.versions(version, version).identity(client.clone()).recheck(recheck);
                    builder.peer_certificate_types([RAW]).verifier(judge(knows(servers))).peer_domain([1; 32])
                },
                |builder| {
                    let builder = builder.identities(list(&[&server])).peer_certificate_types([RAW]).recheck(recheck);
                    let judge = judge(knows(clients));
                    builder.client_verifier(ClientAuth::Require, judge).peer_domain([2; 32]).sessions(keeper.clone())
                },
            )
        };
        let known = |recheck| made(recheck, &[&world.server], &[&world.client]);
        let mut pair = Pair::new(known(Recheck::Validity), Chunking::Coalesced);
        pair.connect();
        let session = pair.client.sessions.pop().expect("a session");
        let offer =
            |made: &Made| ClientStart::new(&made.client, NAME.try_into().unwrap()).session(session.clone()).map(drop);
        let resume = |made: Made| {
            let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.session(session.clone()).unwrap());
            pair.run();
            let code = pair.server.error.as_ref().map_or(String::new(), Error::code);
            (pair.server.connection.facts().not_resumed, code)
        };
        for recheck in [Recheck::Validity, Recheck::All] {
            assert_eq!(resume(known(recheck)), (None, String::new()), "{version:?}");
        }
        let forgets_server = |recheck| made(recheck, &[&world.client], &[&world.client]);
        assert_eq!(offer(&forgets_server(Recheck::Validity)), Ok(()));
        assert_eq!(offer(&forgets_server(Recheck::All)), Err(Usage::Session));
        let forgets_client = |recheck| made(recheck, &[&world.server], &[&world.server]);
        assert_eq!(resume(forgets_client(Recheck::Validity)), (None, String::new()));
        let expected = (Some(NotResumed::CertificateRejected), "RAW_PUBLIC_KEY_UNKNOWN".into());
        assert_eq!(resume(forgets_client(Recheck::All)), expected);
    }
}
