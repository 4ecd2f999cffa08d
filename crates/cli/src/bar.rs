//! How far long work has come: a line on standard error that is written over, where that is a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The line.
pub(crate) struct Bar {
    /// `None` where nobody would see it.
    last: Option<Mutex<Option<Instant>>>,
}

/// The width of the bar, in characters.
const WIDTH: usize = 24;

/// How often the line is written anew, at most.
const PACE: Duration = Duration::from_millis(80);

impl Bar {
    /// On standard error, if that is a terminal.
    pub(crate) fn new() -> Self {
        Self { last: io::stderr().is_terminal().then(Mutex::default) }
    }

    /// Says that so much of the work is done, between 0 and 1, and what is at hand. What a peer chose must not be in `what`.
    pub(crate) fn show(&self, done: f64, what: &str) {
        let Some(last) = &self.last else { return };
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < PACE) {
            return;
        }
        *last = Some(Instant::now());
        // Where standard error is closed nobody listens anyway.
        let _ = write!(anstream::stderr(), "\r{} {what}\x1b[K", drawn(done));
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        let Some(last) = &self.last else { return };
        if last.lock().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            let _ = write!(anstream::stderr(), "\r\x1b[K");
        }
    }
}

/// The line must not stay behind, whatever happens.
impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

/// `[#####-----]  50 %`.
fn drawn(done: f64) -> String {
    let done = done.clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the width")]
    let full = (done * WIDTH as f64) as usize;
    format!("[{}{}] {:3.0} %", "#".repeat(full), "-".repeat(WIDTH.saturating_sub(full)), done * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_never_leaves_its_place() {
        assert_eq!(drawn(0.5), format!("[{}{}]  50 %", "#".repeat(12), "-".repeat(12)));
        assert_eq!(drawn(7.0), format!("[{}] 100 %", "#".repeat(24)));
        assert_eq!(drawn(-1.0), format!("[{}]   0 %", "-".repeat(24)));
    }
}
