//! Sessions in files: `--session-in` and `--session-out`.

use crate::failure::Failure;
use crate::file::{self, Readers};
use crate::tls;
use clap::{Args, ValueHint};
use handfast::pki_types::ServerName;
use handfast::{ClientConfig, ClientStart, ExternalPsk, Provider, Session, SessionCache};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Args)]
#[group(skip)]
pub(crate) struct Flags {
    /// Offer the session in FILE, which `--session-out` has written. One that may not be offered here is not, which is said
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    session_in: Option<PathBuf>,

    /// Write the newest session of the connection to FILE, which only its owner can read. It stands for the server's
    /// certificate: see `--session-key`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    session_out: Option<PathBuf>,

    /// Seal and open these files with the 32 bytes in FILE. Without it a session is in the clear: whoever can read it can read
    /// and change what is sent over the next connection, and whoever can write it is taken for the server
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    session_key: Option<PathBuf>,
}

/// The sessions with one server, and what becomes of them.
pub(crate) struct Sessions {
    cache: Arc<SessionCache>,
    name: ServerName<'static>,
    out: Option<PathBuf>,
    key: Option<[u8; KEY_LEN]>,
    provider: Provider,
    /// Whether the file is there.
    is_written: bool,
}

/// The length of a key for sessions, in bytes.
const KEY_LEN: usize = 32;

impl Sessions {
    /// Those that may be offered to the server called `name`.
    pub(crate) fn new(
        flags: &Flags,
        config: &Arc<ClientConfig>,
        psks: &[ExternalPsk],
        name: &ServerName<'static>,
    ) -> Result<Self, Failure> {
        let key = flags.session_key.as_deref().map(key).transpose()?;
        let sessions = Self {
            cache: Arc::default(),
            name: name.clone(),
            out: flags.session_out.clone(),
            key,
            provider: config.provider().clone(),
            is_written: false,
        };
        if let Some(path) = &flags.session_in {
            let session = sessions.read(path)?;
            let start =
                psks.iter().try_fold(ClientStart::new(config, name.clone()), |start, psk| start.psk(psk.clone()));
            match start.map_err(Failure::usage)?.check(&session) {
                Ok(()) => sessions.cache.put(session),
                Err(why) => tls::warn(&format!("{} is not offered ({}): {why}", path.display(), why.code())),
            }
        }
        Ok(sessions)
    }

    /// Where connections take them from and put them.
    pub(crate) fn cache(&self) -> Arc<SessionCache> {
        self.cache.clone()
    }

    /// Writes the newest that has come since the last time.
    pub(crate) fn save(&mut self) -> Result<(), Failure> {
        let Some(path) = &self.out else { return Ok(()) };
        let Some(session) = self.cache.take(&self.name) else { return Ok(()) };
        // The older ones of this connection must not take its place later.
        self.cache.clear();
        let failed = |error: io::Error| Failure::io(&error, path.display());
        match &self.key {
            Some(key) => {
                let sealed = session.seal(key, &self.provider);
                let sealed = sealed.map_err(|error| Failure::broken(format!("no session could be sealed: {error}")))?;
                file::replace(path, &sealed, Readers::Owner).map_err(failed)?;
            }
            None => {
                let bytes = session.dangerous_bytes();
                let bytes = bytes.ok_or_else(|| Failure::broken("the session is longer than it can be"))?;
                file::replace(path, &bytes, Readers::Owner).map_err(failed)?;
            }
        }
        self.is_written = true;
        Ok(())
    }

    /// The connection is over, well or not: the last has come, if any has.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.save()?;
        if let Some(path) = self.out.as_ref().filter(|_| !self.is_written) {
            tls::warn(&format!("{} was not written: the server has given no session", path.display()));
        }
        Ok(())
    }

    fn read(&self, path: &Path) -> Result<Session, Failure> {
        let bytes = tls::read(path)?;
        let session = match &self.key {
            Some(key) => Session::open(&bytes, key, &self.provider),
            None => Session::dangerous_from_bytes(&bytes),
        };
        session.ok_or_else(|| {
            let what = if self.key.is_some() { "no session that was sealed with this key" } else { "no session" };
            Failure::usage(format!("{}: {what}", path.display())).hint("was it written with another `--session-key`?")
        })
    }
}

fn key(path: &Path) -> Result<[u8; KEY_LEN], Failure> {
    let bytes = tls::read(path)?;
    bytes.as_slice().try_into().map_err(|_| {
        let found = bytes.len();
        Failure::usage(format!("{}: a key for sessions has {KEY_LEN} bytes, and this are {found}", path.display()))
            .hint(format!("`openssl rand -out {} {KEY_LEN}` makes one", path.display()))
    })
}
