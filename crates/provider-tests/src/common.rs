//! Keys, generators that fail or are stuck, and DER by hand.

use crate::Suite;
use handfast_crypto::{CryptoError, KeyKind, PublicKey, Random, SignatureAlgorithm, SigningKey};
use handfast_rustcrypto::SystemRandom;
use pki_types::{PrivateKeyDer, pem::PemObject};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

/// A file of `rustcrypto/tests/keys`, all of them made by OpenSSL.
macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../../rustcrypto/tests/keys/", $name, ".pem"))
    };
}
pub(crate) use pem;

/// One key of every kind that OpenSSL 3.0 makes and we sign with.
pub(crate) const KEYS_THAT_SIGN: [(KeyKind, &str); 9] = [
    (KeyKind::P256, pem!("p256")),
    (KeyKind::P384, pem!("p384")),
    (KeyKind::P521, pem!("p521")),
    (KeyKind::Ed25519, pem!("ed25519")),
    (KeyKind::Rsa, pem!("rsa-2048")),
    // The encoding of PSS is a byte shorter than this modulus.
    (KeyKind::Rsa, pem!("rsa-2049")),
    (KeyKind::Rsa, pem!("rsa-2048-e3")),
    (KeyKind::RsaPss, pem!("rsa-pss")),
    (KeyKind::RsaPss, pem!("rsa-pss-sha384")),
];

const ML_DSA: [KeyKind; 3] = [KeyKind::MlDsa44, KeyKind::MlDsa65, KeyKind::MlDsa87];

impl Suite {
    /// The key in a file, as the provider loads it.
    pub(crate) fn key(&self, pem: &str) -> Arc<dyn SigningKey> {
        self.provider.keys.load(&der(pem)).unwrap()
    }

    pub(crate) fn has(&self, kind: KeyKind) -> bool {
        !self.expect.lacks.contains(&kind)
    }

    /// Checks a signature, and once more with the key made ready, which must find the same.
    pub(crate) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let verdict = self.provider.verifier.verify(algorithm, key, message, signature);
        match self.provider.verifier.ready(key) {
            Some(ready) => assert_eq!(ready.verify(algorithm, message, signature), verdict, "{algorithm:?} {key:?}"),
            None => assert!(
                !self.expect.readies.contains(&key.kind) || key.bytes.is_empty() || verdict == Err(CryptoError::BadKey),
                "{key:?}"
            ),
        }
        verdict
    }

    /// A key of every kind that the provider has, in a container.
    pub(crate) fn containers(&self) -> Vec<PrivateKeyDer<'static>> {
        let files = KEYS_THAT_SIGN.into_iter().filter(|(kind, _)| self.has(*kind)).map(|(_, pem)| der(pem));
        let seeds = ML_DSA.into_iter().zip(ml_dsa()).filter(|(kind, _)| self.has(*kind)).map(|(_, der)| der);
        files.chain(seeds).collect()
    }

    /// The same, loaded.
    pub(crate) fn keys(&self) -> Vec<Arc<dyn SigningKey>> {
        self.containers().iter().map(|der| self.provider.keys.load(der).unwrap()).collect()
    }
}

pub(crate) fn der(pem: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// The ML-DSA keys whose seed is 0, 1, 2 … 31, in PKCS#8 (RFC 9881 §6).
pub(crate) fn ml_dsa() -> [PrivateKeyDer<'static>; 3] {
    let seed: Vec<u8> = (0..32).collect();
    [17, 18, 19].map(|set| pkcs8(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, set], &tlv(0x80, &seed), None))
}

/// A PKCS#8 container around `private`, whose algorithm has no parameters, and of version 2 with a public key.
pub(crate) fn pkcs8(oid: &[u8], private: &[u8], public: Option<&[u8]>) -> PrivateKeyDer<'static> {
    let algorithm = tlv(0x30, &tlv(6, oid));
    let version = tlv(2, &[public.is_some().into()]);
    let public = public.map_or(Vec::new(), |key| tlv(0x81, &[&[0], key].concat()));
    let info = tlv(0x30, &[version, algorithm, tlv(4, private), public].concat());
    PrivateKeyDer::Pkcs8(info.into())
}

/// A DER value: tag, length, content.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match content.len() {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&head, content].concat()
}

pub(crate) fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// A generator that works a number of times and then fails, having written what it should not have.
struct FailsAfter(AtomicUsize);

impl Random for FailsAfter {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        SystemRandom.fill(out)?;
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(|_| ()).map_err(|_| CryptoError::Random)
    }
}

/// Runs `operation` with generators that fail at their first, second … use. Gives how many uses it takes until it
/// works; before that it must fail, and say so.
pub(crate) fn uses_of_random<T>(operation: impl Fn(&dyn Random) -> Result<T, CryptoError>) -> usize {
    for times in 0..200 {
        match operation(&FailsAfter(AtomicUsize::new(times))) {
            Ok(_) => return times,
            Err(error) => assert_eq!(error, CryptoError::Random, "after {times}"),
        }
    }
    panic!("never works")
}

/// A generator that gives one byte over and over.
pub(crate) struct Stuck(pub(crate) u8);

impl Random for Stuck {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.fill(self.0);
        Ok(())
    }
}

/// Gives the bytes of a vector where the primitive asks for random ones: once, and only if it asks for that many.
pub(crate) struct Given(Mutex<Option<Vec<u8>>>);

impl Given {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Mutex::new(Some(bytes.into())))
    }
}

impl Random for Given {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        let bytes = self.0.lock().unwrap().take().expect("asked twice");
        assert_eq!(bytes.len(), out.len());
        out.copy_from_slice(&bytes);
        Ok(())
    }
}
