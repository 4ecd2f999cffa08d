//! How far something is that takes long: a line on standard error that is gone when it is done. Only a terminal has it.

use crate::style::DIM;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Something that goes on until this is dropped.
pub(crate) struct Progress {
    state: Arc<State>,
    /// Where somebody looks.
    line: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What there is to be said of it.
struct State {
    began: Instant,
    bytes: AtomicU64,
    at: Mutex<At>,
}

/// What is at hand, and how much of the work is done, if that is known.
struct At {
    what: String,
    /// 0 to 1.
    done: Option<f64>,
}

/// What is done sooner needs no line.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the line changes.
const TICK: Duration = Duration::from_millis(200);

/// The width of a bar, in characters.
const WIDTH: usize = 24;

impl Progress {
    /// Says that `what` is going on, and for how long, if `is_wanted`.
    pub(crate) fn new(what: impl Into<String>, is_wanted: bool) -> Self {
        let at = Mutex::new(At { what: what.into(), done: None });
        let state = Arc::new(State { began: Instant::now(), bytes: AtomicU64::default(), at });
        let is_seen = is_wanted && io::stderr().is_terminal();
        let line = is_seen.then(|| draw(state.clone())).flatten();
        Self { state, line }
    }

    /// So many bytes more have come.
    pub(crate) fn add(&self, bytes: usize) {
        self.state.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So much of the work is done, between 0 and 1, and `what` is at hand. What a peer chose must not be in it.
    pub(crate) fn show(&self, done: f64, what: &str) {
        let mut at = self.state.at.lock().unwrap_or_else(PoisonError::into_inner);
        *at = At { what: what.to_string(), done: Some(done) };
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((done, thread)) = self.line.take() {
            drop(done);
            // What comes next on the terminal begins on an empty line.
            let _ = thread.join();
        }
    }
}

fn draw(state: Arc<State>) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (done, is_done) = mpsc::channel();
    let thread = thread::Builder::new().name("progress".to_string()).spawn(move || {
        let mut pause = PATIENCE;
        while is_done.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            pause = TICK;
            let text = state.text();
            // Back to the beginning of the line, and nothing behind the text. Nobody minds if it cannot be seen.
            let _ = write!(anstream::stderr(), "\r{DIM}{text}{DIM:#}\x1b[K");
        }
        if pause == TICK {
            let _ = write!(anstream::stderr(), "\r\x1b[K");
        }
    });
    Some((done, thread.ok()?))
}

impl State {
    fn text(&self) -> String {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        match at.done {
            Some(done) => format!("{} {}", bar(done), at.what),
            None => text(&at.what, self.began.elapsed(), self.bytes.load(Ordering::Relaxed)),
        }
    }
}

/// `[#####-----]  50 %`.
fn bar(done: f64) -> String {
    let done = done.clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the width")]
    let full = (done * WIDTH as f64) as usize;
    format!("[{}{}] {:3.0} %", "#".repeat(full), "-".repeat(WIDTH.saturating_sub(full)), done * 100.0)
}

/// `receiving: 12.3 MiB in 4 s, 3.1 MiB/s`.
fn text(what: &str, elapsed: Duration, bytes: u64) -> String {
    let seconds = elapsed.as_secs();
    if bytes == 0 {
        return format!("{what}: {seconds} s");
    }
    let rate = bytes as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    format!("{what}: {} in {seconds} s, {}/s", size(bytes as f64), size(rate))
}

fn size(bytes: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes;
    let mut units = units.iter().peekable();
    while value >= 1024.0 && units.len() > 1 {
        value /= 1024.0;
        units.next();
    }
    let unit = units.next().unwrap_or(&"");
    if *unit == "B" { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is() {
        for (seconds, bytes, expected) in [
            (2, 0, "x: 2 s"),
            (2, 1023, "x: 1023 B in 2 s, 512 B/s"),
            (4, 13_000_000, "x: 12.4 MiB in 4 s, 3.1 MiB/s"),
            (1, 1 << 40, "x: 1.0 TiB in 1 s, 1.0 TiB/s"),
            (1, u64::MAX, "x: 16777216.0 TiB in 1 s, 16777216.0 TiB/s"),
        ] {
            assert_eq!(text("x", Duration::from_secs(seconds), bytes), expected);
        }
        assert!(text("x", Duration::ZERO, 5).starts_with("x: 5 B in 0 s"));
    }

    /// Standard error of a test may be a terminal; nobody who does not want it has a line.
    #[test]
    fn who_does_not_want_it_has_no_thread() {
        let progress = Progress::new("x", false);
        progress.add(7);
        assert!(progress.line.is_none() && progress.state.text().starts_with("x: 7 B in 0 s"));
        progress.show(0.5, "y");
        assert_eq!(progress.state.text(), format!("[{}{}]  50 % y", "#".repeat(12), "-".repeat(12)));
    }

    #[test]
    fn the_bar_never_leaves_its_place() {
        assert_eq!(bar(7.0), format!("[{}] 100 %", "#".repeat(24)));
        assert_eq!(bar(-1.0), format!("[{}]   0 %", "-".repeat(24)));
    }
}
