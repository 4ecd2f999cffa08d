//! Signing.

use crate::Suite;
use crate::common::{Stuck, pem, uses_of_random};
use handfast_crypto::{CryptoError, KeyKind, signature::Scheme};
use handfast_rustcrypto::SystemRandom;
use handfast_wire::SignatureScheme;

const MESSAGE: &[u8] = b"Handfast";

pub fn every_key_has_the_schemes_of_its_kind(suite: &Suite) {
    use SignatureScheme as S;
    const PSS: &[S] = &[S::RSA_PSS_PSS_SHA256, S::RSA_PSS_PSS_SHA384, S::RSA_PSS_PSS_SHA512];
    const RSA: &[S] = &[
        S::RSA_PSS_RSAE_SHA256,
        S::RSA_PSS_RSAE_SHA384,
        S::RSA_PSS_RSAE_SHA512,
        S::RSA_PKCS1_SHA256,
        S::RSA_PKCS1_SHA384,
        S::RSA_PKCS1_SHA512,
    ];
    let expected: &[(KeyKind, &[S])] = &[
        (KeyKind::P256, &[S::ECDSA_SECP256R1_SHA256]),
        (KeyKind::P384, &[S::ECDSA_SECP384R1_SHA384]),
        (KeyKind::P521, &[S::ECDSA_SECP521R1_SHA512]),
        (KeyKind::Ed25519, &[S::ED25519]),
        (KeyKind::Rsa, RSA),
        (KeyKind::Rsa, RSA),
        (KeyKind::Rsa, RSA),
        (KeyKind::RsaPss, PSS),
        (KeyKind::RsaPss, &PSS[1..2]),
        (KeyKind::MlDsa44, &[S::MLDSA44]),
        (KeyKind::MlDsa65, &[S::MLDSA65]),
        (KeyKind::MlDsa87, &[S::MLDSA87]),
    ];
    let expected: Vec<_> = expected.iter().filter(|(kind, _)| suite.has(*kind)).collect();
    assert_eq!(suite.keys().len(), expected.len());
    for (key, (kind, schemes)) in suite.keys().iter().zip(expected) {
        assert_eq!((key.public_key().kind, key.schemes()), (*kind, *schemes));
    }
}

pub fn what_a_key_signs_verifies_and_nothing_else(suite: &Suite) {
    for key in suite.keys() {
        for scheme in key.schemes() {
            let algorithm = Scheme::find(*scheme).unwrap().algorithm;
            let signature = key.sign(*scheme, MESSAGE, &SystemRandom).unwrap();
            let verify =
                |message: &[u8], signature: &[u8]| suite.verify(algorithm, key.public_key(), message, signature);
            assert_eq!(verify(MESSAGE, &signature), Ok(()), "{scheme}");
            assert_eq!(verify(b"handfast", &signature), Err(CryptoError::BadSignature));
            assert_eq!(verify(b"", &signature), Err(CryptoError::BadSignature));
            for at in [0, 1, signature.len() / 2, signature.len() - 1] {
                let mut tampered = signature.clone();
                tampered[at] ^= 1;
                assert_eq!(verify(MESSAGE, &tampered), Err(CryptoError::BadSignature), "{scheme} at {at}");
            }
            let longer = [&signature[..], &[0]].concat();
            for wrong in [&[], &signature[1..], &signature[..signature.len() - 1], &longer] {
                assert_eq!(verify(MESSAGE, wrong), Err(CryptoError::BadSignature), "{scheme}");
            }
        }
    }
}

pub fn a_scheme_of_another_key_is_refused(suite: &Suite) {
    for key in suite.keys() {
        for scheme in SignatureScheme::ALL.iter().filter(|scheme| !key.schemes().contains(scheme)) {
            assert_eq!(key.sign(*scheme, MESSAGE, &SystemRandom), Err(CryptoError::Unsupported));
        }
    }
}

/// Which signatures are the same each time, and which take in random bytes.
pub fn only_ed25519_and_pkcs1_repeat_themselves(suite: &Suite) {
    for key in suite.keys() {
        for scheme in key.schemes() {
            let sign = || key.sign(*scheme, MESSAGE, &SystemRandom).unwrap();
            let repeats = matches!(
                *scheme,
                SignatureScheme::ED25519
                    | SignatureScheme::RSA_PKCS1_SHA256
                    | SignatureScheme::RSA_PKCS1_SHA384
                    | SignatureScheme::RSA_PKCS1_SHA512
            );
            assert_eq!(sign() == sign(), repeats, "{scheme}");
        }
    }
}

/// docs/regressions.md rows 54 and 56. For RSA with PKCS#1 v1.5, whose encoding has nothing random, it also shows
/// that the exponentiation is blinded (row 45).
pub fn nothing_is_signed_with_a_generator_that_fails(suite: &Suite) {
    let mut alone = Vec::new();
    for key in suite.keys() {
        for scheme in key.schemes() {
            let uses = uses_of_random(|random| key.sign(*scheme, MESSAGE, random));
            match key.public_key().kind {
                kind if suite.expect.sign_alone.contains(&kind) => alone.extend((uses == 0).then_some(kind)),
                KeyKind::Ed25519 => assert_eq!(uses, 0),
                // Blinding, and a salt; now and then a candidate for the blinding is above the modulus.
                KeyKind::Rsa | KeyKind::RsaPss => assert!(uses > usize::from(is_pss(*scheme)), "{scheme}"),
                _ => assert_eq!(uses, 1),
            }
        }
    }
    // Some keys of such a kind may be left to another provider, which asks, but not all.
    assert!(suite.expect.sign_alone.iter().all(|kind| alone.contains(kind)));
}

fn is_pss(scheme: SignatureScheme) -> bool {
    use handfast_crypto::SignatureAlgorithm::RsaPss;
    matches!(Scheme::find(scheme).unwrap().algorithm, RsaPss(_))
}

/// A generator that is stuck at one value must not hang the search for a blinding factor, whatever the value.
pub fn a_stuck_generator_does_not_hang_rsa(suite: &Suite) {
    if suite.expect.sign_alone.contains(&KeyKind::Rsa) {
        return;
    }
    let key = suite.key(pem!("rsa-2048"));
    for byte in [0, 0xff] {
        assert_eq!(key.sign(key.schemes()[0], MESSAGE, &Stuck(byte)), Err(CryptoError::Random));
    }
}

/// docs/regressions.md row 74.
pub fn debug_prints_the_kind_and_no_byte(suite: &Suite) {
    for key in suite.keys() {
        assert_eq!(format!("{key:?}"), format!("SigningKey {{ kind: {:?}, .. }}", key.public_key().kind));
    }
}
