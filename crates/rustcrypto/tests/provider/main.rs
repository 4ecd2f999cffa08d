//! The provider from outside: groups that agree, keys that load, sign and verify, and generators that fail.

#[cfg(feature = "legacy")]
mod cbc;
#[cfg(feature = "legacy")]
mod encryption;
#[cfg(feature = "legacy")]
mod field;
mod groups;
mod loading;
mod signing;
mod verifying;

use handfast_crypto::{CryptoError, Random, SigningKey};
use handfast_rustcrypto::{KEYS, SystemRandom};
use pki_types::{PrivateKeyDer, pem::PemObject};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A file of `tests/keys`, all of them made by OpenSSL.
macro_rules! pem {
    ($name:literal) => {
        include_str!(concat!("../keys/", $name, ".pem"))
    };
}
use pem;

/// One key of every kind that OpenSSL 3.0 makes and we sign with.
const KEYS_THAT_SIGN: &[&str] = &[
    pem!("p256"),
    pem!("p384"),
    pem!("p521"),
    pem!("ed25519"),
    pem!("rsa-2048"),
    // The encoding of PSS is a byte shorter than this modulus.
    pem!("rsa-2049"),
    pem!("rsa-2048-e3"),
    pem!("rsa-pss"),
    pem!("rsa-pss-sha384"),
];

fn key(pem: &str) -> Arc<dyn SigningKey> {
    KEYS.load(&der(pem)).unwrap()
}

fn der(pem: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// The ML-DSA keys whose seed is 0, 1, 2 … 31, in PKCS#8 (RFC 9881 §6).
fn ml_dsa() -> [PrivateKeyDer<'static>; 3] {
    let seed: Vec<u8> = (0..32).collect();
    [17, 18, 19].map(|set| pkcs8(&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, set], &tlv(0x80, &seed), None))
}

/// A PKCS#8 container around `private`, whose algorithm has no parameters, and of version 2 with a public key.
fn pkcs8(oid: &[u8], private: &[u8], public: Option<&[u8]>) -> PrivateKeyDer<'static> {
    let algorithm = tlv(0x30, &tlv(6, oid));
    let version = tlv(2, &[public.is_some().into()]);
    let public = public.map_or(Vec::new(), |key| tlv(0x81, &[&[0], key].concat()));
    let info = tlv(0x30, &[version, algorithm, tlv(4, private), public].concat());
    PrivateKeyDer::Pkcs8(info.into())
}

/// A DER value: tag, length, content.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match content.len() {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [&head, content].concat()
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// A generator that works a number of times and then fails, having written what it should not have.
struct FailsAfter(AtomicUsize);

impl FailsAfter {
    fn new(times: usize) -> Self {
        Self(AtomicUsize::new(times))
    }
}

impl Random for FailsAfter {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        SystemRandom.fill(out)?;
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.map(|_| ()).map_err(|_| CryptoError::Random)
    }
}

/// Runs `operation` with generators that fail at their first, second … use. Gives how many uses it takes until it
/// works; before that it must fail, and say so.
fn uses_of_random<T>(operation: impl Fn(&dyn Random) -> Result<T, CryptoError>) -> usize {
    for times in 0..200 {
        match operation(&FailsAfter::new(times)) {
            Ok(_) => return times,
            Err(error) => assert_eq!(error, CryptoError::Random, "after {times}"),
        }
    }
    panic!("never works")
}
