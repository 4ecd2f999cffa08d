//! The handle to Redis: a few connections, and the sense not to knock where nobody answers.

use crate::line::Line;
use crate::seal::Seal;
use crate::{Failure, OperatorSecret, Options, Status};
use core::{error, fmt};
use handfast::Provider;
use handfast::crypto::CryptoError;
use redis::{Cmd, ConnectionInfo, IntoConnectionInfo, Value};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A Redis or Valkey server, and the keys for what is kept there. Clones share their connections.
///
/// It connects when it is first needed, and again whenever it must. No call takes longer than
/// [`Options::connect_timeout`] and [`Options::command_timeout`] together (both twice when a connection turns out to be stale).
#[derive(Clone)]
pub struct Redis {
    inner: Arc<Inner>,
}

struct Inner {
    info: ConnectionInfo,
    seal: Seal,
    options: Options,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Line>,
    in_use: usize,
    /// Until when nobody asks.
    paused: Option<Instant>,
    status: Status,
}

impl Redis {
    /// The longest name of a namespace, in bytes.
    pub const MAX_NAMESPACE_LEN: usize = 64;

    /// A handle to the server at `url`: `redis://[user:password@]host[:port][/database]` or
    /// `unix:///path[?db=…&user=…&pass=…]`; with `valkey` for `redis` it is the same. Nothing is asked yet.
    ///
    /// Sessions, strikes and ticket keys of different namespaces have nothing in common, not even with the same secret: give
    /// each fleet that serves the same hosts under the same configuration one of its own. 1 to
    /// [`Redis::MAX_NAMESPACE_LEN`] of the letters `A-Z a-z 0-9 . _ -`; it is visible in the names of keys, so that rights can be
    /// given by it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        url: &str,
        namespace: &str,
        secret: &OperatorSecret,
        provider: Provider,
        options: Options,
    ) -> Result<Self, OpenError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if namespace.is_empty() || namespace.len() > Self::MAX_NAMESPACE_LEN || !namespace.bytes().all(allowed) {
            return Err(OpenError::Namespace);
        }
        if url.starts_with("rediss:") || url.starts_with("valkeys:") {
            return Err(OpenError::Tls);
        }
        let info = url.into_connection_info().map_err(|_| OpenError::Url)?;
        let seal = Seal::new(secret, namespace, provider).map_err(OpenError::Crypto)?;
        let pool = Pool { status: Status { reachable: true, ..Status::default() }, ..Pool::default() };
        Ok(Self { inner: Arc::new(Inner { info, seal, options, pool: Mutex::new(pool), returned: Condvar::new() }) })
    }

    /// How it has gone so far.
    pub fn status(&self) -> Status {
        self.lock().status.clone()
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.inner.seal
    }

    /// What is under `name`, and no more than `max` bytes of it; `None` when there is nothing.
    pub(crate) fn read(&self, name: &str, max: usize) -> Result<Option<Vec<u8>>, Failure> {
        match self.ask(redis::cmd("GETRANGE").arg(name).arg(0).arg(max.saturating_sub(1)))? {
            Value::BulkString(bytes) if bytes.len() <= max => Ok(Some(bytes).filter(|bytes| !bytes.is_empty())),
            _ => Err(self.record(Failure::Reply)),
        }
    }

    /// Puts `value` under `name` for `ttl`.
    pub(crate) fn write(&self, name: &str, value: &[u8], ttl: Duration) -> Result<(), Failure> {
        match self.ask(redis::cmd("SET").arg(name).arg(value).arg("PX").arg(millis(ttl)))? {
            Value::Okay => Ok(()),
            _ => Err(self.record(Failure::Reply)),
        }
    }

    pub(crate) fn delete(&self, name: &str) -> Result<(), Failure> {
        match self.ask(redis::cmd("DEL").arg(name))? {
            Value::Int(_) => Ok(()),
            _ => Err(self.record(Failure::Reply)),
        }
    }

    /// Runs a script on one key, all at once as far as anybody else can see.
    pub(crate) fn run(&self, script: &str, name: &str, arguments: &[&[u8]]) -> Result<Value, Failure> {
        self.ask(redis::cmd("EVAL").arg(script).arg(1).arg(name).arg(arguments))
    }

    /// Counts a failure, tells the operator of it, and gives it back.
    pub(crate) fn record(&self, failure: Failure) -> Failure {
        {
            let mut pool = self.lock();
            match failure {
                Failure::Paused => pool.status.skipped = pool.status.skipped.saturating_add(1),
                _ => pool.status.failures = pool.status.failures.saturating_add(1),
            }
            if failure == Failure::Forged {
                pool.status.forged = pool.status.forged.saturating_add(1);
            }
            if failure != Failure::Paused {
                pool.status.last = Some(failure.clone());
            }
        }
        // Without the lock: whoever is told may ask for the status.
        if let Some(on_error) = self.inner.options.on_error.as_ref().filter(|_| failure != Failure::Paused) {
            on_error(&failure);
        }
        failure
    }

    fn ask(&self, command: &Cmd) -> Result<Value, Failure> {
        self.try_ask(command).map_err(|failure| self.record(failure))
    }

    fn try_ask(&self, command: &Cmd) -> Result<Value, Failure> {
        let mut lease = self.lease()?;
        let mut answer = match lease.line.take() {
            Some(line) => lease.ask(line, command),
            None => lease.connect().and_then(|line| lease.ask(line, command)),
        };
        // The server was restarted, or has no patience with idle connections: all that waited here are as stale as this one.
        // What was asked may have been done already. Then a session is taken and a strike is there: the second answer says so,
        // and the worst of it is a full handshake.
        if lease.reused && answer.as_ref().is_err_and(Failure::was_gone) {
            self.lock().idle.clear();
            answer = lease.connect().and_then(|line| lease.ask(line, command));
        }
        self.settle(answer.as_ref().err());
        answer
    }

    /// The right to use a connection, and one that is idle if there is any.
    fn lease(&self) -> Result<Lease<'_>, Failure> {
        let deadline = Instant::now() + self.inner.options.command_timeout;
        let mut pool = self.lock();
        loop {
            let now = Instant::now();
            if let Some(until) = pool.paused {
                if now < until {
                    return Err(Failure::Paused);
                }
                // This one tries whether the server is back. The others go on without until it knows.
                pool.paused = Some(now + self.inner.options.pause);
            }
            let line = pool.idle.pop();
            if line.is_some() || pool.in_use < self.inner.options.connections {
                pool.in_use = pool.in_use.saturating_add(1);
                return Ok(Lease { redis: self, reused: line.is_some(), line });
            }
            let left = deadline.checked_duration_since(now).filter(|left| !left.is_zero()).ok_or(Failure::Busy)?;
            pool = self.inner.returned.wait_timeout(pool, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What an answer, or that there was none, means for whoever asks next.
    fn settle(&self, failure: Option<&Failure>) {
        let mut pool = self.lock();
        if failure.is_some_and(Failure::pauses) {
            pool.paused = Some(Instant::now() + self.inner.options.pause);
            pool.idle.clear();
            pool.status.reachable = false;
            self.inner.returned.notify_all();
        } else {
            pool.paused = None;
            pool.status.reachable = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        // Nothing in here panics half-way.
        self.inner.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the pool, which is given back on every way out.
struct Lease<'a> {
    redis: &'a Redis,
    line: Option<Line>,
    reused: bool,
}

impl Lease<'_> {
    fn connect(&self) -> Result<Line, Failure> {
        Line::connect(&self.redis.inner.info, Instant::now() + self.redis.inner.options.connect_timeout)
    }

    /// Asks, and keeps the connection if it can be used again.
    fn ask(&mut self, mut line: Line, command: &Cmd) -> Result<Value, Failure> {
        let answer = line.ask(command, Instant::now() + self.redis.inner.options.command_timeout);
        self.line = Some(line).filter(|_| matches!(answer, Ok(_) | Err(Failure::Server(_))));
        answer
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut pool = self.redis.lock();
        pool.in_use = pool.in_use.saturating_sub(1);
        pool.idle.extend(self.line.take());
        self.redis.inner.returned.notify_one();
    }
}

/// As Redis has it: at least 1, because nothing is kept for no time.
pub(crate) fn millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, MAX_TTL_MILLIS)
}

/// The longest that anything is kept, in milliseconds: four weeks, more than any session or key lives. Redis refuses times
/// that overflow.
const MAX_TTL_MILLIS: u64 = 28 * 24 * 60 * 60 * 1000;

/// Nothing secret: a URL can have a password in it.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// Why there is no handle to a server. None of them says what was in the URL: it can have a password in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// It is not the URL of a Redis server.
    Url,
    /// `rediss://`: connections under TLS are not made here. Run Redis beside the server on a Unix socket, or a tunnel.
    Tls,
    /// The namespace is empty, too long, or has other letters in it than those that [`Redis::open`] names.
    Namespace,
    /// The provider cannot seal.
    Crypto(CryptoError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => f.write_str("not the URL of a Redis server"),
            Self::Tls => f.write_str("connections to Redis under TLS are not made here"),
            Self::Namespace => {
                write!(f, "a namespace is 1 to {} letters, digits, `.`, `_` and `-`", Redis::MAX_NAMESPACE_LEN)
            }
            Self::Crypto(error) => write!(f, "values for Redis cannot be sealed: {error}"),
        }
    }
}

impl error::Error for OpenError {}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast::rustcrypto::provider;

    fn open(url: &str, namespace: &str) -> Result<Redis, OpenError> {
        let secret = OperatorSecret::new(&[7; 32]).unwrap();
        Redis::open(url, namespace, &secret, provider(), Options::default())
    }

    #[test]
    fn urls_and_namespaces() {
        for url in ["redis://127.0.0.1", "redis://u:p@[::1]:7000/3", "valkey://host", "unix:///run/redis.sock?db=1"] {
            assert!(open(url, "shop").is_ok(), "{url}");
        }
        for url in ["", "127.0.0.1:6379", "http://127.0.0.1", "redis://127.0.0.1/x"] {
            assert_eq!(open(url, "shop").err(), Some(OpenError::Url), "{url}");
        }
        assert_eq!(open("rediss://127.0.0.1", "shop").err(), Some(OpenError::Tls));
        for namespace in ["", "a:b", "a*", "a b", "ä", &"a".repeat(65)] {
            assert_eq!(open("redis://127.0.0.1", namespace).err(), Some(OpenError::Namespace), "{namespace}");
        }
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_no_password_and_no_secret() {
        let printed = format!("{:?}", open("redis://user:hunter2@127.0.0.1", "shop").unwrap());
        assert!(printed.starts_with("Redis") && !printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn times_are_as_redis_takes_them() {
        assert_eq!(millis(Duration::ZERO), 1);
        assert_eq!(millis(Duration::from_millis(1500)), 1500);
        assert_eq!(millis(Duration::MAX), MAX_TTL_MILLIS);
    }
}
