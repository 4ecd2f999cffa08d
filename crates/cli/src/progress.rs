//! How far something is that takes long: a line on standard error that is gone when it is done. Only a terminal has it.

use crate::style::DIM;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Something that goes on until this is dropped.
pub(crate) struct Progress {
    bytes: Arc<AtomicU64>,
    /// Where somebody looks.
    line: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What is done sooner needs no line.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the line changes.
const TICK: Duration = Duration::from_millis(200);

impl Progress {
    /// Says that `what` is going on, and for how long, if `is_wanted`.
    pub(crate) fn new(what: impl Into<String>, is_wanted: bool) -> Self {
        let bytes = Arc::new(AtomicU64::default());
        let is_seen = is_wanted && io::stderr().is_terminal();
        let line = is_seen.then(|| draw(what.into(), bytes.clone())).flatten();
        Self { bytes, line }
    }

    /// So many bytes more have come.
    pub(crate) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
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

fn draw(what: String, bytes: Arc<AtomicU64>) -> Option<(Sender<()>, JoinHandle<()>)> {
    let (done, is_done) = mpsc::channel();
    let began = Instant::now();
    let thread = thread::Builder::new().name("progress".to_string()).spawn(move || {
        let mut pause = PATIENCE;
        while is_done.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            pause = TICK;
            let text = text(&what, began.elapsed(), bytes.load(Ordering::Relaxed));
            // Back to the beginning of the line, and nothing behind the text. Nobody minds if it cannot be seen.
            let _ = write!(anstream::stderr(), "\r{DIM}{text}{DIM:#}\x1b[K");
        }
        if pause == TICK {
            let _ = write!(anstream::stderr(), "\r\x1b[K");
        }
    });
    Some((done, thread.ok()?))
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
        assert!(progress.line.is_none() && progress.bytes.load(Ordering::Relaxed) == 7);
    }
}
