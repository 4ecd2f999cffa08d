//! What can be asked at the same time, by so many at once.

use super::line::Line;
use crate::progress::Progress;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// A piece of work that leaves its result where it is looked for.
pub(super) struct Job<'j> {
    pub(super) what: String,
    pub(super) run: Box<dyn FnOnce() + Send + 'j>,
}

/// Where a result is left.
pub(super) struct Slot<T>(OnceLock<T>);

impl<T: Send + Sync> Slot<T> {
    pub(super) fn new() -> Self {
        Self(OnceLock::new())
    }

    /// A job that fills it.
    pub(super) fn job<'j>(&'j self, what: impl Into<String>, work: impl FnOnce() -> T + Send + 'j) -> Job<'j> {
        let run = move || {
            // Each job runs once.
            let _ = self.0.set(work());
        };
        Job { what: what.into(), run: Box::new(run) }
    }

    /// The result, if the job has run.
    pub(super) fn take(self) -> Option<T> {
        self.0.into_inner()
    }
}

/// Runs them all, `parallel` at a time.
pub(super) fn run(jobs: Vec<Job<'_>>, parallel: usize, line: &Line, progress: &Progress) {
    let (all, done) = (jobs.len(), AtomicUsize::new(0));
    let waiting = Mutex::new(VecDeque::from(jobs));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..parallel.clamp(1, all.max(1)) {
            scope.spawn(|| {
                while let Some(job) = next() {
                    let so_far = done.load(Ordering::Relaxed);
                    #[expect(clippy::cast_precision_loss, reason = "there are few")]
                    let share = so_far as f64 / all as f64;
                    progress.show(share, &format!("{}, {} connections so far", job.what, line.made()));
                    (job.run)();
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
}
