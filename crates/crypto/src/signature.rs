//! Public keys, signing keys, verification, and what each TLS signature scheme stands for.

use crate::{CryptoError, HashAlgorithm, Random, SharedSecret};
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;
use handfast_wire::SignatureScheme;
use pki_types::PrivateKeyDer;
use zeroize::Zeroizing;

/// Checks signatures. Public data only: nothing here has to be constant-time.
pub trait Verifier: Send + Sync {
    /// Checks that `signature` is `key`'s over `message` with `algorithm`.
    ///
    /// # Errors
    /// [`CryptoError::BadSignature`], [`CryptoError::BadKey`] (malformed, off the curve, an RSA modulus that is even or
    /// outside 2,048 … 8,192 bits, all found before any arithmetic), [`CryptoError::Unsupported`] when algorithm and
    /// key do not fit each other.
    fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError>;

    /// The same for one key that many signatures are checked with: what can be worked out ahead is. It costs about as much as
    /// one or two checks and some KiB. `None` for a key that is no good, or with which nothing would be gained.
    fn ready(&self, key: &PublicKey) -> Option<Box<dyn ReadyKey>> {
        let _ = key;
        None
    }
}

/// A public key that is ready to check many signatures.
pub trait ReadyKey: Send + Sync {
    /// Checks that `signature` is the key's over `message` with `algorithm`: to the bit what [`Verifier::verify`] finds.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    fn verify(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), CryptoError>;
}

/// Turns private-key bytes into a key that signs, and makes such bytes.
pub trait KeyLoader: Send + Sync {
    /// Loads PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    /// [`KeyError`] says what about the key is wrong.
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, KeyError>;

    /// Makes an RSA key of `bits` bits with the exponent 65537, as PKCS#8. Keys of the other kinds are random octets, and need
    /// no more than [`Random`].
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a size that the provider does not make; [`CryptoError::Random`];
    /// [`CryptoError::Failed`].
    fn generate_rsa(&self, bits: usize, random: &dyn Random) -> Result<Zeroizing<PrivateKeyDer<'static>>, CryptoError> {
        let _ = (bits, random);
        Err(CryptoError::Unsupported)
    }

    /// Loads an RSA key that decrypts, for the RSA key transport of TLS 1.2.
    ///
    /// # Errors
    /// [`KeyError`]; [`KeyError::Unsupported`] from a provider that does not decrypt.
    fn load_decrypter(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn DecryptingKey>, KeyError> {
        let _ = key;
        Err(KeyError::Unsupported)
    }
}

/// Encrypts for RSA keys, for clients of the RSA key transport of TLS 1.2.
pub trait Encrypter: Send + Sync {
    /// RSAES-PKCS1-v1_5 (RFC 8017 §7.2.1) of `message` for `key`.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`], [`CryptoError::Length`] when the message is longer than the modulus less 11 bytes, and
    /// [`CryptoError::Random`].
    fn encrypt(&self, key: &PublicKey, message: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoError>;
}

/// An RSA key that decrypts.
pub trait DecryptingKey: Send + Sync + fmt::Debug {
    /// Its public key.
    fn public_key(&self) -> &PublicKey;

    /// RSADP, the raw operation (RFC 8017 §5.1.2), blinded: `ciphertext` is as long as the modulus, and so is the result.
    /// Nothing is unpadded here, for whoever does that must not tell what was wrong (RFC 5246 §7.4.7.1).
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `ciphertext` is not as long as the modulus or not below it, which anybody can see, and
    /// [`CryptoError::Random`].
    fn decrypt(&self, ciphertext: &[u8], random: &dyn Random) -> Result<SharedSecret, CryptoError>;

    /// The length of the modulus, in bytes.
    fn modulus_len(&self) -> usize;
}

/// A private key that signs, wherever it lives.
pub trait SigningKey: Send + Sync + fmt::Debug {
    /// Its public key.
    fn public_key(&self) -> &PublicKey;

    /// The TLS schemes it can sign with, most preferred first.
    fn schemes(&self) -> &[SignatureScheme];

    /// Signs `message` (hashed here, as `scheme` says).
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a scheme that is not in [`SigningKey::schemes`], [`CryptoError::Failed`] when
    /// signing failed or the fresh signature did not verify (a fault in an RSA signature gives the key away).
    fn sign(&self, scheme: SignatureScheme, message: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoError>;
}

/// Why private-key bytes did not load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// Not PKCS#8, PKCS#1 or SEC1.
    Malformed,
    /// A kind of key, a curve or a size that the provider does not sign with.
    Unsupported,
    /// The parts of the key contradict each other.
    Inconsistent,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the private key is neither PKCS#8 nor PKCS#1 nor SEC1",
            Self::Unsupported => "the private key is of a kind or size that cannot sign here",
            Self::Inconsistent => "the parts of the private key contradict each other",
        })
    }
}

impl core::error::Error for KeyError {}

/// A public key as a certificate carries it, taken out of its SubjectPublicKeyInfo.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey {
    /// The algorithm, and the curve where there is one.
    pub kind: KeyKind,
    /// Elliptic curves: the SEC1 point. Ed25519 and ML-DSA: the raw key. RSA: the DER of `RSAPublicKey` (RFC 8017
    /// Appendix A.1.1).
    pub bytes: Vec<u8>,
}

/// What kind of public key it is, by its AlgorithmIdentifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// id-ecPublicKey, secp256r1.
    P256,
    /// id-ecPublicKey, secp384r1.
    P384,
    /// id-ecPublicKey, secp521r1.
    P521,
    /// id-Ed25519.
    Ed25519,
    /// rsaEncryption.
    Rsa,
    /// id-RSASSA-PSS: may only be used with PSS.
    RsaPss,
    /// id-ml-dsa-44.
    MlDsa44,
    /// id-ml-dsa-65.
    MlDsa65,
    /// id-ml-dsa-87.
    MlDsa87,
}

/// A signature algorithm, apart from the key. X.509 lets ECDSA mix curves and hashes; TLS 1.3 does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// ECDSA with a DER-encoded signature.
    Ecdsa(HashAlgorithm),
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS with MGF1 over the same hash and a salt as long as the hash.
    RsaPss(HashAlgorithm),
    /// ML-DSA, pure, with an empty context; the key says which parameter set.
    MlDsa,
}

/// What a TLS signature scheme stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// The code point.
    pub id: SignatureScheme,
    /// The key it takes. TLS 1.3 binds the curve to the scheme (RFC 9846 §4.3.3).
    pub key: KeyKind,
    /// The algorithm.
    pub algorithm: SignatureAlgorithm,
    /// Whether TLS 1.3 lets it sign a handshake (PKCS#1 v1.5 only ever signs certificates there).
    pub signs_tls13: bool,
}

impl Scheme {
    /// The row of `id`; `None` for schemes nobody here verifies (SHA-1, MD5, DSA, Ed448).
    pub fn find(id: SignatureScheme) -> Option<&'static Self> {
        SCHEMES.iter().find(|scheme| scheme.id == id)
    }

    /// Whether TLS 1.2 lets it sign a handshake: PKCS#1 v1.5 too, and nothing that came after TLS 1.3.
    pub fn signs_tls12(&self) -> bool {
        !matches!(self.algorithm, SignatureAlgorithm::MlDsa)
    }
}

/// Every scheme that is understood, in the order in which they are preferred by default.
pub static SCHEMES: &[Scheme] = {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, MlDsa, RsaPkcs1, RsaPss};
    &[
        row(SignatureScheme::ECDSA_SECP256R1_SHA256, KeyKind::P256, Ecdsa(Sha256), true),
        row(SignatureScheme::ED25519, KeyKind::Ed25519, SignatureAlgorithm::Ed25519, true),
        row(SignatureScheme::ECDSA_SECP384R1_SHA384, KeyKind::P384, Ecdsa(Sha384), true),
        row(SignatureScheme::ECDSA_SECP521R1_SHA512, KeyKind::P521, Ecdsa(Sha512), true),
        row(SignatureScheme::RSA_PSS_RSAE_SHA256, KeyKind::Rsa, RsaPss(Sha256), true),
        row(SignatureScheme::RSA_PSS_RSAE_SHA384, KeyKind::Rsa, RsaPss(Sha384), true),
        row(SignatureScheme::RSA_PSS_RSAE_SHA512, KeyKind::Rsa, RsaPss(Sha512), true),
        row(SignatureScheme::RSA_PSS_PSS_SHA256, KeyKind::RsaPss, RsaPss(Sha256), true),
        row(SignatureScheme::RSA_PSS_PSS_SHA384, KeyKind::RsaPss, RsaPss(Sha384), true),
        row(SignatureScheme::RSA_PSS_PSS_SHA512, KeyKind::RsaPss, RsaPss(Sha512), true),
        row(SignatureScheme::RSA_PKCS1_SHA256, KeyKind::Rsa, RsaPkcs1(Sha256), false),
        row(SignatureScheme::RSA_PKCS1_SHA384, KeyKind::Rsa, RsaPkcs1(Sha384), false),
        row(SignatureScheme::RSA_PKCS1_SHA512, KeyKind::Rsa, RsaPkcs1(Sha512), false),
        row(SignatureScheme::MLDSA44, KeyKind::MlDsa44, MlDsa, true),
        row(SignatureScheme::MLDSA65, KeyKind::MlDsa65, MlDsa, true),
        row(SignatureScheme::MLDSA87, KeyKind::MlDsa87, MlDsa, true),
    ]
};

const fn row(id: SignatureScheme, key: KeyKind, algorithm: SignatureAlgorithm, signs_tls13: bool) -> Scheme {
    Scheme { id, key, algorithm, signs_tls13 }
}
