//! The certificates that a server shows, and what is to be said of each.

use super::line::{Line, Seen};
use crate::advice::{Judge, advice};
use crate::connect::trust::Trust;
use crate::escape;
use handfast::pki::name::names;
use handfast::pki::{Certificate, Description, Purpose, Reference, Request};
use handfast::pki_types::CertificateDer;
use handfast::{Clock, Provider, SystemClock};
use serde::Serialize;

/// One leaf with its chain.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shown {
    /// The versions that it was seen in.
    pub(super) versions: Vec<String>,
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) names: Vec<String>,
    pub(super) key: String,
    pub(super) key_bits: Option<usize>,
    pub(super) signature: String,
    pub(super) serial: String,
    pub(super) fingerprint_sha256: Option<String>,
    pub(super) not_before: String,
    pub(super) not_after: String,
    /// Whole days until it expires; less than zero where it has.
    pub(super) days_left: i64,
    pub(super) must_staple: bool,
    /// How the server proves that it is not revoked: with what comes along.
    pub(super) ocsp_stapled: bool,
    pub(super) verdict: Verdict,
    /// Those above the leaf, as they came.
    pub(super) chain: Vec<Above>,
}

/// What verification says.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Verdict {
    pub(super) accepted: bool,
    /// `OK`, or one of OpenSSL's.
    pub(super) code: String,
    pub(super) reason: Option<String>,
    pub(super) hint: Option<String>,
    /// When the path ends to be good, if it is.
    pub(super) valid_until: Option<String>,
}

/// A certificate above the leaf.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Above {
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) not_after: String,
    pub(super) key: String,
    pub(super) self_issued: bool,
}

/// How many names of a certificate are told.
const NAMES: usize = 64;

/// How many certificates of a chain are told.
const LINKS: usize = 16;

/// What the server has shown for its name. The inner error is a leaf that cannot be read.
pub(super) fn all(line: &Line, trust: &Trust) -> Vec<Result<Shown, String>> {
    line.seen().iter().map(|seen| shown(line, trust, seen)).collect()
}

fn shown(line: &Line, trust: &Trust, seen: &Seen) -> Result<Shown, String> {
    let leaf = seen.chain.first().ok_or_else(|| "an empty chain".to_string())?;
    let leaf = Certificate::parse(leaf).map_err(|rule| escape::text(&rule.to_string()))?;
    let said = Description::of(&leaf, &line.provider);
    let (shown, more) = names(&leaf, NAMES).unwrap_or_default();
    let more = (more > 0).then(|| format!("and {more} more"));
    let validity = leaf.validity();
    let now = handfast::pki::time::Time::from(SystemClock.now()).unix();
    Ok(Shown {
        versions: seen.versions.iter().map(ToString::to_string).collect(),
        subject: leaf.subject().to_string(),
        issuer: leaf.issuer().to_string(),
        names: shown.into_iter().chain(more).collect(),
        key: key(&said),
        key_bits: said.key.bits,
        signature: said.signature_algorithm.to_string(),
        serial: said.serial_number,
        fingerprint_sha256: said.fingerprint256,
        not_before: validity.not_before.to_string(),
        not_after: validity.not_after.to_string(),
        days_left: validity.not_after.unix().saturating_sub(now).div_euclid(86_400),
        must_staple: said.must_staple,
        ocsp_stapled: seen.staple.is_some(),
        verdict: verdict(line, trust, seen),
        chain: seen.chain.iter().skip(1).take(LINKS).map(|der| above(der, &line.provider)).collect(),
    })
}

fn verdict(line: &Line, trust: &Trust, seen: &Seen) -> Verdict {
    let request = Request {
        chain: &seen.chain,
        staple: seen.staple.as_deref(),
        purposes: &[Purpose::Server],
        reference: Some(Reference::Server(line.name())),
        now: SystemClock.now(),
    };
    match trust.judge(&request) {
        Ok(path) => Verdict {
            accepted: true,
            code: "OK".to_string(),
            reason: None,
            hint: None,
            valid_until: Some(path.valid_until.to_string()),
        },
        Err(error) => Verdict {
            accepted: false,
            code: error.code().to_string(),
            reason: Some(escape::text(&error.rule().to_string())),
            hint: Some(advice(&error, Judge::Connect).to_string()),
            valid_until: None,
        },
    }
}

fn above(der: &CertificateDer<'_>, provider: &Provider) -> Above {
    match Certificate::parse(der) {
        Ok(own) => Above {
            subject: own.subject().to_string(),
            issuer: own.issuer().to_string(),
            not_after: own.validity().not_after.to_string(),
            key: key(&Description::of(&own, provider)),
            self_issued: own.is_self_issued(),
        },
        Err(rule) => Above {
            subject: escape::text(&rule.to_string()),
            issuer: String::new(),
            not_after: String::new(),
            key: String::new(),
            self_issued: false,
        },
    }
}

/// The kind of the key, and its size where that does not follow: `RSA 2048`, `P-256`.
fn key(said: &Description) -> String {
    let key = &said.key;
    match (key.nist_curve.or(key.asn1_curve), key.bits) {
        (Some(curve), _) => curve.to_string(),
        (None, Some(bits)) if key.modulus.is_some() => format!("RSA {bits}"),
        _ => key.algorithm.to_string(),
    }
}
