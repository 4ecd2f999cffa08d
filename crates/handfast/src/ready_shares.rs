//! Key shares that are made ahead.

use alloc::{boxed::Box, collections::VecDeque, sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::{CryptoError, Exchange, Group, Provider, Random};
use handfast_handshake::Ahead;
use handfast_wire::NamedGroup;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Key shares for the handshakes of clients that are still to come ([`ClientConfigBuilder::ready_shares`]), a bounded number of
/// each group. A share costs the most of what a client does before its first byte leaves; whoever has time calls
/// [`ReadyShares::fill`], and the handshakes take what is there.
///
/// ```
/// use handfast::{ClientConfig, ReadyShares, wire::NamedGroup};
/// # use std::sync::Arc;
/// let provider = handfast::rustcrypto::provider();
/// let pool = Arc::new(ReadyShares::new(&provider, [NamedGroup::X25519MLKEM768, NamedGroup::X25519], 16));
/// let config = ClientConfig::builder().ready_shares(pool.clone());
/// // When there is nothing else to do:
/// assert_eq!(pool.fill()?, 32); // 16 of each group
/// # Ok::<(), handfast::crypto::CryptoError>(())
/// ```
///
/// Each share leaves once, and its private key is wiped with the connection. After a `fork` only the parent's handshakes take
/// the shares that were there; the child drops them and begins with none. It knows itself by the number of its process. Where a
/// number comes twice it cannot see that: a virtual machine that is restored twice, a child that is the first process of a
/// namespace as its parent was, a grandchild that gets the number of a grandparent that is gone. Make a new pool there.
///
/// The shares are made by the provider that [`ReadyShares::new`] is given, whatever the configuration has: give it the same.
///
/// The private keys of connections that are yet to be made lie in memory for as long as they wait. So the pool is better small
/// and filled often.
///
/// [`ClientConfigBuilder::ready_shares`]: crate::ClientConfigBuilder::ready_shares
pub struct ReadyShares {
    capacity: usize,
    random: Arc<dyn Random>,
    inner: Mutex<Inner>,
    process: fn() -> u32,
}

struct Inner {
    /// The process that made what is there.
    process: u32,
    shelves: Vec<Shelf>,
}

/// The shares of a group, the oldest first, which is the first to leave.
struct Shelf {
    group: &'static dyn Group,
    shares: VecDeque<Box<dyn Exchange>>,
}

impl ReadyShares {
    /// The most shares of a group that are kept.
    pub const MAX_CAPACITY: usize = 1_024;

    /// An empty pool for up to `capacity` shares of each of these groups, at most [`ReadyShares::MAX_CAPACITY`]. Groups that the
    /// provider does not have are left out.
    pub fn new(provider: &Provider, groups: impl IntoIterator<Item = NamedGroup>, capacity: usize) -> Self {
        Self::of_process(provider, groups, capacity, process::id)
    }

    fn of_process(
        provider: &Provider,
        groups: impl IntoIterator<Item = NamedGroup>,
        capacity: usize,
        process: fn() -> u32,
    ) -> Self {
        let mut shelves: Vec<Shelf> = Vec::new();
        for group in groups.into_iter().filter_map(|name| provider.group(name)) {
            if shelves.iter().all(|shelf| shelf.group.name() != group.name()) {
                shelves.push(Shelf { group, shares: VecDeque::new() });
            }
        }
        let inner = Mutex::new(Inner { process: process(), shelves });
        Self { capacity: capacity.min(Self::MAX_CAPACITY), random: provider.random.clone(), inner, process }
    }

    /// Makes shares until every group has as many as it may have, or as many as there is room for were made, because they were
    /// taken as fast; says how many. Handshakes may go on meanwhile; where one is at the pool at the same moment, filling ends
    /// early, and the next call goes on.
    ///
    /// # Errors
    /// As [`Group::start`]; what was made before is kept.
    pub fn fill(&self) -> Result<usize, CryptoError> {
        let mut made = 0;
        let most = self.own().map_or(0, |inner| inner.shelves.len().saturating_mul(self.capacity));
        // The lock is not held while a share is made.
        while made < most
            && let Some(group) = self.lacking()
        {
            let share = group.start(&*self.random)?;
            if !self.put(group.name(), share) {
                break;
            }
            made += 1;
        }
        Ok(made)
    }

    /// How many shares of this group there are; 0 also at a moment at which somebody else is at the pool.
    pub fn len(&self, group: NamedGroup) -> usize {
        let Some(inner) = self.own() else { return 0 };
        inner.shelves.iter().find(|shelf| shelf.group.name() == group).map_or(0, |shelf| shelf.shares.len())
    }

    /// A group with fewer shares than it may have.
    fn lacking(&self) -> Option<&'static dyn Group> {
        let inner = self.own()?;
        inner.shelves.iter().find(|shelf| shelf.shares.len() < self.capacity).map(|shelf| shelf.group)
    }

    /// Keeps a share, unless somebody else has filled the shelf or has the lock.
    fn put(&self, group: NamedGroup, share: Box<dyn Exchange>) -> bool {
        let Some(mut inner) = self.own() else { return false };
        let shelf = inner.shelves.iter_mut().find(|shelf| shelf.group.name() == group);
        let Some(shelf) = shelf.filter(|shelf| shelf.shares.len() < self.capacity) else { return false };
        shelf.shares.push_back(share);
        true
    }

    /// What there is, which is of this process then. Nobody waits for the lock: a thread that held it at a `fork` is not there in
    /// the child, and would never give it back.
    fn own(&self) -> Option<MutexGuard<'_, Inner>> {
        let mut inner = match self.inner.try_lock() {
            Ok(inner) => inner,
            // Whatever a list is like after a panic, it is whole.
            Err(TryLockError::Poisoned(error)) => PoisonError::into_inner(error),
            Err(TryLockError::WouldBlock) => return None,
        };
        let process = (self.process)();
        if inner.process != process {
            inner.shelves.iter_mut().for_each(|shelf| shelf.shares.clear());
            inner.process = process;
        }
        Some(inner)
    }
}

impl Ahead for ReadyShares {
    fn take(&self, group: NamedGroup) -> Option<Box<dyn Exchange>> {
        self.own()?.shelves.iter_mut().find(|shelf| shelf.group.name() == group)?.shares.pop_front()
    }
}

impl fmt::Debug for ReadyShares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadyShares").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};
    use handfast_rustcrypto::provider;
    use std::thread;

    const GROUPS: [NamedGroup; 2] = [NamedGroup::X25519, NamedGroup::SECP256R1];

    #[test]
    fn each_share_leaves_once_and_the_oldest_first() {
        let pool = ReadyShares::new(&provider(), GROUPS, 3);
        assert!(pool.take(NamedGroup::X25519).is_none());
        assert_eq!(pool.fill(), Ok(6));
        assert_eq!(pool.fill(), Ok(0));
        let own: Vec<_> = pool.inner.lock().unwrap().shelves[0].shares.iter().map(|one| one.share().to_vec()).collect();
        let taken: Vec<_> =
            core::iter::from_fn(|| pool.take(NamedGroup::X25519)).map(|one| one.share().to_vec()).collect();
        assert_eq!(taken, own);
        assert!(own[0] != own[1] && own[1] != own[2] && own[2] != own[0]);
        assert_eq!((pool.len(NamedGroup::X25519), pool.len(NamedGroup::SECP256R1)), (0, 3));
        assert_eq!(pool.fill(), Ok(3));
    }

    #[test]
    fn a_pool_has_bounds_and_no_group_twice() {
        let names = [NamedGroup::X25519, NamedGroup(0x1a1a), NamedGroup::X25519];
        let pool = ReadyShares::new(&provider(), names, usize::MAX);
        assert_eq!(pool.fill(), Ok(ReadyShares::MAX_CAPACITY));
        assert!(pool.take(NamedGroup(0x1a1a)).is_none());
        assert_eq!(ReadyShares::new(&provider(), names, 0).fill(), Ok(0));
    }

    /// The number of the process stands in for a `fork`, which safe code cannot make.
    #[test]
    fn a_child_takes_nothing_of_its_parent() {
        static PROCESS: AtomicU32 = AtomicU32::new(1);
        let pool = ReadyShares::of_process(&provider(), GROUPS, 2, || PROCESS.load(Ordering::Relaxed));
        assert_eq!(pool.fill(), Ok(4));
        PROCESS.store(2, Ordering::Relaxed);
        assert!(GROUPS.iter().all(|group| pool.take(*group).is_none()));
        assert_eq!(pool.fill(), Ok(4));
        // Whoever was here before had those of the parent.
        PROCESS.store(1, Ordering::Relaxed);
        assert_eq!(pool.len(NamedGroup::X25519), 0);
    }

    /// Nor does it wait for a thread that is not there.
    #[test]
    fn nobody_waits_for_the_lock() {
        let pool = ReadyShares::new(&provider(), GROUPS, 2);
        assert_eq!(pool.fill(), Ok(4));
        let held = pool.inner.lock().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                assert!(pool.take(NamedGroup::X25519).is_none());
                assert_eq!(pool.fill(), Ok(0));
            });
        });
        drop(held);
        assert!(pool.take(NamedGroup::X25519).is_some());
    }

    #[test]
    fn it_is_of_this_process() {
        assert_eq!((ReadyShares::new(&provider(), GROUPS, 1).process)(), process::id());
    }
}
