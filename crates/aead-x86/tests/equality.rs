//! Every path computes what the RustCrypto crates do.

use handfast_aead_x86::aead::{
    AeadInOut, KeyInit,
    consts::{U12, U16},
};
use handfast_aead_x86::{Aes128Gcm, Aes256Gcm, Algorithm, Key};

/// Reproducible bytes.
fn bytes(seed: usize, len: usize) -> Vec<u8> {
    let mut state = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}

/// A key on every path of this CPU.
fn keys<A: Algorithm>(raw: &[u8]) -> Vec<Key<A>> {
    Key::<A>::paths().map(|path| Key::with_path(raw.try_into().unwrap(), path).unwrap()).collect()
}

fn equal<A: Algorithm>(keys: &[Key<A>], reference: &impl AeadInOut<NonceSize = U12, TagSize = U16>) {
    for key in keys {
        let path = key.path();
        for len in 0..4_200 {
            let plain = bytes(len, len);
            let aad = bytes(len + 1, len % 301);
            let nonce: [u8; 12] = bytes(len + 2, 12).try_into().unwrap();
            let mut wanted = plain.clone();
            let tag = reference.encrypt_inout_detached(&nonce.into(), &aad, wanted.as_mut_slice().into()).unwrap();
            let mut out = Vec::new();
            key.seal(&nonce, &aad, &[&plain], &mut out).unwrap();
            assert_eq!(out[..len], wanted, "{path:?} {len}");
            assert_eq!(out[len..], tag[..], "{path:?} {len}");
            key.open_in_place(&nonce, &aad, &mut out[..len], &tag.into()).unwrap();
            assert_eq!(out[..len], plain);
        }
    }
}

#[test]
fn aes_128_gcm() {
    let raw = bytes(1, 16);
    equal::<_>(&keys::<_>(&raw) as &Vec<Aes128Gcm>, &aes_gcm::Aes128Gcm::new_from_slice(&raw).unwrap());
}

#[test]
fn aes_256_gcm() {
    let raw = bytes(1, 32);
    equal::<_>(&keys::<_>(&raw) as &Vec<Aes256Gcm>, &aes_gcm::Aes256Gcm::new_from_slice(&raw).unwrap());
}
