//! TLS 1.2, end to end in memory.

use handfast::crypto::KeyKind;
use handfast::crypto::suite::{Suite, TLS12_SUITES};
use handfast::pki::ocsp::Stapling;
use handfast::pki::{Description, Policy};
use handfast::wire::{CipherSuite, NamedGroup, ProtocolVersion};
use handfast::{
    ChannelBinding, ClientAuth, ClientConfigBuilder, ClientStart, Connection, Error, KeepSessions, MemoryStore,
    PathVerifier, Resolve, ServerConfigBuilder, Session, Ticketer, Usage, VerifyPeer, Version,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::claims::check;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::setup::{Made, Mode, Setup};
use handfast_testkit::trace::Entry;
use handfast_testkit::world::{NAME, World};
use std::sync::Arc;

/// A pair of configurations that speak TLS 1.2 and nothing else.
fn only12(setup: &Setup) -> Made {
    with(setup, |client| client, |server| server)
}

pub(crate) fn with(
    setup: &Setup,
    client: impl FnOnce(ClientConfigBuilder) -> ClientConfigBuilder,
    server: impl FnOnce(ServerConfigBuilder) -> ServerConfigBuilder,
) -> Made {
    setup.make_with(
        |builder| client(builder.versions(Version::Tls12, Version::Tls12)),
        |builder| server(builder.versions(Version::Tls12, Version::Tls12)),
    )
}

/// The suites that are on by default, with the key that goes with each.
fn suites() -> impl Iterator<Item = (&'static Suite, KeyKind)> {
    use handfast::crypto::Authentication;
    TLS12_SUITES.iter().take(10).map(|suite| {
        let key = if suite.auth == Authentication::Rsa { KeyKind::Rsa } else { KeyKind::P256 };
        (suite, key)
    })
}

/// Handshake, data both ways, close; what both ends saw and sent.
fn run(made: Made, chunking: Chunking) -> (Vec<Entry>, Vec<Entry>, String, [Vec<u8>; 2]) {
    let (client_log, server_log) = (made.client_log.clone(), made.server_log.clone());
    let mut pair = Pair::new(made, chunking);
    pair.connect();
    check(&pair);
    pair.client.send(b"from the client");
    pair.server.send(&[b'x'; 40_000]);
    pair.run();
    assert_eq!(pair.server.received, b"from the client");
    assert_eq!(pair.client.received, [b'x'; 40_000]);
    pair.client.connection.close(&mut pair.client.outbox).unwrap();
    pair.run();
    pair.server.connection.close(&mut pair.server.outbox).unwrap();
    pair.run();
    for end in [&pair.client, &pair.server] {
        assert!(end.error.is_none(), "{:?}", end.error);
        assert_eq!(end.connection.end_of_input(), Ok(()));
    }
    let facts = format!("{:?} {:?}", pair.client.connection.facts(), pair.server.connection.facts());
    (client_log.entries(), server_log.entries(), facts, [pair.client.sent, pair.server.sent])
}

/// One scenario under every chunking, decided at once or asked.
fn all_ways(setup: &Setup, make: impl Fn(&Setup) -> Made) {
    let mut reference = None;
    for mode in [Mode::Now, Mode::Ask] {
        let setup = Setup { mode, ..setup.clone() };
        let mut bytes = None;
        for &chunking in Chunking::ALL {
            let (client, server, facts, sent) = run(make(&setup), chunking);
            let seen = (client, server, facts);
            assert!(reference.get_or_insert_with(|| seen.clone()) == &seen, "{setup:?} {chunking:?}");
            assert!(bytes.get_or_insert_with(|| sent.clone()) == &sent, "other bytes: {setup:?} {chunking:?}");
        }
    }
}

#[test]
fn every_suite_that_is_on_by_default() {
    for (suite, key) in suites() {
        let setup = Setup { suites: Some(vec![suite.id]), key, ..Setup::default() };
        all_ways(&setup, only12);
    }
}

#[test]
fn every_curve() {
    for group in [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1] {
        let mut groups = vec![group];
        // RFC 8422 §5.1: the client must take the curve of the certificate, too.
        groups.extend((group != NamedGroup::SECP256R1).then_some(NamedGroup::SECP256R1));
        let setup = Setup { client_groups: Some(groups.clone()), server_groups: Some(groups), ..Setup::default() };
        all_ways(&setup, only12);
        let mut pair = Pair::new(only12(&setup), Chunking::Coalesced);
        pair.connect();
        assert_eq!(pair.client.connection.facts().group, Some(group));
    }
}

#[test]
fn every_kind_of_key_on_both_sides() {
    for key in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa] {
        for (client_auth, client_certificate) in
            [(ClientAuth::Require, true), (ClientAuth::Request, true), (ClientAuth::Request, false)]
        {
            let groups =
                Some(vec![NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1]);
            let setup = Setup {
                key,
                client_auth,
                client_certificate,
                client_groups: groups.clone(),
                server_groups: groups,
                ..Setup::default()
            };
            // Under a judge without a name, who is asked, there are no sessions.
            all_ways(&setup, |setup| with(setup, |client| client, |server| server.no_sessions()));
            let mut pair = Pair::new(only12(&setup), Chunking::Coalesced);
            pair.connect();
            assert_eq!(pair.server.connection.facts().peer().is_some(), client_certificate);
            assert!(pair.client.connection.facts().peer().unwrap().verified);
        }
    }
}

/// The version is the highest both have, and TLS 1.2 only where one of them has nothing higher.
#[test]
fn the_highest_common_version() {
    let both = (Version::Tls12, Version::Tls13);
    let (old, new) = ((Version::Tls12, Version::Tls12), (Version::Tls13, Version::Tls13));
    for (client, server, expected) in [
        (both, both, Some(ProtocolVersion::TLS1_3)),
        (both, old, Some(ProtocolVersion::TLS1_2)),
        (old, both, Some(ProtocolVersion::TLS1_2)),
        (old, old, Some(ProtocolVersion::TLS1_2)),
        (new, both, Some(ProtocolVersion::TLS1_3)),
        (both, new, Some(ProtocolVersion::TLS1_3)),
        (old, new, None),
        (new, old, None),
    ] {
        let made = Setup::default()
            .make_with(|builder| builder.versions(client.0, client.1), |builder| builder.versions(server.0, server.1));
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.run();
        assert_eq!(pair.client.connection.is_connected(), expected.is_some(), "{client:?} {server:?}");
        for end in [&pair.client, &pair.server] {
            let version = end.connection.facts().version.filter(|_| expected.is_some());
            assert_eq!(version, expected, "{client:?} {server:?}");
        }
        if expected.is_none() {
            assert_eq!(pair.server.error.unwrap().code(), "NoCommonVersion");
            assert_eq!(pair.client.error.unwrap().code(), "protocol_version");
        }
    }
}

/// RFC 5705 §4, RFC 7627, RFC 5929 §3: with the extended main secret there are exporters and tls-unique, the same on both
/// sides; an empty context is another one than none.
#[test]
fn exporters_and_channel_bindings() {
    let mut pair = Pair::new(only12(&Setup::default()), Chunking::Coalesced);
    pair.connect();
    let export = |end: &End, label: &[u8], context: Option<&[u8]>| {
        let mut okm = [0; 32];
        end.connection.export(label, context, &mut okm).map(|()| okm)
    };
    let value = |context| {
        let [client, server] = [&pair.client, &pair.server].map(|end| export(end, b"EXPORTER-x", context).unwrap());
        assert_eq!(client, server);
        client
    };
    assert_ne!(value(None), value(Some(b"")));
    // RFC 5705 gives labels no least length.
    assert_eq!(export(&pair.client, b"", None).unwrap(), export(&pair.server, b"", None).unwrap());
    assert_ne!(value(Some(b"")), value(Some(b"context")));
    for label in [&b"master secret"[..], b"key expansion", b"client finished", b"extended master secret"] {
        assert_eq!(export(&pair.client, label, None).unwrap_err().code(), "ExporterLabel");
    }
    for binding in [ChannelBinding::Unique, ChannelBinding::ServerEndPoint, ChannelBinding::Exporter] {
        let [client, server] = [&pair.client, &pair.server].map(|end| end.connection.channel_binding(binding).unwrap());
        assert_eq!(client, server, "{binding:?}");
    }
    // RFC 9266 §2: the context is there, and empty.
    let exporter = pair.client.connection.channel_binding(ChannelBinding::Exporter).unwrap();
    assert_eq!(exporter, export(&pair.client, b"EXPORTER-Channel-Binding", Some(b"")).unwrap());
    // The first Finished of a full handshake is the client's.
    let unique = pair.client.connection.channel_binding(ChannelBinding::Unique).unwrap();
    assert_eq!(Some(&unique[..]), pair.client.connection.facts().finished_sent());
}

/// What belongs to TLS 1.3 alone says so.
#[test]
fn there_is_no_key_update() {
    let mut pair = Pair::new(only12(&Setup::default()), Chunking::Coalesced);
    pair.connect();
    let updated = pair.client.connection.update_keys(&mut pair.client.outbox);
    assert!(matches!(updated, Err(Error::Usage(Usage::NoKeyUpdate))), "{updated:?}");
    pair.client.send(b"still there");
    pair.run();
    assert_eq!(pair.server.received, b"still there");
}

/// A connection that offers `session`.
pub(crate) fn again(made: Made, session: Session) -> Pair {
    Pair::start(made, Chunking::Coalesced, |start| start.session(session).unwrap())
}

fn keepers() -> Vec<Arc<dyn KeepSessions>> {
    let ticketer = || Ticketer::new(handfast::rustcrypto::provider());
    vec![Arc::new(ticketer()), Arc::new(MemoryStore::default()), Arc::new((ticketer(), MemoryStore::default()))]
}

/// By ticket and by session ID, with and without client certificates: no certificate is sent the second time, and both
/// know who the other is.
#[test]
fn sessions_are_resumed() {
    for (client_auth, client_certificate) in
        [(ClientAuth::None, false), (ClientAuth::Request, false), (ClientAuth::Require, true)]
    {
        for keeper in keepers() {
            let setup = Setup { client_auth, client_certificate, ..Setup::default() };
            let make = || with(&setup, |client| client, |server| server.sessions(keeper.clone()));
            let mut first = Pair::new(make(), Chunking::Coalesced);
            first.connect();
            assert!(!first.client.connection.facts().resumed);
            let session = first.client.sessions.pop().expect("a session");
            assert_eq!(session.ticket().is_some(), keeper.tickets());
            assert_eq!(session.name(), Some(NAME));

            let made = make();
            let log = made.server_log.clone();
            let mut second = again(made, session);
            second.connect();
            check(&second);
            for end in [&second.client, &second.server] {
                assert!(end.connection.facts().resumed);
            }
            assert!(!log.entries().iter().any(|entry| format!("{entry:?}").contains("Certificate")));
            assert!(second.client.connection.facts().peer().unwrap().verified);
            assert_eq!(second.server.connection.facts().peer().is_some(), client_certificate);
            second.client.send(b"again");
            second.run();
            assert_eq!(second.server.received, b"again");
            // The first Finished of an abbreviated handshake is the server's (RFC 5929 §3.1).
            let unique = second.client.connection.channel_binding(ChannelBinding::Unique).unwrap();
            assert_eq!(Some(&unique[..]), second.client.connection.facts().finished_received());
            assert_eq!(unique, second.server.connection.channel_binding(ChannelBinding::Unique).unwrap());
        }
    }
}

#[test]
fn a_suite_of_the_older_ways_is_an_error() {
    for suite in [CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA] {
        let built = handfast::ClientConfig::builder().dangerous_no_verification().suites([suite]).build();
        assert_eq!(built.unwrap_err(), handfast::config::ConfigError::Legacy(suite));
    }
}

/// docs/regressions.md row 20: a connection that failed leaves its configurations as they were: the same versions, the same
/// suites, nothing remembered.
#[test]
fn a_failed_connection_leaves_nothing_behind() {
    let made = Setup::default().make_with(|client| client, |server| server.versions(Version::Tls13, Version::Tls13));
    let other = only12(&Setup::default());
    let hello = |made: &Made| {
        let mut out = Vec::new();
        ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
        out
    };
    for _ in 0..3 {
        // A client of TLS 1.2 at a server that has only TLS 1.3, and then one that it can serve.
        for (bytes, expected) in [(hello(&other), Some("NoCommonVersion")), (hello(&made), None)] {
            let mut server = End::new(Connection::accept(&made.admission).unwrap(), made_answers());
            server.deliver(&bytes);
            assert_eq!(server.error.map(|error| error.code()).as_deref(), expected);
        }
        // The client offers both versions every time.
        let versions = [0, 43, 0, 7, 6];
        assert!(hello(&made).windows(5).any(|bytes| bytes == versions));
    }
}

fn made_answers() -> handfast_testkit::setup::Answers {
    Setup::default().make().server_answers
}

/// RFC 7918: with a protocol that was negotiated, and where it is switched on, data may go before the server's Finished.
#[test]
fn false_start() {
    for (on, protocols, expected) in
        [(true, vec!["http/1.1"], true), (true, vec![], false), (false, vec!["http/1.1"], false)]
    {
        let setup = Setup { client_protocols: protocols, ..Setup::default() };
        let made = with(&setup, |client| client.false_start(on), |server| server);
        let mut pair = Pair::new(made, Chunking::Coalesced);
        // Client's hello, the server's flight; the client's flight is out and the server has not finished.
        pair.client.carry(&mut pair.server, Chunking::Coalesced);
        pair.server.carry(&mut pair.client, Chunking::Coalesced);
        assert_eq!(pair.client.events, if expected { vec!["MaySend"] } else { vec![] });
        let sent = pair.client.connection.send(b"early", &mut pair.client.outbox);
        assert_eq!(sent.is_ok(), expected);
        pair.connect();
        assert_eq!(pair.server.received, if expected { &b"early"[..] } else { b"" });
        check(&pair);
    }
}

/// RFC 6066 §4 and RFC 8449: whoever wants short records gets them, in both directions.
#[test]
fn limits_on_records() {
    let lengths = |bytes: &[u8]| {
        let (mut longest, mut rest) = (0, bytes);
        while let [_, _, _, high, low, tail @ ..] = rest {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            longest = longest.max(len);
            rest = &tail[len..];
        }
        longest
    };
    for (fragment, limit, expected) in [(Some(512), None, [512, 512]), (None, Some(700), [16_384, 700])] {
        let made = with(
            &Setup::default(),
            |client| client.max_fragment_length(fragment).record_size_limit(limit),
            |server| server,
        );
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        let facts = pair.client.connection.facts();
        assert_eq!([facts.send_limit, facts.receive_limit].map(Option::unwrap), expected);
        // RFC 6066 §4: handshake messages as well, though nothing protects them yet.
        assert_eq!(lengths(&pair.server.sent) <= 512 + 8 + 16, fragment.is_some());
        pair.server.send(&[1; 5000]);
        let overhead = 8 + 16;
        assert_eq!(lengths(&pair.server.outbox), expected[1] + overhead);
        pair.client.send(&[1; 5000]);
        assert_eq!(lengths(&pair.client.outbox), expected[0].min(5000) + overhead);
        pair.run();
        assert_eq!(pair.client.received.len(), 5000);
    }
    let built = handfast::ClientConfig::builder().dangerous_no_verification().max_fragment_length(Some(513)).build();
    assert_eq!(built.unwrap_err(), handfast::config::ConfigError::MaxFragmentLength(513));
}

/// docs/regressions.md row 24: a server that has TLS 1.3 and answers in TLS 1.2 says so in its random, and a client that
/// offered TLS 1.3 believes it.
#[test]
fn the_downgrade_sentinel() {
    let both = (Version::Tls12, Version::Tls13);
    let old = (Version::Tls12, Version::Tls12);
    for (versions, marked) in [(both, true), (old, false)] {
        let made = Setup::default().make_with(
            |client| client.versions(Version::Tls12, Version::Tls12),
            |server| server.versions(versions.0, versions.1),
        );
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        // ServerHello.random ends 5 + 4 + 2 + 32 bytes into what the server sent first.
        assert_eq!(pair.server.sent[5 + 4 + 2 + 24..][..8] == *b"DOWNGRD\x01", marked);
    }
}

/// docs/regressions.md row 79: a client may list other compression methods beside null (RFC 5246 §7.4.1.2).
#[test]
fn other_compression_methods_are_passed_over() {
    let mut pair = Pair::new(only12(&Setup::default()), Chunking::Coalesced);
    let hello = &mut pair.client.outbox;
    // Record header, message header, version, random, session ID, suites: then the methods, [0] so far.
    let suites = 5 + 4 + 2 + 32 + 1 + usize::from(hello[5 + 4 + 2 + 32]);
    let at = suites + 2 + usize::from(u16::from_be_bytes([hello[suites], hello[suites + 1]]));
    hello[at] = 2;
    hello.insert(at + 1, 1);
    for len in [3, 7] {
        let length = u16::from_be_bytes([hello[len], hello[len + 1]]) + 1;
        hello[len..len + 2].copy_from_slice(&length.to_be_bytes());
    }
    pair.run();
    // It goes on to Finished, where the transcripts differ.
    assert_eq!(pair.server.error.unwrap().code(), "BadRecordMac");
    assert!(pair.server.connection.facts().suite.is_some());
}

/// V11: a string says what is on; what it names of the older ways is left out where no switch turns it on.
#[test]
fn a_cipher_string_configures_both_versions() {
    let suite = |string: &str, versions: (Version, Version)| {
        let made = Setup::default()
            .make_with(|client| client.versions(versions.0, versions.1).ciphers(string).unwrap(), |server| server);
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        pair.client.connection.facts().suite.unwrap().openssl_name
    };
    let (old, both) = ((Version::Tls12, Version::Tls12), (Version::Tls12, Version::Tls13));
    assert_eq!(suite("ECDHE-ECDSA-AES256-GCM-SHA384:AES128-SHA", old), "ECDHE-ECDSA-AES256-GCM-SHA384");
    assert_eq!(suite("HIGH:!AESGCM", old), "ECDHE-ECDSA-CHACHA20-POLY1305");
    assert_eq!(suite("TLS_CHACHA20_POLY1305_SHA256:HIGH", both), "TLS_CHACHA20_POLY1305_SHA256");
    let none = handfast::ClientConfig::builder().ciphers("RC4:NULL:3DES:EXPORT");
    assert!(none.is_err(), "docs/regressions.md row 47");
    let off = handfast::ClientConfig::builder().dangerous_no_verification().versions(old.0, old.1);
    let off = off.ciphers("AES128-SHA").unwrap().build();
    assert_eq!(off.unwrap_err(), handfast::config::ConfigError::NoSuites);
}

/// RFC 5246 §7.2.1: a close_notify in the middle of the handshake ends it.
#[test]
fn a_peer_that_closes_in_the_handshake() {
    let mut pair = Pair::new(only12(&Setup::default()), Chunking::Coalesced);
    pair.client.carry(&mut pair.server, Chunking::Coalesced);
    pair.server.deliver(&[21, 3, 3, 0, 2, 1, 0]);
    assert_eq!(pair.server.error.unwrap().code(), "close_notify");
}

/// RFC 5246 §7.2.2: nobody opens this side for data by a word on the way, be it `no_renegotiation`.
#[test]
fn a_warning_opens_nothing() {
    let mut pair = Pair::new(only12(&Setup::default()), Chunking::Coalesced);
    pair.client.carry(&mut pair.server, Chunking::Coalesced);
    pair.server.carry(&mut pair.client, Chunking::Coalesced);
    pair.client.deliver(&[21, 3, 3, 0, 2, 1, 100]);
    let sent = pair.client.connection.send(b"early", &mut pair.client.outbox);
    assert!(matches!(sent, Err(Error::Usage(Usage::NotConnected))), "{sent:?}");
    pair.connect();
}

/// A hybrid that is required is one that TLS 1.2 does not have.
#[test]
fn a_required_hybrid_turns_tls12_off() {
    let config = || handfast::ClientConfig::builder().dangerous_no_verification().pq(handfast::Pq::Require);
    assert!(config().build().is_ok());
    let built = config().versions(Version::Tls12, Version::Tls12).build();
    assert_eq!(built.unwrap_err(), handfast::config::ConfigError::NoSuites);
}

/// RFC 5246 §7.4.1.4.1: schemes that sign no handshake of TLS 1.3 are enough for one of TLS 1.2.
#[test]
fn schemes_of_tls12_alone_do_for_tls12_alone() {
    use handfast::config::ConfigError;
    use handfast::wire::SignatureScheme;
    let build = |highest| {
        let builder = handfast::ClientConfig::builder().dangerous_no_verification();
        builder.schemes([SignatureScheme::RSA_PKCS1_SHA256]).versions(Version::Tls12, highest).build()
    };
    assert!(build(Version::Tls12).is_ok());
    assert_eq!(build(Version::Tls13).unwrap_err(), ConfigError::NoHandshakeSchemes);
}

/// RFC 6066 §3: a server that does not know the name warns, and goes on. Only a client of TLS 1.3 alone knows before
/// ServerHello that there are no warnings.
#[test]
fn a_warning_before_server_hello_is_one() {
    const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 1, 112];
    let mut pair = Pair::new(only12(&Setup::default()), Chunking::Coalesced);
    pair.client.deliver(&UNRECOGNIZED_NAME);
    pair.connect();

    let mut pair = Pair::new(Setup::default().make(), Chunking::Coalesced);
    (0..5).for_each(|_| pair.client.deliver(&UNRECOGNIZED_NAME));
    assert_eq!(pair.client.error.unwrap().code(), "TooManyWarnings");

    let only13 = Setup::default().make_with(|client| client.versions(Version::Tls13, Version::Tls13), |server| server);
    let mut pair = Pair::new(only13, Chunking::Coalesced);
    pair.client.deliver(&UNRECOGNIZED_NAME);
    assert_eq!(pair.client.error.unwrap().code(), "unrecognized_name");
}

/// RFC 6066 §8, RFC 6962 §3.3, RFC 9846 §4.5.1.1: for those who ask, in either version.
#[test]
fn what_goes_with_a_certificate_is_there_for_who_asks() {
    let setup = Setup::default();
    let identity = World::of(setup.key).server.clone().with_ocsp(b"ocsp".to_vec()).with_scts(vec![b"sct".to_vec()]);
    let policy = Policy { stapling: Stapling::Off, ..Policy::default() };
    let anchors = World::of(setup.key).anchors.clone();
    let judge = PathVerifier::with_policy(handfast::rustcrypto::provider(), anchors, policy);
    let judge: Resolve<dyn VerifyPeer> = Resolve::Now(Arc::new(judge));
    for version in [Version::Tls12, Version::Tls13] {
        for (ocsp, scts) in [(false, false), (true, false), (false, true), (true, true)] {
            let made = setup.make_with(
                |client| {
                    client.versions(version, version).request_ocsp(ocsp).request_scts(scts).verifier(judge.clone())
                },
                |server| server.identities(Resolve::Now(Arc::new(vec![identity.clone()]))),
            );
            let mut pair = Pair::new(made, Chunking::Coalesced);
            pair.connect();
            let peer = pair.client.connection.facts().peer().unwrap().credential.clone();
            assert_eq!(peer.ocsp, ocsp.then(|| b"ocsp".to_vec()), "{version:?}");
            assert_eq!(peer.scts, scts.then(|| vec![b"sct".to_vec()]), "{version:?}");
            // The other side knows the same chain as its own, and who shows none has none.
            let own = pair.server.connection.facts().own().unwrap();
            assert_eq!(
                (own.chain(), own.ocsp(), own.scts()),
                (&*peer.chain, Some(&b"ocsp"[..]), &[b"sct".to_vec()][..])
            );
            assert!(pair.client.connection.facts().own().is_none());
        }
    }
}

/// Each side knows its own chain and the other's, and can describe both.
#[test]
fn own_and_peers_chain() {
    let setup = Setup { client_auth: ClientAuth::Require, client_certificate: true, ..Setup::default() };
    let provider = handfast::rustcrypto::provider();
    for version in [Version::Tls12, Version::Tls13] {
        let mut pair = Pair::new(
            setup.make_with(|client| client.versions(version, version), |server| server),
            Chunking::Coalesced,
        );
        pair.connect();
        let sides = [&pair.client, &pair.server].map(|side| side.connection.facts());
        for [one, other] in [[sides[0], sides[1]], [sides[1], sides[0]]] {
            let (own, peers) = (one.own().unwrap().chain(), &other.peer().unwrap().credential.chain);
            assert_eq!(own, peers.as_slice(), "{version:?}");
            let description = Description::of_chain(own, &provider).unwrap();
            assert_eq!(description.raw, peers[0].as_ref());
        }
        assert_ne!(sides[0].own().unwrap().chain(), sides[1].own().unwrap().chain());
    }
}

/// What is spoken above is agreed on once: a renegotiation neither asks nor changes it.
#[cfg(feature = "legacy")]
#[test]
fn alpn_is_of_the_first_handshake() {
    use handfast::legacy::{RenegotiationLimit, dangerous_legacy};
    use handfast::wire::{AlertDescription, ExtensionType, HandshakeType};
    use handfast::{Direction, Epoch, Trace};
    use std::sync::Mutex;

    /// Whether each ClientHello had ALPN.
    struct Hellos(Mutex<Vec<bool>>);

    impl Trace for Hellos {
        fn message(&self, _: Direction, _: Epoch, raw: &[u8]) {
            if raw.first() == Some(&HandshakeType::CLIENT_HELLO.0) {
                let hello = handfast::wire::message::ClientHello::read(&raw[4..]).unwrap();
                let protocols = hello.extensions.contains(ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
                self.0.lock().unwrap().push(protocols);
            }
        }

        fn change_cipher_spec(&self, _: Direction) {}

        fn alert(&self, _: Direction, _: AlertDescription) {}
    }

    let hellos = Arc::new(Hellos(Mutex::default()));
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let made = with(
        &Setup::default(),
        |client| client.legacy(legacy()).trace(hellos.clone()),
        |server| server.legacy(legacy()),
    );
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
    pair.run();
    assert!(
        pair.client.error.is_none() && pair.server.error.is_none(),
        "{:?} {:?}",
        pair.client.error,
        pair.server.error
    );
    assert_eq!(*hellos.0.lock().unwrap(), [true, false]);
    for end in [&pair.client, &pair.server] {
        assert_eq!(end.connection.facts().renegotiations, 1);
        assert_eq!(end.connection.facts().protocol.as_deref(), Some(&b"http/1.1"[..]));
    }
}

/// RFC 5246 §7.2.1: after close_notify comes no handshake, whoever asks for one.
#[cfg(feature = "legacy")]
#[test]
fn a_side_that_has_closed_does_not_renegotiate() {
    use handfast::legacy::{RenegotiationLimit, dangerous_legacy};
    let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
    let made = with(&Setup::default(), |client| client.legacy(legacy()), |server| server.legacy(legacy()));
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    pair.client.connection.close(&mut pair.client.outbox).unwrap();
    let own = pair.client.connection.renegotiate(&mut pair.client.outbox);
    assert!(matches!(own, Err(Error::Usage(Usage::Closed))), "{own:?}");
    let closing = pair.client.outbox.len();
    pair.server.connection.renegotiate(&mut pair.server.outbox).unwrap();
    pair.server.carry(&mut pair.client, Chunking::Coalesced);
    assert_eq!(pair.client.error.unwrap().code(), "Renegotiation");
    assert_eq!(pair.client.outbox.len(), closing);
}
