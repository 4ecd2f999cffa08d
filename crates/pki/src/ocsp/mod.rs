//! OCSP responses as a TLS server staples them (RFC 6960, RFC 6066 §8), and certificates that insist on one (RFC 7633).
//!
//! ```text
//!  stapled octets
//!        │ Response::parse         strict DER, the basic type only
//!        ├─ check: entries         those whose CertID is this certificate's, and no other
//!        ├─ signer                 the issuer, or whom it delegated that: named by responderID, signature, budget
//!        └─ check: times           thisUpdate, nextUpdate, producedAt
//!        ▼
//!  Status ── Stapling::judge       with what the certificate and the configuration insist on
//! ```
//!
//! A nonce (RFC 9654) is ignored: the handshake asks for none, and the response is mostly older than the connection.

mod check;
mod fault;
mod response;
mod signer;
mod staple;

pub use check::MAX_AGE;
pub use fault::{OcspFault, ResponseStatus};
pub use response::{CertId, CertIdHash, ResponderId, Response, SingleResponse};
pub use staple::{Stapled, Stapling};

pub(crate) use check::check;

use crate::cert::Certificate;
use crate::error::Rule;
use crate::issuer::Issuer;
use crate::policy::{Budget, Policy};
use crate::reason::Reason;
use crate::time::Time;
use handfast_crypto::Provider;
use pki_types::UnixTime;

/// What a response says about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is not revoked. It need not be valid otherwise.
    Good,
    /// It is revoked, for good or until further notice.
    Revoked {
        /// Since when.
        at: Time,
        /// Why, if the responder says.
        reason: Option<Reason>,
    },
    /// The responder knows nothing about it.
    Unknown,
}

/// Checks a response by itself: what it says about `certificate`, and that it is the word of `issuer` at `now`. That
/// `issuer` did issue the certificate is not checked here.
///
/// # Errors
/// [`Rule::Ocsp`] when the response is of no use; [`Rule::Budget`]; [`Rule::Crypto`]; and why the issuer's key cannot be
/// read, as [`Certificate::public_key`].
pub fn verify(
    provider: &Provider,
    policy: &Policy,
    response: &[u8],
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    now: UnixTime,
) -> Result<Status, Rule> {
    let issuer = Issuer::of(issuer)?;
    let budget = &mut Budget::new(policy);
    let answer = check(provider, &policy.signatures, response, certificate, &issuer, Time::from(now), budget);
    answer.map(|(status, _)| status)
}
