//! A CA and a certificate for this machine.

use super::certificate::sign;
use super::input::{self, bad};
use super::key::Seal;
use super::terms::{refused, shown};
use super::{output, unmade};
use crate::failure::Failure;
use crate::file::Readers;
use crate::password::Opens;
use clap::{Args, ValueHint};
use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity, Key};
use handfast::pki::time::Time;
use handfast::pki::{Certificate, Purpose, Rule, name};
use handfast::pki_types::{CertificateDer, UnixTime};
use handfast::{Clock, Provider, SystemClock};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Make a CA for this machine, and a certificate for localhost, 127.0.0.1, ::1 and the NAMEs that it issues
///
/// The CA is kept, so that it has to be trusted once; the certificate is made anew each time. The CA may issue for nothing but
/// localhost, test, what is below them (no public site has such a name), loopback addresses, and the NAMEs of the run that
/// made it.
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
/// How many names are listed.
const SHOWN_NAMES: usize = 20;

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
    make_directory(dir)?;
    let (ca, is_new) = authority(arguments, &files, &provider, now)?;
    let issuer = input::parse(&ca.certificate, &files.ca)?;
    let key = Key::generate(&provider, KeyKind::P256).map_err(|error| unmade(&error))?;
    let leaf = leaf.days(now, arguments.days, Some(issuer.validity().not_after));
    let certificate = issue(&provider, &ca, leaf, &key, now)?;
    Seal::default().write(Some(&files.key), &key, true)?;
    let text = handfast::pki::pem::encode("CERTIFICATE", &certificate);
    output::write(Some(&files.certificate), text.as_bytes(), Readers::All, true)?;
    let told = tell(&files, &certificate, &issuer, is_new).map_err(|rule| bad(&files.certificate, &rule))?;
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

fn make_directory(dir: &Path) -> Result<(), Failure> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(|error| Failure::io(&error, dir.display()))?;
    // A key in a repository is everybody's key.
    output::write(Some(&dir.join(".gitignore")), b"*\n", Readers::All, true)
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
        let subject = input::parse(&found, &files.ca)?.subject().to_string();
        if !subject.starts_with(&format!("CN={SUBJECT} ")) {
            return Err(
                bad(&files.ca, "`handfast pki dev` has not made this CA").hint("`--dir DIR` takes another place")
            );
        }
    }
    match (files.ca.exists(), files.ca_key.exists()) {
        _ if arguments.new_ca => {}
        (true, true) => return Ok((input::authority(provider, &files.ca, &files.ca_key, &Opens::default())?, false)),
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
    sign(provider, ca, leaf, key.public_key(), &[Purpose::Server, Purpose::Client], now).map_err(|failure| {
        failure.hint("the CA that is there does not permit it; `--new-ca` makes it anew, and has to be trusted again")
    })
}

/// What there is now, and what to do with it.
fn tell(files: &Files, leaf: &CertificateDer<'_>, issuer: &Certificate<'_>, is_new: bool) -> Result<String, Rule> {
    let certificate = Certificate::parse(leaf)?;
    let (names, _) = name::names(&certificate, SHOWN_NAMES)?;
    let [ca, ca_key, cert, key] = [&files.ca, &files.ca_key, &files.certificate, &files.key].map(|path| quoted(path));
    let absolute = std::path::absolute(&files.ca).map_or_else(|_| ca.clone(), |path| quoted(&path));
    let dir = files.ca.parent().map_or_else(String::new, quoted);
    let (age, until) = (if is_new { "new" } else { "kept" }, issuer.validity().not_after);
    let subject = issuer.subject().to_string();
    let nick = quoted(Path::new(subject.strip_prefix("CN=").unwrap_or(&subject)));
    let end: Time = certificate.validity().not_after;
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "\
CA certificate  {ca} ({age}, until {until})
CA key          {ca_key}
certificate     {cert} (until {end})
its key         {key}
names           {names}

Use it:
  handfast serve --cert {cert} --key {key}
  handfast connect localhost:4433 --cafile {ca}

Trust the CA, in one program:
  curl     curl --cacert {ca} https://localhost:4433/
  Node.js  NODE_EXTRA_CA_CERTS={absolute} node app.js
  Firefox  Settings, Privacy & Security, View Certificates, Authorities, Import: {ca}
  Chrome   certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n {nick} -i {ca}
or on a whole Debian or Ubuntu:
  sudo cp {ca} /usr/local/share/ca-certificates/handfast-dev.crt
  sudo update-ca-certificates

Whoever has {ca_key} can pass for every site that the CA may issue for, wherever the CA is trusted.
That is localhost, test, what is below them, loopback addresses, and the names it was made with.
Do not share it, and trust the CA on no machine but this one.

Remove it again:
  sudo rm /usr/local/share/ca-certificates/handfast-dev.crt
  sudo update-ca-certificates --fresh
  certutil -d sql:$HOME/.pki/nssdb -D -n {nick}
  rm -r {dir}
",
        names = names.join(", "),
    );
    Ok(out)
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if text.chars().all(is_plain) && !text.is_empty() {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''").replace(char::is_control, "?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_for_a_shell() {
        for (path, text) in [("a/b-c.pem", "a/b-c.pem"), ("a b", "'a b'"), ("$(x)", "'$(x)'"), ("", "''")] {
            assert_eq!(quoted(Path::new(path)), text);
        }
    }
}
