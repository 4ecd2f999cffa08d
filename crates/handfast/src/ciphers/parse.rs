//! Reading a cipher string.
//!
//! A separator ends a rule, but so does whatever cannot be part of a name: `HIGH!aNULL@STRENGTH` is three rules.

use super::list::{List, Operator};
use super::words::Word;
use super::{CipherStringError, Ciphers, MAX_IGNORED, MAX_STRING, tls12_defaults};
use alloc::{borrow::ToOwned, string::String, vec::Vec};
use handfast_crypto::Suite;
use handfast_crypto::suite::TLS13_SUITES;
use handfast_wire::CipherSuite;

/// The profiles of Suite B (RFC 6460 §3.1), the longer words first.
const SUITE_B: [(&str, &[CipherSuite]); 4] = {
    const AES128: CipherSuite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
    const AES256: CipherSuite = CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384;
    [
        ("SUITEB128ONLY", &[AES128]),
        ("SUITEB128C2", &[AES256]),
        ("SUITEB128", &[AES128, AES256]),
        ("SUITEB192", &[AES256]),
    ]
};

pub(super) fn parse(text: &str) -> Result<Ciphers, CipherStringError> {
    if text.len() > MAX_STRING {
        return Err(CipherStringError::TooLong(text.len()));
    }
    let mut parser = Parser {
        text,
        at: 0,
        has_begun: false,
        tls12: List::tls12(),
        tls13: List::tls13(),
        tls13_is_named: false,
        tls13_is_ours: true,
        level: 0,
        ignored: Vec::new(),
    };
    loop {
        parser.take(is_separator);
        if parser.rest().is_empty() {
            return parser.finish();
        }
        parser.rule()?;
    }
}

struct Parser<'t> {
    text: &'t str,
    /// How much of `text` has been read, in bytes.
    at: usize,
    /// A rule for TLS 1.2 has been read.
    has_begun: bool,
    tls12: List,
    tls13: List,
    /// There was a rule for TLS 1.3.
    tls13_is_named: bool,
    /// What is on in `tls13` is the default; no rule has added anything.
    tls13_is_ours: bool,
    level: u8,
    ignored: Vec<String>,
}

impl<'t> Parser<'t> {
    /// Reads and applies one rule. The cursor is not at the end.
    fn rule(&mut self) -> Result<(), CipherStringError> {
        if !self.has_begun && self.preset() {
            return Ok(());
        }
        let start = self.at;
        if self.skip("@") {
            return self.command(start);
        }
        let operators = [("+", Operator::Move), ("-", Operator::Delete), ("!", Operator::Kill)];
        let operator =
            operators.iter().find(|(sign, _)| self.skip(sign)).map_or(Operator::Add, |(_, operator)| *operator);
        let mut words = Vec::new();
        loop {
            let name = self.name(start)?;
            let has_more = self.skip("+");
            let tls13 = TLS13_SUITES.iter().find(|suite| suite.openssl_name == name);
            if let (Some(suite), true, false) = (tls13, words.is_empty(), has_more) {
                self.tls13_rule(operator, suite);
                return Ok(());
            }
            self.has_begun = true;
            let Some(word) = Word::find(name) else {
                // OpenSSL passes over all that is up to the separator, more rules included.
                self.ignore(start);
                return Ok(());
            };
            words.push(word);
            if !has_more {
                break;
            }
        }
        self.tls12.apply(operator, |suite| words.iter().all(|word| word.means(suite)));
        Ok(())
    }

    /// A word for a whole list. It may only begin a string, and what follows it need not be separated.
    fn preset(&mut self) -> bool {
        let add = |list: &mut List, id| list.apply(Operator::Add, |suite: &Suite| suite.id == id);
        if self.skip("DEFAULT") {
            tls12_defaults().for_each(|suite| add(&mut self.tls12, suite.id));
        } else if let Some((_, suites)) = SUITE_B.iter().find(|(word, _)| self.skip(word)) {
            suites.iter().for_each(|id| add(&mut self.tls12, *id));
            self.tls12.keep(0);
        } else {
            return false;
        }
        self.has_begun = true;
        true
    }

    /// What follows an `@` that stands at `start`.
    fn command(&mut self, start: usize) -> Result<(), CipherStringError> {
        self.has_begun = true;
        let name = self.name(start)?;
        match (name, name.strip_prefix("SECLEVEL=").map(str::as_bytes)) {
            ("STRENGTH", _) => self.tls12.sort_by_strength(),
            (_, Some([digit @ b'0'..=b'5'])) => self.level = digit - b'0',
            _ => return Err(CipherStringError::Command { rule: self.whole(start), at: start }),
        }
        if !self.rest().is_empty() && !self.rest().starts_with(is_separator) {
            self.ignore(self.at);
        }
        Ok(())
    }

    /// A rule that is one suite of TLS 1.3. The first one that adds replaces the default.
    fn tls13_rule(&mut self, operator: Operator, suite: &Suite) {
        self.tls13_is_named = true;
        if operator == Operator::Add && self.tls13_is_ours {
            self.tls13_is_ours = false;
            self.tls13.apply(Operator::Delete, |_| true);
        }
        self.tls13.apply(operator, |other| other.id == suite.id);
    }

    fn finish(mut self) -> Result<Ciphers, CipherStringError> {
        self.tls12.keep(self.level);
        let before = self.tls13.suites().len();
        self.tls13.keep(self.level);
        let (tls12, tls13) = (self.tls12.suites(), self.tls13.suites());
        if tls12.is_empty() && (self.tls13_is_ours || tls13.is_empty()) {
            return Err(CipherStringError::NoSuites { ignored: self.ignored });
        }
        let is_said = self.tls13_is_named || tls13.len() < before;
        Ok(Ciphers { tls13: is_said.then_some(tls13), tls12, ignored: self.ignored })
    }

    /// A name, which cannot be empty, in a rule that begins at `start`.
    fn name(&mut self, start: usize) -> Result<&'t str, CipherStringError> {
        match self.take(is_name) {
            "" => Err(CipherStringError::NoName { rule: self.whole(start), at: self.at }),
            name => Ok(name),
        }
    }

    /// Passes over all from `start` up to the next separator.
    fn ignore(&mut self, start: usize) {
        if self.ignored.len() < MAX_IGNORED {
            self.ignored.push(self.whole(start));
        }
        self.take(|c| !is_separator(c));
    }

    /// The text from `start` up to the next separator that has not been read.
    fn whole(&self, start: usize) -> String {
        let end = self.rest().find(is_separator).map_or(self.text.len(), |len| self.at + len);
        self.text.get(start..end).unwrap_or_default().to_owned()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads as many characters as `is_one` is true of.
    fn take(&mut self, is_one: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = rest.get(..rest.find(|c| !is_one(c)).unwrap_or(rest.len())).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    /// Reads `text`, if it is next.
    fn skip(&mut self, text: &str) -> bool {
        let is_next = self.rest().starts_with(text);
        if is_next {
            self.at += text.len();
        }
        is_next
    }
}

fn is_separator(c: char) -> bool {
    matches!(c, ':' | ',' | ';' | ' ')
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=')
}
