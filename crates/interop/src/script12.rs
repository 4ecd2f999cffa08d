//! Programs of `peers/` with TLS 1.2.

use crate::link::{self, Link};
use crate::older;
use crate::process::Process;
use crate::script::{Script, all_said};
use crate::world::{SMALL, WORLD, hex, stem};
use handfast::crypto::KeyKind;
use handfast::wire::{CipherSuite, NamedGroup};
use handfast::{ClientAuth, ClientConfigBuilder, Facts, MemoryStore, ServerConfigBuilder, Session, Ticketer};
use serde_json::Value;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// What both sides say of a connection.
pub struct Both {
    /// Ours.
    pub ours: Facts,
    /// Theirs.
    pub theirs: Value,
}

impl Both {
    fn new((ours, exported): (Facts, String), theirs: Value) -> Self {
        assert_eq!(theirs["version"], "TLSv1.2");
        assert_eq!(theirs["hash"], SMALL.hash());
        let suite = ours.suite.expect("a suite");
        assert_eq!(theirs["cipher"], suite.id.to_string());
        let group = &theirs["group"];
        assert!(group.is_null() || ours.group.is_none_or(|own| *group == own.to_string()), "{group} is not {ours:?}");
        let known = |name: &str| Some(&theirs[name]).filter(|value| !value.is_null());
        assert!(known("exported").is_none_or(|theirs| *theirs == exported), "{theirs}");
        assert!(known("resumed").is_none_or(|theirs| *theirs == ours.resumed), "{theirs}");
        if let Some(finished) = known("finished") {
            // What they sent is what we have received.
            assert_eq!(finished[0], hex(ours.finished_received().expect("theirs")));
            assert_eq!(finished[1], hex(ours.finished_sent().expect("ours")));
        }
        Self { ours, theirs }
    }
}

/// Key material, where there is any.
fn exported(link: &Link) -> io::Result<String> {
    link.export("EXPORTER-interop", 40).map(|okm| hex(&okm))
}

/// Our client and their server, so many times, with the session of the time before.
pub fn to_them(
    script: &Script,
    kind: KeyKind,
    config: ClientConfigBuilder,
    options: &[&str],
    times: usize,
) -> Vec<Both> {
    let connections = times.to_string();
    let fixed = ["--version", "TLSv1.2", "--connections", &connections];
    let server = script.server(kind, &[&fixed, options].concat());
    let config = config.build().expect("a configuration");
    let (mut session, mut ours) = (None::<Session>, Vec::new());
    for _ in 0..times {
        let mut link = Link::connect(&config, server.port, session.clone()).expect("a connection");
        link.write_all(&SMALL.bytes).expect("an open connection");
        let mut heard = vec![0; SMALL.bytes.len()];
        link.read_exact(&mut heard).expect("an echo");
        assert_eq!(heard, SMALL.bytes);
        ours.push((link.facts().clone(), exported(&link).expect("key material")));
        link.close().expect("an open connection");
        link.read_to_end(&mut Vec::new()).expect("close_notify");
        // Who resumes gives no new one.
        session = link.sessions.pop().or(session);
    }
    ours.into_iter().zip(server.finish_all()).map(|(ours, theirs)| Both::new(ours, theirs)).collect()
}

/// Their client and our server, so many times.
pub fn to_us(script: &Script, config: ServerConfigBuilder, options: &[&str], times: usize) -> Vec<Both> {
    let config = config.build().expect("a configuration");
    let server = link::serve(config, times, |link| {
        let exported = exported(link)?;
        link::echo(link).map(|()| exported)
    });
    let connections = times.to_string();
    let fixed = ["--version", "TLSv1.2", "--connections", &connections];
    let client: Process = script.client(server.port, &SMALL, &[&fixed, options].concat());
    let ours = server.succeed_with(&client);
    ours.into_iter().zip(all_said(client)).map(|(ours, theirs)| Both::new(ours, theirs)).collect()
}

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

/// All but the first.
fn resumed(connections: &[Both]) {
    assert_eq!(connections.iter().map(|both| both.ours.resumed).collect::<Vec<_>>(), [false, true, true]);
}
