//! The commands of docs/pki.md, run one after the other.

use crate::Scratch;
use std::env;
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../../../../docs/pki.md");

/// The lines that begin with `$ ` in its `console` blocks, but for the blocks that start a server: `just book-check` runs those too.
fn commands() -> Vec<&'static str> {
    let blocks = PAGE.split("\n```").filter_map(|block| block.strip_prefix("console\n"));
    let commands = |block: &'static str| block.lines().filter_map(|line| line.strip_prefix("$ "));
    blocks.filter(|block| !commands(block).any(|line| line.ends_with('&'))).flat_map(commands).collect()
}

#[test]
fn every_command_works() {
    let scratch = Scratch::new();
    let program = Path::new(env!("CARGO_BIN_EXE_handfast")).parent().expect("a directory");
    let path = format!("{}:{}", program.display(), env::var("PATH").expect("a path"));
    let commands = commands();
    assert!(commands.len() >= 21, "{commands:?}");
    for command in commands {
        let output = Command::new("sh").args(["-c", command]).current_dir(&scratch.0).env("PATH", &path).output();
        let output = output.expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}\n{said}");
        assert!(!said.contains("note: not granted"), "{command}\n{said}");
    }
}

/// What can be found out on the page is what the program says.
#[test]
fn every_command_is_on_the_page() {
    let help = crate::run(&["pki", "--help"], b"").exits(0).stdout();
    let listed: Vec<_> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // What goes on in the next line stands further in.
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?.split(' ').next())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(listed.len(), 10);
    for name in listed {
        assert!(PAGE.contains(&format!("`pki {name}`")), "{name}");
        let long = crate::run(&["pki", name, "--help"], b"").exits(0).stdout();
        assert!(long.starts_with("Make ") || long.starts_with("Issue "), "{long}");
    }
}
