//! Two providers meet: whatever both have, an engine with the one uses with an engine with the other.

use crate::world::{NAME, NOW, World};
use handfast::crypto::suite::{TLS12_SUITES, TLS13_SUITES};
use handfast::crypto::{Authentication, Cipher, KeyExchange, KeyKind, Provider, Suite};
use handfast::{ClientAuth, ClientConfig, ClientStart, Connection, Event, FixedClock, ServerConfig, Session};
use handfast_crypto::group::{is_field, is_post_quantum};
use handfast_wire::NamedGroup;
use std::sync::Arc;

/// More than two records.
const DATA: usize = 40_000;

/// Handshakes with every suite, every group and every kind of key, full and resumed, with certificates on both sides and data
/// both ways. `kinds` are those to try. Gives how many there were.
pub fn meet(client: &Provider, server: &Provider, kinds: &[KeyKind]) -> usize {
    let both = |suite: &&Suite| client.has(suite) && server.has(suite);
    let aead = |suite: &&Suite| matches!(suite.cipher, Cipher::Aead(_));
    let groups: Vec<NamedGroup> =
        client.groups.iter().map(|group| group.name()).filter(|name| server.group(*name).is_some()).collect();
    let curves: Vec<_> = groups.iter().copied().filter(|name| !is_post_quantum(*name) && !is_field(*name)).collect();
    let curve = curves[0];
    let worlds: Vec<_> = kinds.iter().map(|kind| (kind, Worlds::new(client, server, *kind))).collect();
    let (_, first) = worlds.first().expect("a kind of key");

    let mut count = 0;
    for suite in TLS13_SUITES.iter().filter(both) {
        count += first.connect(suite, &[curve]);
    }
    let suite = &TLS13_SUITES[0];
    for group in &groups {
        count += first.connect(suite, &[*group]);
    }
    for (_, worlds) in &worlds {
        count += worlds.connect(suite, &[curve]);
    }
    for suite in TLS12_SUITES.iter().filter(both).filter(aead).filter(|suite| suite.exchange == KeyExchange::Ecdhe) {
        let fits = |kind: KeyKind| {
            matches!((suite.auth, kind), (Authentication::Rsa, KeyKind::Rsa))
                || matches!(suite.auth, Authentication::Ecdsa) && kind != KeyKind::Rsa
        };
        for (_, worlds) in worlds.iter().filter(|(kind, _)| fits(**kind)) {
            // The curve of an ECDSA key must be among them (RFC 8422 §5.1).
            count += worlds.connect(suite, &curves);
        }
    }
    count
}

/// Who is on either side, with its certificates.
struct Worlds {
    client: (Provider, World),
    server: (Provider, World),
}

impl Worlds {
    fn new(client: &Provider, server: &Provider, kind: KeyKind) -> Self {
        let with = |provider: &Provider| (provider.clone(), World::with(provider, kind));
        Self { client: with(client), server: with(server) }
    }

    /// One full handshake and one that resumes it.
    fn connect(&self, suite: &Suite, groups: &[NamedGroup]) -> usize {
        let server = ServerConfig::builder_with(self.server.0.clone())
            .suites([suite.id])
            .groups(groups.iter().copied())
            .clock(Arc::new(FixedClock(NOW)))
            .identity(self.server.1.server.clone())
            .client_auth(ClientAuth::Require, self.client.1.anchors.clone())
            .build()
            .expect("a server configuration");
        let client = ClientConfig::builder_with(self.client.0.clone())
            .suites([suite.id])
            .groups(groups.iter().copied())
            .clock(Arc::new(FixedClock(NOW)))
            .anchors(self.server.1.anchors.clone())
            .identity(self.client.1.client.clone())
            .build()
            .expect("a client configuration");
        let start = || ClientStart::new(&client, NAME.try_into().expect("a name"));
        let what = (suite.id, groups, self.server.1.server.schemes());

        let session = run(start(), &server, false, &what).expect("a session");
        run(start().session(session).expect("a session to offer"), &server, true, &what);
        2
    }
}

/// One connection, with data both ways. Gives the last session that the client got.
fn run(start: ClientStart, server: &Arc<ServerConfig>, resumed: bool, what: &dyn std::fmt::Debug) -> Option<Session> {
    let mut to_server = Vec::new();
    let mut client = End::new(start.connect(&mut to_server).expect("a ClientHello"));
    let mut server = End::new(Connection::server(server).expect("a server"));
    let mut exchange = |client: &mut End, server: &mut End| {
        while !to_server.is_empty() {
            let mut to_client = server.receive(std::mem::take(&mut to_server));
            to_server.append(&mut client.receive(std::mem::take(&mut to_client)));
        }
        to_server.clear();
    };
    exchange(&mut client, &mut server);
    for end in [&client, &server] {
        assert!(end.connection.is_connected(), "{what:?}");
        assert_eq!(end.connection.facts().resumed, resumed, "{what:?}");
    }

    let data: Vec<u8> = (0..DATA).map(|at| at as u8).collect();
    let (mut there, mut back) = (Vec::new(), Vec::new());
    client.connection.send(&data, &mut there).expect("a connection");
    server.receive(there);
    server.connection.send(&data, &mut back).expect("a connection");
    client.receive(back);
    assert!(server.data == data && client.data == data, "{what:?}");
    client.session
}

/// One side.
struct End {
    connection: Connection,
    inbox: Vec<u8>,
    data: Vec<u8>,
    session: Option<Session>,
}

impl End {
    fn new(connection: Connection) -> Self {
        Self { connection, inbox: Vec::new(), data: Vec::new(), session: None }
    }

    /// Takes bytes, and gives what is to be sent for them.
    fn receive(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let mut out = Vec::new();
        self.inbox.extend(bytes);
        loop {
            let received = self.connection.receive(&mut self.inbox, &mut out).expect("no error");
            let consumed = received.consumed;
            let done = matches!(received.event, Event::NeedInput { .. });
            match received.event {
                Event::Data { bytes, .. } => self.data.extend_from_slice(bytes),
                Event::Session(session) => self.session = Some(session),
                _ => {}
            }
            self.inbox.drain(..consumed);
            if done {
                return out;
            }
        }
    }
}
