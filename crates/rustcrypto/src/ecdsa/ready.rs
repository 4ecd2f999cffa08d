//! A key that many signatures are checked with: the key of a trust anchor.
//!
//! A check computes R = u₁·G + u₂·Q, and most of it are the 256 (384, 521) doublings that the two products share. Here the
//! scalars are cut into slices of 64 bits, each with a multiple of G or Q of its own, 2^64 times the one before:
//!
//! ```text
//! u₁·G + u₂·Q = Σ u₁ᵢ·(2^64ⁱ·G) + Σ u₂ᵢ·(2^64ⁱ·Q)        uᵢ < 2^64
//! ```
//!
//! so that 64 doublings are left. Making the multiples takes as long as one check or two. The arithmetic is the crates', as is
//! the sum ([`WnafBase::multiscalar_mul`]); everything is public, so it may take time as it likes.

use crate::curve::{self, NistCurve};
use ::ecdsa::{
    Signature,
    elliptic_curve::{
        FieldBytes, FieldBytesSize, ProjectivePoint, Scalar,
        array::typenum::{U5, Unsigned},
        ff::PrimeField,
        group::{Curve as _, Group},
        ops::{Invert, Reduce},
        point::AffineCoordinates,
    },
};
use alloc::{boxed::Box, vec::Vec};
use handfast_crypto::{CryptoError, ReadyKey};
use wnaf::{WnafBase, WnafScalar};

/// How many bytes of a scalar are one slice.
const SLICE: usize = 8;

/// A public key on the curve `C` with its multiples: 6 KiB on P-256, 14 on P-384, 31 on P-521.
pub(crate) struct Ready<C: NistCurve> {
    /// For every slice of a scalar, the lowest first: first those of G, then those of the key.
    multiples: Vec<WnafBase<ProjectivePoint<C>, U5>>,
}

impl<C: NistCurve> Ready<C> {
    /// The key in SEC1 form, if it is one.
    pub(crate) fn boxed(key: &[u8]) -> Option<Box<dyn ReadyKey>> {
        let key = curve::decode_key::<C>(key)?;
        let mut multiples = Vec::with_capacity(2 * Self::SLICES);
        for mut point in [ProjectivePoint::<C>::generator(), key.to_projective()] {
            multiples.push(WnafBase::new(&point));
            for _ in 1..Self::SLICES {
                for _ in 0..8 * SLICE {
                    point = point.double();
                }
                multiples.push(WnafBase::new(&point));
            }
        }
        Some(Box::new(Self { multiples }))
    }

    const SLICES: usize = FieldBytesSize::<C>::USIZE.div_ceil(SLICE);

    /// Checks a signature over a message that hashes to `digest` (FIPS 186-5 §6.4.2).
    pub(crate) fn check(&self, digest: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let signature = Signature::<C>::from_der(signature).map_err(|_| CryptoError::BadSignature)?;
        let (r, s) = signature.split_scalars();
        let inverse = *s.invert_vartime();
        let scalars = [integer::<C>(digest)? * inverse, *r * inverse];
        let slices: Vec<_> = scalars.iter().flat_map(slices::<C>).collect();
        let sum = WnafBase::multiscalar_mul(self.multiples.iter().zip(&slices));
        let x = sum.to_affine().x();
        if Scalar::<C>::reduce(&x) == *r { Ok(()) } else { Err(CryptoError::BadSignature) }
    }
}

/// A digest as a number below the order: its leftmost bits, if it is longer (FIPS 186-5 §6.4.2, step 2). No hash is longer than
/// the order of P-521, and the other orders are whole bytes.
fn integer<C: NistCurve>(digest: &[u8]) -> Result<Scalar<C>, CryptoError> {
    let mut bytes = FieldBytes::<C>::default();
    let digest = digest.get(..bytes.len()).unwrap_or(digest);
    let start = bytes.len().saturating_sub(digest.len());
    bytes.get_mut(start..).ok_or(CryptoError::Length)?.copy_from_slice(digest);
    Ok(Scalar::<C>::reduce(&bytes))
}

/// The slices of a scalar, the lowest first.
fn slices<C: NistCurve>(scalar: &Scalar<C>) -> impl Iterator<Item = WnafScalar<Scalar<C>, U5>> {
    let mut bytes = scalar.to_repr();
    bytes.reverse();
    (0..Ready::<C>::SLICES).map(move |slice| {
        let end = bytes.len().min((slice + 1) * SLICE);
        WnafScalar::from_le_bytes(bytes.get(slice * SLICE..end).unwrap_or_default())
    })
}
