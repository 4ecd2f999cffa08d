//! Signing with RSA keys.

use super::{Padding, check, private};
use crate::random::Draw;
use ::rsa::{Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey, traits::SignatureScheme as _};
use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use handfast_crypto::{
    CryptoError, HashAlgorithm, KeyError, KeyKind, PublicKey, Random, SignatureAlgorithm, SigningKey, signature::Scheme,
};
use handfast_wire::SignatureScheme;
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
    Ok(Arc::new(Key::new(der, kind, schemes)?))
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
    fn new(der: &[u8], kind: KeyKind, schemes: &'static [SignatureScheme]) -> Result<Self, KeyError> {
        let (key, public) = private::decode(der, kind)?;
        Ok(Self { checks: key.to_public_key(), key, schemes, public })
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
    use ::rsa::{
        BoxedUint,
        traits::{PrivateKeyParts, PublicKeyParts},
    };
    use pki_types::{PrivatePkcs1KeyDer, pem::PemObject};

    fn key() -> Key {
        let pem = include_bytes!("../../tests/keys/rsa-2048-pkcs1.pem");
        let der = PrivatePkcs1KeyDer::from_pem_slice(pem).unwrap();
        Key::new(der.secret_pkcs1_der(), KeyKind::Rsa, SCHEMES).unwrap()
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
