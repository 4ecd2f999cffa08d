//! What is said about something, in a form that both people and programs can be given.

use crate::escape::{Bounded, escape};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

/// A part of a description. Displays in lines, aligned, every text escaped and the whole cut to [`Value::DISPLAY_LIMIT`]; with
/// the feature `serde` it serializes as itself, octets as hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// Text, as whoever wrote it has it: not escaped.
    Text(String),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// Octets.
    Octets(Vec<u8>),
    /// Several of them.
    List(Vec<Value>),
    /// Several, each with a name.
    Fields(Vec<(Cow<'static, str>, Value)>),
}

impl Value {
    /// The longest text that a value displays as, in bytes.
    pub const DISPLAY_LIMIT: usize = 256 * 1024;

    /// How many elements of a list, names of a certificate among them, are described; behind them a text says how many more there
    /// are. A description takes far more memory than what it describes.
    pub const MAX_ELEMENTS: usize = 512;
    /// The same for a list within a list.
    pub const MAX_INNER_ELEMENTS: usize = 16;

    /// How much of one text is shown, in bytes.
    const TEXT: usize = 512;
    /// How many elements of a list are shown.
    const ELEMENTS: usize = 64;
    /// How many octets are shown: those of the largest RSA modulus that anybody uses.
    const OCTETS: usize = 2048;
    /// How many octets a line has.
    const LINE: usize = 32;

    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A number.
    pub fn number(number: impl TryInto<u64>) -> Self {
        Self::Number(number.try_into().unwrap_or(u64::MAX))
    }

    /// Octets.
    pub fn octets(octets: &[u8]) -> Self {
        Self::Octets(octets.to_vec())
    }

    /// The field of this name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Fields(fields) => fields.iter().find(|(own, _)| own == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A list of the first `limit` elements. The others are read and counted.
    ///
    /// # Errors
    /// The first that an element has.
    pub(super) fn list<E>(limit: usize, all: impl IntoIterator<Item = Result<Self, E>>) -> Result<Self, E> {
        let (mut list, mut more) = (Vec::new(), 0_usize);
        for value in all {
            let value = value?;
            match list.len() < limit {
                true => list.push(value),
                false => more = more.saturating_add(1),
            }
        }
        if more > 0 {
            list.push(Self::Text(alloc::format!("and {more} more")));
        }
        Ok(Self::List(list))
    }

    /// Whether it is shown on lines of its own, below its name.
    fn is_block(&self) -> bool {
        match self {
            Self::Text(_) | Self::Number(_) | Self::Flag(_) => false,
            Self::Octets(octets) => octets.len() > Self::LINE,
            Self::List(list) => !list.is_empty(),
            Self::Fields(fields) => !fields.is_empty(),
        }
    }

    /// Writes what fits on the line, or lines of its own, each after `indent` spaces.
    fn write(&self, out: &mut impl Write, indent: usize) -> fmt::Result {
        match self {
            Self::Text(text) => write!(out, "{}", escape(text, Self::TEXT)),
            Self::Number(number) => write!(out, "{number}"),
            Self::Flag(is) => out.write_str(if *is { "yes" } else { "no" }),
            Self::Octets(octets) => write_octets(out, octets, indent),
            Self::List(list) if list.is_empty() => out.write_str("none"),
            Self::List(list) => {
                write_lines(out, list.iter().take(Self::ELEMENTS), indent)?;
                match list.len().checked_sub(Self::ELEMENTS) {
                    Some(more @ 1..) => write!(out, "\n{:indent$}and {more} more", ""),
                    _ => Ok(()),
                }
            }
            Self::Fields(fields) if fields.is_empty() => out.write_str("nothing"),
            Self::Fields(fields) => write_fields(out, fields, indent),
        }
    }
}

fn write_lines<'a>(out: &mut impl Write, list: impl Iterator<Item = &'a Value>, indent: usize) -> fmt::Result {
    for (at, value) in list.enumerate() {
        if at > 0 {
            out.write_char('\n')?;
        }
        match value.is_block() {
            // A mark where it begins; the rest stands below it.
            true => {
                writeln!(out, "{:indent$}- #{at}", "")?;
                value.write(out, indent.saturating_add(2))?;
            }
            false => {
                write!(out, "{:indent$}", "")?;
                value.write(out, indent)?;
            }
        }
    }
    Ok(())
}

fn write_fields(out: &mut impl Write, fields: &[(Cow<'static, str>, Value)], indent: usize) -> fmt::Result {
    /// How far names are aligned, in characters.
    const WIDTH: usize = 24;
    let shown = |name: &str| escape(name, Value::TEXT);
    let inline = fields.iter().filter(|(_, value)| !value.is_block());
    let width = inline.map(|(name, _)| shown(name).chars().count()).max().unwrap_or(0).min(WIDTH);
    for (at, (name, value)) in fields.iter().enumerate() {
        if at > 0 {
            out.write_char('\n')?;
        }
        match value.is_block() {
            true => {
                writeln!(out, "{:indent$}{}", "", shown(name))?;
                value.write(out, indent.saturating_add(2))?;
            }
            false => {
                write!(out, "{:indent$}{:width$}  ", "", shown(name))?;
                value.write(out, indent)?;
            }
        }
    }
    Ok(())
}

fn write_octets(out: &mut impl Write, octets: &[u8], indent: usize) -> fmt::Result {
    let is_block = octets.len() > Value::LINE;
    for (at, line) in octets.chunks(Value::LINE).take(Value::OCTETS / Value::LINE).enumerate() {
        if at > 0 {
            out.write_char('\n')?;
        }
        if is_block {
            write!(out, "{:indent$}", "")?;
        }
        line.iter().try_for_each(|octet| write!(out, "{octet:02x}"))?;
    }
    match octets.len().checked_sub(Value::OCTETS) {
        Some(more @ 1..) => write!(out, "\n{:indent$}and {more} octets more", ""),
        _ => Ok(()),
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(&mut Bounded::new(f, Self::DISPLAY_LIMIT), 0)
    }
}

/// Two hexadecimal digits an octet, without anything between them.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(octets.len().saturating_mul(2)), |mut out, octet| {
        // Writing into a string does not fail.
        let _ = write!(out, "{octet:02x}");
        out
    })
}

#[cfg(feature = "serde")]
mod serialize {
    use super::{Value, hex};
    use serde::{Serialize, Serializer};

    impl Serialize for Value {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Text(text) => serializer.serialize_str(text),
                Self::Number(number) => serializer.serialize_u64(*number),
                Self::Flag(is) => serializer.serialize_bool(*is),
                Self::Octets(octets) => serializer.serialize_str(&hex(octets)),
                Self::List(list) => serializer.collect_seq(list),
                Self::Fields(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (&**name, value))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    fn fields(fields: Vec<(&'static str, Value)>) -> Value {
        Value::Fields(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    #[test]
    fn layout() {
        let value = fields(vec![
            ("name", Value::text("a")),
            ("longer name", Value::Number(7)),
            ("none", Value::List(vec![])),
            ("several", Value::List(vec![Value::Flag(true), fields(vec![("x", Value::octets(&[1, 0xff]))])])),
            ("key", Value::octets(&[0xaa; 33])),
        ]);
        let shown = [
            "name         a",
            "longer name  7",
            "none         none",
            "several",
            "  yes",
            "  - #1",
            "    x  01ff",
            "key",
            &alloc::format!("  {}", "aa".repeat(32)),
            "  aa",
        ];
        assert_eq!(value.to_string(), shown.join("\n"));
    }

    /// docs/regressions.md row 90, in texts and in names of fields.
    #[test]
    fn hostile_texts_are_escaped() {
        let value = Value::Fields(vec![("\u{1b}[2J".into(), Value::text("a\n\u{202e}b\u{7}"))]);
        assert_eq!(value.to_string(), "\\u{1b}[2J  a\\n\\u{202e}b\\u{7}");
    }

    #[test]
    fn everything_is_bounded() {
        assert!(Value::text("x".repeat(100_000)).to_string().len() <= Value::TEXT + 3);
        let list = Value::List(vec![Value::Number(1); 1000]);
        assert!(list.to_string().ends_with("\n1\nand 936 more"));
        assert!(Value::octets(&[7; 100_000]).to_string().ends_with("07\nand 97952 octets more"));
        let wide = Value::Fields(vec![("name".into(), list); 10_000]);
        assert_eq!(wide.to_string().len(), Value::DISPLAY_LIMIT);
    }
}
