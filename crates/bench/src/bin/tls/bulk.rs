//! Application data through a connection, and through its cipher alone.

use handfast_bench::cipher::{Cipher, Provided, Suite, TAG};
use handfast_bench::measure::{Task, clock, medians, rate};
use handfast_bench::peer::{PROVIDERS, Peer, RUSTLS, Scenario, Unbuffered, Wires, everybody, handshake, unmeasured};
use handfast_bench::table::Table;
use handfast_bench::world::{Keys, World};

/// The data of a record, in bytes: what fits a packet, and what fits a record.
const SIZES: [usize; 2] = [1_350, 16_384];
/// The bytes of all records of a sample, which the caches hold.
const BATCH: usize = 256 << 10;

/// Tables of sending, of receiving, and of sending what lies in two places.
pub(crate) fn tables(rounds: usize) -> Vec<Table> {
    let world = World::new(Keys::P256);
    let mut tables = both_ways(rounds, &world);
    tables.push(in_parts(rounds, &world));
    tables
}

fn both_ways(rounds: usize, world: &World) -> Vec<Table> {
    let rows = rows();
    let columns: Vec<(Suite, usize)> = Suite::ALL.iter().flat_map(|&suite| SIZES.map(|size| (suite, size))).collect();
    let mut tasks: Vec<Task<2>> = Vec::new();
    for &(suite, size) in &columns {
        tasks.extend(rows.iter().map(|row| match row {
            Row::Peer(peer) => connection(peer.as_ref(), suite, size, world),
            Row::Cipher(_, cipher) => alone(cipher(suite), size),
        }));
    }
    let names: Vec<String> = columns.iter().map(|(suite, size)| format!("{}, {size} B", suite.name())).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut tables = ["send", "receive"].map(|what| {
        let mut table = Table::new(format!("records, {what}"), "MB/s", &names, "rustls + aws-lc-rs, unbuffered");
        table.rows = rows.iter().map(|row| (row.name(), Vec::new())).collect();
        table
    });
    for (at, figures) in medians(rounds * 4, &mut tasks).into_iter().enumerate() {
        for (table, figure) in tables.iter_mut().zip(figures) {
            table.rows[at % rows.len()].1.push(figure);
        }
    }
    tables.into()
}

/// A head of a hundred bytes and the rest: HTTP, say.
fn in_parts(rounds: usize, world: &World) -> Table {
    let columns = SIZES.map(|size| format!("AES-128-GCM, {size} B"));
    let mut table = Table::new("records in two parts, send", "MB/s", &[&columns[0], &columns[1]], "rustls + aws-lc-rs");
    let peers = everybody();
    let mut tasks: Vec<Task<2>> = Vec::new();
    for peer in &peers {
        let mut site = peer.site(&Scenario::FULL, world).expect("everybody can do it");
        let (mut client, _) = handshake(site.as_mut(), &Scenario::FULL, &mut Wires::default(), &mut unmeasured);
        let (data, mut wire) = (vec![7; SIZES[1]], Vec::new());
        tasks.push(Box::new(move || {
            SIZES.map(|size| {
                let (parts, times) = (data[..size].split_at(100).into(), BATCH / size);
                if !client.send_parts(parts, times, &mut wire) {
                    return f64::NAN;
                }
                rate(times * size, clock(|| _ = client.send_parts(parts, times, &mut wire)))
            })
        }));
    }
    let figures = medians(rounds * 4, &mut tasks);
    table.rows = peers.iter().zip(figures).map(|(peer, figures)| (peer.name().to_owned(), figures.into())).collect();
    table
}

enum Row {
    Peer(Box<dyn Peer>),
    Cipher(String, Box<dyn Fn(Suite) -> Box<dyn Cipher>>),
}

impl Row {
    fn name(&self) -> String {
        match self {
            Row::Peer(peer) => peer.name().to_owned(),
            Row::Cipher(name, _) => name.clone(),
        }
    }
}

fn rows() -> Vec<Row> {
    let unbuffered = [
        Unbuffered { name: "rustls + aws-lc-rs, unbuffered", inner: RUSTLS[0] },
        Unbuffered { name: "rustls + graviola, unbuffered", inner: RUSTLS[2] },
        Unbuffered { name: "rustls + RustCrypto, unbuffered", inner: RUSTLS[3] },
    ];
    let mut rows: Vec<Row> = unbuffered.into_iter().map(|peer| Row::Peer(Box::new(peer))).collect();
    rows.extend(everybody().into_iter().map(Row::Peer));
    rows.extend(PROVIDERS.iter().map(|ours| {
        let name = format!("{}, the cipher alone", ours.name);
        Row::Cipher(name, Box::new(|suite| Box::new(Provided(ours.cipher(suite)))))
    }));
    rows
}

fn connection(peer: &dyn Peer, suite: Suite, size: usize, world: &World) -> Task<'static, 2> {
    let scenario = Scenario { suite, ..Scenario::FULL };
    let mut site = peer.site(&scenario, world).expect("everybody has the suites of TLS 1.3");
    let (mut client, mut server) = handshake(site.as_mut(), &scenario, &mut Wires::default(), &mut unmeasured);
    let (data, times, mut wire) = (vec![7; size], BATCH / size, Vec::new());
    Box::new(move || {
        // Others have had the caches.
        client.send(&data, times, &mut wire);
        assert_eq!(server.receive(&mut wire), times * size);
        let send = clock(|| client.send(&data, times, &mut wire));
        let receive = clock(|| assert_eq!(server.receive(&mut wire), times * size));
        [send, receive].map(|time| rate(times * size, time))
    })
}

/// The same records without TLS: sealed into a buffer, opened where they lie.
fn alone(mut key: Box<dyn Cipher>, size: usize) -> Task<'static, 2> {
    let header = [23, 3, 3, 0x40, 0x11];
    let (data, times) = (vec![7; size], BATCH / size);
    let mut records = vec![vec![0; size + TAG]; times];
    Box::new(move || {
        let mut seal = || {
            for (at, record) in records.iter_mut().enumerate() {
                key.seal_into(&[at as u8; 12], &header, &data, record);
            }
        };
        seal();
        let send = clock(seal);
        let receive = clock(|| {
            for (at, record) in records.iter_mut().enumerate() {
                key.open(&[at as u8; 12], &header, record);
            }
        });
        [send, receive].map(|time| rate(times * size, time))
    })
}
