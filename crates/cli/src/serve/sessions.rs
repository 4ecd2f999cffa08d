//! Which sessions a server resumes, and what it takes early.

use super::look::Look;
use crate::failure::Failure;
use crate::tls;
use clap::{Args, ValueHint};
use handfast::limits::MAX_TICKETS;
use handfast::pki_types::UnixTime;
use handfast::{
    AntiReplay, Clock, Found, IssueQuestion, KeepSessions, Kept, MemoryStore, Provider, Resolve, ServerConfigBuilder,
    SessionName, StrikeRegister, SystemClock, Ticketer,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

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
    /// It is read again when it changes, and on SIGHUP
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
    keys: Option<Arc<KeyFile>>,
}

impl Memory {
    /// As the flags say.
    pub(crate) fn new(flags: &Flags, provider: &Provider) -> Result<Self, Failure> {
        let memory = |sessions, anti_replay, keys| Self {
            tickets: flags.tickets,
            early_data: flags.early_data,
            sessions,
            anti_replay,
            keys,
        };
        #[cfg(feature = "redis")]
        if let Some(shared) = flags.shared.open(provider)? {
            return Ok(memory(Some(shared.sessions), Some(shared.anti_replay), None));
        }
        let keys = flags.ticket_keys.as_ref().map(|path| KeyFile::new(path, provider)).transpose()?.map(Arc::new);
        let sessions = keeper(flags, keys.as_ref(), provider);
        let register = flags.early_data.map(|_| Arc::new(register(keys.is_none())) as Arc<dyn AntiReplay>);
        Ok(memory(sessions, register, keys))
    }

    /// Reads the keys of tickets anew, however their file looks.
    pub(crate) fn refresh(&self) {
        if let Some(keys) = &self.keys {
            keys.read_again(true);
        }
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

/// Sees to it that this process takes early data once. It is alone where nobody else has what it takes to open its tickets, or ever
/// had.
fn register(is_alone: bool) -> StrikeRegister {
    if is_alone {
        // No server before this one has taken any that goes with these tickets.
        return StrikeRegister::default().warm_since(0);
    }
    tls::warn("early data is taken once by this process: others that have its ticket keys must not take any");
    StrikeRegister::default().started(SystemClock.millis())
}

/// Who keeps sessions; `None` for nobody.
fn keeper(flags: &Flags, keys: Option<&Arc<KeyFile>>, provider: &Provider) -> Option<Arc<dyn KeepSessions>> {
    let (tickets, memory) = (!flags.no_ticket, flags.session_cache);
    Some(match (keys.cloned().map(FromFile), tickets, memory) {
        (Some(keys), _, false) => Arc::new(keys),
        (Some(keys), _, true) => Arc::new((keys, MemoryStore::default())),
        (None, true, false) => Arc::new(Ticketer::new(provider.clone())),
        (None, true, true) => Arc::new((Ticketer::new(provider.clone()), MemoryStore::default())),
        (None, false, true) => Arc::new(MemoryStore::default()),
        (None, false, false) => return None,
    })
}

/// Tickets under keys from a file, which may change.
struct KeyFile {
    path: PathBuf,
    ticketer: Ticketer,
    last: Mutex<Last>,
}

/// The last time that the file was read.
struct Last {
    /// How it looked.
    look: Option<Look>,
    /// When that was, and why it could not be used, where it could not: the reason may pass.
    failed: Option<(Instant, String)>,
}

/// How long to wait before a file that could not be used is tried again.
const AGAIN: Duration = Duration::from_secs(10);

impl KeyFile {
    fn new(path: &Path, provider: &Provider) -> Result<Self, Failure> {
        // Before it is read: what changes meanwhile is read again.
        let last = Mutex::new(Last { look: Look::at(path), failed: None });
        let keys = read(path)?;
        let ticketer = Ticketer::with_keys(provider.clone(), &keys)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        Ok(Self { path: path.to_path_buf(), ticketer, last })
    }

    /// Takes the keys that the file has, where it has changed, could not be used before, or somebody `asks` for it. A file that cannot
    /// be used leaves the old ones in place; that is said once.
    fn read_again(&self, asks: bool) {
        let look = Look::at(&self.path);
        let mut last = match self.last.try_lock() {
            Ok(last) => last,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) if asks => self.last.lock().unwrap_or_else(PoisonError::into_inner),
            // They are being read. Everybody else goes on with those there are.
            Err(TryLockError::WouldBlock) => return,
        };
        let is_due = match &last.failed {
            Some((when, _)) => last.look != look || when.elapsed() >= AGAIN,
            // Where there is none the old ones are as good as ever.
            None => look.is_some() && last.look != look,
        };
        if !is_due && !asks {
            return;
        }
        last.look = look;
        // In the middle of a handshake, which must not wait for whoever writes to a pipe.
        let (set, _) = tls::again(BTreeSet::new(), || {
            let keys = read(&self.path)?;
            self.ticketer.set_keys(&keys).map_err(|error| Failure::usage(error.to_string()))
        });
        let why = set.as_ref().err().map(|failure| failure.message.clone());
        let is_news = asks || last.failed.as_ref().map(|(_, why)| why) != why.as_ref();
        last.failed = why.map(|why| (Instant::now(), why));
        match set {
            Ok(()) if !asks => tls::warn(&format!("the ticket keys in {} have changed", self.path.display())),
            Err(failure) if is_news => drop(failure.report()),
            _ => {}
        }
    }
}

/// The same for all who hold it.
struct FromFile(Arc<KeyFile>);

impl KeepSessions for FromFile {
    fn tickets(&self) -> bool {
        true
    }

    fn session_ids(&self) -> bool {
        false
    }

    fn issue(&self, question: &IssueQuestion, now: UnixTime) -> Kept {
        self.0.read_again(false);
        self.0.ticketer.issue(question, now)
    }

    fn resume(&self, name: SessionName<'_>, now: UnixTime) -> Option<Found> {
        self.0.read_again(false);
        self.0.ticketer.resume(name, now)
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<[u8; Ticketer::KEY_LEN]>>, Failure> {
    let bytes = Zeroizing::new(tls::read(path)?);
    let (keys, rest) = bytes.as_chunks::<{ Ticketer::KEY_LEN }>();
    if !rest.is_empty() || keys.is_empty() {
        let (len, found) = (Ticketer::KEY_LEN, bytes.len());
        return Err(Failure::usage(format!(
            "{}: ticket keys have {len} bytes each, and this are {found}",
            path.display()
        ))
        .hint(format!("`openssl rand -out {} {len}` makes one", path.display())));
    }
    Ok(Zeroizing::new(keys.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What could not be used is tried again although it looks the same, but not by every handshake; and when it is asked for.
    #[test]
    fn a_file_of_keys_that_could_not_be_used() {
        let path = std::env::temp_dir().join(format!("handfast-keys-{}", std::process::id()));
        fs::write(&path, [1; 48]).unwrap();
        let keys = KeyFile::new(&path, &handfast::rustcrypto::provider()).unwrap();
        let looks_the_same = || keys.last.lock().unwrap().look = Look::at(&path);
        let has_failed = || keys.last.lock().unwrap().failed.is_some();
        fs::write(&path, [1; 47]).unwrap();
        looks_the_same();
        keys.read_again(false);
        assert!(!has_failed(), "it looks the same");
        keys.read_again(true);
        assert!(has_failed());
        fs::write(&path, [2; 48]).unwrap();
        looks_the_same();
        keys.read_again(false);
        assert!(has_failed(), "that was a moment ago");
        keys.last.lock().unwrap().failed.as_mut().unwrap().0 = Instant::now().checked_sub(AGAIN).unwrap();
        keys.read_again(false);
        assert!(!has_failed());
        fs::remove_file(&path).unwrap();
        keys.read_again(false);
        assert!(!has_failed(), "the old ones are as good as ever");
    }
}
