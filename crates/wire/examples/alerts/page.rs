//! The page, apart from the program that prints it so that a test can compare it.

use handfast_wire::{AlertDescription, Violation};
use std::fmt::Write;

/// The page as Markdown.
pub(crate) fn alerts() -> String {
    let mut page = String::from(HEAD);
    for row in Violation::TABLE {
        writeln!(page, "| `{}` | {} | `{}` | {} |", row.code, row.text, row.alert, row.clause)
            .expect("a String takes everything");
    }
    page.push_str(BY_ALERT);
    for &alert in AlertDescription::ALL {
        let codes: Vec<_> =
            Violation::TABLE.iter().filter(|row| row.alert == alert).map(|row| format!("`{}`", row.code)).collect();
        if !codes.is_empty() {
            writeln!(page, "| {} | `{alert}` | {} |", alert.0, codes.join(", ")).expect("a String takes everything");
        }
    }
    page
}

const HEAD: &str = "\
# Violations and their alerts

<!-- Printed by `cargo run -p handfast-wire --example alerts`. Change crates/wire/src/violation.rs, not this file. -->

Everything a peer can do wrong on the level of the protocol. Each row is a variant of `handfast_wire::Violation`: when
it happens the connection is over, and the alert in its row is the last thing the peer hears from us. Certificates that
are well-formed and not acceptable are another matter and have errors of their own.

| violation | in words | alert | clause |
|---|---|---|---|
";

const BY_ALERT: &str = "
## The other way round

What can be behind an alert that Handfast has sent:

| number | alert | violations |
|---|---|---|
";
