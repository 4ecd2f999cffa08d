//! Checking signatures.

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use handfast_crypto::{CryptoError, HashAlgorithm, KeyKind, PublicKey, SignatureAlgorithm, Verifier};
use handfast_rustcrypto::rsa::modulus_bits;

pub(crate) const VERIFIER: &dyn Verifier = &Signatures { approved: false };

/// Without Ed25519.
pub(crate) const APPROVED: &dyn Verifier = &Signatures { approved: true };

struct Signatures {
    approved: bool,
}

impl Verifier for Signatures {
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        if algorithm == SignatureAlgorithm::Ed25519 && !self.approved {
            return handfast_rustcrypto::VERIFIER.verify(algorithm, key, message, signature);
        }
        let algorithm = row(algorithm, key.kind).ok_or(CryptoError::Unsupported)?;
        // The crate also takes a whole SubjectPublicKeyInfo, and points in a form that RFC 5480 §2.2 does not have.
        if !is_bare(key) {
            return Err(CryptoError::BadKey);
        }
        let key = ParsedPublicKey::new(algorithm, &key.bytes).map_err(|_| CryptoError::BadKey)?;
        key.verify_sig(message, signature).map_err(|_| CryptoError::BadSignature)
    }
}

/// What the crate calls an algorithm with a kind of key, if they fit each other.
fn row(algorithm: SignatureAlgorithm, kind: KeyKind) -> Option<&'static dyn VerificationAlgorithm> {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    use KeyKind::{MlDsa44, MlDsa65, MlDsa87, P256, P384, P521, Rsa, RsaPss as Pss};
    use SignatureAlgorithm::{Ecdsa, MlDsa, RsaPkcs1, RsaPss};
    Some(match (algorithm, kind) {
        (Ecdsa(Sha256), P256) => &signature::ECDSA_P256_SHA256_ASN1,
        (Ecdsa(Sha384), P256) => &signature::ECDSA_P256_SHA384_ASN1,
        (Ecdsa(Sha512), P256) => &signature::ECDSA_P256_SHA512_ASN1,
        (Ecdsa(Sha256), P384) => &signature::ECDSA_P384_SHA256_ASN1,
        (Ecdsa(Sha384), P384) => &signature::ECDSA_P384_SHA384_ASN1,
        (Ecdsa(Sha512), P384) => &signature::ECDSA_P384_SHA512_ASN1,
        (Ecdsa(Sha256), P521) => &signature::ECDSA_P521_SHA256_ASN1,
        (Ecdsa(Sha384), P521) => &signature::ECDSA_P521_SHA384_ASN1,
        (Ecdsa(Sha512), P521) => &signature::ECDSA_P521_SHA512_ASN1,
        (RsaPkcs1(Sha256), Rsa) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (RsaPkcs1(Sha384), Rsa) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (RsaPkcs1(Sha512), Rsa) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (RsaPss(Sha256), Rsa | Pss) => &signature::RSA_PSS_2048_8192_SHA256,
        (RsaPss(Sha384), Rsa | Pss) => &signature::RSA_PSS_2048_8192_SHA384,
        (RsaPss(Sha512), Rsa | Pss) => &signature::RSA_PSS_2048_8192_SHA512,
        (MlDsa, MlDsa44) => &signature::ML_DSA_44,
        (MlDsa, MlDsa65) => &signature::ML_DSA_65,
        (MlDsa, MlDsa87) => &signature::ML_DSA_87,
        _ => return None,
    })
}

/// Whether the bytes are what a key of its kind is in a certificate, by their length and first byte; an RSA key is looked at
/// as a whole, and is within our bounds.
fn is_bare(key: &PublicKey) -> bool {
    let len = key.bytes.len();
    let point = |coordinate: usize| match key.bytes.first() {
        Some(4) => len == 1 + 2 * coordinate,
        Some(2 | 3) => len == 1 + coordinate,
        _ => false,
    };
    match key.kind {
        KeyKind::P256 => point(32),
        KeyKind::P384 => point(48),
        KeyKind::P521 => point(66),
        KeyKind::Rsa | KeyKind::RsaPss => modulus_bits(&key.bytes).is_some(),
        KeyKind::MlDsa44 => len == 1312,
        KeyKind::MlDsa65 => len == 1952,
        KeyKind::MlDsa87 => len == 2592,
        _ => false,
    }
}
