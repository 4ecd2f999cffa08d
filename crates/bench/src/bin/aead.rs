//! The AEADs of TLS beside each other: `just bench-aead 300` takes three hundred rounds.
#![forbid(unsafe_code)]

use handfast_bench::aead;

fn main() {
    let rounds = std::env::args().nth(1).map_or(200, |rounds| rounds.parse().expect("a number of rounds"));
    for table in aead::tables(rounds) {
        println!("{table}");
    }
}
