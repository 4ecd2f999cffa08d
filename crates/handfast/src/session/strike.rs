//! The register of early data that was taken: a second copy of a flight is refused (RFC 9846 §8.2).

use super::{AntiReplay, EarlyDataQuestion};
use alloc::vec::Vec;
use core::{error, fmt};
use handfast_handshake::EarlyRefusal;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Remembers which flights of early data were taken, for as long as they could be taken again.
///
/// It is bounded and never forgets to make room: when it is full, early data is refused, and those connections lose nothing
/// but a round trip. A flight is known by its binder, a MAC over the whole ClientHello that was verified before; what a
/// client could change without the key of its session plays no part.
///
/// A register that starts with an empty memory cannot know what one before it has taken, so it refuses everything until
/// [`StrikeRegister::WINDOW`] has passed. It has no clock: it starts at the first time it is told, which is that of the first
/// flight, unless [`StrikeRegister::started`] or [`StrikeRegister::warm_since`] has said more.
///
/// Time that it was told once stays true. After a clock has gone back, early data is refused until it has caught up; one
/// that was far ahead by mistake needs another register.
///
/// All servers that open the same tickets need the same register; where each has its own, a flight is taken once by each.
pub struct StrikeRegister {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    struck: HashSet<Flight>,
    /// The same flights by the slice of time in which they expire.
    slices: BTreeMap<u64, Vec<Flight>>,
    /// Since when nobody has taken early data that is not in here.
    since: Option<u64>,
    /// The latest time that anybody has told.
    latest: u64,
}

/// The front of a binder. A binder of SHA-384 is longer, but this much of a MAC is as good as all of it.
type Flight = [u8; 32];

impl StrikeRegister {
    /// How long a flight can be taken at most, in milliseconds: from one end of what counts as fresh to the other.
    pub const WINDOW: u64 = 20_000;

    /// How far the clock may go back, in milliseconds: between two connections that read it at almost the same time, or where
    /// the system adjusts it a little.
    pub const CLOCK_TOLERANCE: u64 = 1_000;

    /// How many flights [`StrikeRegister::default`] remembers: 5,000 a second over a whole window, in some 10 megabytes.
    pub const DEFAULT_CAPACITY: usize = 100_000;

    /// A register for so many flights.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::new(Inner::default()) }
    }

    /// The same register with its clock running since `now`, in milliseconds since 1970: for a server that says when it
    /// starts, so that its first client does not wait for the window alone.
    pub fn started(self, now: u64) -> Self {
        self.with(|inner| {
            inner.since = Some(now);
            inner.latest = inner.latest.max(now);
        })
    }

    /// The same register, where no other that has lost its memory has taken early data since `time`, in milliseconds since
    /// 1970: [`StrikeRegister::WINDOW`] after that it is warm. For ticket keys that no server before this one had, it is the
    /// time at which they were made.
    ///
    /// With a time that is too early, early data may be taken twice.
    pub fn warm_since(self, time: u64) -> Self {
        self.with(|inner| inner.since = Some(time))
    }

    /// How many flights it holds, those included that have just expired.
    pub fn len(&self) -> usize {
        self.lock().struck.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the flight with this verified `binder`, 32 to 48 bytes, if nobody has before. After `expires`, which is the same
    /// for every copy, its age alone refuses it. Both times are in milliseconds since 1970.
    ///
    /// Takes constant time, amortised, however full the register is.
    ///
    /// # Errors
    /// [`Struck`]: the early data is to be refused and the handshake goes on. A flight that was refused for the cold stays
    /// refused.
    pub fn strike(&self, binder: &[u8], expires: u64, now: u64) -> Result<(), Struck> {
        self.lock().strike(flight(binder), expires, now, self.capacity)
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(self.inner.get_mut().unwrap_or_else(PoisonError::into_inner));
        self
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here panics half-way; and a flight that got no further than `struck` is refused for good.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn strike(&mut self, flight: Flight, expires: u64, now: u64, capacity: usize) -> Result<(), Struck> {
        let since = *self.since.get_or_insert(now);
        if now.saturating_add(StrikeRegister::CLOCK_TOLERANCE) < self.latest {
            return Err(Struck::ClockWentBack);
        }
        self.latest = self.latest.max(now);
        self.forget_expired();
        // It would be forgotten at once.
        if expires < now {
            return Err(Struck::Expired);
        }
        // What lives longer than a window could have been taken earlier than a window ago.
        let life = expires.saturating_sub(now);
        let is_cold = now < since.saturating_add(StrikeRegister::WINDOW.max(life));
        if is_cold && life > StrikeRegister::WINDOW {
            return Err(Struck::Cold);
        }
        if self.struck.contains(&flight) {
            return Err(Struck::Replayed);
        }
        if self.struck.len() >= capacity {
            return Err(Struck::Full);
        }
        // Also what is refused for the cold: its client sends the data again after the handshake, and a copy of the flight
        // that comes when the register is warm would be the second time.
        self.struck.insert(flight);
        self.slices.entry(expires / SLICE).or_default().push(flight);
        if is_cold { Err(Struck::Cold) } else { Ok(()) }
    }

    /// Lets go of the slices that are over by whatever clock a connection may still have read.
    fn forget_expired(&mut self) {
        let over = self.latest.saturating_sub(StrikeRegister::CLOCK_TOLERANCE) / SLICE;
        while let Some(slice) = self.slices.first_entry().filter(|slice| *slice.key() < over) {
            for flight in slice.remove() {
                self.struck.remove(&flight);
            }
        }
    }
}

/// How much time is forgotten at once, in milliseconds.
const SLICE: u64 = 1_000;

fn flight(binder: &[u8]) -> Flight {
    let mut flight = Flight::default();
    for (to, from) in flight.iter_mut().zip(binder) {
        *to = *from;
    }
    flight
}

/// Why early data was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Struck {
    /// It was taken before.
    Replayed,
    /// The register does not know yet whether it was.
    Cold,
    /// There is no room to remember it.
    Full,
    /// It is not fresh any more.
    Expired,
    /// The clock is further behind what it was than [`StrikeRegister::CLOCK_TOLERANCE`].
    ClockWentBack,
}

impl fmt::Display for Struck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Replayed => "the early data was taken before",
            Self::Cold => "the strike register has not run for a whole window",
            Self::Full => "the strike register is full",
            Self::Expired => "the early data is not fresh any more",
            Self::ClockWentBack => "the clock went back",
        })
    }
}

impl error::Error for Struck {}

impl Default for StrikeRegister {
    fn default() -> Self {
        Self::new(Self::DEFAULT_CAPACITY)
    }
}

impl AntiReplay for StrikeRegister {
    fn admit(&self, question: &EarlyDataQuestion) -> Result<(), EarlyRefusal> {
        self.strike(question.binder(), question.expires(), question.now()).map_err(|struck| match struck {
            Struck::Replayed => EarlyRefusal::Replayed,
            Struck::Full => EarlyRefusal::Full,
            Struck::Expired => EarlyRefusal::Age,
            // Either way it does not know what has been.
            Struck::Cold | Struck::ClockWentBack => EarlyRefusal::Cold,
        })
    }
}

/// How full it is, and no binder.
impl fmt::Debug for StrikeRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StrikeRegister").field("capacity", &self.capacity).field("len", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::sync::Barrier;
    use std::thread;
    use std::vec;

    const T: u64 = 1_800_000_000_000;
    const WINDOW: u64 = StrikeRegister::WINDOW;
    const TOLERANCE: u64 = StrikeRegister::CLOCK_TOLERANCE;

    /// A register that has run for long enough at `T`.
    fn warm(capacity: usize) -> StrikeRegister {
        StrikeRegister::new(capacity).warm_since(T - WINDOW)
    }

    fn binder(n: u64) -> [u8; 32] {
        let mut binder = [0xab; 32];
        binder[24..].copy_from_slice(&n.to_be_bytes());
        binder
    }

    /// docs/regressions.md row 82: refused until the server has run for one window.
    #[test]
    fn it_is_cold_for_a_whole_window() {
        for (register, since) in [
            // The clock starts with the first flight,
            (StrikeRegister::default(), T),
            // with the server,
            (StrikeRegister::default().started(T - 7_000), T - 7_000),
            // or when somebody knows that it may.
            (StrikeRegister::default().warm_since(T - 19_999), T - 19_999),
            (StrikeRegister::default().started(T).warm_since(T - 13_000), T - 13_000),
        ] {
            let strike = |n, now| register.strike(&binder(n), now + 1, now);
            assert_eq!(strike(0, T), Err(Struck::Cold));
            assert_eq!(strike(1, since + WINDOW - 1), Err(Struck::Cold));
            assert_eq!(strike(2, since + WINDOW), Ok(()));
            assert_eq!(strike(2, since + WINDOW), Err(Struck::Replayed));
            // What was refused has been sent again in the ordinary way.
            assert_eq!(strike(1, since + WINDOW), Err(Struck::Replayed));
        }
        assert_eq!(warm(1).strike(&binder(1), T, T), Ok(()));
        assert_eq!(StrikeRegister::default().warm_since(0).strike(&binder(1), T, T), Ok(()));
    }

    /// A flight that is fresh for longer could have been taken before the register began.
    #[test]
    fn a_longer_life_needs_a_longer_window() {
        let register = warm(10);
        assert_eq!(register.strike(&binder(1), T + WINDOW, T), Ok(()));
        assert_eq!(register.strike(&binder(2), T + WINDOW + 1, T), Err(Struck::Cold));
        assert_eq!(register.strike(&binder(3), u64::MAX, T), Err(Struck::Cold));
        assert_eq!(register.strike(&binder(2), T + WINDOW + 2, T + 1), Ok(()));
    }

    /// docs/regressions.md row 82: keyed by the validated binder only.
    #[test]
    fn a_flight_is_its_binder() {
        let register = warm(100);
        assert_eq!(register.strike(&binder(1), T + 10, T), Ok(()));
        for expires in [T, T + 10, T + 5_000, T + WINDOW] {
            assert_eq!(register.strike(&binder(1), expires, T), Err(Struck::Replayed));
        }
        // Every byte counts.
        for at in 0..32 {
            let mut other = binder(1);
            other[at] ^= 1;
            assert_eq!(register.strike(&other, T + 10, T), Ok(()), "{at}");
        }
        // Of SHA-384 the first 32 bytes do.
        let long = [[7; 32].as_slice(), &[1; 16]].concat();
        assert_eq!(register.strike(&long, T + 10, T), Ok(()));
        assert_eq!(register.strike(&long, T + 10, T), Err(Struck::Replayed));
    }

    #[test]
    fn a_flight_is_remembered_until_it_expires() {
        for life in [0, 1, 999, 1_000, 10_000, WINDOW] {
            let register = warm(10);
            register.strike(&binder(1), T + life, T).unwrap();
            for now in (T..=T + life).step_by(250).chain([T + life]) {
                assert_eq!(register.strike(&binder(1), T + life, now), Err(Struck::Replayed), "{life} {now}");
                // Another connection, whose clock reads a little more, takes nothing away from this one.
                let _ = register.strike(&[], now, now + TOLERANCE);
                assert_eq!(register.strike(&binder(1), T + life, now), Err(Struck::Replayed), "{life} {now}");
            }
        }
    }

    /// docs/regressions.md row 82: never more than its capacity, and what could still be replayed does not go.
    #[test]
    fn a_full_register_refuses() {
        let register = warm(3);
        for n in 0..3 {
            assert_eq!(register.strike(&binder(n), T + 5_000, T), Ok(()));
        }
        for n in 3..1_000 {
            assert_eq!(register.strike(&binder(n), T + 5_000, T + n), Err(Struck::Full));
        }
        assert_eq!(register.len(), 3);
        for n in 0..3 {
            assert_eq!(register.strike(&binder(n), T + 5_000, T + 5_000), Err(Struck::Replayed));
        }
        // There is room again when they have expired, by every clock.
        assert_eq!(register.strike(&binder(3), T + 8_000, T + 5_000 + TOLERANCE + SLICE), Ok(()));
        assert_eq!(register.len(), 1);
        assert_eq!(warm(0).strike(&binder(1), T, T), Err(Struck::Full));
    }

    #[test]
    fn a_long_run_needs_the_room_of_one_window() {
        let register = warm(30_000);
        for n in 0..200_000 {
            // One each millisecond.
            assert_eq!(register.strike(&binder(n), T + n + WINDOW, T + n), Ok(()));
        }
        let inner = register.lock();
        let kept: usize = inner.slices.values().map(Vec::len).sum();
        assert_eq!(kept, inner.struck.len());
        assert!(kept as u64 <= WINDOW + TOLERANCE + SLICE + 1, "{kept}");
        assert!(inner.slices.len() as u64 <= (WINDOW + TOLERANCE) / SLICE + 2);
    }

    /// docs/regressions.md row 82: what has expired does not come back with the time.
    #[test]
    fn a_clock_that_goes_back_opens_nothing() {
        let register = warm(10);
        let expires = T + 9_000;
        assert_eq!(register.strike(&binder(1), expires, T), Ok(()));
        assert_eq!(register.strike(&binder(2), T + 60_000, T + 60_000), Ok(()));
        assert_eq!(register.len(), 1);
        for now in [0, T, expires, T + 60_000 - TOLERANCE - 1] {
            assert_eq!(register.strike(&binder(1), expires, now), Err(Struck::ClockWentBack));
            assert_eq!(register.strike(&binder(2), T + 60_000, now), Err(Struck::ClockWentBack));
        }
        assert_eq!(register.strike(&binder(2), T + 60_000, T + 60_000 - TOLERANCE), Err(Struck::Replayed));
        assert_eq!(register.strike(&binder(3), T + 60_000, T + 60_000 - TOLERANCE), Ok(()));

        // It is cold no shorter for it.
        let register = StrikeRegister::new(10).started(T);
        assert_eq!(register.strike(&binder(1), T, T - TOLERANCE), Err(Struck::Cold));
        assert_eq!(register.strike(&binder(1), T, T - TOLERANCE - 1), Err(Struck::ClockWentBack));
        assert_eq!(register.strike(&binder(1), T + WINDOW, T + WINDOW), Ok(()));
        assert_eq!(register.strike(&binder(2), T + WINDOW, T + WINDOW - 1), Err(Struck::Cold));
    }

    /// Whatever the clock does: no flight is taken twice before it has expired.
    #[test]
    fn nothing_is_taken_twice() {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut below = |bound: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % bound
        };
        let register = StrikeRegister::new(50);
        let mut flights: Vec<([u8; 32], u64, bool)> = vec![];
        let (mut now, mut expired, mut taken, mut replayed, mut back, mut full) = (T, 0, 0, 0, 0, 0);
        for n in 0..200_000 {
            match below(100) {
                0 => now = now.saturating_sub(below(8_000)),
                1 => now += below(8_000),
                _ => now += below(120),
            }
            if below(2) == 0 || flights.is_empty() {
                flights.push((binder(n), now + below(WINDOW + 1), false));
            }
            let at = flights.len() - 1 - below(flights.len().min(300) as u64) as usize;
            let (flight, expires, is_known) = &mut flights[at];
            // What the age of its ticket refuses does not get here, unless whoever asks is late.
            if now + WINDOW < *expires {
                continue;
            }
            match register.strike(flight, *expires, now) {
                Ok(()) => {
                    assert!(!*is_known, "{n}");
                    *is_known = true;
                    taken += 1;
                }
                Err(Struck::Replayed) => {
                    assert!(*is_known, "{n}");
                    replayed += 1;
                }
                Err(Struck::ClockWentBack) => back += 1,
                Err(Struck::Full) => full += 1,
                Err(Struck::Cold) => *is_known = true,
                Err(Struck::Expired) => {
                    assert!(*expires < now, "{n}");
                    expired += 1;
                }
            }
        }
        assert!(taken > 1_000 && replayed > 1_000 && back > 100 && full > 100 && expired > 100);
    }

    #[test]
    fn of_many_at_once_one_gets_through() {
        let register = warm(1_000);
        let start = Barrier::new(4);
        let taken: usize = thread::scope(|scope| {
            let run = || {
                start.wait();
                (0..500).filter(|&n| register.strike(&binder(n), T + 1_000, T).is_ok()).count()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 500);
    }

    #[test]
    fn a_panic_elsewhere_costs_no_memory() {
        let register = warm(10);
        register.strike(&binder(1), T, T).unwrap();
        thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _guard = register.lock();
                panic!("while it is locked");
            });
            assert!(holder.join().is_err());
        });
        assert_eq!(register.strike(&binder(1), T, T), Err(Struck::Replayed));
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_counts() {
        let register = warm(10);
        register.strike(&binder(1), T, T).unwrap();
        assert_eq!(format!("{register:?}"), "StrikeRegister { capacity: 10, len: 1 }");
    }
}
