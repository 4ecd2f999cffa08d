//! Programs of `peers/` with TLS 1.2.

use crate::again::{self, Both, resumed};
use crate::older;
use crate::script::Script;
use crate::world::{WORLD, stem};
use handfast::crypto::KeyKind;
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{ClientAuth, ClientConfigBuilder, MemoryStore, ServerConfigBuilder, Ticketer};
use std::sync::Arc;

/// Our client and their server, so many times, with the session of the time before.
fn to_them(script: &Script, kind: KeyKind, config: ClientConfigBuilder, options: &[&str], times: usize) -> Vec<Both> {
    again::to_them(script, kind, config, &[&VERSION, options].concat(), times)
}

/// Their client and our server, so many times.
fn to_us(script: &Script, config: ServerConfigBuilder, options: &[&str], times: usize) -> Vec<Both> {
    again::to_us(script, config, &[&VERSION, options].concat(), times)
}

const VERSION: [&str; 2] = ["--version", "TLSv1.2"];

fn once(mut both: Vec<Both>) -> Both {
    assert_eq!(both.len(), 1);
    both.remove(0)
}

/// These suites, both ways.
pub fn suites(script: &Script, suites: &[CipherSuite], options: &[&str]) {
    for suite in older::present().filter(|suite| suites.contains(&suite.id)) {
        let kind = older::kind(suite);
        let both = once(to_them(script, kind, older::client().suites([suite.id]), options, 1));
        older::check(&both.ours, suite, false);
        let both = once(to_us(script, older::server(kind).suites([suite.id]), options, 1));
        older::check(&both.ours, suite, false);
    }
}

/// These groups, both ways.
pub fn groups(script: &Script, groups: &[NamedGroup]) {
    for &group in groups {
        let both = once(to_them(script, KeyKind::Rsa, older::client().groups([group]), &[], 1));
        assert_eq!(both.ours.group, Some(group));
        let both = once(to_us(script, older::server(KeyKind::Rsa).groups([group]), &[], 1));
        assert_eq!(both.ours.group, Some(group));
    }
}

/// Certificates of these kinds, on both sides, both ways.
pub fn kinds(script: &Script, kinds: &[KeyKind]) {
    let ca = WORLD.path("ca.pem");
    for &kind in kinds {
        let stem = format!("client-{}", stem(kind));
        let config = older::client().identity(WORLD.identity(&stem));
        let both = once(to_them(script, kind, config, &["--ca", &ca], 1));
        assert_eq!(both.theirs["peer"], "a client");
        assert!(both.ours.peer().is_some_and(|peer| peer.verified));
        let [cert, key] = WORLD.files(&stem);
        let config = older::server(kind).client_auth(ClientAuth::Require, WORLD.anchors());
        let both = once(to_us(script, config, &["--cert", &cert, "--key", &key], 1));
        assert!(both.ours.peer().is_some_and(|peer| peer.verified));
    }
}

/// ALPN, both ways.
pub fn protocols(script: &Script) {
    let config = older::client().protocols(["x/1", "http/1.1"]);
    let both = once(to_them(script, KeyKind::P256, config, &["--alpn", "http/1.1"], 1));
    assert_eq!((both.ours.protocol.as_deref(), &both.theirs["protocol"]), (Some(&b"http/1.1"[..]), &"http/1.1".into()));
    let config = older::server(KeyKind::P256).protocols(["http/1.1"]);
    let both = once(to_us(script, config, &["--alpn", "x/1,http/1.1"], 1));
    assert_eq!((both.ours.protocol.as_deref(), &both.theirs["protocol"]), (Some(&b"http/1.1"[..]), &"http/1.1".into()));
}

/// Sessions by ticket, both ways.
pub fn sessions_by_ticket(script: &Script) {
    resumed(&to_them(script, KeyKind::P256, older::client(), &[], 3));
    let tickets = Ticketer::new(handfast::rustcrypto::provider());
    resumed(&to_us(script, older::server(KeyKind::P256).sessions(Arc::new(tickets)), &[], 3));
}

/// The same, and by session ID with our server.
pub fn sessions(script: &Script) {
    sessions_by_ticket(script);
    let store = MemoryStore::default();
    resumed(&to_us(script, older::server(KeyKind::P256).sessions(Arc::new(store)), &[], 3));
}
