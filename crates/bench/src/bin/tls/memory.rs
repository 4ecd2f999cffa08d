//! What handshakes, records and idle connections ask of the allocator. These figures do not vary, so there are no rounds.

use handfast_bench::cipher::Suite;
use handfast_bench::heap::{Heap, count};
use handfast_bench::peer::{
    End, PROVIDERS, Peer, Prior, Scenario, Side, Site, Wires, everybody, handshake, introduce, unmeasured,
};
use handfast_bench::table::Table;
use handfast_bench::world::{Keys, World};

const SCENARIOS: [(&str, Scenario); 4] = [
    ("1.3 full", Scenario::FULL),
    ("1.3 resumed", Scenario { prior: Prior::Session, ..Scenario::FULL }),
    ("1.2 full", Scenario { tls13: false, ..Scenario::FULL }),
    ("1.2 resumed", Scenario { tls13: false, prior: Prior::Session, ..Scenario::FULL }),
];

/// The data of a record, in bytes.
const RECORD: usize = 16_384;

/// Allocations and bytes of a handshake, allocations of a record, and what an idle connection holds.
pub(crate) fn tables(_rounds: usize) -> Vec<Table> {
    let world = World::new(Keys::P256);
    let peers = everybody();
    let reference = peers[0].name();
    let mut columns = Vec::new();
    for (name, _) in SCENARIOS {
        columns.extend([format!("{name}, client"), format!("{name}, server")]);
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut calls = Table::new("allocations of a handshake", "calls", &columns, reference);
    let mut asked = Table::new("memory asked for in a handshake", "bytes", &columns, reference);
    let columns = ["sent", "received", "bytes, sent", "bytes, received"];
    let mut records = Table::new("allocations of a record of 16 KiB", "calls", &columns, reference);
    let columns = ["client", "server", "client, after records", "server, after records", "besides, the object"];
    let mut idle = Table::new("heap of an idle connection of 1.3", "bytes", &columns, reference);
    for peer in &peers {
        let (mut number, mut bytes) = (Vec::new(), Vec::new());
        for (_, scenario) in &SCENARIOS {
            for heap in of_handshake(peer.as_ref(), scenario, &world) {
                number.push(heap.calls as f64);
                bytes.push(heap.asked as f64);
            }
        }
        calls.rows.push((peer.name().to_owned(), number));
        asked.rows.push((peer.name().to_owned(), bytes));
        let mut site = peer.site(&Scenario::FULL, &world).expect("everybody can do it");
        records.rows.push((peer.name().to_owned(), of_records(site.as_mut())));
        idle.rows.push((peer.name().to_owned(), of_idle(site.as_mut())));
    }
    vec![calls, asked, records, idle, keys()]
}

/// What the keys of our ciphers hold, of which a connection has two.
fn keys() -> Table {
    let mut table = Table::new("heap of a cipher's key", "bytes", &Suite::ALL.map(Suite::name), "");
    for ours in PROVIDERS {
        let of = |suite| {
            let mut key = None;
            count(|| key = Some(ours.cipher(suite))).held as f64
        };
        table.rows.push((ours.name.to_owned(), Suite::ALL.map(of).into()));
    }
    table
}

/// The second of two handshakes, client and server: what is made once for a configuration is there.
fn of_handshake(peer: &dyn Peer, scenario: &Scenario, world: &World) -> [Heap; 2] {
    let mut site = peer.site(scenario, world).expect("everybody can do it");
    let mut wires = Wires::default();
    introduce(site.as_mut(), scenario, &mut wires);
    handshake(site.as_mut(), scenario, &mut wires, &mut unmeasured);
    let mut heaps = [Heap::default(); 2];
    let ends = handshake(site.as_mut(), scenario, &mut wires, &mut |side, work| heaps[side as usize] += count(work));
    for (end, side) in [(ends.0, Side::Client), (ends.1, Side::Server)] {
        // The box around each end is ours.
        heaps[side as usize].calls -= 1;
        heaps[side as usize].asked -= size_of_val(&*end);
    }
    heaps
}

/// Calls and bytes of a record, sent and received, when the buffers have grown.
fn of_records(site: &mut dyn Site) -> Vec<f64> {
    let (mut client, mut server) = handshake(site, &Scenario::FULL, &mut Wires::default(), &mut unmeasured);
    let (data, mut wire) = (vec![7; RECORD], Vec::new());
    for _ in 0..3 {
        client.send(&data, 1, &mut wire);
        server.receive(&mut wire);
    }
    let sent = count(|| client.send(&data, 1, &mut wire));
    let received = count(|| _ = server.receive(&mut wire));
    [sent.calls, received.calls, sent.asked, received.asked].map(|count| count as f64).into()
}

/// What dropping a connection gives back, with and without a record having gone each way.
fn of_idle(site: &mut dyn Site) -> Vec<f64> {
    let mut wires = Wires::default();
    let (client, server) = handshake(site, &Scenario::FULL, &mut wires, &mut unmeasured);
    let object = size_of_val(&*client);
    let mut figures = vec![held(client), held(server)];
    let (mut client, mut server) = handshake(site, &Scenario::FULL, &mut wires, &mut unmeasured);
    let (data, mut wire) = (vec![7; RECORD], Vec::new());
    client.send(&data, 1, &mut wire);
    server.receive(&mut wire);
    server.send(&data, 1, &mut wire);
    client.receive(&mut wire);
    figures.extend([held(client), held(server)]);
    figures.push(object as f64);
    figures
}

/// The heap behind an end, without the box around it.
fn held(end: Box<dyn End>) -> f64 {
    let object = size_of_val(&*end);
    let freed = -count(|| drop(end)).held;
    freed as f64 - object as f64
}
