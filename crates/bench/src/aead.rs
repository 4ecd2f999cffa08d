//! Measures the AEADs of TLS beside each other.
//!
//! Every record has a nonce of its own and five bytes of additional data. A round seals all records of a buffer where they
//! lie and opens them again, so an opened record costs nobody a copy; "seal into" takes the plaintext from elsewhere.

use crate::cipher::{CANDIDATES, Candidate, Cipher, Header, Nonce, Suite, TAG};
use crate::measure::{Task, clock, medians, rate};
use crate::table::Table;
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::time::Duration;

/// The payloads that are measured, in bytes.
const SIZES: [usize; 6] = [16, 64, 256, 1_350, 4_096, 16_384];
/// The bytes of all records of a batch, about; the fastest candidate takes 20 µs for them.
const BATCH: usize = 256 << 10;
/// The records of a batch, at most.
const RECORDS: usize = 1_024;
const HEADER: Header = [23, 3, 3, 0x40, 0x11];

/// Rates of every suite, the making of keys, and what a cipher leaves behind for a hash.
pub fn tables(rounds: usize) -> Vec<Table> {
    check();
    let mut tables: Vec<Table> = Suite::ALL.iter().flat_map(|&suite| records(rounds, suite)).collect();
    tables.push(setup(rounds));
    tables.push(hash(rounds));
    tables
}

/// Everybody makes the same records and opens them.
fn check() {
    for suite in Suite::ALL {
        for size in [0, 1, 15, 100, 16_384] {
            let plain: Vec<u8> = (0..size).map(|at| at as u8).collect();
            let mut made = CANDIDATES.iter().map(|(name, key)| {
                let mut key = key(suite);
                let (mut sealed, mut opened) = (vec![0; size + TAG], vec![0; size + TAG]);
                key.seal_into(&[9; 12], &HEADER, &plain, &mut sealed);
                opened[..size].copy_from_slice(&plain);
                key.seal(&[9; 12], &HEADER, &mut opened);
                assert_eq!(sealed, opened, "{name}, {suite:?}, {size}");
                key.open(&[9; 12], &HEADER, &mut opened);
                assert_eq!(&opened[..size], plain, "{name}, {suite:?}, {size}");
                (name, sealed)
            });
            let (_, first) = made.next().expect("a candidate");
            made.for_each(|(name, sealed)| assert_eq!(sealed, first, "{name}, {suite:?}, {size}"));
        }
    }
}

fn records(rounds: usize, suite: Suite) -> [Table; 3] {
    let mut tasks: Vec<Task<3>> = Vec::new();
    for size in SIZES {
        tasks.extend(CANDIDATES.iter().map(|(_, key)| Batch::new(key(suite), size).task()));
    }
    let mut got = medians(rounds, &mut tasks).into_iter();
    let names: Vec<String> = SIZES.iter().map(|size| format!("{size} B")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut tables = ["seal", "seal into", "open"].map(|what| {
        let mut table = Table::new(format!("{}, {what}", suite.name()), "MB/s", &names, CANDIDATES[0].0);
        table.rows = CANDIDATES.iter().map(|(name, _)| ((*name).to_owned(), Vec::new())).collect();
        table
    });
    for _ in SIZES {
        for row in 0..CANDIDATES.len() {
            let figures = got.next().expect("a figure for each task");
            for (table, figure) in tables.iter_mut().zip(figures) {
                table.rows[row].1.push(figure);
            }
        }
    }
    tables
}

/// Records of one size that lie beside each other, each on a line of the cache.
struct Batch {
    key: Box<dyn Cipher>,
    size: usize,
    plain: Vec<u8>,
    records: Vec<u8>,
    out: Vec<u8>,
    /// What the nonces of the records begin with.
    first: u64,
}

/// A line of the cache, in bytes.
const LINE: usize = 64;

impl Batch {
    fn new(key: Box<dyn Cipher>, size: usize) -> Self {
        let count = (BATCH / size).min(RECORDS);
        let stride = (size + TAG).next_multiple_of(LINE);
        let (records, out) = (vec![7; count * stride + LINE], vec![0; size + TAG]);
        Batch { key, size, plain: vec![7; size], records, out, first: 0 }
    }

    fn task(mut self) -> Task<'static, 3> {
        Box::new(move || {
            // Others have had the caches; the first pass takes them back and is not measured.
            self.each(|key, nonce, record| key.seal(nonce, &HEADER, record));
            let (seal, bytes) = self.each(|key, nonce, record| key.seal(nonce, &HEADER, record));
            let (open, _) = self.each(|key, nonce, record| key.open(nonce, &HEADER, record));
            let (plain, mut out) = (std::mem::take(&mut self.plain), std::mem::take(&mut self.out));
            let (into, _) = self.each(|key, nonce, _| {
                key.seal_into(nonce, &HEADER, black_box(&plain), &mut out);
                black_box(&out);
            });
            (self.plain, self.out) = (plain, out);
            self.first += 1 << 32;
            [seal, into, open].map(|time| rate(bytes, time))
        })
    }

    /// Does `work` with every record and its nonce: how long it took, for how many bytes.
    fn each(&mut self, mut work: impl FnMut(&mut dyn Cipher, &Nonce, &mut [u8])) -> (Duration, usize) {
        let stride = (self.size + TAG).next_multiple_of(LINE);
        let aligned = self.records.as_ptr().align_offset(LINE);
        let (key, mut nonces) = (self.key.as_mut(), self.first..);
        let time = clock(|| {
            for (place, number) in self.records[aligned..].chunks_exact_mut(stride).zip(&mut nonces) {
                let mut nonce = [3; 12];
                nonce[4..].copy_from_slice(&number.to_be_bytes());
                work(key, &nonce, &mut place[..self.size + TAG]);
            }
        });
        (time, self.records.len() / stride * self.size)
    }
}

/// A key made and dropped.
fn setup(rounds: usize) -> Table {
    const KEYS: usize = 200;
    let names = Suite::ALL.map(Suite::name);
    let mut table = Table::new("a key, made and dropped", "ns", &names, CANDIDATES[0].0);
    let task = |&(_, key): &Candidate| -> Task<3> {
        Box::new(move || {
            Suite::ALL.map(|suite| {
                let time = clock(|| (0..KEYS).for_each(|_| drop(black_box(key(black_box(suite))))));
                time.as_secs_f64() * 1e9 / KEYS as f64
            })
        })
    };
    let mut tasks: Vec<_> = CANDIDATES.iter().map(task).collect();
    let got = medians(rounds, &mut tasks);
    table.rows = CANDIDATES.iter().zip(got).map(|((name, _), got)| ((*name).to_owned(), got.to_vec())).collect();
    table
}

/// SHA-256 of 64 bytes right after a record of 16 KiB was sealed. Upper halves of vector registers that a cipher leaves
/// dirty slow down the SHA instructions, which are encoded the old way.
fn hash(rounds: usize) -> Table {
    const NAMES: [&str; 3] = ["AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"];
    let mut table = Table::new("SHA-256 of 64 B right after a 16 KiB seal", "ns", &NAMES, "after nothing");
    let digest = || {
        let time = clock(|| _ = black_box(Sha256::digest(black_box([5; 64]))));
        time.as_secs_f64() * 1e9
    };
    let mut tasks: Vec<Task<3>> = vec![Box::new(move || [digest(), digest(), digest()])];
    for (_, key) in CANDIDATES {
        let mut keys = Suite::ALL.map(key);
        let mut record = vec![0; 16_384 + TAG];
        tasks.push(Box::new(move || {
            std::array::from_fn(|at| {
                keys[at].seal(&[1; 12], &HEADER, &mut record);
                digest()
            })
        }));
    }
    // One digest is shorter than a tick of the clock is exact: more rounds.
    let got = medians(rounds * 10, &mut tasks);
    let names = std::iter::once("after nothing").chain(CANDIDATES.iter().map(|(name, _)| *name));
    table.rows = names.zip(got).map(|(name, got)| (name.to_owned(), got.to_vec())).collect();
    table
}
