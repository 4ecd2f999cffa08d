//! AES-GCM, ChaCha20-Poly1305 and AES-CCM.
//!
//! With the feature `accelerated` the first two are those of `handfast-aead-x86`.
//!
//! The crates differ in what they leave behind when a tag does not fit: some check first and do not touch the buffer, others
//! decrypt in order to check. Here the buffer is wiped in each case, so that there is one behaviour to rely on (and a change
//! in a crate changes nothing).

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
    aead::{MAX_TAG_LEN, NONCE_LEN, seal_copy},
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
            None => seal_copy(self, nonce, aad, plain, out),
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
