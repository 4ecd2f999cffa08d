//! External pre-shared keys of TLS 1.3.

use crate::site::{Site, resumed};
use handfast::crypto::HashAlgorithm;
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{
    ClientAuth, ClientStart, Connection, ExternalPsk, FindPsk, Importer, NotResumed, PskRole, Resolve, ServerConfig,
    Session, UnknownPsk, Usage,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::setup::{Keeping, Setup};
use handfast_testkit::world::NAME;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn psk(role: PskRole, identity: &[u8], key: u8) -> ExternalPsk {
    ExternalPsk::new(role, identity, &[key; 32], HashAlgorithm::Sha256).unwrap()
}

fn of_client(identity: &[u8], key: u8) -> ExternalPsk {
    psk(PskRole::Client, identity, key)
}

/// A site that knows these keys; what others meet, `unknown` says.
fn site(psks: &[ExternalPsk], unknown: UnknownPsk) -> Site {
    Site::new(&Setup { psks: psks.to_vec(), ..Setup::default() }, |server| server.unknown_psk(unknown))
}

/// What becomes of a client with these keys.
fn meet(site: &Site, psks: &[ExternalPsk]) -> Pair {
    let mut pair = site.pair(|start| psks.iter().fold(start, |start, psk| start.psk(psk.clone()).unwrap()));
    pair.run();
    pair
}

/// Whose key both sides say they have used.
fn used(pair: &Pair) -> Option<Vec<u8>> {
    handfast_testkit::claims::check(pair);
    assert!(pair.client.connection.is_connected() && pair.server.connection.is_connected());
    pair.server.connection.facts().psk_identity.clone()
}

/// docs/regressions.md row 40: every byte of an identity counts, zeros as well.
#[test]
fn an_identity_is_all_of_its_bytes() {
    let names: [&[u8]; 3] = [b"bob", b"bob\0x", b"bob\0"];
    let known = |at: usize, key: u8| psk(PskRole::Server, names[at], key);
    let both = site(&[known(0, 1), known(1, 2)], UnknownPsk::Certificate);
    assert_eq!(used(&meet(&both, &[of_client(names[0], 1)])).as_deref(), Some(names[0]));
    assert_eq!(used(&meet(&both, &[of_client(names[1], 2)])).as_deref(), Some(names[1]));
    assert_eq!(used(&meet(&both, &[of_client(names[2], 1)])), None);
    // Under one name there is one key.
    for (name, key) in [(names[0], 2), (names[1], 1)] {
        let pair = meet(&both, &[of_client(name, key)]);
        assert_eq!(pair.server.error.unwrap().code(), "BadBinder");
        assert_eq!(pair.client.error.unwrap().code(), "decrypt_error");
    }
    let third = site(&[known(2, 3)], UnknownPsk::Certificate);
    assert_eq!(used(&meet(&third, &[of_client(names[0], 3)])), None);
    assert_eq!(used(&meet(&third, &[of_client(names[2], 3)])).as_deref(), Some(names[2]));
}

/// The client's order counts, and what is not known is passed over.
#[test]
fn the_first_that_is_known_is_taken() {
    let site = site(&[psk(PskRole::Server, b"b", 2), psk(PskRole::Server, b"c", 3)], UnknownPsk::Certificate);
    let keys = [of_client(b"a", 1), of_client(b"b", 2), of_client(b"c", 3)];
    assert_eq!(used(&meet(&site, &keys)).unwrap(), b"b");
    let backwards: Vec<_> = keys.iter().rev().cloned().collect();
    assert_eq!(used(&meet(&site, &backwards)).unwrap(), b"c");
    // One more is looked at than there is place for, and it is not the one that is known.
    let mut many = vec![keys[0].clone(); handfast::MAX_IDENTITIES - 1];
    many.push(keys[1].clone());
    assert_eq!(used(&meet(&site, &many)).unwrap(), b"b");
    many.insert(0, keys[0].clone());
    assert_eq!(used(&meet(&site, &many)), None);
}

/// A key goes with suites of its hash, also where others would be preferred, and after a HelloRetryRequest.
#[test]
fn a_key_goes_with_its_hash() {
    let long = |role| ExternalPsk::new(role, "long", &[4; 48], HashAlgorithm::Sha384).unwrap();
    for groups in [NamedGroup::X25519, NamedGroup::SECP256R1] {
        let setup = Setup {
            psks: vec![long(PskRole::Server), psk(PskRole::Server, b"short", 1)],
            server_groups: Some(vec![groups]),
            ..Setup::default()
        };
        let site = Site::new(&setup, |server| server);
        let retried = groups == NamedGroup::SECP256R1;
        for (key, hash) in
            [(long(PskRole::Client), HashAlgorithm::Sha384), (of_client(b"short", 1), HashAlgorithm::Sha256)]
        {
            let pair = meet(&site, &[key]);
            let facts = pair.server.connection.facts();
            assert_eq!(facts.retried, retried);
            // A HelloRetryRequest names the suite before anybody has looked for a key, and the client drops what does not go
            // with it (RFC 9846 §4.2.2).
            if retried && facts.suite.unwrap().hash != hash {
                assert_eq!((used(&pair), facts.not_resumed), (None, None));
            } else {
                assert!(used(&pair).is_some());
                assert_eq!(facts.suite.unwrap().hash, hash);
            }
        }
    }
    // What the client has no suite for is not offered.
    let setup = Setup { psks: vec![long(PskRole::Server)], ..Setup::default() };
    let site = Site::new(&setup, |server| server);
    let made = site.made_with(|client| client.suites([CipherSuite::TLS_AES_128_GCM_SHA256]));
    let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.psk(long(PskRole::Client)).unwrap());
    pair.connect();
    assert_eq!((used(&pair), pair.server.connection.facts().not_resumed), (None, None));
}

/// A key takes the place of certificates, on both sides.
#[test]
fn nobody_shows_a_certificate() {
    let setup = Setup {
        psks: vec![psk(PskRole::Server, b"me", 1)],
        client_auth: ClientAuth::Require,
        client_certificate: true,
        ..Setup::default()
    };
    let pair = meet(&Site::new(&setup, |server| server), &[of_client(b"me", 1)]);
    assert_eq!(used(&pair).unwrap(), b"me");
    for end in [&pair.client, &pair.server] {
        let facts = end.connection.facts();
        assert!(facts.peer().is_none() && facts.own_scheme.is_none() && facts.peer_scheme.is_none());
    }
}

/// What a client meets that has no key, or one that is not known, is the server's choice.
#[test]
fn an_unknown_identity_is_refused_told_or_hidden() {
    let known = [psk(PskRole::Server, b"known", 1)];
    let codes = |unknown, offers: &[ExternalPsk]| {
        let pair = meet(&site(&known, unknown), offers);
        [pair.server.error, pair.client.error].map(|error| error.map(|error| error.code().to_string()))
    };
    let told = |server: &str, client: &str| [Some(server.to_string()), Some(client.to_string())];
    let (stranger, wrong) = ([of_client(b"stranger", 1)], [of_client(b"known", 2)]);
    let refused = told("UnknownPskIdentity", "unknown_psk_identity");
    let hidden = told("BadBinder", "decrypt_error");
    assert_eq!(codes(UnknownPsk::Certificate, &stranger), [None, None]);
    assert_eq!(codes(UnknownPsk::Refuse, &stranger), refused);
    assert_eq!(codes(UnknownPsk::Hide, &stranger), hidden);
    // A wrong key meets the same everywhere; so no unknown one can be told from it where that is hidden.
    for unknown in [UnknownPsk::Certificate, UnknownPsk::Refuse, UnknownPsk::Hide] {
        assert_eq!(codes(unknown, &wrong), hidden);
        assert_eq!(codes(unknown, &[of_client(b"known", 1)]), [None, None]);
    }
    // Whoever offers none is told nothing about any.
    assert_eq!(codes(UnknownPsk::Certificate, &[]), [None, None]);
    assert_eq!(codes(UnknownPsk::Refuse, &[]), refused);
    assert_eq!(codes(UnknownPsk::Hide, &[]), refused);
    let sent = |offers: &[ExternalPsk]| meet(&site(&known, UnknownPsk::Hide), offers).server.sent;
    assert_eq!(sent(&stranger), sent(&wrong));
}

/// A server that takes nothing but keys speaks no version that has none, whatever its certificate could do there.
#[cfg(feature = "tls12")]
#[test]
fn a_required_key_turns_tls12_off() {
    for unknown in [UnknownPsk::Refuse, UnknownPsk::Hide] {
        let site = site(&[psk(PskRole::Server, b"me", 1)], unknown);
        let made = site.made_with(|client| client.versions(handfast::Version::Tls12, handfast::Version::Tls12));
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.run();
        assert_eq!(pair.client.error.unwrap().code(), "protocol_version");
    }
}

/// A store that answers with a key of another name has not found the one that was meant.
#[test]
fn a_key_of_another_name_is_not_taken() {
    struct Any;
    impl FindPsk for Any {
        fn find(&self, _: &[u8]) -> Option<ExternalPsk> {
            Some(psk(PskRole::Server, b"me", 1))
        }
    }
    let site = Site::new(&Setup::default(), |server| server.psks(Resolve::Now(Arc::new(Any))));
    assert_eq!(used(&meet(&site, &[of_client(b"me", 1)])).unwrap(), b"me");
    assert_eq!(used(&meet(&site, &[of_client(b"you", 1)])), None);
}

/// A key that was replaced by another of the same name takes its sessions along, on both sides.
#[test]
fn a_session_of_a_key_ends_with_it() {
    struct Table(AtomicBool);
    impl FindPsk for Table {
        fn find(&self, identity: &[u8]) -> Option<ExternalPsk> {
            Some(psk(PskRole::Server, identity, if self.0.load(Ordering::Relaxed) { 2 } else { 1 }))
        }
    }
    let table = Arc::new(Table(AtomicBool::new(false)));
    let site = Site::new(&Setup::default(), |server| server.psks(Resolve::Now(table.clone())));
    let session = meet(&site, &[of_client(b"me", 1)]).client.sessions.pop().unwrap();
    let start =
        |key| ClientStart::new(&site.made().client, NAME.try_into().unwrap()).psk(of_client(b"me", key)).unwrap();
    assert_eq!(start(2).session(session.clone()).map(drop), Err(Usage::Session));
    let offer = || site.connect(|start| start.psk(of_client(b"me", 1)).unwrap().session(session.clone()).unwrap());
    assert!(resumed(&offer()));
    table.0.store(true, Ordering::Relaxed);
    // The old key is wrong by now as well, so a client that has nothing else gets no further.
    let mut pair = site.pair(|start| start.psk(of_client(b"me", 1)).unwrap().session(session.clone()).unwrap());
    pair.run();
    assert!(!pair.server.connection.facts().resumed);
    assert_eq!(pair.server.error.unwrap().code(), "BadBinder");
}

/// A server with nothing but keys needs no certificate, and a client that wants nothing else no verifier.
#[test]
fn keys_are_enough() {
    let server = |unknown| {
        let keys: Arc<dyn FindPsk> = Arc::new(vec![psk(PskRole::Server, b"me", 1)]);
        ServerConfig::builder().psks(Resolve::Now(keys)).unknown_psk(unknown).build()
    };
    assert!(server(UnknownPsk::Certificate).is_err());
    let server = server(UnknownPsk::Refuse).unwrap();
    let client = handfast::ClientConfig::builder().require_psk(true).build().unwrap();
    assert!(handfast::ClientConfig::builder().build().is_err());
    let connect = |key: u8| {
        let mut out = Vec::new();
        let start = ClientStart::new(&client, NAME.try_into().unwrap()).psk(of_client(b"me", key)).unwrap();
        let made = Setup::default().make();
        let mut client = End::new(start.connect(&mut out).unwrap(), made.client_answers);
        client.outbox = out;
        let server = End::new(Connection::server(&server).unwrap(), made.server_answers);
        let mut pair = Pair { client, server, chunking: Chunking::Coalesced };
        pair.run();
        pair
    };
    let pair = connect(1);
    assert_eq!(used(&pair).unwrap(), b"me");
    assert_eq!(connect(2).client.error.unwrap().code(), "decrypt_error");
}

/// docs/regressions.md row 88: whoever is the client with a key is not its server, so nobody can be led to talk to itself.
#[test]
fn a_key_has_one_role() {
    let made = Setup::default().make();
    let start = ClientStart::new(&made.client, NAME.try_into().unwrap());
    assert_eq!(start.psk(psk(PskRole::Server, b"me", 1)).map(drop), Err(Usage::PskRole));
    // One that connects with a key and has put the same among those it takes: its own ClientHello comes back to it.
    let reflected = |keys: &[ExternalPsk]| meet(&site(keys, UnknownPsk::Refuse), &[of_client(b"me", 1)]).server.error;
    assert_eq!(reflected(&[of_client(b"me", 1)]).unwrap().code(), "UnknownPskIdentity");
    assert!(reflected(&[psk(PskRole::Server, b"me", 1)]).is_none());
}

/// docs/regressions.md row 88: of one key that two have in both roles, an importer makes two, for either direction.
#[test]
fn an_importer_tells_the_two_ends_apart() {
    let provider = handfast::rustcrypto::provider();
    let between =
        |client: &[u8], server: &[u8]| Importer::new("shared", &[9; 32]).unwrap().between(client, server).unwrap();
    let connects = between(b"alice", b"bob").import_all(PskRole::Client, &provider).unwrap();
    let takes = |client: &[u8], server: &[u8]| {
        let keys = between(client, server).import_all(PskRole::Server, &provider).unwrap();
        let pair = meet(&site(&keys, UnknownPsk::Refuse), &connects);
        match pair.server.error {
            Some(error) => Err(error.code().to_string()),
            None => Ok(()),
        }
    };
    assert_eq!(takes(b"alice", b"bob"), Ok(()));
    // What Alice takes from Bob is not what she sends him.
    for (client, server) in [(&b"bob"[..], &b"alice"[..]), (b"alice", b"carol"), (b"carol", b"bob")] {
        assert_eq!(takes(client, server), Err("UnknownPskIdentity".into()));
    }
}

/// A session of an external key stands for it: it is offered beside that key alone, and resumed only while the server knows it.
#[test]
fn a_session_of_a_key_needs_the_key() {
    struct Table(AtomicBool);
    impl FindPsk for Table {
        fn find(&self, identity: &[u8]) -> Option<ExternalPsk> {
            (self.0.load(Ordering::Relaxed) && identity == b"me").then(|| psk(PskRole::Server, b"me", 1))
        }
    }
    for keeping in [Keeping::Tickets, Keeping::Store] {
        let table = Arc::new(Table(AtomicBool::new(true)));
        let site = Site::new(&Setup { keeping, early_data: 100, ..Setup::default() }, |server| {
            server.psks(Resolve::Now(table.clone()))
        });
        let session = meet(&site, &[of_client(b"me", 1)]).client.sessions.pop().unwrap();
        assert!(session.peer().is_none());
        let start = || ClientStart::new(&site.made().client, NAME.try_into().unwrap());
        assert_eq!(start().session(session.clone()).map(drop), Err(Usage::Session));
        let other = start().psk(of_client(b"you", 1)).unwrap();
        assert_eq!(other.session(session.clone()).map(drop), Err(Usage::Session));
        let offer = |session: &Session| {
            let mut pair = site.pair(|start| {
                start.psk(of_client(b"me", 1)).unwrap().session(session.clone()).unwrap().early_data(true)
            });
            pair.client.connection.send_early(b"early", &mut pair.client.outbox).unwrap();
            pair.run();
            pair
        };
        let pair = offer(&session);
        assert!(resumed(&pair));
        assert_eq!((used(&pair).unwrap(), &pair.server.early[..]), (b"me".to_vec(), &b"early"[..]));
        let next = pair.client.sessions.last().unwrap().clone();
        // Gone is gone, for sessions of sessions as well.
        table.0.store(false, Ordering::Relaxed);
        for session in [session, next] {
            let pair = offer(&session);
            assert!(!resumed(&pair));
            assert_eq!(pair.server.connection.facts().not_resumed, Some(NotResumed::Domain));
            assert_eq!((used(&pair), pair.client.rejected), (None, Some(5)));
        }
    }
}

/// Where a key is required a session without one is none; and a client that requires one takes no other server.
#[test]
fn a_session_without_a_key_is_none_where_one_is_required() {
    let keys: Arc<dyn FindPsk> = Arc::new(vec![psk(PskRole::Server, b"me", 1)]);
    let keeper = Arc::new(handfast::Ticketer::new(handfast::rustcrypto::provider()));
    let open = Site::new(&Setup::default(), |server| server.sessions(keeper.clone()));
    let closed = Site::new(&Setup::default(), |server| {
        server.sessions(keeper.clone()).psks(Resolve::Now(keys.clone())).unknown_psk(UnknownPsk::Refuse)
    });
    let session = open.session();
    let mut pair = closed.pair(|start| start.session(session).unwrap());
    pair.run();
    assert_eq!(pair.server.connection.facts().not_resumed, Some(NotResumed::Domain));
    assert_eq!(pair.server.error.unwrap().code(), "UnknownPskIdentity");
    let made = open.made_with(|client| client.require_psk(true));
    let mut pair = Pair::start(made, Chunking::Coalesced, |start| start.psk(of_client(b"me", 1)).unwrap());
    pair.run();
    assert_eq!(pair.client.error.unwrap().code(), "PskRequired");
}
