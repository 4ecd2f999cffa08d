//! A CA and a certificate for this machine.

mod report;
mod scope;

use super::certificate::sign;
use super::input::{self, bad};
use super::key::Seal;
use super::terms::{refused, shown};
use super::{output, unmade};
use crate::failure::Failure;
use crate::file::{self, Readers};
use crate::password::Opens;
use crate::tls;
use clap::{Args, ValueHint};
use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity, Key};
use handfast::pki::time::Time;
use handfast::pki::{Certificate, Purpose};
use handfast::pki_types::{CertificateDer, UnixTime};
use handfast::{Clock, Provider, SystemClock};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Make a CA for this machine, and a certificate for localhost, 127.0.0.1, ::1 and the NAMEs that it issues
///
/// The CA is kept, so that it has to be trusted once; the certificate and its key are made anew each time, and overwrite those that
/// are there. The CA may issue for nothing but localhost, test, what is below them (no public site has such a name), loopback
/// addresses, and the NAMEs of the run that made it.
#[derive(Args)]
pub(super) struct Arguments {
    /// More host names and addresses that the certificate is for
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Where the files are
    #[arg(long, value_name = "DIR", default_value = "handfast-dev", value_hint = ValueHint::DirPath)]
    dir: PathBuf,

    /// How many days the certificate is valid
    #[arg(long, value_name = "NUMBER", default_value = "397", value_parser = clap::value_parser!(u32).range(1..))]
    days: u32,

    /// Make the CA anew, also where there is one: the new one has to be trusted again
    #[arg(long)]
    new_ca: bool,
}

/// What the certificate is for in any case.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// What the CA may issue for in any case. RFC 6761 §6.2 and §6.3 keep both domains out of the public DNS.
const PERMITTED: [&str; 4] = ["localhost", "test", "127.0.0.0/8", "::1"];
/// How the name of the CA begins; a number follows.
const SUBJECT: &str = "Handfast development CA";
/// How many days the CA is valid.
const CA_DAYS: u32 = 3_650;

/// The files.
struct Files {
    ca: PathBuf,
    ca_key: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (provider, now) = (handfast::rustcrypto::provider(), SystemClock.now());
    let dir = &arguments.dir;
    let files = Files {
        ca: dir.join("ca.pem"),
        ca_key: dir.join("ca-key.pem"),
        certificate: dir.join("server.pem"),
        key: dir.join("server-key.pem"),
    };
    // Before anything is written.
    let leaf = leaf(arguments, now)?;
    scope::check(&arguments.names)?;
    let made_dir = make_directory(dir)?;
    let (ca, is_new) = authority(arguments, &files, &provider, now)?;
    let issuer = input::parse(&ca.certificate, &files.ca)?;
    check_validity(&issuer, &files.ca, arguments.days, now)?;
    let made_ignore = ignore_keys(dir)?;
    let key = Key::generate(&provider, KeyKind::P256).map_err(|error| unmade(&error))?;
    let leaf = leaf.days(now, arguments.days, Some(issuer.validity().not_after));
    let certificate = issue(&provider, &ca, leaf, &key, now)?;
    let text = handfast::pki::pem::encode("CERTIFICATE", &certificate);
    let pem = Seal::default().encode(&key)?;
    file::replace_both([
        (&files.key, pem.as_bytes(), Readers::Owner),
        (&files.certificate, text.as_bytes(), Readers::All),
    ])
    .map_err(|error| Failure::io(&error, dir.display()))?;
    let report = report::Report { files: &files, leaf: &certificate, issuer: &issuer, is_new, made_dir, made_ignore };
    let told = report.text().map_err(|rule| bad(&files.certificate, &rule))?;
    output::write(None, told.as_bytes(), Readers::All, false)
}

/// The certificate to be, without its days.
fn leaf(arguments: &Arguments, now: UnixTime) -> Result<Builder, Failure> {
    let more = arguments.names.iter().map(String::as_str).filter(|name| !NAMES.contains(name));
    if let Some(other) = arguments.names.iter().find(|name| name.contains(['@', '/'])) {
        return Err(Failure::usage(format!("`{}` is neither a host name nor an address", shown(other))));
    }
    let blank = Builder::client("localhost", now).purposes(&[Purpose::Server, Purpose::Client]);
    NAMES
        .into_iter()
        .chain(more)
        .try_fold(blank, |own, name| own.alternative_name(name))
        .map_err(|error| refused(&error))
}

/// Whether it was made.
fn make_directory(dir: &Path) -> Result<bool, Failure> {
    if dir.is_dir() {
        return Ok(false);
    }
    fs::create_dir_all(dir).map_err(|error| Failure::io(&error, dir.display()))?;
    Ok(true)
}

/// The file that keeps the keys out of a repository.
const IGNORE: &str = ".gitignore";
/// What it says: a key in a repository is everybody's key.
const IGNORED: &str = "/ca-key.pem\n/server-key.pem\n";

/// Whether it was made. One that is there already is left as it is.
fn ignore_keys(dir: &Path) -> Result<bool, Failure> {
    let path = dir.join(IGNORE);
    let there = match fs::read(&path) {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            output::write(Some(&path), IGNORED.as_bytes(), Readers::All, false)?;
            return Ok(true);
        }
        Err(error) => return Err(Failure::io(&error, path.display())),
    };
    // What an earlier run has written.
    if there == IGNORED.as_bytes() {
        return Ok(true);
    }
    let has = |line: &[u8]| there.split(|c| *c == b'\n').any(|other| other.trim_ascii_end() == line);
    if !has(b"*") && !IGNORED.lines().all(|line| has(line.as_bytes())) {
        tls::warn(&format!(
            "{} is there already: see to it that ca-key.pem and server-key.pem get into no repository",
            path.display()
        ));
    }
    Ok(false)
}

/// A CA that has expired issues nothing, and one that is about to shortens what it issues.
fn check_validity(ca: &Certificate<'_>, path: &Path, days: u32, now: UnixTime) -> Result<(), Failure> {
    let (end, now) = (ca.validity().not_after, Time::from(now));
    if end < now {
        return Err(bad(path, format!("the CA has expired, at {end}"))
            .hint("`--new-ca` makes it anew; it has to be trusted again"));
    }
    if end.unix() < now.unix().saturating_add(i64::from(days).saturating_mul(86_400)) {
        tls::warn(&format!("the CA ends at {end}, and the certificate with it; `--new-ca` makes it anew"));
    }
    Ok(())
}

/// The CA that is there, or a new one; and whether it is new.
fn authority(
    arguments: &Arguments,
    files: &Files,
    provider: &Provider,
    now: UnixTime,
) -> Result<(Identity, bool), Failure> {
    if files.ca.exists() {
        // One that is for more than this machine is neither used for it nor lost to it.
        let found = input::certificate(&files.ca)?;
        scope::check_own(&input::parse(&found, &files.ca)?, provider).map_err(|why| {
            bad(&files.ca, format!("`handfast pki dev` has not made this CA: {why}"))
                .hint("`--dir DIR` takes another place")
        })?;
    }
    match (files.ca.exists(), files.ca_key.exists()) {
        _ if arguments.new_ca => {}
        (true, true) => {
            check_private(&files.ca_key)?;
            return Ok((input::authority(provider, &files.ca, &files.ca_key, &Opens::default())?, false));
        }
        (false, false) => {
            if let Some(other) = [&files.certificate, &files.key].into_iter().find(|path| path.exists()) {
                return Err(output::occupied(other).hint("`--dir DIR` takes another place"));
            }
        }
        (has_certificate, _) => {
            let (there, missing) =
                if has_certificate { (&files.ca, &files.ca_key) } else { (&files.ca_key, &files.ca) };
            let (there, missing) = (there.display(), missing.display());
            return Err(Failure::usage(format!("{there} is there, and {missing} is not"))
                .hint("`--new-ca` makes the CA anew; it has to be trusted again"));
        }
    }
    let own = arguments.names.iter().map(|name| name.strip_prefix("*.").unwrap_or(name));
    let mut serial = [0; 4];
    provider.random.fill(&mut serial).map_err(|error| unmade(&error.into()))?;
    // No two CAs have the same name, else one could be taken for the other.
    let subject = format!("{SUBJECT} {:08x}", u32::from_be_bytes(serial));
    let ca = Builder::ca(&subject, now)
        .days(now, CA_DAYS, None)
        .basic_constraints(true, Some(0))
        // Not for mail or programs, which the constraints on names do not reach.
        .purposes(&[Purpose::Server, Purpose::Client])
        .permit(PERMITTED.into_iter().chain(own))
        .map_err(|error| refused(&error))?;
    let ca = Identity::root(provider, ca, KeyKind::P256).map_err(|error| unmade(&error))?;
    Seal::default().write(Some(&files.ca_key), &ca.key, true)?;
    output::write(Some(&files.ca), ca.certificate_pem().as_bytes(), Readers::All, true)?;
    Ok((ca, true))
}

fn issue(
    provider: &Provider,
    ca: &Identity,
    leaf: Builder,
    key: &Key,
    now: UnixTime,
) -> Result<CertificateDer<'static>, Failure> {
    sign(provider, ca, &[], leaf, key.public_key(), &[Purpose::Server, Purpose::Client], now).map_err(|failure| {
        failure.hint("the CA that is there does not permit it; `--new-ca` makes it anew, and has to be trusted again")
    })
}

/// A key that others could read may have been copied: nobody should trust its CA any longer.
#[cfg(unix)]
fn check_private(key: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let found = fs::metadata(key).map_err(|error| Failure::io(&error, key.display()))?;
    match found.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => Err(bad(key, "others than its owner can read the key of the CA")
            .hint("if nobody has copied it, `chmod 600` mends that; else `--new-ca` makes the CA anew")),
    }
}

#[cfg(not(unix))]
fn check_private(_: &Path) -> Result<(), Failure> {
    Ok(())
}
