//! TLS 1.3 with external keys: the key of `older`, for everybody who can be somebody.

use crate::link::Prior;
use crate::older::{IDENTITY, KEY};
use crate::world::WORLD;
use handfast::crypto::{HashAlgorithm, KeyKind};
use handfast::{ClientConfig, ClientConfigBuilder, ExternalPsk, PskRole, Resolve, ServerConfigBuilder};
use std::sync::Arc;

/// Another key of the same length.
pub const WRONG: &str = "0f0e0d0c0b0a09080706050403020100";

/// Whom nobody knows.
pub const NOBODY: &str = "nobody";

/// A key in hexadecimal digits.
pub fn external(role: PskRole, identity: &str, key: &str, hash: HashAlgorithm) -> ExternalPsk {
    let digits = key.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    let key: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect();
    ExternalPsk::new(role, identity, &key, hash).expect("a key")
}

/// A key of our client, for SHA-256.
pub fn own(identity: &str, key: &str) -> ExternalPsk {
    external(PskRole::Client, identity, key, HashAlgorithm::Sha256)
}

/// A client that takes no certificate, so that its trust needs a name.
pub fn client() -> ClientConfigBuilder {
    ClientConfig::builder().require_psk(true).peer_domain([7; 32])
}

/// Keys to offer.
pub fn keys(psks: &[ExternalPsk]) -> Prior {
    Prior { psks: psks.to_vec(), ..Prior::default() }
}

/// A server that knows these keys and has a certificate.
pub fn server_with(psks: Vec<ExternalPsk>) -> ServerConfigBuilder {
    WORLD.server(KeyKind::P256).psks(Resolve::Now(Arc::new(psks)))
}

/// One that knows somebody.
pub fn server() -> ServerConfigBuilder {
    server_with(vec![external(PskRole::Server, IDENTITY, KEY, HashAlgorithm::Sha256)])
}
