//! The handshake as a picture, 80 columns wide: the client on the left, the server on the right, an arrow for everything
//! that was sent, and under it what it says and what it is for.
//!
//! ```text
//!   CLIENT                                                                SERVER
//!   in the clear ───────────────────────────────────────────────────────────────
//!   ClientHello ──────────────────────────────────────────── 1,500 bytes ──────►
//!     for localhost; 3 cipher suites; …
//!   ◄────── 1,210 bytes ──────────────────────────────────────────── ServerHello
//!                            the other half: both sides share a secret now, and …
//! ```

use super::record::{Entry, What};
use crate::explain;
use crate::style::{CLIENT, DIM, SERVER};
use crate::trace::protection;
use handfast::{Direction, Epoch};
use std::io::{self, Write};

/// The columns between the margins, of which there are two on each side.
const WIDTH: usize = 76;
/// How long a line of explanation is at most.
const TEXT: usize = 66;

/// Draws what the client saw.
pub(crate) fn draw(out: &mut impl Write, entries: &[Entry]) -> io::Result<()> {
    writeln!(out, "  {CLIENT}CLIENT{CLIENT:#}{:1$}{SERVER}SERVER{SERVER:#}", "", WIDTH - 12)?;
    let mut band = None;
    for entry in entries {
        let epoch = match &entry.what {
            What::Message(epoch, _) => *epoch,
            // A dummy belongs to no epoch, so it changes none.
            What::ChangeCipherSpec => band.unwrap_or(Epoch::Initial),
            What::Alert(_) | What::Data(_) => Epoch::Application,
        };
        if band != Some(epoch) {
            band = Some(epoch);
            let name = protection(epoch);
            let rule = "─".repeat(WIDTH - 1 - name.len());
            writeln!(out, "  {DIM}{name} {rule}{DIM:#}")?;
        }
        arrow(out, entry)?;
    }
    Ok(())
}

fn arrow(out: &mut impl Write, Entry { direction, what }: &Entry) -> io::Result<()> {
    let (name, size, about) = match what {
        What::Message(_, raw) => {
            let explained = explain::message(raw);
            (
                explained.name.to_string(),
                format!("{} bytes", number(raw.len())),
                vec![explained.says, explained.does.to_string()],
            )
        }
        What::ChangeCipherSpec => (
            "change_cipher_spec".to_string(),
            "1 byte".to_string(),
            vec!["a dummy: some boxes on the way expect one".to_string()],
        ),
        What::Alert(alert) => {
            (format!("alert {alert}"), "2 bytes".to_string(), vec![explain::alert(*alert).to_string()])
        }
        What::Data(len) => ("application data".to_string(), format!("{} bytes", number(*len)), Vec::new()),
    };
    // Two spaces around the size, one beside the name, the head of the arrow, and a short end behind the size.
    let rule = "─".repeat(WIDTH.saturating_sub(name.chars().count() + size.len() + 10));
    match direction {
        Direction::Send => writeln!(out, "  {CLIENT}{name}{CLIENT:#} {DIM}{rule}{DIM:#} {size} {DIM}──────►{DIM:#}")?,
        Direction::Receive => {
            writeln!(out, "  {DIM}◄──────{DIM:#} {size} {DIM}{rule}{DIM:#} {SERVER}{name}{SERVER:#}")?
        }
    }
    for line in about.iter().flat_map(|text| wrap(text, TEXT)) {
        match direction {
            Direction::Send => writeln!(out, "    {line}")?,
            Direction::Receive => writeln!(out, "  {:1$}{line}", "", (WIDTH - 2).saturating_sub(line.chars().count()))?,
        }
    }
    Ok(())
}

/// Breaks between words.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

/// A number with commas.
pub(crate) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use handfast::wire::AlertDescription;

    #[test]
    fn no_line_is_too_long() {
        let mut entries = Vec::new();
        for direction in [Direction::Send, Direction::Receive] {
            for what in [
                What::Message(Epoch::Initial, vec![2, 0, 0, 1, 0]),
                What::Message(Epoch::Handshake, vec![15, 0, 0, 4, 8, 7, 0, 0]),
                What::Message(Epoch::Handshake, vec![8; 70_000]),
                What::ChangeCipherSpec,
                What::Data(usize::MAX),
                What::Alert(AlertDescription::BAD_CERTIFICATE_STATUS_RESPONSE),
            ] {
                entries.push(Entry { direction, what });
            }
        }
        let mut out = Vec::new();
        draw(&mut out, &entries).unwrap();
        let text = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
        for line in text.lines() {
            assert!(line.chars().count() <= 78, "{line}");
            assert_eq!(line.trim_end(), line);
        }
        assert_eq!(text.lines().filter(|line| line.contains('►')).count(), 6);
        assert_eq!(text.lines().filter(|line| line.contains('◄')).count(), 6);
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("onetwothree", 7), ["onetwothree"]);
        assert!(wrap("", 7).is_empty());
    }

    #[test]
    fn commas() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(number(n), text);
        }
    }
}
