//! What a response says about one certificate, and whether that counts.

use super::signer::Signer;
use super::{CertIdHash, OcspFault, Response, SingleResponse, Status};
use crate::cert::Certificate;
use crate::error::Rule;
use crate::extension::Extension;
use crate::issuer::Issuer;
use crate::oid;
use crate::policy::Budget;
use crate::reason::Reason;
use crate::time::Time;
use alloc::vec::Vec;
use handfast_crypto::{Digest, Provider, SignatureAlgorithm};

/// How old an answer without nextUpdate may be, in seconds: one day.
///
/// RFC 6960 §2.4: its absence says that there are news at any time; and §4.2.2.1 leaves it to the client what it takes. RFC
/// 9919 §5 would refuse all of them. A server that staples fetches anew in hours where the answer gives it no time, so a
/// day is more than it needs.
pub const MAX_AGE: i64 = 86_400;

/// Checks a response: what it says about `certificate`, and that it is the word of `issuer` at `now`; and the last second at
/// which that holds.
///
/// Clocks get no tolerance, as with the validity of certificates. Where a response is merely accepted, a clock that is slow
/// costs nothing, and who requires one needs a clock.
pub(crate) fn check(
    provider: &Provider,
    signatures: &[SignatureAlgorithm],
    response: &[u8],
    certificate: &Certificate<'_>,
    issuer: &Issuer<'_>,
    now: Time,
    budget: &mut Budget,
) -> Result<(Status, Time), Rule> {
    let response = Response::parse(response)?;
    let entries = matching(provider, &response, certificate, issuer)?;
    known_extensions(response.extensions())?;
    entries.iter().try_for_each(|entry| known_extensions(&entry.extensions))?;
    let signer_until = Signer { provider, signatures, issuer, now }.check(&response, budget)?;
    let entry = decisive(&entries).ok_or(OcspFault::OtherCertificate)?;
    // RFC 5280 §5.3.1: only a hold is ever lifted. Any other revocation stays true when the answer has aged.
    match entry.status {
        Status::Revoked { reason, .. } if reason != Some(Reason::CertificateHold) => {}
        _ => fresh(&response, entry, now)?,
    }
    let valid_until = entry.next_update.unwrap_or(Time::from_unix(entry.this_update.unix().saturating_add(MAX_AGE)));
    Ok((entry.status, valid_until.min(signer_until)))
}

/// The entries about `certificate`: issuer's name, issuer's key and serial number all fit (docs/regressions.md row 67).
/// At least one.
fn matching<'r, 'a>(
    provider: &Provider,
    response: &'r Response<'a>,
    certificate: &Certificate<'_>,
    issuer: &Issuer<'_>,
) -> Result<Vec<&'r SingleResponse<'a>>, Rule> {
    let name = certificate.issuer().to_der();
    let mut found = Vec::new();
    let mut fault = OcspFault::OtherCertificate;
    // By algorithm, so that however many entries there are, nothing is hashed twice.
    for hash in CertIdHash::ALL {
        let is_candidate =
            |entry: &&SingleResponse<'_>| entry.id.hash == Some(hash) && entry.id.serial == certificate.serial();
        let mut candidates = response.responses().iter().filter(is_candidate).peekable();
        if candidates.peek().is_none() {
            continue;
        }
        let (Some(name), Some(key)) = (digest(provider, hash, &name)?, digest(provider, hash, &issuer.key.bytes)?)
        else {
            fault = OcspFault::NoHash;
            continue;
        };
        found.extend(candidates.filter(|entry| {
            entry.id.issuer_name_hash == name.as_bytes() && entry.id.issuer_key_hash == key.as_bytes()
        }));
    }
    if found.is_empty() { Err(fault.into()) } else { Ok(found) }
}

/// The hash of `bytes`, if the provider has it.
fn digest(provider: &Provider, hash: CertIdHash, bytes: &[u8]) -> Result<Option<Digest>, Rule> {
    let digest = match hash.algorithm() {
        Some(algorithm) => provider.hash(algorithm).map(|hash| hash.digest(&[bytes])),
        None => provider.sha1.map(|sha1| sha1(&[bytes])),
    };
    digest.transpose().map_err(Rule::Crypto)
}

/// The entry that counts when several are about the same certificate: revoked before anything else, then the newest, then
/// the one that knows less.
fn decisive<'r, 'a>(entries: &[&'r SingleResponse<'a>]) -> Option<&'r SingleResponse<'a>> {
    entries.iter().copied().max_by_key(|entry| {
        let is_revoked = matches!(entry.status, Status::Revoked { .. });
        (is_revoked, entry.this_update, entry.status == Status::Unknown)
    })
}

/// RFC 6960 §4.4: what a critical extension says may change the meaning of everything else. A nonce (RFC 9654) does not: it
/// answers a request that the peer made.
fn known_extensions(extensions: &[Extension<'_>]) -> Result<(), Rule> {
    let is_unknown = |extension: &Extension<'_>| extension.critical && extension.oid != oid::OCSP_NONCE;
    if extensions.iter().any(is_unknown) { Err(OcspFault::CriticalExtension.into()) } else { Ok(()) }
}

/// RFC 6960 §3.2 items 5 and 6, §4.2.2.1.
fn fresh(response: &Response<'_>, entry: &SingleResponse<'_>, now: Time) -> Result<(), Rule> {
    let this_update = entry.this_update;
    let from = this_update.max(response.produced_at());
    if from > now {
        return Err(OcspFault::NotYetValid { from, now }.into());
    }
    match entry.next_update {
        Some(next_update) if now > next_update => Err(OcspFault::Expired { next_update, now }.into()),
        None if now.unix().saturating_sub(this_update.unix()) > MAX_AGE => {
            Err(OcspFault::Stale { this_update, now }.into())
        }
        _ => Ok(()),
    }
}
