//! What a file holds: one table from the label of a PEM section to how it is shown.

use crate::password::{Opens, Word, is_for_want_of_one};
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
use serde::Serialize;
use std::cell::{Cell, RefCell};
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
    ("TRUSTED CERTIFICATE", "certificate", trusted_certificate),
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

/// How many sections of a file are shown. A description takes far more memory than what it describes.
const SECTIONS: usize = 512;

/// How many entries of a revocation list are shown.
const ENTRIES: usize = 20;

/// What it takes to look into a file.
pub(super) struct Reader<'a> {
    provider: &'a Provider,
    /// One for each password, and the first for none. They are for the whole file, so that what it may cost to open is bounded
    /// for all that is in it.
    openers: RefCell<Vec<Opener<'a>>>,
    /// Whether something did not open for want of the right password.
    is_locked: Cell<bool>,
}

/// What is in a file.
pub(super) struct All {
    pub(super) items: Vec<Item>,
    /// How many sections more there are.
    pub(super) more: usize,
    /// Something did not open for want of the right password.
    pub(super) is_locked: bool,
}

impl<'a> Reader<'a> {
    /// One that tries these passwords.
    pub(super) fn new(provider: &'a Provider, opens: &Opens, words: &'a [Word]) -> Self {
        let passwords = std::iter::once(None).chain(words.iter().map(|word| Some(word.as_slice())));
        let openers = passwords.map(|password| opens.opener(provider, password)).collect();
        Self { provider, openers: RefCell::new(openers), is_locked: Cell::new(false) }
    }

    /// Everything in a file: the sections of PEM, what is in a PKCS#12 file, or DER of the first kind that it can be.
    pub(super) fn all(&self, content: &[u8]) -> All {
        let (items, more) = if !pem::is_der(content) {
            let mut sections = pem::sections(content);
            (sections.by_ref().take(SECTIONS).map(|section| self.section(&section)).collect(), sections.count())
        } else if Pfx::is_one(content) {
            (self.pfx(content), 0)
        } else {
            (self.der(content).into_iter().collect(), 0)
        };
        All { items, more, is_locked: self.is_locked.get() }
    }

    /// Tries each password until one is not wrong.
    fn open<T, E>(
        &self,
        is_for_want_of_one: impl Fn(&E) -> bool,
        mut open: impl FnMut(&mut Opener<'a>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut openers = self.openers.borrow_mut();
        let (first, others) = openers.split_first_mut().expect("there is always the one without a password");
        let mut opened = open(first);
        let is_locked = |opened: &Result<T, E>| opened.as_ref().err().is_some_and(&is_for_want_of_one);
        for opener in others {
            if !is_locked(&opened) {
                break;
            }
            opened = open(opener);
        }
        self.is_locked.set(self.is_locked.get() || is_locked(&opened));
        opened
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
        // Its owner's settings are no reason not to show it.
        if section.label != b"TRUSTED CERTIFICATE"
            && let Some(der) = section.certificate().map_err(said)?
        {
            return certificate(&der, self.provider);
        }
        let is_locked =
            |reason: &pem::Reason| matches!(reason, pem::Reason::Locked(fault) if is_for_want_of_one(fault));
        if let Some(key) = self.open(is_locked, |opener| section.private_key(opener)).map_err(said)? {
            return private_key(&key, self.provider);
        }
        show(&section.decode().map_err(said)?, self.provider)
    }

    /// The keys and certificates of a PKCS#12 file, or why it does not open.
    fn pfx(&self, der: &[u8]) -> Vec<Item> {
        match self.open(is_for_want_of_one, |opener| Pfx::read(der, opener)) {
            Err(fault) => vec![unlabelled("PKCS#12 file", Err(fault.to_string()))],
            Ok(pfx) => {
                let key = |key: &PrivatePkcs8KeyDer<'_>| {
                    unlabelled(PRIVATE_KEY, private_key(&key.clone_key().into(), self.provider))
                };
                let keys = pfx.keys.iter().map(|own| key(own));
                let certificates = pfx.certificates.iter();
                keys.chain(certificates.map(|der| unlabelled("certificate", certificate(der, self.provider)))).collect()
            }
        }
    }

    fn der(&self, der: &[u8]) -> Option<Item> {
        let known = LABELS.iter().find_map(|(_, kind, show)| Some((*kind, show(der, self.provider).ok()?)));
        if let Some((kind, shown)) = known {
            return Some(unlabelled(kind, Ok(shown)));
        }
        match self.open(is_for_want_of_one, |opener| opener.open_key(der)) {
            Ok(key) => return Some(unlabelled(PRIVATE_KEY, private_key(&key.clone_key().into(), self.provider))),
            // Then it is something else.
            Err(Fault::Malformed("EncryptedPrivateKeyInfo")) => {}
            Err(fault) => return Some(unlabelled(PRIVATE_KEY, Err(fault.to_string()))),
        }
        let label = inspect::looks_like(der)?;
        let (_, kind, show) = LABELS.iter().find(|(own, ..)| *own == label)?;
        Some(unlabelled(kind, show(der, self.provider)))
    }
}

fn unlabelled(kind: &'static str, shown: Result<Shown, String>) -> Item {
    Item { line: None, kind: Some(kind), label: None, shown }
}

/// An item for programs: its fields, in their order, and what it is.
#[derive(Serialize)]
pub(super) struct ItemJson<'a> {
    #[serde(flatten)]
    said: Value,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    label: Option<&'a str>,
    line: Option<usize>,
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

    /// For programs.
    pub(super) fn json(&self) -> ItemJson<'_> {
        let said = match &self.shown {
            Ok(Shown::Certificate(own)) => own.to_value(),
            Ok(Shown::Key(own)) => own.to_value(),
            Ok(Shown::Value(own)) => own.clone(),
            Err(why) => Value::Fields(vec![("error".into(), Value::text(&**why))]),
        };
        ItemJson { said, kind: self.kind, label: self.label.as_deref(), line: self.line }
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

fn trusted_certificate(der: &[u8], provider: &Provider) -> Result<Shown, String> {
    certificate(inspect::trusted_certificate(der).map_err(|rule| rule.to_string())?, provider)
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

/// The public part alone; of a key that nobody here could use, what there is of that in its structure.
fn private_key(der: &PrivateKeyDer<'_>, provider: &Provider) -> Result<Shown, String> {
    match provider.keys.load(der) {
        Ok(key) => of_public(key.public_key(), provider),
        Err(error) => match KeyDescription::of_private(der, provider) {
            Ok(key) if key.error.is_none() => Ok(Shown::Key(Box::new(key))),
            _ => Err(error.to_string()),
        },
    }
}

fn of_public(key: &PublicKey, provider: &Provider) -> Result<Shown, String> {
    let spki = spki::encode(key).map_err(|rule| rule.to_string())?;
    public_key(&spki, provider)
}
