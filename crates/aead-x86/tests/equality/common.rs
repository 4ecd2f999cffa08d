//! A cipher beside the crate that it must equal.

use handfast_aead_x86::aead::consts::{U12, U16};
use handfast_aead_x86::aead::{AeadInOut, KeyInit};
use handfast_aead_x86::{Aes128Gcm, Aes256Gcm, Algorithm, ChaCha20Poly1305, Key};

/// One key on every path, and what RustCrypto makes of it.
pub(crate) struct Pair<A: Algorithm> {
    pub(crate) keys: Vec<Key<A>>,
    seal: Box<Seal>,
}

type Seal = dyn Fn(&[u8; 12], &[u8], &mut [u8]) -> [u8; 16];

impl<A: Algorithm> Pair<A> {
    fn new<R>(key: &[u8]) -> Self
    where
        R: AeadInOut<NonceSize = U12, TagSize = U16> + KeyInit + 'static,
    {
        let reference = R::new_from_slice(key).unwrap();
        Self {
            keys: Key::<A>::paths().map(|path| Key::with_path(key.try_into().unwrap(), path).unwrap()).collect(),
            seal: Box::new(move |nonce, aad, buf| {
                reference.encrypt_inout_detached(nonce.into(), aad, buf.into()).unwrap().into()
            }),
        }
    }

    /// The ciphertext and the tag.
    pub(crate) fn reference(&self, nonce: &[u8; 12], aad: &[u8], plain: &[u8]) -> (Vec<u8>, [u8; 16]) {
        let mut buf = plain.to_vec();
        let tag = (self.seal)(nonce, aad, &mut buf);
        (buf, tag)
    }

    /// One of many nonces.
    pub(crate) fn nonce(&self, seed: usize) -> [u8; 12] {
        bytes(seed, 12).try_into().unwrap()
    }
}

pub(crate) fn aes_128_gcm(seed: usize) -> Pair<impl Algorithm> {
    fn pair<A: Algorithm>(pair: Pair<A>, _: impl Fn(&Key<A>) -> &Aes128Gcm) -> Pair<A> {
        pair
    }
    pair(Pair::new::<aes_gcm::Aes128Gcm>(&bytes(seed, 16)), |key| key)
}

pub(crate) fn aes_256_gcm(seed: usize) -> Pair<impl Algorithm> {
    fn pair<A: Algorithm>(pair: Pair<A>, _: impl Fn(&Key<A>) -> &Aes256Gcm) -> Pair<A> {
        pair
    }
    pair(Pair::new::<aes_gcm::Aes256Gcm>(&bytes(seed, 32)), |key| key)
}

pub(crate) fn chacha20_poly1305(seed: usize) -> Pair<impl Algorithm> {
    fn pair<A: Algorithm>(pair: Pair<A>, _: impl Fn(&Key<A>) -> &ChaCha20Poly1305) -> Pair<A> {
        pair
    }
    pair(Pair::new::<chacha20poly1305::ChaCha20Poly1305>(&bytes(seed, 32)), |key| key)
}

/// Reproducible bytes.
pub(crate) fn bytes(seed: usize, len: usize) -> Vec<u8> {
    let mut state = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..len).map(next).collect()
}

/// A test for each cipher, with several keys.
macro_rules! each {
    ($name:ident, |$pair:ident| $test:block) => {
        mod $name {
            use super::*;

            fn run<A: Algorithm>($pair: Pair<A>) $test

            #[test]
            fn aes_128_gcm() {
                (1..=3).for_each(|seed| run(common::aes_128_gcm(seed)));
            }

            #[test]
            fn aes_256_gcm() {
                (1..=3).for_each(|seed| run(common::aes_256_gcm(seed)));
            }

            #[test]
            fn chacha20_poly1305() {
                (1..=3).for_each(|seed| run(common::chacha20_poly1305(seed)));
            }
        }
    };
}

pub(crate) use each;
