//! The door to path validation: what is asked, and what is found.

use crate::anchors::Anchors;
use crate::cert::Certificate;
use crate::chain::Chain;
use crate::error::{Error, Tried};
use crate::name::{check_server_identity, speaks_for_mailbox};
use crate::ocsp::Stapled;
use crate::path::Search;
use crate::policy::{Policy, Purpose};
use crate::ready::ReadyAnchors;
use crate::time::Time;
use alloc::vec::Vec;
use handfast_crypto::{Provider, PublicKey};
use pki_types::{CertificateDer, ServerName, UnixTime};

/// What is to be verified.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The peer's certificate, and others that may lead from it to an anchor, in any order.
    pub chain: &'a [CertificateDer<'a>],
    /// The OCSP response that came with it, in DER (RFC 6066 §8).
    pub staple: Option<&'a [u8]>,
    /// What the certificate must be good for: every one of these.
    pub purposes: &'a [Purpose],
    /// Whom it must speak for. `None` is for callers that read from the certificate who the peer is, as servers do with
    /// their clients; a client that leaves it out believes any certificate of anybody.
    pub reference: Option<Reference<'a>>,
    /// The time of the check.
    pub now: UnixTime,
}

/// Whom a certificate must speak for: the reference identifier of RFC 9525.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    /// A host name or an address.
    Server(&'a ServerName<'a>),
    /// A mailbox (RFC 5280 §4.2.1.6).
    Mailbox(&'a str),
}

/// A path that was found and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Indices into the peer's list: the leaf, 0, first, each signed by the next.
    pub certificates: Vec<usize>,
    /// Why the end of it is trusted.
    pub trust: Trust,
    /// The last second at which all that was checked holds: the earliest notAfter on the path, and nextUpdate of what was
    /// asked about revocation.
    pub valid_until: Time,
    /// What became of the OCSP response that came with it. Where the leaf is trusted by itself nobody looks.
    pub stapled: Stapled,
    /// Candidates that were rejected on the way.
    pub tried: Vec<Tried>,
}

/// Where a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The trust anchor at this index issued the last certificate.
    Anchor(usize),
    /// The leaf itself is trusted, octet for octet, as the anchor at this index.
    Exact(usize),
    /// The leaf's key is pinned, at this index.
    Pin(usize),
}

/// Checks the certificates of a TLS server, leaf first: a path to one of `anchors`, every rule on the way, and the name.
///
/// # Errors
/// The rule that was broken, and where. Of several candidates that failed, the one that came closest is told, the
/// others are listed.
pub fn verify_server(
    provider: &Provider,
    anchors: &Anchors,
    policy: &Policy,
    chain: &[CertificateDer<'_>],
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<Path, Error> {
    let reference = Some(Reference::Server(name));
    let request = Request { chain, staple: None, purposes: &[Purpose::Server], reference, now };
    verify(provider, anchors, policy, &request)
}

/// Checks the certificates of a TLS client, leaf first. Who the client is, the caller reads from the leaf.
///
/// # Errors
/// As [`verify_server`].
pub fn verify_client(
    provider: &Provider,
    anchors: &Anchors,
    policy: &Policy,
    chain: &[CertificateDer<'_>],
    now: UnixTime,
) -> Result<Path, Error> {
    let request = Request { chain, staple: None, purposes: &[Purpose::Client], reference: None, now };
    verify(provider, anchors, policy, &request)
}

/// Checks certificates for any purpose and kind of name.
///
/// # Errors
/// As [`verify_server`].
pub fn verify(provider: &Provider, anchors: &Anchors, policy: &Policy, request: &Request<'_>) -> Result<Path, Error> {
    run(Search::new(provider, anchors, policy, request), request)
}

/// The same with anchors that are made ready for many verifications.
///
/// # Errors
/// As [`verify_server`].
pub fn verify_ready(
    provider: &Provider,
    anchors: &ReadyAnchors,
    policy: &Policy,
    request: &Request<'_>,
) -> Result<Path, Error> {
    run(Search::new(provider, anchors.anchors(), policy, request).ready(anchors), request)
}

fn run<'c>(search: Search<'c>, request: &'c Request<'c>) -> Result<Path, Error> {
    let chain = Chain::read(request.chain)?;
    let path = search.run(&chain)?;
    match request.reference {
        Some(Reference::Server(name)) => check_server_identity(&chain.leaf, name)?,
        Some(Reference::Mailbox(mailbox)) => speaks_for_mailbox(&chain.leaf, mailbox)?,
        None => {}
    }
    Ok(path)
}

/// The key that the certificate is for: what the peer's handshake signature is checked with.
///
/// # Errors
/// As [`Certificate::parse`] and [`spki::parse`](crate::spki::parse).
pub fn leaf_key(certificate: &CertificateDer<'_>) -> Result<PublicKey, Error> {
    let parsed = Certificate::parse(certificate).map_err(Error::about_unread)?;
    parsed.public_key().map_err(|rule| Error::about_leaf(rule, &parsed))
}

/// Whether the certificate is for `key`, and so belongs to that private key. A certificate that cannot be read belongs to
/// none.
pub fn key_matches(certificate: &CertificateDer<'_>, key: &PublicKey) -> bool {
    leaf_key(certificate).is_ok_and(|own| own == *key)
}
