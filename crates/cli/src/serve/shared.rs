//! What a server shares with others through Redis.

use crate::failure::Failure;
use crate::tls;
use clap::{Args, ValueEnum, ValueHint};
use handfast::pki_types::UnixTime;
use handfast::{
    AntiReplay, Clock, Found, IssueQuestion, KeepSessions, Kept, Provider, SessionName, SystemClock, Ticketer,
};
use handfast_redis::{Keeper, OperatorSecret, Options, Redis, SessionStore, StrikeRegister, TicketKeys};
use std::path::PathBuf;
use std::sync::Arc;
use zeroize::Zeroizing;

#[derive(Args)]
#[group(skip)]
pub(crate) struct Flags {
    /// Resume what every server resumes that names the same Redis, and take early data that none of them has taken:
    /// `redis://HOST:PORT` or `unix://PATH`
    #[arg(
        long = "sessions",
        value_name = "URL",
        requires = "secret",
        conflicts_with_all = ["no_ticket", "session_cache", "ticket_keys"]
    )]
    url: Option<String>,

    /// What these servers know and Redis does not, 32 bytes or more of good randomness in FILE
    #[arg(long = "sessions-secret", value_name = "FILE", requires = "url", value_hint = ValueHint::FilePath)]
    secret: Option<PathBuf>,

    /// What they are called in Redis, where other servers use the same
    #[arg(long = "sessions-namespace", value_name = "NAME", default_value = "handfast", requires = "url")]
    namespace: String,

    /// What is in Redis
    #[arg(long = "sessions-share", value_name = "WHAT", default_value = "sessions", requires = "url")]
    share: Share,
}

#[derive(Clone, Copy, ValueEnum)]
enum Share {
    /// The sessions; what a client gets is a name
    Sessions,
    /// The keys of tickets; what a client gets is the session, sealed under them
    TicketKeys,
}

/// Who keeps sessions for all of these servers, and sees to it that early data is taken by one.
pub(super) struct Shared {
    pub(super) sessions: Arc<dyn KeepSessions>,
    pub(super) anti_replay: Arc<dyn AntiReplay>,
}

impl Flags {
    /// What is shared, if anything is. A Redis that cannot be reached is no reason not to serve.
    pub(super) fn open(&self, provider: &Provider) -> Result<Option<Shared>, Failure> {
        let (Some(url), Some(path)) = (&self.url, &self.secret) else { return Ok(None) };
        let secret = OperatorSecret::new(&Zeroizing::new(tls::read(path)?)).map_err(|error| {
            Failure::usage(format!("{}: {error}", path.display()))
                .hint(format!("`openssl rand -out {} 32` makes one", path.display()))
        })?;
        let options = Options::default().on_error(|failure| super::log("redis", &failure.to_string()));
        // Not the URL in the message: there may be a password in it.
        let redis = Redis::open(url, &self.namespace, &secret, provider.clone(), options)
            .map_err(|error| Failure::usage(format!("--sessions: {error}")))?;
        let now = SystemClock.millis();
        let strikes = StrikeRegister::new(redis.clone());
        // What it says is what every flight will be told for as long as it is so.
        let _ = strikes.begin(now);
        let sessions: Arc<dyn KeepSessions> = match self.share {
            Share::Sessions => Arc::new(SessionStore::new(redis)),
            Share::TicketKeys => Arc::new(Fleet::new(redis, provider)?),
        };
        // The one in memory knows the flights that came while Redis was out of reach.
        let anti_replay = Arc::new((handfast::StrikeRegister::default().started(now), strikes));
        Ok(Some(Shared { sessions, anti_replay }))
    }
}

/// Tickets under the keys of these servers, for as long as it lives.
struct Fleet {
    ticketer: Arc<Ticketer>,
    _keeper: Keeper,
}

impl Fleet {
    fn new(redis: Redis, provider: &Provider) -> Result<Self, Failure> {
        let ticketer = Arc::new(Ticketer::new(provider.clone()));
        let keeper = TicketKeys::new(redis, Ticketer::ROTATION)
            .keep(ticketer.clone(), Arc::new(SystemClock))
            .map_err(|error| Failure::io(&error, "ticket keys"))?;
        Ok(Self { ticketer, _keeper: keeper })
    }
}

impl KeepSessions for Fleet {
    fn tickets(&self) -> bool {
        self.ticketer.tickets()
    }

    fn session_ids(&self) -> bool {
        self.ticketer.session_ids()
    }

    fn issue(&self, question: &IssueQuestion, now: UnixTime) -> Kept {
        self.ticketer.issue(question, now)
    }

    fn resume(&self, name: SessionName<'_>, now: UnixTime) -> Option<Found> {
        self.ticketer.resume(name, now)
    }
}
