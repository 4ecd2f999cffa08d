//! Delegated credentials (RFC 9345) of servers: who is shown one, and what is none.

use crate::violations::{Keys, extensions};
use handfast::crypto::{KeyKind, SigningKey};
use handfast::pki::make::Key;
use handfast::pki::{Certificate, spki};
use handfast::wire::extension::DelegatedCredential;
use handfast::wire::{Extension, ExtensionType as E, MessageKind as M, SignatureScheme, Writer};
use handfast::{ClientAuth, Connection, DelegatedError, Facts, Identity, IdentityError};
use handfast_handshake::ClientParams;
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::{End, Pair};
use handfast_testkit::puppet::{Puppet, PuppetAnswers, client_params};
use handfast_testkit::setup::{Mode, Setup};
use handfast_testkit::world::{NAME, NOW, World};
use std::sync::Arc;

const P256: SignatureScheme = SignatureScheme::ECDSA_SECP256R1_SHA256;
const P384: SignatureScheme = SignatureScheme::ECDSA_SECP384R1_SHA384;
const DAY: u32 = 24 * 60 * 60;

/// A new key.
fn key(kind: KeyKind) -> Arc<dyn SigningKey> {
    let provider = handfast::rustcrypto::provider();
    provider.keys.load(Key::generate(&provider, kind).unwrap().der()).unwrap()
}

/// A credential for `key`, signed by the key of `owner` with `algorithm`, as RFC 9345 §4 has it.
fn credential(
    owner: &Identity,
    key: &dyn SigningKey,
    valid_time: u32,
    verify_algorithm: SignatureScheme,
    algorithm: SignatureScheme,
) -> Vec<u8> {
    let spki = spki::encode(key.public_key()).unwrap();
    let write = |signature: &[u8]| {
        let mut bytes = Vec::new();
        let own = DelegatedCredential { valid_time, verify_algorithm, spki: &spki, algorithm, signature };
        own.write(&mut Writer::new(&mut bytes)).unwrap();
        bytes
    };
    let mut signed = write(&[]);
    signed.truncate(signed.len() - 2);
    let leaf = &owner.credential().chain()[0];
    let content = [&[0x20; 64][..], b"TLS, server delegated credentials\0", leaf, &signed].concat();
    write(&owner.signer().unwrap().sign(algorithm, &content, &*handfast::rustcrypto::provider().random).unwrap())
}

/// How long after the notBefore of a certificate it is, in seconds.
fn age(owner: &Identity) -> u32 {
    let leaf = Certificate::parse(&owner.credential().chain()[0]).unwrap();
    u32::try_from(NOW.as_secs() as i64 - leaf.validity().not_before.unix()).unwrap()
}

fn delegated(owner: &Identity, bytes: &[u8], key: &Arc<dyn SigningKey>) -> Result<Arc<Identity>, IdentityError> {
    let chain = owner.credential().chain().to_vec();
    Identity::delegated(&handfast::rustcrypto::provider(), chain, bytes.to_vec(), key.clone())
}

/// What the server has shown to a client that asks for these schemes of delegated keys, if for any.
fn shown(identities: &[Arc<Identity>], params: ClientParams, asked: Option<&'static [u8]>) -> Facts {
    let identities = identities.to_vec();
    let made = Setup { client_auth: ClientAuth::None, ..Setup::default() }
        .make_with(|client| client, |server| server.identities(handfast::Resolve::Now(Arc::new(identities))));
    let mut server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let (keys, mut wire) = (Keys::default(), Vec::new());
    let asks = extensions(M::ClientHello, move |list| {
        list.extend(asked.map(|body| (E::DELEGATED_CREDENTIAL, body.to_vec())));
    });
    let answers = PuppetAnswers::new(None, None);
    Puppet::client(Arc::new(params), NAME.try_into().unwrap(), answers, keys.watch(asks), &mut wire);
    server.deliver(&wire);
    assert!(server.error.is_none(), "{:?}", server.error);
    server.connection.facts().clone()
}

#[test]
fn who_asks_is_shown_one() {
    let owner = &World::of(KeyKind::P256).server;
    let (key, valid) = (key(KeyKind::P384), age(owner) + DAY);
    let bytes = credential(owner, &*key, valid, P384, P256);
    let identities = [delegated(owner, &bytes, &key).unwrap(), owner.clone()];
    let facts = shown(&identities, client_params(), Some(&[0, 2, 5, 3]));
    assert_eq!(facts.own().unwrap().delegated(), Some(&bytes[..]));
    assert_eq!(facts.own().unwrap().chain(), owner.credential().chain());
    assert_eq!(facts.own_scheme, Some(P384));

    let only = |schemes: &[SignatureScheme]| ClientParams { schemes: schemes.to_vec(), ..client_params() };
    let old = delegated(owner, &credential(owner, &*key, age(owner) - 1, P384, P256), &key).unwrap();
    let last = delegated(owner, &credential(owner, &*key, age(owner), P384, P256), &key).unwrap();
    let cases: [(&str, _, _, Option<&'static [u8]>, bool); 7] = [
        ("nothing is asked for", &identities[0], client_params(), None, false),
        ("another scheme is", &identities[0], client_params(), Some(&[0, 2, 4, 3]), false),
        ("among others", &identities[0], client_params(), Some(&[0, 4, 4, 3, 5, 3]), true),
        ("not the certificate's scheme", &identities[0], only(&[P256]), Some(&[0, 2, 5, 3]), true),
        ("it is in its last second", &last, client_params(), Some(&[0, 2, 5, 3]), true),
        ("it is over", &old, client_params(), Some(&[0, 2, 5, 3]), false),
        ("it is signed with what nobody takes", &identities[0], only(&[P384]), Some(&[0, 2, 5, 3]), false),
    ];
    for (name, identity, params, asked, expected) in cases {
        // Of last resort, for all the rest.
        let other = World::of(KeyKind::P384).server.clone();
        let facts = shown(&[identity.clone(), owner.clone(), other], params, asked);
        assert_eq!(facts.own().unwrap().delegated().is_some(), expected, "{name}");
    }
}

/// Whoever is asked cannot show one to a client that has not asked.
#[test]
fn an_answer_is_held_to_what_was_asked() {
    let owner = &World::of(KeyKind::P256).server;
    let key = key(KeyKind::P256);
    let own = delegated(owner, &credential(owner, &*key, age(owner) + DAY, P256, P256), &key).unwrap();
    let mut made = Setup { mode: Mode::Ask, ..Setup::default() }.make();
    made.server_answers.present(own);
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    assert_eq!(pair.server.error.unwrap().code(), "NoCommonScheme");
}

/// RFC 9345 §4.1.1: TLS 1.2 has none, whatever the client says.
#[cfg(feature = "tls12")]
#[test]
fn tls12_has_none() {
    let owner = &World::of(KeyKind::P256).server;
    let key = key(KeyKind::P256);
    let bytes = credential(owner, &*key, age(owner) + DAY, P256, P256);
    let identities = [delegated(owner, &bytes, &key).unwrap(), owner.clone()];
    let facts = shown(&identities, crate::violations12::puppet_client(), Some(&[0, 2, 4, 3]));
    assert_eq!(facts.own().unwrap().delegated(), None);
    assert_eq!(facts.own().unwrap().chain(), owner.credential().chain());
}

#[test]
fn what_is_none_is_refused() {
    let world = World::of(KeyKind::P256);
    let (owner, own) = (&world.server, key(KeyKind::P256));
    let make = |key: &dyn SigningKey, verify, algorithm| credential(owner, key, DAY, verify, algorithm);
    let good = make(&*own, P256, P256);
    assert!(delegated(owner, &good, &own).is_ok());
    let refused = |bytes: &[u8], key: &Arc<dyn SigningKey>| delegated(owner, bytes, key).map(drop).unwrap_err();

    assert_eq!(refused(&good[..good.len() - 1], &own), IdentityError::Delegated(DelegatedError::Malformed));
    let mut later = good.clone();
    later[3] ^= 1;
    assert_eq!(refused(&later, &own), IdentityError::Delegated(DelegatedError::Signature));
    // Of another certificate, though of the same key.
    let chain = world.client.credential().chain().to_vec();
    let other = Identity::delegated(&handfast::rustcrypto::provider(), chain, good.clone(), own.clone());
    assert_eq!(other.map(drop), Err(IdentityError::Delegated(DelegatedError::Signature)));
    assert_eq!(refused(&good, &key(KeyKind::P256)), IdentityError::Mismatch);
    // A scheme of other keys, and keys that could decrypt.
    let algorithm = IdentityError::Delegated(DelegatedError::Algorithm);
    assert_eq!(refused(&make(&*own, P384, P256), &own), algorithm);
    let rsa = World::of(KeyKind::Rsa).server.signer().unwrap().clone();
    assert_eq!(refused(&make(&*rsa, SignatureScheme::RSA_PSS_RSAE_SHA256, P256), &rsa), algorithm);
    // What it is signed with is no scheme of the certificate's key.
    let mut other = good.clone();
    let at = good.windows(4).rposition(|part| part[..2] == [4, 3] && part[2] == 0).unwrap();
    other[at..at + 2].copy_from_slice(&[8, 4]);
    assert_eq!(refused(&other, &own), algorithm);
    assert_eq!(
        Identity::delegated(&handfast::rustcrypto::provider(), vec![], good, own).map(drop),
        Err(IdentityError::NoCertificate)
    );
}
