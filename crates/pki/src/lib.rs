//! X.509 for a TLS engine: parse a certificate, find a path to a trust anchor, check every rule on the way, and say
//! precisely what was wrong when there is none.
//!
//! Bytes are hostile until the last check has passed, so everything is read in place by a strict DER reader, every
//! search has a [`Budget`](Policy), and every message that repeats something from a certificate is escaped and bounded.
//!
//! ```text
//!  verify_server / verify_client
//!        │ leaf rules (check)          time, keyUsage, extKeyUsage, critical extensions
//!        ├─ the leaf itself is trusted, byte for byte? ── done
//!        │ search (path)               anchors first, then the peer's certificates, best candidate first
//!        │    ├─ issuer rules (check)  cA, pathLen, keyCertSign, time, extKeyUsage, critical extensions
//!        │    └─ signature             policy, budget, the provider's Verifier
//!        └─ check_server_identity      RFC 9525
//! ```
//!
//! | file | concept |
//! |---|---|
//! | [`anchors`], `roots` (features `mozilla`, `system`) | what is trusted, and where it came from |
//! | [`path`] | the search for a path, and its result |
//! | [`policy`] | how much work, which signatures |
//! | [`certificate_policies`], [`policy_extension`] | which certificate policies a path is valid for (RFC 5280 §6.1, RFC 9618) |
//! | [`profile`] | what is asked of a single certificate beyond path validation |
//! | [`error`] | which certificate broke which rule, stable codes, alerts |
//! | [`name`] | does this certificate speak for that host (RFC 9525) |
//! | [`constraints`] | which names the certificates below a CA may have (RFC 5280 §4.2.1.10) |
//! | [`cert`], [`extension`], [`subject`], [`time`] | what a certificate says (RFC 5280 §4) |
//! | [`distribution_point`] | where revocation lists are (RFC 5280 §4.2.1.13) |
//! | [`crl`], [`crls`] | what a revocation list says, and a set of them (RFC 5280 §5) |
//! | [`revocation`], [`reason`] | is a certificate revoked, as far as the lists tell (RFC 5280 §6.3), and why |
//! | [`spki`], [`signature_algorithm`] | AlgorithmIdentifiers to and from the types of `crypto` |
//! | [`ocsp`], [`reason`] | is it revoked, by a stapled OCSP response (RFC 6960) |
//! | [`pem`] | certificates and keys from PEM, never mixed up |
//! | `make` (feature) | keys and certificates for tests and for self-signed servers |
//!
//! Not processed yet, and therefore refused wherever they would matter: name constraints, policy constraints and
//! mappings that are critical, revocation.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;

pub mod anchors;
mod asn1;
pub mod cert;
pub mod certificate_policies;
mod check;
pub mod constraints;
pub mod crl;
pub mod crls;
pub mod distribution_point;
mod encode;
pub mod error;
mod escape;
pub mod extension;
#[cfg(feature = "make")]
pub mod make;
pub mod name;
pub mod ocsp;
mod oid;
pub mod path;
pub mod pem;
pub mod policy;
pub mod policy_extension;
pub mod profile;
pub mod reason;
pub mod revocation;
#[cfg(any(feature = "mozilla", feature = "system"))]
pub mod roots;
pub mod signature_algorithm;
pub mod spki;
pub mod subject;
pub mod time;

pub use anchors::Anchors;
pub use cert::Certificate;
pub use certificate_policies::PolicyInputs;
pub use crls::Crls;
pub use error::{Error, Rule};
pub use name::check_server_identity;
pub use path::{Path, key_matches, leaf_key, verify_client, verify_server};
pub use policy::{Policy, Purpose};
pub use profile::{Breach, Profile};
pub use reason::Reason;
pub use revocation::Revocation;
