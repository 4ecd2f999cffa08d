//! Diffie-Hellman on X25519, P-256 and P-384.

use graviola::key_agreement::{p256, p384, x25519};
use handfast_crypto::{CryptoError, Group, SharedSecret};
use handfast_rustcrypto::agreement::{Curve, Ecdh};
use handfast_wire::NamedGroup;
use zeroize::Zeroizing;

pub(super) const X25519: &dyn Group = &Ecdh::<Curve25519>::new();
pub(super) const P256: &dyn Group = &Ecdh::<NistP256>::new();
pub(super) const P384: &dyn Group = &Ecdh::<NistP384>::new();

struct Curve25519;

impl Curve for Curve25519 {
    const GROUP: NamedGroup = NamedGroup::X25519;
    const PRIVATE_LEN: usize = 32;

    type Private = x25519::StaticPrivateKey;

    fn private(candidate: &[u8]) -> Option<Self::Private> {
        x25519::StaticPrivateKey::try_from_slice(candidate).ok()
    }

    fn share(private: &Self::Private) -> Result<Vec<u8>, CryptoError> {
        Ok(private.public_key().as_bytes().to_vec())
    }

    fn agree(private: &Self::Private, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        // The crate refuses a secret that is zero (RFC 9846 §7.4.2).
        let peer = x25519::PublicKey::try_from_slice(share).map_err(|_| CryptoError::InvalidShare)?;
        let secret = private.diffie_hellman(&peer).map_err(|_| CryptoError::InvalidShare)?;
        Ok(SharedSecret::new(secret.0.to_vec()))
    }
}

/// A NIST curve: the crate has a module for each, and no trait.
macro_rules! nist {
    ($curve:ident, $group:ident, $module:ident, $len:literal) => {
        struct $curve;

        impl Curve for $curve {
            const GROUP: NamedGroup = NamedGroup::$group;
            const PRIVATE_LEN: usize = $len;

            type Private = $module::StaticPrivateKey;

            fn private(candidate: &[u8]) -> Option<Self::Private> {
                $module::StaticPrivateKey::from_bytes(candidate).ok()
            }

            fn share(private: &Self::Private) -> Result<Vec<u8>, CryptoError> {
                Ok(private.public_key_uncompressed().to_vec())
            }

            fn agree(private: &Self::Private, share: &[u8]) -> Result<SharedSecret, CryptoError> {
                let peer = $module::PublicKey::from_x962_uncompressed(share).map_err(|_| CryptoError::InvalidShare)?;
                let secret = private.diffie_hellman(&peer).map_err(|_| CryptoError::Failed)?;
                let bytes = Zeroizing::new(secret.0);
                Ok(SharedSecret::new(bytes.to_vec()))
            }
        }
    };
}

nist!(NistP256, SECP256R1, p256, 32);
nist!(NistP384, SECP384R1, p384, 48);
