//! The strike register: what early data has been seen (RFC 9846 §8.2).

use crate::seal::Kind;
use crate::{Failure, Redis};
use core::{error, fmt};
use redis::Value;
use std::time::Duration;

/// Remembers in Redis which flights with early data have come, so that none is taken twice by any server that shares it.
///
/// A strike is a hash, with the operator's secret, of the flight's binder. It is kept until a replay is refused by the age of
/// its ticket alone. Checking and striking are one script, so of any number of servers that see the same flight one takes
/// it.
///
/// # What it does when it has forgotten
///
/// A register that forgets would take replays. So it knows since when it remembers, and refuses all early data until
/// [`StrikeRegister::COLD`] has passed since then by Redis's own clock: what came before it began is too old by then. The
/// mark that says so is in the same key as the strikes, and names the run of the server that wrote it. Whatever makes Redis
/// forget, therefore takes the mark along or makes it another's: a key that was deleted, flushed or evicted, a restart, with or
/// without a snapshot or a log that lacks the last strikes, a replica that was promoted before it had them.
///
/// # What it asks for
///
/// * Clocks within [`StrikeRegister::CLOCK_ALLOWANCE`] of Redis's. A server whose clock is further off takes no early data.
/// * A Redis that has room for what comes in half a minute, about 150 bytes for each flight. With `maxmemory-policy noeviction` a
///   register that is full refuses early data; with another policy it can be evicted, and refuses early data as well.
/// * Nobody else who may write to it, see the [page of this crate](crate#who-may-write-to-redis).
///
/// A flight that was refused because Redis was out of reach is in no register. Its client sends the data again in the
/// ordinary way, and whoever recorded the flight can have it taken once by a server that reaches Redis, for as long as it
/// is fresh. A register in the memory of each process, asked as well, closes this for flights that come to the same one.
#[derive(Clone, Debug)]
pub struct StrikeRegister {
    redis: Redis,
}

impl StrikeRegister {
    /// The longest that a flight is fresh: from ten seconds before it is expected to ten seconds after.
    pub const WINDOW: Duration = Duration::from_secs(20);

    /// How far a server's clock may be from Redis's.
    pub const CLOCK_ALLOWANCE: Duration = Duration::from_secs(2);

    /// How long a register refuses everything after it has begun: one window, and what the clocks of the server that saw a
    /// flight first and of the one that sees it again can be apart from Redis's.
    pub const COLD: Duration =
        Duration::from_millis(Self::WINDOW.as_millis() as u64 + 2 * Self::CLOCK_ALLOWANCE.as_millis() as u64);

    /// The most strikes that are kept at a time. Half a minute of thirty thousand flights a second; beyond, early data is
    /// refused, because somebody has a ticket and a lot of time.
    pub const MAX_STRIKES: u32 = 1_000_000;

    /// How long a register is kept that nobody asks. The first that asks after that begins a new one, which is cold.
    pub const IDLE: Duration = Duration::from_secs(24 * 60 * 60);

    /// A register in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// Begins the register if it has not begun, so that its time runs before the first early data comes: call it when a
    /// server starts. `now` is the server's clock, in milliseconds since 1970.
    ///
    /// # Errors
    /// What a flight would be told that comes now for the first time: most often [`Struck::Cold`].
    pub fn begin(&self, now: u64) -> Result<(), Struck> {
        self.ask(&[], now, now)
    }

    /// Takes the flight with this verified `binder`, if nobody has before. From `expires` on a replay is refused by the age of its
    /// ticket, `now` is the server's clock, both in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Struck`]: the early data is to be refused, and the handshake goes on. A flight that comes while the register is cold is
    /// struck as well: it is refused, and stays so when the register is warm.
    pub fn strike(&self, binder: &[u8], expires: u64, now: u64) -> Result<(), Struck> {
        let window = u64::try_from(Self::WINDOW.as_millis()).unwrap_or(u64::MAX);
        if expires < now {
            return Err(Struck::Expired);
        }
        // How long the register is cold is made for this.
        if expires.saturating_sub(now) > window {
            return Err(Struck::TooLong);
        }
        match self.redis.seal().hash_of(Kind::Strikes, binder) {
            Ok(strike) => self.ask(&strike, now, expires),
            Err(error) => Err(Struck::Failed(self.redis.record(error.into()))),
        }
    }

    fn ask(&self, strike: &[u8], now: u64, expires: u64) -> Result<(), Struck> {
        let allowance = u64::try_from(Self::CLOCK_ALLOWANCE.as_millis()).unwrap_or(u64::MAX);
        let numbers = [
            u128::from(now),
            // A server whose clock is behind Redis's finds it fresh for so much longer.
            u128::from(expires.saturating_add(allowance)),
            u128::from(allowance),
            Self::COLD.as_millis(),
            u128::from(Self::MAX_STRIKES),
            Self::IDLE.as_millis(),
        ]
        .map(|number| number.to_string());
        let [now, expires, allowance, cold, most, idle] = numbers.each_ref().map(|number| number.as_bytes());
        let answer = self
            .redis
            .seal()
            .name(Kind::Strikes, b"")
            .map_err(|error| self.redis.record(error.into()))
            .and_then(|name| self.redis.run(STRIKE, &name, &[strike, now, expires, allowance, cold, most, idle]));
        match answer {
            Ok(Value::Int(FIRST)) => Ok(()),
            Ok(Value::Int(REPLAYED)) => Err(Struck::Replayed),
            Ok(Value::Int(COLD)) => Err(Struck::Cold),
            Ok(Value::Int(FULL)) => Err(Struck::Full),
            Ok(Value::Int(CLOCKS)) => Err(Struck::Failed(self.redis.record(Failure::Clocks))),
            Ok(_) => Err(Struck::Failed(self.redis.record(Failure::Reply))),
            Err(failure) => Err(Struck::Failed(failure)),
        }
    }
}

/// Why early data is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Struck {
    /// It was taken before, or came while the register was cold.
    Replayed,
    /// The register has not run for long enough to know.
    Cold,
    /// There is no room to remember it.
    Full,
    /// It is not fresh any more.
    Expired,
    /// It is fresh for longer than [`StrikeRegister::WINDOW`], for which the register is not made.
    TooLong,
    /// There is no answer.
    Failed(Failure),
}

impl fmt::Display for Struck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replayed => f.write_str("the early data was taken before"),
            Self::Cold => f.write_str("the strike register has not run for a whole window"),
            Self::Full => f.write_str("the strike register is full"),
            Self::Expired => f.write_str("the early data is not fresh any more"),
            Self::TooLong => f.write_str("the early data is fresh for longer than the strike register knows"),
            Self::Failed(failure) => failure.fmt(f),
        }
    }
}

impl error::Error for Struck {}

const FIRST: i64 = 0;
const REPLAYED: i64 = 1;
const COLD: i64 = 2;
const FULL: i64 = 3;
const CLOCKS: i64 = 4;

/// The register is a sorted set: strikes with the time until which they count, and a mark with the time since which all are
/// there, negated, so that the two do not meet when what is over is removed. All times are milliseconds since 1970 by Redis's
/// clock.
///
/// A mark that is not of this run, or is in the future, says nothing. The strikes beside it count.
///
/// What is added comes before everything else that is written: Redis looks for room only for the first.
const STRIKE: &str = "
local strike, mine, expires, allowance, cold, most, idle =
    ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if math.abs(mine - now) > allowance then
    return 4
end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if not run then
    return redis.error_reply('ERR INFO names no run_id')
end
local mark = 'run ' .. run
local since = redis.call('ZSCORE', KEYS[1], mark)
since = since and -tonumber(since)

local added, verdict = {}, 0
if not since or since > now then
    since = now
    added = {-now, mark}
end
if strike ~= '' then
    if redis.call('ZSCORE', KEYS[1], strike) then
        verdict = 1
    elseif redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf') >= most then
        verdict = 3
    else
        added[#added + 1] = expires
        added[#added + 1] = strike
    end
end
if verdict == 0 and now - since < cold then
    verdict = 2
end

local failed = nil
if #added > 0 then
    local done = redis.pcall('ZADD', KEYS[1], unpack(added))
    failed = type(done) == 'table' and done.err and done
end
if added[2] == mark then
    for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(0')) do
        if other ~= mark then
            redis.call('ZREM', KEYS[1], other)
        end
    end
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now)
redis.call('PEXPIRE', KEYS[1], idle)
return failed or verdict";
