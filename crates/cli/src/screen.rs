//! A peer's data on a terminal.

use crate::escape;
use std::io::{self, IsTerminal, Stdout, Write};

/// Standard output: as it is into a file or pipe, and onto a terminal with everything escaped that could control it.
pub(crate) enum Screen<W: Write> {
    Raw(W),
    Visible(Visible<W>),
}

impl Screen<Stdout> {
    pub(crate) fn stdout() -> Self {
        let out = io::stdout();
        if out.is_terminal() { Self::Visible(Visible { out, tail: Vec::new() }) } else { Self::Raw(out) }
    }
}

impl<W: Write> Screen<W> {
    /// Whether people see it come.
    pub(crate) fn is_visible(&self) -> bool {
        matches!(self, Self::Visible(_))
    }

    /// Shows it now.
    pub(crate) fn show(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Raw(out) => {
                out.write_all(data)?;
                out.flush()
            }
            Self::Visible(visible) => visible.show(data),
        }
    }
}

/// Keeps line breaks and tabs and escapes the rest of what is not plainly visible.
pub(crate) struct Visible<W: Write> {
    out: W,
    /// The beginning of a character whose end has not come yet: at most three bytes.
    tail: Vec<u8>,
}

impl<W: Write> Visible<W> {
    fn show(&mut self, data: &[u8]) -> io::Result<()> {
        self.tail.extend_from_slice(data);
        let bytes = std::mem::take(&mut self.tail);
        let mut shown = String::new();
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '\n' | '\t' => shown.push(c),
                    '\r' => {}
                    _ => shown.push_str(&escape::character(c)),
                }
            }
            let invalid = chunk.invalid();
            if bytes.ends_with(invalid) && is_beginning(invalid) {
                self.tail = invalid.to_vec();
            } else {
                invalid.iter().for_each(|byte| shown.push_str(&format!("\\x{byte:02x}")));
            }
        }
        self.out.write_all(shown.as_bytes())?;
        self.out.flush()
    }
}

/// Whether more bytes could make a character of these.
fn is_beginning(bytes: &[u8]) -> bool {
    matches!(std::str::from_utf8(bytes), Err(error) if error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/regressions.md row 90.
    #[test]
    fn a_terminal_is_not_at_the_peers_command() {
        let data = "HTTP/1.1 200 OK\r\n\tStraße\u{1b}]0;title\u{7} \u{202e}end 東".as_bytes();
        let shown = "HTTP/1.1 200 OK\n\tStraße\\u{1b}]0;title\\u{7} \\u{202e}end 東";
        for piece in 1..data.len() {
            let mut visible = Visible { out: Vec::new(), tail: Vec::new() };
            data.chunks(piece).for_each(|data| visible.show(data).unwrap());
            assert_eq!(String::from_utf8(visible.out).unwrap(), shown, "in pieces of {piece}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_numbers() {
        let mut visible = Visible { out: Vec::new(), tail: Vec::new() };
        for data in [&b"\xff\xc3"[..], b"\xa9\xc3", b"(\xe2\x82"] {
            visible.show(data).unwrap();
        }
        assert_eq!(String::from_utf8(visible.out).unwrap(), "\\xffé\\xc3(");
        assert_eq!(visible.tail, b"\xe2\x82");
    }

    #[test]
    fn a_file_gets_every_byte() {
        let mut out = Vec::new();
        Screen::Raw(&mut out).show(b"\x1b\xff\r\n").unwrap();
        assert_eq!(out, b"\x1b\xff\r\n");
    }
}
