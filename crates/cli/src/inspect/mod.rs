//! `handfast inspect`: what is in a file, or what a server presents.

mod items;
mod peer;

use crate::escape;
use crate::failure::Failure;
use crate::password::Word;
use crate::remote::Flags;
use crate::style::{BAD, HEADING};
use crate::target::Target;
use clap::Args;
use items::{Item, ItemJson};
use serde::Serialize;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Show what is in a certificate, request, key, PKCS#12 file, revocation list or OCSP response, or what a server presents
///
/// Of private keys only the public part is shown. Nothing is verified in a file, see `handfast verify`; a server is verified, and
/// what came of it is part of the output.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A file (PEM or DER), `-` for standard input; what is no file is a server, the port is 443, or that of `--starttls`, if none
    /// is given
    #[arg(value_name = "FILE|HOST[:PORT]")]
    what: String,

    #[command(flatten)]
    flags: Flags,

    /// How long to wait for the connection and the handshake
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// How much is read from a file or standard input, in bytes.
const MAX_INPUT: u64 = 16 << 20;

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let outcome = inspect(arguments);
    match outcome {
        Ok(true) => Ok(()),
        // What there is was printed, with the reasons.
        Ok(false) => Err(Failure::usage(format!("{}: nothing in it could be shown", arguments.what))),
        Err(failure) if arguments.json => print_json(&failure.json()).and(Err(failure)),
        Err(failure) => Err(failure),
    }
}

/// Whether anything could be shown.
fn inspect(arguments: &Arguments) -> Result<bool, Failure> {
    let path = Path::new(&arguments.what);
    let content = if arguments.what == "-" {
        read(io::stdin().lock(), "standard input")?
    } else if path.exists() || arguments.what.contains('/') {
        read(File::open(path).map_err(|error| Failure::io(&error, path.display()))?, path.display())?
    } else {
        let target: Target = arguments.what.parse().map_err(|why| {
            Failure::usage(format!("`{}` is neither a file nor a server: {why}", escape::text(&arguments.what)))
        })?;
        return peer::run(arguments, &arguments.flags.target(target)).map(|()| true);
    };
    let (provider, opens) = (handfast::rustcrypto::provider(), &arguments.flags.own.opens);
    let read = |words: &[Word]| items::Reader::new(&provider, opens, words).all(&content);
    let mut read_all = read(&opens.words()?);
    if read_all.is_locked
        && let Some(word) = opens.ask(&arguments.what)
    {
        read_all = read(&[word]);
    }
    let items::All { items, more, .. } = read_all;
    if items.is_empty() {
        return Err(Failure::usage(format!("{}: neither PEM nor DER that is known", escape::text(&arguments.what)))
            .hint("certificates, requests, keys, PKCS#12 files, revocation lists and OCSP responses are shown"));
    }
    let is_shown = items.iter().any(|item| item.shown.is_ok());
    if arguments.json {
        let items = items.iter().map(Item::json).collect();
        print_json(&FileJson { file: &arguments.what, items, more })?;
        return Ok(is_shown);
    }
    let mut out = anstream::stdout().lock();
    let printed = items.iter().enumerate().try_for_each(|(at, item)| {
        if at > 0 {
            writeln!(out)?;
        }
        let line = item.line.map(|line| format!(", line {line}")).unwrap_or_default();
        section(&mut out, &format!("{}{line}", item.title()), item.shown.as_ref())
    });
    let printed = printed.and_then(|()| if more > 0 { writeln!(out, "\n{more} sections more") } else { Ok(()) });
    printed.and_then(|()| out.flush()).map_err(|error| Failure::output(&error))?;
    Ok(is_shown)
}

/// A file for programs.
#[derive(Serialize)]
struct FileJson<'a> {
    file: &'a str,
    items: Vec<ItemJson<'a>>,
    /// How many sections are not among the items.
    more: usize,
}

/// All there is to read, which is not endless.
fn read(from: impl Read, name: impl Display) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    match from.take(MAX_INPUT + 1).read_to_end(&mut content) {
        Err(error) => Err(Failure::io(&error, name)),
        Ok(len) if len as u64 > MAX_INPUT => {
            Err(Failure::usage(format!("{name}: it is longer than {} MiB", MAX_INPUT >> 20)))
        }
        Ok(_) => Ok(content),
    }
}

/// A heading, and below it lines that are escaped already, or why there are none.
fn section(out: &mut impl Write, heading: &str, shown: Result<impl ToString, &String>) -> io::Result<()> {
    writeln!(out, "{HEADING}{heading}{HEADING:#}")?;
    match shown {
        Ok(shown) => shown.to_string().lines().try_for_each(|line| writeln!(out, "  {line}")),
        Err(why) => writeln!(out, "  {BAD}not shown{BAD:#}: {}", escape::text(why)),
    }
}

fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    writeln!(io::stdout(), "{}", escape::json(value)).map_err(|error| Failure::output(&error))
}
