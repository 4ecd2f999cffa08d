//! Prints docs/alerts.md: what a peer can do wrong, which alert it gets, and where that is written.
//!
//!     cargo run -p handfast-wire --example alerts > docs/alerts.md

mod page;

fn main() {
    print!("{}", page::alerts());
}
