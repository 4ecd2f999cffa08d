//! Two servers that share Redis, and clients that come to the one and then to the other.

use crate::server::{SECRET, Server, now, open, patient};
use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Certified, Key};
use handfast::rustcrypto::provider;
use handfast::{
    Anchors, AntiReplay, ClientConfig, Clock, Connection, EarlyData, EarlyRefusal, FRESHNESS, Identity, KeepSessions,
    Resolve, ServerConfig, Session, SystemClock, Ticketer, Version,
};
use handfast_redis::{Options, Redis, SessionStore, Sharing, StrikeRegister, Struck, TicketKeys};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::setup::{Made, Setup};
use handfast_testkit::world::NAME;
use std::sync::Arc;
use std::time::Duration;

/// What the servers of a fleet have in common besides Redis.
struct Fleet {
    client: Arc<ClientConfig>,
    identity: Arc<Identity>,
}

impl Fleet {
    fn new(version: Version) -> Self {
        let (provider, now) = (provider(), SystemClock.now());
        let ca = Certified::root(&provider, Builder::ca("Test CA", now), KeyKind::P256).unwrap();
        let key = Key::generate(&provider, KeyKind::P256).unwrap();
        let leaf = Builder::server(&[NAME], now).signed_by(&provider, &ca, key.public_key()).unwrap();
        let identity = Identity::new(&provider, vec![leaf, ca.certificate.clone()], key.der()).unwrap();
        let mut anchors = Anchors::new();
        anchors.add(&ca.certificate).unwrap();
        let client = ClientConfig::builder_with(provider).anchors(Arc::new(anchors)).versions(version, version);
        Self { client: client.build().unwrap(), identity }
    }

    /// One of its servers.
    fn server(&self, sessions: Arc<dyn KeepSessions>, anti_replay: Option<Arc<dyn AntiReplay>>) -> Arc<ServerConfig> {
        let mut server = ServerConfig::builder_with(provider()).identity(self.identity.clone()).sessions(sessions);
        if let Some(anti_replay) = anti_replay {
            server = server.early_data(16_384).anti_replay(Resolve::Now(anti_replay));
        }
        server.build().unwrap()
    }

    fn made(&self, server: &Arc<ServerConfig>) -> Made {
        let mut made = Setup::default().make();
        made.client = self.client.clone();
        made.server = server.clone();
        made.admission = server.clone().into();
        made
    }

    /// A client comes to this server.
    fn visit(&self, server: &Arc<ServerConfig>, session: Option<Session>) -> (bool, Vec<Session>) {
        let mut pair = Pair::start(self.made(server), Chunking::Coalesced, |start| match session {
            Some(session) => start.session(session).unwrap(),
            None => start,
        });
        pair.connect();
        assert_eq!(pair.client.connection.facts().resumed, pair.server.connection.facts().resumed);
        (pair.server.connection.facts().resumed, pair.client.sessions)
    }

    /// A client comes to this server with early data. Its flight is given back as well.
    fn hurry(&self, server: &Arc<ServerConfig>, session: Session) -> (EarlyData, Vec<u8>, Vec<u8>) {
        let mut pair = Pair::start(self.made(server), Chunking::Coalesced, |start| {
            start.session(session).unwrap().early_data(true)
        });
        pair.client.connection.send_early(b"GET /", &mut pair.client.outbox).unwrap();
        let flight = pair.client.outbox.clone();
        pair.connect();
        (pair.server.connection.facts().early_data, pair.server.early, flight)
    }

    /// Somebody who has recorded a flight sends it to this server.
    fn replay(&self, server: &Arc<ServerConfig>, flight: &[u8]) -> EarlyData {
        let made = self.made(server);
        let mut end = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
        end.deliver(flight);
        assert!(end.error.is_none(), "{:?}", end.error);
        if !matches!(end.connection.facts().early_data, EarlyData::Accepted { .. }) {
            assert!(end.early.is_empty());
        }
        end.connection.facts().early_data
    }
}

const BOTH: [Version; 2] = [Version::Tls12, Version::Tls13];

#[test]
fn a_session_that_one_server_has_kept_is_resumed_by_the_other() {
    for version in BOTH {
        let redis = Server::start();
        let fleet = Fleet::new(version);
        let [one, other] =
            [redis.redis(), redis.redis()].map(|redis| fleet.server(Arc::new(SessionStore::new(redis)), None));
        let (resumed, sessions) = fleet.visit(&one, None);
        assert!(!resumed && !sessions.is_empty());
        for session in &sessions {
            assert!(fleet.visit(&other, Some(session.clone())).0, "{version:?}");
        }
        // It stays: it was only looked at.
        assert!(fleet.visit(&one, Some(sessions[0].clone())).0);
        redis.ask::<()>(&[b"FLUSHALL"]);
        assert!(!fleet.visit(&one, Some(sessions[0].clone())).0);
    }
}

#[test]
fn a_ticket_of_one_server_is_opened_by_the_other() {
    for version in BOTH {
        let redis = Server::start();
        let fleet = Fleet::new(version);
        let keepers_and_servers = [redis.redis(), redis.redis()].map(|redis| {
            let ticketer = Arc::new(Ticketer::new(provider()));
            let keys = TicketKeys::new(redis, Ticketer::ROTATION);
            let keeper = keys.keep(ticketer.clone(), Arc::new(SystemClock)).unwrap();
            assert_eq!(keeper.sharing(), Sharing::Shared);
            (keeper, fleet.server(ticketer, None))
        });
        let [(_, one), (_, other)] = &keepers_and_servers;
        let (resumed, sessions) = fleet.visit(one, None);
        assert!(!resumed && !sessions.is_empty());
        for session in sessions {
            assert!(fleet.visit(other, Some(session)).0, "{version:?}");
        }
    }
}

/// docs/regressions.md row 42, for a session that failed (RFC 5246 §7.2.2).
#[test]
fn a_session_whose_connection_failed_is_gone_everywhere() {
    let redis = Server::start();
    let fleet = Fleet::new(Version::Tls12);
    let server = fleet.server(Arc::new(SessionStore::new(redis.redis())), None);
    let mut pair = Pair::new(fleet.made(&server), Chunking::Coalesced);
    pair.connect();
    assert_eq!(redis.names().len(), 1);
    pair.client.send(b"data");
    *pair.client.outbox.last_mut().unwrap() ^= 1;
    pair.run();
    assert!(redis.names().is_empty());
}

/// Two servers that keep sessions in the store.
fn two(fleet: &Fleet, server: &Server, replay: impl Fn(Redis) -> Arc<dyn AntiReplay>) -> [Arc<ServerConfig>; 2] {
    [server.redis(), server.redis()]
        .map(|redis| fleet.server(Arc::new(SessionStore::new(redis.clone())), Some(replay(redis))))
}

/// docs/regressions.md rows 41 and 82: the same flight, to the same server and to another.
#[test]
fn early_data_is_taken_once_by_the_fleet() {
    let redis = Server::start();
    let fleet = Fleet::new(Version::Tls13);
    let [one, other] = two(&fleet, &redis, |redis| Arc::new(StrikeRegister::new(redis)));
    assert_eq!(StrikeRegister::new(redis.redis()).begin(now()), Err(Struck::Cold));
    let mut sessions = fleet.visit(&one, None).1;
    let (cold, early, flight) = fleet.hurry(&one, sessions.pop().unwrap());
    assert_eq!((cold, early), (EarlyData::Refused(EarlyRefusal::Cold), vec![]));
    redis.wait_for(u64::try_from(StrikeRegister::COLD.as_millis()).unwrap());
    assert_eq!(fleet.replay(&other, &flight), EarlyData::Refused(EarlyRefusal::Replayed));
    let (taken, early, flight) = fleet.hurry(&other, sessions.pop().unwrap());
    assert_eq!((taken, early), (EarlyData::Accepted { limit: 16_384 }, b"GET /".to_vec()));
    for server in [&one, &other] {
        assert_eq!(fleet.replay(server, &flight), EarlyData::Refused(EarlyRefusal::Replayed));
    }
    // For as long as it is fresh.
    let fresh = (now() + FRESHNESS - 5_000).to_string();
    assert_eq!(redis.ask::<u64>(&[b"ZCOUNT", redis.register().as_bytes(), fresh.as_bytes(), b"+inf"]), 2);
}

/// docs/regressions.md row 41: by taking the ticket.
#[test]
fn early_data_is_taken_once_with_tickets_that_are_used_once() {
    let redis = Server::start();
    let fleet = Fleet::new(Version::Tls13);
    let [one, other] = two(&fleet, &redis, |redis| Arc::new(SessionStore::new(redis)));
    let session = fleet.visit(&one, None).1.pop().unwrap();
    let (taken, early, flight) = fleet.hurry(&other, session.clone());
    assert_eq!((taken, early), (EarlyData::Accepted { limit: 16_384 }, b"GET /".to_vec()));
    for server in [&one, &other] {
        assert!(matches!(fleet.replay(server, &flight), EarlyData::Refused(EarlyRefusal::NotResumed)));
    }
    assert!(!fleet.visit(&one, Some(session)).0, "the ticket is gone");
    // Somebody takes it between the look and the take: here there is another store that has never had it.
    let elsewhere: Arc<dyn AntiReplay> = Arc::new(SessionStore::new(open(&redis.url, "mail", SECRET, patient())));
    let server = fleet.server(Arc::new(SessionStore::new(redis.redis())), Some(elsewhere));
    let session = fleet.visit(&server, None).1.pop().unwrap();
    assert_eq!(fleet.hurry(&server, session).0, EarlyData::Refused(EarlyRefusal::Replayed));
}

/// Without Redis every handshake is a full one, and none fails.
#[test]
fn without_redis_all_goes_on() {
    for version in BOTH {
        let mut redis = Server::start();
        let fleet = Fleet::new(version);
        let handle = open(&redis.url, "shop", SECRET, patient().pause(Duration::ZERO));
        let store: Arc<dyn KeepSessions> = Arc::new(SessionStore::new(handle.clone()));
        let server = fleet.server(store, None);
        let session = fleet.visit(&server, None).1.pop();
        redis.kill();
        for session in [session, None] {
            let (resumed, sessions) = fleet.visit(&server, session);
            assert!(!resumed);
            // In TLS 1.2 the ID is in ServerHello, before there is anything to keep.
            assert!(version == Version::Tls12 || sessions.is_empty(), "a ticket for what is not kept");
        }
        assert!(handle.status().failures > 0);
    }
}

/// The sessions are there and the register is not.
#[test]
fn without_the_register_early_data_is_refused() {
    let redis = Server::start();
    let fleet = Fleet::new(Version::Tls13);
    let gone = open("unix:///nonexistent", "shop", SECRET, Options::default());
    let register: Arc<dyn AntiReplay> = Arc::new(StrikeRegister::new(gone.clone()));
    let server = fleet.server(Arc::new(SessionStore::new(redis.redis())), Some(register));
    let session = fleet.visit(&server, None).1.pop().unwrap();
    let (refused, early, _) = fleet.hurry(&server, session);
    assert_eq!((refused, early), (EarlyData::Refused(EarlyRefusal::Unreachable), vec![]));
    let ticket: Arc<dyn AntiReplay> = Arc::new(SessionStore::new(gone));
    let server = fleet.server(Arc::new(SessionStore::new(redis.redis())), Some(ticket));
    let session = fleet.visit(&server, None).1.pop().unwrap();
    assert_eq!(fleet.hurry(&server, session).0, EarlyData::Refused(EarlyRefusal::Unreachable));
}
