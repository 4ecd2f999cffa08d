//! `handfast verify`: is a certificate good, and if not, why.

mod lines;
pub(crate) mod tree;

use crate::failure::Failure;
use crate::remote::server_name;
use crate::{escape, judge, tls};
use clap::{Args, ValueHint};
use handfast::pki::extension::KeyUsage;
use handfast::pki::ocsp::Stapling;
use handfast::pki::pem::{self, Reason};
use handfast::pki::{Policy, PolicyInputs, Purpose, Reference, Request, verify};
use handfast::pki_types::UnixTime;
use handfast::{Anchors, Clock, SystemClock};
use jiff::Timestamp;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// Verify a certificate chain as a TLS client or server would, and show what was tried
///
/// Prints the path that was found, or what is wrong and every path that was tried, on standard output.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The certificate, and those that lead from it to a trusted one, in any order (PEM)
    #[arg(value_name = "CHAIN", value_hint = ValueHint::FilePath, required_unless_present = "json_lines")]
    chain: Option<PathBuf>,

    /// More certificates that may lead there (PEM); none of them is trusted
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    untrusted: Vec<PathBuf>,

    /// Trust the certificates of FILE (PEM) instead of Mozilla's roots; a leaf that is in it is trusted as it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    cafile: Vec<PathBuf>,

    /// Trust the roots of this system instead of Mozilla's
    #[arg(long)]
    system_roots: bool,

    /// The host name or address that it must be for
    #[arg(long, value_name = "NAME", conflicts_with = "email")]
    host: Option<String>,

    /// The mailbox that it must be for
    #[arg(long, value_name = "MAILBOX")]
    email: Option<String>,

    /// What it must be good for; several times for several purposes [default: serverAuth]
    #[arg(long, value_name = "PURPOSE", value_parser = purpose)]
    purpose: Vec<Purpose>,

    #[command(flatten)]
    judge: judge::Flags,

    /// The OCSP response that the server stapled (DER)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ocsp: Option<PathBuf>,

    /// Verify as if it were this time, as in 2026-11-30T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    time: Option<UnixTime>,

    /// How many certificates may stand between the leaf and the trusted one
    #[arg(long, value_name = "NUMBER", default_value_t = Policy::DEPTH)]
    max_depth: u8,

    /// A certificate policy that the path must be valid for, as a dotted object identifier; several times for any of several
    #[arg(long, value_name = "OID")]
    policy: Vec<String>,

    /// The path must be valid for a certificate policy, one of `--policy` if it is given
    #[arg(long)]
    explicit_policy: bool,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,

    /// Read questions from standard input, a JSON object a line, and answer each with a line: docs/verify.md
    #[arg(long, exclusive = true)]
    json_lines: bool,
}

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.json_lines {
        return lines::run();
    }
    let provider = handfast::rustcrypto::provider();
    let anchors = anchors(arguments)?;
    let policy = policy(arguments)?;
    let mut chain = Vec::new();
    for path in arguments.chain.iter().chain(&arguments.untrusted) {
        let (certificates, report) = pem::certificates(&tls::read(path)?)
            .map_err(|error| Failure::usage(format!("{}: {}", path.display(), escape::text(&error.to_string()))))?;
        for skipped in &report.skipped {
            // Of what is to be judged nothing is left out: the next certificate would take the place of the first.
            if arguments.chain.as_ref() == Some(path) && skipped.reason != Reason::OtherLabel {
                return Err(Failure::usage(format!("{}: {skipped}", path.display())).hint(
                    "what `--untrusted FILE` has may be unreadable; CHAIN, whose first certificate is judged, may not",
                ));
            }
            tls::warn(&format!("{}: not used: {skipped}", path.display()));
        }
        chain.extend(certificates);
    }
    let name = arguments.host.as_deref().map(server_name).transpose()?;
    let staple = arguments.ocsp.as_deref().map(tls::read).transpose()?;
    let reference = match (&name, &arguments.email) {
        (Some(name), _) => Some(Reference::Server(name)),
        (None, Some(mailbox)) => Some(Reference::Mailbox(mailbox)),
        (None, None) => None,
    };
    let purposes = if arguments.purpose.is_empty() { &[Purpose::Server] } else { arguments.purpose.as_slice() };
    if policy.stapling != Stapling::Off && !purposes.contains(&Purpose::Server) {
        return Err(Failure::usage(
            "`--ocsp` and `--require-ocsp` are about servers, and `--purpose` is about something else",
        )
        .hint("revocation lists are for all of them: `--crl FILE`"));
    }
    let policy = Policy { leaf_usage: leaf_usage(purposes), ..policy };
    let now = arguments.time.unwrap_or_else(|| SystemClock.now());
    let request = Request { chain: &chain, staple: staple.as_deref(), purposes, reference, now };
    let verdict = verify(&provider, &anchors, &policy, &request);
    let mut out = anstream::stdout().lock();
    let printed = match arguments.json {
        true => writeln!(out, "{:#}", tree::json(&verdict, &request, &anchors)),
        false => tree::print(&mut out, &verdict, &request, &anchors),
    };
    printed.and_then(|()| out.flush()).map_err(|error| Failure::output(&error))?;
    if reference.is_none() && verdict.is_ok() && !arguments.json {
        tls::warn("whom it is for was not checked: `--host NAME` or `--email MAILBOX` does");
    }
    verdict.map(drop).map_err(|error| Failure::certificate(&error))
}

fn anchors(arguments: &Arguments) -> Result<Anchors, Failure> {
    let mut anchors = match arguments.system_roots {
        true => tls::system_roots()?,
        false if arguments.cafile.is_empty() && arguments.judge.pin.is_empty() => Anchors::mozilla(),
        false => Anchors::new(),
    };
    for path in &arguments.cafile {
        tls::add_anchors(&mut anchors, path)?;
    }
    Ok(arguments.judge.pins(anchors))
}

fn policy(arguments: &Arguments) -> Result<Policy, Failure> {
    let mut policy = Policy { depth: arguments.max_depth, ..arguments.judge.policy()? };
    if arguments.ocsp.is_none() && policy.stapling != Stapling::Require {
        // Nobody was asked for a response.
        policy.stapling = Stapling::Off;
    }
    let mut inputs = PolicyInputs { require_explicit: arguments.explicit_policy, ..PolicyInputs::default() };
    for policy in &arguments.policy {
        inputs = inputs
            .accept(policy)
            .ok_or_else(|| Failure::usage(format!("`{policy}` is no object identifier, as 2.23.140.1.2.1 is")))?;
    }
    policy.policies = inputs;
    Ok(policy)
}

/// What the leaf's key must be allowed to do: one of these, by what RFC 5280 §4.2.1.12 finds consistent with its purposes. In a
/// handshake it is less, as the cipher suites here want signatures.
pub(crate) fn leaf_usage(purposes: &[Purpose]) -> KeyUsage {
    let signs = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_AGREEMENT;
    match purposes {
        [Purpose::Client] => signs,
        _ if purposes.contains(&Purpose::Server) => signs | KeyUsage::KEY_ENCIPHERMENT,
        _ => KeyUsage::NONE,
    }
}

/// A purpose by its name in RFC 5280.
pub(crate) fn purpose(text: &str) -> Result<Purpose, String> {
    Purpose::ALL.into_iter().find(|purpose| purpose.name() == text).ok_or_else(|| {
        let names: Vec<_> = Purpose::ALL.iter().map(|purpose| purpose.name()).collect();
        format!("purposes are {}", names.join(", "))
    })
}

/// A time as RFC 3339 writes it, not before 1970.
pub(crate) fn time(text: &str) -> Result<UnixTime, String> {
    let time: Timestamp = text.parse().map_err(|_| "a time is written as 2026-11-30T12:00:00Z".to_string())?;
    let seconds = u64::try_from(time.as_second()).map_err(|_| "times begin in 1970".to_string())?;
    Ok(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let at = |seconds| Ok(UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", at(0)),
            ("2027-01-15T08:00:00Z", at(1_800_000_000)),
            ("2027-01-15T10:00:00.5+02:00", at(1_800_000_000)),
            ("1969-12-31T23:59:59Z", Err("times begin in 1970".to_string())),
        ] {
            assert_eq!(time(text), expected, "{text}");
        }
        for text in ["", "now", "2027-01-15", "2027-01-15T08:00:00", "2027-02-30T08:00:00Z"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn purposes() {
        assert_eq!(purpose("serverAuth"), Ok(Purpose::Server));
        assert_eq!(purpose("OCSPSigning"), Ok(Purpose::OcspSigning));
        assert!(purpose("server").unwrap_err().contains("serverAuth, clientAuth"));
    }
}
