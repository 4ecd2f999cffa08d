//! AES-GCM, ChaCha20-Poly1305 and AES-CCM.
//!
//! The crates differ in what they leave behind when a tag does not fit: GCM and ChaCha20-Poly1305 check first and never
//! touch the buffer, CCM has to decrypt in order to check. Here the buffer is wiped in each case, so that there is one
//! behaviour to rely on (and a change in a crate changes nothing).

use aes::{Aes128, Aes256};
#[cfg(not(feature = "accelerated"))]
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use alloc::{boxed::Box, vec::Vec};
use ccm::{
    Ccm,
    aead::{AeadInOut, KeyInit, array::Array},
    consts::{U8, U12, U16},
};
#[cfg(not(feature = "accelerated"))]
use chacha20poly1305::ChaCha20Poly1305;
use core::marker::PhantomData;
#[cfg(feature = "accelerated")]
use handfast_aead_x86::{Aes128Gcm, Aes256Gcm, ChaCha20Poly1305};
use handfast_crypto::{
    Aead, AeadAlgorithm, AeadKey, CryptoError,
    aead::{MAX_TAG_LEN, NONCE_LEN, copy_and_seal},
};
use zeroize::Zeroize;

/// AES-128-GCM.
pub const AES_128_GCM: &dyn Aead = &Algorithm::<Aes128Gcm>(PhantomData);

/// AES-256-GCM.
pub const AES_256_GCM: &dyn Aead = &Algorithm::<Aes256Gcm>(PhantomData);

/// ChaCha20-Poly1305 (RFC 8439).
pub const CHACHA20_POLY1305: &dyn Aead = &Algorithm::<ChaCha20Poly1305>(PhantomData);

/// AES-128-CCM with a 16-byte tag. A message is at most 2^24 − 1 bytes, for a 12-byte nonce leaves three for its
/// length.
pub const AES_128_CCM: &dyn Aead = &Algorithm::<Aes128Ccm>(PhantomData);

/// AES-128-CCM with an 8-byte tag, for devices that cannot afford more (RFC 6655).
pub const AES_128_CCM_8: &dyn Aead = &Algorithm::<Aes128Ccm8>(PhantomData);

/// AES-256-CCM with a 16-byte tag.
pub const AES_256_CCM: &dyn Aead = &Algorithm::<Aes256Ccm>(PhantomData);

/// AES-256-CCM with an 8-byte tag.
pub const AES_256_CCM_8: &dyn Aead = &Algorithm::<Aes256Ccm8>(PhantomData);

type Aes128Ccm = Ccm<Aes128, U16, U12>;
type Aes128Ccm8 = Ccm<Aes128, U8, U12>;
type Aes256Ccm = Ccm<Aes256, U16, U12>;
type Aes256Ccm8 = Ccm<Aes256, U8, U12>;

/// The AEAD `C`.
struct Algorithm<C>(PhantomData<fn() -> C>);

impl<C: Named> Aead for Algorithm<C> {
    fn algorithm(&self) -> AeadAlgorithm {
        C::ALGORITHM
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        match C::new_from_slice(key) {
            Ok(cipher) => Ok(Box::new(Key(cipher))),
            Err(_) => Err(CryptoError::Length),
        }
    }
}

/// One key, expanded. The ciphers wipe themselves when dropped.
struct Key<C>(C);

impl<C: Named> AeadKey for Key<C> {
    fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
    ) -> Result<[u8; MAX_TAG_LEN], CryptoError> {
        let tag = self.0.encrypt_inout_detached(nonce.into(), aad, buf.into()).map_err(|_| CryptoError::Length)?;
        let mut out = [0; MAX_TAG_LEN];
        for (to, from) in out.iter_mut().zip(&tag) {
            *to = *from;
        }
        Ok(out)
    }

    fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        buf: &mut [u8],
        tag: &[u8],
    ) -> Result<(), CryptoError> {
        let opened = <&Array<u8, C::TagSize>>::try_from(tag)
            .is_ok_and(|tag| self.0.decrypt_inout_detached(nonce.into(), aad, (&mut *buf).into(), tag).is_ok());
        if opened {
            return Ok(());
        }
        buf.zeroize();
        Err(CryptoError::OpenFailed)
    }

    fn tag_len(&self) -> usize {
        C::ALGORITHM.tag_len()
    }

    fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], plain: &[&[u8]], out: &mut Vec<u8>) -> Result<(), CryptoError> {
        match Named::seal(&self.0, nonce, aad, plain, out) {
            Some(sealed) => sealed,
            None => copy_and_seal(self, nonce, aad, plain, out),
        }
    }
}

/// What the crates call an AEAD, with our name for it.
trait Named: AeadInOut<NonceSize = U12> + KeyInit + Send + Sync + 'static {
    const ALGORITHM: AeadAlgorithm;

    /// As [`AeadKey::seal`], if the cipher can work out of place.
    fn seal(
        &self,
        _nonce: &[u8; NONCE_LEN],
        _aad: &[u8],
        _plain: &[&[u8]],
        _out: &mut Vec<u8>,
    ) -> Option<Result<(), CryptoError>> {
        None
    }
}

/// One of the ciphers that seal out of place where they are accelerated.
macro_rules! out_of_place {
    ($cipher:ident) => {
        impl Named for $cipher {
            const ALGORITHM: AeadAlgorithm = AeadAlgorithm::$cipher;

            #[cfg(feature = "accelerated")]
            fn seal(
                &self,
                nonce: &[u8; NONCE_LEN],
                aad: &[u8],
                plain: &[&[u8]],
                out: &mut Vec<u8>,
            ) -> Option<Result<(), CryptoError>> {
                Some(self.seal(nonce, aad, plain, out).map_err(|_| CryptoError::Length))
            }
        }
    };
}

out_of_place!(Aes128Gcm);
out_of_place!(Aes256Gcm);
out_of_place!(ChaCha20Poly1305);

impl Named for Aes128Ccm {
    const ALGORITHM: AeadAlgorithm = AeadAlgorithm::Aes128Ccm;
}

impl Named for Aes128Ccm8 {
    const ALGORITHM: AeadAlgorithm = AeadAlgorithm::Aes128Ccm8;
}

impl Named for Aes256Ccm {
    const ALGORITHM: AeadAlgorithm = AeadAlgorithm::Aes256Ccm;
}

impl Named for Aes256Ccm8 {
    const ALGORITHM: AeadAlgorithm = AeadAlgorithm::Aes256Ccm8;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AEADS;
    use alloc::vec;

    const PLAIN: &[u8] = b"thirty-five bytes that must not leak";

    fn key(aead: &dyn Aead) -> Box<dyn AeadKey> {
        aead.key(&vec![7; aead.algorithm().key_len()]).unwrap()
    }

    fn sealed(key: &dyn AeadKey) -> (Vec<u8>, Vec<u8>) {
        let mut out = Vec::new();
        key.seal(&[9; 12], b"aad", &[PLAIN], &mut out).unwrap();
        let tag = out.split_off(PLAIN.len());
        (out, tag)
    }

    #[test]
    fn keys_and_tags_have_exactly_their_length() {
        for aead in AEADS {
            let len = aead.algorithm().key_len();
            for wrong in [0, len - 1, len + 1, 2 * len] {
                assert_eq!(aead.key(&vec![0; wrong]).err(), Some(CryptoError::Length));
            }
            let key = key(*aead);
            assert_eq!(key.tag_len(), aead.algorithm().tag_len());
            let (cipher, tag) = sealed(&*key);
            assert_eq!(tag.len(), key.tag_len());
            let longer = [&tag[..], &[0]].concat();
            for wrong in [&tag[..0], &tag[..tag.len() - 1], &longer] {
                assert_eq!(
                    key.open_in_place(&[9; 12], b"aad", &mut cipher.clone(), wrong),
                    Err(CryptoError::OpenFailed)
                );
            }
        }
    }

    #[test]
    fn what_was_sealed_opens() {
        for aead in AEADS {
            let key = key(*aead);
            let (mut buf, tag) = sealed(&*key);
            assert_ne!(buf, PLAIN);
            key.open_in_place(&[9; 12], b"aad", &mut buf, &tag).unwrap();
            assert_eq!(buf, PLAIN);
        }
    }

    /// docs/regressions.md row 51.
    #[test]
    fn nothing_of_the_plaintext_is_left_when_the_tag_does_not_fit() {
        for aead in AEADS {
            let key = key(*aead);
            let (cipher, tag) = sealed(&*key);
            let mut bad_tag = tag.clone();
            bad_tag[0] ^= 1;
            let mut bad_cipher = cipher.clone();
            bad_cipher[PLAIN.len() - 1] ^= 0x80;
            let refused = |nonce: &[u8; 12], aad: &[u8], cipher: &[u8], tag: &[u8]| {
                let mut buf = cipher.to_vec();
                assert_eq!(key.open_in_place(nonce, aad, &mut buf, tag), Err(CryptoError::OpenFailed));
                assert_eq!(buf, vec![0; PLAIN.len()], "{:?}", aead.algorithm());
            };
            refused(&[9; 12], b"aad", &cipher, &bad_tag);
            refused(&[9; 12], b"aad", &bad_cipher, &tag);
            refused(&[9; 12], b"aae", &cipher, &tag);
            refused(&[8; 12], b"aad", &cipher, &tag);
            refused(&[9; 12], b"aad", &cipher, &tag[1..]);
        }
    }

    /// The CCM crate finds out that a message is too long for its length field only after it has decrypted it.
    #[test]
    fn ccm_wipes_a_message_longer_than_it_can_be() {
        let key = key(AES_128_CCM);
        let mut buf = vec![0x55; 1 << 24];
        assert_eq!(key.seal_in_place(&[9; 12], &[], &mut buf), Err(CryptoError::Length));
        assert!(buf.iter().all(|byte| *byte == 0x55));
        assert_eq!(key.open_in_place(&[9; 12], &[], &mut buf, &[0; 16]), Err(CryptoError::OpenFailed));
        assert!(buf.iter().all(|byte| *byte == 0));
    }
}
