//! Programs of `peers/` over several connections, of either version.

use crate::Retry;
use crate::link::{self, Link};
use crate::process::Process;
use crate::script::{Script, all_said};
use crate::world::{SMALL, WORLD, hex};
use handfast::crypto::KeyKind;
use handfast::wire::ProtocolVersion;
use handfast::{ClientConfigBuilder, Facts, KeepSessions, MemoryStore, ServerConfigBuilder, Session, Ticketer};
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
        let is_13 = ours.version == Some(ProtocolVersion::TLS1_3);
        assert_eq!(theirs["version"], if is_13 { "TLSv1.3" } else { "TLSv1.2" });
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
    let fixed = ["--connections", connections.as_str()];
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
        // In TLS 1.2 who resumes gives no new one.
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
    let fixed = ["--connections", connections.as_str()];
    let client: Process = script.client(server.port, &SMALL, &[&fixed, options].concat());
    let ours = server.succeed_with(&client);
    ours.into_iter().zip(all_said(client)).map(|(ours, theirs)| Both::new(ours, theirs)).collect()
}

/// All but the first were.
pub fn resumed(connections: &[Both]) {
    let seen: Vec<_> = connections.iter().map(|both| both.ours.resumed).collect();
    let wanted: Vec<_> = (0..seen.len()).map(|at| at > 0).collect();
    assert_eq!(seen, wanted);
}

/// Sessions of TLS 1.3, both ways: in tickets and under IDs.
pub fn sessions(script: &Script) {
    resumed(&to_them(script, KeyKind::P256, WORLD.client(), &[], 3));
    let tickets = Ticketer::new(handfast::rustcrypto::provider());
    let keepers: [Arc<dyn KeepSessions>; 2] = [Arc::new(tickets), Arc::new(MemoryStore::default())];
    for keeper in keepers {
        resumed(&to_us(script, WORLD.server(KeyKind::P256).sessions(keeper), &[], 3));
    }
}

/// Who showed a certificate once is known by it, both ways.
pub fn sessions_of_somebody(script: &Script) {
    let ca = WORLD.path("ca.pem");
    let config = WORLD.client().identity(WORLD.identity("client"));
    let connections = to_them(script, KeyKind::P256, config, &["--ca", &ca], 2);
    resumed(&connections);
    assert!(connections.iter().all(|both| both.theirs["peer"] == "a client"));
    assert!(connections[0].ours.own_scheme.is_some() && connections[1].ours.own_scheme.is_none());
    let [cert, key] = WORLD.files("client");
    let connections = to_us(script, WORLD.strict_server(), &["--cert", &cert, "--key", &key], 2);
    resumed(&connections);
    assert!(connections.iter().all(|both| both.ours.peer().is_some_and(|peer| peer.verified)));
}

/// A HelloRetryRequest before each, both ways.
pub fn sessions_after_retries(script: &Script, Retry { guessed, wanted }: Retry) {
    let config = WORLD.client().groups([guessed, wanted]);
    let connections = to_them(script, KeyKind::P256, config, &["--groups", &wanted.to_string()], 2);
    resumed(&connections);
    assert!(connections.iter().all(|both| both.ours.retried));
    let connections = to_us(script, WORLD.server(KeyKind::P256).groups([wanted]), &[], 2);
    resumed(&connections);
    assert!(connections.iter().all(|both| both.ours.retried));
}
