//! Ed25519 (RFC 8032).
//!
//! Checking is strict. RFC 8032 leaves room between implementations: keys and points in encodings that are not the
//! smallest, keys of small order under which a signature holds for almost any message, and an equation with or without
//! the cofactor. No honest signer makes any of these. What has only one reading for everyone is accepted here:
//! canonical encodings, no point of small order, the equation without the cofactor.
//!
//! Signing is deterministic, and the signature is not checked afterwards: what a fault gives away, it gives away by two
//! different signatures over the same message, and TLS never signs one message twice, as it holds both sides' random.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use ed25519_dalek::{PUBLIC_KEY_LENGTH, SECRET_KEY_LENGTH, Signature, Signer, VerifyingKey};
use handfast_crypto::{CryptoError, KeyError, KeyKind, PublicKey, Random, SigningKey};
use handfast_wire::SignatureScheme;
use zeroize::Zeroizing;

/// Checks a signature.
pub(crate) fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    let key = decode(key).ok_or(CryptoError::BadKey)?;
    let signature = Signature::from_slice(signature).map_err(|_| CryptoError::BadSignature)?;
    key.verify_strict(message, &signature).map_err(|_| CryptoError::BadSignature)
}

fn decode(bytes: &[u8]) -> Option<VerifyingKey> {
    let bytes = <&[u8; PUBLIC_KEY_LENGTH]>::try_from(bytes).ok()?;
    let key = VerifyingKey::from_bytes(bytes).ok()?;
    // RFC 8032 §5.1.3: a coordinate of p or more does not decode. The crate takes it modulo p.
    let canonical = key.to_edwards().compress().as_bytes() == bytes;
    (canonical && !key.is_weak()).then_some(key)
}

/// The key that `private` makes. `public`, where the key's container has it, must be its other half.
pub(crate) fn load(private: &[u8], public: Option<&[u8]>) -> Result<Arc<dyn SigningKey>, KeyError> {
    let seed = Zeroizing::new(<[u8; SECRET_KEY_LENGTH]>::try_from(private).map_err(|_| KeyError::Malformed)?);
    let key = ed25519_dalek::SigningKey::from_bytes(&seed);
    let bytes = key.verifying_key().to_bytes().to_vec();
    if public.is_some_and(|public| public != bytes) {
        return Err(KeyError::Inconsistent);
    }
    Ok(Arc::new(Key { key, public: PublicKey { kind: KeyKind::Ed25519, bytes } }))
}

/// A key that signs. It wipes itself.
struct Key {
    key: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl SigningKey for Key {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        &[SignatureScheme::ED25519]
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8], _: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        if !self.schemes().contains(&scheme) {
            return Err(CryptoError::Unsupported);
        }
        let signature = self.key.try_sign(message).map_err(|_| CryptoError::Failed)?;
        Ok(signature.to_bytes().to_vec())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kind", &self.public.kind).finish_non_exhaustive()
    }
}
