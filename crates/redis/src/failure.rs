//! What went wrong between a server and Redis, for the operator: a peer never hears of it.

use core::{error, fmt};
use handfast::crypto::CryptoError;
use std::io;

/// Why Redis was of no help. The handshake goes on without it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// It cannot be connected to, did not answer in time, or went away.
    Unreachable(io::ErrorKind),
    /// It wants to know who we are, or does not have this database: what it said to AUTH or SELECT.
    Login(String),
    /// It failed not long ago and was not asked; see [`Options::pause`](crate::Options::pause).
    Paused,
    /// All connections were in use for as long as a command may take.
    Busy,
    /// It answered with an error, for instance `OOM` (it is full and evicts nothing), `NOPERM` (the user may not do this),
    /// `READONLY` (it is a replica).
    Server(String),
    /// What it sent is no answer to what was asked, or is too long.
    Reply,
    /// A value that nobody with the secret has sealed as what it is found as: it was damaged, or somebody who may write to
    /// Redis tries.
    Forged,
    /// The register's clock and this server's are further apart than [`StrikeRegister::CLOCK_ALLOWANCE`]: set them.
    ///
    /// [`StrikeRegister::CLOCK_ALLOWANCE`]: crate::StrikeRegister::CLOCK_ALLOWANCE
    Clocks,
    /// What was to be kept is longer than [`SessionStore::MAX_STATE_LEN`](crate::SessionStore::MAX_STATE_LEN), or its ID is not
    /// [`SessionStore::ID_LEN`](crate::SessionStore::ID_LEN) bytes.
    Length,
    /// Cryptography or randomness failed.
    Crypto(CryptoError),
}

impl Failure {
    /// Whether asking again at once would cost as much and bring as little.
    pub(crate) const fn pauses(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Login(_) | Self::Reply)
    }

    /// Whether the connection had gone before it was used: a server that was restarted, or has no patience with idle ones.
    pub(crate) const fn was_gone(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
        matches!(
            self,
            Self::Unreachable(BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
        )
    }

    /// An error message of the server, which may be anything: escaped, and cut.
    pub(crate) fn quote(message: &str) -> String {
        message.chars().flat_map(char::escape_default).take(MAX_MESSAGE).collect()
    }
}

/// How much of a server's error message is kept, in characters.
const MAX_MESSAGE: usize = 160;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(kind) => write!(f, "Redis is out of reach: {kind}"),
            Self::Login(message) => write!(f, "Redis refuses the login: {message}"),
            Self::Paused => f.write_str("Redis has just failed and was not asked"),
            Self::Busy => f.write_str("all connections to Redis were in use"),
            Self::Server(message) => write!(f, "Redis says: {message}"),
            Self::Reply => f.write_str("Redis sent what is no answer"),
            Self::Forged => f.write_str("a value in Redis is not authentic"),
            Self::Clocks => f.write_str("the clocks of this server and of Redis are too far apart"),
            Self::Length => f.write_str("a session or its ID has a length that is not kept"),
            Self::Crypto(error) => write!(f, "a value for Redis: {error}"),
        }
    }
}

impl error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Unreachable(match error.kind() {
            // Which of the two a socket says whose time is up depends on the system.
            io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut,
            kind => kind,
        })
    }
}

impl From<CryptoError> for Failure {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

/// How it has gone so far, for whoever watches over a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// How often Redis was asked, or a value for it made, and that failed.
    pub failures: u64,
    /// How often it was not asked because it had failed just before.
    pub skipped: u64,
    /// How many values came back that were not authentic. They are counted among the failures as well.
    pub forged: u64,
    /// Whether it is being asked: `false` from a failure to reach it until it answers again.
    pub reachable: bool,
    /// The last failure.
    pub last: Option<Failure>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_escaped_and_cut() {
        let quoted = Failure::quote(&"ERR \u{1b}[31m\u{202e}é".repeat(100));
        assert!(quoted.starts_with("ERR \\u{1b}[31m\\u{202e}\\u{e9}"), "{quoted}");
        assert_eq!(quoted.len(), MAX_MESSAGE);
    }

    #[test]
    fn time_that_is_up_has_one_name() {
        for kind in [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut] {
            assert_eq!(Failure::from(io::Error::from(kind)), Failure::Unreachable(io::ErrorKind::TimedOut));
        }
    }
}
