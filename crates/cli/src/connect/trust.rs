//! Whom to trust.

use crate::failure::Failure;
use crate::{escape, tls};
use clap::{Args, ValueHint};
use handfast::pki::{Policy, verify_server};
use handfast::pki_types::ServerName;
use handfast::{Anchors, ClientConfigBuilder, Clock, Peer, Provider, SystemClock};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Args)]
pub(crate) struct Flags {
    /// Trust the certificates of FILE (PEM) and no others
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "system_roots")]
    cafile: Option<PathBuf>,

    /// Trust the roots of this system instead of Mozilla's
    #[arg(long)]
    system_roots: bool,

    /// Connect whatever the certificate is like, and say what is wrong with it. Anybody could be listening
    #[arg(long)]
    insecure: bool,
}

/// Who judges the server, and what becomes of the judgement.
pub(crate) struct Trust {
    pub(crate) provider: Provider,
    anchors: Arc<Anchors>,
    /// In the words of people.
    source: String,
    /// Nobody is bound by the judgement.
    only_look: bool,
}

impl Trust {
    pub(crate) fn new(arguments: &Flags) -> Result<Self, Failure> {
        let (anchors, source) = match &arguments.cafile {
            Some(path) => (tls::anchors(path)?, path.display().to_string()),
            None if arguments.system_roots => (Arc::new(tls::system_roots()?), "the roots of this system".to_string()),
            None => (Arc::new(Anchors::mozilla()), "Mozilla's roots".to_string()),
        };
        Ok(Self { provider: handfast::rustcrypto::provider(), anchors, source, only_look: arguments.insecure })
    }

    /// Who judges: the configuration, or with `--insecure` nobody before [`Trust::verdict`].
    pub(crate) fn apply(&self, builder: ClientConfigBuilder) -> ClientConfigBuilder {
        match self.only_look {
            false => builder.anchors(self.anchors.clone()),
            true => builder.dangerous_no_verification(),
        }
    }

    /// Whether the judgement counted.
    pub(crate) fn is_judged(&self) -> bool {
        !self.only_look
    }

    /// How the verification of a server ended, in words.
    pub(crate) fn verdict(&self, peer: Option<&Peer>, name: &ServerName<'_>) -> String {
        let Some(peer) = peer else { return "by the pre-shared key, without a certificate".to_string() };
        if self.is_judged() {
            return format!("accepted, by {}", self.source);
        }
        let chain = &peer.credential.chain;
        match verify_server(&self.provider, &self.anchors, &Policy::default(), chain, name, SystemClock.now()) {
            Ok(_) => format!("would be accepted by {}, and was not asked for (--insecure)", self.source),
            Err(error) => {
                let (code, wrong) = (error.code(), escape::text(&error.to_string()));
                format!("NOT ACCEPTED, and ignored (--insecure): {code}: {wrong}")
            }
        }
    }
}
