//! SHA-2, with HMAC and HKDF over it, and SHA-1 for identifiers.

use aws_lc_rs::{digest, hkdf, hmac};
use handfast_crypto::hash::Sha1;
use handfast_crypto::{CryptoError, Digest, Hash, HashAlgorithm, HashContext, Secret};

pub(crate) const SHA256: &dyn Hash = &Sha2 {
    algorithm: HashAlgorithm::Sha256,
    digest: &digest::SHA256,
    hmac: hmac::HMAC_SHA256,
    hkdf: hkdf::HKDF_SHA256,
};
pub(crate) const SHA384: &dyn Hash = &Sha2 {
    algorithm: HashAlgorithm::Sha384,
    digest: &digest::SHA384,
    hmac: hmac::HMAC_SHA384,
    hkdf: hkdf::HKDF_SHA384,
};
pub(crate) const SHA512: &dyn Hash = &Sha2 {
    algorithm: HashAlgorithm::Sha512,
    digest: &digest::SHA512,
    hmac: hmac::HMAC_SHA512,
    hkdf: hkdf::HKDF_SHA512,
};

/// SHA-1, for identifiers only.
pub(crate) const SHA1: Sha1 = |parts| Ok(finish(start(&digest::SHA1_FOR_LEGACY_USE_ONLY, parts)));

/// A hash function by all its names.
struct Sha2 {
    algorithm: HashAlgorithm,
    digest: &'static digest::Algorithm,
    hmac: hmac::Algorithm,
    hkdf: hkdf::Algorithm,
}

impl Hash for Sha2 {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    fn start(&self) -> Box<dyn HashContext> {
        Box::new(Running(start(self.digest, &[])))
    }

    fn digest(&self, parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        Ok(match parts {
            [whole] => Digest::new(digest::digest(self.digest, whole).as_ref()),
            parts => finish(start(self.digest, parts)),
        })
    }

    fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> Result<Digest, CryptoError> {
        Ok(Digest::new(self.mac(key, parts).as_ref()))
    }

    fn extract(&self, salt: &[u8], ikm: &[u8]) -> Result<Secret, CryptoError> {
        Secret::new(self.mac(salt, &[ikm]).as_ref()).ok_or(CryptoError::Failed)
    }

    fn expand(&self, prk: &[u8], info: &[&[u8]], okm: &mut [u8]) -> Result<(), CryptoError> {
        // The crate panics at a longer key.
        if !(self.algorithm.output_len()..=Secret::MAX).contains(&prk.len()) {
            return Err(CryptoError::Length);
        }
        let prk = hkdf::Prk::new_less_safe(self.hkdf, prk);
        prk.expand(info, Len(okm.len())).and_then(|output| output.fill(okm)).map_err(|_| CryptoError::Length)
    }
}

impl Sha2 {
    fn mac(&self, key: &[u8], parts: &[&[u8]]) -> hmac::Tag {
        let key = hmac::Key::new(self.hmac, key);
        if let [whole] = parts {
            return hmac::sign(&key, whole);
        }
        let mut mac = hmac::Context::with_key(&key);
        for part in parts {
            mac.update(part);
        }
        mac.sign()
    }
}

/// How many bytes HKDF makes.
struct Len(usize);

impl hkdf::KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

fn start(algorithm: &'static digest::Algorithm, parts: &[&[u8]]) -> digest::Context {
    let mut hash = digest::Context::new(algorithm);
    for part in parts {
        hash.update(part);
    }
    hash
}

fn finish(hash: digest::Context) -> Digest {
    Digest::new(hash.finish().as_ref())
}

/// A hash that goes on.
struct Running(digest::Context);

impl HashContext for Running {
    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn current(&self) -> Result<Digest, CryptoError> {
        Ok(finish(self.0.clone()))
    }

    fn fork(&self) -> Box<dyn HashContext> {
        Box::new(Self(self.0.clone()))
    }
}
