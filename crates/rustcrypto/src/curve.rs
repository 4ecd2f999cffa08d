//! The NIST curves, as key exchange and signatures share them: a row for each, and the encoding of points.

use ::ecdsa::{
    DigestAlgorithm,
    der::MaxOverhead,
    elliptic_curve::{
        Curve, CurveArithmetic, PublicKey,
        array::ArraySize,
        ops::Invert,
        sec1::{FromSec1Point, ModulusSize, ToSec1Point},
        subtle::CtOption,
    },
};
use alloc::vec::Vec;
use core::ops::Add;
use handfast_crypto::KeyKind;
use handfast_wire::{NamedGroup, SignatureScheme};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use pkcs8::ObjectIdentifier;
use wnaf::WnafSize;

/// A curve. The bounds say that it can do what the crates do with curves: ECDH, ECDSA, points as SEC1 bytes, signatures
/// as DER.
pub(crate) trait NistCurve:
    Curve<FieldBytesSize: ModulusSize + Add<Output: Add<MaxOverhead, Output: ArraySize>>>
    + CurveArithmetic<
        AffinePoint: FromSec1Point<Self> + ToSec1Point<Self>,
        Scalar: Invert<Output = CtOption<<Self as CurveArithmetic>::Scalar>> + WnafSize,
    > + DigestAlgorithm
{
    /// The group it is.
    const GROUP: NamedGroup;
    /// The kind of key on it.
    const KIND: KeyKind;
    /// The one scheme that TLS 1.3 signs with on it (RFC 9846 §4.3.3).
    const SCHEMES: &'static [SignatureScheme];
    /// What it is called in keys (RFC 5480 §2.1.1.1).
    const OID: ObjectIdentifier;
    /// The bits of a scalar's first byte that the order has too: all, unless the order is not a whole number of bytes.
    const FIRST_BYTE: u8 = 0xff;
}

impl NistCurve for NistP256 {
    const GROUP: NamedGroup = NamedGroup::SECP256R1;
    const KIND: KeyKind = KeyKind::P256;
    const SCHEMES: &'static [SignatureScheme] = &[SignatureScheme::ECDSA_SECP256R1_SHA256];
    const OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
}

impl NistCurve for NistP384 {
    const GROUP: NamedGroup = NamedGroup::SECP384R1;
    const KIND: KeyKind = KeyKind::P384;
    const SCHEMES: &'static [SignatureScheme] = &[SignatureScheme::ECDSA_SECP384R1_SHA384];
    const OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
}

impl NistCurve for NistP521 {
    const GROUP: NamedGroup = NamedGroup::SECP521R1;
    const KIND: KeyKind = KeyKind::P521;
    const SCHEMES: &'static [SignatureScheme] = &[SignatureScheme::ECDSA_SECP521R1_SHA512];
    const OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
    const FIRST_BYTE: u8 = 0x01;
}

/// The point's uncompressed form: `04`, x, y.
pub(crate) fn encode<C: NistCurve>(point: &PublicKey<C>) -> Vec<u8> {
    point.to_sec1_point(false).as_bytes().to_vec()
}

/// A point on the curve from its uncompressed form, the only one that TLS 1.3 knows (RFC 9846 §4.3.8.2). Infinity has
/// no such form, and a pair of coordinates that is no point is refused; with a cofactor of one nothing else can be
/// wrong.
pub(crate) fn decode<C: NistCurve>(bytes: &[u8]) -> Option<PublicKey<C>> {
    matches!(bytes, [4, ..]).then(|| PublicKey::from_sec1_bytes(bytes).ok())?
}

/// The same, or a point in compressed form, which RFC 5480 §2.2 lets a key have.
pub(crate) fn decode_key<C: NistCurve>(bytes: &[u8]) -> Option<PublicKey<C>> {
    matches!(bytes, [2..=4, ..]).then(|| PublicKey::from_sec1_bytes(bytes).ok())?
}
