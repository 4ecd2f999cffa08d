//! Rounds, medians, and units.

use std::time::{Duration, Instant};

/// Does a candidate's work once and says what it measured: `N` figures in units of its own.
pub type Task<'a, const N: usize> = Box<dyn FnMut() -> [f64; N] + 'a>;

/// The median of every figure of every task, over so many rounds. The first round warms up and does not count.
pub fn medians<const N: usize>(rounds: usize, tasks: &mut [Task<N>]) -> Vec<[f64; N]> {
    let mut taken = vec![Vec::with_capacity(rounds); tasks.len()];
    for round in 0..=rounds {
        for (task, figures) in tasks.iter_mut().zip(&mut taken) {
            let got = task();
            if round > 0 {
                figures.push(got);
            }
        }
    }
    taken.into_iter().map(|figures| std::array::from_fn(|at| median(figures.iter().map(|got| got[at])))).collect()
}

/// The middle of some figures; not a number if there is none.
pub fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How long `work` takes.
pub fn clock(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Millions of bytes in a second.
pub fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / 1e6
}

/// Microseconds.
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
