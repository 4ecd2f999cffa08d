//! Private keys from PKCS#8, PKCS#1 and SEC1, and new ones of RSA.
//!
//! ```text
//! OneAsymmetricKey ::= SEQUENCE {                     -- PKCS#8, RFC 5958 §2
//!     version              INTEGER,                   -- 0, or 1 with a public key
//!     privateKeyAlgorithm  AlgorithmIdentifier,
//!     privateKey           OCTET STRING,              -- by algorithm, see below
//!     attributes       [0] SET OPTIONAL,              -- ignored
//!     publicKey        [1] BIT STRING OPTIONAL        -- must fit; ignored for RSA, whose private key has it anyway
//! }
//!
//! ECPrivateKey ::= SEQUENCE {                         -- SEC1, RFC 5915 §3
//!     version              INTEGER,                   -- 1
//!     privateKey           OCTET STRING,
//!     parameters       [0] OBJECT IDENTIFIER OPTIONAL,  -- the curve; alone it must be there
//!     publicKey        [1] BIT STRING OPTIONAL        -- must fit
//! }
//! ```
//!
//! | algorithm | `privateKey` holds |
//! |---|---|
//! | rsaEncryption, id-RSASSA-PSS | an `RSAPrivateKey` |
//! | id-ecPublicKey, the curve as parameter | an `ECPrivateKey` |
//! | id-Ed25519 | an OCTET STRING of 32 bytes (RFC 8410 §7) |
//! | id-ml-dsa-44, -65, -87 | an `ML-DSA-PrivateKey` |

use crate::{curve::NistCurve, ecdsa, ed25519, mldsa, rsa};
use alloc::sync::Arc;
use der::{Decode, asn1::OctetStringRef};
#[cfg(feature = "legacy")]
use handfast_crypto::DecryptingKey;
use handfast_crypto::{CryptoError, HashAlgorithm, KeyError, KeyKind, KeyLoader, Random, SigningKey};
use handfast_wire::SignatureScheme;
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use pkcs1::RsaPssParamsOwned;
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef, spki::AlgorithmIdentifierRef};
use pki_types::PrivateKeyDer;
use sec1::{EcParameters, EcPrivateKey};
use zeroize::Zeroizing;

/// Loads the keys that this provider signs with, makes those of RSA and, with the feature `legacy`, those that it decrypts with.
pub const KEYS: &dyn KeyLoader = &Loader;

struct Loader;

impl KeyLoader for Loader {
    fn load(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn SigningKey>, KeyError> {
        match key {
            PrivateKeyDer::Pkcs1(key) => rsa::load(key.secret_pkcs1_der(), KeyKind::Rsa, rsa::SCHEMES),
            PrivateKeyDer::Sec1(key) => ec(key.secret_sec1_der(), None, None),
            PrivateKeyDer::Pkcs8(key) => pkcs8(key.secret_pkcs8_der()),
            _ => Err(KeyError::Malformed),
        }
    }

    fn generate_rsa(&self, bits: usize, random: &dyn Random) -> Result<Zeroizing<PrivateKeyDer<'static>>, CryptoError> {
        rsa::generate(bits, random)
    }

    #[cfg(feature = "legacy")]
    fn load_decrypter(&self, key: &PrivateKeyDer<'_>) -> Result<Arc<dyn DecryptingKey>, KeyError> {
        match key {
            PrivateKeyDer::Pkcs1(key) => rsa::load_decrypter(key.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(key) => {
                let info = PrivateKeyInfoRef::from_der(key.secret_pkcs8_der()).map_err(|_| KeyError::Malformed)?;
                // RFC 4055 §1.2: a key for PSS is for nothing else.
                if info.algorithm.oid != RSA {
                    return Err(KeyError::Unsupported);
                }
                rsa::load_decrypter(info.private_key.as_bytes())
            }
            PrivateKeyDer::Sec1(_) => Err(KeyError::Unsupported),
            _ => Err(KeyError::Malformed),
        }
    }
}

fn pkcs8(der: &[u8]) -> Result<Arc<dyn SigningKey>, KeyError> {
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    let private = info.private_key.as_bytes();
    let public = info.public_key.map(|bits| bits.as_bytes().ok_or(KeyError::Malformed)).transpose()?;
    match info.algorithm.oid {
        RSA => rsa::load(private, KeyKind::Rsa, rsa::SCHEMES),
        RSA_PSS => rsa::load(private, KeyKind::RsaPss, pss_schemes(&info.algorithm)?),
        EC => {
            let curve = info.algorithm.parameters_oid().map_err(|_| KeyError::Unsupported)?;
            ec(private, Some(curve), public)
        }
        ED25519 => {
            let private = <&OctetStringRef>::from_der(private).map_err(|_| KeyError::Malformed)?;
            ed25519::load(private.as_bytes(), public)
        }
        ML_DSA_44 => mldsa::load::<MlDsa44>(private, public),
        ML_DSA_65 => mldsa::load::<MlDsa65>(private, public),
        ML_DSA_87 => mldsa::load::<MlDsa87>(private, public),
        _ => Err(KeyError::Unsupported),
    }
}

pub(crate) const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ML_DSA_44: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17");
const ML_DSA_65: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18");
const ML_DSA_87: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19");

/// An `ECPrivateKey`, with the curve and the public key of what it stands in.
fn ec(der: &[u8], curve: Option<ObjectIdentifier>, public: Option<&[u8]>) -> Result<Arc<dyn SigningKey>, KeyError> {
    let key = EcPrivateKey::from_der(der).map_err(|_| KeyError::Malformed)?;
    let own = key.parameters.map(|EcParameters::NamedCurve(oid)| oid);
    let curve = match (curve, own) {
        (Some(curve), Some(own)) if curve != own => return Err(KeyError::Inconsistent),
        (Some(curve), _) | (None, Some(curve)) => curve,
        (None, None) => return Err(KeyError::Malformed),
    };
    let public = [key.public_key, public];
    match curve {
        NistP256::OID => ecdsa::load::<NistP256>(key.private_key, public),
        NistP384::OID => ecdsa::load::<NistP384>(key.private_key, public),
        NistP521::OID => ecdsa::load::<NistP521>(key.private_key, public),
        _ => Err(KeyError::Unsupported),
    }
}

/// What an id-RSASSA-PSS key may sign with: everything, unless its parameters restrict it (RFC 4055 §3.1).
///
/// ```text
/// RSASSA-PSS-params ::= SEQUENCE {
///     hashAlgorithm     [0] AlgorithmIdentifier DEFAULT sha1,
///     maskGenAlgorithm  [1] AlgorithmIdentifier DEFAULT mgf1 with sha1,
///     saltLength        [2] INTEGER DEFAULT 20,      -- in a key: at least
///     trailerField      [3] INTEGER DEFAULT 1
/// }
/// ```
fn pss_schemes(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<&'static [SignatureScheme], KeyError> {
    let Some(parameters) = algorithm.parameters else { return Ok(rsa::PSS_SCHEMES) };
    let parameters: RsaPssParamsOwned = parameters.decode_as().map_err(|_| KeyError::Malformed)?;
    let mask = parameters.mask_gen.parameters.map(|hash| hash.oid);
    if parameters.mask_gen.oid != MGF1 || mask != Some(parameters.hash.oid) {
        return Err(KeyError::Unsupported);
    }
    let (hash, schemes): (_, &[SignatureScheme]) = match parameters.hash.oid {
        SHA256 => (HashAlgorithm::Sha256, &[SignatureScheme::RSA_PSS_PSS_SHA256]),
        SHA384 => (HashAlgorithm::Sha384, &[SignatureScheme::RSA_PSS_PSS_SHA384]),
        SHA512 => (HashAlgorithm::Sha512, &[SignatureScheme::RSA_PSS_PSS_SHA512]),
        _ => return Err(KeyError::Unsupported),
    };
    // TLS makes the salt as long as the hash.
    if usize::from(parameters.salt_len) > hash.output_len() {
        return Err(KeyError::Unsupported);
    }
    Ok(schemes)
}

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
