//! Which groups a client guesses, and which suite it is where several are as good.

use handfast::wire::Dialect;
use handfast::wire::extension::KeyShares;
use handfast::wire::message::Message;
use handfast::wire::{CipherSuite as C, NamedGroup as G};
use handfast::{ClientConfig, ConfigError, Direction, ReadyShares, Version};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use handfast_testkit::trace::{Entry, Log};
use std::sync::Arc;

/// The ClientHellos that were sent: what `read` makes of each.
fn hellos<T>(log: &Log, read: impl Fn(&handfast::wire::message::ClientHello<'_>) -> T) -> Vec<T> {
    let sent = |entry| match entry {
        Entry::Message(Direction::Send, _, raw) if raw[0] == 1 => match Message::read(Dialect::Tls13, &raw) {
            Ok(Message::ClientHello(hello)) => Some(read(&hello)),
            other => panic!("{other:?}"),
        },
        _ => None,
    };
    log.entries().into_iter().filter_map(sent).collect()
}

/// RFC 9846 §4.3.8: shares for any of the groups on offer, in their order; with none, the server asks.
#[test]
fn the_shares_are_those_that_are_wanted() {
    let groups = vec![G::X25519MLKEM768, G::X25519, G::SECP256R1, G::SECP384R1];
    for (wanted, first, retried) in [
        (None, vec![G::X25519MLKEM768, G::X25519], false),
        (Some(vec![G::SECP256R1]), vec![G::SECP256R1], false),
        (Some(vec![G::SECP384R1, G::X25519]), vec![G::X25519, G::SECP384R1], false),
        (Some(vec![G::SECP384R1]), vec![G::SECP384R1], true),
        (Some(vec![]), vec![], true),
    ] {
        let setup = Setup {
            client_groups: Some(groups.clone()),
            server_groups: Some(vec![G::X25519, G::SECP256R1]),
            ..Setup::default()
        };
        let word = |client: handfast::ClientConfigBuilder| match wanted.clone() {
            Some(wanted) => client.key_shares(wanted).grease(false),
            None => client.grease(false),
        };
        let made = setup.make_with(word, |server| server);
        let log = made.client_log.clone();
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        let shares = hellos(&log, |hello| {
            let shares = hello.extensions.find::<KeyShares<'_>>().unwrap().unwrap().0;
            shares.iter().map(|share| share.group).collect::<Vec<_>>()
        });
        assert_eq!((&shares[0], shares.len()), (&first, 1 + usize::from(retried)));
        assert_eq!(pair.client.connection.facts().retried, retried);
    }
    let client = ClientConfig::builder().dangerous_no_verification().groups([G::X25519]).key_shares([G::SECP256R1]);
    assert_eq!(client.build().map(drop), Err(ConfigError::KeyShare(G::SECP256R1)));
}

/// What was made ahead leaves once, first and again after a HelloRetryRequest; where nothing is left a share is made as ever.
#[test]
fn shares_that_were_made_ahead_leave_once() {
    let setup = Setup {
        client_groups: Some(vec![G::X25519, G::SECP256R1]),
        server_groups: Some(vec![G::SECP256R1]),
        ..Setup::default()
    };
    let pool = Arc::new(ReadyShares::new(&handfast::rustcrypto::provider(), [G::X25519, G::SECP256R1], 2));
    assert_eq!(pool.fill(), Ok(4));
    let mut seen = Vec::new();
    for left in [1, 0, 0] {
        let word = |client: handfast::ClientConfigBuilder| {
            client.key_shares([G::X25519]).grease(false).ready_shares(pool.clone())
        };
        let made = setup.make_with(word, |server| server);
        let log = made.client_log.clone();
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        assert!(pair.client.connection.facts().retried);
        seen.extend(hellos(&log, |hello| {
            let shares = hello.extensions.find::<KeyShares<'_>>().unwrap().unwrap().0;
            shares.iter().map(|share| (share.group, share.key_exchange.to_vec())).collect::<Vec<_>>()
        }));
        assert_eq!([G::X25519, G::SECP256R1].map(|group| pool.len(group)), [left; 2]);
    }
    let groups: Vec<_> = seen.iter().map(|shares| shares[0].0).collect();
    assert_eq!(groups, [G::X25519, G::SECP256R1].repeat(3));
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6);
}

/// The client's order decides among those that are equal, and this side's everywhere else.
#[test]
fn of_equal_suites_the_client_chooses() {
    let tls13 = [C::TLS_AES_128_GCM_SHA256, C::TLS_CHACHA20_POLY1305_SHA256, C::TLS_AES_256_GCM_SHA384];
    let tls12 = [
        C::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        C::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ];
    let versions = [
        (Version::Tls13, tls13),
        #[cfg(feature = "tls12")]
        (Version::Tls12, tls12),
    ];
    let _ = tls12;
    for (version, [aes, chacha, other]) in versions {
        let chosen = |client: Vec<C>, equal: Vec<Vec<C>>| {
            let made = Setup::default().make_with(
                |builder| builder.suites(client).versions(version, version),
                |server| server.suites([aes, chacha, other]).versions(version, version).equal_suites(equal),
            );
            let mut pair = Pair::new(made, Chunking::Coalesced);
            pair.connect();
            pair.server.connection.facts().suite.unwrap().id
        };
        let set = vec![vec![aes, chacha]];
        assert_eq!(chosen(vec![chacha, aes], vec![]), aes);
        assert_eq!(chosen(vec![chacha, aes], set.clone()), chacha);
        assert_eq!(chosen(vec![aes, chacha], set.clone()), aes);
        // One that is no equal stays behind, however much the client likes it.
        assert_eq!(chosen(vec![other, chacha, aes], set.clone()), chacha);
        assert_eq!(chosen(vec![other, chacha], vec![vec![aes, other]]), chacha);
        assert_eq!(chosen(vec![other, chacha], vec![vec![chacha, other]]), other);
    }
}

/// A client that wants no sessions asks for none, in neither version (RFC 5077 §3.2, RFC 9846 §4.3.9).
#[cfg(feature = "tls12")]
#[test]
fn who_wants_no_sessions_asks_for_no_tickets() {
    use handfast::wire::ExtensionType;
    for on in [true, false] {
        let made = Setup::default().make_with(|client| client.sessions(on), |server| server);
        let log = made.client_log.clone();
        Pair::new(made, Chunking::Coalesced).connect();
        let asks = hellos(&log, |hello| {
            [ExtensionType::SESSION_TICKET, ExtensionType::PSK_KEY_EXCHANGE_MODES]
                .map(|ty| hello.extensions.contains(ty))
        });
        assert_eq!(asks, [[on, on]]);
    }
}
