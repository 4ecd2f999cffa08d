//! SHA-2, with HMAC and HKDF over it, and SHA-1 for identifiers.
//!
//! Software hashes do not fail, so most of the errors that the traits allow for cannot arise here.

use crate::keyed;
use alloc::boxed::Box;
use core::marker::PhantomData;
use handfast_crypto::hash::Sha1;
use handfast_crypto::{CryptoError, Digest, Hash, HashAlgorithm, HashContext, HmacKey, Secret};
use sha2::digest::block_api::EagerHash;
use sha2::digest::common::hazmat::SerializableState;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use zeroize::Zeroize;

/// SHA-256.
pub const SHA256: &dyn Hash = &Sha2::<Sha256>(PhantomData);

/// SHA-384.
pub const SHA384: &dyn Hash = &Sha2::<Sha384>(PhantomData);

/// SHA-512.
pub const SHA512: &dyn Hash = &Sha2::<Sha512>(PhantomData);

/// SHA-1, for identifiers only.
pub const SHA1: Sha1 = sha1;

fn sha1(parts: &[&[u8]]) -> Result<Digest, CryptoError> {
    let mut hash = ::sha1::Sha1::new();
    for part in parts {
        hash.update(part);
    }
    Ok(Digest::new(&hash.finalize()))
}

/// The hash function `D`.
struct Sha2<D>(PhantomData<fn() -> D>);

impl<D: Named> Hash for Sha2<D> {
    fn algorithm(&self) -> HashAlgorithm {
        D::ALGORITHM
    }

    fn start(&self) -> Box<dyn HashContext> {
        Box::new(Running(D::new()))
    }

    fn digest(&self, parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        let mut hash = D::new();
        for part in parts {
            hash.update(part);
        }
        Ok(Digest::new(&hash.finalize()))
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        keyed::hmac::<D>(&keyed::prepare::<D>(key)?, parts)
    }

    fn extract(&self, salt: &[u8], ikm: &[u8]) -> Result<Secret, CryptoError> {
        // RFC 5869 §2.2: PRK = HMAC(salt, IKM).
        let mut prk = self.hmac(salt, &[ikm])?;
        let secret = Secret::new(prk.as_bytes()).ok_or(CryptoError::Failed);
        prk.zeroize();
        secret
    }

    fn expand(&self, prk: &[u8], info: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError> {
        if prk.len() < D::ALGORITHM.output_len() {
            return Err(CryptoError::Length);
        }
        keyed::expand::<D>(&keyed::prepare::<D>(prk)?, info, okm)
    }

    fn prepare(&self, key: &[u8]) -> Result<HmacKey, CryptoError> {
        keyed::prepare::<D>(key)
    }

    fn hmac_with(&self, key: &HmacKey, parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        keyed::hmac::<D>(key, parts)
    }

    fn expand_with(&self, prk: &HmacKey, info: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError> {
        keyed::expand::<D>(prk, info, okm)
    }
}

/// A hash that goes on.
struct Running<D>(D);

impl<D: Named> HashContext for Running<D> {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn current(&self) -> Result<Digest, CryptoError> {
        Ok(Digest::new(&self.0.clone().finalize()))
    }

    fn fork(&self) -> Box<dyn HashContext> {
        Box::new(Self(self.0.clone()))
    }
}

/// What the crate calls a digest, with our name for it.
pub(crate) trait Named:
    sha2::Digest + EagerHash<Core: SerializableState + Send + Sync> + Clone + Send + Sync + 'static
{
    const ALGORITHM: HashAlgorithm;
}

impl Named for Sha256 {
    const ALGORITHM: HashAlgorithm = HashAlgorithm::Sha256;
}

impl Named for Sha384 {
    const ALGORITHM: HashAlgorithm = HashAlgorithm::Sha384;
}

impl Named for Sha512 {
    const ALGORITHM: HashAlgorithm = HashAlgorithm::Sha512;
}
