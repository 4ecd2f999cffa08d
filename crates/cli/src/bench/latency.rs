//! How long things took: counts in buckets, so that the memory has a bound however many there are.

use serde::Serialize;
use std::time::Duration;

/// Buckets to each doubling: a value is told to within a part in 64.
const STEPS: u64 = 64;

/// log2 of it.
const STEP_BITS: u32 = STEPS.trailing_zeros();

/// Enough for an hour in microseconds.
const BUCKETS: usize = 64 * 40;

/// Durations in microseconds.
#[derive(Clone)]
pub(super) struct Latency {
    buckets: Vec<u64>,
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

/// What is told of them, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Percentiles {
    pub(super) min: u64,
    pub(super) mean: u64,
    pub(super) p50: u64,
    pub(super) p90: u64,
    pub(super) p99: u64,
    pub(super) max: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0, sum: 0, min: u64::MAX, max: 0 }
    }
}

impl Latency {
    pub(super) fn add(&mut self, duration: Duration) {
        let value = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get_mut(bucket(value)) {
            *bucket = bucket.saturating_add(1);
        }
        self.count = self.count.saturating_add(1);
        self.sum = self.sum.saturating_add(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Takes in what another has counted.
    pub(super) fn merge(&mut self, other: &Self) {
        for (own, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *own = own.saturating_add(*more);
        }
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// `None` where nothing was counted.
    pub(super) fn percentiles(&self) -> Option<Percentiles> {
        let mean = self.sum.checked_div(self.count)?;
        let [p50, p90, p99] = [50, 90, 99].map(|percent| self.percentile(percent));
        Some(Percentiles { min: self.min, mean, p50, p90, p99, max: self.max })
    }

    /// The least value that so many of a hundred do not exceed, as well as the buckets know it.
    fn percentile(&self, percent: u64) -> u64 {
        let wanted = self.count.saturating_mul(percent).div_ceil(100);
        let mut seen = 0_u64;
        for (at, count) in self.buckets.iter().enumerate() {
            seen = seen.saturating_add(*count);
            if seen >= wanted {
                return highest(at).clamp(self.min, self.max);
            }
        }
        self.max
    }
}

/// The values below twice [`STEPS`] have a bucket each; beyond, each doubling is cut into as many.
fn bucket(value: u64) -> usize {
    let doublings = (63_u32.saturating_sub(value.max(1).leading_zeros())).saturating_sub(STEP_BITS);
    let at = u64::from(doublings).saturating_mul(STEPS).saturating_add(value >> doublings);
    usize::try_from(at).unwrap_or(usize::MAX).min(BUCKETS.saturating_sub(1))
}

/// The highest value of a bucket.
fn highest(at: usize) -> u64 {
    let at = at as u64;
    let doublings = (at / STEPS).saturating_sub(1);
    let first = (at.saturating_sub(doublings.saturating_mul(STEPS))) << doublings.min(32);
    first.saturating_add((1_u64 << doublings.min(32)).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_near_its_bucket() {
        for value in (0..4096).chain((0..30).map(|power| (1 << power) + 1234)) {
            let told = highest(bucket(value));
            assert!(told >= value && told - value <= value / 64, "{value} is told as {told}");
        }
        assert!((0..100_000).is_sorted_by_key(bucket));
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_of_what_is_known() {
        let mut all = Latency::default();
        assert_eq!(all.percentiles(), None);
        let mut other = Latency::default();
        for value in 1..=100 {
            let half = if value % 2 == 0 { &mut all } else { &mut other };
            half.add(Duration::from_micros(value));
        }
        all.merge(&other);
        let expected = Percentiles { min: 1, mean: 50, p50: 50, p90: 90, p99: 99, max: 100 };
        assert_eq!(all.percentiles(), Some(expected));
    }

    #[test]
    fn the_longest_is_told_as_it_is() {
        let mut one = Latency::default();
        one.add(Duration::from_secs(7_200));
        let told = one.percentiles().unwrap();
        assert_eq!((told.p50, told.max), (7_200_000_000, 7_200_000_000));
    }
}
