//! What both sides know, side by side.

use super::ends::End;
use crate::escape;
use crate::style::{CLIENT, DIM, SERVER};
use handfast::Facts;
use handfast::pki::Certificate;
use std::fmt::Display;
use std::io::{self, Write};

/// Draws the table.
pub(crate) fn draw(out: &mut impl Write, client: &End, server: &End) -> io::Result<()> {
    writeln!(out, "  {:16}{CLIENT}{:31}{CLIENT:#}{SERVER}SERVER{SERVER:#}", "", "CLIENT")?;
    let ends = [client, server];
    let row = |out: &mut dyn Write, label: &str, value: &dyn Fn(&End) -> String| {
        let [ours, theirs] = ends.map(value);
        writeln!(out, "  {DIM}{label:16}{DIM:#}{ours:31}{theirs}")
    };
    row(out, "protocol", &|end| known(end.facts.version))?;
    row(out, "cipher", &|end| known(end.facts.suite.map(|suite| suite.id)))?;
    row(out, "group", &|end| known(end.facts.group))?;
    row(out, "ALPN", &|end| known(end.facts.protocol.as_deref().map(escape::bytes)))?;
    row(out, "signed with", &|end| known(end.facts.own_scheme))?;
    row(out, "knows its peer", &|end| peer(&end.facts))?;
    row(out, "exporter", &|end| end.exported.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>() + "…")
}

fn known(value: Option<impl Display>) -> String {
    value.map_or_else(|| "–".to_string(), |value| value.to_string())
}

/// The peer's subject.
fn peer(facts: &Facts) -> String {
    let leaf = facts.peer().and_then(|peer| peer.credential.chain.first());
    known(leaf.and_then(|leaf| Certificate::parse(leaf).ok()).map(|leaf| leaf.subject().text(30)))
}
