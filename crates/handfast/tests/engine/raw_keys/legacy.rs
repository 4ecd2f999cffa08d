//! Raw public keys beside the older ways of TLS 1.2.

use super::peers::{answers, entries, shows};
use super::*;
use crate::legacy::{TRANSPORT, psk};
use crate::violations12::{fresh, puppet_server};
use handfast::crypto::suite::Suite;
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

/// No certificate of a kind in common, and a suite that has none: as with any other reason to show none.
#[test]
fn a_suite_without_a_certificate_has_no_kind() {
    let world = World::of(KeyKind::P256);
    let (ecdsa, of_key) =
        (CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256);
    let refused = err("unsupported_certificate", "NoCommonCertificateType");
    for (suites, expected) in [(vec![ecdsa, of_key], Ok((None, None))), (vec![ecdsa], refused)] {
        for shows in [list(&[&world.server]), Resolve::Now(Arc::new(Always(world.server.clone())) as _)] {
            let suites = Some(suites.clone());
            let made = Setup { suites, client_protocols: vec!["http/1.1"], ..Setup::default() }.make_with(
                |client| {
                    let client = client.versions(Version::Tls12, Version::Tls12).legacy(psk());
                    client.peer_certificate_types([RAW]).verifier(judge(knows(&[&world.server])))
                },
                |server| server.versions(Version::Tls12, Version::Tls12).legacy(psk()).identities(shows),
            );
            assert_eq!(outcome(made), expected);
        }
    }
}

/// A raw public key has no keyUsage that lets it decrypt, so it signs and does nothing else.
#[test]
fn a_key_does_not_decrypt() {
    let world = World::of(KeyKind::Rsa);
    let suite = CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256;
    let made = Setup { key: KeyKind::Rsa, suites: Some(vec![suite]), ..Setup::default() }.make_with(
        |client| {
            let client = client.versions(Version::Tls12, Version::Tls12).verifier(both(&[&world.server]));
            client.legacy(dangerous_legacy().rsa_key_transport()).peer_certificate_types([RAW, X509])
        },
        |server| server.suites([CipherSuite::TLS_AES_128_GCM_SHA256]),
    );
    let mut out = Vec::new();
    let client = ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
    let mut client = End::new(client, made.client_answers);
    client.outbox = out;
    let mut params = puppet_server(ClientAuth::None);
    if let Some(tls12) = &mut params.tls12 {
        tls12.suites = vec![Suite::find(suite).unwrap()];
        tls12.transport = Some(world.server.credential().clone());
    }
    let ty = E::SERVER_CERTIFICATE_TYPE;
    let mut selects = answers(Version::Tls12, ty, Some((ty, &[2])));
    let mut shows = shows(entries(Version::Tls12, &[(&key_of(&raw(&world.server)), &[])]));
    let script: Script = Box::new(move |items| {
        selects(items);
        shows(items);
    });
    let answers = PuppetAnswers { other: Some(fresh), ..PuppetAnswers::new(Some(params), None) };
    let keys = Keys::default();
    let error = meet(client, Puppet::server(answers, keys.watch(script)), Vec::new(), &keys, |_| Vec::new());
    assert_eq!(error.map(|error| error.code()).as_deref(), Some("KeyMismatch"));
}

/// What was shown in the handshake before is not what is shown in this one.
#[test]
fn what_is_shown_is_of_the_last_handshake() {
    let world = World::of(KeyKind::P256);
    let key = raw(&world.client);
    for (shows, second) in [(vec![key.clone()], None), (vec![key.clone(), key], Some(RAW))] {
        let legacy = || dangerous_legacy().renegotiation(RenegotiationLimit::default());
        let made = Setup { client_protocols: vec!["http/1.1"], ..Setup::default() }.make_with(
            |client| {
                let shows = Resolve::Now(Arc::new(InTurn(shows, AtomicUsize::new(0))) as _);
                let client = client.versions(Version::Tls12, Version::Tls12).legacy(legacy());
                client.identities(shows).own_certificate_types([RAW])
            },
            |server| {
                let judge = judge(knows(&[&world.client]));
                server.legacy(legacy()).client_verifier(ClientAuth::Request, judge).peer_certificate_types([RAW])
            },
        );
        let mut pair = Pair::new(made, Chunking::Coalesced);
        pair.connect();
        assert_eq!(types(pair.client.connection.facts()), (Some(RAW), Some(X509)));
        pair.client.connection.renegotiate(&mut pair.client.outbox).unwrap();
        pair.run();
        assert!(pair.client.error.is_none() && pair.server.error.is_none());
        let (client, server) = (pair.client.connection.facts(), pair.server.connection.facts());
        assert_eq!((types(client), types(server)), ((second, Some(X509)), (Some(X509), second)));
    }
}
