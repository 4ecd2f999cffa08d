//! What one connection costs while so many others are open. Ours alone: the question is whether it stays the same.

use handfast_bench::heap::count;
use handfast_bench::measure::{Task, clock, medians, micros};
use handfast_bench::peer::{End, PROVIDERS, Peer, Prior, Scenario, Site, Wires, handshake, introduce, unmeasured};
use handfast_bench::table::Table;
use handfast_bench::world::{Keys, World};

/// How many are open, both ends in this process.
const OPEN: [usize; 4] = [1, 100, 10_000, 100_000];
const SCENARIO: Scenario = Scenario { prior: Prior::Session, ..Scenario::FULL };
/// What is said each way, in bytes.
const MESSAGE: usize = 1_024;
/// Messages of a sample, each on another connection.
const MESSAGES: usize = 100;

type Ends = (Box<dyn End>, Box<dyn End>);

/// A table for the default provider.
pub(crate) fn tables(rounds: usize) -> Vec<Table> {
    let world = World::new(Keys::P256);
    let mut site = PROVIDERS[0].site(&SCENARIO, &world).expect("we can do it");
    let mut wires = Wires::default();
    introduce(site.as_mut(), &SCENARIO, &mut wires);
    let columns = OPEN.map(|open| format!("{open} open"));
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let title = format!("one connection of 1.3, both ends, {}", PROVIDERS[0].name);
    let mut table = Table::new(title, "µs; bytes", &columns, "");
    table.rows = ["a new one, resumed", "1 KiB each way on an old one", "heap and objects of each"]
        .map(|name| (name.to_owned(), Vec::new()))
        .into();
    let mut open: Vec<Ends> = Vec::new();
    let mut held = 0;
    for count_open in OPEN {
        // Room for all of them is not a part of any.
        open.reserve_exact(count_open - open.len());
        let more = count_open - open.len();
        held += count(|| {
            for _ in 0..more {
                open.push(handshake(site.as_mut(), &SCENARIO, &mut wires, &mut unmeasured));
            }
        })
        .held;
        let [new, message] = costs(rounds, site.as_mut(), &mut open);
        let figures = [new, message, held as f64 / open.len() as f64];
        for (row, figure) in table.rows.iter_mut().zip(figures) {
            row.1.push(figure);
        }
    }
    vec![table]
}

fn costs(rounds: usize, site: &mut dyn Site, open: &mut [Ends]) -> [f64; 2] {
    let (mut wires, mut wire, data, mut at) = (Wires::default(), Vec::new(), vec![7; MESSAGE], 0);
    let task: Task<2> = Box::new(|| {
        let new = clock(|| drop(handshake(site, &SCENARIO, &mut wires, &mut unmeasured)));
        let messages = clock(|| {
            for _ in 0..MESSAGES {
                // A stride that visits all of them in no order that a prefetcher would know.
                at = (at + 7_919) % open.len();
                let (client, server) = &mut open[at];
                client.send(&data, 1, &mut wire);
                assert_eq!(server.receive(&mut wire), MESSAGE);
                server.send(&data, 1, &mut wire);
                assert_eq!(client.receive(&mut wire), MESSAGE);
            }
        });
        [micros(new), micros(messages) / MESSAGES as f64]
    });
    medians(rounds * 4, &mut [task])[0]
}
