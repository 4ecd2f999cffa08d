//! Sessions in tickets, which clients keep (RFC 5077).

use super::seal::{NAME_LEN, SealingKey};
use super::{Found, IssueQuestion, KeepSessions, Kept, SessionName};
use alloc::{collections::VecDeque, sync::Arc, vec::Vec};
use core::{error, fmt};
use handfast_crypto::{CryptoError, Provider};
use handfast_handshake::Keep;
use pki_types::UnixTime;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Seals sessions into tickets.
///
/// The key is random, made for the first ticket, and changed on schedule: the one before still opens what it has sealed.
/// Servers that shall take each other's tickets are given the same keys ([`Ticketer::set_keys`]), also while they run.
///
/// Whoever has the keys can take the place of either end of every connection that is resumed, and read those of TLS 1.2 that
/// were ever recorded.
pub struct Ticketer {
    provider: Provider,
    inner: Mutex<Inner>,
}

struct Inner {
    /// The first seals, all open.
    keys: VecDeque<Arc<SealingKey>>,
    /// When the first was made or given, in seconds since 1970; 0 before the first ticket.
    since: u64,
    /// How long a key seals, in seconds; `None` for keys that were given, which their owner changes.
    every: Option<u64>,
    /// When the first of the keys that were given will be gone, in seconds since 1970, where their owner knows.
    until: Option<u64>,
}

impl Inner {
    /// How long the first key will be there, in seconds: until the one after it has had its time.
    fn good_for(&self, now: u64) -> Option<u32> {
        let rotated = self.every.map(|every| self.since.saturating_add(every.saturating_mul(2)));
        Some(u32::try_from(rotated.or(self.until)?.saturating_sub(now)).unwrap_or(u32::MAX))
    }
}

impl Ticketer {
    /// How long a key of [`Ticketer::new`] seals, in seconds: twelve hours.
    pub const ROTATION: u64 = 12 * 60 * 60;

    /// The length of a key as Node and others have it, in bytes: 16 of name, 32 of secret.
    pub const KEY_LEN: usize = 48;

    /// The most keys that [`Ticketer::set_keys`] takes.
    pub const MAX_KEYS: usize = 16;

    /// A ticketer with a fresh key, which it changes every [`Ticketer::ROTATION`] seconds.
    pub fn new(provider: Provider) -> Self {
        Self::rotating(provider, Self::ROTATION)
    }

    /// A ticketer with a fresh key, which it changes every `seconds`. A ticket is taken as long as its key or the one after
    /// it seals, if the session is not too old by then.
    pub fn rotating(provider: Provider, seconds: u64) -> Self {
        Self {
            provider,
            inner: Mutex::new(Inner { keys: VecDeque::new(), since: 0, every: Some(seconds.max(1)), until: None }),
        }
    }

    /// A ticketer with these keys, which stay until they are changed with [`Ticketer::set_keys`].
    ///
    /// # Errors
    /// [`TicketKeyError`].
    pub fn with_keys(provider: Provider, keys: &[[u8; Self::KEY_LEN]]) -> Result<Self, TicketKeyError> {
        let keys = check(keys, &provider)?;
        Ok(Self { provider, inner: Mutex::new(Inner { keys, since: 0, every: None, until: None }) })
    }

    /// Other keys from here on: the first seals, all of them open. Put the new one in front and the old one behind it, and
    /// no client notices.
    ///
    /// # Errors
    /// [`TicketKeyError`], and the keys are as they were.
    pub fn set_keys(&self, keys: &[[u8; Self::KEY_LEN]]) -> Result<(), TicketKeyError> {
        self.give(keys, None)
    }

    /// As [`Ticketer::set_keys`], where the first key will be taken until then and no longer: its tickets say so.
    ///
    /// # Errors
    /// [`TicketKeyError`], and the keys are as they were.
    pub fn set_keys_until(&self, keys: &[[u8; Self::KEY_LEN]], until: UnixTime) -> Result<(), TicketKeyError> {
        self.give(keys, Some(until.as_secs()))
    }

    fn give(&self, keys: &[[u8; Self::KEY_LEN]], until: Option<u64>) -> Result<(), TicketKeyError> {
        let keys = check(keys, &self.provider)?;
        *self.lock() = Inner { keys, since: 0, every: None, until };
        Ok(())
    }

    /// The keys, the one that seals first. Whoever has them reads what is resumed. Empty when there is no randomness to make
    /// the first of.
    pub fn keys(&self) -> Zeroizing<Vec<[u8; Self::KEY_LEN]>> {
        let mut inner = self.lock();
        if inner.keys.is_empty() {
            inner.keys.extend(fresh(&self.provider));
        }
        Zeroizing::new(inner.keys.iter().map(|key| join(key)).collect())
    }

    /// Makes the first key, and moves on to a fresh one where it is time.
    fn rotate(&self, inner: &mut Inner, now: u64) {
        let Some(every) = inner.every else { return };
        if inner.since == 0 {
            inner.since = now;
        }
        let age = now.saturating_sub(inner.since);
        if age < every && !inner.keys.is_empty() {
            return;
        }
        // Without randomness the old key goes on.
        let Ok(key) = fresh(&self.provider) else { return };
        // Asleep for two rotations: what the old key has sealed is past its time as well.
        if age >= every.saturating_mul(2) {
            inner.keys.clear();
        }
        inner.keys.truncate(1);
        inner.keys.push_front(key);
        inner.since = now;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeepSessions for Ticketer {
    fn tickets(&self) -> bool {
        true
    }

    fn session_ids(&self) -> bool {
        false
    }

    fn issue(&self, question: &IssueQuestion, now: UnixTime) -> Kept {
        let (Keep::Ticket, Some(state)) = (question.keep(), question.state()) else { return Kept::Nothing };
        let (key, good_for) = {
            let mut inner = self.lock();
            self.rotate(&mut inner, now.as_secs());
            (inner.keys.front().cloned(), inner.good_for(now.as_secs()))
        };
        // A ticket that cannot be sealed is none, and the connection goes on.
        match key.map(|key| key.seal(&state, &*self.provider.random)) {
            Some(Ok(ticket)) => Kept::Ticket { ticket, good_for },
            _ => Kept::Nothing,
        }
    }

    fn resume(&self, name: SessionName<'_>, now: UnixTime) -> Option<Found> {
        let SessionName::Ticket(ticket) = name else { return None };
        let name = ticket.get(..NAME_LEN)?;
        let (key, is_first) = {
            let mut inner = self.lock();
            self.rotate(&mut inner, now.as_secs());
            let at = inner.keys.iter().position(|key| key.name == *name)?;
            (inner.keys.get(at)?.clone(), at == 0)
        };
        // A ticket under a key that is on its way out is replaced by one under the new.
        Some(Found { state: key.open(ticket)?, renew: !is_first })
    }
}

fn fresh(provider: &Provider) -> Result<Arc<SealingKey>, CryptoError> {
    let (name, secret) = (provider.random.array()?, Zeroizing::new(provider.random.array()?));
    Ok(Arc::new(SealingKey::new(name, &secret, provider)))
}

fn check(keys: &[[u8; Ticketer::KEY_LEN]], provider: &Provider) -> Result<VecDeque<Arc<SealingKey>>, TicketKeyError> {
    if keys.is_empty() || keys.len() > Ticketer::MAX_KEYS {
        return Err(TicketKeyError::Count(keys.len()));
    }
    keys.iter().map(|key| split(key, provider).map(Arc::new)).collect()
}

/// Names are for finding keys; a secret of zeros is one that somebody has forgotten to fill in.
fn split(key: &[u8; Ticketer::KEY_LEN], provider: &Provider) -> Result<SealingKey, TicketKeyError> {
    let mut halves = ([0; NAME_LEN], Zeroizing::new([0; 32]));
    let (name, secret) = key.split_at_checked(NAME_LEN).unwrap_or_default();
    for (to, from) in halves.0.iter_mut().zip(name).chain(halves.1.iter_mut().zip(secret)) {
        *to = *from;
    }
    let key = SealingKey::new(halves.0, &halves.1, provider);
    if secret.iter().all(|&byte| byte == 0) { Err(TicketKeyError::Zero) } else { Ok(key) }
}

fn join(key: &SealingKey) -> [u8; Ticketer::KEY_LEN] {
    let mut joined = [0; Ticketer::KEY_LEN];
    for (to, from) in joined.iter_mut().zip(key.name.iter().chain(key.secret())) {
        *to = *from;
    }
    joined
}

/// Why ticket keys were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TicketKeyError {
    /// None, or more than [`Ticketer::MAX_KEYS`].
    Count(usize),
    /// A secret of zeros.
    Zero,
}

impl fmt::Display for TicketKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count} ticket keys, where 1 to {} are taken", Ticketer::MAX_KEYS),
            Self::Zero => f.write_str("a ticket key is zero"),
        }
    }
}

impl error::Error for TicketKeyError {}

/// Nothing secret.
impl fmt::Debug for Ticketer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticketer").field("keys", &self.lock().keys.len()).finish_non_exhaustive()
    }
}
