//! `handfast demo`: both ends of a connection, with a real socket between them, and the handshake as a picture.

mod ends;
mod facts;
mod picture;
mod record;

use crate::failure::Failure;
use crate::style::{BAD, GOOD, HEADING};
use clap::Args;
use ends::{End, PAYLOAD, Stage};
use std::io::{self, Write};

/// Watch a handshake: a server and a client in one program, with nothing set up
///
/// Makes a throwaway CA and certificates in memory, connects a client to a server over a loopback socket, and draws
/// what they say to each other. The exit code is 0 only if every check at the end holds.
#[derive(Args)]
pub(crate) struct Arguments {}

/// One promise, and whether it held.
struct Check {
    promise: String,
    held: bool,
}

/// Runs it.
pub(crate) fn run(_: &Arguments) -> Result<(), Failure> {
    let stage = Stage::new()?;
    let address = stage.address();
    let (client, server) = stage.play()?;
    let checks = checks(&client, &server);
    let mut out = anstream::stdout().lock();
    show(&mut out, &address, &client, &server, &checks).map_err(|error| Failure::output(&error))?;
    match checks.iter().filter(|check| !check.held).count() {
        0 => Ok(()),
        _ => {
            Err(Failure::broken("something did not hold that has to")
                .hint("this is a bug in Handfast: please report it"))
        }
    }
}

fn show(out: &mut impl Write, address: &str, client: &End, server: &End, checks: &[Check]) -> io::Result<()> {
    writeln!(out, "{HEADING}handfast demo{HEADING:#}: a TLS 1.3 handshake (RFC 9846)\n")?;
    writeln!(out, "  A throwaway CA, a server at {address} and a client, with a real socket")?;
    writeln!(out, "  between them. Each side shows the other a certificate.\n")?;
    picture::draw(out, &client.entries)?;
    writeln!(out)?;
    facts::draw(out, client, server)?;
    writeln!(out)?;
    for Check { promise, held } in checks {
        match held {
            true => writeln!(out, "  {GOOD}✔{GOOD:#} {promise}")?,
            false => writeln!(out, "  {BAD}✘ {promise}{BAD:#}")?,
        }
    }
    out.flush()
}

/// What a handshake promises, and what was sent after it.
fn checks(client: &End, server: &End) -> Vec<Check> {
    let check = |held: bool, promise: String| Check { promise, held };
    let (ours, theirs) = (&client.facts, &server.facts);
    let same = ours.version == theirs.version
        && ours.suite == theirs.suite
        && ours.group == theirs.group
        && ours.protocol == theirs.protocol
        && ours.finished_sent() == theirs.finished_received()
        && ours.finished_received() == theirs.finished_sent();
    let proven = [ours, theirs].iter().all(|facts| facts.peer().is_some_and(|peer| peer.verified));
    vec![
        check(
            record::agree(&client.entries, &server.entries),
            "every message arrived as it was sent, and in its order".to_string(),
        ),
        check(same, "both sides agree on protocol, cipher, group and ALPN".to_string()),
        check(proven, "each side has verified who the other one is".to_string()),
        check(
            client.heard_all && server.heard_all,
            format!("{} bytes went over and came back unchanged", picture::number(PAYLOAD)),
        ),
        check(
            record::updates(&client.entries) == (1, 1),
            "both directions have changed their keys in between".to_string(),
        ),
        check(
            client.exported == server.exported && client.exported != [0; 32],
            "both sides can export the same secret for other protocols".to_string(),
        ),
        check(client.ended && server.ended, "both sides said good bye: nothing was cut off".to_string()),
    ]
}
