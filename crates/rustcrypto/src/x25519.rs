//! X25519 (RFC 7748, RFC 9846 §4.3.8.2).

use crate::agreement::{Curve, Ecdh};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Group, SharedSecret};
use handfast_wire::NamedGroup;
use subtle::ConstantTimeEq;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// X25519.
pub const X25519: &dyn Group = &Ecdh::<Curve25519>::new();

/// The length of a share, of a private key, and of the secret, in bytes.
const LEN: usize = 32;

struct Curve25519;

impl Curve for Curve25519 {
    const GROUP: NamedGroup = NamedGroup::X25519;
    const PRIVATE_LEN: usize = LEN;

    // The crate's ephemeral type can only be made by an infallible generator; ours may fail, so the bytes come first.
    type Private = StaticSecret;

    fn private(candidate: &[u8]) -> Option<StaticSecret> {
        let bytes = Zeroizing::new(<[u8; LEN]>::try_from(candidate).ok()?);
        Some(StaticSecret::from(*bytes))
    }

    fn share(private: &StaticSecret) -> Result<Vec<u8>, CryptoError> {
        Ok(PublicKey::from(private).as_bytes().to_vec())
    }

    fn agree(private: &StaticSecret, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        let share = <[u8; LEN]>::try_from(share).map_err(|_| CryptoError::InvalidShare)?;
        let secret = private.diffie_hellman(&PublicKey::from(share));
        // RFC 9846 §7.4.2: a share of small order makes the secret zero, whatever the private key. Only whether it is
        // zero becomes known, not where the first difference was.
        if secret.as_bytes().ct_eq(&[0; LEN]).into() {
            return Err(CryptoError::InvalidShare);
        }
        Ok(SharedSecret::new(secret.as_bytes().to_vec()))
    }
}
