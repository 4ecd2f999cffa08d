//! SHA-2, with HMAC and HKDF over it, and SHA-1 for identifiers.
//!
//! Software hashes do not fail, so most of the errors that the traits allow for cannot arise here.

use alloc::boxed::Box;
use core::marker::PhantomData;
use handfast_crypto::hash::Sha1;
use handfast_crypto::{CryptoError, Digest, Hash, HashAlgorithm, HashContext, Secret};
use hkdf::Hkdf;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
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
        let mut mac = Hmac::<D>::new_from_slice(key).map_err(|_| CryptoError::Length)?;
        for part in parts {
            mac.update(part);
        }
        Ok(Digest::new(&mac.finalize().into_bytes()))
    }

    fn extract(&self, salt: &[u8], ikm: &[u8]) -> Result<Secret, CryptoError> {
        // RFC 5869 §2.2: PRK = HMAC(salt, IKM). The crate's `extract` would also key the HMAC of an Expand that the key
        // schedule may never ask for.
        let mut mac = Hmac::<D>::new_from_slice(salt).map_err(|_| CryptoError::Length)?;
        mac.update(ikm);
        let mut prk = mac.finalize().into_bytes();
        let secret = Secret::new(&prk).ok_or(CryptoError::Failed);
        prk.as_mut_slice().zeroize();
        secret
    }

    fn expand(&self, prk: &[u8], info: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError> {
        let prk = Hkdf::<D>::from_prk(prk).map_err(|_| CryptoError::Length)?;
        prk.expand_multi_info(info, okm).map_err(|_| CryptoError::Length)
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
trait Named: sha2::Digest + EagerHash<Core: Send + Sync> + Clone + Send + Sync + 'static {
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
