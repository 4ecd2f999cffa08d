//! TLS beside other libraries: `just bench` and `just bench-quick`.
//!
//! ```text
//! tls [--quick] [--rounds N] [--only handshakes|ahead|bulk|memory|many|sockets|aead] [--json FILE]
//! ```
//!
//! Prints tables, then a line for every target: its name, what is wanted, what was got, and `ok` or `MISS`.
#![forbid(unsafe_code)]

mod ahead;
mod bulk;
mod handshakes;
mod many;
mod memory;
mod sockets;
mod targets;

use handfast_bench::aead;
use handfast_bench::table::Table;
use targets::{Target, targets};

struct Options {
    rounds: usize,
    quick: bool,
    only: Option<String>,
    json: Option<String>,
}

/// Measures something in so many rounds.
type Measure = fn(usize) -> Vec<Table>;

/// What can be measured, by name.
const PARTS: [(&str, Measure); 7] = [
    ("handshakes", handshakes::tables),
    ("ahead", ahead::tables),
    ("bulk", bulk::tables),
    ("memory", memory::tables),
    ("many", many::tables),
    ("sockets", sockets::tables),
    ("aead", aead::tables),
];

fn main() {
    let options = options();
    let mut tables = Vec::new();
    for (name, measure) in PARTS {
        if options.only.as_ref().is_none_or(|only| only == name) {
            for table in measure(options.rounds) {
                if !options.quick {
                    println!("{table}");
                }
                tables.push(table);
            }
        }
    }
    let targets = targets(&tables);
    // With `--only`, no word about what was not measured.
    for target in targets.iter().filter(|target| options.only.is_none() || target.is_measured()) {
        println!("{target}");
    }
    if let Some(file) = options.json {
        std::fs::write(&file, json(&tables, &targets)).expect("a file that can be written");
    }
}

fn options() -> Options {
    let mut options = Options { rounds: 60, quick: false, only: None, json: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("{word} wants a value"));
        match word.as_str() {
            "--quick" => (options.quick, options.rounds) = (true, 15),
            "--rounds" => options.rounds = value().parse().expect("a number"),
            "--only" => options.only = Some(value()),
            "--json" => options.json = Some(value()),
            _ => panic!("no such option: {word}"),
        }
    }
    options
}

fn json(tables: &[Table], targets: &[Target]) -> String {
    let tables: Vec<String> = tables.iter().map(Table::json).collect();
    let targets: Vec<String> = targets.iter().map(Target::json).collect();
    let (processor, openssl) = (processor(), openssl::version::version());
    format!(
        "{{\"processor\":{processor:?},\"openssl\":{openssl:?},\"tables\":[\n{}\n],\"targets\":[\n{}\n]}}\n",
        tables.join(",\n"),
        targets.join(",\n")
    )
}

/// What the system calls the processor: its name, and the numbers that tell its kind.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |name: &str| {
        let line = text.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name));
        line.and_then(|line| line.split(':').nth(1)).unwrap_or_default().trim().to_owned()
    };
    format!("{}, family {}, model {}", value("model name"), value("cpu family"), value("model"))
}
