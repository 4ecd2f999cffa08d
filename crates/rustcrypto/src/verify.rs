//! Which primitive checks a signature.

use crate::{
    SHA256, SHA384, SHA512,
    curve::NistCurve,
    ecdsa, ed25519, mldsa,
    rsa::{self, Padding},
};
use alloc::boxed::Box;
use handfast_crypto::{
    CryptoError, Digest, HashAlgorithm, KeyKind, PublicKey, ReadyKey, SignatureAlgorithm as Algorithm, Verifier,
};
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;

/// Checks signatures of every kind there is here: ECDSA with any hash on any curve, Ed25519, RSA, ML-DSA.
pub const VERIFIER: &dyn Verifier = &Signatures;

struct Signatures;

impl Verifier for Signatures {
    fn verify(
        &self,
        algorithm: Algorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let PublicKey { kind, bytes } = key;
        match (algorithm, kind) {
            (Algorithm::Ecdsa(hash), KeyKind::P256) => {
                ecdsa::verify::<NistP256>(bytes, digest(hash, message)?.as_bytes(), signature)
            }
            (Algorithm::Ecdsa(hash), KeyKind::P384) => {
                ecdsa::verify::<NistP384>(bytes, digest(hash, message)?.as_bytes(), signature)
            }
            (Algorithm::Ecdsa(hash), KeyKind::P521) => {
                ecdsa::verify::<NistP521>(bytes, digest(hash, message)?.as_bytes(), signature)
            }
            (Algorithm::Ed25519, KeyKind::Ed25519) => ed25519::verify(bytes, message, signature),
            (Algorithm::RsaPkcs1(hash), KeyKind::Rsa) => rsa::verify(bytes, Padding::Pkcs1, hash, message, signature),
            (Algorithm::RsaPss(hash), KeyKind::Rsa | KeyKind::RsaPss) => {
                rsa::verify(bytes, Padding::Pss, hash, message, signature)
            }
            (Algorithm::MlDsa, KeyKind::MlDsa44) => mldsa::verify::<MlDsa44>(bytes, message, signature),
            (Algorithm::MlDsa, KeyKind::MlDsa65) => mldsa::verify::<MlDsa65>(bytes, message, signature),
            (Algorithm::MlDsa, KeyKind::MlDsa87) => mldsa::verify::<MlDsa87>(bytes, message, signature),
            // What does not fit each other. Both types are open to values that come later, so this cannot be spelt out.
            _ => Err(CryptoError::Unsupported),
        }
    }

    fn ready(&self, key: &PublicKey) -> Option<Box<dyn ReadyKey>> {
        match key.kind {
            KeyKind::P256 => ecdsa::Ready::<NistP256>::boxed(&key.bytes),
            KeyKind::P384 => ecdsa::Ready::<NistP384>::boxed(&key.bytes),
            KeyKind::P521 => ecdsa::Ready::<NistP521>::boxed(&key.bytes),
            _ => None,
        }
    }
}

impl<C: NistCurve> ReadyKey for ecdsa::Ready<C> {
    fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        match algorithm {
            Algorithm::Ecdsa(hash) => self.check(digest(hash, message)?.as_bytes(), signature),
            _ => Err(CryptoError::Unsupported),
        }
    }
}

fn digest(hash: HashAlgorithm, message: &[u8]) -> Result<Digest, CryptoError> {
    match hash {
        HashAlgorithm::Sha256 => SHA256.digest(&[message]),
        HashAlgorithm::Sha384 => SHA384.digest(&[message]),
        HashAlgorithm::Sha512 => SHA512.digest(&[message]),
        _ => Err(CryptoError::Unsupported),
    }
}
