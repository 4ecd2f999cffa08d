//! Certificate extensions: the list, and those that path validation reads.

mod access;
mod authority_key;

pub use access::AccessDescription;
pub use authority_key::AuthorityKeyIdentifier;

use crate::asn1::{self, Reader, constructed, primitive};
use crate::error::Rule;
use crate::oid;
use crate::policy::Purpose;
use crate::subject::Name;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;
use der::{Tag, TagNumber};

/// One extension, not looked into.
///
/// ```text
/// Extension ::= SEQUENCE {                                  RFC 5280 §4.1.2.9, §4.2
///     extnID       OBJECT IDENTIFIER
///     critical     BOOLEAN DEFAULT FALSE
///     extnValue    OCTET STRING }      holds the DER of the extension's own type
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// The content octets of the object identifier.
    pub oid: &'a [u8],
    /// Whether who does not understand it must refuse the certificate.
    pub critical: bool,
    /// What is inside the OCTET STRING.
    pub value: &'a [u8],
}

impl<'a> Extension<'a> {
    /// Reads `SEQUENCE SIZE (1..MAX) OF Extension`, and refuses an extension that is there twice (RFC 5280 §4.2).
    pub(crate) fn read_all(list: &'a [u8]) -> Result<Vec<Self>, Rule> {
        let mut reader = Reader::sequence(list, "extensions")?;
        // More than most certificates have.
        let mut all = Vec::with_capacity(12);
        while !reader.is_empty() {
            all.push(Self::read(&mut reader)?);
        }
        match Self::duplicate(&all) {
            Some(oid) => Err(Rule::DuplicateExtension(oid::dotted(oid))),
            None if all.is_empty() => Err(reader.malformed()),
            None => Ok(all),
        }
    }

    /// An identifier that is there twice. Few are compared with each other; many are sorted, for the peer chose how many.
    fn duplicate(all: &[Self]) -> Option<&'a [u8]> {
        const FEW: usize = 32;
        if all.len() <= FEW {
            let is_before = |at: usize, oid: &[u8]| all.iter().take(at).any(|other| other.oid == oid);
            return all.iter().enumerate().find(|(at, own)| is_before(*at, own.oid)).map(|(_, own)| own.oid);
        }
        let mut seen = BTreeSet::new();
        all.iter().map(|extension| extension.oid).find(|oid| !seen.insert(*oid))
    }

    fn read(list: &mut Reader<'a>) -> Result<Self, Rule> {
        let mut reader = Reader::new(list.take(Tag::Sequence)?, "extension")?;
        let oid = reader.take(Tag::ObjectIdentifier)?;
        let critical = reader.flag()?;
        let value = reader.take(Tag::OctetString)?;
        reader.end()?;
        Ok(Self { oid, critical, value })
    }
}

/// Whether the subject is a CA, and how many may follow below it.
///
/// ```text
/// BasicConstraints ::= SEQUENCE {                           RFC 5280 §4.2.1.9
///     cA                   BOOLEAN DEFAULT FALSE
///     pathLenConstraint    INTEGER (0..MAX) OPTIONAL }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// It may sign certificates.
    pub ca: bool,
    /// How many intermediate certificates that are not self-issued may stand between it and the leaf.
    pub path_len: Option<u32>,
}

impl BasicConstraints {
    pub(crate) fn read(value: &[u8]) -> Result<Self, Rule> {
        let mut reader = Reader::sequence(value, "basicConstraints")?;
        let ca = reader.flag()?;
        let path_len = if reader.is_empty() { None } else { Some(reader.small()?) };
        reader.end()?;
        Ok(Self { ca, path_len })
    }
}

/// What the key may be used for.
///
/// ```text
/// KeyUsage ::= BIT STRING {                                 RFC 5280 §4.2.1.3
///     digitalSignature 0   nonRepudiation 1   keyEncipherment 2   dataEncipherment 3   keyAgreement 4
///     keyCertSign 5        cRLSign 6          encipherOnly 7      decipherOnly 8 }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Signing what is not a certificate or CRL: the CertificateVerify of TLS.
    pub const DIGITAL_SIGNATURE: Self = Self(1 << 15);
    /// RSA key transport.
    pub const KEY_ENCIPHERMENT: Self = Self(1 << 13);
    /// Static Diffie-Hellman.
    pub const KEY_AGREEMENT: Self = Self(1 << 11);
    /// Signing certificates.
    pub const KEY_CERT_SIGN: Self = Self(1 << 10);
    /// Signing CRLs.
    pub const CRL_SIGN: Self = Self(1 << 9);

    /// No use.
    pub const NONE: Self = Self(0);

    /// Whether a bit of `other` is set.
    pub const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether every bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits, bit 0 of the BIT STRING first: `0x8000` is digitalSignature.
    pub const fn bits(self) -> u16 {
        self.0
    }

    pub(crate) fn read(value: &[u8]) -> Result<Self, Rule> {
        let mut reader = Reader::new(value, "keyUsage")?;
        let octets = reader.bits()?;
        reader.end()?;
        let octet = |at: usize| octets.get(at).copied().unwrap_or(0);
        Ok(Self(u16::from_be_bytes([octet(0), octet(1)])))
    }
}

impl core::ops::BitOr for KeyUsage {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What the certificate may be used for.
///
/// ```text
/// ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER      RFC 5280 §4.2.1.12
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedKeyUsage<'a>(Vec<&'a [u8]>);

impl<'a> ExtendedKeyUsage<'a> {
    /// The content octets of the object identifiers.
    pub fn oids(&self) -> &[&'a [u8]] {
        &self.0
    }

    /// Whether `purpose` is listed. That anyExtendedKeyUsage is does not count: RFC 5280 §4.2.1.12 leaves it to who needs a
    /// certain purpose, and OpenSSL wants TLS certificates to name theirs.
    pub fn permits(&self, purpose: Purpose) -> bool {
        // Whole identifiers are compared; GnuTLS once took a longer one with the same beginning (row 67).
        self.0.contains(&purpose.oid())
    }

    pub(crate) fn read(value: &'a [u8]) -> Result<Self, Rule> {
        let mut reader = Reader::sequence(value, "extKeyUsage")?;
        let mut oids = Vec::new();
        while !reader.is_empty() {
            oids.push(reader.take(Tag::ObjectIdentifier)?);
        }
        if oids.is_empty() { Err(reader.malformed()) } else { Ok(Self(oids)) }
    }
}

/// The names of a subjectAltName, read one after the other.
///
/// ```text
/// GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName    RFC 5280 §4.2.1.6
/// ```
#[derive(Clone)]
pub struct GeneralNames<'a>(Option<Reader<'a>>);

/// One alternative name.
///
/// ```text
/// GeneralName ::= CHOICE {
///     otherName                     [0] SEQUENCE        constructed
///     rfc822Name                    [1] IA5String
///     dNSName                       [2] IA5String
///     x400Address                   [3] SEQUENCE        constructed
///     directoryName                 [4] Name            constructed, EXPLICIT
///     ediPartyName                  [5] SEQUENCE        constructed
///     uniformResourceIdentifier     [6] IA5String
///     iPAddress                     [7] OCTET STRING    4 octets, or 16
///     registeredID                  [8] OBJECT IDENTIFIER }
/// ```
///
/// The contents are raw: nothing says that a dNSName is ASCII, let alone a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeneralName<'a> {
    /// `dNSName`.
    Dns(&'a [u8]),
    /// `iPAddress`.
    Ip(&'a [u8]),
    /// `rfc822Name`.
    Email(&'a [u8]),
    /// `uniformResourceIdentifier`.
    Uri(&'a [u8]),
    /// `directoryName`.
    Directory(Name<'a>),
    /// `otherName` of type id-on-SmtpUTF8Mailbox: a mail address with a local part in UTF-8 (RFC 9598).
    SmtpUtf8Mailbox(&'a [u8]),
    /// Any other form, by its tag number.
    Other(u32),
}

impl<'a> GeneralNames<'a> {
    /// No name.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn read(value: &'a [u8]) -> Result<Self, Rule> {
        Self::of_content(asn1::sequence(value, "subjectAltName")?, "subjectAltName")
    }

    /// The names with these content octets, in the field `what`.
    pub(crate) fn of_content(content: &'a [u8], what: &'static str) -> Result<Self, Rule> {
        let reader = Reader::new(content, what)?;
        if reader.is_empty() { Err(reader.malformed()) } else { Ok(Self(Some(reader))) }
    }
}

impl fmt::Debug for GeneralNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a> Iterator for GeneralNames<'a> {
    type Item = Result<GeneralName<'a>, Rule>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.0.as_mut().filter(|reader| !reader.is_empty())?;
        let name = GeneralName::read(reader);
        if name.is_err() {
            self.0 = None;
        }
        Some(name)
    }
}

impl<'a> GeneralName<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Rule> {
        let element = reader.element()?;
        Ok(match element.tag {
            Tag::ContextSpecific { constructed: false, number } => match number {
                TagNumber(1) => Self::Email(element.value),
                TagNumber(2) => Self::Dns(element.value),
                TagNumber(6) => Self::Uri(element.value),
                TagNumber(7) => Self::Ip(element.value),
                TagNumber(8) => Self::Other(8),
                _ => return Err(reader.malformed()),
            },
            Tag::ContextSpecific { constructed: true, number } => match number {
                TagNumber(4) => Self::Directory(Name::new(asn1::sequence(element.value, "directoryName")?)),
                TagNumber(0) => other_name(element.value, reader)?,
                TagNumber(number @ (3 | 5)) => Self::Other(number),
                _ => return Err(reader.malformed()),
            },
            _ => return Err(reader.malformed()),
        })
    }
}

/// An otherName: a mail address, or one of the kinds that are not kept.
///
/// ```text
/// OtherName ::= SEQUENCE {
///     type-id    OBJECT IDENTIFIER
///     value      [0] EXPLICIT ANY }         UTF8String if type-id is id-on-SmtpUTF8Mailbox
/// ```
fn other_name<'a>(content: &'a [u8], list: &Reader<'_>) -> Result<GeneralName<'a>, Rule> {
    let malformed = |_| list.malformed();
    let mut reader = Reader::new(content, "otherName")?;
    let kind = reader.take(Tag::ObjectIdentifier).map_err(malformed)?;
    let mut value = Reader::new(reader.take(constructed(0)).map_err(malformed)?, "otherName")?;
    reader.end().map_err(malformed)?;
    let element = value.element().map_err(malformed)?;
    value.end().map_err(malformed)?;
    Ok(match kind {
        // An address that is none is one that no constraint on addresses lets pass.
        oid::ON_SMTP_UTF8_MAILBOX if element.tag == Tag::Utf8String => GeneralName::SmtpUtf8Mailbox(element.value),
        oid::ON_SMTP_UTF8_MAILBOX => GeneralName::SmtpUtf8Mailbox(&[]),
        _ => GeneralName::Other(0),
    })
}

/// Reads the subjectKeyIdentifier: an OCTET STRING (RFC 5280 §4.2.1.2).
pub(crate) fn subject_key_identifier(value: &[u8]) -> Result<&[u8], Rule> {
    let mut reader = Reader::new(value, "subjectKeyIdentifier")?;
    let identifier = reader.take(Tag::OctetString)?;
    reader.end()?;
    Ok(identifier)
}

/// Reads the keyIdentifier of an [`AuthorityKeyIdentifier`] alone, for who only sorts candidates.
pub(crate) fn authority_key_identifier(value: &[u8]) -> Result<Option<&[u8]>, Rule> {
    Reader::sequence(value, "authorityKeyIdentifier")?.maybe(primitive(0))
}

/// Reads the TLS features: whether status_request is one of them.
///
/// ```text
/// Features ::= SEQUENCE OF INTEGER                          RFC 7633 §4: numbers of TLS extensions
/// ```
pub(crate) fn must_staple(value: &[u8]) -> Result<bool, Rule> {
    /// status_request (RFC 6066 §1.1).
    const STATUS_REQUEST: u32 = 5;
    let mut reader = Reader::sequence(value, "TLS features")?;
    let mut found = false;
    while !reader.is_empty() {
        let feature = reader.small()?;
        if feature > u32::from(u16::MAX) {
            return Err(reader.malformed());
        }
        found |= feature == STATUS_REQUEST;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_constraints() {
        for (der, ca, path_len) in [
            (&[0x30, 0][..], false, None),
            (&[0x30, 3, 1, 1, 0xff], true, None),
            (&[0x30, 3, 1, 1, 0], false, None),
            (&[0x30, 6, 1, 1, 0xff, 2, 1, 0], true, Some(0)),
            (&[0x30, 10, 1, 1, 0xff, 2, 5, 1, 0, 0, 0, 0], true, Some(u32::MAX)),
        ] {
            assert_eq!(BasicConstraints::read(der), Ok(BasicConstraints { ca, path_len }));
        }
        for bad in [&[][..], &[0x30, 3, 2, 1, 0xff], &[0x30, 3, 1, 1, 1], &[0x30, 6, 1, 1, 0xff, 4, 1, 0], &[0x31, 0]] {
            assert!(BasicConstraints::read(bad).is_err(), "{bad:x?}");
        }
    }

    #[test]
    fn key_usage() {
        assert!(KeyUsage::read(&[3, 2, 7, 0x80]).unwrap().contains(KeyUsage::DIGITAL_SIGNATURE));
        assert!(!KeyUsage::read(&[3, 2, 7, 0x80]).unwrap().contains(KeyUsage::KEY_CERT_SIGN));
        let both = KeyUsage::read(&[3, 2, 1, 6]).unwrap();
        assert_eq!(both, KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN);
        assert_eq!(KeyUsage::read(&[3, 3, 7, 0, 0x80]).unwrap().bits(), 0x80);
        assert_eq!(KeyUsage::read(&[3, 1, 0]).unwrap().bits(), 0);
        assert!(KeyUsage::read(&[3, 0]).is_err());
        assert!(KeyUsage::read(&[3, 2, 7, 0x80, 0]).is_err());
    }

    /// docs/regressions.md row 67, in the form it takes here: the identifier is compared whole.
    #[test]
    fn a_purpose_is_a_whole_identifier() {
        let server = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
        let longer = [0x30, 11, 6, 9, 0x2b, 6, 1, 5, 5, 7, 3, 1, 1];
        let any = [0x30, 6, 6, 4, 0x55, 0x1d, 37, 0];
        assert!(ExtendedKeyUsage::read(&server).unwrap().permits(Purpose::Server));
        assert!(!ExtendedKeyUsage::read(&server).unwrap().permits(Purpose::Client));
        assert!(!ExtendedKeyUsage::read(&longer).unwrap().permits(Purpose::Server));
        assert!(!ExtendedKeyUsage::read(&any).unwrap().permits(Purpose::Client));
        assert!(ExtendedKeyUsage::read(&[0x30, 0]).is_err());
    }

    #[test]
    fn general_names() {
        let names: Vec<_> = GeneralNames::read(&[0x30, 9, 0x82, 1, b'a', 0x87, 0, 0xa4, 2, 0x30, 0]).unwrap().collect();
        assert_eq!(
            names,
            [Ok(GeneralName::Dns(b"a")), Ok(GeneralName::Ip(&[])), Ok(GeneralName::Directory(Name::new(&[])))]
        );
        // SmtpUTF8Mailbox "a"; one whose value is no string; another type of otherName.
        let mut mailbox = [0xa0, 15, 6, 8, 0x2b, 6, 1, 5, 5, 7, 8, 9, 0xa0, 3, 0x0c, 1, b'a'];
        let read = |bytes: &[u8]| {
            GeneralName::read(&mut Reader::new(bytes, "test").unwrap()).map(|name| match name {
                GeneralName::SmtpUtf8Mailbox(address) => Some(address.len()),
                _ => None,
            })
        };
        assert_eq!(read(&mailbox), Ok(Some(1)));
        mailbox[14] = 4;
        assert_eq!(read(&mailbox), Ok(Some(0)));
        let behind = [0xa0, 17, 6, 8, 0x2b, 6, 1, 5, 5, 7, 8, 9, 0xa0, 3, 0x0c, 1, b'a', 5, 0];
        assert_eq!(read(&behind), Err(Rule::Malformed("test")));
        mailbox[11] = 8;
        assert_eq!(read(&mailbox), Ok(None));
        // A malformed name ends the list: nothing behind it is read as if it were in step.
        let names: Vec<_> = GeneralNames::read(&[0x30, 6, 0xa2, 1, b'a', 0x82, 1, b'b']).unwrap().collect();
        assert_eq!(names, [Err(Rule::Malformed("subjectAltName"))]);
        assert!(GeneralNames::read(&[0x30, 0]).is_err());
    }

    #[test]
    fn an_extension_twice_is_refused() {
        let one = [0x30, 8, 6, 3, 0x55, 0x1d, 15, 4, 1, 0];
        let twice = crate::encode::sequence(&[&one, &one]);
        assert_eq!(Extension::read_all(&twice), Err(Rule::DuplicateExtension("2.5.29.15".into())));
        let once = crate::encode::sequence(&[&one]);
        assert_eq!(Extension::read_all(&once).unwrap().len(), 1);
        assert!(Extension::read_all(&[0x30, 0]).is_err());
    }

    #[test]
    fn tls_features() {
        assert_eq!(must_staple(&[0x30, 3, 2, 1, 5]), Ok(true));
        assert_eq!(must_staple(&[0x30, 6, 2, 1, 17, 2, 1, 5]), Ok(true));
        assert_eq!(must_staple(&[0x30, 3, 2, 1, 17]), Ok(false));
        assert_eq!(must_staple(&[0x30, 5, 2, 3, 0, 0xff, 0xff]), Ok(false));
        assert_eq!(must_staple(&[0x30, 0]), Ok(false));
        for bad in [
            &[][..],
            &[2, 1, 5],
            &[0x30, 3, 2, 1, 0xfb],
            &[0x30, 4, 2, 2, 0, 5],
            &[0x30, 5, 2, 3, 1, 0, 0],
            &[0x30, 3, 4, 1, 5],
            &[0x30, 5, 2, 1, 5, 5, 0],
            &[0x30, 3, 2, 1, 5, 0],
        ] {
            assert_eq!(must_staple(bad), Err(Rule::Malformed("TLS features")), "{bad:x?}");
        }
    }

    #[test]
    fn key_identifiers() {
        assert_eq!(subject_key_identifier(&[4, 1, 7]), Ok(&[7][..]));
        assert_eq!(authority_key_identifier(&[0x30, 3, 0x80, 1, 7]), Ok(Some(&[7][..])));
        assert_eq!(authority_key_identifier(&[0x30, 0]), Ok(None));
        assert_eq!(authority_key_identifier(&[0x30, 3, 0x82, 1, 7]), Ok(None));
        assert!(subject_key_identifier(&[4, 1, 7, 0]).is_err());
    }
}
