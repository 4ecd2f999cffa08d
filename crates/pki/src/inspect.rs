//! What a certificate, a key, a revocation list or an OCSP response says, for people and for programs.
//!
//! ```text
//!  Certificate ── Description::of ──┬─ Display       for people: escaped, bounded, aligned
//!   chain ── Description::of_chain ─┤
//!                                   └─ to_value ── Value ── Serialize (feature `serde`)
//! ```
//!
//! A description owns what it says. Nothing in it is checked, and nothing that cannot be read stands in the way of the rest: it
//! is described as that. The fields that the certificate objects of Node.js have are called as there.

mod chain;
mod extension;
mod key;
mod names;
mod other;
mod pin;
mod private_key;
mod shape;
mod text;
mod value;

pub use chain::issuer;
pub use extension::ExtensionDescription;
pub use key::{Algorithm, KeyDescription};
pub use other::{crl, ocsp, request, sct};
pub use pin::{NotAPin, Pin};
pub use shape::{looks_like, trusted_certificate};
pub use text::general_name;
pub use value::Value;

use crate::cert::{Certificate, Version};
use crate::encode;
use crate::extension::KeyUsage;
use crate::oid::dotted;
use crate::time::Time;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};
use extension::{Fields, some};
use handfast_crypto::{Digest, HashAlgorithm, Provider};
use text::NameText;
use value::hex;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// 1, 2 or 3.
    pub version: u8,
    /// In hexadecimal digits, capitals, with a sign if it is negative.
    pub serial_number: String,
    /// The attributes of the subject: text, or a list of texts where there are several of a type.
    pub subject: Value,
    /// The attributes of the issuer.
    pub issuer: Value,
    /// Subject and issuer are the same name.
    pub self_issued: bool,
    /// The first second.
    pub valid_from: Time,
    /// The last second.
    pub valid_to: Time,
    /// Whether it may issue certificates: basicConstraints says so, and keyUsage, if there is one, does not forbid it.
    pub ca: bool,
    /// The algorithm of the signature, by object identifier.
    pub signature_algorithm: Algorithm,
    /// The key.
    pub key: KeyDescription,
    /// SHA-1 of the certificate: octets in capital digits, colons between them. `None` if the provider has no such hash, as
    /// for those below.
    pub fingerprint: Option<String>,
    /// SHA-256, likewise.
    pub fingerprint256: Option<String>,
    /// SHA-512, likewise.
    pub fingerprint512: Option<String>,
    /// The subjectAltName on one line: `DNS:a.test, IP Address:192.0.2.1`. A name that could be taken for several is quoted. Behind
    /// [`Value::MAX_ELEMENTS`] names it says how many more there are.
    pub subject_alt_name: Option<String>,
    /// What the authorityInfoAccess says is where: `OCSP - URI` has a list of texts.
    pub info_access: Option<Value>,
    /// The object identifiers of the extended key usage, in dotted form, up to [`Value::MAX_ELEMENTS`].
    pub ext_key_usage: Option<Vec<String>>,
    /// Whether the certificate may only be used with a stapled OCSP response.
    pub must_staple: bool,
    /// The extensions, in the order of the certificate: all of them up to [`Description::MAX_EXTENSIONS`].
    pub extensions: Vec<ExtensionDescription>,
    /// The certificate.
    pub raw: Vec<u8>,
    /// Who issued it, where it is part of a chain.
    pub issuer_certificate: Option<Box<Description>>,
}

impl Description {
    /// How many extensions are described. Nobody has so many; a description takes far more memory than what it describes.
    pub const MAX_EXTENSIONS: usize = 512;

    /// Describes a certificate. The fingerprints are made with the provider's hashes.
    pub fn of(certificate: &Certificate<'_>, provider: &Provider) -> Self {
        let validity = certificate.validity();
        let hash = |algorithm| provider.hash(algorithm)?.digest(&[certificate.der()]).ok().as_ref().map(fingerprint);
        let purposes = certificate.extended_key_usage().ok().flatten();
        let extensions = certificate.extensions().iter().take(Self::MAX_EXTENSIONS);
        Self {
            version: match certificate.version() {
                Version::V1 => 1,
                Version::V2 => 2,
                Version::V3 => 3,
            },
            serial_number: serial(certificate.serial()),
            subject: text::attributes(certificate.subject()),
            issuer: text::attributes(certificate.issuer()),
            self_issued: certificate.is_self_issued(),
            valid_from: validity.not_before,
            valid_to: validity.not_after,
            ca: is_ca(certificate),
            signature_algorithm: Algorithm::of_identifier(certificate.algorithm()),
            key: KeyDescription::of(&encode::sequence(&[certificate.spki()]), provider),
            fingerprint: provider.sha1.and_then(|sha1| sha1(&[certificate.der()]).ok()).as_ref().map(fingerprint),
            fingerprint256: hash(HashAlgorithm::Sha256),
            fingerprint512: hash(HashAlgorithm::Sha512),
            subject_alt_name: subject_alt_name(certificate),
            info_access: info_access(certificate),
            ext_key_usage: purposes
                .map(|own| own.oids().iter().take(Value::MAX_ELEMENTS).map(|oid| dotted(oid)).collect()),
            must_staple: certificate.must_staple().unwrap_or(false),
            extensions: extensions.map(ExtensionDescription::of).collect(),
            raw: certificate.der().to_vec(),
            issuer_certificate: None,
        }
    }

    /// The same for programs: fields as Node.js calls them where it has them, times as `Aug 14 00:00:00 2017 GMT`, and an object
    /// of all extensions by their names or identifiers.
    pub fn to_value(&self) -> Value {
        let text = |text: &Option<String>| text.as_ref().map(|text| Value::text(&**text));
        let purposes = |all: &Vec<String>| Value::List(all.iter().map(|oid| Value::text(&**oid)).collect());
        let extensions = self.extensions.iter().map(|own| (own.title().to_string().into(), own.to_value()));
        let names = some([
            ("subject", Some(self.subject.clone())),
            ("issuer", Some(self.issuer.clone())),
            ("ca", Some(Value::Flag(self.ca))),
            ("subjectaltname", text(&self.subject_alt_name)),
            ("infoAccess", self.info_access.clone()),
        ]);
        let rest = some([
            ("valid_from", Some(Value::Text(self.valid_from.to_text()))),
            ("valid_to", Some(Value::Text(self.valid_to.to_text()))),
            ("fingerprint", text(&self.fingerprint)),
            ("fingerprint256", text(&self.fingerprint256)),
            ("fingerprint512", text(&self.fingerprint512)),
            ("ext_key_usage", self.ext_key_usage.as_ref().map(purposes)),
            ("serialNumber", Some(Value::text(&*self.serial_number))),
            ("version", Some(Value::number(self.version))),
            ("signatureAlgorithm", Some(self.signature_algorithm.to_value())),
            ("selfIssued", Some(Value::Flag(self.self_issued))),
            ("mustStaple", Some(Value::Flag(self.must_staple))),
            ("extensions", Some(Value::Fields(extensions.collect()))),
            ("raw", Some(Value::octets(&self.raw))),
            ("issuerCertificate", self.issuer_certificate.as_ref().map(|issuer| issuer.to_value())),
        ]);
        Value::Fields(names.chain(self.key.fields()).chain(rest).collect())
    }
}

/// For people: every text escaped, the whole bounded as [`Value`] is. Of the issuer only the name is shown.
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// The longest label of the rows that are always there, in bytes.
        const WIDTH: usize = "serial number".len();
        if let Ok(own) = Certificate::parse(&self.raw) {
            // In the order of the certificate, which the attributes by type do not have; it comes escaped.
            writeln!(f, "{:WIDTH$}  {}", "subject", own.subject().text(NAME))?;
            writeln!(f, "{:WIDTH$}  {}", "issuer", own.issuer().text(NAME))?;
        }
        self.rows().fmt(f)
    }
}

impl Description {
    fn rows(&self) -> Value {
        let digits = |digits: &Option<String>| digits.as_ref().map(|digits| Value::text(&**digits));
        let extensions = self.extensions.iter().map(|own| {
            let critical = if own.critical { ", critical" } else { "" };
            let error = own.error.as_ref().map(|rule| format!(", unreadable: {rule}")).unwrap_or_default();
            (format!("{}{critical}{error}", own.title()).into(), own.value.clone())
        });
        let extensions = Value::Fields(extensions.collect());
        let head = some([
            ("self-issued", self.self_issued.then_some(Value::Flag(true))),
            ("serial number", Some(Value::text(&*self.serial_number))),
            ("valid from", Some(Value::Text(self.valid_from.to_string()))),
            ("valid to", Some(Value::Text(self.valid_to.to_string()))),
            ("version", Some(Value::number(self.version))),
            ("signature", Some(Value::Text(self.signature_algorithm.to_string()))),
        ]);
        let rest = some([
            ("SHA-1", digits(&self.fingerprint)),
            ("SHA-256", digits(&self.fingerprint256)),
            ("extensions", Some(extensions).filter(|_| !self.extensions.is_empty())),
        ]);
        Value::Fields(head.chain(self.key.rows()).chain(rest).collect())
    }
}

/// How much of a name is shown, in bytes.
const NAME: usize = 400;

/// As OpenSSL's X509_check_ca has it for certificates of version 3.
fn is_ca(certificate: &Certificate<'_>) -> bool {
    let may_sign = match certificate.key_usage() {
        Ok(usage) => usage.is_none_or(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN)),
        Err(_) => false,
    };
    may_sign && matches!(certificate.basic_constraints(), Ok(Some(own)) if own.ca)
}

/// The names on one line, up to [`Value::MAX_ELEMENTS`]; there is no line where one of them cannot be read.
fn subject_alt_name(certificate: &Certificate<'_>) -> Option<String> {
    let value = certificate.extension(crate::oid::SUBJECT_ALT_NAME)?.value;
    let mut reader = crate::asn1::Reader::sequence(value, "subjectAltName").ok()?;
    let (mut all, mut more) = (Vec::new(), 0_usize);
    while !reader.is_empty() {
        let name = NameText::read(&mut reader).ok()?;
        match all.len() < Value::MAX_ELEMENTS {
            true => all.push(name.quoted()),
            false => more = more.saturating_add(1),
        }
    }
    if more > 0 {
        // Without a kind it is no name.
        all.push(format!("and {more} more"));
    }
    Some(all.join(", "))
}

/// What there is, and where: of each kind a list.
fn info_access(certificate: &Certificate<'_>) -> Option<Value> {
    let mut fields = Fields::new();
    for own in certificate.authority_info_access().ok()? {
        let location = NameText::of(&own.location);
        let key = format!("{} - {}", names::or_oid(names::access_method, own.method), location.kind());
        let place = Value::Text(location.into_text());
        if let Some((_, Value::List(list))) = fields.iter_mut().find(|(known, _)| *known == key) {
            if list.len() < Value::MAX_ELEMENTS {
                list.push(place);
            }
        } else if fields.len() < text::MAX_TYPES {
            fields.push((key.into(), Value::List([place].into())));
        }
    }
    Some(Value::Fields(fields)).filter(|fields| *fields != Value::Fields(Vec::new()))
}

/// Octets in capital digits, with colons between them.
fn fingerprint(digest: &Digest) -> String {
    let mut out = String::new();
    for (at, octet) in digest.as_bytes().iter().enumerate() {
        // Writing into a string does not fail.
        let _ = write!(out, "{}{octet:02X}", if at == 0 { "" } else { ":" });
    }
    out
}

/// A serial number, which is a signed big-endian integer: pairs of capital digits, and a sign before them if it is negative.
fn serial(content: &[u8]) -> String {
    let magnitude: Vec<u8> = match content {
        [0x80..=0xff, ..] => {
            // Two's complement: all bits turned round, and one more.
            let mut carry = true;
            let mut octets: Vec<u8> = content
                .iter()
                .rev()
                .map(|octet| {
                    let (turned, over) = (!octet).overflowing_add(u8::from(carry));
                    carry = over;
                    turned
                })
                .collect();
            octets.reverse();
            octets
        }
        _ => content.to_vec(),
    };
    let significant: Vec<u8> = magnitude.iter().copied().skip_while(|octet| *octet == 0).collect();
    let sign = if matches!(content, [0x80..=0xff, ..]) { "-" } else { "" };
    match significant.is_empty() {
        true => "0".to_string(),
        false => format!("{sign}{}", hex(&significant).to_uppercase()),
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Description {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}
