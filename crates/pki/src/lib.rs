//! X.509 for a TLS engine: parse a certificate, find a path to a trust anchor, check every rule on the way, and say
//! precisely what was wrong when there is none.
//!
//! Bytes are hostile until the last check has passed, so everything is read in place by a strict DER reader, every
//! search has a [`Budget`](Policy), and every message that repeats something from a certificate is escaped and bounded.
//!
//! ```text
//!  verify
//!     │ leaf rules (check)            time, keyUsage, extKeyUsage, critical extensions
//!     ├─ is the leaf itself trusted, octet for octet or by its key? ── done
//!     │ search (path)                 anchors first, then the peer's certificates, best candidate first
//!     │    ├─ issuer rules (check)    cA, pathLen, keyCertSign, time, extKeyUsage, critical extensions
//!     │    ├─ profile                 what is held against it beyond that
//!     │    ├─ signature               policy, budget, the provider's Verifier
//!     │    ├─ name constraints        of this issuer, on every certificate below
//!     │    └─ at an anchor            certificate policies, revocation lists, the stapled OCSP response
//!     └─ check_server_identity        RFC 9525
//! ```
//!
//! | file | concept |
//! |---|---|
//! | [`mod@verify`] | the door: what is asked, and what is found |
//! | [`anchors`], `roots` (features `mozilla`, `system`) | what is trusted, and where it came from |
//! | [`policy`] | how much work, which signatures, what is insisted on |
//! | [`error`], `rule` | which certificate broke which rule, stable codes, alerts |
//! | `chain`, `path`, `check` | what the peer sent, the search for a path in it, and the rules of each certificate on that (RFC 5280 §6.1) |
//! | [`profile`] | what is asked of a single certificate beyond path validation |
//! | [`name`] | does this certificate speak for that host (RFC 9525) |
//! | [`constraints`] | which names the certificates below a CA may have (RFC 5280 §4.2.1.10) |
//! | [`certificate_policies`], [`policy_extension`] | for which certificate policies a path is valid (RFC 5280 §6.1, RFC 9618) |
//! | [`revocation`], [`crl`], [`crls`] | is it revoked, as far as lists tell (RFC 5280 §6.3), what a list says, and a set of them (§5) |
//! | [`ocsp`] | is it revoked, by a stapled OCSP response (RFC 6960) |
//! | [`issuer`], [`reason`], [`distribution_point`] | who answers for that, why it was, and where lists are |
//! | [`cert`], [`extension`], [`subject`], [`time`] | what a certificate says (RFC 5280 §4) |
//! | [`request`] | what somebody asks a CA for, and proof of the key (PKCS#10, RFC 2986) |
//! | [`key_details`], [`sct`] | a key of any kind, for people to look at, and signed certificate timestamps (RFC 6962) |
//! | [`inspect`] | all of that described, as text and for programs |
//! | [`spki`], [`signature_algorithm`] | AlgorithmIdentifiers to and from the types of `crypto` |
//! | [`encrypted`], [`pfx`] | what is protected by a password, PKCS#12 files among it |
//! | [`bundle`] | certificates and keys from files, each key with its chain |
//! | [`pem`] | certificates and keys from PEM, never mixed up |
//! | `make` (feature) | keys, requests, certificates, revocation lists and OCSP responses: for tests, self-signed servers, and a small CA |
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod anchors;
mod asn1;
pub mod bundle;
pub mod cert;
pub mod certificate_policies;
mod chain;
mod check;
pub mod constraints;
pub mod crl;
pub mod crls;
pub mod distribution_point;
mod encode;
pub mod encrypted;
pub mod error;
mod escape;
pub mod extension;
pub mod inspect;
pub mod issuer;
pub mod key_details;
#[cfg(feature = "make")]
pub mod make;
pub mod name;
pub mod ocsp;
mod oid;
mod path;
pub mod pem;
pub mod pfx;
pub mod policy;
pub mod policy_extension;
pub mod profile;
pub mod ready;
pub mod reason;
pub mod request;
pub mod revocation;
#[cfg(any(feature = "mozilla", feature = "system"))]
pub mod roots;
mod rule;
pub mod sct;
pub mod signature_algorithm;
pub mod spki;
pub mod subject;
pub mod time;
pub mod verify;

pub use anchors::Anchors;
pub use bundle::Bundle;
pub use cert::Certificate;
pub use certificate_policies::PolicyInputs;
pub use crls::Crls;
pub use error::{Error, Rule};
pub use inspect::Description;
pub use key_details::KeyDetails;
pub use name::check_server_identity;
pub use policy::{Policy, Purpose};
pub use profile::{Breach, Profile};
pub use ready::ReadyAnchors;
pub use reason::Reason;
pub use revocation::Revocation;
pub use verify::{
    Path, Reference, Request, Trust, key_matches, leaf_key, verify, verify_client, verify_ready, verify_server,
};
