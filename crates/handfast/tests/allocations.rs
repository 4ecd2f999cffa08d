//! What a connection allocates and holds; nothing of what the peer sends (docs/regressions.md row 15).

use handfast::crypto::Cipher;
use handfast::{ClientStart, Connection, Event, Received};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use handfast_testkit::world::NAME;

#[path = "common/counting.rs"]
mod counting;

use counting::{HELD, count};

/// The bytes that are held.
fn held() -> isize {
    HELD.get()
}

/// Calls to the allocator while `work` runs.
fn calls(work: impl FnOnce()) -> usize {
    count(work).0
}

/// Takes one record of data and says how long its content was.
fn take(connection: &mut Connection, input: &mut [u8], out: &mut Vec<u8>) -> usize {
    match connection.receive(input, out) {
        Ok(Received { event: Event::Data { bytes, .. }, .. }) => bytes.len(),
        other => panic!("{other:?}"),
    }
}

/// The heap that a finished connection of either side may hold, in bytes, beside its own size and the keys of its cipher.
const IDLE_HEAP: isize = 3 * 1024;

/// How often either side may ask for memory in a full handshake, primitives and the log of the test included. The lengths of random
/// numbers make a difference of a few.
const CLIENT_CALLS: usize = 84;
const SERVER_CALLS: usize = 78;

#[test]
fn steady_state_and_idle_memory() {
    let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
    pair.connect();
    let (mut client, mut server) = (pair.client.connection, pair.server.connection);
    let data = vec![7; 16_384];
    let mut wire = Vec::with_capacity(20_000);
    let mut out = Vec::new();
    for len in [1, 1_350, 16_384] {
        for (from, to) in [(0, 1), (1, 0)] {
            let ends = &mut [&mut client, &mut server];
            // Whatever the first record may cost, the ones after it cost nothing.
            for round in 0..10 {
                wire.clear();
                let sending = calls(|| ends[from].send(&data[..len], &mut wire).unwrap());
                let receiving = calls(|| assert_eq!(take(ends[to], &mut wire, &mut out), len));
                assert!(round == 0 || (sending, receiving) == (0, 0), "{len} bytes: {sending} and {receiving} calls");
            }
            wire.clear();
            let in_place = calls(|| {
                let mut record = ends[from].record(&mut wire).unwrap();
                assert_eq!(record.put(&data[..len]), len);
                record.finish().unwrap();
            });
            assert_eq!(in_place, 0);
            assert_eq!(calls(|| assert_eq!(take(ends[to], &mut wire, &mut out), len)), 0);
        }
    }
    drop((client, server));

    // A whole connection: what both sides hold when nothing is going on.
    let made = Setup::default().make();
    let mut wire = Vec::with_capacity(20_000);
    let mut back = Vec::with_capacity(20_000);
    let before = held();
    let (mut client, mut server) = (None, None);
    let mut start = || ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut wire).unwrap();
    let mut of_client = calls(|| client = Some(start()));
    let client_start = held() - before;
    let mut of_server = calls(|| server = Some(Connection::server(&made.server).unwrap()));
    let (mut client, mut server) = (client.unwrap(), server.unwrap());
    for _ in 0..3 {
        of_server += calls(|| pump(&mut server, &mut wire, &mut back));
        of_client += calls(|| pump(&mut client, &mut back, &mut wire));
    }
    println!("a full handshake: {of_client} calls of the client, {of_server} of the server");
    assert!(of_client <= CLIENT_CALLS && of_server <= SERVER_CALLS, "{of_client} and {of_server} calls");
    assert!(client.is_connected() && server.is_connected());
    // The logs of the test are not the connections'.
    let idle = held() - before - log_bytes(&made) - 4 * key_bytes(&client);
    println!("ClientHello sent: {client_start} bytes of heap");
    println!(
        "idle: {idle} bytes of heap for both sides and their keys, {} bytes each beside it",
        size_of::<Connection>()
    );
    assert!(idle <= 2 * IDLE_HEAP, "{idle}");
}

fn pump(end: &mut Connection, input: &mut Vec<u8>, out: &mut Vec<u8>) {
    let mut at = 0;
    loop {
        let Received { consumed, event } = end.receive(&mut input[at..], out).unwrap();
        at += consumed;
        if matches!(event, Event::NeedInput { .. }) {
            input.clear();
            return;
        }
    }
}

/// What the key of one direction holds.
fn key_bytes(connection: &Connection) -> isize {
    let Some(Cipher::Aead(algorithm)) = connection.facts().suite.map(|suite| suite.cipher) else { panic!("no AEAD") };
    let before = held();
    let key = handfast::rustcrypto::provider().aead(algorithm).unwrap().key(&vec![1; algorithm.key_len()]).unwrap();
    let bytes = held() - before;
    drop(key);
    bytes
}

/// What the two logs of the setup hold: each message and the list of them.
fn log_bytes(made: &handfast_testkit::setup::Made) -> isize {
    let before = held();
    let copies = (made.client_log.entries(), made.server_log.entries());
    let bytes = held() - before;
    drop(copies);
    bytes
}
