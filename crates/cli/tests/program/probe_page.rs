//! docs/probe.md: what it says is what the programs do.

use crate::{Server, run};
use serde_json::Value;
use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../../../../docs/probe.md");

/// What stands between backticks, outside of blocks.
fn code() -> BTreeSet<&'static str> {
    let mut is_text = true;
    let mut lines = Vec::new();
    for line in PAGE.lines() {
        is_text ^= line.starts_with("```");
        lines.extend(Some(line).filter(|_| is_text));
    }
    lines.into_iter().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// The commands that ask a server.
fn commands() -> Vec<&'static str> {
    let commands = PAGE.lines().filter_map(|line| line.strip_prefix("$ "));
    commands.filter(|command| !command.ends_with('&') && !command.starts_with("kill ")).collect()
}

#[test]
fn every_command_works() {
    let server = Server::start(&["--alpn", "h2,http/1.1"]);
    let port = server.address.rsplit_once(':').expect("a port").1;
    let program = Path::new(env!("CARGO_BIN_EXE_handfast")).parent().expect("a directory");
    let path = format!("{}:{}", program.display(), env::var("PATH").expect("a path"));
    assert_eq!(commands().len(), 7);
    for command in commands() {
        let command = command.replace(":4433", &format!(":{port}"));
        let output =
            Command::new("sh").args(["-c", &command]).current_dir(&server.scratch.0).env("PATH", &path).output();
        let output = output.expect("a shell");
        assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The names of all that is in an object, but not in one whose keys are data.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            if key != "errors" {
                keys(value, found);
            }
        }),
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_on_the_page() {
    let server = Server::start(&["--early-data"]);
    let probe = run(&["probe", &server.host, "--json", "--fail-on", "never"], b"").exits(0).stdout();
    let bench = ["bench", &server.host, "--cafile", &server.ca, "--json", "--time", "0.1", "--upload"];
    let mut found = BTreeSet::new();
    for text in [probe, run(&bench, b"").exits(0).stdout()] {
        keys(&serde_json::from_str(&text).expect("JSON"), &mut found);
    }
    assert!(found.len() > 80, "{found:?}");
    let known = code();
    let missing: Vec<_> = found.iter().filter(|key| !known.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "docs/probe.md has no {missing:?}");
}

/// The table has each identifier of the program, and no other one.
#[test]
fn every_problem_is_on_the_page() {
    let literals = |source: &'static str| source.split('"').skip(1).step_by(2);
    let is_capital =
        |text: &&str| text.len() > 4 && text.bytes().all(|c| c.is_ascii_uppercase() || b"0123456789_".contains(&c));
    let of_suites = literals(include_str!("../../src/probe/suites.rs")).filter(|text| text.starts_with("SUITE_"));
    let others = literals(include_str!("../../src/probe/assess.rs")).filter(is_capital);
    let mut told: BTreeSet<_> = of_suites.chain(others).collect();
    // With a code behind it.
    told.insert("CERTIFICATE_");
    let start = PAGE.find("### Problems").expect("a heading");
    let end = PAGE.find("## Bench").expect("a heading");
    let table = PAGE[start..end].lines().filter(|line| line.starts_with("| `"));
    let cells = table.filter_map(|line| line.split('|').nth(1));
    let written: BTreeSet<_> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert_eq!(written, told);
    assert!(written.len() > 30, "{written:?}");
}
