//! TLS beside other libraries: `just bench` and `just bench-quick`.
//!
//! ```text
//! tls [--quick] [--rounds N] [--only WORD] [--json FILE]
//! ```
#![forbid(unsafe_code)]

mod bulk;
mod handshakes;
mod memory;

use handfast_bench::table::Table;

struct Options {
    rounds: usize,
    quick: bool,
    only: Option<String>,
    json: Option<String>,
}

fn main() {
    let options = options();
    let mut tables = Vec::new();
    for (name, measure) in [
        ("handshakes", handshakes::tables as fn(usize) -> Vec<Table>),
        ("bulk", bulk::tables),
        ("memory", memory::tables),
    ] {
        if options.only.as_ref().is_none_or(|only| only == name) {
            for table in measure(options.rounds) {
                if !options.quick {
                    println!("{table}");
                }
                tables.push(table);
            }
        }
    }
    if let Some(file) = options.json {
        let tables: Vec<String> = tables.iter().map(Table::json).collect();
        std::fs::write(&file, format!("[\n{}\n]\n", tables.join(",\n"))).expect("a file that can be written");
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
