//! What a file holds: one table from the label of a PEM section to how it is shown.

use crate::password::Opens;
use crate::tls;
use handfast::Provider;
use handfast::crypto::{KeyKind, PublicKey};
use handfast::pki::crl::Crl;
use handfast::pki::encrypted::{Fault, Opener};
use handfast::pki::inspect::{self, KeyDescription, Value};
use handfast::pki::ocsp::Response;
use handfast::pki::pfx::Pfx;
use handfast::pki::request::CertificationRequest;
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

/// Every label that is known, what it stands for, and how that is shown. Certificates and private keys are read by `pem`.
const LABELS: &[(&str, &str, Show)] = &[
    ("CERTIFICATE", "certificate", certificate),
    ("X509 CERTIFICATE", "certificate", certificate),
    ("TRUSTED CERTIFICATE", "certificate", certificate),
    ("CERTIFICATE REQUEST", "certificate request", request),
    ("NEW CERTIFICATE REQUEST", "certificate request", request),
    ("X509 CRL", "revocation list", crl),
    ("OCSP RESPONSE", "OCSP response", ocsp),
    ("PUBLIC KEY", "public key", public_key),
    ("RSA PUBLIC KEY", "public key", rsa_public_key),
    ("PRIVATE KEY", PRIVATE_KEY, |der, provider| private_key(&PrivatePkcs8KeyDer::from(der).into(), provider)),
    ("RSA PRIVATE KEY", PRIVATE_KEY, |der, provider| private_key(&PrivatePkcs1KeyDer::from(der).into(), provider)),
    ("EC PRIVATE KEY", PRIVATE_KEY, |der, provider| private_key(&PrivateSec1KeyDer::from(der).into(), provider)),
    ("ENCRYPTED PRIVATE KEY", PRIVATE_KEY, |_, _| Err("it is encrypted".to_string())),
];

const PRIVATE_KEY: &str = "private key";

/// How many entries of a revocation list are shown.
const ENTRIES: usize = 20;

/// What it takes to look into files.
pub(super) struct Reader<'a> {
    pub(super) provider: &'a Provider,
    pub(super) opens: &'a Opens,
    pub(super) password: Option<&'a [u8]>,
}

impl Reader<'_> {
    /// Everything in a file: the sections of PEM, what is in a PKCS#12 file, or DER of the first kind that it can be.
    pub(super) fn all(&self, content: &[u8]) -> Vec<Item> {
        if !tls::is_der(content) {
            return pem::sections(content).map(|section| self.section(&section)).collect();
        }
        if Pfx::is_one(content) {
            return self.pfx(content);
        }
        self.der(content).into_iter().collect()
    }

    fn opener(&self) -> Opener<'_> {
        self.opens.opener(self.provider, self.password)
    }

    fn section(&self, section: &pem::Section<'_>) -> Item {
        let known = LABELS.iter().find(|(label, ..)| label.as_bytes() == section.label);
        Item {
            line: Some(section.line),
            kind: known.map(|(_, kind, _)| *kind),
            label: Some(section.shown_label()),
            shown: match known {
                None => Err("nobody here knows this label".to_string()),
                Some((.., show)) => self.show(section, *show),
            },
        }
    }

    fn show(&self, section: &pem::Section<'_>, show: Show) -> Result<Shown, String> {
        let said = |reason: pem::Reason| reason.to_string();
        if let Some(der) = section.certificate().map_err(said)? {
            return certificate(&der, self.provider);
        }
        if let Some(key) = section.private_key(&mut self.opener()).map_err(said)? {
            return private_key(&key, self.provider);
        }
        show(&section.decode().map_err(said)?, self.provider)
    }

    /// The keys and certificates of a PKCS#12 file, or why it does not open.
    fn pfx(&self, der: &[u8]) -> Vec<Item> {
        let item = |kind, shown| Item { line: None, kind: Some(kind), label: None, shown };
        match Pfx::read(der, self.opener()) {
            Err(fault) => vec![item("PKCS#12 file", Err(fault.to_string()))],
            Ok(pfx) => {
                let keys = pfx.keys.into_iter().map(|key| item(PRIVATE_KEY, private_key(&key.into(), self.provider)));
                let certificates = pfx.certificates.iter();
                keys.chain(certificates.map(|der| item("certificate", certificate(der, self.provider)))).collect()
            }
        }
    }

    fn der(&self, der: &[u8]) -> Option<Item> {
        let item = |kind, shown| Item { line: None, kind: Some(kind), label: None, shown };
        let known = LABELS.iter().find_map(|(_, kind, show)| Some(item(*kind, Ok(show(der, self.provider).ok()?))));
        if known.is_some() {
            return known;
        }
        match self.opener().open_key(der) {
            Ok(key) => Some(item(PRIVATE_KEY, private_key(&key.into(), self.provider))),
            // Then it is something else.
            Err(Fault::Malformed("EncryptedPrivateKeyInfo")) => None,
            Err(fault) => Some(item(PRIVATE_KEY, Err(fault.to_string()))),
        }
    }
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

fn request(der: &[u8], provider: &Provider) -> Result<Shown, String> {
    let request = CertificationRequest::parse(der).map_err(|rule| rule.to_string())?;
    Ok(Shown::Value(inspect::request(&request, provider)))
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
