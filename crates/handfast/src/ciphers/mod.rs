//! Cipher lists as text, in the syntax of OpenSSL, and the names of suites.
//!
//! A cipher string is a list of rules, separated by `:`, `,`, `;` or spaces, that are applied one after the other to an
//! order of all suites. The result is the suites that are on at the end, in the order in which they then stand.
//!
//! | rule | effect |
//! |---|---|
//! | `X` | turns on, at the end of the list, what is off |
//! | `+X` | moves to the end of the list what is on |
//! | `-X` | turns off; a later rule may turn it on again, then before all that was off already |
//! | `!X` | removes for good |
//! | `@STRENGTH` | sorts what is on by the length of keys, the longest first, and keeps the order of equals |
//! | `@SECLEVEL=n` | asks for a security level of 0 to 5; see below |
//!
//! `X` is a suite by either name, or a keyword for several; `X+Y` are those that are both. The keywords:
//!
//! | keywords | suites |
//! |---|---|
//! | `ALL`, `HIGH` | all |
//! | `DEFAULT` | at the beginning of the string: the six that are used by default, in their order |
//! | `COMPLEMENTOFDEFAULT` | all but these six |
//! | `SUITEB128`, `SUITEB128ONLY`, `SUITEB128C2`, `SUITEB192` | at the beginning of the string: the profiles of RFC 6460 and no others |
//! | `kRSA`, `RSA`; `kDHE`, `DHE`, `kEDH`, `EDH`, `DH`; `kECDHE`, `ECDHE`, `kEECDH`, `EECDH`, `ECDH` | by the key exchange |
//! | `kPSK`, `kDHEPSK`, `kECDHEPSK`; `PSK` | by the key exchange with a pre-shared key; any of these |
//! | `aRSA`; `aECDSA`, `ECDSA`; `aPSK` | by the authentication |
//! | `AES`, `AES128`, `AES256`, `AESGCM`, `AESCCM`, `AESCCM8`, `CHACHA20`, `CBC` | by the cipher |
//! | `SHA1`, `SHA`, `SHA256`, `SHA384` | by the MAC, which only the suites in CBC mode have |
//! | `TLSv1.2`, `TLSv1.0`, `TLSv1`, `SSLv3` | by the version that introduced them; all are used with TLS 1.2 here |
//! | `FIPS` | AES-GCM and AES-CBC |
//! | `MEDIUM`, `LOW`, `aNULL`, `eNULL`, `RC4`, `3DES`, `MD5`, `EXPORT` and others | none: such suites do not exist here |
//!
//! The suites of TLS 1.3 form a list of their own. Only their whole names have an effect on it, with any operator.
//!
//! # Differences from OpenSSL
//!
//! * `DEFAULT` and `COMPLEMENTOFDEFAULT` follow the default of this crate, which is shorter.
//! * A security level only filters suites: from 3 on those without forward secrecy go, from 4 on those with keys of 128
//!   bits and those with SHA-1. Nothing here is below level 2.
//! * What follows the keyword of a profile of Suite B is not ignored: it may remove, and brings nothing back.
//! * Words that are not known are passed over, as there, and reported in [`Ciphers::ignored`]. A rule that names nothing
//!   because its words exclude each other, as `AES128+AES256`, does not stop what follows it without a separator.

mod description;
mod error;
mod list;
mod parse;
mod words;

pub use description::Description;
pub use error::CipherStringError;

use alloc::{string::String, vec::Vec};
use handfast_crypto::Suite;
use handfast_crypto::suite::{TLS12_SUITES, TLS13_SUITES};

/// The longest cipher string, in bytes.
pub const MAX_STRING: usize = 4_096;

/// How many words [`Ciphers::ignored`] holds at most.
pub const MAX_IGNORED: usize = 32;

/// What a cipher string selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ciphers {
    /// The suites of TLS 1.3, most preferred first. `None` if the string says nothing about them; empty if it removes
    /// them all.
    pub tls13: Option<Vec<&'static Suite>>,
    /// The suites of TLS 1.2, most preferred first. Empty if the string names only suites of TLS 1.3.
    ///
    /// They are what the string says. Whether key exchange without forward secrecy, finite fields, pre-shared keys or CBC
    /// mode may be used is for the configuration to decide.
    pub tls12: Vec<&'static Suite>,
    /// The first [`MAX_IGNORED`] rules that had no effect because a word in them is not known.
    pub ignored: Vec<String>,
}

impl Ciphers {
    /// All of them: those of TLS 1.3, or its default if the string says nothing about them, before those of TLS 1.2.
    pub fn suites(&self) -> impl Iterator<Item = &'static Suite> {
        let default = self.tls13.is_none().then(tls13_defaults).into_iter().flatten();
        self.tls13.iter().flatten().copied().chain(default).chain(self.tls12.iter().copied())
    }
}

/// Reads a cipher string.
///
/// # Errors
///
/// [`CipherStringError`] if the string is malformed or longer than [`MAX_STRING`], or turns on no suite.
pub fn parse(text: &str) -> Result<Ciphers, CipherStringError> {
    parse::parse(text)
}

/// The suite called `name`, by OpenSSL or in the IANA registry. Capitals matter.
pub fn find(name: &str) -> Option<&'static Suite> {
    all().find(|suite| suite.openssl_name == name || suite.id.name() == Some(name))
}

/// The name in the IANA registry of the suite called `name`, by OpenSSL or there. [`Suite::openssl_name`] is the way back.
pub fn standard_name(name: &str) -> Option<&'static str> {
    find(name)?.id.name()
}

/// OpenSSL's names of all suites that are understood, in small letters and sorted. Not all are enabled by default.
pub fn supported() -> Vec<String> {
    let mut names: Vec<_> = all().map(|suite| suite.openssl_name.to_ascii_lowercase()).collect();
    names.sort();
    names
}

fn all() -> impl Iterator<Item = &'static Suite> {
    TLS13_SUITES.iter().chain(TLS12_SUITES)
}

/// What TLS 1.3 offers where nothing is said.
fn tls13_defaults() -> impl Iterator<Item = &'static Suite> {
    TLS13_SUITES.iter().filter(|suite| !words::is_ccm(suite))
}

/// What TLS 1.2 offers where nothing is said.
fn tls12_defaults() -> impl Iterator<Item = &'static Suite> {
    TLS12_SUITES.iter().take(6)
}
