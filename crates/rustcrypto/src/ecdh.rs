//! Diffie-Hellman on the NIST curves (RFC 9846 §4.3.8.2, §7.4.2).
//!
//! Private keys are made here and not by the crate, for two reasons: its way has no end if the generator is stuck, and it does
//! not trim the candidates for P-521 to 521 bits, so that 127 of 128 fail.

use crate::agreement::{Curve, Ecdh};
use crate::curve::{self, NistCurve};
use ::ecdsa::elliptic_curve::{FieldBytesSize, SecretKey, array::typenum::Unsigned};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Group, SharedSecret};
use handfast_wire::NamedGroup;
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;

/// secp256r1.
pub const P256: &dyn Group = &Ecdh::<NistP256>::new();

/// secp384r1.
pub const P384: &dyn Group = &Ecdh::<NistP384>::new();

/// secp521r1.
pub const P521: &dyn Group = &Ecdh::<NistP521>::new();

impl<C: NistCurve> Curve for C {
    const GROUP: NamedGroup = <C as NistCurve>::GROUP;
    const PRIVATE_LEN: usize = FieldBytesSize::<C>::USIZE;
    const FIRST_BYTE: u8 = <C as NistCurve>::FIRST_BYTE;

    type Private = SecretKey<C>;

    fn private(candidate: &[u8]) -> Option<SecretKey<C>> {
        SecretKey::from_slice(candidate).ok()
    }

    fn share(private: &SecretKey<C>) -> Result<Vec<u8>, CryptoError> {
        Ok(curve::encode(&private.public_key()))
    }

    fn agree(private: &SecretKey<C>, share: &[u8]) -> Result<SharedSecret, CryptoError> {
        let peer = curve::decode::<C>(share).ok_or(CryptoError::InvalidShare)?;
        // RFC 9846 §7.4.2: the x-coordinate, at its full length.
        Ok(SharedSecret::new(private.diffie_hellman(&peer).raw_secret_bytes().to_vec()))
    }
}
