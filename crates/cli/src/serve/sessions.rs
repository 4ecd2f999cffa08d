//! Which sessions a server resumes, and what it takes early.

use crate::failure::Failure;
use crate::tls;
use clap::{Args, ValueHint};
use handfast::limits::MAX_TICKETS;
use handfast::pki_types::UnixTime;
use handfast::{
    AntiReplay, Clock, Found, IssueQuestion, KeepSessions, Kept, MemoryStore, Provider, Resolve, ServerConfigBuilder,
    SessionName, StrikeRegister, SystemClock, Ticketer,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

#[derive(Args)]
#[group(skip)]
pub(crate) struct Flags {
    /// Give clients no session tickets; without `--session-cache` no session is resumed
    #[arg(long)]
    no_ticket: bool,

    /// Keep sessions in memory: for clients of TLS 1.2 that have no tickets, and with `--no-ticket` for all
    #[arg(long)]
    session_cache: bool,

    /// How many tickets a client of TLS 1.3 gets that does not say how many it wants
    #[arg(long, value_name = "NUMBER", default_value = "2", value_parser = clap::value_parser!(u8).range(..=i64::from(MAX_TICKETS)))]
    tickets: u8,

    /// Seal tickets under the keys in FILE, 48 bytes each, as other servers do that shall take them: the first seals, all open.
    /// It is read again when it changes
    #[arg(long, value_name = "FILE", conflicts_with = "no_ticket", value_hint = ValueHint::FilePath)]
    ticket_keys: Option<PathBuf>,

    /// Take early data (0-RTT), so many bytes with each ticket, at most 262144 [16384 if no number is given]. Whoever records it can send it
    /// again; here it is taken once by this process, or by all that share `--sessions`, and of HTTP only GET and HEAD are answered before the handshake is complete
    #[arg(
        long,
        value_name = "BYTES",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "16384",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(EARLY_DATA_MOST))
    )]
    early_data: Option<u32>,

    #[cfg(feature = "redis")]
    #[command(flatten)]
    shared: super::shared::Flags,
}

/// How much early data can be taken of one client, in bytes: all of it may have to be kept until the handshake is complete.
pub(super) const EARLY_DATA_MOST: u32 = 256 * 1024;

/// Who keeps the server's sessions, and who sees to it that early data is taken once: the same for as long as the program
/// runs, whatever becomes of its certificates.
pub(crate) struct Memory {
    tickets: u8,
    early_data: Option<u32>,
    /// `None` for nobody.
    sessions: Option<Arc<dyn KeepSessions>>,
    anti_replay: Option<Arc<dyn AntiReplay>>,
}

impl Memory {
    /// As the flags say.
    pub(crate) fn new(flags: &Flags, provider: &Provider) -> Result<Self, Failure> {
        let memory = |sessions, anti_replay| Self {
            tickets: flags.tickets,
            early_data: flags.early_data,
            sessions,
            anti_replay,
        };
        #[cfg(feature = "redis")]
        if let Some(shared) = flags.shared.open(provider)? {
            return Ok(memory(Some(shared.sessions), Some(shared.anti_replay)));
        }
        let Keeper { sessions, is_alone } = keeper(flags, provider)?;
        let register = flags.early_data.map(|_| Arc::new(register(is_alone)) as Arc<dyn AntiReplay>);
        Ok(memory(sessions, register))
    }

    /// Lets a server of this configuration have it.
    pub(crate) fn apply(&self, builder: ServerConfigBuilder) -> ServerConfigBuilder {
        let mut builder = builder.tickets(self.tickets);
        if let Some(bytes) = self.early_data {
            builder = builder.early_data(bytes).half_rtt(true);
        }
        if let Some(anti_replay) = &self.anti_replay {
            builder = builder.anti_replay(Resolve::Now(anti_replay.clone()));
        }
        match &self.sessions {
            Some(sessions) => builder.sessions(sessions.clone()),
            None => builder.no_sessions(),
        }
    }
}

/// Sees to it that this process takes early data once.
fn register(is_alone: bool) -> StrikeRegister {
    if is_alone {
        // No server before this one has taken any that goes with these tickets.
        return StrikeRegister::default().warm_since(0);
    }
    tls::warn("early data is taken once by this process: others that have its ticket keys must not take any");
    StrikeRegister::default().started(SystemClock.millis())
}

/// Who keeps sessions.
struct Keeper {
    /// `None` for nobody.
    sessions: Option<Arc<dyn KeepSessions>>,
    /// Nobody else has what it takes to open its tickets, or ever had.
    is_alone: bool,
}

fn keeper(flags: &Flags, provider: &Provider) -> Result<Keeper, Failure> {
    let (tickets, memory) = (!flags.no_ticket, flags.session_cache);
    let sessions: Option<Arc<dyn KeepSessions>> = match (&flags.ticket_keys, tickets, memory) {
        (Some(path), _, false) => Some(Arc::new(KeyFile::new(path, provider)?)),
        (Some(path), _, true) => Some(Arc::new((KeyFile::new(path, provider)?, MemoryStore::default()))),
        (None, true, false) => Some(Arc::new(Ticketer::new(provider.clone()))),
        (None, true, true) => Some(Arc::new((Ticketer::new(provider.clone()), MemoryStore::default()))),
        (None, false, true) => Some(Arc::new(MemoryStore::default())),
        (None, false, false) => None,
    };
    Ok(Keeper { sessions, is_alone: flags.ticket_keys.is_none() })
}

/// Tickets under keys from a file, which may change.
struct KeyFile {
    path: PathBuf,
    ticketer: Ticketer,
    /// How the file looked when it was read.
    looked: Mutex<Look>,
}

/// By what a file is known that has not changed.
type Look = Option<(SystemTime, u64)>;

impl KeyFile {
    fn new(path: &Path, provider: &Provider) -> Result<Self, Failure> {
        // Before it is read: what changes meanwhile is read again.
        let looked = Mutex::new(look(path));
        let keys = read(path)?;
        let ticketer = Ticketer::with_keys(provider.clone(), &keys)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        Ok(Self { path: path.to_path_buf(), ticketer, looked })
    }

    /// Takes other keys where the file has them. A file that cannot be used leaves the old ones in place.
    fn refresh(&self) {
        let now = look(&self.path);
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if now.is_none() || *looked == now {
            return;
        }
        *looked = now;
        drop(looked);
        // In the middle of a handshake, which must not wait for whoever writes to a pipe.
        let set = tls::regular(&self.path)
            .and_then(|()| read(&self.path))
            .and_then(|keys| self.ticketer.set_keys(&keys).map_err(|error| Failure::usage(error.to_string())));
        match set {
            Ok(()) => tls::warn(&format!("the ticket keys in {} have changed", self.path.display())),
            Err(failure) => drop(failure.report()),
        }
    }
}

impl KeepSessions for KeyFile {
    fn tickets(&self) -> bool {
        true
    }

    fn session_ids(&self) -> bool {
        false
    }

    fn issue(&self, question: &IssueQuestion, now: UnixTime) -> Kept {
        self.refresh();
        self.ticketer.issue(question, now)
    }

    fn resume(&self, name: SessionName<'_>, now: UnixTime) -> Option<Found> {
        self.refresh();
        self.ticketer.resume(name, now)
    }
}

fn look(path: &Path) -> Look {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn read(path: &Path) -> Result<Vec<[u8; Ticketer::KEY_LEN]>, Failure> {
    let bytes = tls::read(path)?;
    let (keys, rest) = bytes.as_chunks::<{ Ticketer::KEY_LEN }>();
    if !rest.is_empty() || keys.is_empty() {
        let (len, found) = (Ticketer::KEY_LEN, bytes.len());
        return Err(Failure::usage(format!(
            "{}: ticket keys have {len} bytes each, and this are {found}",
            path.display()
        ))
        .hint(format!("`openssl rand -out {} {len}` makes one", path.display())));
    }
    Ok(keys.to_vec())
}
