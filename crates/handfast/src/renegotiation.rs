//! How often a peer may renegotiate.

use crate::Clock;
use crate::legacy::RenegotiationLimit;
use alloc::{collections::VecDeque, sync::Arc};

/// Counts the renegotiations of one connection that the peer began, and knows whether this side waits for one.
#[derive(Default)]
pub(crate) struct Count {
    /// This side has asked for one that is not complete.
    pub(crate) asked: bool,
    disabled: bool,
    terms: Option<(RenegotiationLimit, Arc<dyn Clock>)>,
    /// When they began, in seconds since 1970; never more than the limit.
    began: VecDeque<u64>,
}

impl Count {
    pub(crate) fn new(limit: Option<RenegotiationLimit>, clock: &Arc<dyn Clock>) -> Self {
        Self { terms: limit.map(|limit| (limit, clock.clone())), ..Self::default() }
    }

    /// Goes on with what another configuration allows, unless all of it is disabled.
    pub(crate) fn configure(&mut self, other: Self) {
        if !self.disabled {
            *self = other;
        }
    }

    /// From here on every one is too many.
    pub(crate) fn disable(&mut self) {
        self.disabled = true;
        self.terms = None;
    }

    /// Whether one may begin at all.
    pub(crate) fn is_enabled(&self) -> bool {
        self.terms.is_some()
    }

    /// Takes one out of what is allowed, if there is any left. One that this side has asked for costs nothing.
    pub(crate) fn take(&mut self) -> bool {
        let Some((limit, clock)) = &self.terms else { return false };
        if self.asked {
            return true;
        }
        let now = clock.now().as_secs();
        while self.began.front().is_some_and(|began| now.saturating_sub(*began) >= limit.seconds) {
            self.began.pop_front();
        }
        if self.began.len() >= limit.count as usize {
            return false;
        }
        self.began.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU64, Ordering};
    use core::time::Duration;
    use pki_types::UnixTime;

    struct Moving(AtomicU64);

    impl Clock for Moving {
        fn now(&self) -> UnixTime {
            UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Ordering::Relaxed)))
        }
    }

    /// docs/regressions.md row 17: three in ten minutes.
    #[test]
    fn one_too_many_is_refused_until_the_window_has_moved() {
        let moving = Arc::new(Moving(AtomicU64::new(1000)));
        let clock: Arc<dyn Clock> = moving.clone();
        let mut count = Count::new(Some(RenegotiationLimit::default()), &clock);
        assert_eq!([count.take(), count.take(), count.take(), count.take()], [true, true, true, false]);
        moving.0.store(1599, Ordering::Relaxed);
        assert!(!count.take());
        moving.0.store(1600, Ordering::Relaxed);
        assert!(count.take());
        count.asked = true;
        assert!([count.take(), count.take(), count.take()].iter().all(|taken| *taken));
        count.asked = false;
        assert_eq!([count.take(), count.take(), count.take()], [true, true, false]);
        count.disable();
        moving.0.store(9000, Ordering::Relaxed);
        assert!(!count.take() && !count.is_enabled());
    }

    #[test]
    fn without_a_limit_there_is_none() {
        assert!(!Count::default().take());
    }
}
