//! RSA private keys.
//!
//! ```text
//! RSAPrivateKey ::= SEQUENCE {
//!     version           INTEGER,  -- 0; 1 is for more than two primes, which nobody uses
//!     modulus           INTEGER,  -- n: odd, 2048 … 8192 bits
//!     publicExponent    INTEGER,  -- e: odd, 3 … 2^32
//!     privateExponent   INTEGER,  -- d < n
//!     prime1            INTEGER,  -- p, at most half as long as n, rounded up
//!     prime2            INTEGER,  -- q, the same
//!     exponent1         INTEGER,  -- d mod (p - 1)
//!     exponent2         INTEGER,  -- d mod (q - 1)
//!     coefficient       INTEGER   -- 1/q mod p
//! }
//! ```

use super::bounded;
use crate::integer::{bits, uint};
use ::rsa::{RsaPrivateKey, traits::PrivateKeyParts};
use alloc::vec;
use der::{Decode, Encode};
use handfast_crypto::{KeyError, KeyKind, PublicKey};
use pkcs1::RsaPrivateKeyRef;

/// The key in the DER of an `RSAPrivateKey`, which wipes itself, and its public key as one of the kind `kind`.
pub(super) fn decode(der: &[u8], kind: KeyKind) -> Result<(RsaPrivateKey, PublicKey), KeyError> {
    let parts = RsaPrivateKeyRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    if parts.other_prime_infos.is_some() {
        return Err(KeyError::Unsupported);
    }
    let modulus = parts.modulus.as_bytes();
    let (n, e) = bounded(modulus, parts.public_exponent.as_bytes()).ok_or(KeyError::Unsupported)?;
    // The crate stores the secret numbers at these widths. Given so, it takes them over as they are; anything else it
    // copies, and leaves the first copy behind in freed memory.
    let (full, half) = (bits(modulus), bits(modulus).div_ceil(2));
    let d = uint(parts.private_exponent.as_bytes(), full).ok_or(KeyError::Inconsistent)?;
    let p = uint(parts.prime1.as_bytes(), half).ok_or(KeyError::Unsupported)?;
    let q = uint(parts.prime2.as_bytes(), half).ok_or(KeyError::Unsupported)?;
    let key = RsaPrivateKey::from_components(n, e, d, vec![p, q]).map_err(|_| KeyError::Inconsistent)?;
    // The crate computes these itself and would not notice if the key says something else; and it goes on without them,
    // three times as slow, if it cannot.
    let theirs = [&parts.exponent1, &parts.exponent2, &parts.coefficient].map(|part| uint(part.as_bytes(), half));
    let ours = [key.dp().cloned(), key.dq().cloned(), key.crt_coefficient()];
    if ours.contains(&None) || theirs != ours {
        return Err(KeyError::Inconsistent);
    }
    let bytes = parts.public_key().to_der().map_err(|_| KeyError::Malformed)?;
    Ok((key, PublicKey { kind, bytes }))
}
