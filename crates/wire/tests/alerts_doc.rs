//! docs/alerts.md says what the table of violations says.

#[path = "../examples/alerts/page.rs"]
mod page;

#[test]
fn the_page_is_the_table() {
    let written = include_str!("../../../docs/alerts.md");
    assert!(
        written == page::alerts(),
        "docs/alerts.md is not up to date: cargo run -p handfast-wire --example alerts > docs/alerts.md"
    );
}
