//! `handfast ciphers`: what a cipher string selects.

use crate::failure::Failure;
use crate::tls;
use clap::Args;
use handfast::ciphers::{self, Ciphers, Description};
use handfast::crypto::Suite;
use handfast::wire::CipherSuite;
use std::io::{self, Write};

/// List the cipher suites that a string in OpenSSL's syntax selects
///
/// The suites of TLS 1.3 come first: those that the string names, or the default. Then those of TLS 1.2 in their order,
/// whether or not a connection would have to be told to use them. Words that are not known are listed on standard error.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Rules separated by `:`, as in ECDHE+AESGCM:HIGH:!PSK
    #[arg(value_name = "STRING", default_value = "DEFAULT")]
    string: String,

    /// A line for each: version that introduced it, key exchange, authentication, cipher, MAC
    #[arg(short, long)]
    verbose: bool,
}

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let ciphers = parse(&arguments.string)?;
    let mut out = anstream::stdout().lock();
    let printed = if arguments.verbose {
        ciphers.suites().try_for_each(|suite| writeln!(out, "{}", Description(suite)))
    } else {
        writeln!(out, "{}", joined(ciphers.suites()))
    };
    printed.and_then(|()| out.flush()).map_err(|error: io::Error| Failure::output(&error))
}

/// The suites of a string for a connection that speaks what `is_spoken` says, less those that are not on.
pub(crate) fn select(
    string: &str,
    is_spoken: impl Fn(&Suite) -> bool,
    is_on: impl Fn(CipherSuite) -> bool,
) -> Result<Vec<CipherSuite>, Failure> {
    let ciphers = parse(string)?;
    let spoken = ciphers.suites().filter(|suite| is_spoken(suite));
    let (on, off): (Vec<_>, Vec<_>) = spoken.partition(|suite| is_on(suite.id));
    if !off.is_empty() {
        tls::warn(&format!("left out are {}: {OFF}", joined(off.into_iter())));
    }
    if on.is_empty() {
        let failure = Failure::usage("the cipher string leaves no suite for this connection");
        return Err(failure.hint("`handfast ciphers -v STRING` shows what it selects"));
    }
    Ok(on.iter().map(|suite| suite.id).collect())
}

/// Why a suite is not on.
#[cfg(feature = "legacy")]
const OFF: &str = "their ways are not switched on by `--legacy`";
#[cfg(not(feature = "legacy"))]
const OFF: &str = "this build has none of the older ways of TLS 1.2";

/// Reads a string, and says which of its words have no meaning.
fn parse(string: &str) -> Result<Ciphers, Failure> {
    let ciphers = ciphers::parse(string)
        .map_err(|error| Failure::usage(error).hint("`handfast ciphers ALL` lists every name"))?;
    if !ciphers.ignored.is_empty() {
        tls::warn(&format!("not known are {:?}", ciphers.ignored));
    }
    Ok(ciphers)
}

fn joined(suites: impl Iterator<Item = &'static Suite>) -> String {
    suites.map(|suite| suite.openssl_name).collect::<Vec<_>>().join(":")
}
