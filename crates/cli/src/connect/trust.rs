//! Whom to trust.

use crate::failure::Failure;
use crate::{escape, judge, tls};
use clap::{Args, ValueHint};
use handfast::pki::ocsp::Stapling;
use handfast::pki::{Error, Path, Policy, Purpose, Reference, Request, Rule, verify};
use handfast::pki_types::ServerName;
use handfast::{Anchors, ClientConfigBuilder, Clock, PathVerifier, Peer, Provider, Resolve, SystemClock};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Args)]
#[group(skip)]
pub(crate) struct Flags {
    /// Trust the certificates of FILE (PEM) and no others
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "system_roots")]
    cafile: Option<PathBuf>,

    /// Trust the roots of this system instead of Mozilla's
    #[arg(long)]
    system_roots: bool,

    #[command(flatten)]
    judge: judge::Flags,

    /// Do not ask for an OCSP response, and take a certificate without one even if it insists on it (must-staple)
    #[arg(long, conflicts_with = "require_ocsp")]
    no_ocsp: bool,
}

/// Who judges the server, and what becomes of the judgement.
pub(crate) struct Trust {
    pub(crate) provider: Provider,
    anchors: Arc<Anchors>,
    policy: Policy,
    /// In the words of people.
    source: String,
    /// Nobody is bound by the judgement.
    only_look: bool,
}

/// How the verification of a server ended, in words.
pub(crate) struct Verdict {
    pub(crate) words: String,
    /// What became of the OCSP response, if one came.
    pub(crate) stapled: Option<String>,
}

impl Trust {
    /// With `only_look` nobody is bound by the judgement.
    pub(crate) fn new(arguments: &Flags, only_look: bool) -> Result<Self, Failure> {
        let has_pins = !arguments.judge.pin.is_empty();
        let (anchors, source) = match &arguments.cafile {
            Some(path) => {
                let mut anchors = Anchors::new();
                tls::add_anchors(&mut anchors, path)?;
                (anchors, path.display().to_string())
            }
            None if arguments.system_roots => (tls::system_roots()?, "the roots of this system".to_string()),
            None if has_pins => (Anchors::new(), "`--pin`".to_string()),
            None => (Anchors::mozilla(), "Mozilla's roots".to_string()),
        };
        let source = if has_pins && !anchors.is_empty() { format!("{source} or `--pin`") } else { source };
        let mut policy = arguments.judge.policy()?;
        if arguments.no_ocsp {
            policy.stapling = Stapling::Off;
        }
        let anchors = Arc::new(arguments.judge.pins(anchors));
        let provider = handfast::rustcrypto::provider();
        Ok(Self { provider, anchors, policy, source, only_look })
    }

    /// Who judges: the configuration, or with `--insecure` nobody before [`Trust::verdict`].
    pub(crate) fn apply(&self, builder: ClientConfigBuilder) -> ClientConfigBuilder {
        let builder = builder.request_ocsp(self.policy.stapling != Stapling::Off);
        match self.only_look {
            false => {
                let (anchors, policy) = (self.anchors.clone(), self.policy.clone());
                let judge = PathVerifier::with_policy(self.provider.clone(), anchors, policy);
                builder.verifier(Resolve::Now(Arc::new(judge)))
            }
            true => builder.dangerous_no_verification(),
        }
    }

    /// Whether the judgement counted.
    pub(crate) fn is_judged(&self) -> bool {
        !self.only_look
    }

    /// Who is trusted.
    pub(crate) fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// Who is trusted, in words.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// What there is to judge.
    pub(crate) fn request<'a>(&self, peer: &'a Peer, name: &'a ServerName<'_>) -> Request<'a> {
        let (chain, staple) = (&peer.credential.chain, peer.credential.ocsp.as_deref());
        let reference = Some(Reference::Server(name));
        Request { chain, staple, purposes: &[Purpose::Server], reference, now: SystemClock.now() }
    }

    /// Judges it.
    pub(crate) fn judge(&self, request: &Request<'_>) -> Result<Path, Error> {
        verify(&self.provider, &self.anchors, &self.policy, request)
    }

    /// How the verification of a server ended.
    pub(crate) fn verdict(&self, peer: Option<&Peer>, name: &ServerName<'_>) -> Verdict {
        let Some(peer) = peer else {
            return Verdict { words: "by the pre-shared key, without a certificate".to_string(), stapled: None };
        };
        let request = self.request(peer, name);
        // What was judged in the handshake is looked at once more, for what is not told there.
        let judged = self.judge(&request);
        let words = match &judged {
            _ if self.is_judged() => format!("accepted, by {}", self.source),
            Ok(_) => format!("would be accepted by {}, and was not asked for (--insecure)", self.source),
            Err(error) => {
                let (code, wrong) = (error.code(), escape::text(&error.to_string()));
                format!("NOT ACCEPTED, and ignored (--insecure): {code}: {wrong}")
            }
        };
        let stapled = request.staple.map(|_| match &judged {
            Ok(path) => judge::stapled(path),
            Err(error) if matches!(error.rule(), Rule::Ocsp(_)) => format!("of no use: {}", error.rule()),
            Err(_) => "there is one; what came of it is in the verification".to_string(),
        });
        Verdict { words, stapled }
    }
}
