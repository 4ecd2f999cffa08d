//! The shim of BoGo, BoringSSL's protocol test runner: a small program that the runner starts once for every case, with
//! flags that say what to be and what to expect. `just bogo` runs it all; docs/conformance.md has the result.
//!
//! Exit codes are the runner's: 0 for success, 89 for a flag of a feature that is absent, 1 for a failure, whose name is
//! on stderr.
#![forbid(unsafe_code)]

mod answers;
mod check;
mod compression;
mod flags;
mod link;
mod peer;
mod run;
mod setup;
mod watch;
mod world;

use flags::{Flags, Parsed};
use std::process::ExitCode;

/// The runner counts these cases apart.
const UNIMPLEMENTED: u8 = 89;

fn main() -> ExitCode {
    match Flags::parse(std::env::args().skip(1)) {
        Parsed::HandshakerSupported => {
            println!("No");
            ExitCode::SUCCESS
        }
        Parsed::Unimplemented(flag) => unimplemented(&flag),
        Parsed::Flags(case) => match run::run(&case) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
    }
}

fn unimplemented(what: &str) -> ExitCode {
    println!("{what} is not implemented");
    ExitCode::from(UNIMPLEMENTED)
}
