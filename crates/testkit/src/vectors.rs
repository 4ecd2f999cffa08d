//! Test vectors: named byte strings in plain text, out of the folder `vectors/` at the root of the repository.
//!
//! ```text
//! # A comment.
//! shared_secret = 8bd4054f b55b9d63
//!     fdfbacf9 f04b9f0d
//! empty =
//! ```
//!
//! A value goes on over the indented lines that follow it, and white space between its digits means nothing. See
//! vectors/README.md.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::ops::Index;
use std::path::{Path, PathBuf};

/// The vectors of one file, by name: `vectors["shared_secret"]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Vectors {
    /// Where they come from, for messages.
    source: String,
    values: BTreeMap<String, Vec<u8>>,
}

impl Vectors {
    /// Reads the file `path` of the folder `vectors/`, such as `rfc8448/simple-1rtt.txt`.
    ///
    /// # Errors
    /// When there is no such file or it does not have the syntax.
    pub fn load(path: &str) -> Result<Self, VectorError> {
        let file = root().join(path);
        let text = fs::read_to_string(&file).map_err(|error| VectorError {
            source: path.to_owned(),
            line: 0,
            problem: Problem::Unreadable(error.to_string()),
        })?;
        Self::parse(path, &text)
    }

    /// Reads `text`, which is called `source` in messages.
    ///
    /// # Errors
    /// When it does not have the syntax.
    pub fn parse(source: &str, text: &str) -> Result<Self, VectorError> {
        let mut values = BTreeMap::new();
        let mut open: Option<Entry> = None;
        for (line, text) in (1..).zip(text.lines()) {
            let at = |problem| VectorError { source: source.to_owned(), line, problem };
            let content = text.split_once('#').map_or(text, |(before, _)| before);
            if content.trim().is_empty() {
                continue;
            }
            if content.starts_with([' ', '\t']) {
                let entry = open.as_mut().ok_or_else(|| at(Problem::Orphan))?;
                entry.push(content).map_err(at)?;
                continue;
            }
            if let Some(entry) = open.take() {
                entry.close(source, &mut values)?;
            }
            let (name, digits) = content.split_once('=').ok_or_else(|| at(Problem::NoEquals))?;
            let mut entry = Entry::new(name.trim(), line).map_err(at)?;
            if values.contains_key(&entry.name) {
                return Err(at(Problem::Repeated(entry.name)));
            }
            entry.push(digits).map_err(at)?;
            open = Some(entry);
        }
        if let Some(entry) = open {
            entry.close(source, &mut values)?;
        }
        Ok(Self { source: source.to_owned(), values })
    }

    /// The value called `name`, if there is one.
    pub fn find(&self, name: &str) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// Every name, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

impl Index<&str> for Vectors {
    type Output = [u8];

    /// The value called `name`.
    ///
    /// # Panics
    /// When there is none.
    fn index(&self, name: &str) -> &[u8] {
        match self.find(name) {
            Some(value) => value,
            None => panic!("{} has no value called {name}", self.source),
        }
    }
}

impl fmt::Debug for Vectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vectors({}, {} values)", self.source, self.values.len())
    }
}

/// Why a file of vectors was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorError {
    /// The file.
    pub source: String,
    /// The line, counted from 1; 0 when it is the file as a whole.
    pub line: usize,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The file cannot be read.
    Unreadable(String),
    /// Neither a comment nor an indented line nor `name = digits`.
    NoEquals,
    /// A name is empty or has other characters than `a-z`, `0-9`, `_` and `.`.
    BadName(String),
    /// The name was used before.
    Repeated(String),
    /// An indented line with nothing before it that it could belong to.
    Orphan,
    /// Not a hexadecimal digit.
    BadDigit(char),
    /// The value that begins in this line has half a byte too much.
    OddDigits,
}

impl fmt::Display for VectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.source, self.line)?;
        match &self.problem {
            Problem::Unreadable(error) => f.write_str(error),
            Problem::NoEquals => f.write_str("expected name = digits"),
            Problem::BadName(name) => write!(f, "{name:?} is not a name"),
            Problem::Repeated(name) => write!(f, "{name} is there twice"),
            Problem::Orphan => f.write_str("an indented line that belongs to nothing"),
            Problem::BadDigit(digit) => write!(f, "{digit:?} is not a hexadecimal digit"),
            Problem::OddDigits => f.write_str("an odd number of digits"),
        }
    }
}

impl std::error::Error for VectorError {}

/// A value whose lines are still being read.
struct Entry {
    name: String,
    line: usize,
    digits: Vec<u8>,
}

impl Entry {
    fn new(name: &str, line: usize) -> Result<Self, Problem> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.');
        if name.is_empty() || !name.chars().all(legal) {
            return Err(Problem::BadName(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), line, digits: Vec::new() })
    }

    fn push(&mut self, text: &str) -> Result<(), Problem> {
        for digit in text.chars().filter(|c| !c.is_whitespace()) {
            let value = digit.to_digit(16).ok_or(Problem::BadDigit(digit))?;
            self.digits.push(value as u8);
        }
        Ok(())
    }

    fn close(self, source: &str, values: &mut BTreeMap<String, Vec<u8>>) -> Result<(), VectorError> {
        let (pairs, rest) = self.digits.as_chunks();
        if !rest.is_empty() {
            return Err(VectorError { source: source.to_owned(), line: self.line, problem: Problem::OddDigits });
        }
        values.insert(self.name, pairs.iter().map(|[high, low]| high << 4 | low).collect());
        Ok(())
    }
}

/// The folder `vectors/`.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_on_over_indented_lines() {
        let text = "# a comment\n\none = 0123 ab\n  CD # and more\n\n\tef\ntwo.iv_2 =\nthree=\n    00\n";
        let vectors = Vectors::parse("text", text).unwrap();
        assert_eq!(vectors["one"], [0x01, 0x23, 0xab, 0xcd, 0xef]);
        assert_eq!(vectors["two.iv_2"], []);
        assert_eq!(vectors["three"], [0]);
        assert_eq!(vectors.find("four"), None);
        assert_eq!(vectors.names().collect::<Vec<_>>(), ["one", "three", "two.iv_2"]);
    }

    #[test]
    fn errors_name_their_line() {
        for (text, expected) in [
            ("a = 00\nb 11\n", "text:2: expected name = digits"),
            ("\n\nA = 00\n", "text:3: \"A\" is not a name"),
            (" = 00\n", "text:1: an indented line that belongs to nothing"),
            ("= 00\n", "text:1: \"\" is not a name"),
            ("a = 00\na = 00\n", "text:2: a is there twice"),
            ("# nothing\n  00\n", "text:2: an indented line that belongs to nothing"),
            ("a = 0\n  0\n  0x\n", "text:3: 'x' is not a hexadecimal digit"),
            ("a =\n  000\nb = 0\n", "text:1: an odd number of digits"),
            ("a = 00\nb = 0", "text:2: an odd number of digits"),
        ] {
            assert_eq!(Vectors::parse("text", text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Vectors::load("rfc8448/nothing.txt").unwrap_err();
        assert!(error.to_string().starts_with("rfc8448/nothing.txt:0: "), "{error}");
    }

    #[test]
    fn every_file_of_the_repository_is_read() {
        for name in
            ["simple-1rtt", "resumed-0rtt", "hello-retry-request", "client-authentication", "compatibility-mode"]
        {
            let vectors = Vectors::load(&format!("rfc8448/{name}.txt")).unwrap();
            assert!(vectors.names().count() > 50, "{name}");
        }
    }
}
