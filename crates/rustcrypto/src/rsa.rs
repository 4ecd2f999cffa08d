//! RSASSA-PSS and RSASSA-PKCS1-v1_5 (RFC 8017 §8), with MGF1 and a salt as long as the hash, as TLS wants them
//! (RFC 9846 §4.3.3).
//!
//! # Speed
//!
//! A signature with a 2,048-bit key takes 1.64 ms here, PSS and PKCS#1 v1.5 alike, and a verification 0.08 ms (Sapphire
//! Rapids VM at 2.5 – 2.9 GHz, rustc 1.95, release profile). What it is made of:
//!
//! | step | ms |
//! |---|---|
//! | two exponentiations, modulo p and modulo q | 1.21 |
//! | blinding: an inversion modulo n in constant time (0.21), r^e, two multiplications | 0.30 |
//! | the crate's check that m^e = c, against a fault | 0.07 |
//! | our check of the signature that leaves | 0.07 |
//!
//! The figures come from
//!
//! ```text
//! cargo run --release -p handfast-rustcrypto --example rsa_speed
//! ```
//!
//! The crate has a reputation of 9 ms. That was true for a while: 0.10.0-pre.4 takes 9.8 ms for the same key on the
//! same machine, and without blinding. When the crate changed its integers from `num-bigint-dig` to `crypto-bigint`, it
//! kept p, q and the exponents for the Chinese remainder theorem at the width of n. Each half then cost as much as a
//! whole exponentiation, 4.6 ms, and the theorem doubled the work instead of quartering it (RustCrypto/RSA#490, #506).
//! 0.9 takes 1.5 ms, 1.8 ms with blinding, and little more at any optimization level from 1 on, so neither blinding nor
//! missing precomputation was to blame. The release candidate used here stores each number at the width of its prime
//! again.
//!
//! Two ways to be slow remain:
//!
//! - A key for which the crate cannot precompute signs all the same, by one exponentiation modulo n: 4.6 ms. Such a key
//!   does not load here.
//! - Without optimization a signature takes 8.4 ms, so the workspace optimizes its dependencies in the `dev` profile
//!   too.
//!
//! What would be left to save is the blinding's inversion, by squaring the last pair of factors instead of drawing a
//! new one. That needs a lock around the key, and ties signatures together by a secret that lives as long as the key.
//!
//! # Bounds
//!
//! A modulus is odd and has 2,048 to 8,192 bits, an exponent is odd and between 3 and 2^32, for public and private keys
//! alike. This is looked at before any arithmetic: the work of a verification grows with the square of the one and the
//! length of the other, and both come from the peer.
//!
//! ```text
//! RSAPublicKey ::= SEQUENCE {
//!     modulus           INTEGER,  -- n: odd, 2048 … 8192 bits
//!     publicExponent    INTEGER   -- e: odd, 3 … 2^32
//! }
//! ```

#[cfg(feature = "legacy")]
mod decrypting;
#[cfg(feature = "legacy")]
mod encrypting;
mod generating;
mod private;
mod signing;

#[cfg(feature = "legacy")]
pub use encrypting::ENCRYPTER;

#[cfg(feature = "legacy")]
pub(crate) use decrypting::load_decrypter;
pub(crate) use generating::generate;
pub(crate) use signing::{PSS_SCHEMES, SCHEMES, load};

use crate::integer::{bits, uint};
use ::rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use core::ops::RangeInclusive;
use der::Decode;
use handfast_crypto::{CryptoError, HashAlgorithm};
use pkcs1::RsaPublicKeyRef;
use sha2::{
    Digest, Sha256, Sha384, Sha512,
    digest::{FixedOutputReset, const_oid::AssociatedOid},
};

/// How many bits a modulus may have.
const MODULUS_BITS: RangeInclusive<usize> = 2048..=8192;

/// What a public exponent may be.
const EXPONENT: RangeInclusive<u64> = 3..=1 << 32;

// RFC 8017 §9.1.1 needs room for the hash, a salt and two bytes. The smallest modulus has it for the longest hash, so
// there is no key here too small for one of the PSS schemes. (One byte less, for a modulus of 8n + 1 bits.)
const _: () = assert!(*MODULUS_BITS.start() / 8 > 2 * HashAlgorithm::Sha512.output_len() + 2);

/// How many bits the modulus of `key`, the DER of an `RSAPublicKey`, has; `None` unless all of it is
/// [within bounds](self#bounds). This is what any RSA key is asked before any arithmetic.
pub fn modulus_bits(key: &[u8]) -> Option<usize> {
    let key = RsaPublicKeyRef::from_der(key).ok()?;
    let modulus = key.modulus.as_bytes();
    exponent(modulus, key.public_exponent.as_bytes())?;
    Some(bits(modulus))
}

/// What stands around the hash.
#[derive(Clone, Copy)]
pub(crate) enum Padding {
    Pkcs1,
    Pss,
}

/// Checks a signature. `key` is the DER of an `RSAPublicKey`.
pub(crate) fn verify(
    key: &[u8],
    padding: Padding,
    hash: HashAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), CryptoError> {
    let key = decode(key).ok_or(CryptoError::BadKey)?;
    match hash {
        HashAlgorithm::Sha256 => check::<Sha256>(&key, padding, &Sha256::digest(message), signature),
        HashAlgorithm::Sha384 => check::<Sha384>(&key, padding, &Sha384::digest(message), signature),
        HashAlgorithm::Sha512 => check::<Sha512>(&key, padding, &Sha512::digest(message), signature),
        _ => Err(CryptoError::Unsupported),
    }
}

/// Checks a signature over what hashes to `digest` with `D`.
fn check<D>(key: &RsaPublicKey, padding: Padding, digest: &[u8], signature: &[u8]) -> Result<(), CryptoError>
where
    D: Digest + AssociatedOid + FixedOutputReset,
{
    let verified = match padding {
        Padding::Pkcs1 => key.verify(Pkcs1v15Sign::new::<D>(), digest, signature),
        Padding::Pss => key.verify(Pss::<D>::new(), digest, signature),
    };
    verified.map_err(|_| CryptoError::BadSignature)
}

fn decode(der: &[u8]) -> Option<RsaPublicKey> {
    let key = RsaPublicKeyRef::from_der(der).ok()?;
    let (n, e) = bounded(key.modulus.as_bytes(), key.public_exponent.as_bytes())?;
    RsaPublicKey::new_with_size_limits(n, e, MODULUS_BITS).ok()
}

/// Modulus and exponent as integers, if they are within bounds. Both are given without leading zeros.
fn bounded(modulus: &[u8], public_exponent: &[u8]) -> Option<(BoxedUint, BoxedUint)> {
    let e = exponent(modulus, public_exponent)?;
    Some((uint(modulus, bits(modulus))?, BoxedUint::from(e)))
}

/// The exponent, if it and the modulus are within bounds.
fn exponent(modulus: &[u8], exponent: &[u8]) -> Option<u64> {
    let odd = modulus.last()? & exponent.last()? & 1 == 1;
    let mut e = [0; 8];
    e.get_mut(8_usize.checked_sub(exponent.len())?..)?.copy_from_slice(exponent);
    let e = u64::from_be_bytes(e);
    (odd && MODULUS_BITS.contains(&bits(modulus)) && EXPONENT.contains(&e)).then_some(e)
}
