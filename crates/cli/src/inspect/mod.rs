//! `handfast inspect`: what is in a file, or what a server presents.

mod items;
mod peer;

use crate::connect::trust;
use crate::failure::Failure;
use crate::password::Opens;
use crate::style::{BAD, HEADING};
use crate::target::Target;
use crate::{escape, tls};
use clap::Args;
use items::Item;
use serde_json::{Value, json};
use std::io::{self, Read, Write};
use std::path::Path;

/// Show what is in a certificate, request, key, PKCS#12 file, revocation list or OCSP response, or what a server presents
///
/// Of private keys only the public part is shown. Nothing is verified in a file, see `handfast verify`; a server is verified, and
/// what came of it is part of the output.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A file (PEM or DER), `-` for standard input; what is no file is a server, the port is 443 if none is given
    #[arg(value_name = "FILE|HOST[:PORT]")]
    what: String,

    /// The name the server's certificate must be for, and that is sent (SNI); HOST if none is given
    #[arg(long, value_name = "NAME")]
    servername: Option<String>,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    trust: trust::Flags,

    /// How long to wait for the connection and the handshake
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// How much is read from standard input, in bytes.
const MAX_INPUT: u64 = 64 << 20;

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let outcome = inspect(arguments);
    match &outcome {
        Err(failure) if arguments.json => print_json(&failure.json()).and(outcome),
        _ => outcome,
    }
}

fn inspect(arguments: &Arguments) -> Result<(), Failure> {
    let path = Path::new(&arguments.what);
    let content = if arguments.what == "-" {
        let mut content = Vec::new();
        let read = io::stdin().lock().take(MAX_INPUT).read_to_end(&mut content);
        read.map_err(|error| Failure::io(&error, "standard input"))?;
        content
    } else if path.exists() || arguments.what.contains('/') {
        tls::read(path)?
    } else {
        let target: Target = arguments.what.parse().map_err(|why| {
            Failure::usage(format!("`{}` is neither a file nor a server: {why}", escape::text(&arguments.what)))
        })?;
        return peer::run(arguments, &target);
    };
    let (provider, password) = (handfast::rustcrypto::provider(), arguments.opens.password()?);
    let items = items::Reader { provider: &provider, opens: &arguments.opens, password }.all(&content);
    if items.is_empty() {
        return Err(Failure::usage(format!("{}: neither PEM nor DER that is known", escape::text(&arguments.what)))
            .hint("certificates, requests, keys, PKCS#12 files, revocation lists and OCSP responses are shown"));
    }
    if arguments.json {
        let items: Vec<_> = items.iter().map(Item::json).collect();
        return print_json(&json!({ "file": arguments.what, "items": items }));
    }
    let mut out = anstream::stdout().lock();
    let printed = items.iter().enumerate().try_for_each(|(at, item)| {
        if at > 0 {
            writeln!(out)?;
        }
        let line = item.line.map(|line| format!(", line {line}")).unwrap_or_default();
        section(&mut out, &format!("{}{line}", item.title()), item.shown.as_ref())
    });
    printed.and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

/// A heading, and below it lines that are escaped already, or why there are none.
fn section(out: &mut impl Write, heading: &str, shown: Result<impl ToString, &String>) -> io::Result<()> {
    writeln!(out, "{HEADING}{heading}{HEADING:#}")?;
    match shown {
        Ok(shown) => shown.to_string().lines().try_for_each(|line| writeln!(out, "  {line}")),
        Err(why) => writeln!(out, "  {BAD}not shown{BAD:#}: {}", escape::text(why)),
    }
}

fn print_json(value: &Value) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", escape::json(value)).map_err(|error| Failure::output(&error))
}
