//! `rejectUnauthorized: false`: a peer that is judged, let in, and reported.

use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::{Anchors, ClientAuth, Error, Identity, Version};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use handfast_testkit::world::NOW;
use std::sync::Arc;

/// Somebody whom nobody trusts.
pub(crate) fn stranger() -> Arc<Identity> {
    let provider = handfast::rustcrypto::provider();
    let ca = Made::root(&provider, Builder::ca("Another CA", NOW), KeyKind::P256).unwrap();
    let leaf = ca.issue(&provider, Builder::client("stranger", NOW), KeyKind::P256).unwrap();
    Identity::new(&provider, vec![leaf.certificate], leaf.key.der()).unwrap()
}

/// A server takes any client, and knows why it should not have; in both versions, and no session comes of it.
#[test]
fn a_client_is_let_in_and_reported() {
    let cases = [
        (ClientAuth::Request, Version::Tls13),
        (ClientAuth::Require, Version::Tls13),
        #[cfg(feature = "tls12")]
        (ClientAuth::Require, Version::Tls12),
    ];
    for (mode, version) in cases {
        let setup = Setup { client_auth: mode, client_certificate: true, ..Setup::default() };
        let run = |let_in: bool| {
            let made = setup.make_with(
                |client| client.identity(stranger()).versions(version, version),
                |server| if let_in { server.dangerous_report_only() } else { server },
            );
            let mut pair = Pair::new(made, Chunking::Coalesced);
            pair.run();
            pair
        };
        let refused = run(false);
        let Some(Error::Certificate(why)) = &refused.server.error else { panic!("{:?}", refused.server.error) };
        let pair = run(true);
        assert!(pair.server.error.is_none() && pair.client.error.is_none(), "{:?}", pair.client.error);
        let facts = pair.server.connection.facts();
        assert!(!facts.peer().unwrap().verified);
        assert_eq!(facts.peer_rejection().unwrap().to_string(), why.to_string());
        assert_eq!(facts.peer_rejection_code().as_deref(), Some("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
        assert!(pair.client.sessions.is_empty());
        assert!(pair.client.connection.facts().peer_rejection().is_none());
    }
}

/// A client does the same with a server; and who is good is verified, as ever.
#[test]
fn a_server_is_let_in_and_reported() {
    let made =
        Setup::default().make_with(|client| client.anchors(Arc::new(Anchors::new())).dangerous_report_only(), |b| b);
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    let facts = pair.client.connection.facts();
    assert!(!facts.peer().unwrap().verified);
    assert_eq!(facts.peer_rejection_code().as_deref(), Some("SELF_SIGNED_CERT_IN_CHAIN"));
    assert!(pair.client.sessions.is_empty());

    let made = Setup::default().make_with(|client| client.dangerous_report_only(), |b| b);
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.connect();
    let facts = pair.client.connection.facts();
    assert!(facts.peer().unwrap().verified && facts.peer_rejection().is_none());
}

/// A client without a certificate is none that could be verified: the mode says whether it may come.
#[test]
fn nobody_is_still_nobody() {
    let run = |client_auth| {
        let setup = Setup { client_auth, ..Setup::default() };
        let mut pair = Pair::new(setup.make_with(|b| b, |b| b.dangerous_report_only()), Chunking::Coalesced);
        pair.run();
        pair
    };
    assert!(run(ClientAuth::Request).server.error.is_none());
    assert!(run(ClientAuth::Require).server.error.is_some());
}
