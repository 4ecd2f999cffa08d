//! Several identities on one side: which of them the peer gets to see.

use crate::violations::extensions;
use handfast::crypto::KeyKind;
use handfast::pki::make::{Builder, Identity as Made};
use handfast::pki_types::UnixTime;
use handfast::wire::{ContentType, ExtensionType, MessageKind, SignatureScheme};
use handfast::{
    ChooseIdentity, ClientAuth, ClientStart, Connection, CredentialQuestion, Event, Identity, PeerQuestion, Question,
    Received, Rejection, Resolve, VerifyPeer, Version,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::puppet::Item;
use handfast_testkit::setup::Setup;
use handfast_testkit::world::{NAME, NOW, World};
use std::sync::Arc;

/// Those of this build.
const VERSIONS: &[Version] = &[
    Version::Tls13,
    #[cfg(feature = "tls12")]
    Version::Tls12,
];

/// A client's identity from another authority, and that authority's name.
fn stranger() -> (Arc<Identity>, Vec<u8>) {
    let provider = handfast::rustcrypto::provider();
    let ca = Made::root(&provider, Builder::ca("Another CA", NOW), KeyKind::P256).unwrap();
    let leaf = ca.issue(&provider, Builder::client("stranger", NOW), KeyKind::P256).unwrap();
    let identity = Identity::new(&provider, vec![leaf.certificate], leaf.key.der()).unwrap();
    let parsed = handfast::pki::Certificate::parse(&ca.certificate).unwrap();
    (identity, parsed.subject().to_der())
}

/// RFC 9846 §4.3.4, RFC 5246 §7.4.4: what a private authority has issued is for those who ask for it.
#[test]
fn an_identity_that_needs_its_issuer_named_is_shown_to_nobody_else() {
    let (stranger, name) = stranger();
    let usual = World::of(KeyKind::P256).client.clone();
    let gated: Vec<_> = vec![stranger.clone().with_issuer_required(), usual.clone()];
    let open = vec![stranger.clone(), usual.clone()];
    let cases = [
        (gated.clone(), vec![name.clone()], &stranger),
        (gated.clone(), vec![b"0\0".to_vec()], &usual),
        (gated, vec![], &usual),
        (open, vec![], &stranger),
    ];
    for &version in VERSIONS {
        for (identities, authorities, shown) in &cases {
            let identities: Arc<dyn ChooseIdentity> = Arc::new(identities.clone());
            let made = Setup { client_auth: ClientAuth::Require, ..Setup::default() }.make_with(
                |client| client.identities(Resolve::Now(identities)).versions(version, version),
                |server| {
                    let anyone = Resolve::Now(Arc::new(Anyone) as _);
                    server.client_verifier(ClientAuth::Require, anyone).authorities(authorities.iter().cloned())
                },
            );
            let mut pair = Pair::new(made, Chunking::Coalesced);
            pair.connect();
            let presented = pair.client.connection.facts().own().expect("a certificate");
            assert_eq!(presented.chain(), shown.credential().chain());
            let peer = pair.server.connection.facts().peer().expect("a peer");
            assert_eq!(peer.credential.chain, shown.credential().chain());
        }
    }
}

/// A client may insist on being known: where nothing fits what a server asks for, the connection ends on its side, and the
/// refusal says why; otherwise it goes on without a certificate.
#[test]
fn a_client_can_rather_fail_than_go_without() {
    let (stranger, _) = stranger();
    let usual = World::of(KeyKind::P256).client.clone();
    let ed25519 = World::of(KeyKind::Ed25519).client.clone();
    let gated: Vec<Arc<Identity>> = vec![stranger.with_issuer_required()];
    for (identities, expected) in
        [(gated, "NoCommonAuthority"), (vec![], "NoCredential"), (vec![ed25519], "NoCommonScheme")]
    {
        for (version, insists) in VERSIONS.iter().flat_map(|&version| [(version, true), (version, false)]) {
            let chooser: Arc<dyn ChooseIdentity> = Arc::new(identities.clone());
            let schemes = [SignatureScheme::ECDSA_SECP256R1_SHA256];
            let made = Setup { client_auth: ClientAuth::Request, ..Setup::default() }.make_with(
                |client| {
                    let client = client.identities(Resolve::Now(chooser)).versions(version, version);
                    client.require_own_certificate(insists)
                },
                |server| {
                    server.client_verifier(ClientAuth::Request, Resolve::Now(Arc::new(Anyone) as _)).schemes(schemes)
                },
            );
            let mut pair = Pair::new(made, Chunking::Coalesced);
            pair.run();
            let code = |end: &End| end.error.as_ref().map(|error| error.code().to_string());
            let outcome = (code(&pair.client), code(&pair.server), pair.server.connection.is_connected());
            let (own, told) = (Some(expected.to_string()), Some("handshake_failure".to_string()));
            let ok = if insists { (own, told, false) } else { (None, None, true) };
            assert_eq!(outcome, ok, "{expected} in {version:?}");
        }
    }
    // One that does is shown.
    let made = Setup { client_auth: ClientAuth::Request, ..Setup::default() }
        .make_with(|client| client.identity(usual).require_own_certificate(true), |server| server);
    let mut pair = Pair::new(made, Chunking::Coalesced);
    assert!(pair.connect().server.connection.facts().peer().is_some());
}

/// A chooser that does not look at authorities shows nobody what is for those alone that name one.
#[test]
fn whoever_chooses_an_identity_that_needs_its_issuer_named() {
    struct Always(Arc<Identity>);
    impl ChooseIdentity for Always {
        fn choose(&self, _: &CredentialQuestion) -> Option<Arc<Identity>> {
            Some(self.0.clone())
        }
    }
    let (stranger, name) = stranger();
    let always = Arc::new(Always(stranger.with_issuer_required()));
    for &version in VERSIONS {
        for (authorities, shown) in [(vec![name.clone()], true), (vec![], false)] {
            let chooser: Arc<dyn ChooseIdentity> = always.clone();
            let made = Setup { client_auth: ClientAuth::Request, ..Setup::default() }.make_with(
                |client| client.identities(Resolve::Now(chooser)).versions(version, version),
                |server| {
                    let anyone = Resolve::Now(Arc::new(Anyone) as _);
                    server.client_verifier(ClientAuth::Request, anyone).authorities(authorities)
                },
            );
            let mut pair = Pair::new(made, Chunking::Coalesced);
            assert_eq!(pair.connect().server.connection.facts().peer().is_some(), shown);
        }
    }
}

struct Anyone;

impl VerifyPeer for Anyone {
    fn verify(&self, _: &PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
        Ok(())
    }
}

/// A client may name authorities in either version: what it named is in the question.
#[test]
fn the_authorities_of_a_client_are_asked_about_in_both_versions() {
    for &version in VERSIONS {
        let made = Setup::default().make_with(
            |client| client.versions(version, version),
            |server| server.identities(Resolve::Ask).no_sessions(),
        );
        let mut hello = Vec::new();
        ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut hello).unwrap();
        let mut items = vec![Item::message(&hello[5..])];
        // Two bytes for the list, two for the name.
        let named =
            |list: &mut Vec<_>| list.insert(0, (ExtensionType::CERTIFICATE_AUTHORITIES, vec![0, 4, 0, 2, 48, 0]));
        extensions(MessageKind::ClientHello, named)(&mut items);
        let [Item::Record(ContentType::HANDSHAKE, raw)] = items.as_slice() else { panic!("one record") };
        let mut record = vec![22, 3, 1];
        record.extend_from_slice(&(raw.len() as u16).to_be_bytes());
        record.extend_from_slice(raw);
        let mut server = Connection::server(&made.server).unwrap();
        let Received { event, .. } = server.receive(&mut record, &mut Vec::new()).unwrap();
        let Event::Question(Question::Credential(question)) = event else { panic!("{event:?}") };
        assert_eq!(question.authorities(), [vec![48, 0]]);
    }
}
