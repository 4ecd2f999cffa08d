//! What can be asked at the same time, by so many at once.

use super::line::Line;
use crate::progress::Progress;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

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

/// Who runs jobs: so many at a time, with a word on how far it is.
pub(super) struct Crew<'c> {
    pub(super) line: &'c Line,
    pub(super) parallel: usize,
    pub(super) progress: &'c Progress,
}

impl Crew<'_> {
    /// Runs them all; they are this share of the whole work, which is 1.
    pub(super) fn run(&self, share: Range<f64>, jobs: Vec<Job<'_>>) {
        /// How often the line of progress is written anew.
        const PACE: Duration = Duration::from_millis(200);
        let (all, threads) = (jobs.len(), self.parallel.clamp(1, jobs.len().max(1)));
        let waiting = Mutex::new(VecDeque::from(jobs));
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let at_hand = Mutex::new(String::new());
        thread::scope(|scope| {
            let (done, finished) = mpsc::channel();
            for _ in 0..threads {
                let done = done.clone();
                scope.spawn(|| {
                    let done = done;
                    while let Some(job) = next() {
                        at_hand.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&job.what);
                        (job.run)();
                        // Whoever receives waits for all of them.
                        let _ = done.send(());
                    }
                });
            }
            drop(done);
            let mut count = 0;
            loop {
                self.show(&share, count, all, &at_hand);
                match finished.recv_timeout(PACE) {
                    Ok(()) => count += 1,
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        });
    }

    fn show(&self, share: &Range<f64>, done: u32, all: usize, at_hand: &Mutex<String>) {
        let all = f64::from(u32::try_from(all).unwrap_or(u32::MAX).max(1));
        let so_far = share.start + (share.end - share.start) * f64::from(done) / all;
        let at_hand = at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        self.progress.show(so_far, &format!("{}, {} connections so far", at_hand, self.line.made()));
    }
}
