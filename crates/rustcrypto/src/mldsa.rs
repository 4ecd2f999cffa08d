//! ML-DSA (FIPS 204), pure, with an empty context (RFC 9881, draft-ietf-tls-mldsa).
//!
//! Signing is hedged: 32 random bytes go into every signature besides the key and the message (FIPS 204 §3.4).
//!
//! A private key is its seed. RFC 9881 §6 also lets a container hold the key expanded from it, alone or beside the
//! seed:
//!
//! ```text
//! ML-DSA-PrivateKey ::= CHOICE {
//!     seed         [0] IMPLICIT OCTET STRING (SIZE (32)),
//!     expandedKey      OCTET STRING (SIZE (2560 | 4032 | 4896)),
//!     both             SEQUENCE { seed OCTET STRING (SIZE (32)), expandedKey OCTET STRING }
//! }
//! ```
//!
//! Beside the seed it is compared with what the seed makes. Alone it is refused: the crate has deprecated that form,
//! for its decoder can panic at a malformed key.

use crate::random::Draw;
use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::fmt;
use der::{
    Decode, Reader, SliceReader, Tag, TagMode, TagNumber, Tagged,
    asn1::{AnyRef, OctetStringRef},
};
use handfast_crypto::{CryptoError, KeyError, KeyKind, PublicKey, Random, SigningKey};
use handfast_wire::SignatureScheme;
use ml_dsa::{
    EncodedVerifyingKey, ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Seed, Signature, VerifyingKey,
};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// Checks a signature.
pub(crate) fn verify<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    let key = <&EncodedVerifyingKey<P>>::try_from(key).map_err(|_| CryptoError::BadKey)?;
    let signature = Signature::<P>::try_from(signature).map_err(|_| CryptoError::BadSignature)?;
    let valid = VerifyingKey::<P>::decode(key).verify_with_context(message, &[], &signature);
    valid.then_some(()).ok_or(CryptoError::BadSignature)
}

/// The key in the DER of an `ML-DSA-PrivateKey`. `public`, where the container has it, must be its other half.
pub(crate) fn load<P: Parameters>(private: &[u8], public: Option<&[u8]>) -> Result<Arc<dyn SigningKey>, KeyError> {
    let (seed, expanded) = parse(private)?;
    let seed = Zeroizing::new(Seed::try_from(seed).map_err(|_| KeyError::Malformed)?);
    let key = Box::new(ExpandedSigningKey::<P>::from_seed(&seed));
    let bytes = key.verifying_key().encode().to_vec();
    if public.is_some_and(|public| public != bytes) || expanded.is_some_and(|expanded| !is(&key, expanded)) {
        return Err(KeyError::Inconsistent);
    }
    Ok(Arc::new(Key { key, public: PublicKey { kind: P::KIND, bytes } }))
}

/// The seed, and the expanded key if it is there too.
fn parse(private: &[u8]) -> Result<(&[u8], Option<&[u8]>), KeyError> {
    let malformed = |_: der::Error| KeyError::Malformed;
    let mut reader = SliceReader::new(private).map_err(malformed)?;
    let seed = reader.context_specific::<&OctetStringRef>(TagNumber(0), TagMode::Implicit).map_err(malformed)?;
    if let Some(seed) = seed {
        reader.finish().map_err(malformed)?;
        return Ok((seed.as_bytes(), None));
    }
    let other = AnyRef::from_der(private).map_err(malformed)?;
    if Tagged::tag(&other) == Tag::OctetString {
        return Err(KeyError::Unsupported);
    }
    other
        .sequence(|both| {
            let seed = <&OctetStringRef>::decode(both)?;
            let expanded = <&OctetStringRef>::decode(both)?;
            Ok::<_, der::Error>((seed.as_bytes(), Some(expanded.as_bytes())))
        })
        .map_err(malformed)
}

/// Whether `expanded` is what `key` was expanded to.
fn is<P: MlDsaParams>(key: &ExpandedSigningKey<P>, expanded: &[u8]) -> bool {
    #[expect(deprecated, reason = "the one use for which the expanded encoding still exists: to compare it")]
    let mut own = key.to_expanded();
    let same = own.as_slice().ct_eq(expanded).into();
    own.as_mut_slice().zeroize();
    same
}

/// A key that signs. It wipes itself.
struct Key<P: MlDsaParams> {
    key: Box<ExpandedSigningKey<P>>,
    public: PublicKey,
}

impl<P: Parameters> SigningKey for Key<P> {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn schemes(&self) -> &[SignatureScheme] {
        P::SCHEMES
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        if !self.schemes().contains(&scheme) {
            return Err(CryptoError::Unsupported);
        }
        let mut draw = Draw::new(random);
        let signature = self.key.sign_randomized(message, &[], &mut draw).map_err(|_| draw.blame())?;
        Ok(signature.encode().to_vec())
    }
}

impl<P: MlDsaParams> fmt::Debug for Key<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kind", &self.public.kind).finish_non_exhaustive()
    }
}

/// A parameter set with its names.
pub(crate) trait Parameters: MlDsaParams + Send + Sync + 'static {
    const KIND: KeyKind;
    const SCHEMES: &'static [SignatureScheme];
}

impl Parameters for MlDsa44 {
    const KIND: KeyKind = KeyKind::MlDsa44;
    const SCHEMES: &'static [SignatureScheme] = &[SignatureScheme::MLDSA44];
}

impl Parameters for MlDsa65 {
    const KIND: KeyKind = KeyKind::MlDsa65;
    const SCHEMES: &'static [SignatureScheme] = &[SignatureScheme::MLDSA65];
}

impl Parameters for MlDsa87 {
    const KIND: KeyKind = KeyKind::MlDsa87;
    const SCHEMES: &'static [SignatureScheme] = &[SignatureScheme::MLDSA87];
}
