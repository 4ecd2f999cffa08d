//! docs/node-tls.md: what it says is here, is here.

use crate::run;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

const PAGE: &str = include_str!("../../../../docs/node-tls.md");

/// Only in a build with the older ways.
const LEGACY: [&str; 2] = ["--dhparam", "--legacy"];

/// What stands between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// A path of rustdoc: `handfast::Facts::suite`.
fn is_path(code: &str) -> bool {
    code.starts_with("handfast") && code.contains("::")
}

/// A command of the program: `handfast serve --alpn`.
fn is_command(code: &str) -> bool {
    code.starts_with("handfast ")
}

#[test]
fn every_name_is_mapped_or_has_a_reason() {
    let mut rows = 0;
    for line in PAGE.lines().filter(|line| line.starts_with('|') && !line.contains("---")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, here, remark] = cells[..] else { panic!("not three cells: {line}") };
        if name == "Node.js" {
            continue;
        }
        let is_mapped = code(here).any(|code| is_path(code) || is_command(code));
        assert!(is_mapped || here == "none" && !remark.is_empty(), "neither mapped nor explained: {line}");
        rows += 1;
    }
    assert!(rows > 150, "{rows}");
}

#[test]
fn every_command_is_one() {
    let mut commands: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for written in PAGE.lines().flat_map(code).filter(|code| is_command(code)) {
        let (command, options) = written.split_at(written.find(" --").unwrap_or(written.len()));
        commands.entry(command).or_default().extend(options.split_whitespace());
    }
    assert!(commands.len() > 8, "{commands:?}");
    for (command, mut options) in commands {
        let arguments: Vec<_> = command.split_whitespace().skip(1).chain(["--help"]).collect();
        let help = run(&arguments, b"").exits(0).prints(&format!("Usage: {command} ")).stdout();
        let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let known: BTreeSet<_> = lines.flat_map(|line| line.split([' ', ',', '=', '['])).collect();
        options.retain(|option| cfg!(feature = "legacy") || !LEGACY.contains(option));
        let unknown: Vec<_> = options.iter().filter(|option| !known.contains(*option)).collect();
        assert!(unknown.is_empty(), "`{command}` knows no {unknown:?}");
    }
}

/// Each name is used somewhere that is compiled: a block of the book, a doctest or an example. Those of `UNSHOWN` are not, and the list
/// only gets shorter. The rules of `handfast::pki::Rule` are causes of errors, which nobody calls.
#[test]
fn every_path_has_an_example() {
    let examples = examples();
    let words: BTreeSet<_> = examples.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    assert!(words.contains("ClientConfig") && !words.contains("UNSHOWN"));
    let paths: BTreeSet<_> = PAGE.lines().flat_map(code).filter(|code| is_path(code)).collect();
    let is_shown = |path: &&str| path.rsplit("::").next().is_some_and(|name| words.contains(name));
    let unshown: Vec<_> =
        paths.iter().copied().filter(|path| !path.starts_with("handfast::pki::Rule::") && !is_shown(path)).collect();
    assert_eq!(unshown, UNSHOWN);
}

/// Without an example.
const UNSHOWN: &[&str] = &[
    "handfast::Connection::export_early",
    "handfast::DecryptQuestion",
    "handfast::Error::TooLong",
    "handfast::PskQuestion",
    "handfast_net::Stream::request_renegotiation",
];

/// The Rust of the book, of the documentation of the crates and of their examples.
fn examples() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a directory");
    let mut found = String::new();
    for (folder, ending) in [(root.join("docs"), "md"), (root.join("crates"), "rs")] {
        walk(&folder, &mut |path| {
            if path.extension().is_none_or(|found| found != ending) {
                return;
            }
            let text = fs::read_to_string(path).expect("text");
            if path.components().any(|part| part.as_os_str() == "examples") {
                found.push_str(&text);
            } else {
                blocks(&text, ending == "rs", &mut found);
            }
        });
    }
    found
}

/// Appends the blocks of Rust in a page, or in the comments of a source.
fn blocks(text: &str, is_source: bool, found: &mut String) {
    let mut inside = None;
    for line in text.lines() {
        let line = match (is_source, line.trim_start().strip_prefix("//")) {
            (false, _) => line,
            (true, Some(comment)) => comment.trim_start_matches(['/', '!']).trim_start(),
            (true, None) => {
                inside = None;
                continue;
            }
        };
        match (line.strip_prefix("```"), inside) {
            // Of a source a block without a word is Rust.
            (Some(kind), None) => {
                inside = Some(kind.starts_with("rust") || is_source && (kind.is_empty() || kind.starts_with("no_run")));
            }
            (Some(_), Some(_)) => inside = None,
            (None, Some(true)) => found.extend([line, "\n"]),
            _ => {}
        }
    }
}

/// Shows every file below a folder.
fn walk(folder: &Path, show: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { walk(&path, show) } else { show(&path) }
    }
}

/// rustdoc resolves what stands in brackets, whether it is a type, a function, a field or a variant: a crate of links has an
/// error for each path that leads nowhere. What it depends on is compiled into this workspace's directory, as far as it is not
/// there already.
#[test]
fn every_path_leads_somewhere() {
    let paths: BTreeSet<_> = PAGE.lines().flat_map(code).filter(|code| is_path(code)).collect();
    assert!(paths.len() > 200, "{paths:?}");
    let links: String = paths.iter().map(|path| format!("//! [`{path}`]\n")).collect();
    let lost = broken(&links);
    assert!(lost.is_empty(), "dead on docs/node-tls.md:\n{lost}");
    assert!(broken("//! [`handfast::Facts::nothing`]\n").contains("no field or associated item named `nothing`"));
}

/// What rustdoc says against `links`; nothing if all is well.
fn broken(links: &str) -> String {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a directory");
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let package = temporary.join("node-tls");
    fs::create_dir_all(package.join("src")).expect("a directory");
    let write = |name, text| fs::write(package.join(name), text).expect("a file");
    write("Cargo.toml", MANIFEST.replace("CRATES", crates.to_str().expect("a name")));
    write("src/lib.rs", format!("#![deny(rustdoc::broken_intra_doc_links)]\n{links}"));
    fs::copy(crates.with_file_name("Cargo.lock"), package.join("Cargo.lock")).expect("a lock file");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo runs the tests"));
    cargo.args(["doc", "--quiet", "--no-deps", "--target-dir"]).arg(temporary.parent().expect("a directory"));
    let output = cargo.current_dir(package).output().expect("cargo");
    if output.status.success() { String::new() } else { String::from_utf8_lossy(&output.stderr).into_owned() }
}

/// The profile is the workspace's, so that what both compile is compiled once.
const MANIFEST: &str = r#"
[package]
name = "node-tls-page"
edition = "2024"

[dependencies]
handfast = { path = "CRATES/handfast", features = ["legacy", "make", "mozilla", "passwords", "serde", "system"] }
handfast-legacy-keys = { path = "CRATES/legacy-keys" }
handfast-net = { path = "CRATES/net", features = ["legacy"] }
handfast-redis = { path = "CRATES/redis" }
handfast-tokio = { path = "CRATES/tokio", features = ["legacy"] }

[workspace]

[profile.dev.package."*"]
opt-level = 3
"#;
