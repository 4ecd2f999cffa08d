//! AES in CBC mode.

use ::cbc::{
    Decryptor, Encryptor,
    cipher::{
        Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit,
        consts::U16,
    },
};
use aes::{Aes128, Aes256};
use alloc::boxed::Box;
use core::marker::PhantomData;
use handfast_crypto::{
    CryptoError,
    cbc::{BLOCK_LEN, BlockAlgorithm, BlockCipher, CbcKey},
};

/// AES-128 in CBC mode.
pub const AES_128_CBC: &dyn BlockCipher = &Algorithm::<Aes128>(PhantomData);

/// AES-256 in CBC mode.
pub const AES_256_CBC: &dyn BlockCipher = &Algorithm::<Aes256>(PhantomData);

/// The block cipher `C`.
struct Algorithm<C>(PhantomData<fn() -> C>);

impl<C: Named> BlockCipher for Algorithm<C> {
    fn algorithm(&self) -> BlockAlgorithm {
        C::ALGORITHM
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn CbcKey>, CryptoError> {
        match C::new_from_slice(key) {
            Ok(cipher) => Ok(Box::new(Key(cipher))),
            Err(_) => Err(CryptoError::Length),
        }
    }
}

/// One key, expanded. The cipher wipes itself when dropped, and so does what the mode keeps of a block.
struct Key<C>(C);

impl<C: Named> CbcKey for Key<C> {
    fn encrypt(&self, iv: &[u8; BLOCK_LEN], blocks: &mut [u8]) -> Result<(), CryptoError> {
        Encryptor::inner_iv_init(&self.0, iv.into()).encrypt_blocks(whole(blocks)?);
        Ok(())
    }

    fn decrypt(&self, iv: &[u8; BLOCK_LEN], blocks: &mut [u8]) -> Result<(), CryptoError> {
        Decryptor::inner_iv_init(&self.0, iv.into()).decrypt_blocks(whole(blocks)?);
        Ok(())
    }
}

/// `bytes` as blocks, if there is nothing left over.
fn whole(bytes: &mut [u8]) -> Result<&mut [Array<u8, U16>], CryptoError> {
    match Array::slice_as_chunks_mut(bytes) {
        (blocks, []) => Ok(blocks),
        _ => Err(CryptoError::Length),
    }
}

/// What the crate calls a block cipher, with our name for it.
trait Named:
    BlockCipherEncrypt<BlockSize = U16> + BlockCipherDecrypt<BlockSize = U16> + KeyInit + Send + Sync + 'static
{
    const ALGORITHM: BlockAlgorithm;
}

impl Named for Aes128 {
    const ALGORITHM: BlockAlgorithm = BlockAlgorithm::Aes128;
}

impl Named for Aes256 {
    const ALGORITHM: BlockAlgorithm = BlockAlgorithm::Aes256;
}
