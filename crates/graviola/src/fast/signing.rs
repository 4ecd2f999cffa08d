//! Signing, with keys that RustCrypto has found good.

use super::verify::is_whole;
use graviola::hashing::{Sha256, Sha384};
use graviola::signing::ecdsa::{self, P256, P384};
use graviola::signing::eddsa::Ed25519SigningKey;
use graviola::signing::rsa;
#[cfg(feature = "legacy")]
use handfast_crypto::DecryptingKey;
use handfast_crypto::{
    CryptoError, HashAlgorithm, KeyError, KeyKind, KeyLoader, PublicKey, Random, SignatureAlgorithm, SigningKey,
};
use handfast_rustcrypto::reload::{self, inner, reloaded};
use pki_types::PrivateKeyDer;
use std::sync::Arc;
use zeroize::Zeroizing;

pub(super) const KEYS: &dyn KeyLoader = &Loader;

struct Loader;

impl KeyLoader for Loader {
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, KeyError> {
        let checked = handfast_rustcrypto::KEYS.load(key)?;
        let private = inner(key).and_then(|der| Private::load(checked.public_key(), der));
        // What the crate has nothing for, or does not take, the other provider signs with.
        let Some(private) = private else { return Ok(checked) };
        Ok(reloaded(&*checked, private))
    }

    fn generate_rsa(&self, bits: usize, random: &dyn Random) -> Result<Zeroizing<PrivateKeyDer<'static>>, CryptoError> {
        handfast_rustcrypto::KEYS.generate_rsa(bits, random)
    }

    #[cfg(feature = "legacy")]
    fn load_decrypter(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn DecryptingKey>, KeyError> {
        handfast_rustcrypto::KEYS.load_decrypter(key)
    }
}

/// The kinds of key that the crate has.
enum Private {
    P256(ecdsa::SigningKey<P256>),
    P384(ecdsa::SigningKey<P384>),
    Ed25519(Ed25519SigningKey),
    Rsa(Box<rsa::SigningKey>),
}

/// Room for a signature by ECDSA: three headers, and two integers of 48 bytes and a zero each.
const ECDSA_LEN: usize = 3 * 2 + 2 * 49;

impl Private {
    /// The key in what a container holds.
    fn load(public: &PublicKey, der: &[u8]) -> Option<Self> {
        match public.kind {
            KeyKind::P256 => ecdsa::SigningKey::from_sec1_der(der).ok().map(Self::P256),
            KeyKind::P384 => ecdsa::SigningKey::from_sec1_der(der).ok().map(Self::P384),
            // An OCTET STRING of 32 bytes (RFC 8410 §7).
            KeyKind::Ed25519 => {
                let seed = der.strip_prefix(&[4, 32])?;
                Ed25519SigningKey::from_bytes(seed).ok().map(Self::Ed25519)
            }
            KeyKind::Rsa | KeyKind::RsaPss if is_whole(&public.bytes) => {
                rsa::SigningKey::from_pkcs1_der(der).ok().map(|key| Self::Rsa(Box::new(key)))
            }
            _ => None,
        }
    }
}

impl reload::Private for Private {
    /// The result of RSA is checked in the crate before it leaves.
    fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        use HashAlgorithm::{Sha256 as S256, Sha384 as S384, Sha512 as S512};
        use SignatureAlgorithm::{RsaPkcs1, RsaPss};
        let mut out = [0; ECDSA_LEN];
        let signed = match (self, algorithm) {
            (Self::P256(key), _) => key.sign_asn1::<Sha256>(&[message], &mut out).map(<[u8]>::to_vec),
            (Self::P384(key), _) => key.sign_asn1::<Sha384>(&[message], &mut out).map(<[u8]>::to_vec),
            (Self::Ed25519(key), _) => Ok(key.sign(message).to_vec()),
            (Self::Rsa(key), algorithm) => {
                let mut out = vec![0; key.modulus_len_bytes()];
                match algorithm {
                    RsaPkcs1(S256) => key.sign_pkcs1_sha256(&mut out, message),
                    RsaPkcs1(S384) => key.sign_pkcs1_sha384(&mut out, message),
                    RsaPkcs1(S512) => key.sign_pkcs1_sha512(&mut out, message),
                    RsaPss(S256) => key.sign_pss_sha256(&mut out, message),
                    RsaPss(S384) => key.sign_pss_sha384(&mut out, message),
                    RsaPss(S512) => key.sign_pss_sha512(&mut out, message),
                    _ => return Err(CryptoError::Unsupported),
                }
                .map(<[u8]>::to_vec)
            }
        };
        signed.map_err(|error| match error {
            graviola::Error::RngFailed => CryptoError::Random,
            _ => CryptoError::Failed,
        })
    }
}
