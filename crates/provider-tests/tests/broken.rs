//! The tests find out about a provider with one thing wrong: each case names the tests that must fail for it.

use handfast_crypto::{
    Aead, AeadAlgorithm, AeadKey, CryptoError, Digest, Exchange, Group, Hash, HashAlgorithm, HashContext, KeyError,
    KeyLoader, Provider, PublicKey, Random, Response, Secret, SharedSecret, SignatureAlgorithm, SigningKey, Verifier,
};
use handfast_provider_tests::{
    Expect, Suite, aeads, crosswise, groups, hashes, loading, signing, verifying, wycheproof,
};
use handfast_rustcrypto::{
    AES_128_GCM, CHACHA20_POLY1305, KEYS, P256, SHA256, SystemRandom, VERIFIER, X25519, provider,
};
use handfast_wire::{NamedGroup, SignatureScheme};
use pki_types::PrivateKeyDer;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Each of `tests` passes with the provider as it is, and fails with `broken`.
fn found_out(broken: Provider, tests: &[fn(&Suite)]) {
    let passes = |provider: &Provider, test: &fn(&Suite)| {
        let suite = Suite { provider: provider.clone(), expect: Expect::default() };
        catch_unwind(AssertUnwindSafe(|| test(&suite))).is_ok()
    };
    for (at, test) in tests.iter().enumerate() {
        assert!(passes(&provider(), test), "test {at} fails for everybody");
        assert!(!passes(&broken, test), "test {at} does not see what is wrong");
    }
}

/// Another cipher under the name of the first.
struct Mislabelled;

impl Aead for Mislabelled {
    fn algorithm(&self) -> AeadAlgorithm {
        AeadAlgorithm::Aes256Gcm
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        CHACHA20_POLY1305.key(key)
    }
}

#[test]
fn a_cipher_that_is_another() {
    let broken = Provider { aeads: &[AES_128_GCM, &Mislabelled, CHACHA20_POLY1305], ..provider() };
    found_out(broken, &[wycheproof::aes_gcm, crosswise::what_one_seals_the_other_opens]);
}

/// A cipher whose `open_in_place` decrypts before it looks at the tag, and leaves it at that.
struct Talkative;

struct TalkativeKey(Box<dyn AeadKey>);

impl Aead for Talkative {
    fn algorithm(&self) -> AeadAlgorithm {
        AeadAlgorithm::Aes128Gcm
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        Ok(Box::new(TalkativeKey(AES_128_GCM.key(key)?)))
    }
}

impl AeadKey for TalkativeKey {
    fn seal_in_place(&self, nonce: &[u8; 12], aad: &[u8], buf: &mut [u8]) -> Result<[u8; 16], CryptoError> {
        self.0.seal_in_place(nonce, aad, buf)
    }

    fn open_in_place(&self, nonce: &[u8; 12], aad: &[u8], buf: &mut [u8], tag: &[u8]) -> Result<(), CryptoError> {
        // Counter mode: sealing undoes sealing.
        let mut plain = buf.to_vec();
        self.0.seal_in_place(nonce, aad, &mut plain)?;
        let opened = self.0.open_in_place(nonce, aad, buf, tag);
        buf.copy_from_slice(&plain);
        opened
    }

    fn tag_len(&self) -> usize {
        self.0.tag_len()
    }

    /// Forgets what is not in the first part.
    fn seal(&self, nonce: &[u8; 12], aad: &[u8], plain: &[&[u8]], out: &mut Vec<u8>) -> Result<(), CryptoError> {
        let mut sealed = plain.first().unwrap_or(&&[][..]).to_vec();
        let tag = self.0.seal_in_place(nonce, aad, &mut sealed)?;
        out.extend_from_slice(&[&sealed[..], &tag].concat());
        Ok(())
    }
}

#[test]
fn plaintext_left_behind_and_parts_forgotten() {
    let broken = Provider { aeads: &[&Talkative], ..provider() };
    found_out(
        broken,
        &[aeads::nothing_of_the_plaintext_is_left_when_the_tag_does_not_fit, aeads::parts_are_sealed_as_one],
    );
}

/// A group under a name that is not its own.
struct Renamed(NamedGroup, &'static dyn Group);

impl Group for Renamed {
    fn name(&self) -> NamedGroup {
        self.0
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        self.1.start(random)
    }

    fn respond(&self, share: &[u8], random: &dyn Random) -> Result<Response, CryptoError> {
        self.1.respond(share, random)
    }
}

#[test]
fn groups_that_have_changed_places() {
    static SWAPPED: [&dyn Group; 2] = [&Renamed(NamedGroup::X25519, P256), &Renamed(NamedGroup::SECP256R1, X25519)];
    let broken = Provider { groups: &SWAPPED, ..provider() };
    found_out(broken, &[groups::both_sides_get_the_same_secret, crosswise::groups_agree, wycheproof::x25519]);
}

/// Takes every share, and has a secret for it; asks for random bytes and does not care whether there are any.
struct Careless;

struct Started(Box<dyn Exchange>);

impl Group for Careless {
    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }

    fn start(&self, random: &dyn Random) -> Result<Box<dyn Exchange>, CryptoError> {
        let _ = random.fill(&mut [0; 32]);
        Ok(Box::new(Started(X25519.start(&SystemRandom)?)))
    }

    fn respond(&self, share: &[u8], _: &dyn Random) -> Result<Response, CryptoError> {
        let zero = || Response { share: vec![9; 32], secret: SharedSecret::new(vec![0; 32]) };
        Ok(X25519.respond(share, &SystemRandom).unwrap_or_else(|_| zero()))
    }
}

impl Exchange for Started {
    fn share(&self) -> &[u8] {
        self.0.share()
    }

    fn finish(self: Box<Self>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        Ok(self.0.finish(share).unwrap_or_else(|_| SharedSecret::new(vec![0; 32])))
    }
}

#[test]
fn zero_secrets_and_no_randomness() {
    let broken = Provider { groups: &[&Careless], ..provider() };
    found_out(
        broken,
        &[
            groups::points_of_small_order_are_refused,
            groups::a_share_has_exactly_its_length,
            groups::nothing_comes_of_a_generator_that_fails,
            wycheproof::x25519,
        ],
    );
}

/// SHA-256 that forgets all but the first part, and takes a key of any length for Expand.
struct Forgetful;

impl Hash for Forgetful {
    fn algorithm(&self) -> HashAlgorithm {
        HashAlgorithm::Sha256
    }

    fn start(&self) -> Box<dyn HashContext> {
        SHA256.start()
    }

    fn digest(&self, parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        SHA256.digest(parts)
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        SHA256.hmac(key, &parts[..parts.len().min(1)])
    }

    fn extract(&self, salt: &[u8], ikm: &[u8]) -> Result<Secret, CryptoError> {
        SHA256.extract(ikm, salt)
    }

    fn expand(&self, prk: &[u8], info: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError> {
        let padded = [prk, &[0; 32]].concat();
        SHA256.expand(&padded, info, okm)
    }
}

#[test]
fn a_hash_with_parts_lost_and_arguments_swapped() {
    let broken = Provider { hashes: &[&Forgetful], ..provider() };
    found_out(
        broken,
        &[
            hashes::parts_are_concatenated,
            hashes::extract_is_hmac_with_the_salt_as_key,
            hashes::a_prepared_key_is_the_key,
            hashes::expand_refuses_lengths_outside_rfc_5869,
            crosswise::hashes_are_the_same,
            wycheproof::hkdf_sha2,
        ],
    );
}

/// Accepts everything that it can read the key of.
struct Trusting;

impl Verifier for Trusting {
    fn verify(&self, algorithm: SignatureAlgorithm, key: &PublicKey, _: &[u8], _: &[u8]) -> Result<(), CryptoError> {
        match VERIFIER.verify(algorithm, key, &[], &[]) {
            Err(CryptoError::BadSignature) => Ok(()),
            other => other,
        }
    }
}

#[test]
fn a_verifier_that_trusts() {
    let broken = Provider { verifier: &Trusting, ..provider() };
    found_out(
        broken,
        &[
            signing::what_a_key_signs_verifies_and_nothing_else,
            verifying::rsa_keys_out_of_bounds_are_refused,
            wycheproof::ecdsa_with_every_pair_there_is,
            wycheproof::ed25519,
            wycheproof::rsa_pkcs1,
            wycheproof::rsa_pss,
            wycheproof::ml_dsa_verification,
        ],
    );
}

/// Loads a key, and then signs with the first scheme and random bytes of its own, whatever it is told.
struct Wilful;

#[derive(Debug)]
struct Signs(Arc<dyn SigningKey>);

impl KeyLoader for Wilful {
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, KeyError> {
        Ok(Arc::new(Signs(KEYS.load(key)?)))
    }
}

impl SigningKey for Signs {
    fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    fn schemes(&self) -> &[SignatureScheme] {
        self.0.schemes()
    }

    fn sign(&self, _: SignatureScheme, message: &[u8], _: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        self.0.sign(self.schemes()[0], message, &SystemRandom)
    }
}

#[test]
fn a_key_that_signs_what_it_likes() {
    let broken = Provider { keys: &Wilful, ..provider() };
    found_out(
        broken,
        &[
            signing::a_scheme_of_another_key_is_refused,
            signing::nothing_is_signed_with_a_generator_that_fails,
            signing::what_a_key_signs_verifies_and_nothing_else,
            signing::debug_prints_the_kind_and_no_byte,
            crosswise::signatures_verify,
        ],
    );
}

/// Loads what is left when the rest of a file is not looked at.
struct Lenient;

impl KeyLoader for Lenient {
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, KeyError> {
        let cut = key.secret_der().split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default();
        KEYS.load(key).or_else(|error| match key {
            PrivateKeyDer::Pkcs8(_) => KEYS.load(&PrivateKeyDer::Pkcs8(cut.into())),
            _ => Err(error),
        })
    }
}

#[test]
fn a_loader_that_overlooks_bytes() {
    let broken = Provider { keys: &Lenient, ..provider() };
    found_out(broken, &[loading::broken_keys_do_not_panic]);
}
