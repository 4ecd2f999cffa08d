//! `handfast ciphers`: what a cipher string selects.

use crate::failure::Failure;
use crate::tls;
use clap::Args;
use handfast::ciphers::{self, Description};
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
    let ciphers = ciphers::parse(&arguments.string)
        .map_err(|error| Failure::usage(error).hint("`handfast ciphers ALL` lists every name"))?;
    if !ciphers.ignored.is_empty() {
        tls::warn(&format!("not known are {:?}", ciphers.ignored));
    }
    let mut out = anstream::stdout().lock();
    let printed = if arguments.verbose {
        ciphers.suites().try_for_each(|suite| writeln!(out, "{}", Description(suite)))
    } else {
        let names: Vec<_> = ciphers.suites().map(|suite| suite.openssl_name).collect();
        writeln!(out, "{}", names.join(":"))
    };
    printed.and_then(|()| out.flush()).map_err(|error: io::Error| Failure::output(&error))
}
