//! Certificates and private keys from PEM (RFC 7468), never one for the other.
//!
//! Files are edited by hand, joined and forwarded, so a file may hold anything: text between the sections, several
//! certificates, a key among them. What is asked for is taken by its label, and a certificate must also be one; the rest
//! is reported with its line (docs/regressions.md row 72).

use crate::asn1::{Reader, constructed};
use crate::cert::Certificate;
use crate::encrypted::{Fault, Opener};
use crate::error::Rule;
use crate::escape::escape_bytes;
use alloc::string::String;
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};
use core::fmt;
use core::iter::{Enumerate, Peekable};
use core::slice::Split;
use der::Tag;
use pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use zeroize::Zeroizing;

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many certificates were taken.
    pub added: usize,
    /// The sections that were not, in the order of the file.
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
    /// It is encrypted, and only a [`Bundle`](crate::Bundle) takes passwords.
    Encrypted,
    /// It is encrypted and does not open.
    Locked(Fault),
    /// It is not a certificate although its label says so.
    NotACertificate(Rule),
    /// It carries OpenSSL's settings of what it is trusted for; taking it without them would trust it for everything.
    TrustSettings,
}

/// Why a file gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// No section is a certificate.
    NoCertificate(Vec<Skipped>),
    /// No section is a private key.
    NoKey(Vec<Skipped>),
    /// The private key cannot be taken.
    BadKey(Skipped),
    /// A certificate cannot be taken, and it is not known what becomes of the others without it.
    BadCertificate(Skipped),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherLabel => f.write_str("something else"),
            Self::NoEnd => f.write_str("no matching END"),
            Self::NotBase64 => f.write_str("not base64"),
            Self::Encrypted => f.write_str("encrypted, and no password was asked for"),
            Self::Locked(fault) => fault.fmt(f),
            Self::NotACertificate(rule) => write!(f, "not a certificate: {rule}"),
            Self::TrustSettings => f.write_str("carries trust settings, which are not supported"),
        }
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {} ({})", self.line, self.label, self.reason)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = match self {
            Self::BadKey(section) => return write!(f, "the private key cannot be read: {section}"),
            Self::BadCertificate(section) => return write!(f, "a certificate cannot be read: {section}"),
            Self::NoCertificate(seen) => {
                f.write_str("no PEM certificate was found")?;
                seen
            }
            Self::NoKey(seen) => {
                f.write_str("no PEM private key was found")?;
                seen
            }
        };
        if seen.is_empty() {
            return f.write_str("; there is no PEM section at all");
        }
        for (at, section) in seen.iter().take(SHOWN_SECTIONS).enumerate() {
            write!(f, "{}{section}", if at == 0 { "; seen: " } else { ", " })?;
        }
        match seen.len().checked_sub(SHOWN_SECTIONS) {
            Some(more @ 1..) => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for Error {}

/// How many sections an error lists.
pub(crate) const SHOWN_SECTIONS: usize = 4;
/// How much of a label is shown, in bytes.
const SHOWN_LABEL: usize = 40;

/// All certificates of a PEM text, in its order, and what else was there. `CERTIFICATE`, `X509 CERTIFICATE` and
/// `TRUSTED CERTIFICATE` are the labels.
///
/// # Errors
/// [`Error::NoCertificate`] when there is none.
pub fn certificates(text: &[u8]) -> Result<(Vec<CertificateDer<'static>>, Report), Error> {
    let mut found = Vec::new();
    let mut skipped = Vec::new();
    for section in Sections::new(text) {
        match section.certificate() {
            Ok(Some(certificate)) => found.push(certificate),
            Ok(None) => skipped.push(section.skipped(Reason::OtherLabel)),
            Err(reason) => skipped.push(section.skipped(reason)),
        }
    }
    match found.len() {
        0 => Err(Error::NoCertificate(skipped)),
        added => Ok((found, Report { added, skipped })),
    }
}

/// The first private key of a PEM text: `PRIVATE KEY` (PKCS#8), `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC1). Whatever
/// else the file holds is passed over.
///
/// # Errors
/// [`Error::BadKey`] when the first key is encrypted or broken; [`Error::NoKey`] names what was seen instead.
pub fn private_key(text: &[u8]) -> Result<Zeroizing<PrivateKeyDer<'static>>, Error> {
    let mut seen = Vec::new();
    for section in Sections::new(text) {
        match section.private_key_with(|_, _| Err(Reason::Encrypted)) {
            Ok(Some(key)) => return Ok(key),
            Ok(None) => seen.push(section.skipped(Reason::OtherLabel)),
            Err(reason) => return Err(Error::BadKey(section.skipped(reason))),
        }
    }
    Err(Error::NoKey(seen))
}

/// The first `DH PARAMETERS` of a PEM text, as `openssl dhparam` writes them: prime and generator, big-endian without leading
/// zeros. Whether they are any good is for others to judge.
///
/// ```text
/// DHParameter ::= SEQUENCE {
///     prime               INTEGER,   -- positive
///     base                INTEGER,
///     privateValueLength  INTEGER OPTIONAL
/// }
/// ```
///
/// PKCS #3 §9, which RFC 5246 has its Diffie-Hellman from.
pub fn dh_parameters(text: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let section = Sections::new(text).find(|section| section.label == b"DH PARAMETERS")?;
    let der = section.decode().ok()?;
    let mut r = Reader::sequence(&der, "DHParameter").ok()?;
    let (prime, base) = (r.unsigned().ok()?.to_vec(), r.unsigned().ok()?.to_vec());
    if !r.is_empty() {
        r.unsigned().ok()?;
    }
    r.end().ok()?;
    Some((prime, base))
}

/// `der` under `label`, in lines of 64 characters.
pub fn encode(label: &str, der: &[u8]) -> Zeroizing<String> {
    const LINE: usize = 64;
    let base64 = Zeroizing::new(Base64::encode_string(der));
    // Never grown, so that no copy of a key stays behind.
    let capacity = base64.len() + base64.len() / LINE + 2 * label.len() + 40;
    let mut out = Zeroizing::new(String::with_capacity(capacity));
    out.push_str("-----BEGIN ");
    out.push_str(label);
    out.push_str("-----\n");
    for (at, c) in base64.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            out.push('\n');
        }
        out.push(c);
    }
    out.push_str("\n-----END ");
    out.push_str(label);
    out.push_str("-----\n");
    out
}

fn certificate(der: Zeroizing<Vec<u8>>) -> Result<CertificateDer<'static>, Reason> {
    Certificate::parse(&der).map_err(Reason::NotACertificate)?;
    Ok(CertificateDer::from(der.to_vec()))
}

/// OpenSSL's `TRUSTED CERTIFICATE`: a certificate, and behind it what its owner wants to add.
///
/// ```text
/// X509_CERT_AUX ::= SEQUENCE {
///     trust     SEQUENCE OF OBJECT IDENTIFIER OPTIONAL          only for these purposes
///     reject    [0] SEQUENCE OF OBJECT IDENTIFIER OPTIONAL      not for these
///     alias     UTF8String OPTIONAL
///     keyid     OCTET STRING OPTIONAL
///     other     [1] SEQUENCE OF AlgorithmIdentifier OPTIONAL }
/// ```
fn trusted_certificate(der: Zeroizing<Vec<u8>>) -> Result<CertificateDer<'static>, Reason> {
    let mut reader = Reader::new(&der, "outer structure").map_err(Reason::NotACertificate)?;
    let own = reader.element().map_err(Reason::NotACertificate)?.der;
    if let Some(settings) = reader.maybe(Tag::Sequence).map_err(Reason::NotACertificate)? {
        let mut settings = Reader::new(settings, "trust settings").map_err(Reason::NotACertificate)?;
        for tag in [Tag::Sequence, constructed(0)] {
            if settings.maybe(tag).map_err(Reason::NotACertificate)?.is_some() {
                return Err(Reason::TrustSettings);
            }
        }
    }
    reader.end().map_err(Reason::NotACertificate)?;
    certificate(Zeroizing::new(own.to_vec()))
}

/// Whether a file is DER and not PEM: a SEQUENCE that is all of it. One that is cut, or BER, is DER too if no section of PEM
/// begins in it, for a text may begin with the same octet, which is `0`.
pub fn is_der(bytes: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN";
    let is_whole = || Reader::sequence(bytes, "file").is_ok();
    bytes.first() == Some(&0x30) && (is_whole() || !bytes.windows(BEGIN.len()).any(|part| part == BEGIN))
}

/// The sections of a PEM text, whatever they are, in its order.
pub fn sections(text: &[u8]) -> impl Iterator<Item = Section<'_>> {
    Sections::new(text)
}

/// One section: what is between the lines BEGIN and END.
pub struct Section<'a> {
    /// The line of its BEGIN, counted from 1.
    pub line: usize,
    /// Its label, as it is in the text.
    pub label: &'a [u8],
    /// `None` when there is no END of the same label.
    body: Option<Vec<&'a [u8]>>,
}

/// How the content of a section is sealed.
enum Seal<'a> {
    /// An EncryptedPrivateKeyInfo (RFC 7468 §11).
    Pkcs8,
    /// `DEK-Info: cipher,iv`, the IV in hex.
    DekInfo { cipher: &'a [u8], iv: &'a [u8] },
}

impl<'a> Section<'a> {
    /// The certificate; `None` when the label says that it is something else.
    ///
    /// # Errors
    /// [`Reason`]; a key under the label of a certificate is none.
    pub fn certificate(&self) -> Result<Option<CertificateDer<'static>>, Reason> {
        match self.label {
            b"CERTIFICATE" | b"X509 CERTIFICATE" => self.decode().and_then(certificate).map(Some),
            b"TRUSTED CERTIFICATE" => self.decode().and_then(trusted_certificate).map(Some),
            _ => Ok(None),
        }
    }

    /// The private key; `None` when the label says that it is something else.
    ///
    /// # Errors
    /// [`Reason::Locked`] for one that is encrypted and does not open; [`Reason`].
    pub fn private_key(&self, opener: &mut Opener<'_>) -> Result<Option<Zeroizing<PrivateKeyDer<'static>>>, Reason> {
        self.private_key_with(|seal, sealed| open(opener, seal, sealed).map_err(Reason::Locked))
    }

    fn private_key_with(
        &self,
        mut open: impl FnMut(Seal<'_>, &[u8]) -> Result<Zeroizing<Vec<u8>>, Reason>,
    ) -> Result<Option<Zeroizing<PrivateKeyDer<'static>>>, Reason> {
        let wrap: fn(Vec<u8>) -> PrivateKeyDer<'static> = match self.label {
            b"PRIVATE KEY" | b"ENCRYPTED PRIVATE KEY" => |der| PrivatePkcs8KeyDer::from(der).into(),
            b"RSA PRIVATE KEY" => |der| PrivatePkcs1KeyDer::from(der).into(),
            b"EC PRIVATE KEY" => |der| PrivateSec1KeyDer::from(der).into(),
            _ => return Ok(None),
        };
        let mut der = match self.seal()? {
            Some(seal) => open(seal, &self.base64()?)?,
            None => self.base64()?,
        };
        Ok(Some(Zeroizing::new(wrap(core::mem::take(&mut *der)))))
    }

    /// What is between BEGIN and END.
    ///
    /// # Errors
    /// [`Reason::NoEnd`], [`Reason::Encrypted`], [`Reason::NotBase64`].
    pub fn decode(&self) -> Result<Zeroizing<Vec<u8>>, Reason> {
        match self.seal()? {
            Some(_) => Err(Reason::Encrypted),
            None => self.base64(),
        }
    }

    /// How it is sealed: by its label, or by the headers of RFC 1421 §4.6, as OpenSSL's traditional encryption writes them.
    fn seal(&self) -> Result<Option<Seal<'a>>, Reason> {
        let lines = self.body.as_ref().ok_or(Reason::NoEnd)?;
        if !lines.iter().any(|line| line.contains(&b':')) {
            return Ok((self.label == b"ENCRYPTED PRIVATE KEY").then_some(Seal::Pkcs8));
        }
        let value = lines.iter().find_map(|line| line.strip_prefix(b"DEK-Info:"));
        let mut parts = value.ok_or(Reason::NotBase64)?.splitn(2, |octet| *octet == b',');
        match (parts.next(), parts.next()) {
            (Some(cipher), Some(iv)) => Ok(Some(Seal::DekInfo { cipher: cipher.trim_ascii(), iv: iv.trim_ascii() })),
            _ => Err(Reason::NotBase64),
        }
    }

    fn base64(&self) -> Result<Zeroizing<Vec<u8>>, Reason> {
        let lines = self.body.as_ref().ok_or(Reason::NoEnd)?;
        // Headers have a colon, which base64 has not.
        let lines = || lines.iter().filter(|line| !line.contains(&b':'));
        let mut base64 = Zeroizing::new(Vec::with_capacity(lines().map(|line| line.len()).sum()));
        // RFC 7468 §3: white space says nothing.
        let is_text = |octet: &&u8| !octet.is_ascii_whitespace();
        lines().for_each(|line| base64.extend(line.iter().filter(is_text)));
        // Constant-time in the content: it may be a key.
        let der = Base64::decode_in_place(&mut base64).map_err(|_| Reason::NotBase64)?;
        Ok(Zeroizing::new(der.to_vec()))
    }

    pub(crate) fn skipped(&self, reason: Reason) -> Skipped {
        Skipped { line: self.line, label: self.shown_label(), reason }
    }

    /// The label, escaped and cut.
    pub fn shown_label(&self) -> String {
        escape_bytes(self.label, SHOWN_LABEL)
    }
}

/// Opens an encrypted section.
fn open(opener: &mut Opener<'_>, seal: Seal<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    match seal {
        Seal::Pkcs8 => opener.open_pkcs8(sealed),
        Seal::DekInfo { cipher, iv } => {
            let iv = unhex(iv).ok_or(Fault::Malformed("DEK-Info"))?;
            let plain = opener.open_pem(cipher, &iv, sealed)?;
            // One wrong password in 256 leaves something that looks like padding.
            Reader::sequence(&plain, "private key").map_err(|_| Fault::WrongPassword)?;
            Ok(plain)
        }
    }
}

/// At most 16 octets, the longest block there is.
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    let digit = |c: u8| char::from(c).to_digit(16);
    let octet = |[high, low]: &[u8; 2]| Some((digit(*high)? << 4 | digit(*low)?) as u8);
    if rest.is_empty() && pairs.len() <= 16 { pairs.iter().map(octet).collect() } else { None }
}

/// The sections of a text, one after the other.
pub(crate) struct Sections<'a> {
    lines: Peekable<Lines<'a>>,
}

/// The lines of a text, counted from 0.
type Lines<'a> = Enumerate<Split<'a, u8, fn(&u8) -> bool>>;

impl<'a> Sections<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let is_end: fn(&u8) -> bool = |octet| *octet == b'\n';
        // What editors of another world put before the first line.
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        Self { lines: text.split(is_end).enumerate().peekable() }
    }
}

impl<'a> Iterator for Sections<'a> {
    type Item = Section<'a>;

    fn next(&mut self) -> Option<Section<'a>> {
        let (at, label) = self.lines.find_map(|(at, line)| Some((at, marker(line, b"-----BEGIN ")?)))?;
        let line = at.saturating_add(1);
        let mut body = Vec::new();
        // Another BEGIN starts the next section, however this one ends.
        while let Some((_, text)) = self.lines.next_if(|(_, text)| marker(text, b"-----BEGIN ").is_none()) {
            match marker(text, b"-----END ") {
                Some(end) => return Some(Section { line, label, body: (end == label).then_some(body) }),
                None => body.push(text.trim_ascii()),
            }
        }
        Some(Section { line, label, body: None })
    }
}

/// The label of a BEGIN or END line.
fn marker<'a>(line: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    line.trim_ascii().strip_prefix(start)?.strip_suffix(b"-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_and_pem() {
        let long = [&[0x30, 0x82, 1, 0][..], &[7; 256]].concat();
        let holds_pem = [&[0x30, 13][..], b"\n-----BEGIN x"].concat();
        for der in [&[0x30, 0][..], &[0x30], &[0x30, 3, 1], &[0x30, 0x81], &long, &long[..9], &holds_pem] {
            assert!(is_der(der), "{der:x?}");
        }
        for text in [&b""[..], b"-----BEGIN x", b"0\n-----BEGIN CERTIFICATE-----\n", b"0: root\n-----BEGIN x", b"1"] {
            assert!(!is_der(text), "{text:x?}");
        }
    }
}
