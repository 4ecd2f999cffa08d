//! What a file holds: one table from the label of a PEM section to how it is shown.

use handfast::Provider;
use handfast::crypto::{KeyKind, PublicKey};
use handfast::pki::crl::Crl;
use handfast::pki::inspect::{self, KeyDescription, Value};
use handfast::pki::ocsp::Response;
use handfast::pki::{Certificate, Description, pem, spki};
use handfast::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use serde_json::{Map, Value as Json, json};
use std::fmt;

/// Something in a file.
pub(super) struct Item {
    /// Where it begins in a PEM file, counted from 1.
    pub(super) line: Option<usize>,
    /// What it is, in our words; `None` for what is not known.
    kind: Option<&'static str>,
    /// Its label in a PEM file, escaped.
    label: Option<String>,
    /// What there is to be said of it, or why nothing.
    pub(super) shown: Result<Shown, String>,
}

/// What there is to be said of something.
pub(super) enum Shown {
    Certificate(Box<Description>),
    Key(Box<KeyDescription>),
    Value(Value),
}

/// Shows DER of one kind.
type Show = fn(&[u8], &Provider) -> Result<Shown, String>;

/// Every label that is known, what it stands for, and how that is shown.
const LABELS: &[(&str, &str, Show)] = &[
    ("CERTIFICATE", "certificate", certificate),
    ("X509 CERTIFICATE", "certificate", certificate),
    ("TRUSTED CERTIFICATE", "certificate", trusted_certificate),
    ("X509 CRL", "revocation list", crl),
    ("OCSP RESPONSE", "OCSP response", ocsp),
    ("PUBLIC KEY", "public key", public_key),
    ("RSA PUBLIC KEY", "public key", rsa_public_key),
    ("PRIVATE KEY", "private key", |der, provider| private_key(&PrivatePkcs8KeyDer::from(der).into(), provider)),
    ("RSA PRIVATE KEY", "private key", |der, provider| private_key(&PrivatePkcs1KeyDer::from(der).into(), provider)),
    ("EC PRIVATE KEY", "private key", |der, provider| private_key(&PrivateSec1KeyDer::from(der).into(), provider)),
];

/// How many entries of a revocation list are shown.
const ENTRIES: usize = 20;

/// Everything in a file: the sections of PEM, or DER of the first kind that it can be.
pub(super) fn all(content: &[u8], provider: &Provider) -> Vec<Item> {
    // A SEQUENCE begins with this octet, and no text does.
    if content.first() == Some(&0x30) {
        return of_der(content, provider).into_iter().collect();
    }
    pem::sections(content).map(|section| of_section(&section, provider)).collect()
}

fn of_section(section: &pem::Section<'_>, provider: &Provider) -> Item {
    let known = LABELS.iter().find(|(label, ..)| label.as_bytes() == section.label);
    let shown = match known {
        None => Err("nobody here knows this label".to_string()),
        Some((_, _, show)) => match section.decode() {
            Ok(der) => show(&der, provider),
            Err(reason) => Err(reason.to_string()),
        },
    };
    Item { line: Some(section.line), kind: known.map(|(_, kind, _)| *kind), label: Some(section.shown_label()), shown }
}

fn of_der(der: &[u8], provider: &Provider) -> Option<Item> {
    LABELS.iter().find_map(|(_, kind, show)| {
        let shown = show(der, provider).ok()?;
        Some(Item { line: None, kind: Some(*kind), label: None, shown: Ok(shown) })
    })
}

impl Item {
    /// What it is.
    pub(super) fn title(&self) -> String {
        match (self.kind, &self.label) {
            (Some(kind), _) => kind.to_string(),
            (None, Some(label)) => label.clone(),
            (None, None) => "unknown".to_string(),
        }
    }

    /// For programs: its fields, and what it is.
    pub(super) fn json(&self) -> Json {
        let mut object = match &self.shown {
            Ok(shown) => shown.json(),
            Err(why) => json!({ "error": why }),
        };
        if let Some(fields) = object.as_object_mut() {
            let more: Map<_, _> =
                [("type", json!(self.kind)), ("label", json!(self.label)), ("line", json!(self.line))]
                    .map(|(name, value)| (name.to_string(), value))
                    .into_iter()
                    .collect();
            fields.extend(more);
        }
        object
    }
}

impl Shown {
    fn json(&self) -> Json {
        let json = match self {
            Self::Certificate(own) => serde_json::to_value(own),
            Self::Key(own) => serde_json::to_value(own),
            Self::Value(value) => serde_json::to_value(value),
        };
        // Its maps have names that are text.
        json.unwrap_or_default()
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(own) => own.fmt(f),
            Self::Key(own) => own.fmt(f),
            Self::Value(value) => value.fmt(f),
        }
    }
}

fn certificate(der: &[u8], provider: &Provider) -> Result<Shown, String> {
    let certificate = Certificate::parse(der).map_err(|rule| rule.to_string())?;
    Ok(Shown::Certificate(Box::new(Description::of(&certificate, provider))))
}

/// A certificate, and behind it OpenSSL's settings, which are not shown.
fn trusted_certificate(der: &[u8], provider: &Provider) -> Result<Shown, String> {
    let len = match der {
        [_, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        [_, 0x81, len, ..] => 3 + usize::from(*len),
        [_, len @ 0..=0x7f, ..] => 2 + usize::from(*len),
        _ => der.len(),
    };
    certificate(der.get(..len).unwrap_or(der), provider)
}

fn crl(der: &[u8], _: &Provider) -> Result<Shown, String> {
    let crl = Crl::parse(der).map_err(|rule| rule.to_string())?;
    Ok(Shown::Value(inspect::crl(&crl, ENTRIES)))
}

fn ocsp(der: &[u8], _: &Provider) -> Result<Shown, String> {
    let response = Response::parse(der).map_err(|rule| rule.to_string())?;
    Ok(Shown::Value(inspect::ocsp(&response)))
}

fn public_key(spki: &[u8], provider: &Provider) -> Result<Shown, String> {
    let key = KeyDescription::of(spki, provider);
    match &key.error {
        None => Ok(Shown::Key(Box::new(key))),
        Some(rule) => Err(rule.to_string()),
    }
}

fn rsa_public_key(der: &[u8], provider: &Provider) -> Result<Shown, String> {
    of_public(&PublicKey { kind: KeyKind::Rsa, bytes: der.to_vec() }, provider)
}

/// The public part alone.
fn private_key(der: &PrivateKeyDer<'_>, provider: &Provider) -> Result<Shown, String> {
    let key = provider.keys.load(der).map_err(|error| error.to_string())?;
    of_public(key.public_key(), provider)
}

fn of_public(key: &PublicKey, provider: &Provider) -> Result<Shown, String> {
    let spki = spki::encode(key).map_err(|rule| rule.to_string())?;
    public_key(&spki, provider)
}
