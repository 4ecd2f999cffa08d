//! Keys from passwords, the older ways.

use alloc::vec::Vec;
use handfast_pki::encrypted::Fault;
use md5::Md5;
use md5::digest::Digest;
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::Sha1;
use zeroize::Zeroizing;

/// The hashes of PBKDF1.
#[derive(Clone, Copy)]
pub(crate) enum Hash {
    Md5,
    Sha1,
}

/// What OpenSSL's PEM encryption makes of a password: MD5 over what came before, the password, and the first 8 octets of the IV,
/// as often as it takes.
pub(crate) fn dek_info(password: &[u8], iv: &[u8], len: usize) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let salt = iv.get(..8).ok_or(Fault::Malformed("DEK-Info"))?;
    let mut key = Zeroizing::new(Vec::with_capacity(len.saturating_add(16)));
    let mut before = Zeroizing::new(Vec::with_capacity(16));
    while key.len() < len {
        let hash = Md5::new().chain_update(&*before).chain_update(password).chain_update(salt).finalize();
        let hash = Zeroizing::new(<[u8; 16]>::from(hash));
        before.clear();
        before.extend_from_slice(&*hash);
        key.extend_from_slice(&*hash);
    }
    key.truncate(len);
    Ok(key)
}

/// PBKDF1 (RFC 8018 §5.1), whole: 16 octets of MD5, 20 of SHA-1.
pub(crate) fn pbes1(hash: Hash, password: &[u8], salt: &[u8], iterations: u32) -> Zeroizing<Vec<u8>> {
    match hash {
        Hash::Md5 => pbkdf1::<Md5>(password, salt, iterations),
        Hash::Sha1 => pbkdf1::<Sha1>(password, salt, iterations),
    }
}

fn pbkdf1<H: Digest>(password: &[u8], salt: &[u8], iterations: u32) -> Zeroizing<Vec<u8>> {
    let mut hash = H::new().chain_update(password).chain_update(salt).finalize();
    for _ in 1..iterations {
        hash = H::digest(&hash);
    }
    Zeroizing::new(hash.to_vec())
}

/// A key of `key_len` octets and an IV of 8, by SHA-1 (RFC 7292 Appendix B.2).
pub(crate) fn pkcs12(password: &[u8], salt: &[u8], iterations: u32, key_len: usize) -> [Zeroizing<Vec<u8>>; 2] {
    // No file is opened that asks for more.
    let rounds = i32::try_from(iterations).unwrap_or(i32::MAX);
    [(Pkcs12KeyType::EncryptionKey, key_len), (Pkcs12KeyType::Iv, 8)]
        .map(|(id, len)| Zeroizing::new(derive_key::<Sha1>(password, salt, id, rounds, len)))
}
