//! The `handfast` program: TLS 1.2 and 1.3 at the command line.
//!
//! | file | concept |
//! |---|---|
//! | `demo` | both ends of a connection, and the handshake as a picture |
//! | `connect` | a client between a server and this terminal |
//! | `serve` | a server: echo, files, or what it knows of the connection |
//! | `verify` | is a certificate good, and if not, why |
//! | `pki_command` | keys, requests, certificates, revocation lists and OCSP responses |
//! | `inspect` | what is in a certificate, a key, a list; what a server presents |
//! | `ciphers` | what a cipher string selects |
//! | `help` | examples, headings, completions and the manual |
//! | `probe` | what a server speaks, and what is wrong with it |
//! | `bench` | how many handshakes and bytes a server does in a second |
//! | `tls` | flags that become configurations |
//! | `judge` | flags that become what is held against certificates |
//! | `own`, `password` | one's own certificates and keys, and the passwords that open them |
//! | `legacy` | the older ways of TLS 1.2, and the switches for them |
//! | `starttls` | protocols that begin in the clear and turn to TLS at a command |
//! | `bounded` | sockets whose time runs out as a whole |
//! | `remote` | the server that is spoken to, and how: flags that several commands have |
//! | `target`, `names` | what people write: `HOST:PORT`, groups, cipher suites, signature schemes |
//! | `summary` | what is known of a connection, for people, programs and browsers |
//! | `explain`, `trace` | what a handshake message says, and showing it |
//! | `psk`, `hex` | pre-shared keys, and how they are written |
//! | `file` | files that appear whole, and secrets that only their owner reads |
//! | `progress` | how far something is that takes long |
//! | `escape`, `screen` | what a peer says must do nothing to a terminal or a page |
//! | `failure`, `advice` | errors with a code, a reason, and what to do next |
#![forbid(unsafe_code)]

mod advice;
mod bench;
mod bounded;
mod ciphers;
mod connect;
mod demo;
mod descriptors;
mod escape;
mod explain;
mod failure;
mod file;
mod help;
mod hex;
mod inspect;
mod judge;
#[cfg(feature = "legacy")]
mod legacy;
mod names;
mod own;
mod password;
mod pki_command;
mod probe;
mod progress;
mod psk;
mod remote;
mod screen;
mod serve;
mod starttls;
mod style;
mod summary;
mod target;
mod tls;
mod trace;
mod verify;

use clap::error::ContextKind;
use clap::{FromArgMatches, Parser, Subcommand};
use std::env;
use std::io::Write;
use std::process::ExitCode;

/// TLS 1.2 and 1.3 at the command line.
///
/// `handfast demo` shows a handshake. `handfast connect` talks to a server, `handfast serve` is one. `handfast verify` judges a
/// certificate, `handfast inspect` shows what is in it, `handfast pki` makes one. `handfast help COMMAND` has examples for each.
#[derive(Parser)]
#[command(name = "handfast", version, styles = style::HELP, after_help = failure::EXIT_CODES, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(after_help = failure::EXIT_CODES)]
    Demo(demo::Arguments),
    #[command(after_help = failure::EXIT_CODES)]
    Connect(Box<connect::Arguments>),
    #[command(after_help = failure::EXIT_CODES)]
    Serve(Box<serve::Arguments>),
    #[command(after_help = failure::EXIT_CODES)]
    Verify(Box<verify::Arguments>),
    #[command(after_help = failure::EXIT_CODES)]
    Pki(Box<pki_command::Arguments>),
    #[command(after_help = failure::EXIT_CODES)]
    Inspect(Box<inspect::Arguments>),
    #[command(after_help = failure::EXIT_CODES)]
    Ciphers(ciphers::Arguments),
    #[command(after_help = failure::EXIT_CODES)]
    Completions(help::pages::Completions),
    #[command(after_help = failure::EXIT_CODES)]
    Man(help::pages::Manual),
    #[command(after_help = failure::EXIT_CODES)]
    Probe(Box<probe::Arguments>),
    #[command(after_help = failure::EXIT_CODES)]
    Bench(Box<bench::Arguments>),
}

fn main() -> ExitCode {
    let matches = help::command().try_get_matches();
    let arguments = match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&error),
    };
    let outcome = match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Connect(arguments) => connect::run(&arguments),
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Pki(arguments) => pki_command::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Ciphers(arguments) => ciphers::run(&arguments),
        Command::Completions(arguments) => help::pages::completions(&arguments),
        Command::Man(arguments) => help::pages::manual(&arguments),
        Command::Probe(arguments) => probe::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// What brings the flags of [`is_legacy`].
const WITH_LEGACY: &str = "build it with `cargo install --locked --path crates/cli --features legacy`";

/// Whether this is a flag that only a build with the older ways has, and this one has not.
fn is_legacy(flag: &str) -> bool {
    cfg!(not(feature = "legacy"))
        && ["--legacy", "--legacy-keys", "--rsa-cert", "--rsa-key", "--dhparam"].contains(&flag)
}

/// What is wrong with the arguments, or the help that was asked for. An argument that is repeated must do nothing to a terminal.
fn refuse(error: &clap::Error) -> ExitCode {
    // Where the output is closed nobody listens anyway.
    if env::args_os().any(|argument| argument.to_string_lossy().chars().any(escape::is_hidden)) {
        let lines: Vec<_> = error.to_string().lines().map(escape::message).collect();
        let _ = writeln!(anstream::stderr(), "{}", lines.join("\n"));
    } else {
        let _ = error.print();
    }
    if error.get(ContextKind::InvalidArg).is_some_and(|flag| is_legacy(&flag.to_string())) {
        let _ =
            writeln!(anstream::stderr(), "\n hint: this build has none of the older ways of TLS 1.2: {WITH_LEGACY}");
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
