//! Diffie-Hellman on X25519 and the NIST curves.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, agree};
use handfast_crypto::{CryptoError, Group, Random, SharedSecret};
use handfast_rustcrypto::agreement::{Curve, Ecdh, candidates};
use handfast_wire::NamedGroup;
use std::marker::PhantomData;

pub(crate) const X25519: &dyn Group = &Ecdh::<On<Curve25519, false>>::new();
pub(crate) const P256: &dyn Group = &Ecdh::<On<NistP256, false>>::new();
pub(crate) const P384: &dyn Group = &Ecdh::<On<NistP384, false>>::new();
pub(crate) const P521: &dyn Group = &Ecdh::<On<NistP521, false>>::new();

// The same with private keys from AWS-LC's generator.
pub(crate) const OWN_X25519: &dyn Group = &Ecdh::<On<Curve25519, true>>::new();
pub(crate) const OWN_P256: &dyn Group = &Ecdh::<On<NistP256, true>>::new();
pub(crate) const OWN_P384: &dyn Group = &Ecdh::<On<NistP384, true>>::new();
pub(crate) const OWN_P521: &dyn Group = &Ecdh::<On<NistP521, true>>::new();

/// The curve `C`, whose private keys are drawn by AWS-LC if `OWN`, else from the generator that is given.
struct On<C, const OWN: bool>(PhantomData<fn() -> C>);

impl<C: Named, const OWN: bool> Curve for On<C, OWN> {
    const GROUP: NamedGroup = C::GROUP;
    const PRIVATE_LEN: usize = C::PRIVATE_LEN;
    const FIRST_BYTE: u8 = C::FIRST_BYTE;

    type Private = PrivateKey;

    fn private(candidate: &[u8]) -> Option<PrivateKey> {
        PrivateKey::from_private_key(C::ALGORITHM, candidate).ok()
    }

    fn share(private: &PrivateKey) -> Result<Vec<u8>, CryptoError> {
        let share = private.compute_public_key().map_err(|_| CryptoError::Failed)?;
        Ok(share.as_ref().to_vec())
    }

    fn agree(private: &PrivateKey, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        // The crate takes points in other forms, and whole keys, which TLS does not have.
        if share.len() != C::SHARE_LEN || !share.starts_with(C::UNCOMPRESSED) {
            return Err(CryptoError::InvalidShare);
        }
        // It refuses what is not on the curve, and a secret that is zero (RFC 9846 §7.4.2).
        let share = UnparsedPublicKey::new(C::ALGORITHM, share);
        agree(private, share, CryptoError::InvalidShare, |secret| Ok(SharedSecret::new(secret.to_vec())))
    }

    fn fresh(random: &dyn Random) -> Result<PrivateKey, CryptoError> {
        if OWN {
            PrivateKey::generate(C::ALGORITHM).map_err(|_| CryptoError::Random)
        } else {
            candidates::<Self>(random)
        }
    }
}

/// A curve with its names.
trait Named: 'static {
    const GROUP: NamedGroup;
    const ALGORITHM: &'static agreement::Algorithm;
    const PRIVATE_LEN: usize;
    const SHARE_LEN: usize;
    const FIRST_BYTE: u8 = 0xff;
    /// How a share begins.
    const UNCOMPRESSED: &'static [u8] = &[4];
}

struct Curve25519;

impl Named for Curve25519 {
    const GROUP: NamedGroup = NamedGroup::X25519;
    const ALGORITHM: &'static agreement::Algorithm = &agreement::X25519;
    const PRIVATE_LEN: usize = 32;
    const SHARE_LEN: usize = 32;
    const UNCOMPRESSED: &'static [u8] = &[];
}

struct NistP256;

impl Named for NistP256 {
    const GROUP: NamedGroup = NamedGroup::SECP256R1;
    const ALGORITHM: &'static agreement::Algorithm = &agreement::ECDH_P256;
    const PRIVATE_LEN: usize = 32;
    const SHARE_LEN: usize = 65;
}

struct NistP384;

impl Named for NistP384 {
    const GROUP: NamedGroup = NamedGroup::SECP384R1;
    const ALGORITHM: &'static agreement::Algorithm = &agreement::ECDH_P384;
    const PRIVATE_LEN: usize = 48;
    const SHARE_LEN: usize = 97;
}

struct NistP521;

impl Named for NistP521 {
    const GROUP: NamedGroup = NamedGroup::SECP521R1;
    const ALGORITHM: &'static agreement::Algorithm = &agreement::ECDH_P521;
    const PRIVATE_LEN: usize = 66;
    const SHARE_LEN: usize = 133;
    const FIRST_BYTE: u8 = 0x01;
}
