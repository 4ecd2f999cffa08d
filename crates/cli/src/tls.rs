//! Flags that become configurations, on both sides.

use crate::failure::Failure;
use crate::names::List;
use crate::trace::Traced;
use crate::{ciphers, escape, file, names};
use clap::{Args, ValueHint};
use handfast::crypto::group::{is_field, is_ml_kem};
use handfast::crypto::{Cipher, KeyExchange, Suite};
use handfast::pki::crls::Reason;
use handfast::pki::{Crls, pem};
use handfast::wire::{CipherSuite, NamedGroup, SignatureScheme};
use handfast::{Anchors, KeyLog, KeyLogFile, Provider, Trace, Version};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// What both sides can choose.
#[derive(Args)]
pub(crate) struct Choices {
    /// Application protocols (ALPN), most preferred first: h2,http/1.1
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) alpn: Vec<String>,

    /// TLS 1.2 and, without `--tls1_3`, no other version
    #[arg(long = "tls1_2")]
    tls12: bool,

    /// TLS 1.3 and, without `--tls1_2`, no other version
    #[arg(long = "tls1_3")]
    tls13: bool,

    /// Key exchange groups, most preferred first: X25519MLKEM768:P-256
    #[arg(long, value_name = "NAMES", value_parser = names::groups)]
    pub(crate) groups: Option<List<NamedGroup>>,

    /// Signature schemes, most preferred first: RSA-PSS+SHA256:ed25519
    #[arg(long, value_name = "NAMES", value_parser = names::schemes)]
    pub(crate) sigalgs: Option<List<SignatureScheme>>,

    /// Cipher suites in OpenSSL's syntax, for both versions: ECDHE+AESGCM:!AES128 (see `handfast ciphers`)
    #[arg(long, value_name = "STRING", conflicts_with = "suites")]
    ciphers: Option<String>,

    /// Cipher suites of TLS 1.3 and none of TLS 1.2, most preferred first: AES_128_GCM_SHA256
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = names::suite)]
    suites: Vec<CipherSuite>,

    /// Older ways of TLS 1.2 to take, each worse than what is on by default
    #[cfg(feature = "legacy")]
    #[arg(long, value_name = "WAYS", value_delimiter = ',', value_parser = crate::legacy::way, long_help = crate::legacy::HELP)]
    pub(crate) legacy: Vec<crate::legacy::Way>,

    /// Append the connections' secrets to FILE (SSLKEYLOGFILE): whoever has it can read the traffic
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    keylog: Option<PathBuf>,

    /// What was opened there first.
    #[arg(skip)]
    opened: OnceLock<Arc<KeyLogFile>>,

    /// Show records, messages and their fields on standard error as `openssl s_client -trace` does; `--trace=brief` is a line for a
    /// message
    #[arg(long, value_enum, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "full")]
    trace: Option<Traced>,
}

/// Puts the choices into a builder, of which there are two kinds. `$blank` makes builders that could do without them.
macro_rules! apply {
    ($choices:expr, $blank:expr, $builder:expr) => {{
        let mut builder = $builder;
        let choices: &crate::tls::Choices = $choices;
        if let Some((lowest, highest)) = choices.versions() {
            builder = builder.versions(lowest, highest);
        }
        if let Some(groups) = &choices.groups {
            builder = builder.groups(groups.0.iter().copied());
        }
        if let Some(schemes) = &choices.sigalgs {
            builder = builder.schemes(schemes.0.iter().copied());
        }
        // What is off, the configuration knows best.
        let is_on = |suite| !matches!($blank.suites([suite]).build(), Err(handfast::ConfigError::Legacy(_)));
        if let Some(suites) = choices.suites(is_on)? {
            builder = builder.suites(suites);
        }
        if let Some(log) = choices.key_log()? {
            builder = builder.key_log(log);
        }
        if let Some(trace) = choices.trace() {
            builder = builder.trace(trace);
        }
        builder.protocols(choices.alpn.iter().map(String::as_str))
    }};
}
pub(crate) use apply;

impl Choices {
    /// The lowest and the highest version, where any was chosen.
    pub(crate) fn versions(&self) -> Option<(Version, Version)> {
        match (self.tls12, self.tls13) {
            (false, false) => None,
            (true, false) => Some((Version::Tls12, Version::Tls12)),
            (false, true) => Some((Version::Tls13, Version::Tls13)),
            (true, true) => Some((Version::Tls12, Version::Tls13)),
        }
    }

    /// The suites of both versions, where any were chosen, less those that are not on.
    pub(crate) fn suites(&self, is_on: impl Fn(CipherSuite) -> bool) -> Result<Option<Vec<CipherSuite>>, Failure> {
        let any = !self.tls12 && !self.tls13;
        let is_spoken = |suite: &Suite| any || if suite.is_tls13() { self.tls13 } else { self.tls12 };
        match &self.ciphers {
            Some(string) => ciphers::select(string, is_spoken, is_on).map(Some),
            None => Ok(Some(self.suites.clone()).filter(|suites| !suites.is_empty())),
        }
    }

    /// The suites that are on, as far as that can be told here: not with the older ways.
    pub(crate) fn enabled_suites(&self) -> Option<Vec<CipherSuite>> {
        #[cfg(feature = "legacy")]
        if !self.legacy.is_empty() {
            return None;
        }
        if self.ciphers.is_none() && !self.suites.is_empty() {
            return Some(self.suites.clone());
        }
        let listed = handfast::ciphers::parse(self.ciphers.as_deref().unwrap_or("DEFAULT")).ok()?;
        let any = !self.tls12 && !self.tls13;
        let is_on = |suite: &&Suite| {
            let is_old = matches!(suite.cipher, Cipher::Cbc(..))
                || suite.exchange == KeyExchange::Rsa
                || suite.exchange.has_field()
                || suite.exchange.has_psk();
            !is_old && (any || if suite.is_tls13() { self.tls13 } else { self.tls12 })
        };
        Some(listed.suites().filter(is_on).map(|suite| suite.id).collect())
    }

    /// The groups that are on; without the finite fields of the older ways.
    pub(crate) fn enabled_groups(&self, provider: &Provider) -> Vec<NamedGroup> {
        let all = provider.groups.iter().map(|group| group.name());
        match &self.groups {
            Some(groups) => groups.0.clone(),
            None => all.filter(|group| !is_field(*group) && !is_ml_kem(*group)).collect(),
        }
    }

    pub(crate) fn key_log(&self) -> Result<Option<Arc<dyn KeyLog>>, Failure> {
        let Some(path) = &self.keylog else { return Ok(None) };
        // A server opens it anew when it reads its files again, for somebody may have put it away; but a pipe would have it wait
        // for a reader.
        if let Some(log) = self.opened.get()
            && file::is_special(path)
        {
            return Ok(Some(log.clone()));
        }
        let log = KeyLogFile::open(path).map(Arc::new).map_err(|error| Failure::io(&error, path.display()))?;
        let _ = self.opened.set(log.clone());
        Ok(Some(log))
    }

    pub(crate) fn trace(&self) -> Option<Arc<dyn Trace>> {
        self.trace.map(Traced::trace)
    }

    /// How what is said before TLS is shown, if it is.
    pub(crate) fn traced(&self) -> Option<Traced> {
        self.trace
    }
}

/// What is in a file, which may be a pipe unless it is read [`again`], up to [`file::LONGEST`] bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let is_again = NOTES.with_borrow(Option::is_some);
    let bytes = if is_again { file::read_regular(path) } else { file::read(path) };
    bytes.map_err(|error| match error.kind() {
        ErrorKind::InvalidInput if is_again => irregular(path),
        _ => Failure::io(&error, path.display()),
    })
}

/// What [`warn`] has said in this thread while files are read again.
struct Notes {
    before: BTreeSet<String>,
    now: BTreeSet<String>,
}

thread_local! {
    static NOTES: RefCell<Option<Notes>> = const { RefCell::new(None) };
}

/// Lets `read` read files while connections are served: regular ones, and nobody is waited for. Of its notes those are not said that
/// were `before`; gives all of them.
pub(crate) fn again<T>(before: BTreeSet<String>, read: impl FnOnce() -> T) -> (T, BTreeSet<String>) {
    NOTES.set(Some(Notes { before, now: BTreeSet::new() }));
    let outcome = read();
    let notes = NOTES.take().map(|notes| notes.now).unwrap_or_default();
    (outcome, notes)
}

/// Whether something is to be said that may have been said before.
fn is_new(what: &str) -> bool {
    NOTES.with_borrow_mut(|notes| {
        notes.as_mut().is_none_or(|notes| {
            notes.now.insert(what.to_string());
            !notes.before.contains(what)
        })
    })
}

/// Refuses what is there and no regular file: a server that reads its files while it serves must not wait for whoever writes to a
/// pipe, nor read for ever.
pub(crate) fn regular(path: &Path) -> Result<(), Failure> {
    if file::is_special(path) { Err(irregular(path)) } else { Ok(()) }
}

fn irregular(path: &Path) -> Failure {
    Failure::usage(format!("{}: it is not a regular file", path.display()))
        .hint("of others nothing is read while the server runs, and from a directory of certificates never")
}

/// Trust anchors from a PEM file.
pub(crate) fn anchors(path: &Path) -> Result<Arc<Anchors>, Failure> {
    let mut anchors = Anchors::new();
    add_anchors(&mut anchors, path)?;
    Ok(Arc::new(anchors))
}

/// More of them from another one.
pub(crate) fn add_anchors(anchors: &mut Anchors, path: &Path) -> Result<(), Failure> {
    let report = anchors
        .add_pem(&read(path)?)
        .map_err(|error| Failure::usage(format!("{}: {}", path.display(), escape::text(&error.to_string()))))?;
    for skipped in &report.skipped {
        warn(&format!("{}: not used: {skipped}", path.display()));
    }
    Ok(())
}

/// The roots of this system.
pub(crate) fn system_roots() -> Result<Anchors, Failure> {
    let (anchors, skipped) = Anchors::system();
    for unreadable in &skipped.unreadable {
        warn(&escape::text(unreadable));
    }
    for (at, rule) in &skipped.malformed {
        warn(&format!("root {at} of this system: not used: {}", escape::text(&rule.to_string())));
    }
    if anchors.is_empty() {
        return Err(Failure::usage("this system has no roots that could be found")
            .hint("install ca-certificates, or leave out `--system-roots` for Mozilla's"));
    }
    Ok(anchors)
}

/// Revocation lists from files, each PEM or DER.
pub(crate) fn crls(paths: &[PathBuf]) -> Result<Crls, Failure> {
    let mut crls = Crls::new();
    for path in paths {
        let bytes = read(path)?;
        let failed = |why: String| Failure::usage(format!("{}: {}", path.display(), escape::text(&why)));
        if pem::is_der(&bytes) {
            crls.add(&bytes).map_err(|rule| failed(format!("it is no revocation list that can be used: {rule}")))?;
            continue;
        }
        let report = crls.add_pem(&bytes).map_err(|error| failed(error.to_string()))?;
        for skipped in &report.skipped {
            // What is broken may be the list that revokes. One that cannot be used counts against its issuer.
            if !matches!(skipped.reason, Reason::OtherLabel | Reason::Refused(_)) {
                return Err(failed(skipped.to_string()));
            }
            warn(&format!("{}: not used: {skipped}", path.display()));
        }
    }
    Ok(crls)
}

/// Says something that is no error.
pub(crate) fn warn(what: &str) {
    if !is_new(what) {
        return;
    }
    let style = crate::style::HEADING;
    // Where standard error is closed nobody listens anyway.
    let _ = writeln!(anstream::stderr(), "{style}note{style:#}: {}", escape::message(what));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_not_said_again() {
        let say = || ["one", "two"].map(is_new);
        let (said, notes) = again(BTreeSet::new(), say);
        assert_eq!((said, notes.len()), ([true, true], 2));
        let (said, notes) = again(notes, || [is_new("two"), is_new("three")]);
        assert_eq!(said, [false, true]);
        assert_eq!(again(notes, say).0, [true, false], "what was not said the last time");
        assert_eq!(say(), [true, true], "it is over");
    }
}
