//! Lines of a trace, indented by what is in what.

use alloc::string::String;
use core::fmt::{self, Display, Write};

/// The most bytes of one field that are shown: more than any key share has.
const MAX_HEX: usize = 2_048;

/// The most items of one list that are shown.
const MAX_ITEMS: usize = 256;

/// The most characters of a name that are shown.
const MAX_TEXT: usize = 256;

/// Text that grows by lines.
pub(super) struct Lines<'o> {
    out: &'o mut String,
    indent: usize,
}

impl<'o> Lines<'o> {
    pub(super) fn new(out: &'o mut String, indent: usize) -> Self {
        Self { out, indent }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, text: impl Display) {
        // Writing to a String does not fail.
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = self.indent);
    }

    /// What is in the last line.
    pub(super) fn inner(&mut self) -> Lines<'_> {
        Lines { out: &mut *self.out, indent: self.indent.saturating_add(2) }
    }

    /// Bytes under a name.
    pub(super) fn hex(&mut self, name: impl Display, bytes: &[u8]) {
        self.line(format_args!("{name} (len={}): {}", bytes.len(), Hex(bytes)));
    }

    /// A line for each item of a list; of a long one for the first.
    pub(super) fn items<T>(&mut self, items: impl Iterator<Item = T>, mut show: impl FnMut(&mut Self, T)) {
        let mut more: usize = 0;
        for (at, item) in items.enumerate() {
            if at < MAX_ITEMS {
                show(self, item);
            } else {
                more = more.saturating_add(1);
            }
        }
        if more > 0 {
            self.line(format_args!("and {more} more"));
        }
    }
}

/// Bytes as capital digits, to a bound.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.get(..MAX_HEX).unwrap_or(self.0);
        for byte in shown {
            write!(f, "{byte:02X}")?;
        }
        match self.0.len().saturating_sub(shown.len()) {
            0 => Ok(()),
            more => write!(f, "... and {more} bytes more"),
        }
    }
}

/// Bytes that should be text, with whatever does not show plainly escaped (docs/regressions.md row 90).
pub(super) struct Text<'a>(pub(super) &'a [u8]);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No character has more bytes than four.
        let enough = self.0.get(..MAX_TEXT.saturating_mul(4)).unwrap_or(self.0);
        for (at, c) in String::from_utf8_lossy(enough).chars().enumerate() {
            match c {
                _ if at == MAX_TEXT => return f.write_str("..."),
                // These are escaped for the sake of Rust's own quotes.
                '\'' | '"' => f.write_char(c)?,
                _ => write!(f, "{}", c.escape_debug())?,
            }
        }
        Ok(())
    }
}

/// A number of a registry, with its name before it.
pub(super) struct Named<T>(pub(super) Option<&'static str>, pub(super) T);

impl<T: Display> Display for Named<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0.unwrap_or("UNKNOWN"), self.1)
    }
}

/// The same for a number of which sixteen are reserved for greasing, with four digits.
pub(super) fn digits(name: Option<&'static str>, grease: bool, number: u16) -> impl Display {
    struct Digits(Option<&'static str>, u16);
    impl Display for Digits {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} ({:#06x})", self.0.unwrap_or("UNKNOWN"), self.1)
        }
    }
    Digits(if grease { Some("GREASE") } else { name }, number)
}
