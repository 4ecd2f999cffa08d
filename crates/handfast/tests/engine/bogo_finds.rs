//! What BoringSSL's test runner has found in the engine for TLS 1.3's sessions and keys (docs/conformance.md).

use handfast::crypto::HashAlgorithm;
use handfast::wire::CipherSuite;
use handfast::{ExternalPsk, Importer, PskRole, Resolve, Ticketer};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use std::sync::Arc;

/// One key of both ends, once for every hash, SHA-256 first.
fn imported(role: PskRole) -> Vec<ExternalPsk> {
    let importer = Importer::new("plant 7", &[7; 32]).unwrap();
    importer.import_all(role, &handfast::rustcrypto::provider()).unwrap()
}

/// A client offers a key for every hash that it knows, and the server's suites have another than the first.
#[test]
fn a_key_that_fits_is_found_behind_one_that_does_not() {
    let server = |suite| {
        let psks = imported(PskRole::Server);
        Setup::default().make_with(
            |client| client.require_psk(true),
            |server| server.suites([suite]).psks(Resolve::Now(Arc::new(psks))),
        )
    };
    let expected = [
        (CipherSuite::TLS_AES_128_GCM_SHA256, HashAlgorithm::Sha256),
        (CipherSuite::TLS_AES_256_GCM_SHA384, HashAlgorithm::Sha384),
    ];
    for (suite, hash) in expected {
        let psks = imported(PskRole::Client);
        let of_hash = psks.iter().find(|psk| psk.hash() == hash).unwrap().identity().to_vec();
        let offer = |start| psks.into_iter().fold(start, |start: handfast::ClientStart, psk| start.psk(psk).unwrap());
        let mut pair = Pair::start(server(suite), Chunking::Coalesced, offer);
        pair.connect();
        for end in [&pair.client, &pair.server] {
            assert_eq!(end.connection.facts().psk_identity.as_deref(), Some(&*of_hash));
        }
    }
}

/// A session that the server has, and whose hash its suites have no more, does not hide the key behind it.
#[test]
fn a_key_that_fits_is_found_behind_a_session_that_does_not() {
    let keeper = Arc::new(Ticketer::new(handfast::rustcrypto::provider()));
    let made = |suite| {
        let psks = imported(PskRole::Server);
        Setup::default().make_with(
            |client| client.require_psk(true),
            |server| server.suites([suite]).psks(Resolve::Now(Arc::new(psks))).sessions(keeper.clone()),
        )
    };
    let with_keys = |start| {
        imported(PskRole::Client).into_iter().fold(start, |start: handfast::ClientStart, psk| start.psk(psk).unwrap())
    };
    let mut pair = Pair::start(made(CipherSuite::TLS_AES_128_GCM_SHA256), Chunking::Coalesced, with_keys);
    let session = pair.connect().client.sessions.pop().unwrap();
    for (suite, resumed) in [(CipherSuite::TLS_AES_128_GCM_SHA256, true), (CipherSuite::TLS_AES_256_GCM_SHA384, false)]
    {
        let session = session.clone();
        let offer = |start| with_keys(start).session(session).unwrap();
        let mut pair = Pair::start(made(suite), Chunking::Coalesced, offer);
        pair.connect();
        let facts = pair.server.connection.facts();
        assert_eq!((facts.resumed, facts.psk_identity.is_some()), (resumed, true));
    }
}
