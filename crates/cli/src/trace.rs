//! Showing a handshake as it goes by: `--trace`.

use crate::explain;
use crate::style::{DIM, HEADING};
use crate::summary::early_data;
use clap::ValueEnum;
use handfast::trace::Text;
use handfast::wire::AlertDescription;
use handfast::{Direction, EarlyData, Epoch, NotResumed, Trace};
use std::io::Write;
use std::sync::Arc;
use std::{fmt, thread};

/// How much of it is shown.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Traced {
    /// Records, messages, fields and extensions
    Full,
    /// A line for a message
    Brief,
}

impl Traced {
    pub(crate) fn trace(self) -> Arc<dyn Trace> {
        match self {
            Self::Full => Arc::new(Text::new(Stderr)),
            Self::Brief => Arc::new(Printer),
        }
    }

    /// A line for something that is said before TLS, escaped already.
    pub(crate) fn clear(self, direction: Direction, said: &str) {
        match self {
            Self::Full => {
                let whose = if direction == Direction::Send { "Sent" } else { "Received" };
                // A trace that nobody can see must not disturb the connection.
                let _ = writeln!(anstream::stderr().lock(), "{whose} before TLS: {said}");
            }
            Self::Brief => Printer::print(direction, "before TLS", said),
        }
    }
}

/// Standard error, for blocks of lines that begin with the peer.
struct Stderr;

impl fmt::Write for Stderr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // A trace that nobody can see must not disturb the connection.
        let _ = write!(anstream::stderr().lock(), "{DIM}{}{DIM:#}{text}", peer());
        Ok(())
    }
}

/// The peer of this thread, on a server.
fn peer() -> String {
    thread::current().name().filter(|name| *name != "main").map(|name| format!("{name} ")).unwrap_or_default()
}

/// Writes a line for every message to standard error. A server serves each connection in a thread that is named after the
/// peer, and the name goes in front.
pub(crate) struct Printer;

impl Printer {
    fn print(direction: Direction, what: &str, about: &str) {
        let arrow = match direction {
            Direction::Send => "->",
            Direction::Receive => "<-",
        };
        Self::line(arrow, what, about);
    }

    fn line(arrow: &str, what: &str, about: &str) {
        let peer = peer();
        // A trace that nobody can see must not disturb the connection.
        let _ = writeln!(anstream::stderr().lock(), "{DIM}{peer}{DIM:#}{arrow} {HEADING}{what}{HEADING:#} {about}");
    }
}

impl Trace for Printer {
    fn message(&self, direction: Direction, epoch: Epoch, raw: &[u8]) {
        let explained = explain::message(raw);
        let says = if explained.says.is_empty() { String::new() } else { format!(": {}", explained.says) };
        let about = format!("({} bytes, {}){says}", raw.len(), protection(epoch));
        Self::print(direction, explained.name, &about);
    }

    fn change_cipher_spec(&self, direction: Direction) {
        Self::print(direction, "change_cipher_spec", "(new keys in TLS 1.2, a dummy for middleboxes in TLS 1.3)");
    }

    fn alert(&self, direction: Direction, alert: AlertDescription) {
        Self::print(direction, &format!("alert {alert}"), "");
    }

    fn not_resumed(&self, why: NotResumed) {
        Self::line("--", "not resumed", &format!("({}): {why}", why.code()));
    }

    fn early_data(&self, state: EarlyData) {
        if let Some(state) = early_data(state) {
            Self::line("--", "early data", &state);
        }
    }
}

/// An epoch in words.
pub(crate) fn protection(epoch: Epoch) -> &'static str {
    match epoch {
        Epoch::Initial => "in the clear",
        Epoch::EarlyData => "early keys",
        Epoch::Handshake => "handshake keys",
        Epoch::Application => "application keys",
    }
}
