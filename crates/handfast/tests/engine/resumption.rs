//! Sessions of TLS 1.3: what is resumed, and early data that goes with it.

use handfast::{ClientConfigBuilder, ClientStart, EarlyData, EarlyRefusal, ServerConfig, ServerConfigBuilder, Session};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::claims::check;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Made, Setup};
use std::sync::Arc;

/// One server that stays, and clients that come.
pub(crate) struct Site {
    setup: Setup,
    server: Arc<ServerConfig>,
}

impl Site {
    pub(crate) fn new(setup: &Setup, server: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder) -> Self {
        Self { setup: setup.clone(), server: setup.make_with(|client| client, server).server }
    }

    /// What a test with a puppet needs.
    pub(crate) fn made(&self) -> Made {
        self.make(|client| client)
    }

    fn make(&self, client: impl FnOnce(ClientConfigBuilder) -> ClientConfigBuilder) -> Made {
        let mut made = self.setup.make_with(client, |server| server);
        made.admission = self.server.clone().into();
        made.server = self.server.clone();
        made
    }

    /// A connection that offers what `start` says.
    pub(crate) fn pair(&self, start: impl FnOnce(ClientStart) -> ClientStart) -> Pair {
        Pair::start(self.made(), Chunking::Coalesced, start)
    }

    /// Sessions of a first connection.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        let mut pair = self.pair(|start| start);
        pair.connect();
        check(&pair);
        pair.client.sessions
    }
}

#[test]
fn two_tickets_come_and_are_resumed() {
    let site = Site::new(&Setup::default(), |server| server);
    let sessions = site.sessions();
    assert_eq!(sessions.len(), 2);
    for session in sessions {
        let mut pair = site.pair(|start| start.session(session).unwrap());
        pair.connect();
        check(&pair);
        for end in [&pair.client, &pair.server] {
            assert!(end.connection.facts().resumed, "{:?}", end.connection.facts());
        }
        assert_eq!(pair.client.sessions.len(), 2);
    }
}

#[test]
fn early_data_is_taken() {
    let site = Site::new(&Setup::default(), |server| server.early_data(16_384).half_rtt(true));
    let session = site.sessions().pop().unwrap();
    assert_eq!(session.max_early_data(), 16_384);
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    assert_eq!(pair.client.connection.early_data_left(), 16_384);
    assert_eq!(pair.client.connection.send_early(b"GET /", &mut pair.client.outbox).unwrap(), 5);
    pair.connect();
    check(&pair);
    assert_eq!(pair.server.early, b"GET /", "{:?}", pair.server.connection.facts());
    assert_eq!(pair.client.connection.facts().early_data, EarlyData::Accepted { limit: 16_384 });
    assert_eq!(pair.client.events, ["EarlyDataAccepted", "Connected", "Session", "Session"]);
}

#[test]
fn early_data_that_is_refused_is_reported() {
    let site = Site::new(&Setup::default(), |server| server.early_data(16_384));
    let session = site.sessions().pop().unwrap();
    let mut pair = site.pair(|start| start.session(session.clone()).unwrap().early_data(true));
    pair.client.connection.send_early(b"once", &mut pair.client.outbox).unwrap();
    pair.connect();
    let mut pair = site.pair(|start| start.session(session).unwrap().early_data(true));
    pair.client.connection.send_early(b"twice", &mut pair.client.outbox).unwrap();
    pair.connect();
    let _ = EarlyRefusal::Replayed;
}
