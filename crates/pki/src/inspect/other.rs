//! What is no certificate: revocation lists, OCSP responses, timestamps.

use super::extension::{self, ExtensionDescription, present, some};
use super::key::{Algorithm, KeyDescription};
use super::{Description, Value, serial, text};
use crate::crl::{Crl, Kind};
use crate::encode;
use crate::ocsp::{CertIdHash, ResponderId, Response, SingleResponse, Status};
use crate::reason::Reason;
use crate::request::CertificationRequest;
use crate::sct::Sct;
use crate::time::Time;
use alloc::string::ToString;
use alloc::vec::Vec;
use handfast_crypto::Provider;

/// Describes a timestamp.
pub fn sct(sct: &Sct<'_>) -> Value {
    extension::sct(sct)
}

/// Describes a revocation list: how many certificates it revokes, and the first `limit` of them. Entries behind one that cannot be
/// read are not counted.
pub fn crl(crl: &Crl<'_>, limit: usize) -> Value {
    let (mut count, mut shown, mut error) = (0_u64, Vec::new(), None);
    for entry in crl.entries() {
        match entry {
            Ok(entry) => {
                count = count.saturating_add(1);
                if shown.len() < limit {
                    shown.push(present([
                        ("serialNumber", Some(Value::Text(serial(entry.serial)))),
                        ("revocationDate", Some(time(entry.date))),
                        ("reason", entry.reason.map(reason)),
                        ("invalidityDate", entry.invalidity_date.map(time)),
                    ]));
                }
            }
            Err(rule) => error = Some(Value::Text(rule.to_string())),
        }
    }
    let scope = crl.scope();
    let kind = scope.kind.map(|kind| match kind {
        Kind::User => "user certificates only",
        Kind::Ca => "CA certificates only",
        Kind::Attribute => "attribute certificates only",
    });
    present([
        ("issuer", Some(text::attributes(crl.issuer()))),
        ("thisUpdate", Some(time(crl.this_update()))),
        ("nextUpdate", Some(time(crl.next_update()))),
        ("number", crl.number().map(|number| Value::Text(serial_of_number(number)))),
        ("authorityKeyIdentifier", crl.authority_key_identifier().map(Value::octets)),
        ("scope", kind.map(Value::text)),
        ("count", Some(Value::Number(count))),
        ("entries", Some(Value::List(shown))),
        ("error", error),
    ])
}

/// Describes a certification request: what it asks for, and whether whoever made it has the key.
pub fn request(request: &CertificationRequest<'_>, provider: &Provider) -> Value {
    let extensions = request.extensions().iter().take(Description::MAX_EXTENSIONS).map(ExtensionDescription::of);
    let extensions: Vec<_> = extensions.map(|own| (own.title().to_string().into(), own.to_value())).collect();
    let proof = request.check_signature(provider);
    let key = KeyDescription::of(&encode::sequence(&[request.spki()]), provider);
    let head = some([("subject", Some(text::attributes(request.subject())))]);
    let rest = some([
        ("signatureAlgorithm", Some(Algorithm::of_identifier(request.algorithm()).to_value())),
        ("signatureGood", Some(Value::Flag(proof.is_ok()))),
        ("signatureError", proof.err().map(|rule| Value::Text(rule.to_string()))),
        ("extensions", Some(Value::Fields(extensions)).filter(|_| !request.extensions().is_empty())),
        ("raw", Some(Value::octets(request.der()))),
    ]);
    Value::Fields(head.chain(key.fields()).chain(rest).collect())
}

/// Describes an OCSP response.
pub fn ocsp(response: &Response<'_>) -> Value {
    present([
        (
            "responder",
            Some(match response.responder() {
                ResponderId::ByName(name) => text::attributes(name),
                ResponderId::ByKey(hash) => present([("keyHash", Some(Value::octets(hash)))]),
            }),
        ),
        ("producedAt", Some(time(response.produced_at()))),
        ("responses", Some(extension::list(response.responses(), single))),
        ("certificates", Some(Value::number(response.certificates().len()))),
    ])
}

fn single(own: &SingleResponse<'_>) -> Value {
    let (status, at, why) = match own.status {
        Status::Good => ("good", None, None),
        Status::Revoked { at, reason } => ("revoked", Some(at), reason),
        Status::Unknown => ("unknown", None, None),
    };
    let hash = own.id.hash.map(|hash| match hash {
        CertIdHash::Sha1 => "SHA-1",
        CertIdHash::Sha256 => "SHA-256",
        CertIdHash::Sha384 => "SHA-384",
        CertIdHash::Sha512 => "SHA-512",
    });
    let scts = own.scts().map(|all| extension::list(&all, sct));
    let scts = scts.unwrap_or_else(|rule| Value::Text(rule.to_string()));
    present([
        ("serialNumber", Some(Value::Text(serial(own.id.serial)))),
        ("status", Some(Value::text(status))),
        ("revocationTime", at.map(time)),
        ("reason", why.map(reason)),
        ("thisUpdate", Some(time(own.this_update))),
        ("nextUpdate", own.next_update.map(time)),
        ("hash", hash.map(Value::text)),
        ("issuerNameHash", Some(Value::octets(own.id.issuer_name_hash))),
        ("issuerKeyHash", Some(Value::octets(own.id.issuer_key_hash))),
        ("scts", Some(scts).filter(|scts| *scts != Value::List(Vec::new()))),
    ])
}

fn time(time: Time) -> Value {
    Value::Text(time.to_text())
}

fn reason(reason: Reason) -> Value {
    Value::text(reason.name())
}

/// A number that is not negative, though its first bit may be set.
fn serial_of_number(number: &[u8]) -> alloc::string::String {
    serial(&[&[0], number].concat())
}
