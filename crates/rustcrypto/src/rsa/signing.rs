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

use super::{Padding, bits, bounded, check, uint};
use crate::random::Draw;
use ::rsa::{
    Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey,
    traits::{PrivateKeyParts, SignatureScheme as _},
};
use alloc::{sync::Arc, vec, vec::Vec};
use core::fmt;
use der::{Decode, Encode};
use handfast_crypto::{
    CryptoError, HashAlgorithm, KeyError, KeyKind, PublicKey, Random, SignatureAlgorithm, SigningKey, signature::Scheme,
};
use handfast_wire::SignatureScheme;
use pkcs1::RsaPrivateKeyRef;
use sha2::{
    Digest, Sha256, Sha384, Sha512,
    digest::{FixedOutputReset, const_oid::AssociatedOid},
};

/// What a key of the kind rsaEncryption signs with: PSS first, and PKCS#1 v1.5 for TLS 1.2.
pub(crate) const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// What a key of the kind id-RSASSA-PSS signs with, unless its parameters say less.
pub(crate) const PSS_SCHEMES: &[SignatureScheme] =
    &[SignatureScheme::RSA_PSS_PSS_SHA256, SignatureScheme::RSA_PSS_PSS_SHA384, SignatureScheme::RSA_PSS_PSS_SHA512];

/// The key in the DER of an `RSAPrivateKey`.
pub(crate) fn load(
    der: &[u8],
    kind: KeyKind,
    schemes: &'static [SignatureScheme],
) -> Result<Arc<dyn SigningKey>, KeyError> {
    Ok(Arc::new(Key::decode(der, kind, schemes)?))
}

/// A key that signs. It wipes itself.
struct Key {
    key: RsaPrivateKey,
    /// What a signature must verify under before it leaves.
    checks: RsaPublicKey,
    schemes: &'static [SignatureScheme],
    public: PublicKey,
}

impl SigningKey for Key {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        self.schemes
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        let row = Scheme::find(scheme).filter(|row| self.schemes.contains(&row.id)).ok_or(CryptoError::Unsupported)?;
        let (padding, hash) = match row.algorithm {
            SignatureAlgorithm::RsaPkcs1(hash) => (Padding::Pkcs1, hash),
            SignatureAlgorithm::RsaPss(hash) => (Padding::Pss, hash),
            _ => return Err(CryptoError::Unsupported),
        };
        match hash {
            HashAlgorithm::Sha256 => self.make::<Sha256>(padding, message, random),
            HashAlgorithm::Sha384 => self.make::<Sha384>(padding, message, random),
            HashAlgorithm::Sha512 => self.make::<Sha512>(padding, message, random),
            _ => Err(CryptoError::Unsupported),
        }
    }
}

impl Key {
    fn decode(der: &[u8], kind: KeyKind, schemes: &'static [SignatureScheme]) -> Result<Self, KeyError> {
        let parts = RsaPrivateKeyRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        if parts.other_prime_infos.is_some() {
            return Err(KeyError::Unsupported);
        }
        let modulus = parts.modulus.as_bytes();
        let (n, e) = bounded(modulus, parts.public_exponent.as_bytes()).ok_or(KeyError::Unsupported)?;
        // The crate stores the secret numbers at these widths. Given so, it takes them over as they are; anything else
        // it copies, and leaves the first copy behind in freed memory.
        let (full, half) = (bits(modulus), bits(modulus).div_ceil(2));
        let d = uint(parts.private_exponent.as_bytes(), full).ok_or(KeyError::Inconsistent)?;
        let p = uint(parts.prime1.as_bytes(), half).ok_or(KeyError::Unsupported)?;
        let q = uint(parts.prime2.as_bytes(), half).ok_or(KeyError::Unsupported)?;
        let key = RsaPrivateKey::from_components(n, e, d, vec![p, q]).map_err(|_| KeyError::Inconsistent)?;
        // The crate computes these itself and would not notice if the key says something else; and it goes on without
        // them, three times as slow, if it cannot.
        let theirs = [&parts.exponent1, &parts.exponent2, &parts.coefficient].map(|part| uint(part.as_bytes(), half));
        let ours = [key.dp().cloned(), key.dq().cloned(), key.crt_coefficient()];
        if ours.contains(&None) || theirs != ours {
            return Err(KeyError::Inconsistent);
        }
        let bytes = parts.public_key().to_der().map_err(|_| KeyError::Malformed)?;
        Ok(Self { checks: key.to_public_key(), key, schemes, public: PublicKey { kind, bytes } })
    }

    /// Signs with the hash `D`.
    fn make<D>(&self, padding: Padding, message: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoError>
    where
        D: Digest + AssociatedOid + FixedOutputReset,
    {
        let digest = D::digest(message);
        let mut draw = Draw::new(random);
        // Called through the trait, because the key's own method wants an infallible generator. A generator means
        // blinding; the crate goes without in silence if it is given none.
        let signature = match padding {
            Padding::Pkcs1 => Pkcs1v15Sign::new::<D>().sign(Some(&mut draw), &self.key, &digest),
            Padding::Pss => Pss::<D>::new().sign(Some(&mut draw), &self.key, &digest),
        };
        let signature = signature.map_err(|_| draw.blame())?;
        // A signature with a fault in one of its two halves gives away the other prime. The crate checks the bare
        // exponentiation; this checks what really leaves.
        check::<D>(&self.checks, padding, &digest, &signature).map_err(|_| CryptoError::Failed)?;
        Ok(signature)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kind", &self.public.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;
    use ::rsa::{BoxedUint, traits::PublicKeyParts};
    use pki_types::{PrivatePkcs1KeyDer, pem::PemObject};

    fn key() -> Key {
        let pem = include_bytes!("../../tests/keys/rsa-2048-pkcs1.pem");
        let der = PrivatePkcs1KeyDer::from_pem_slice(pem).unwrap();
        Key::decode(der.secret_pkcs1_der(), KeyKind::Rsa, SCHEMES).unwrap()
    }

    /// docs/regressions.md row 45. The key that the signature is checked with stands in for a fault: whatever does
    /// not verify does not leave.
    #[test]
    fn a_faulty_signature_does_not_leave() {
        let mut key = key();
        for scheme in SCHEMES {
            assert!(key.sign(*scheme, b"message", &SystemRandom).is_ok());
        }
        let n = key.key.n().as_ref().wrapping_sub(BoxedUint::from(2_u32));
        key.checks = RsaPublicKey::new(n, BoxedUint::from(65537_u32)).unwrap();
        for scheme in SCHEMES {
            assert_eq!(key.sign(*scheme, b"message", &SystemRandom), Err(CryptoError::Failed), "{scheme}");
        }
    }

    /// Without these the crate signs too, three times as slowly.
    #[test]
    fn a_key_has_what_the_chinese_remainder_theorem_needs() {
        let key = key().key;
        assert!(key.dp().is_some() && key.dq().is_some() && key.qinv().is_some());
        assert_eq!(key.dp().unwrap().bits_precision(), 1024);
    }
}
