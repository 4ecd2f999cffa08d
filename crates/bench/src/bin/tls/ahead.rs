//! What a client need not do again, or not now: paths that were verified before, and key shares that were made ahead.

use handfast::wire::NamedGroup;
use handfast::{ClientConfigBuilder, ClientStart, PathVerifier, ReadyShares, Resolve};
use handfast_bench::measure::{Task, clock, median, medians, micros};
use handfast_bench::peer::{Handfast, PROVIDERS, Scenario, Side, Wires, handshake};
use handfast_bench::table::Table;
use handfast_bench::world::{Keys, NAME, World};
use std::sync::Arc;

/// Handshakes of a sample, and shares that wait for them.
const SAMPLE: usize = 9;

/// A change of a client's configuration, which may need what is to be done when nobody waits.
type Change = fn(ClientConfigBuilder, &Handfast, &World) -> (ClientConfigBuilder, Option<Arc<ReadyShares>>);

/// What is changed, and what it is called.
const CHANGES: [(&str, Change); 3] = [
    ("", |client, _, _| (client, None)),
    (", paths remembered", |client, ours, world| (client.verifier(remembering(ours, world)), None)),
    (", shares made ahead", |client, ours, _| {
        let groups = [NamedGroup::X25519, NamedGroup::X25519MLKEM768];
        let pool = Arc::new(ReadyShares::new(&(ours.provider)(), groups, SAMPLE));
        (client.ready_shares(pool.clone()), Some(pool))
    }),
];

const GROUPS: [(&str, NamedGroup); 2] =
    [("X25519", NamedGroup::X25519), ("X25519MLKEM768", NamedGroup::X25519MLKEM768)];

/// The client of a full handshake, and how long it takes until its first byte can leave.
pub(crate) fn tables(rounds: usize) -> Vec<Table> {
    let world = World::new(Keys::P256);
    let (mut tasks, mut rows): (Vec<Task<2>>, _) = (Vec::new(), Vec::new());
    for ours in PROVIDERS {
        for (name, change) in CHANGES {
            rows.push((format!("{}{name}", ours.name), Vec::new()));
            for (_, group) in GROUPS {
                tasks.push(task(*ours, change, Scenario { group, ..Scenario::FULL }, &world));
            }
        }
    }
    let columns = GROUPS.map(|(group, _)| [format!("first flight, {group}"), format!("handshake, {group}")]).concat();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new("done before or ahead, client".to_owned(), "µs", &columns, PROVIDERS[0].name);
    let mut figures = medians(rounds, &mut tasks).into_iter().flatten();
    for (_, row) in &mut rows {
        row.extend(figures.by_ref().take(columns.len()));
    }
    table.rows = rows;
    vec![table]
}

fn remembering(ours: &Handfast, world: &World) -> Resolve<dyn handfast::VerifyPeer> {
    let mut anchors = handfast::Anchors::new();
    anchors.add(&world.root).expect("an anchor");
    Resolve::Now(Arc::new(PathVerifier::new((ours.provider)(), Arc::new(anchors)).remember(1)))
}

/// The first flight, and the whole of the client.
fn task(ours: Handfast, change: Change, scenario: Scenario, world: &World) -> Task<'static, 2> {
    let (client, server) = ours.builders(&scenario, world);
    let (client, pool) = change(client, &ours, world);
    let (client, server) = (client.build().expect("a client"), server.build().expect("a server"));
    let mut site = ours.between(client.clone(), server, &scenario);
    let (mut wires, mut hello) = (Wires::default(), Vec::with_capacity(4_096));
    let fill = move || pool.iter().for_each(|pool| _ = pool.fill().expect("shares"));
    Box::new(move || {
        fill();
        let flights = (0..SAMPLE).map(|_| {
            hello.clear();
            let name = NAME.try_into().expect("a name");
            micros(clock(|| drop(ClientStart::new(&client, name).connect(&mut hello).expect("a ClientHello"))))
        });
        let flight = median(flights.collect::<Vec<_>>().into_iter());
        fill();
        let whole = (0..SAMPLE).map(|_| {
            let mut time = 0.0;
            let meter = &mut |side, work: &mut dyn FnMut()| {
                let taken = micros(clock(work));
                time += if side == Side::Client { taken } else { 0.0 };
            };
            drop(handshake(site.as_mut(), &scenario, &mut wires, meter));
            time
        });
        [flight, median(whole.collect::<Vec<_>>().into_iter())]
    })
}
