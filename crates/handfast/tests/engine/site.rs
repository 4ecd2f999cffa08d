//! One server that stays, and clients that come.

use handfast::{ClientConfigBuilder, ClientStart, ServerConfigBuilder, Session};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::claims::check;
use handfast_testkit::clock::Moving;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Made, Setup};
use std::cell::Cell;
use std::sync::Arc;

thread_local! {
    static SITES: Cell<u64> = const { Cell::new(0) };
}

pub(crate) struct Site {
    setup: Setup,
    made: Made,
    /// The time on both sides.
    pub(crate) clock: Arc<Moving>,
    /// How many clients have come.
    clients: Cell<u64>,
}

impl Site {
    pub(crate) fn new(setup: &Setup, server: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder) -> Self {
        let clock = Moving::new();
        // Each of a test has its own randomness, or two would have the same session IDs.
        let server_seed = 2000 + SITES.replace(SITES.get() + 1);
        let setup = Setup { server_seed, ..setup.clone() };
        let made = setup.make_with(|client| client, |builder| server(builder.clock(clock.clone())));
        Self { setup, made, clock, clients: Cell::new(0) }
    }

    /// A site with nothing special about it.
    pub(crate) fn plain() -> Self {
        Self::new(&Setup::default(), |server| server)
    }

    /// A site that takes early data.
    pub(crate) fn early() -> Self {
        Self::new(&Setup { early_data: 16_384, ..Setup::default() }, |server| server)
    }

    /// What a test with a puppet needs.
    pub(crate) fn made(&self) -> Made {
        self.made_with(|client| client)
    }

    /// A client of its own making, at this server.
    pub(crate) fn made_with(&self, client: impl FnOnce(ClientConfigBuilder) -> ClientConfigBuilder) -> Made {
        // No two clients have the same randomness.
        let clients = self.clients.replace(self.clients.get() + 1);
        let setup = Setup { client_seed: 1000 + clients, ..self.setup.clone() };
        let fresh = setup.make_with(|builder| client(builder.clock(self.clock.clone())), |server| server);
        Made {
            client: fresh.client,
            client_log: fresh.client_log,
            client_answers: fresh.client_answers,
            ..self.made.clone()
        }
    }

    /// A connection that offers what `start` says.
    pub(crate) fn pair(&self, start: impl FnOnce(ClientStart) -> ClientStart) -> Pair {
        Pair::start(self.made(), Chunking::Coalesced, start)
    }

    /// The same, completed.
    pub(crate) fn connect(&self, start: impl FnOnce(ClientStart) -> ClientStart) -> Pair {
        let mut pair = self.pair(start);
        pair.connect();
        check(&pair);
        pair
    }

    /// Sessions of a first connection.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        self.connect(|start| start).client.sessions
    }

    /// One of them.
    pub(crate) fn session(&self) -> Session {
        self.sessions().pop().expect("a session")
    }

    /// A connection that offers this session, completed.
    pub(crate) fn resume(&self, session: Session) -> Pair {
        self.connect(|start| start.session(session).expect("a session that fits"))
    }

    /// A connection that sends early data with this session, completed.
    pub(crate) fn send_early(&self, session: Session, data: &[u8]) -> Pair {
        let mut pair = self.pair(|start| start.session(session).expect("a session that fits").early_data(true));
        let sent = pair.client.connection.send_early(data, &mut pair.client.outbox).expect("early data");
        assert_eq!(sent, data.len());
        pair.connect();
        check(&pair);
        pair
    }
}

/// Whether both sides say that a session was resumed.
pub(crate) fn resumed(pair: &Pair) -> bool {
    let [client, server] = [&pair.client, &pair.server].map(|end| end.connection.facts().resumed);
    assert_eq!(client, server);
    client
}
