//! Flags that become configurations, on both sides.

use crate::failure::Failure;
use crate::trace::Printer;
use crate::{escape, names};
use clap::{Args, ValueHint};
use handfast::pki::pem;
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{Anchors, Identity, IdentityError, KeyLog, KeyLogFile, Provider, Trace};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What both sides can choose.
#[derive(Args)]
pub(crate) struct Choices {
    /// Application protocols (ALPN), most preferred first: h2,http/1.1
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) alpn: Vec<String>,

    /// Key exchange groups, most preferred first: X25519MLKEM768,P-256
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = names::group)]
    pub(crate) groups: Vec<NamedGroup>,

    /// Cipher suites, most preferred first: AES_128_GCM_SHA256
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = names::suite)]
    pub(crate) suites: Vec<CipherSuite>,

    /// Append the connections' secrets to FILE (SSLKEYLOGFILE): whoever has it can read the traffic
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    keylog: Option<PathBuf>,

    /// Show every handshake message on standard error
    #[arg(long)]
    trace: bool,
}

/// Puts the choices into a builder, of which there are two kinds.
macro_rules! apply {
    ($choices:expr, $builder:expr) => {{
        let mut builder = $builder;
        let choices: &crate::tls::Choices = $choices;
        if !choices.groups.is_empty() {
            builder = builder.groups(choices.groups.iter().copied());
        }
        if !choices.suites.is_empty() {
            builder = builder.suites(choices.suites.iter().copied());
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
    pub(crate) fn key_log(&self) -> Result<Option<Arc<dyn KeyLog>>, Failure> {
        let Some(path) = &self.keylog else { return Ok(None) };
        match KeyLogFile::open(path) {
            Ok(log) => Ok(Some(Arc::new(log))),
            Err(error) => Err(Failure::io(&error, path.display())),
        }
    }

    pub(crate) fn trace(&self) -> Option<Arc<dyn Trace>> {
        self.trace.then(|| Arc::new(Printer) as Arc<dyn Trace>)
    }
}

/// What is in a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::io(&error, path.display()))
}

/// A certificate chain and its key, both PEM; they may be in one file.
pub(crate) fn identity(provider: &Provider, chain: &Path, key: &Path) -> Result<Arc<Identity>, Failure> {
    Identity::from_pem(provider, &read(chain)?, &read(key)?).map_err(|error| {
        let about_key =
            matches!(error, IdentityError::Key(_) | IdentityError::Pem(pem::Error::NoKey(_) | pem::Error::BadKey(_)));
        let file = if about_key { key } else { chain };
        let failure = Failure::usage(format!("{}: {}", file.display(), escape::text(&error.to_string())));
        match error {
            IdentityError::Mismatch => failure.hint("the leaf comes first in FILE of `--cert`; `--key` is its key"),
            _ => failure,
        }
    })
}

/// Trust anchors from a PEM file.
pub(crate) fn anchors(path: &Path) -> Result<Arc<Anchors>, Failure> {
    let (anchors, report) = Anchors::from_pem(&read(path)?)
        .map_err(|error| Failure::usage(format!("{}: {}", path.display(), escape::text(&error.to_string()))))?;
    for skipped in &report.skipped {
        warn(&format!("{}: not used: {skipped}", path.display()));
    }
    Ok(Arc::new(anchors))
}

/// Says something that is no error.
pub(crate) fn warn(what: &str) {
    let style = crate::style::HEADING;
    // Where standard error is closed nobody listens anyway.
    let _ = writeln!(anstream::stderr(), "{style}note{style:#}: {what}");
}
