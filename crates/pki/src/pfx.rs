//! PKCS#12 files (RFC 7292): keys and certificates under one password. Also known as PFX.
//!
//! The MAC is checked before anything in the file is used (docs/regressions.md row 72). What a file may cost is bounded by
//! its [`Opener`].

mod ber;
mod mac;
mod write;

pub use write::{ITERATIONS, write};

use crate::asn1::{Reader, constructed, primitive};
use crate::cert::Certificate;
use crate::encrypted::{Fault, Opener};
use crate::oid;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use ber::to_der;
use core::fmt;
use der::Tag;
use mac::Mac;
use pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

/// What a file holds. Bags of revocation lists and other secrets are passed over.
#[derive(Default)]
pub struct Pfx {
    /// The certificates, in the order of the file.
    pub certificates: Vec<CertificateDer<'static>>,
    /// The private keys, PKCS#8.
    pub keys: Vec<Zeroizing<PrivatePkcs8KeyDer<'static>>>,
    /// Whether somebody who knows the password vouches for the whole: there is a MAC, and it is right.
    pub has_mac: bool,
    /// How many bags were read, those of other kinds too.
    bags: usize,
    /// Whether it took the password to read it.
    was_encrypted: bool,
}

/// How many bags a file may have.
pub const MAX_BAGS: usize = 1024;
/// How deep bags may lie in one another.
pub const MAX_DEPTH: usize = 4;

impl Pfx {
    /// Whether this looks like such a file: its version, which is 3, and then something else than an algorithm.
    pub fn is_one(bytes: &[u8]) -> bool {
        let Ok(der) = to_der(bytes, "PFX") else { return false };
        let Ok(mut reader) = Reader::sequence(&der, "PFX") else { return false };
        reader.small() == Ok(3) && reader.take(Tag::Sequence).is_ok()
    }

    /// Reads a file, DER or BER.
    ///
    /// ```text
    /// PFX ::= SEQUENCE {                                        RFC 7292 §4
    ///     version     INTEGER (3)
    ///     authSafe    ContentInfo              of type data: signed ones are not understood
    ///     macData     MacData OPTIONAL }       checked where it is there
    ///
    /// ContentInfo ::= SEQUENCE {                                RFC 5652 §3
    ///     contentType    OBJECT IDENTIFIER
    ///     content        [0] EXPLICIT ANY }
    ///
    /// AuthenticatedSafe ::= SEQUENCE OF ContentInfo             of type data or encryptedData
    /// ```
    ///
    /// # Errors
    /// [`Fault::WrongPassword`] when the MAC is another one, or [`Fault::NoPassword`] without a password; [`Fault::NoMac`] where a
    /// password is given and there is neither a MAC nor anything encrypted, so that anybody could have written it;
    /// [`Fault::TooExpensive`] for more than [`MAX_BAGS`] bags, or deeper than [`MAX_DEPTH`], as well; the other [`Fault`]s.
    pub fn read(bytes: &[u8], opener: &mut Opener<'_>) -> Result<Self, Fault> {
        opener.or_empty(|opener| Self::read_with(bytes, opener))
    }

    fn read_with(bytes: &[u8], opener: &mut Opener<'_>) -> Result<Self, Fault> {
        let der = to_der(bytes, "PFX")?;
        let mut reader = Reader::sequence(&der, "PFX")?;
        if reader.small()? != 3 {
            return Err(Fault::Malformed("version"));
        }
        let safe = match ContentInfo::read(&mut reader)? {
            ContentInfo::Data(safe) => safe,
            ContentInfo::Encrypted { .. } => return Err(Fault::Malformed("authSafe")),
        };
        let mac = reader.maybe(Tag::Sequence)?.map(Mac::read).transpose()?;
        reader.end()?;
        let mut own = Self { has_mac: mac.is_some(), ..Self::default() };
        if let Some(mac) = mac {
            mac.check(safe, opener)?;
        }
        let safe = to_der(safe, "AuthenticatedSafe")?;
        let mut parts = Reader::sequence(&safe, "AuthenticatedSafe")?;
        while !parts.is_empty() {
            match ContentInfo::read(&mut parts)? {
                ContentInfo::Data(bags) => own.read_bags(&to_der(bags, "SafeContents")?, opener, MAX_DEPTH)?,
                ContentInfo::Encrypted { algorithm, ciphertext } => {
                    own.was_encrypted = true;
                    let bags = opener.open(algorithm, &ciphertext)?;
                    // One wrong password in 256 leaves something that looks like padding; a MAC has told already.
                    let bags = to_der(&bags, "SafeContents").map_err(|_| Fault::WrongPassword)?;
                    own.read_bags(&bags, opener, MAX_DEPTH)?;
                }
            }
        }
        let is_open = !own.has_mac && !own.was_encrypted;
        if is_open && opener.password().is_ok_and(|password| !password.is_empty()) {
            return Err(Fault::NoMac);
        }
        Ok(own)
    }

    /// ```text
    /// SafeContents ::= SEQUENCE OF SafeBag                      RFC 7292 §4.2
    ///
    /// SafeBag ::= SEQUENCE {
    ///     bagId            OBJECT IDENTIFIER
    ///     bagValue         [0] EXPLICIT ANY, by bagId
    ///     bagAttributes    SET OF PKCS12Attribute OPTIONAL }    names, which nothing here depends on
    /// ```
    fn read_bags(&mut self, contents: &[u8], opener: &mut Opener<'_>, depth: usize) -> Result<(), Fault> {
        let depth = depth.checked_sub(1).ok_or(Fault::TooExpensive)?;
        let mut bags = Reader::sequence(contents, "SafeContents")?;
        while !bags.is_empty() {
            self.bags = self.bags.saturating_add(1);
            if self.bags > MAX_BAGS {
                return Err(Fault::TooExpensive);
            }
            let mut bag = Reader::new(bags.take(Tag::Sequence)?, "SafeBag")?;
            let kind = bag.take(Tag::ObjectIdentifier)?;
            let value = bag.take(constructed(0))?;
            bag.maybe(Tag::Set)?;
            bag.end()?;
            match kind {
                oid::KEY_BAG => {
                    Reader::sequence(value, "OneAsymmetricKey")?;
                    self.keys.push(Zeroizing::new(PrivatePkcs8KeyDer::from(value.to_vec())));
                }
                oid::SHROUDED_KEY_BAG => {
                    self.was_encrypted = true;
                    self.keys.push(opener.open_key(value)?);
                }
                oid::CERT_BAG => self.certificates.extend(read_certificate(value)?),
                oid::SAFE_CONTENTS_BAG => self.read_bags(value, opener, depth)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Pfx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (certificates, keys) = (self.certificates.len(), self.keys.len());
        f.debug_struct("Pfx").field("certificates", &certificates).field("keys", &keys).finish_non_exhaustive()
    }
}

/// One part of a file.
enum ContentInfo<'a> {
    /// The octets as they are.
    Data(&'a [u8]),
    /// Encrypted ones.
    Encrypted { algorithm: &'a [u8], ciphertext: Cow<'a, [u8]> },
}

impl<'a> ContentInfo<'a> {
    /// ```text
    /// EncryptedData ::= SEQUENCE {                              RFC 5652 §8
    ///     version                 INTEGER           0, or 2 with attributes
    ///     encryptedContentInfo    SEQUENCE {
    ///         contentType                   OBJECT IDENTIFIER      data
    ///         contentEncryptionAlgorithm    AlgorithmIdentifier
    ///         encryptedContent              [0] IMPLICIT OCTET STRING }      in one piece, or in BER in several
    ///     unprotectedAttrs        [1] IMPLICIT SET OPTIONAL }      ignored
    /// ```
    fn read(list: &mut Reader<'a>) -> Result<Self, Fault> {
        let mut reader = Reader::new(list.take(Tag::Sequence)?, "ContentInfo")?;
        let kind = reader.take(Tag::ObjectIdentifier)?;
        let mut content = Reader::new(reader.take(constructed(0))?, "content")?;
        reader.end()?;
        match kind {
            oid::DATA => {
                let data = content.take(Tag::OctetString)?;
                content.end()?;
                Ok(Self::Data(data))
            }
            oid::ENCRYPTED_DATA => {
                let mut data = Reader::new(content.take(Tag::Sequence)?, "EncryptedData")?;
                content.end()?;
                data.small()?;
                let mut info = Reader::new(data.take(Tag::Sequence)?, "encryptedContentInfo")?;
                data.maybe(constructed(1))?;
                data.end()?;
                if info.take(Tag::ObjectIdentifier)? != oid::DATA {
                    return Err(info.malformed().into());
                }
                let algorithm = info.take(Tag::Sequence)?;
                let ciphertext = match info.maybe(primitive(0))? {
                    Some(ciphertext) => Cow::Borrowed(ciphertext),
                    None => Cow::Owned(join(info.take(constructed(0))?)?),
                };
                info.end()?;
                Ok(Self::Encrypted { algorithm, ciphertext })
            }
            unknown => Err(Fault::Unsupported(oid::dotted(unknown))),
        }
    }
}

/// The pieces of an OCTET STRING under another tag (X.690 §8.7.3), which [`to_der`] does not know for one.
fn join(pieces: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut reader = Reader::new(pieces, "encryptedContent")?;
    let mut whole = Vec::with_capacity(pieces.len());
    while !reader.is_empty() {
        whole.extend_from_slice(reader.take(Tag::OctetString)?);
    }
    Ok(whole)
}

/// A certificate; none for one of another kind than X.509.
///
/// ```text
/// CertBag ::= SEQUENCE {                                    RFC 7292 §4.2.3
///     certId       OBJECT IDENTIFIER
///     certValue    [0] EXPLICIT OCTET STRING }
/// ```
fn read_certificate(value: &[u8]) -> Result<Option<CertificateDer<'static>>, Fault> {
    let mut bag = Reader::sequence(value, "CertBag")?;
    let kind = bag.take(Tag::ObjectIdentifier)?;
    let mut content = Reader::new(bag.take(constructed(0))?, "certValue")?;
    bag.end()?;
    if kind != oid::X509_CERTIFICATE {
        return Ok(None);
    }
    let der = content.take(Tag::OctetString)?;
    content.end()?;
    // A key under this roof would be sent to everybody.
    Certificate::parse(der).map_err(Fault::NotACertificate)?;
    Ok(Some(CertificateDer::from(der.to_vec())))
}

/// A password as PKCS#12's own key derivation wants it: UTF-16, big-endian, and two zero octets behind it (RFC 7292 Appendix
/// B.1). Octets that are no UTF-8 stand for themselves, as OpenSSL has it.
pub fn utf16(password: &[u8]) -> Zeroizing<Vec<u8>> {
    // Never grown: two octets for one of UTF-8 are the most.
    let mut out = Zeroizing::new(Vec::with_capacity(password.len().saturating_mul(2).saturating_add(2)));
    match str::from_utf8(password) {
        Ok(text) => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
        Err(_) => out.extend(password.iter().flat_map(|octet| [0, *octet])),
    }
    out.extend([0, 0]);
    out
}
