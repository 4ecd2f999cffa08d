//! What there is to be said of an algorithm and of a key.

use super::extension::{Fields, present, some};
use super::names;
use super::pin::Pin;
use super::value::{Value, hex};
use crate::asn1::Reader;
use crate::error::Rule;
use crate::key_details::{KeyDetails, KeyForm};
use crate::oid::dotted;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use der::Tag;
use handfast_crypto::Provider;

/// An algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algorithm {
    /// Its name in the RFC that defines it, if it is known.
    pub name: Option<&'static str>,
    /// Its object identifier in dotted form.
    pub oid: String,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyDescription {
    /// The algorithm; with an empty identifier if not even that can be read.
    pub algorithm: Algorithm,
    /// The size of an RSA modulus or of a curve's order, in bits.
    pub bits: Option<usize>,
    /// Of an RSA key, in hexadecimal digits, capitals.
    pub modulus: Option<String>,
    /// Of an RSA key, in hexadecimal digits: `0x10001`.
    pub exponent: Option<String>,
    /// The name of the curve in ASN.1: `prime256v1`.
    pub asn1_curve: Option<&'static str>,
    /// The name that NIST has for the curve: `P-256`.
    pub nist_curve: Option<&'static str>,
    /// The object identifier of the curve.
    pub curve_oid: Option<String>,
    /// Of a curve the point, of any other key the SubjectPublicKeyInfo; empty for a private key without its public part.
    pub pubkey: Vec<u8>,
    /// The SHA-256 of the SubjectPublicKeyInfo; `None` if the provider has no such hash.
    pub pin: Option<Pin>,
    /// Why the key cannot be read.
    pub error: Option<Rule>,
}

impl Algorithm {
    /// The content octets of an AlgorithmIdentifier, of which the parameters are left out.
    pub(super) fn of_identifier(content: &[u8]) -> Self {
        let identifier = Reader::new(content, "algorithm");
        let oid = identifier.and_then(|mut reader| reader.take(Tag::ObjectIdentifier)).map(dotted);
        Self::of(oid.unwrap_or_default())
    }

    fn of(oid: String) -> Self {
        Self { name: names::algorithm(&oid), oid }
    }

    pub(super) fn to_value(&self) -> Value {
        present([("name", self.name.map(Value::text)), ("oid", Some(Value::text(&*self.oid)))])
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(name) => write!(f, "{name} ({})", self.oid),
            None => f.write_str(&self.oid),
        }
    }
}

impl KeyDescription {
    /// Describes a whole SubjectPublicKeyInfo.
    pub fn of(spki: &[u8], provider: &Provider) -> Self {
        let blank = Self {
            algorithm: Algorithm { name: None, oid: String::new() },
            bits: None,
            modulus: None,
            exponent: None,
            asn1_curve: None,
            nist_curve: None,
            curve_oid: None,
            pubkey: spki.to_vec(),
            pin: Pin::of(spki, provider),
            error: None,
        };
        let details = match KeyDetails::parse(spki) {
            Ok(details) => details,
            Err(rule) => return Self { error: Some(rule), ..blank },
        };
        let own = Self {
            algorithm: Algorithm::of(dotted(details.algorithm)),
            bits: details.bits(),
            asn1_curve: details.asn1_curve(),
            nist_curve: details.nist_curve(),
            curve_oid: details.curve_oid(),
            ..blank
        };
        match details.form {
            KeyForm::Rsa { modulus, exponent } => Self {
                modulus: Some(digits(modulus).to_uppercase()),
                exponent: Some(format!("0x{}", digits(exponent))),
                ..own
            },
            KeyForm::Ec { .. } => Self { pubkey: details.key.to_vec(), ..own },
            KeyForm::Other => own,
        }
    }

    /// In a few words: `rsaEncryption, 2048 bits`.
    pub fn summary(&self) -> String {
        let name = match (self.algorithm.name, &*self.algorithm.oid) {
            (Some(name), _) => name.to_string(),
            (None, "") => "unreadable".to_string(),
            (None, oid) => format!("unknown, {oid}"),
        };
        let curve = match (self.nist_curve, self.asn1_curve, &self.curve_oid) {
            (Some(nist), Some(asn1), _) => format!(", {nist} ({asn1})"),
            (_, Some(asn1), _) => format!(", {asn1}"),
            (_, _, Some(oid)) => format!(", curve {oid}"),
            _ => String::new(),
        };
        let bits = self.bits.map(|bits| format!(", {bits} bits")).unwrap_or_default();
        format!("{name}{curve}{bits}")
    }

    /// For programs.
    pub fn to_value(&self) -> Value {
        Value::Fields(self.fields())
    }

    /// For programs.
    pub(super) fn fields(&self) -> Fields {
        let text = |text: &Option<String>| text.as_ref().map(|text| Value::text(&**text));
        some([
            ("modulus", text(&self.modulus)),
            ("bits", self.bits.map(Value::number)),
            ("exponent", text(&self.exponent)),
            ("pubkey", Some(&self.pubkey).filter(|key| !key.is_empty()).map(|key| Value::octets(key))),
            ("asn1Curve", self.asn1_curve.map(Value::text)),
            ("nistCurve", self.nist_curve.map(Value::text)),
            ("curveOid", text(&self.curve_oid)),
            ("keyAlgorithm", Some(self.algorithm.to_value())),
            ("keyError", self.error.as_ref().map(|rule| Value::Text(rule.to_string()))),
            ("pin", self.pin.map(|pin| Value::Text(pin.into()))),
        ])
        .collect()
    }

    /// For people.
    pub(super) fn rows(&self) -> Fields {
        let modulus = match KeyDetails::parse(&self.pubkey).map(|details| details.form) {
            Ok(KeyForm::Rsa { modulus, .. }) => Some(Value::octets(modulus)),
            _ => None,
        };
        some([
            ("key", Some(Value::Text(self.summary()))),
            ("key error", self.error.as_ref().map(|rule| Value::Text(rule.to_string()))),
            ("public key", (modulus.is_none() && !self.pubkey.is_empty()).then(|| Value::octets(&self.pubkey))),
            ("modulus", modulus),
            ("exponent", self.exponent.as_ref().map(|exponent| Value::text(&**exponent))),
            ("pin", self.pin.map(|pin| Value::Text(pin.into()))),
        ])
        .collect()
    }
}

/// For people, in lines.
impl fmt::Display for KeyDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::Fields(self.rows()).fmt(f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for KeyDescription {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

/// The digits of a number that is not negative, without zeros before them.
fn digits(number: &[u8]) -> String {
    let all = hex(number);
    let digits = all.trim_start_matches('0');
    if digits.is_empty() { "0".to_string() } else { digits.to_string() }
}
