//! Checking signatures.

use graviola::Error;
use graviola::hashing::{Sha256, Sha384, Sha512};
use graviola::signing::ecdsa::{Curve, P256, P384, VerifyingKey};
use graviola::signing::rsa;
use handfast_crypto::{CryptoError, HashAlgorithm, KeyKind, PublicKey, SignatureAlgorithm, Verifier};
use handfast_rustcrypto::rsa::modulus_bits;

pub(super) const VERIFIER: &dyn Verifier = &Signatures;

struct Signatures;

impl Verifier for Signatures {
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        use SignatureAlgorithm::{Ecdsa, RsaPkcs1, RsaPss};
        // A point in compressed form, which a certificate may have, is not for the crate.
        match (algorithm, key.kind, &*key.bytes) {
            (Ecdsa(hash), KeyKind::P256, [4, ..]) => ecdsa::<P256>(hash, &key.bytes, message, signature),
            (Ecdsa(hash), KeyKind::P384, [4, ..]) => ecdsa::<P384>(hash, &key.bytes, message, signature),
            (RsaPkcs1(_), KeyKind::Rsa, _) | (RsaPss(_), KeyKind::Rsa | KeyKind::RsaPss, _) if is_whole(&key.bytes) => {
                let key = rsa::VerifyingKey::from_pkcs1_der(&key.bytes).map_err(|_| CryptoError::BadKey)?;
                rsa(algorithm, &key, message, signature)
            }
            _ => handfast_rustcrypto::VERIFIER.verify(algorithm, key, message, signature),
        }
    }
}

/// Whether the modulus of an RSA key, which is within bounds, has a whole number of bytes. The encoding of PSS is as long as the
/// modulus less one bit (RFC 8017 §8.1.1), and the crate takes it to end in the middle of a byte.
pub(super) fn is_whole(key: &[u8]) -> bool {
    modulus_bits(key).is_some_and(|bits| bits.is_multiple_of(8))
}

fn ecdsa<C: Curve>(hash: HashAlgorithm, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    let key = VerifyingKey::<C>::from_x962_uncompressed(key).map_err(|_| CryptoError::BadKey)?;
    let verified = match hash {
        HashAlgorithm::Sha256 => key.verify_asn1::<Sha256>(&[message], signature),
        HashAlgorithm::Sha384 => key.verify_asn1::<Sha384>(&[message], signature),
        HashAlgorithm::Sha512 => key.verify_asn1::<Sha512>(&[message], signature),
        _ => return Err(CryptoError::Unsupported),
    };
    refused(verified)
}

fn rsa(
    algorithm: SignatureAlgorithm,
    key: &rsa::VerifyingKey,
    message: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{RsaPkcs1, RsaPss};
    refused(match algorithm {
        RsaPkcs1(Sha256) => key.verify_pkcs1_sha256(signature, message),
        RsaPkcs1(Sha384) => key.verify_pkcs1_sha384(signature, message),
        RsaPkcs1(Sha512) => key.verify_pkcs1_sha512(signature, message),
        RsaPss(Sha256) => key.verify_pss_sha256(signature, message),
        RsaPss(Sha384) => key.verify_pss_sha384(signature, message),
        RsaPss(Sha512) => key.verify_pss_sha512(signature, message),
        _ => return Err(CryptoError::Unsupported),
    })
}

fn refused(verified: Result<(), Error>) -> Result<(), CryptoError> {
    verified.map_err(|_| CryptoError::BadSignature)
}
