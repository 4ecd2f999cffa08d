//! Whom to trust.

use crate::failure::Failure;
use crate::{escape, tls};
use clap::{Args, ValueHint};
use handfast::pki_types::UnixTime;
use handfast::{
    Anchors, Answer, ClientConfigBuilder, Clock, PathVerifier, PeerQuestion, Provider, Question, Resolve, SystemClock,
    VerifyPeer,
};
use handfast_net::Connector;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Where the judgement goes that nobody is bound by.
    only_look: Option<Verdict>,
}

/// What was wrong, or nothing.
type Verdict = Arc<Mutex<Option<String>>>;

impl Trust {
    pub(crate) fn new(arguments: &Flags) -> Result<Self, Failure> {
        let (anchors, source) = match &arguments.cafile {
            Some(path) => (tls::anchors(path)?, path.display().to_string()),
            None if arguments.system_roots => (system()?, "the roots of this system".to_string()),
            None => (Arc::new(Anchors::mozilla()), "Mozilla's roots".to_string()),
        };
        let only_look = arguments.insecure.then(Verdict::default);
        Ok(Self { provider: handfast::rustcrypto::provider(), anchors, source, only_look })
    }

    /// Who judges: the configuration at once, or with `--insecure` [`Trust::answer`].
    pub(crate) fn apply(&self, builder: ClientConfigBuilder) -> ClientConfigBuilder {
        match self.only_look {
            None => builder.anchors(self.anchors.clone()),
            Some(_) => builder.verifier(Resolve::Ask),
        }
    }

    /// With `--insecure`: judges, notes what it found, and accepts.
    pub(crate) fn answer(&self, connector: Connector) -> Connector {
        let Some(verdict) = self.only_look.clone() else { return connector };
        let verifier = PathVerifier::new(self.provider.clone(), self.anchors.clone());
        connector.answers(move |question| match question {
            Question::Peer(question) => Some(look(&verifier, question, SystemClock.now(), &verdict)),
            _ => None,
        })
    }

    /// Whether the judgement counted.
    pub(crate) fn is_judged(&self) -> bool {
        self.only_look.is_none()
    }

    /// How the verification ended, in words.
    pub(crate) fn verdict(&self) -> String {
        let Some(verdict) = &self.only_look else { return format!("accepted, by {}", self.source) };
        match verdict.lock().unwrap_or_else(PoisonError::into_inner).as_deref() {
            None => format!("would be accepted by {}, and was not asked for (--insecure)", self.source),
            Some(wrong) => format!("NOT ACCEPTED, and ignored (--insecure): {wrong}"),
        }
    }
}

fn look(verifier: &PathVerifier, question: PeerQuestion, now: UnixTime, verdict: &Verdict) -> Answer {
    let wrong = verifier.verify(&question, now).err().map(|rejection| {
        let error = handfast::Error::Certificate(rejection);
        format!("{}: {}", error.code(), escape::text(&error.to_string()))
    });
    *verdict.lock().unwrap_or_else(PoisonError::into_inner) = wrong;
    question.dangerous_accept().into()
}

fn system() -> Result<Arc<Anchors>, Failure> {
    let (anchors, skipped) = Anchors::system();
    for unreadable in &skipped.unreadable {
        tls::warn(&escape::text(unreadable));
    }
    if anchors.is_empty() {
        return Err(Failure::usage("this system has no roots that could be found")
            .hint("install ca-certificates, or leave out `--system-roots` for Mozilla's"));
    }
    Ok(Arc::new(anchors))
}
