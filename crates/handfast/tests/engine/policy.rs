//! Named policies: their tables, which never change, and that nothing leads out of them. docs/policies.md is printed from the
//! tables.

use crate::site::{Site, resumed};
use handfast::crypto::KeyKind;
use handfast::wire::{CipherSuite as C, NamedGroup as G, SignatureScheme as S};
use handfast::{
    ClientConfig, ConfigError, NotResumed, ServerConfig, ServerConfigBuilder, Ticketer, TlsPolicy, Version,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use handfast_testkit::world::World;
use std::sync::Arc;

/// The page, which is the golden copy: a section under a name with a date is never edited.
const PAGE: &str = "../../docs/policies.md";

fn section(policy: TlsPolicy) -> String {
    let (lowest, highest) = policy.versions();
    let list = |names: Vec<String>| names.join(", ");
    let rows = [
        ("versions", format!("{lowest:?} to {highest:?}")),
        ("suites", list(policy.suites().iter().map(C::to_string).collect())),
        ("groups", list(policy.groups().iter().map(G::to_string).collect())),
        ("schemes", list(policy.schemes().iter().map(S::to_string).collect())),
        ("own keys sign with", list(policy.sign_schemes().iter().map(S::to_string).collect())),
    ];
    let rows: String = rows.iter().map(|(name, value)| format!("| {name} | {value} |\n")).collect();
    format!("\n## {policy}\n\n| | most preferred first |\n|---|---|\n{rows}")
}

/// Without TLS 1.2 nothing is said of versions.
fn comparable(section: &str) -> String {
    let lines = section.trim().lines().filter(|line| cfg!(feature = "tls12") || !line.starts_with("| versions |"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The section under this name.
fn found(page: &str, name: &str) -> Option<String> {
    let rest = page.split_once(&format!("\n## {name}\n"))?.1;
    let body = rest.split("\n## ").next()?;
    Some(format!("\n## {name}\n{body}"))
}

/// What has a date stays as it is on the page, whatever is blessed; what is new is added behind it.
#[test]
fn the_tables_are_those_of_the_page() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let mut page = std::fs::read_to_string(&path).unwrap();
    let bless = cfg!(feature = "tls12") && std::env::var_os("HANDFAST_BLESS").is_some();
    let dated: Vec<_> = TlsPolicy::ALL.iter().copied().filter(|policy| policy.dated() == *policy).collect();
    for &policy in &dated {
        match found(&page, policy.name()) {
            Some(golden) => {
                assert_eq!(comparable(&golden), comparable(&section(policy)), "{policy} has a date and has changed");
            }
            None if bless => page.push_str(&section(policy)),
            None => panic!("{policy} is new: bless it"),
        }
    }
    let known = |name: &str| dated.iter().any(|policy| policy.name() == name);
    let gone: Vec<_> = page.lines().filter_map(|line| line.strip_prefix("## ")).filter(|name| !known(name)).collect();
    assert!(gone.is_empty(), "{gone:?} had a date and is no more");
    if bless {
        std::fs::write(&path, page).unwrap();
    }
}

#[test]
fn every_policy_is_found_by_its_name() {
    for &policy in TlsPolicy::ALL {
        assert_eq!(TlsPolicy::find(policy.name()), Some(policy));
        assert_eq!(policy.dated().dated(), policy.dated());
        assert_eq!(policy.suites(), policy.dated().suites());
    }
    assert_eq!(TlsPolicy::find("fips"), None);
}

/// `Default` is what there is without a policy, to the byte.
#[test]
fn the_default_is_the_default() {
    let setup = Setup { client_groups: None, server_groups: None, ..Setup::default() };
    let flight = |made| {
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        (pair.client.sent, pair.server.sent)
    };
    let plain = flight(setup.make_with(|client| client, |server| server.no_sessions()));
    let named = flight(setup.make_with(
        |client| client.policy(TlsPolicy::Default),
        |server| server.policy(TlsPolicy::Default).no_sessions(),
    ));
    assert_eq!(plain, named);
}

/// Also for what signs: a key of ML-DSA has no use under FIPS 2022-05, and the one that it has by default.
#[test]
fn what_signs_is_bounded_as_well() {
    let schemes = [S::ECDSA_SECP384R1_SHA384, S::ED25519, S::MLDSA65];
    let signs = |policy: TlsPolicy| schemes.map(|scheme| policy.sign_schemes().contains(&scheme));
    assert_eq!(signs(TlsPolicy::Default), [true; 3]);
    assert_eq!(signs(TlsPolicy::Fips202205), [true, false, false]);
    for (key, policy, connects) in [
        (KeyKind::Ed25519, TlsPolicy::Default, true),
        (KeyKind::Ed25519, TlsPolicy::Fips202205, false),
        (KeyKind::P384, TlsPolicy::Fips202205, true),
        (KeyKind::P256, TlsPolicy::Wpa202304, false),
    ] {
        let setup = Setup { key, client_groups: None, server_groups: None, ..Setup::default() };
        let mut pair = Pair::new(setup.make_with(|client| client, |server| server.policy(policy)), Chunking::Coalesced);
        pair.run();
        assert_eq!(pair.client.connection.is_connected(), connects, "{key:?} under {policy}");
    }
}

/// Whether a client under one policy gets along with a server under another, with a key of P-384; by suite and group.
fn met(client: TlsPolicy, server: TlsPolicy) -> Option<(C, G)> {
    let setup = Setup { key: KeyKind::P384, client_groups: None, server_groups: None, ..Setup::default() };
    // The authority has signed with P-256, which these do not ask for; the judge does not mind.
    let made = setup.make_with(|builder| builder.policy(client), |builder| builder.policy(server));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    let facts = pair.client.connection.facts();
    pair.client.connection.is_connected().then(|| (facts.suite.unwrap().id, facts.group.unwrap()))
}

#[test]
fn both_sides_keep_to_their_policies() {
    use TlsPolicy::{Cnsa1V202603, Cnsa2V202603, Cnsa202407, Compatible, Default, Fips202205, Modern, Wpa202304};
    let (aes128, aes256) = (C::TLS_AES_128_GCM_SHA256, C::TLS_AES_256_GCM_SHA384);
    let cases = [
        (Default, Default, Some((aes128, G::X25519MLKEM768))),
        (Modern, Compatible, Some((aes128, G::X25519MLKEM768))),
        (Default, Cnsa202407, Some((aes256, G::X25519MLKEM768))),
        (Default, Fips202205, Some((aes128, G::SECP256R1))),
        (Fips202205, Default, Some((aes128, G::SECP256R1))),
        (Wpa202304, Fips202205, Some((aes256, G::SECP384R1))),
        (Cnsa1V202603, Wpa202304, Some((aes256, G::SECP384R1))),
        (Cnsa1V202603, Cnsa1V202603, Some((aes256, G::MLKEM1024))),
        (Cnsa1V202603, Cnsa2V202603, Some((aes256, G::MLKEM1024))),
        // Nothing in common: the default has no ML-KEM alone.
        (Default, Cnsa2V202603, None),
        (Cnsa2V202603, Wpa202304, None),
    ];
    for (client, server, expected) in cases {
        assert_eq!(met(client, server), expected, "{client} and {server}");
    }
}

/// A client that would rather have P-384 and has sent a share of it is asked for ML-KEM-1024.
#[test]
fn ml_kem_is_worth_a_retry() {
    let setup = Setup {
        key: KeyKind::P384,
        client_groups: Some(vec![G::SECP384R1, G::SECP256R1, G::MLKEM1024]),
        server_groups: None,
        ..Setup::default()
    };
    let made =
        setup.make_with(|client| client.key_shares([G::SECP384R1]), |server| server.policy(TlsPolicy::Cnsa1V202603));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    for end in [&pair.client, &pair.server] {
        let facts = end.connection.facts();
        assert_eq!((facts.group, facts.retried), (Some(G::MLKEM1024), true));
    }
}

/// What is set besides chooses from the table, before and after, and never adds to it.
#[test]
fn nothing_leads_out_of_a_policy() {
    let client = || ClientConfig::builder().anchors(World::of(KeyKind::P256).anchors.clone());
    let server = || ServerConfig::builder().identity(World::of(KeyKind::P384).server.clone());
    let fips = TlsPolicy::Fips202205;
    for (built, expected) in [
        (client().policy(fips).groups([G::X25519]).build().map(drop), ConfigError::NoGroups),
        (client().groups([G::X25519]).policy(fips).build().map(drop), ConfigError::NoGroups),
        (client().policy(fips).suites([C::TLS_CHACHA20_POLY1305_SHA256]).build().map(drop), ConfigError::NoSuites),
        (client().policy(fips).schemes([S::ED25519]).build().map(drop), ConfigError::NoSchemes),
        (client().policy(fips).sign_schemes([S::ED25519]).build().map(drop), ConfigError::NoSchemes),
        (server().sign_schemes([S::MLDSA44]).policy(fips).build().map(drop), ConfigError::NoSchemes),
        (client().policy(fips).certificate_schemes([S::ED25519]).build().map(drop), ConfigError::NoSchemes),
        (server().policy(fips).groups([G::X25519, G::X25519MLKEM768]).build().map(drop), ConfigError::NoGroups),
        #[cfg(feature = "tls12")]
        (
            server().policy(TlsPolicy::Modern).versions(Version::Tls12, Version::Tls12).build().map(drop),
            ConfigError::Versions,
        ),
    ] {
        assert_eq!(built, Err(expected));
    }
    let chosen = [G::X25519, G::SECP384R1, G::SECP256R1];
    let setup =
        Setup { key: KeyKind::P384, server_groups: Some(chosen.to_vec()), client_groups: None, ..Setup::default() };
    let made = setup.make_with(
        |client| client.versions(Version::Tls13, Version::Tls13),
        |server| server.policy(fips).suites([C::TLS_CHACHA20_POLY1305_SHA256, C::TLS_AES_256_GCM_SHA384]),
    );
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    let facts = pair.server.connection.facts();
    // The own order, of what is left.
    assert_eq!((facts.suite.unwrap().id, facts.group), (C::TLS_AES_256_GCM_SHA384, Some(G::SECP384R1)));
}

/// docs/regressions.md row 34: a session that was made outside of a policy is none inside.
#[test]
fn another_policy_is_another_trust() {
    let keeper = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let site = |policy: Option<TlsPolicy>| {
        let word = |server: ServerConfigBuilder| match policy {
            Some(policy) => server.sessions(keeper.clone()).policy(policy),
            None => server.sessions(keeper.clone()),
        };
        Site::new(&Setup { client_groups: None, server_groups: None, ..Setup::default() }, word)
    };
    let session = site(None).session();
    let pair = site(Some(TlsPolicy::Fips202205)).resume(session);
    assert!(!resumed(&pair));
    assert_eq!(pair.server.connection.facts().not_resumed, Some(NotResumed::Domain));
    let session = site(Some(TlsPolicy::Fips202205)).session();
    assert!(resumed(&site(Some(TlsPolicy::Fips202205)).resume(session)));
}
