//! The matrix: every scenario under every chunking, decided at once or asked, gives the same messages, facts and data.

use handfast::ClientAuth;
use handfast::crypto::KeyKind;
use handfast::wire::{CipherSuite, NamedGroup};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::claims::{Claim, check};
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::{Mode, Setup};
use handfast_testkit::trace::{Entry, Log};
use std::sync::Arc;

const GROUPS: &[NamedGroup] = &[
    NamedGroup::X25519MLKEM768,
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup::SECP384R1,
    NamedGroup::SECP521R1,
    NamedGroup::SECP256R1MLKEM768,
    NamedGroup::SECP384R1MLKEM1024,
];

/// What a run leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    client: Vec<Entry>,
    server: Vec<Entry>,
    pub(crate) claim: Claim,
    facts: [String; 2],
    received: [Vec<u8>; 2],
    pub(crate) early: Vec<u8>,
    pub(crate) rejected: Option<u64>,
}

/// A pair at its beginning, and what watches its two sides.
pub(crate) type Begun = (Pair, [Arc<Log>; 2]);

/// Handshake, data both ways, a key update, close.
fn run((mut pair, [client_log, server_log]): Begun) -> (Outcome, [Vec<u8>; 2], [Vec<&'static str>; 2]) {
    pair.connect();
    check(&pair);
    let claim = Claim::of(&pair.client, true);
    pair.client.send(b"from the client");
    pair.server.send(&[b'x'; 40_000]);
    pair.run();
    pair.client.connection.update_keys(&mut pair.client.outbox).unwrap();
    pair.client.send(b" under a new key");
    pair.run();
    pair.server.send(b"and back");
    pair.client.connection.close(&mut pair.client.outbox).unwrap();
    pair.run();
    pair.server.connection.close(&mut pair.server.outbox).unwrap();
    pair.run();
    for end in [&pair.client, &pair.server] {
        assert!(end.error.is_none(), "{:?}", end.error);
        assert_eq!(end.connection.end_of_input(), Ok(()));
    }
    let outcome = Outcome {
        client: client_log.entries(),
        server: server_log.entries(),
        claim,
        facts: [&pair.client, &pair.server].map(|end| format!("{:?}", end.connection.facts())),
        received: [pair.client.received.clone(), pair.server.received.clone()],
        early: pair.server.early,
        rejected: pair.client.rejected,
    };
    (outcome, [pair.client.sent, pair.server.sent], [pair.client.events, pair.server.events])
}

/// One scenario, all ways; `begin` makes its pair anew for each. Gives what all of them leave behind.
pub(crate) fn all_ways(setup: &Setup, begin: impl Fn(&Setup, Chunking) -> Begun) -> Outcome {
    let mut reference: Option<Outcome> = None;
    for mode in [Mode::Now, Mode::Ask] {
        let setup = Setup { mode, ..setup.clone() };
        let mut bytes = None;
        let mut events = None;
        for &chunking in Chunking::ALL {
            let (outcome, sent, happened) = run(begin(&setup, chunking));
            assert_eq!(outcome.received[0], [&[b'x'; 40_000][..], b"and back"].concat());
            assert_eq!(outcome.received[1], b"from the client under a new key");
            let what = format!("{setup:?} {chunking:?}");
            let reference = reference.get_or_insert_with(|| run(begin(&setup, Chunking::Coalesced)).0);
            assert!(reference == &outcome, "{what}");
            assert!(bytes.get_or_insert_with(|| sent.clone()) == &sent, "other bytes: {what}");
            assert_eq!(events.get_or_insert_with(|| happened.clone()), &happened, "other events: {what}");
        }
    }
    reference.expect("a run")
}

/// One scenario of a first connection, all ways.
fn all_ways_of(setup: &Setup) {
    all_ways(setup, |setup, chunking| {
        let made = setup.make();
        let logs = [made.client_log.clone(), made.server_log.clone()];
        (Pair::new(made, chunking), logs)
    });
}

#[test]
fn every_group() {
    for &group in GROUPS {
        let groups = Some(vec![group]);
        all_ways_of(&Setup { client_groups: groups.clone(), server_groups: groups, ..Setup::default() });
    }
}

#[test]
fn every_suite() {
    for suite in [
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_AES_128_CCM_SHA256,
        CipherSuite::TLS_AES_128_CCM_8_SHA256,
    ] {
        all_ways_of(&Setup { suites: Some(vec![suite]), ..Setup::default() });
    }
}

#[test]
fn every_kind_of_key_on_both_sides() {
    for key in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa] {
        all_ways_of(&Setup { key, client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() });
    }
}

#[test]
fn every_client_authentication_with_and_without_a_retry() {
    for client_auth in [ClientAuth::None, ClientAuth::Request, ClientAuth::Require] {
        for client_certificate in [false, true] {
            for retry in [false, true] {
                if (client_auth, client_certificate) == (ClientAuth::Require, false) {
                    continue;
                }
                let server_groups = retry.then(|| vec![NamedGroup::SECP256R1]).or(Setup::default().server_groups);
                all_ways_of(&Setup { client_auth, client_certificate, server_groups, ..Setup::default() });
            }
        }
    }
}

/// A server that prefers hybrids spends a round trip on one, and takes X25519's share where there is none to be had.
#[test]
fn the_default_groups_meet_every_peer() {
    let hybrid = vec![NamedGroup::X25519MLKEM768];
    let classic = vec![NamedGroup::X25519];
    for (client, server, expected, retried) in [
        (None, None, NamedGroup::X25519MLKEM768, false),
        (None, Some(classic.clone()), NamedGroup::X25519, false),
        (Some(classic), None, NamedGroup::X25519, false),
        (Some(vec![NamedGroup::SECP256R1, NamedGroup::X25519MLKEM768]), None, NamedGroup::X25519MLKEM768, false),
        (
            Some(vec![NamedGroup::X25519, NamedGroup::SECP256R1MLKEM768, NamedGroup::X25519MLKEM768]),
            None,
            NamedGroup::X25519MLKEM768,
            true,
        ),
        (None, Some(hybrid), NamedGroup::X25519MLKEM768, false),
        (None, Some(vec![NamedGroup::SECP521R1]), NamedGroup::SECP521R1, true),
    ] {
        let setup = Setup { client_groups: client, server_groups: server, ..Setup::default() };
        let mut pair = Pair::new(setup.make(), Chunking::Coalesced);
        let facts = pair.connect().client.connection.facts();
        assert_eq!((facts.group, facts.retried), (Some(expected), retried), "{setup:?}");
        assert_eq!(facts.group_bits(), handfast::crypto::group::bits(expected), "{setup:?}");
    }
}
