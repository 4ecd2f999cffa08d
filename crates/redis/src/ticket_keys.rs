//! Ticket keys, which several processes change together.

use crate::seal::{Kind, OVERHEAD};
use crate::{Failure, Redis, client};
use handfast::Ticketer;
use handfast::crypto::CryptoError;
use handfast::pki_types::UnixTime;
use redis::Value;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use zeroize::Zeroizing;

/// Gives the [`Ticketer`]s of a fleet the same keys, and new ones on schedule.
///
/// Time is cut into generations of one rotation each, counted from 1970, and each has a key. It seals during its generation
/// and opens during the one after. It is made before its time by whichever process finds first that it is due, so that all
/// have it when its time comes. No process is special, and none has to run.
///
/// Which generation it is, the server's clock says and nothing else; a key is sealed for its generation and taken for no other.
/// So nobody who may write to Redis can bring back an older key, or make one.
///
/// | Redis | what happens |
/// |---|---|
/// | lost everything | the first process that notices puts the key back that all have |
/// | is out of reach | the last keys go on until the time of the last is over, one rotation after the next would have taken its place |
/// | is out of reach for longer, or from the start | the process makes keys of its own: its tickets mean full handshakes elsewhere. When Redis is back it takes the key of the fleet, and still opens what it has sealed |
pub struct TicketKeys {
    redis: Redis,
    /// Seconds.
    rotation: u64,
    ring: Mutex<Vec<Key>>,
}

/// A key, and what is known about it.
#[derive(Clone)]
struct Key {
    generation: u64,
    /// When it begins to seal, in seconds since 1970.
    from: u64,
    /// Whether it is the one of its generation in Redis; one of each at most.
    shared: bool,
    bytes: Zeroizing<[u8; Ticketer::KEY_LEN]>,
}

/// What is in Redis for a generation.
enum Entry {
    Key(Key),
    /// Something that is none, or nothing when it is empty.
    Other(Vec<u8>),
}

/// Whose key seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sharing {
    /// The fleet's, as it is in Redis now.
    Shared,
    /// The fleet's, as it was when Redis was last reached.
    Last,
    /// This process's own.
    Own,
}

impl TicketKeys {
    /// The shortest rotation, in seconds.
    pub const MIN_ROTATION: u64 = 60;

    /// The longest rotation, in seconds: seven days, the longest life of a ticket (RFC 9846 §4.7.1).
    pub const MAX_ROTATION: u64 = 7 * 24 * 60 * 60;

    /// How long before its time a key is made, in seconds; a quarter of the rotation if that is less.
    pub const MAX_LEAD: u64 = 60 * 60;

    /// The longest time between two refreshes, in seconds; an eighth of the lead if that is less.
    pub const MAX_INTERVAL: u64 = 60;

    /// Keys that change every `rotation` seconds, for instance [`Ticketer::ROTATION`], brought into
    /// [`TicketKeys::MIN_ROTATION`] to [`TicketKeys::MAX_ROTATION`]. Processes with different rotations share no keys.
    pub fn new(redis: Redis, rotation: u64) -> Self {
        let rotation = rotation.clamp(Self::MIN_ROTATION, Self::MAX_ROTATION);
        Self { redis, rotation, ring: Mutex::new(Vec::new()) }
    }

    /// How often [`TicketKeys::refresh`] wants to be called.
    pub fn interval(&self) -> Duration {
        Duration::from_secs((self.lead() / 8).clamp(1, Self::MAX_INTERVAL))
    }

    /// Gives `ticketer` the keys of this time, after making and fetching what there is to make and to fetch. It waits for
    /// Redis; [`TicketKeys::keep`] does it in a thread of its own.
    pub fn refresh(&self, ticketer: &Ticketer, now: UnixTime) -> Sharing {
        let now = now.as_secs();
        let current = self.generation(now);
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        // What is past its time, and what was made for a time that a clock set right has taken back.
        ring.retain(|key| (current.saturating_sub(1)..=current.saturating_add(1)).contains(&key.generation));

        let previous = current.saturating_sub(1);
        if !ring.iter().any(|key| key.generation == previous && key.shared) {
            // Of what is on its way out none is made.
            if let Ok(Entry::Key(key)) = self.fetch(previous) {
                adopt(&mut ring, key);
            }
        }
        let reached = self.settle(&mut ring, current, now).is_ok();
        if self.start(current.saturating_add(1)).saturating_sub(now) <= self.lead() {
            // It is there the next time, or the one after: there is time for many.
            let _ = self.settle(&mut ring, current.saturating_add(1), now);
        }
        if sealing(&ring, current, now).is_none() {
            ring.extend(self.fresh(current, now));
        }
        self.give(ticketer, &ring, current, now, reached)
    }

    /// Hands over the keys: the one that seals first, then the others.
    fn give(&self, ticketer: &Ticketer, ring: &[Key], current: u64, now: u64, reached: bool) -> Sharing {
        // Without randomness there is none, and the ticketer has what it had.
        let Some(first) = sealing(ring, current, now) else { return Sharing::Own };
        let mut keys = Zeroizing::new(Vec::with_capacity(ring.len()));
        keys.push(*first.bytes);
        keys.extend(ring.iter().filter(|key| key.name() != first.name()).map(|key| *key.bytes));
        let until = Duration::from_secs(self.start(first.generation.saturating_add(2)));
        let taken = ticketer.set_keys_until(&keys, UnixTime::since_unix_epoch(until)).is_ok();
        match (taken && first.shared, reached) {
            (true, true) => Sharing::Shared,
            (true, false) => Sharing::Last,
            (false, _) => Sharing::Own,
        }
    }

    /// Sees to it that Redis and this process have the same key for a generation, whoever made it.
    fn settle(&self, ring: &mut Vec<Key>, generation: u64, now: u64) -> Result<(), Failure> {
        let there = match self.fetch(generation)? {
            Entry::Key(key) => {
                adopt(ring, key);
                return Ok(());
            }
            Entry::Other(there) => there,
        };
        // What was shared comes before what is only ours, and that before a new one.
        let known = ring.iter().filter(|key| key.generation == generation).max_by_key(|key| key.shared);
        let key = match known {
            Some(key) => key.clone(),
            None => self
                .fresh(generation, self.first_use(ring, generation, now))
                .ok_or(Failure::Crypto(CryptoError::Random))?,
        };
        if self.offer(&key, &there, now)? {
            adopt(ring, key);
            return Ok(());
        }
        // Somebody was faster, and theirs is as good.
        match self.fetch(generation)? {
            Entry::Key(key) => {
                adopt(ring, key);
                Ok(())
            }
            Entry::Other(_) => Err(Failure::Forged),
        }
    }

    /// What is in Redis for a generation.
    fn fetch(&self, generation: u64) -> Result<Entry, Failure> {
        let sealed = self.redis.read(&self.name(generation)?, MAX_SEALED_LEN)?.unwrap_or_default();
        if sealed.is_empty() {
            return Ok(Entry::Other(sealed));
        }
        let content = self.redis.seal().open(Kind::TicketKeys, &self.id(generation), &sealed);
        match content.and_then(|content| decode(generation, &content)) {
            Some(key) => Ok(Entry::Key(key)),
            None => {
                self.redis.record(Failure::Forged);
                Ok(Entry::Other(sealed))
            }
        }
    }

    /// Puts a key where `there` is or, when that is empty, nothing. Whether it did.
    fn offer(&self, key: &Key, there: &[u8], now: u64) -> Result<bool, Failure> {
        let id = self.id(key.generation);
        let sealed = self.redis.seal().seal(Kind::TicketKeys, &id, &encode(key));
        let sealed = sealed.map_err(|error| self.redis.record(error.into()))?;
        let end = self.start(key.generation.saturating_add(2));
        let ttl = client::millis(Duration::from_secs(end.saturating_sub(now))).to_string();
        let max = MAX_SEALED_LEN.saturating_sub(1).to_string();
        let arguments: [&[u8]; 4] = [there, &sealed, ttl.as_bytes(), max.as_bytes()];
        match self.redis.run(OFFER, &self.name(key.generation)?, &arguments)? {
            Value::Int(done) => Ok(done == 1),
            _ => Err(self.redis.record(Failure::Reply)),
        }
    }

    /// When a key that is made now begins to seal: when its generation does. If that has begun, and there is another to seal
    /// with, only after everybody has had the time to fetch it.
    fn first_use(&self, ring: &[Key], generation: u64, now: u64) -> u64 {
        let start = self.start(generation);
        let has_another = ring.iter().any(|key| key.shared && key.generation < generation);
        if now < start || !has_another {
            start
        } else {
            now.saturating_add(self.interval().as_secs().saturating_mul(2))
        }
    }

    fn fresh(&self, generation: u64, from: u64) -> Option<Key> {
        let made = self.redis.seal().provider().random.array().map(Zeroizing::new);
        match made {
            Ok(bytes) => Some(Key { generation, from, shared: false, bytes }),
            Err(error) => {
                self.redis.record(error.into());
                None
            }
        }
    }

    fn generation(&self, now: u64) -> u64 {
        now.checked_div(self.rotation).unwrap_or_default()
    }

    fn start(&self, generation: u64) -> u64 {
        generation.saturating_mul(self.rotation)
    }

    fn lead(&self) -> u64 {
        (self.rotation / 4).min(Self::MAX_LEAD)
    }

    /// Generations are only numbers of the same time with the same rotation.
    fn id(&self, generation: u64) -> [u8; 16] {
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(generation.to_be_bytes().into_iter().chain(self.rotation.to_be_bytes())) {
            *to = from;
        }
        id
    }

    fn name(&self, generation: u64) -> Result<String, Failure> {
        let name = self.redis.seal().name(Kind::TicketKeys, &self.id(generation));
        name.map_err(|error| self.redis.record(error.into()))
    }
}

impl Key {
    /// What its tickets begin with, in the clear.
    fn name(&self) -> &[u8] {
        self.bytes.get(..NAME_LEN).unwrap_or_default()
    }
}

/// Takes a key for the one of its generation. Another that was taken for it before still opens what it has sealed.
fn adopt(ring: &mut Vec<Key>, key: Key) {
    for other in ring.iter_mut().filter(|other| other.generation == key.generation) {
        other.shared = false;
    }
    match ring.iter_mut().find(|other| other.generation == key.generation && other.name() == key.name()) {
        Some(known) => known.shared = true,
        None => {
            let others = ring.iter().filter(|other| other.generation == key.generation).count();
            if others >= MAX_PER_GENERATION {
                let oldest = ring.iter().position(|other| other.generation == key.generation);
                oldest.map(|at| ring.remove(at));
            }
            ring.push(Key { shared: true, ..key });
        }
    }
}

/// The key that seals: the fleet's newest whose time has come; else one whose time is near, which the others will have soon;
/// else our own of this generation.
fn sealing(ring: &[Key], current: u64, now: u64) -> Option<&Key> {
    ring.iter()
        .filter(|key| key.shared && key.generation <= current)
        .max_by_key(|key| (key.from <= now, key.generation))
        .or_else(|| ring.iter().rfind(|key| key.generation == current))
}

/// `from` 8, key 48.
fn encode(key: &Key) -> Zeroizing<Vec<u8>> {
    let mut content = Zeroizing::new(Vec::with_capacity(CONTENT_LEN));
    content.extend_from_slice(&key.from.to_be_bytes());
    content.extend_from_slice(&*key.bytes);
    content
}

fn decode(generation: u64, content: &[u8]) -> Option<Key> {
    let (from, bytes) = content.split_first_chunk()?;
    let bytes: Zeroizing<[u8; Ticketer::KEY_LEN]> = Zeroizing::new(bytes.try_into().ok()?);
    // A secret of zeros is refused by every ticketer, and the others with it.
    bytes.get(NAME_LEN..)?.iter().any(|&byte| byte != 0).then_some(())?;
    Some(Key { generation, from: u64::from_be_bytes(*from), shared: true, bytes })
}

/// The length of a ticket key's name, in bytes.
const NAME_LEN: usize = 16;

const CONTENT_LEN: usize = 8 + Ticketer::KEY_LEN;

const MAX_SEALED_LEN: usize = CONTENT_LEN + OVERHEAD;

/// The most keys of one generation. More than one there is only where Redis was lost or out of reach.
const MAX_PER_GENERATION: usize = 4;

/// Whoever makes a key for a generation that has one, or whose entry was changed since it was read, has lost.
const OFFER: &str = "
if redis.call('GETRANGE', KEYS[1], 0, ARGV[4]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1";

/// Nothing secret.
impl std::fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TicketKeys").field("rotation", &self.rotation).finish_non_exhaustive()
    }
}
