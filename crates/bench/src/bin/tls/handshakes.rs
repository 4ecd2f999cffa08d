//! What a handshake takes of either side's processor, including the ticket and the end of the connection.

use handfast_bench::measure::{Task, clock, median, medians, micros};
use handfast_bench::peer::{Peer, Scenario, Side, Site, Wires, everybody, handshake, introduce};
use handfast_bench::table::Table;
use handfast_bench::world::{Keys, World};
use std::time::{Duration, Instant};

/// Handshakes of a sample: after one that warms up, so many for at most so long.
const SAMPLE: (usize, Duration) = (9, Duration::from_millis(4));

/// Three tables: the client's, the server's, and the sum of both.
pub(crate) fn tables(rounds: usize) -> Vec<Table> {
    let worlds = [World::new(Keys::P256), World::new(Keys::Rsa)];
    let peers = everybody();
    let (mut tasks, mut places): (Vec<Task<2>>, _) = (Vec::new(), Vec::new());
    for (column, (_, scenario)) in Scenario::ALL.iter().enumerate() {
        for (row, peer) in peers.iter().enumerate() {
            if let Some(task) = task(peer.as_ref(), scenario, &worlds[scenario.keys as usize]) {
                tasks.push(task);
                places.push((row, column));
            }
        }
    }
    let columns = Scenario::ALL.map(|(name, _)| name);
    let mut tables = ["client", "server", "both sides"].map(|side| {
        let mut table = Table::new(format!("handshake, {side}"), "µs", &columns, peers[0].name());
        table.rows = peers.iter().map(|peer| (peer.name().to_owned(), vec![f64::NAN; columns.len()])).collect();
        table
    });
    for ((row, column), [client, server]) in places.into_iter().zip(medians(rounds, &mut tasks)) {
        for (table, figure) in tables.iter_mut().zip([client, server, client + server]) {
            table.rows[row].1[column] = figure;
        }
    }
    tables.into()
}

fn task(peer: &dyn Peer, scenario: &'static Scenario, world: &World) -> Option<Task<'static, 2>> {
    let mut site = peer.site(scenario, world)?;
    let mut wires = Wires::default();
    introduce(site.as_mut(), scenario, &mut wires);
    Some(Box::new(move || {
        once(site.as_mut(), scenario, &mut wires);
        let (mut taken, start) = (Vec::new(), Instant::now());
        while taken.len() < 3 || (taken.len() < SAMPLE.0 && start.elapsed() < SAMPLE.1) {
            taken.push(once(site.as_mut(), scenario, &mut wires));
        }
        [Side::Client, Side::Server].map(|side| median(taken.iter().map(|times| micros(times[side as usize]))))
    }))
}

/// One handshake, and both ends dropped.
fn once(site: &mut dyn Site, scenario: &Scenario, wires: &mut Wires) -> [Duration; 2] {
    let mut times = [Duration::ZERO; 2];
    let (client, server) = handshake(site, scenario, wires, &mut |side, work| times[side as usize] += clock(work));
    times[Side::Client as usize] += clock(|| drop(client));
    times[Side::Server as usize] += clock(|| drop(server));
    times
}
