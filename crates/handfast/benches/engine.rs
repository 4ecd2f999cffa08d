//! Handshakes and records in memory: `just bench`.
//!
//! Every candidate runs once in every round, so that what disturbs one round disturbs all; the median of the rounds is
//! printed. One thread, no network. Trust ratios between lines of one run more than the figures of two.

use handfast::crypto::KeyKind;
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{ClientConfig, ClientStart, Connection, Event, FixedClock, Received, ServerConfig};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use handfast_testkit::world::{NAME, NOW, World};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[path = "../tests/common/counting.rs"]
mod counting;

use counting::count;

/// A candidate: does its work once and says how long the client's and the server's part took.
type Candidate = (String, Box<dyn FnMut() -> (Duration, Duration)>);

fn main() {
    let rounds = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(30);
    handshakes(rounds);
    bulk(rounds);
    memory();
}

fn handshakes(rounds: usize) {
    let mut candidates: Vec<Candidate> = Vec::new();
    for (group, key) in [
        (NamedGroup::X25519, KeyKind::P256),
        (NamedGroup::X25519, KeyKind::Ed25519),
        (NamedGroup::X25519, KeyKind::Rsa),
        (NamedGroup::SECP256R1, KeyKind::P256),
        (NamedGroup::X25519MLKEM768, KeyKind::P256),
    ] {
        let groups = Some(vec![group]);
        let setup = Setup { key, client_groups: groups.clone(), server_groups: groups, ..Setup::default() };
        candidates.push((format!("full, {group}, {key:?}"), Box::new(move || handshake(&setup))));
    }
    println!("{:<44}{:>12}{:>12}", "handshake, µs", "client", "server");
    for (name, client, server) in medians(rounds, candidates) {
        println!("{name:<44}{:>12.1}{:>12.1}", micros(client), micros(server));
    }
}

/// One handshake; the clock of a side runs while that side works.
fn handshake(setup: &Setup) -> (Duration, Duration) {
    let made = setup.make();
    let start = Instant::now();
    let mut pair = Pair::new(made, Chunking::Coalesced);
    let mut client = start.elapsed();
    let mut server = Duration::ZERO;
    loop {
        let start = Instant::now();
        let moved = pair.client.carry(&mut pair.server, Chunking::Coalesced);
        server += start.elapsed();
        let start = Instant::now();
        let back = pair.server.carry(&mut pair.client, Chunking::Coalesced);
        client += start.elapsed();
        if !moved && !back {
            assert!(pair.client.connection.is_connected() && pair.server.connection.is_connected());
            return (client, server);
        }
    }
}

/// The bytes of one round of bulk data.
const BULK: usize = 4 << 20;

fn bulk(rounds: usize) {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut sizes = Vec::new();
    for suite in [
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
    ] {
        for size in [256, 1_350, 16_384] {
            let mut pair =
                Pair::new(Setup { suites: Some(vec![suite]), ..Setup::default() }.make(), Chunking::Coalesced);
            pair.connect();
            let (mut client, mut server) = (pair.client.connection, pair.server.connection);
            let data = vec![7; size];
            let mut wire = Vec::with_capacity(BULK * 2);
            candidates.push((
                format!("{suite}, {size} B"),
                Box::new(move || records(&mut client, &mut server, &data, &mut wire)),
            ));
            sizes.push(size);
        }
    }
    println!("\n{:<44}{:>12}{:>12}", "records, MB/s", "send", "receive");
    for (name, send, receive) in medians(rounds, candidates) {
        println!("{name:<44}{:>12.0}{:>12.0}", rate(send), rate(receive));
    }
}

fn records(client: &mut Connection, server: &mut Connection, data: &[u8], wire: &mut Vec<u8>) -> (Duration, Duration) {
    wire.clear();
    let start = Instant::now();
    for _ in 0..BULK / data.len() {
        client.send(data, wire).expect("an open connection");
    }
    let send = start.elapsed();
    let (mut at, mut got, mut out) = (0, 0, Vec::new());
    let start = Instant::now();
    while at < wire.len() {
        let Received { consumed, event } = server.receive(&mut wire[at..], &mut out).expect("good records");
        at += consumed;
        if let Event::Data { bytes, .. } = event {
            got += black_box(bytes).len();
        }
    }
    assert_eq!(got, BULK / data.len() * data.len());
    (send, start.elapsed())
}

/// What a handshake and a record ask of the allocator, and what an idle connection holds. These figures do not vary.
fn memory() {
    println!("\n{:<44}{:>12}{:>12}{:>12}", "memory", "calls", "bytes", "kept");
    let row = |name: &str, (calls, asked, kept): (usize, usize, isize)| {
        println!("{name:<44}{calls:>12}{asked:>12}{kept:>12}");
    };
    // The logs of a test would count: these configurations have none.
    let world = World::of(KeyKind::P256);
    let client = ClientConfig::builder().anchors(world.anchors.clone()).clock(Arc::new(FixedClock(NOW)));
    let server = ServerConfig::builder().identity(world.server.clone()).clock(Arc::new(FixedClock(NOW)));
    let (client, server) = (client.build().expect("a client"), server.build().expect("a server"));
    let (mut to_server, mut to_client) = (Vec::with_capacity(20_000), Vec::with_capacity(20_000));
    let (mut ours, mut theirs) = (None, None);
    let name = NAME.try_into().expect("a name");
    let mut of_client = count(|| ours = ClientStart::new(&client, name).connect(&mut to_server).ok());
    let mut of_server = count(|| theirs = Connection::server(&server).ok());
    let (mut ours, mut theirs) = (ours.expect("a client"), theirs.expect("a server"));
    for _ in 0..2 {
        of_server = add(of_server, count(|| pump(&mut theirs, &mut to_server, &mut to_client)));
        of_client = add(of_client, count(|| pump(&mut ours, &mut to_client, &mut to_server)));
    }
    assert!(ours.is_connected() && theirs.is_connected());
    row("a handshake, client; an idle connection keeps", of_client);
    row("a handshake, server; an idle connection keeps", of_server);
    let (data, mut out) = (vec![7; 16_384], Vec::new());
    row("a record of 16,384 B, sent", count(|| ours.send(&data, &mut to_server).expect("an open connection")));
    row("a record of 16,384 B, received", count(|| drop(theirs.receive(&mut to_server, &mut out))));
    println!("{:<44}{:>36}", "a Connection itself", size_of::<Connection>());
}

fn add(one: (usize, usize, isize), other: (usize, usize, isize)) -> (usize, usize, isize) {
    (one.0 + other.0, one.1 + other.1, one.2 + other.2)
}

fn pump(end: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) {
    let mut at = 0;
    loop {
        let Received { consumed, event } = end.receive(&mut input[at..], out).expect("a good flight");
        at += consumed;
        if matches!(event, Event::NeedInput { .. }) {
            return input.clear();
        }
    }
}

fn medians(rounds: usize, mut candidates: Vec<Candidate>) -> Vec<(String, Duration, Duration)> {
    let mut taken = vec![(Vec::new(), Vec::new()); candidates.len()];
    for _ in 0..rounds {
        for ((_, work), (client, server)) in candidates.iter_mut().zip(&mut taken) {
            let (a, b) = work();
            client.push(a);
            server.push(b);
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let names = candidates.into_iter().map(|(name, _)| name);
    names.zip(taken).map(|(name, (client, server))| (name, median(client), median(server))).collect()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn rate(time: Duration) -> f64 {
    BULK as f64 / time.as_secs_f64() / 1e6
}
