//! What `--help`, the manual and completions say beyond the flags themselves.
//!
//! | file | concept |
//! |---|---|
//! | `examples` | command lines for every command, which a test parses |
//! | `headings` | under which heading each flag stands |
//! | `pages` | `handfast completions` and `handfast man` |

mod examples;
mod headings;
pub(crate) mod pages;

use crate::Arguments;
use crate::failure::EXIT_CODES;
use clap::{Command, CommandFactory};

/// The program's command line, with headings, and with examples in the long help of every command.
pub(crate) fn command() -> Command {
    teach(Arguments::command(), "")
}

/// The same for one command, which is called `path` after the program, and for those below it.
fn teach(command: Command, path: &str) -> Command {
    let mut command = command.mut_args(|arg| headings::place(path, arg));
    if let Some(examples) = examples::of(path) {
        command = command.after_long_help(format!("Examples:\n{}\n\n{EXIT_CODES}", examples.trim_matches('\n')));
    }
    let names: Vec<_> = command.get_subcommands().map(|below| below.get_name().to_string()).collect();
    names.iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |below| teach(below, path.trim_start()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::FromArgMatches;

    /// Every command, with its path.
    fn all(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        found.push((path.to_string(), command.clone()));
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            all(below, format!("{path} {}", below.get_name()).trim_start(), found);
        }
    }

    fn commands() -> Vec<(String, Command)> {
        let mut found = Vec::new();
        all(&command(), "", &mut found);
        assert!(found.len() > 18, "{}", found.len());
        found
    }

    #[test]
    fn the_definition_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn every_flag_has_a_sentence() {
        for (path, command) in commands() {
            assert!(command.get_about().is_some(), "`{path}` says nothing of itself");
            for arg in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.len() > 10 && help.starts_with(char::is_uppercase), "`{path}` {}: {help:?}", arg.get_id());
            }
        }
    }

    /// With many flags each has its place; and no heading is for a flag that is not there.
    #[test]
    fn flags_stand_under_headings() {
        let commands = commands();
        for (path, command) in &commands {
            if !headings::is_sorted(path) {
                continue;
            }
            for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
                let long = arg.get_long().unwrap_or_default();
                assert!(arg.get_help_heading().is_some() || long == "help", "`{path}` --{long} has no heading");
            }
        }
        for (command, flag) in headings::flags() {
            let is_there = commands.iter().any(|(path, known)| {
                (command.is_empty() || path == command) && known.get_arguments().any(|arg| arg.get_long() == Some(flag))
            });
            let only_legacy = ["legacy", "legacy-keys", "rsa-cert", "rsa-key", "dhparam"].contains(&flag);
            let only_redis = flag.starts_with("sessions");
            assert!(
                is_there || only_legacy && cfg!(not(feature = "legacy")) || only_redis && cfg!(not(feature = "redis")),
                "{command} --{flag} is nowhere"
            );
        }
    }

    /// What is shown can be typed: every example parses, and is one of the command it stands with.
    #[test]
    fn every_command_has_examples_that_parse() {
        for (path, command) in commands() {
            let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples:\n"), "`{path}` has no examples");
            let mut shown = 0;
            for line in help.lines().filter_map(|line| line.trim_start().strip_prefix("handfast ")) {
                // What goes to a file or comes from one is for the shell.
                let end = [" > ", " < ", " | "].iter().filter_map(|sign| line.find(sign)).min().unwrap_or(line.len());
                let line = &line[..end];
                let words = std::iter::once("handfast".to_string()).chain(words(line)).collect::<Vec<_>>();
                let parsed = super::command()
                    .try_get_matches_from(&words)
                    .and_then(|matches| Arguments::from_arg_matches(&matches));
                if let Err(error) = parsed {
                    panic!("{}\n{error}", words.join(" "));
                }
                assert!(line.trim_start().starts_with(&path), "`{path}` shows another command: {line}");
                shown += 1;
            }
            assert!(shown > 0, "`{path}`");
        }
    }

    /// A line as a shell takes it apart, as far as examples need it.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
        for c in line.chars().chain([' ']) {
            match (c, quote) {
                (c, Some(end)) if c == end => quote = None,
                ('"' | '\'', None) => quote = Some(c),
                (' ', None) if word.is_empty() => {}
                (' ', None) => words.push(std::mem::take(&mut word)),
                (c, _) => word.push(c),
            }
        }
        words
    }
}
