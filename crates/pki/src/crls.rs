//! A set of certificate revocation lists, loaded once and shared by all connections.

use crate::asn1::Reader;
use crate::crl::{Crl, Entry};
use crate::error::Rule;
use crate::pem::{self, SHOWN_SECTIONS, Sections};
use crate::subject::Name;
use crate::time::Time;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use der::Tag;

/// Certificate revocation lists. At load each is read to its end and its serial numbers are sorted, so that a look-up reads
/// a few entries however long the list is.
///
/// A list that cannot be used is not forgotten: what it says about the certificates of its issuer is not known, so those are
/// refused, unless another list covers them.
///
/// Nothing here asks whether a list is authentic or current. That is for [`Revocation`](crate::Revocation), with the issuer's
/// key and the time.
#[derive(Default)]
pub struct Crls {
    /// Sorted by issuer, and for one issuer the newest first.
    list: Vec<Stored>,
    octets: usize,
    entries: usize,
}

/// One list.
pub(crate) struct Stored {
    issuer: Vec<u8>,
    /// The issuer, as [`Name::key`] has it.
    key: Vec<u8>,
    age: Age,
    content: Result<Content, Rule>,
}

/// The cRLNumber (its length first, so that the order is that of the numbers), and thisUpdate. The older one is smaller.
type Age = (usize, Vec<u8>, Option<Time>);

/// A list that can be used. It has been read before.
struct Content {
    der: Vec<u8>,
    /// Where entries start, sorted by their serial numbers.
    index: Vec<u32>,
    verified: Verified,
}

impl Crls {
    /// How many octets the lists of a set can have together: 64 MiB.
    pub const MAX_OCTETS: usize = 64 << 20;
    /// How many entries they can have together. Each costs four octets of index.
    pub const MAX_ENTRIES: usize = 2_000_000;

    /// How many lists there can be, those included that cannot be used.
    pub const MAX_LISTS: usize = 4_096;

    /// No list.
    pub const fn new() -> Self {
        Self { list: Vec::new(), octets: 0, entries: 0 }
    }

    /// The lists of a PEM file.
    ///
    /// # Errors
    /// As [`Crls::add_pem`].
    pub fn from_pem(text: &[u8]) -> Result<(Self, Report), NoCrl> {
        let mut own = Self::new();
        let report = own.add_pem(text)?;
        Ok((own, report))
    }

    /// Adds the lists of a PEM file, the sections with the label `X509 CRL`; says how many were new and what was skipped.
    ///
    /// # Errors
    /// [`NoCrl`] when there is none that can be used.
    pub fn add_pem(&mut self, text: &[u8]) -> Result<Report, NoCrl> {
        let (mut taken, mut report) = (0_usize, Report::default());
        for section in Sections::new(text) {
            let added = match section.label {
                b"X509 CRL" => section.decode().map_err(Reason::from).and_then(|der| {
                    self.add(&der).map_err(|rule| match issuer_of(&der) {
                        Ok(_) => Reason::Refused(rule),
                        Err(_) => Reason::NotACrl(rule),
                    })
                }),
                _ => Err(Reason::OtherLabel),
            };
            match added {
                Ok(new) => {
                    taken = taken.saturating_add(1);
                    report.added = report.added.saturating_add(usize::from(new));
                }
                Err(reason) => {
                    let (line, label) = (section.line, section.shown_label());
                    report.skipped.push(Skipped { line, label, reason });
                }
            }
        }
        if taken == 0 { Err(NoCrl(report.skipped)) } else { Ok(report) }
    }

    /// Adds the list with this DER. Returns whether it was new.
    ///
    /// # Errors
    /// As [`Crl::parse`], also for its entries; [`Rule::CrlTooLarge`]. Unless its issuer cannot be read either, the list is
    /// remembered as one that cannot be used.
    pub fn add(&mut self, der: &[u8]) -> Result<bool, Rule> {
        self.add_within(der, Self::MAX_OCTETS, Self::MAX_ENTRIES)
    }

    /// How many lists there are, those included that cannot be used.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All lists, as the bytes that say so: the DER of each, or the issuer of one that cannot be used, and whether it can.
    pub fn contents(&self) -> impl Iterator<Item = (&[u8], bool)> {
        self.list.iter().map(|stored| match &stored.content {
            Ok(content) => (content.der.as_slice(), true),
            Err(_) => (stored.issuer.as_slice(), false),
        })
    }

    /// The lists of this issuer, the newest first, and behind them those that cannot be used.
    pub(crate) fn of(&self, issuer: Name<'_>) -> &[Stored] {
        let key = issuer.key();
        let start = self.list.partition_point(|stored| stored.key < key);
        let rest = self.list.get(start..).unwrap_or_default();
        let len = rest.partition_point(|stored| stored.key == key);
        rest.get(..len).unwrap_or_default()
    }

    fn add_within(&mut self, der: &[u8], max_octets: usize, max_entries: usize) -> Result<bool, Rule> {
        let known = |stored: &Stored| stored.content.as_ref().is_ok_and(|content| content.der == der);
        if issuer_of(der).is_ok_and(|issuer| self.of(Name::new(issuer)).iter().any(known)) {
            return Ok(false);
        }
        if self.list.len() >= Self::MAX_LISTS {
            return Err(Rule::CrlTooLarge);
        }
        let octets = self.octets.saturating_add(der.len());
        let read = if octets > max_octets {
            Err(Rule::CrlTooLarge)
        } else {
            Stored::read(der, max_entries.saturating_sub(self.entries))
        };
        match read {
            Ok(stored) => {
                self.octets = octets;
                self.entries = self.entries.saturating_add(stored.content.as_ref().map_or(0, |new| new.index.len()));
                self.insert(stored);
                Ok(true)
            }
            Err(rule) => {
                if let Ok(issuer) = issuer_of(der) {
                    self.insert_refused(issuer, &rule);
                }
                Err(rule)
            }
        }
    }

    fn insert_refused(&mut self, issuer: &[u8], rule: &Rule) {
        let mut own = self.of(Name::new(issuer)).iter();
        if !own.any(|stored| stored.content.as_ref().err() == Some(rule)) {
            let (issuer, key) = (issuer.to_vec(), Name::new(issuer).key());
            self.insert(Stored { issuer, key, age: Age::default(), content: Err(rule.clone()) });
        }
    }

    fn insert(&mut self, stored: Stored) {
        let at = self.list.partition_point(|other| other.rank() <= stored.rank());
        self.list.insert(at, stored);
    }
}

impl Stored {
    fn read(der: &[u8], max_entries: usize) -> Result<Self, Rule> {
        let crl = Crl::parse(der)?;
        let mut serials = Vec::new();
        let mut offset = 0_usize;
        for entry in crl.entries() {
            let entry = entry?;
            if serials.len() >= max_entries {
                return Err(Rule::CrlTooLarge);
            }
            serials.push((entry.serial, u32::try_from(offset).map_err(|_| Rule::CrlTooLarge)?));
            offset = offset.saturating_add(entry.len);
        }
        // Of a serial number that is there twice, the later entry comes last.
        serials.sort_unstable();
        let number = crl.number().unwrap_or_default();
        let age = (number.len(), number.to_vec(), Some(crl.this_update()));
        let index = serials.into_iter().map(|(_, offset)| offset).collect();
        let content = Ok(Content { der: der.to_vec(), index, verified: Verified::default() });
        Ok(Self { issuer: crl.issuer().as_bytes().to_vec(), key: crl.issuer().key(), age, content })
    }

    /// The list.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(crate) fn crl(&self) -> Result<Crl<'_>, Rule> {
        Crl::parse(&self.content()?.der)
    }

    /// The entry of `crl`, which is this list, about the certificate with this serial number; the last one if there are
    /// several.
    pub(crate) fn find<'a>(&self, crl: &Crl<'a>, serial: &[u8]) -> Option<Entry<'a>> {
        let index = &self.content().ok()?.index;
        let entry = |offset: &u32| crl.entry_at(usize::try_from(*offset).ok()?);
        let behind = index.partition_point(|offset| entry(offset).is_some_and(|entry| entry.serial <= serial));
        let found = entry(index.get(behind.checked_sub(1)?)?)?;
        (found.serial == serial).then_some(found)
    }

    /// Whether the list's signature has been verified with the key of this hash.
    pub(crate) fn is_verified(&self, key: &KeyHash) -> bool {
        self.content().is_ok_and(|content| content.verified.is(key))
    }

    /// Remembers that it has.
    pub(crate) fn set_verified(&self, key: &KeyHash) {
        if let Ok(content) = self.content() {
            content.verified.set(key);
        }
    }

    fn content(&self) -> Result<&Content, Rule> {
        self.content.as_ref().map_err(Clone::clone)
    }

    fn rank(&self) -> (&[u8], Reverse<&Age>) {
        (&self.key, Reverse(&self.age))
    }
}

/// The content octets of the issuer's name, in a list that need not be in order anywhere else.
fn issuer_of(der: &[u8]) -> Result<&[u8], Rule> {
    let mut outer = Reader::new(der, "outer structure")?;
    let mut outer = Reader::new(outer.take(Tag::Sequence)?, "outer structure")?;
    let mut reader = Reader::new(outer.take(Tag::Sequence)?, "issuer")?;
    reader.maybe(Tag::Integer)?;
    reader.take(Tag::Sequence)?;
    reader.take(Tag::Sequence)
}

/// A SHA-256 hash of an issuer's SubjectPublicKeyInfo, in words.
pub(crate) type KeyHash = [u32; 8];

/// The key that a list's signature has been verified with, set once: a long list takes long to hash, and its issuer hardly ever
/// has a second key of the same name.
#[derive(Default)]
struct Verified {
    state: AtomicU8,
    hash: [AtomicU32; 8],
}

impl Verified {
    const EMPTY: u8 = 0;
    const WRITING: u8 = 1;
    const SET: u8 = 2;

    fn is(&self, key: &KeyHash) -> bool {
        // Acquire: who sees SET sees what was written before it.
        self.state.load(Ordering::Acquire) == Self::SET
            && self.hash.iter().zip(key).all(|(own, word)| own.load(Ordering::Relaxed) == *word)
    }

    fn set(&self, key: &KeyHash) {
        let won = self.state.compare_exchange(Self::EMPTY, Self::WRITING, Ordering::Relaxed, Ordering::Relaxed);
        if won.is_ok() {
            self.hash.iter().zip(key).for_each(|(own, word)| own.store(*word, Ordering::Relaxed));
            self.state.store(Self::SET, Ordering::Release);
        }
    }
}

/// Equal sets hold the same lists; what has been verified does not matter.
impl PartialEq for Crls {
    fn eq(&self, other: &Self) -> bool {
        let key = |stored: &Stored| (stored.issuer.clone(), stored.content().map(|content| content.der.clone()));
        self.list.iter().map(key).eq(other.list.iter().map(key))
    }
}

impl Eq for Crls {}

impl fmt::Debug for Crls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(|stored| Name::new(&stored.issuer))).finish()
    }
}

/// What became of a PEM file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many lists were new.
    pub added: usize,
    /// The sections that were not taken, in the order of the file.
    pub skipped: Vec<Skipped>,
}

/// A section that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The line of its BEGIN, counted from 1.
    pub line: usize,
    /// Its label, escaped and cut.
    pub label: String,
    /// Why.
    pub reason: Reason,
}

/// Why a section was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Its label says that it is something else.
    OtherLabel,
    /// There is no matching END.
    NoEnd,
    /// What is between BEGIN and END is not base64.
    NotBase64,
    /// It cannot be used, and is remembered as one that its issuer made.
    Refused(Rule),
    /// It is no CRL although its label says so: nobody can tell whose it would be.
    NotACrl(Rule),
}

impl From<pem::Reason> for Reason {
    fn from(reason: pem::Reason) -> Self {
        match reason {
            pem::Reason::NoEnd => Self::NoEnd,
            // The headers of an encrypted section are no base64 either, and nobody encrypts a CRL.
            _ => Self::NotBase64,
        }
    }
}

/// No section of a file is a CRL that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCrl(pub Vec<Skipped>);

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {} (", self.line, self.label)?;
        match &self.reason {
            Reason::OtherLabel => f.write_str("something else")?,
            Reason::NoEnd => f.write_str("no matching END")?,
            Reason::NotBase64 => f.write_str("not base64")?,
            Reason::Refused(rule) => write!(f, "not usable: {rule}")?,
            Reason::NotACrl(rule) => write!(f, "not a CRL: {rule}")?,
        }
        f.write_str(")")
    }
}

impl fmt::Display for NoCrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no usable PEM CRL was found")?;
        if self.0.is_empty() {
            return f.write_str("; there is no PEM section at all");
        }
        for (at, section) in self.0.iter().take(SHOWN_SECTIONS).enumerate() {
            write!(f, "{}{section}", if at == 0 { "; seen: " } else { ", " })?;
        }
        match self.0.len().checked_sub(SHOWN_SECTIONS) {
            Some(more @ 1..) => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for NoCrl {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{bit_string, oid as encode_oid, sequence, small_integer, tlv};

    /// A CRL of version 1 with entries for these serial numbers. Nobody has signed it.
    fn crl(issuer: &[u8], serials: &[u8]) -> Vec<u8> {
        let algorithm = sequence(&[&encode_oid(crate::oid::ED25519)]);
        let time = tlv(0x17, &[b"700101000000Z"]);
        let entries: Vec<_> = serials.iter().flat_map(|serial| sequence(&[&small_integer(*serial), &time])).collect();
        let tbs = sequence(&[&algorithm, &sequence(&[issuer]), &time, &time, &sequence(&[&entries])]);
        sequence(&[&tbs, &algorithm, &bit_string(&[])])
    }

    fn usable(crls: &Crls, issuer: &[u8]) -> Vec<bool> {
        crls.of(Name::new(issuer)).iter().map(|stored| stored.crl().is_ok()).collect()
    }

    #[test]
    fn limits_are_those_of_the_whole_set() {
        let (one, two) = (crl(b"a", &[1, 2]), crl(b"a", &[3]));
        let octets = one.len() + two.len();
        let mut crls = Crls::new();
        assert_eq!(crls.add_within(&one, octets, 2), Ok(true));
        assert_eq!(crls.add_within(&one, octets, 2), Ok(false), "known already, so it costs nothing");
        assert_eq!(crls.add_within(&two, octets, 2), Err(Rule::CrlTooLarge));
        assert_eq!(crls.add_within(&two, octets - 1, 3), Err(Rule::CrlTooLarge));
        assert_eq!(usable(&crls, b"a"), [true, false]);
        assert_eq!(crls.add_within(&two, octets, 3), Ok(true));
        assert_eq!(usable(&crls, b"a"), [true, true, false]);
        assert_eq!(crls.add_within(&crl(b"a", &[]), usize::MAX, 3), Ok(true), "no entry needs no room");
    }

    #[test]
    fn lists_are_found_by_issuer() {
        let mut crls = Crls::new();
        for issuer in [&b"b"[..], b"a", b"c", b"bb", b"b"] {
            crls.add(&crl(issuer, &[])).unwrap();
        }
        crls.add(&crl(b"b", &[9])).unwrap();
        for (issuer, count) in [(&b"a"[..], 1), (b"b", 2), (b"bb", 1), (b"c", 1), (b"", 0), (b"ba", 0), (b"d", 0)] {
            assert_eq!(crls.of(Name::new(issuer)).len(), count, "{issuer:?}");
        }
    }

    #[test]
    fn every_entry_is_found_and_no_other() {
        let mut crls = Crls::new();
        let listed = [0x30, 5, 0x90, 7, 0, 0x7f, 7];
        crls.add(&crl(b"a", &listed)).unwrap();
        let [stored] = crls.of(Name::new(b"a")) else { panic!("one list") };
        let crl = stored.crl().unwrap();
        for serial in 0..=255 {
            let content = if serial < 0x80 { alloc::vec![serial] } else { alloc::vec![0, serial] };
            let found = stored.find(&crl, &content);
            assert_eq!(found.is_some(), listed.contains(&serial), "{serial}");
            assert!(found.is_none_or(|entry| entry.serial == content));
        }
    }

    #[test]
    fn the_first_key_is_remembered() {
        let verified = Verified::default();
        assert!(!verified.is(&[0; 8]), "nothing is not a hash of zeros");
        verified.set(&[1; 8]);
        verified.set(&[2; 8]);
        assert!(verified.is(&[1; 8]));
        assert!(!verified.is(&[2; 8]) && !verified.is(&[0; 8]));
        // Another thread is in the middle of it.
        verified.state.store(Verified::WRITING, Ordering::Relaxed);
        assert!(!verified.is(&[1; 8]));
    }
}
