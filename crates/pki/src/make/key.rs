//! Private keys.

use super::Error;
use crate::encode::{bit_string, sequence, small_integer, tlv};
use crate::{pem, spki};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use handfast_crypto::{KeyError, KeyKind, Provider, PublicKey, SigningKey};
use pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

const OCTET_STRING: u8 = 0x04;

/// How often a random scalar is drawn before generation gives up. Even for P-256 a scalar is too large only once in
/// 2^32 draws.
const DRAWS: usize = 8;

/// A private key, as bytes and ready to sign.
pub struct Key {
    signer: Arc<dyn SigningKey>,
    der: Zeroizing<PrivateKeyDer<'static>>,
}

/// What key to make. A [`KeyKind`] is one too; then RSA means [`KeySpec::RSA_BITS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    kind: KeyKind,
    rsa_bits: usize,
}

impl KeySpec {
    /// How many bits an RSA key has where nobody says: 2,048, the least that is taken and what everybody reads. More makes each
    /// signature slower by the cube; who wants more strength has it from P-256, at 128 bits, for less.
    pub const RSA_BITS: usize = 2048;

    /// An RSA key of so many bits. Which sizes there are is up to the provider; the default one makes 2,048 … 4,096 in steps of
    /// 128.
    pub const fn rsa(bits: usize) -> Self {
        Self { kind: KeyKind::Rsa, rsa_bits: bits }
    }
}

impl From<KeyKind> for KeySpec {
    fn from(kind: KeyKind) -> Self {
        Self { kind, rsa_bits: Self::RSA_BITS }
    }
}

impl Key {
    /// A fresh key, as PKCS#8. P-256, P-384, P-521, Ed25519 and ML-DSA keys are random octets, so no more than the provider's
    /// randomness and key loader is needed; RSA keys the provider makes.
    ///
    /// # Errors
    /// [`Error::Key`] with [`KeyError::Unsupported`] for a kind that is not made here or that the provider does not load;
    /// [`Error::Crypto`] without randomness, and for a size of RSA that the provider does not make.
    pub fn generate(provider: &Provider, spec: impl Into<KeySpec>) -> Result<Self, Error> {
        match spec.into() {
            KeySpec { kind: KeyKind::Rsa, rsa_bits } => {
                Self::load(provider, &*provider.keys.generate_rsa(rsa_bits, &*provider.random)?)
            }
            KeySpec { kind, .. } => Self::of_octets(provider, kind),
        }
    }

    fn of_octets(provider: &Provider, kind: KeyKind) -> Result<Self, Error> {
        let len = match kind {
            KeyKind::P256 | KeyKind::Ed25519 | KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => 32,
            KeyKind::P384 => 48,
            KeyKind::P521 => 66,
            _ => return Err(Error::Key(KeyError::Unsupported)),
        };
        let mut secret = Zeroizing::new(Vec::new());
        secret.resize(len, 0);
        let mut last = KeyError::Unsupported;
        for _ in 0..DRAWS {
            provider.random.fill(&mut secret)?;
            if kind == KeyKind::P521
                && let Some(first) = secret.first_mut()
            {
                // 521 bits: one in the first octet.
                *first &= 1;
            }
            let der = private_key(kind, &secret, None)?;
            match provider.keys.load(&der) {
                // The loader found the public key; with it inside, every program can read the file.
                Ok(signer) => {
                    let der = private_key(kind, &secret, Some(signer.public_key()))?;
                    return Ok(Self { signer, der });
                }
                Err(error) => last = error,
            }
        }
        Err(Error::Key(last))
    }

    /// A key that exists.
    ///
    /// # Errors
    /// As [`handfast_crypto::KeyLoader::load`].
    pub fn load(provider: &Provider, der: &PrivateKeyDer<'_>) -> Result<Self, Error> {
        Ok(Self { signer: provider.keys.load(der)?, der: Zeroizing::new(der.clone_key()) })
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        self.signer.public_key()
    }

    /// The key, ready to sign.
    pub fn signer(&self) -> &Arc<dyn SigningKey> {
        &self.signer
    }

    /// The private half. A generated key is PKCS#8.
    pub fn der(&self) -> &PrivateKeyDer<'static> {
        &self.der
    }

    /// The private half as PKCS#8, which is what is sealed and what PKCS#12 files hold.
    ///
    /// # Errors
    /// [`Error::Rule`] for a kind without an object identifier.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<PrivatePkcs8KeyDer<'static>>, Error> {
        match &*self.der {
            PrivateKeyDer::Pkcs8(key) => Ok(Zeroizing::new(key.clone_key())),
            // What RFC 8017 and RFC 5915 have for these is what PKCS#8 has inside.
            key => wrap(self.public_key().kind, key.secret_der()),
        }
    }

    /// The private half as PEM.
    pub fn to_pem(&self) -> Zeroizing<String> {
        let label = match &*self.der {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        pem::encode(label, self.der.secret_der())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kind", &self.public_key().kind).finish_non_exhaustive()
    }
}

/// PKCS#8 around `secret`.
///
/// ```text
/// PrivateKeyInfo ::= SEQUENCE {                             RFC 5958 §2
///     version             INTEGER (0)
///     algorithm           AlgorithmIdentifier              as in SubjectPublicKeyInfo
///     privateKey          OCTET STRING }                   holds one of:
///
/// ECPrivateKey ::= SEQUENCE {                               RFC 5915 §3
///     version             INTEGER (1)
///     privateKey          OCTET STRING                     as long as the order of the curve
///     publicKey       [1] EXPLICIT BIT STRING OPTIONAL }
/// CurvePrivateKey ::= OCTET STRING                          RFC 8410 §7, 32 octets
/// seed [0] IMPLICIT OCTET STRING                            RFC 9881 §6, 32 octets
/// ```
fn private_key(
    kind: KeyKind,
    secret: &[u8],
    public: Option<&PublicKey>,
) -> Result<Zeroizing<PrivateKeyDer<'static>>, Error> {
    let key = match kind {
        KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => ec_private_key(secret, public),
        KeyKind::Ed25519 => secret_tlv(OCTET_STRING, &[secret]),
        KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => secret_tlv(0x80, &[secret]),
        _ => return Err(Error::Key(KeyError::Unsupported)),
    };
    Ok(Zeroizing::new(wrap(kind, &key)?.clone_key().into()))
}

/// PKCS#8 around the algorithm's own structure.
fn wrap(kind: KeyKind, key: &[u8]) -> Result<Zeroizing<PrivatePkcs8KeyDer<'static>>, Error> {
    let key = secret_tlv(OCTET_STRING, &[key]);
    Ok(Zeroizing::new(PrivatePkcs8KeyDer::from(sequence(&[&small_integer(0), &spki::algorithm(kind)?, &key]))))
}

fn ec_private_key(secret: &[u8], public: Option<&PublicKey>) -> Zeroizing<Vec<u8>> {
    let public = public.map_or_else(Vec::new, |key| tlv(0xa1, &[&bit_string(&key.bytes)]));
    let secret = secret_tlv(OCTET_STRING, &[secret]);
    secret_tlv(crate::encode::SEQUENCE, &[&small_integer(1), &secret, &public])
}

fn secret_tlv(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(tlv(tag, parts))
}
