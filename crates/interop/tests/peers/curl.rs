//! curl, as people use it.

use handfast::crypto::KeyKind;
use handfast::{KeepSessions, MemoryStore, Ticketer};
use handfast_interop::process::{Heard, Process};
use handfast_interop::site::Site;
use handfast_interop::world::{KINDS, LARGE, WORLD, hash};
use handfast_interop::{GROUPS, SUITES};
use serde_json::Value;
use std::process::ExitStatus;
use std::sync::Arc;

fn curl(arguments: &[&str]) -> (ExitStatus, Heard) {
    let ca = WORLD.path("ca.pem");
    let fixed = ["--silent", "--show-error", "--tlsv1.3", "--http1.1", "--cacert", &ca];
    Process::start("curl", fixed.iter().chain(arguments)).finish()
}

fn fetch(arguments: &[&str]) -> Vec<u8> {
    let (status, heard) = curl(arguments);
    assert!(status.success(), "{status}: {heard}");
    heard.out
}

fn facts(site: &Site, arguments: &[&str]) -> Value {
    let url = format!("https://localhost:{}/facts", site.port);
    serde_json::from_slice(&fetch(&[&[url.as_str()], arguments].concat())).unwrap()
}

#[test]
fn every_suite_group_and_kind_of_certificate() {
    for suite in SUITES {
        let site = Site::open(WORLD.server(KeyKind::P256).suites([suite]).build().unwrap(), String::new());
        assert_eq!(facts(&site, &[])["cipher"], suite.to_string());
    }
    for group in GROUPS {
        let site = Site::open(WORLD.server(KeyKind::P256).groups([group]).build().unwrap(), String::new());
        assert_eq!(facts(&site, &[])["group"], group.to_string());
    }
    for kind in KINDS {
        let site = Site::open(WORLD.server(kind).protocols(["http/1.1"]).build().unwrap(), String::new());
        assert_eq!(facts(&site, &[])["protocol"], "http/1.1");
    }
}

#[test]
fn hello_retry_request() {
    let wanted = handfast::wire::NamedGroup::SECP384R1;
    let site = Site::open(WORLD.server(KeyKind::P256).groups([wanted]).build().unwrap(), String::new());
    let facts = facts(&site, &["--curves", "X25519:P-384"]);
    assert_eq!((&facts["group"], &facts["retried"]), (&Value::from("secp384r1"), &Value::from(true)));
}

#[test]
fn client_certificates() {
    let site = Site::open(WORLD.strict_server().build().unwrap(), String::new());
    let [cert, key] = WORLD.files("client");
    assert_eq!(facts(&site, &["--cert", &cert, "--key", &key])["client"], true);
    let (status, heard) = curl(&[&format!("https://localhost:{}/facts", site.port)]);
    assert!(!status.success() && heard.says("certificate required"), "{heard}");
    let [cert, key] = WORLD.files("stranger");
    let (status, heard) = curl(&["--cert", &cert, "--key", &key, &format!("https://localhost:{}/facts", site.port)]);
    assert!(!status.success() && heard.says("unknown ca"), "{heard}");
}

/// Two connections of one process.
#[test]
fn sessions() {
    let tickets = Ticketer::new(handfast::rustcrypto::provider());
    let keepers: [Arc<dyn KeepSessions>; 2] = [Arc::new(tickets), Arc::new(MemoryStore::default())];
    for keeper in keepers {
        let config = WORLD.server(KeyKind::P256).sessions(keeper).build().unwrap();
        let url = format!("https://localhost:{}/last", Site::open(config, String::new()).port);
        let heard = fetch(&[&url, &url, &url]);
        let facts = serde_json::Deserializer::from_slice(&heard).into_iter::<Value>();
        let seen: Vec<_> = facts.map(|facts| facts.unwrap()["resumed"].clone()).collect();
        assert_eq!(seen, [false, true, true]);
    }
}

/// A server that it cannot verify it does not talk to.
#[test]
fn strangers() {
    let site = Site::open(WORLD.server(KeyKind::P256).build().unwrap(), String::new());
    let resolve = format!("another.example:{}:127.0.0.1", site.port);
    let (status, heard) = curl(&["--resolve", &resolve, &format!("https://another.example:{}/facts", site.port)]);
    assert_eq!(status.code(), Some(60), "{heard}");
}

#[test]
fn a_hundred_mebibytes_down_and_up_on_one_connection() {
    let site = Site::open(WORLD.server(KeyKind::P256).build().unwrap(), String::new());
    let at = |path: &str| format!("https://localhost:{}{path}", site.port);
    let (down, body) = (WORLD.path("down.bin"), format!("@{}", LARGE.path));
    let heard = fetch(&[
        "--output",
        &down,
        &at("/large.bin"),
        "--next",
        "--silent",
        "--tlsv1.3",
        "--http1.1",
        "--cacert",
        &WORLD.path("ca.pem"),
        "--write-out",
        " %{num_connects}",
        "--data-binary",
        &body,
        &at("/hash"),
    ]);
    assert_eq!(hash(&std::fs::read(down).unwrap()), LARGE.hash());
    assert_eq!(String::from_utf8(heard).unwrap(), format!("{} 0", LARGE.hash()));
}
