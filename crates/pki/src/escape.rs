//! Text that a peer chose, made fit for a terminal and a log.

use alloc::string::String;
use core::fmt;

/// `text` with everything that is not plainly visible written as an escape, cut to `limit` bytes.
///
/// Control characters could move a cursor, ESC could start a terminal command, bidirectional marks could make a name
/// read as another one, and a line break could forge a log line (docs/regressions.md rows 31, 90). A backslash is
/// escaped as well, so that what is shown can be read back without doubt.
pub(crate) fn escape(text: &str, limit: usize) -> String {
    let mut out = Text::new(limit);
    text.chars().for_each(|c| out.escape(c));
    out.finish()
}

/// [`escape`] for bytes that need not be text: whatever is not UTF-8 is shown as U+FFFD.
pub(crate) fn escape_bytes(bytes: &[u8], limit: usize) -> String {
    // No more than the limit can be shown, and there is no reason to copy 64 KiB to show 64 bytes.
    let enough = bytes.get(..limit.saturating_add(1)).unwrap_or(bytes);
    escape(&String::from_utf8_lossy(enough), limit)
}

/// A string that grows to a limit and then ends in an ellipsis.
pub(crate) struct Text {
    out: String,
    limit: usize,
    full: bool,
}

impl Text {
    /// Empty, and never longer than `limit` bytes and the ellipsis.
    pub(crate) fn new(limit: usize) -> Self {
        Self { out: String::new(), limit, full: false }
    }

    /// Appends our own words, whole or not at all.
    pub(crate) fn plain(&mut self, words: &str) {
        self.fit(|out| out.push_str(words));
    }

    /// Appends one character of somebody else's, escaped where it needs to be.
    pub(crate) fn escape(&mut self, c: char) {
        self.fit(|out| match c {
            // `escape_debug` would escape these two for the sake of Rust's own quotes.
            '\'' | '"' => out.push(c),
            _ => out.extend(c.escape_debug()),
        });
    }

    /// Whether the limit was reached: nothing more will be taken.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    fn fit(&mut self, append: impl FnOnce(&mut String)) {
        if self.full {
            return;
        }
        let start = self.out.len();
        append(&mut self.out);
        if self.out.len() > self.limit {
            self.out.truncate(start);
            self.out.push('…');
            self.full = true;
        }
    }
}

/// Passes on at most so many bytes, and an ellipsis where it stopped.
pub(crate) struct Bounded<'a, 'b> {
    to: &'a mut fmt::Formatter<'b>,
    /// How many bytes still fit; `None` after the ellipsis.
    left: Option<usize>,
}

impl<'a, 'b> Bounded<'a, 'b> {
    /// Lets `limit` bytes through to `to`, the ellipsis included.
    pub(crate) fn new(to: &'a mut fmt::Formatter<'b>, limit: usize) -> Self {
        Self { to, left: Some(limit.saturating_sub('…'.len_utf8())) }
    }
}

impl fmt::Write for Bounded<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let Some(left) = self.left else {
            return Ok(());
        };
        self.left = left.checked_sub(text.len());
        if self.left.is_some() {
            return self.to.write_str(text);
        }
        let boundary = (0..=left).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        self.to.write_str(text.get(..boundary).unwrap_or_default())?;
        self.to.write_char('…')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use core::fmt::Write;

    /// docs/regressions.md rows 31 and 90.
    #[test]
    fn what_moves_a_cursor_or_turns_text_around_is_escaped() {
        for (raw, shown) in [
            ("example.com", "example.com"),
            ("O'Brien \"Ltd\"", "O'Brien \"Ltd\""),
            ("münchen", "münchen"),
            ("a\0b", "a\\0b"),
            ("a\r\nb", "a\\r\\nb"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("\u{202e}moc", "\\u{202e}moc"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("\u{200e}\u{61c}\u{feff}", "\\u{200e}\\u{61c}\\u{feff}"),
            ("a\\b", "a\\\\b"),
        ] {
            assert_eq!(escape(raw, 100), shown);
        }
    }

    #[test]
    fn cuts_fall_between_characters_and_between_escapes() {
        assert_eq!(escape("abcdef", 6), "abcdef");
        assert_eq!(escape("abcdefg", 6), "abcdef…");
        assert_eq!(escape("abc\0\0", 6), "abc\\0…");
        assert_eq!(escape("üüü", 5), "üü…");
        assert_eq!(escape_bytes(&[b'a'; 100], 4), "aaaa…");
        assert_eq!(escape_bytes(b"a\xffb", 9), "a\u{fffd}b");
    }

    #[test]
    fn bounded_output_is_bounded() {
        struct Repeated(&'static str);
        impl fmt::Display for Repeated {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut out = Bounded::new(f, 15);
                for _ in 0..10 {
                    out.write_str(self.0)?;
                }
                Ok(())
            }
        }
        assert_eq!(Repeated("x").to_string(), "xxxxxxxxxx");
        // Exactly full, and in the middle of a character.
        assert_eq!(Repeated("abc").to_string(), "abcabcabcabc…");
        assert_eq!(Repeated("aüü").to_string(), "aüüaüüa…");
    }
}
