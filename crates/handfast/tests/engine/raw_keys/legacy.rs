//! Raw public keys beside the older ways of TLS 1.2.

use super::*;
use crate::legacy::TRANSPORT;
use handfast::CredentialQuestion;
use handfast::legacy::{RenegotiationLimit, dangerous_legacy};
use handfast::wire::CipherSuite;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A key that decrypts is one of a certificate, so it is of no use to who takes raw public keys alone.
#[test]
fn what_decrypts_has_a_certificate() {
    for (types, expected) in
        [(&[RAW, X509][..], Ok((None, Some(X509)))), (&[RAW], err("handshake_failure", "NoCommonSuite"))]
    {
        let suites = Some(vec![CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256]);
        let made = Setup { suites, client_protocols: vec!["http/1.1"], ..Setup::default() }.make_with(
            |client| {
                let paths = PathVerifier::new(handfast::rustcrypto::provider(), TRANSPORT.1.clone());
                let judge = judge(knows(&[]).certificates(Arc::new(paths)));
                let client = client.versions(Version::Tls12, Version::Tls12).verifier(judge);
                client.legacy(dangerous_legacy().rsa_key_transport()).peer_certificate_types(types.iter().copied())
            },
            |server| {
                let legacy = dangerous_legacy().rsa_key_transport_with(TRANSPORT.0.clone());
                server.versions(Version::Tls12, Version::Tls12).legacy(legacy)
            },
        );
        assert_eq!(outcome(made), expected);
    }
}

/// Shows one after the other.
struct InTurn(Vec<Arc<Identity>>, AtomicUsize);

impl ChooseIdentity for InTurn {
    fn choose(&self, _: &CredentialQuestion) -> Option<Arc<Identity>> {
        self.0.get(self.1.fetch_add(1, Ordering::Relaxed)).cloned()
    }
}

/// docs/regressions.md row 18: in a renegotiation the server is who it was, also where it is known by its key.
#[test]
fn another_key_in_a_renegotiation_is_another_server() {
    let world = World::of(KeyKind::P256);
    let (key, other) = (raw(&world.server), raw(&world.client));
    for (shows, code) in [
        ([&key, &key], ""),
        ([&key, &other], "ChangedCertificate"),
        // The same key, and another kind of certificate.
        ([&key, &world.server], "ChangedCertificate"),
    ] {
        let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
        let setup = Setup { client_protocols: vec!["http/1.1"], ..Setup::default() };
        let made = setup.make_with(
            |client| {
                let client = client.versions(Version::Tls12, Version::Tls12).legacy(legacy());
                client.peer_certificate_types([RAW, X509]).verifier(both(&[&world.server, &world.client]))
            },
            |server| {
                let shows = InTurn(shows.into_iter().cloned().collect(), AtomicUsize::new(0));
                server.legacy(legacy()).identities(Resolve::Now(Arc::new(shows)))
            },
        );
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
        pair.run();
        assert_eq!(pair.client.error.as_ref().map_or(String::new(), Error::code), code);
    }
}
