//! What becomes of raw public keys in sessions.

use super::*;

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
