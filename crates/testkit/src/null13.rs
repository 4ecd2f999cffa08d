//! Ends of TLS 1.3 under null cryptography that have something from before: sessions, external keys, early data.

use crate::null::{self, pump};
use crate::random::Seeded;
use crate::world::{NAME, NOW};
use handfast::crypto::{HashAlgorithm, Provider};
use handfast::{
    ClientConfig, ClientStart, Connection, ExternalPsk, FixedClock, MemoryStore, PskRole, Resolve, ServerConfig,
    Session, StrikeRegister, Ticketer, Version,
};
use std::sync::{Arc, LazyLock};

/// How many clients there are.
pub const CLIENTS: usize = 4;

/// How many servers there are.
pub const SERVERS: usize = 4;

/// What every ticket here allows of early data, in bytes.
const EARLY_DATA: u32 = 64;

/// A client that offers, by its index: a session, a session and early data, an external key, all of it.
pub fn client(way: usize, out: &mut Vec<u8>) -> Connection {
    static SESSION: LazyLock<Session> = LazyLock::new(session);
    let (session, psk) = (way % CLIENTS != 2, way % CLIENTS >= 2);
    let start = ClientStart::new(&client_config(), NAME.try_into().expect("a name"));
    let start = if psk { start.psk(key(PskRole::Client)).expect("a client's key") } else { start };
    let start = if session { start.session(SESSION.clone()).expect("a session of this client") } else { start };
    start.early_data(way % CLIENTS % 2 == 1).connect(out).expect("a hello")
}

/// A server that keeps sessions, by its index: in tickets or (bit 0) in a store with one that is known; and (bit 1) knows an
/// external key as well.
pub fn server(way: usize) -> Connection {
    static CONFIGS: LazyLock<[Arc<ServerConfig>; SERVERS]> = LazyLock::new(|| std::array::from_fn(server_config));
    Connection::server(&CONFIGS[way % SERVERS]).expect("a server")
}

fn provider() -> Provider {
    Provider { random: Seeded::new(1), ..null::provider() }
}

fn client_config() -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with(provider()).versions(Version::Tls13, Version::Tls13);
    let builder = builder.clock(Arc::new(FixedClock(NOW))).grease(false).permute_extensions(false);
    builder.dangerous_no_verification().build().expect("a client")
}

fn server_config(way: usize) -> Arc<ServerConfig> {
    let register = StrikeRegister::default().warm_since(0);
    let builder = ServerConfig::builder_with(provider())
        .clock(Arc::new(FixedClock(NOW)))
        .identity(null::identity())
        .early_data(EARLY_DATA)
        .anti_replay(Resolve::Now(Arc::new(register)))
        .half_rtt(true);
    let builder = if way & 1 == 0 {
        builder.sessions(Arc::new(Ticketer::with_keys(provider(), &[[7; Ticketer::KEY_LEN]]).expect("a key")))
    } else {
        builder.sessions(Arc::new(MemoryStore::new(4)))
    };
    let psks = vec![key(PskRole::Server)];
    let builder = if way & 2 == 0 { builder } else { builder.psks(Resolve::Now(Arc::new(psks))) };
    let config = builder.build().expect("a server");
    if way & 1 == 1 {
        connect(&config);
    }
    config
}

fn key(role: PskRole) -> ExternalPsk {
    ExternalPsk::new(role, b"key".to_vec(), &[7; 32], HashAlgorithm::Sha256).expect("a key")
}

/// A session in a ticket.
fn session() -> Session {
    connect(&server_config(0)).expect("a session")
}

/// The first session of a connection.
fn connect(server: &Arc<ServerConfig>) -> Option<Session> {
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    let start = ClientStart::new(&client_config(), NAME.try_into().expect("a name"));
    let mut client = start.connect(&mut to_server).expect("a hello");
    let mut server = Connection::server(server).expect("a server");
    let mut sessions = Vec::new();
    while !to_server.is_empty() {
        pump(&mut server, std::mem::take(&mut to_server), &mut to_client);
        sessions.extend(pump(&mut client, std::mem::take(&mut to_client), &mut to_server));
    }
    sessions.into_iter().next()
}

/// What each side is sent when this client meets this server, with early data where it is taken: under null cryptography what
/// is not cannot be told from what may not be there.
pub fn exchange(client_way: usize, server_way: usize) -> [Vec<u8>; 2] {
    let mut out = Vec::new();
    let mut client = client(client_way, &mut out);
    let mut server = Connection::server(&server_config(server_way)).expect("a server");
    if client.early_data_left() > 0 && server_way & 1 == 0 {
        client.send_early(b"early", &mut out).expect("early data");
    }
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    while !out.is_empty() {
        to_server.extend_from_slice(&out);
        let mut back = Vec::new();
        pump(&mut server, std::mem::take(&mut out), &mut back);
        to_client.extend_from_slice(&back);
        pump(&mut client, back, &mut out);
    }
    client.send(b"data", &mut to_server).expect("a connection");
    server.send(b"data", &mut to_client).expect("a connection");
    [to_server, to_client]
}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast::EarlyData;

    /// Without this the fuzzer would never get behind a ticket.
    #[test]
    fn what_is_offered_is_taken() {
        for (client_way, server_way, resumed, early, psk) in [
            (0, 0, true, false, false),
            (1, 0, true, true, false),
            (2, 0, false, false, false),
            (2, 2, false, false, true),
            (3, 2, true, true, false),
        ] {
            let mut out = Vec::new();
            let (mut client, mut server) = (client(client_way, &mut out), server(server_way));
            while !out.is_empty() {
                let mut back = Vec::new();
                pump(&mut server, std::mem::take(&mut out), &mut back);
                pump(&mut client, back, &mut out);
            }
            for facts in [client.facts(), server.facts()] {
                assert_eq!(facts.resumed, resumed, "{client_way} {server_way}");
                assert_eq!(facts.psk_identity.is_some(), psk, "{client_way} {server_way}");
                // All of them send the same flight, which is taken once.
                assert!(!early || facts.early_data != EarlyData::None, "{client_way} {server_way}");
            }
        }
    }
}
