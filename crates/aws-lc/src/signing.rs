//! Signing, with keys that RustCrypto has found good, and making RSA keys.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, PqdsaKeyPair, RsaEncoding};
#[cfg(feature = "legacy")]
use handfast_crypto::DecryptingKey;
use handfast_crypto::{
    CryptoError, HashAlgorithm, KeyError, KeyKind, KeyLoader, Random, SignatureAlgorithm, SigningKey,
};
use handfast_rustcrypto::reload::{self, inner, reloaded};
use pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Every key that the provider on RustCrypto takes.
pub(crate) const KEYS: &dyn KeyLoader = &Loader { approved: false };

/// Those among them that the module takes, and not Ed25519.
pub(crate) const APPROVED: &dyn KeyLoader = &Loader { approved: true };

struct Loader {
    approved: bool,
}

impl KeyLoader for Loader {
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, KeyError> {
        let checked = handfast_rustcrypto::KEYS.load(key)?;
        let kind = checked.public_key().kind;
        if self.approved && kind == KeyKind::Ed25519 {
            return Err(KeyError::Unsupported);
        }
        match Private::load(kind, key) {
            Some(private) => Ok(reloaded(&*checked, private)),
            None if self.approved => Err(KeyError::Unsupported),
            None => Ok(checked),
        }
    }

    fn generate_rsa(&self, bits: usize, random: &dyn Random) -> Result<Zeroizing<PrivateKeyDer<'static>>, CryptoError> {
        let size = match bits {
            2048 => rsa::KeySize::Rsa2048,
            3072 => rsa::KeySize::Rsa3072,
            4096 => rsa::KeySize::Rsa4096,
            _ if self.approved => return Err(CryptoError::Unsupported),
            _ => return handfast_rustcrypto::KEYS.generate_rsa(bits, random),
        };
        let key = rsa::KeyPair::generate(size).map_err(|_| CryptoError::Failed)?;
        let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| CryptoError::Failed)?;
        Ok(Zeroizing::new(PrivatePkcs8KeyDer::from(der.as_ref().to_vec()).into()))
    }

    #[cfg(feature = "legacy")]
    fn load_decrypter(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn DecryptingKey>, KeyError> {
        if self.approved {
            return Err(KeyError::Unsupported);
        }
        handfast_rustcrypto::KEYS.load_decrypter(key)
    }
}

/// The key as AWS-LC has it.
enum Private {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(rsa::KeyPair),
    MlDsa(PqdsaKeyPair),
}

impl Private {
    fn load(kind: KeyKind, key: &PrivateKeyDer<'_>) -> Option<Self> {
        let der = inner(key)?;
        let ecdsa = |algorithm| EcdsaKeyPair::from_private_key_der(algorithm, der).ok().map(Self::Ecdsa);
        // The crate takes these in PKCS#8 only, and there is no other container for them.
        let ml_dsa = |algorithm| PqdsaKeyPair::from_pkcs8(algorithm, key.secret_der()).ok().map(Self::MlDsa);
        match kind {
            KeyKind::P256 => ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyKind::P384 => ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyKind::P521 => ecdsa(&signature::ECDSA_P521_SHA512_ASN1_SIGNING),
            // An OCTET STRING of 32 bytes (RFC 8410 §7).
            KeyKind::Ed25519 => {
                let seed = der.strip_prefix(&[4, 32])?;
                Ed25519KeyPair::from_seed_unchecked(seed).ok().map(Self::Ed25519)
            }
            KeyKind::Rsa | KeyKind::RsaPss => rsa::KeyPair::from_der(der).ok().map(Self::Rsa),
            KeyKind::MlDsa44 => ml_dsa(&signature::ML_DSA_44_SIGNING),
            KeyKind::MlDsa65 => ml_dsa(&signature::ML_DSA_65_SIGNING),
            KeyKind::MlDsa87 => ml_dsa(&signature::ML_DSA_87_SIGNING),
            _ => None,
        }
    }
}

impl reload::Private for Private {
    /// The result of RSA is checked in AWS-LC before it leaves.
    fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        // Nobody looks at it: AWS-LC has its own.
        let random = SystemRandom::new();
        let signed = match self {
            Self::Ecdsa(key) => key.sign(&random, message).map(|signature| signature.as_ref().to_vec()),
            Self::Ed25519(key) => key.try_sign(message).map(|signature| signature.as_ref().to_vec()),
            Self::Rsa(key) => {
                let encoding = encoding(algorithm).ok_or(CryptoError::Unsupported)?;
                let mut out = vec![0; key.public_modulus_len()];
                key.sign(encoding, &random, message, &mut out).map(|()| out)
            }
            Self::MlDsa(key) => {
                let mut out = vec![0; key.algorithm().signature_len()];
                key.sign(message, &mut out).map(|_| out)
            }
        };
        signed.map_err(|_| CryptoError::Failed)
    }
}

fn encoding(algorithm: SignatureAlgorithm) -> Option<&'static dyn RsaEncoding> {
    use HashAlgorithm::{Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{RsaPkcs1, RsaPss};
    Some(match algorithm {
        RsaPkcs1(Sha256) => &signature::RSA_PKCS1_SHA256,
        RsaPkcs1(Sha384) => &signature::RSA_PKCS1_SHA384,
        RsaPkcs1(Sha512) => &signature::RSA_PKCS1_SHA512,
        RsaPss(Sha256) => &signature::RSA_PSS_SHA256,
        RsaPss(Sha384) => &signature::RSA_PSS_SHA384,
        RsaPss(Sha512) => &signature::RSA_PSS_SHA512,
        _ => return None,
    })
}
