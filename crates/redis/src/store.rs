//! Sessions, which several processes resume.

use crate::seal::{Kind, OVERHEAD};
use crate::{Failure, Redis};
use redis::Value;
use std::time::Duration;
use zeroize::Zeroizing;

/// Keeps sessions in Redis under their IDs.
///
/// The ID is the session ID of TLS 1.2, or what a client of TLS 1.3 has for a ticket, and always
/// [`SessionStore::ID_LEN`] random bytes. What is in Redis under a hash of it is sealed.
///
/// Whether a session is still good, the engine checks when it comes back: its age by the server's own clock, its trust, its
/// name. That it leaves Redis in time is for Redis's sake.
///
/// A session that is taken is gone, so taking the ticket of a flight with early data shows that it comes for the first time. It
/// needs no time to get warm; but a server that is restored from a snapshot, or a replica that was promoted before it knew, gives
/// what was taken once more. A [`StrikeRegister`](crate::StrikeRegister) notices both.
#[derive(Clone, Debug)]
pub struct SessionStore {
    redis: Redis,
}

impl SessionStore {
    /// The length of every ID, in bytes.
    pub const ID_LEN: usize = 32;

    /// The longest state that is kept, in bytes. A longer one, of a client with a very long chain of certificates, is not.
    pub const MAX_STATE_LEN: usize = 65_535;

    /// A store in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// Keeps `state` under `id` for `ttl`, at most four weeks. What was there before is gone.
    ///
    /// # Errors
    /// [`Failure`]; then it is not kept.
    pub fn put(&self, id: &[u8], state: &[u8], ttl: Duration) -> Result<(), Failure> {
        if id.len() != Self::ID_LEN || state.len() > Self::MAX_STATE_LEN {
            return Err(self.redis.record(Failure::Length));
        }
        let name = self.name(id)?;
        let sealed =
            self.redis.seal().seal(Kind::Session, id, state).map_err(|error| self.redis.record(error.into()))?;
        self.redis.write(&name, &sealed, ttl)
    }

    /// What is kept under `id`, and stays there. An ID of another length is none that was ever given out; Redis is not asked.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn peek(&self, id: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        if id.len() != Self::ID_LEN {
            return Ok(None);
        }
        let sealed = self.redis.read(&self.name(id)?, MAX_SEALED_LEN)?;
        sealed.map(|sealed| self.open(id, &sealed)).transpose()
    }

    /// What is kept under `id`, and is gone after that: of all that take the same ID, in this process or another, one gets
    /// it.
    ///
    /// # Errors
    /// [`Failure`]; it may be gone or not.
    pub fn take(&self, id: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        if id.len() != Self::ID_LEN {
            return Ok(None);
        }
        let max = MAX_SEALED_LEN.to_string();
        match self.redis.run(TAKE, &self.name(id)?, &[max.as_bytes()])? {
            Value::Nil => Ok(None),
            Value::BulkString(sealed) => self.open(id, &sealed).map(Some),
            _ => Err(self.redis.record(Failure::Reply)),
        }
    }

    /// Nothing is kept under `id` any more.
    ///
    /// # Errors
    /// [`Failure`]; it may be gone or not.
    pub fn forget(&self, id: &[u8]) -> Result<(), Failure> {
        if id.len() != Self::ID_LEN {
            return Ok(());
        }
        self.redis.delete(&self.name(id)?)
    }

    fn name(&self, id: &[u8]) -> Result<String, Failure> {
        self.redis.seal().name(Kind::Session, id).map_err(|error| self.redis.record(error.into()))
    }

    fn open(&self, id: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.redis.seal().open(Kind::Session, id, sealed).ok_or_else(|| self.redis.record(Failure::Forged))
    }
}

const MAX_SEALED_LEN: usize = SessionStore::MAX_STATE_LEN + OVERHEAD;

/// A value that is longer than any of ours goes as well, but is not sent.
const TAKE: &str = "
if redis.call('STRLEN', KEYS[1]) > tonumber(ARGV[1]) then
    redis.call('DEL', KEYS[1])
    return false
end
return redis.call('GETDEL', KEYS[1])";
