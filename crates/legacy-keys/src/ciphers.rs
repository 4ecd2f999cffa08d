//! The ciphers, in CBC mode with padding.

use aes::{Aes128, Aes192, Aes256};
use alloc::vec::Vec;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, KeyInit};
use des::{Des, TdesEde2, TdesEde3};
use handfast_pki::encrypted::Fault;
use rc2::Rc2;
use zeroize::Zeroizing;

/// A cipher. Of RC2 as many bits count as the key has.
#[derive(Clone, Copy)]
pub(crate) enum Cipher {
    Des,
    DesEde2,
    DesEde3,
    Rc2_40,
    Rc2_64,
    Rc2_128,
    Aes128,
    Aes192,
    Aes256,
}

impl Cipher {
    /// By the name that OpenSSL writes into PEM.
    pub(crate) fn of_dek_info(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"DES-CBC" => Self::Des,
            b"DES-EDE3-CBC" => Self::DesEde3,
            b"AES-128-CBC" => Self::Aes128,
            b"AES-192-CBC" => Self::Aes192,
            b"AES-256-CBC" => Self::Aes256,
            _ => return None,
        })
    }

    /// The length of a key, in bytes.
    pub(crate) const fn key_len(self) -> usize {
        match self {
            Self::Rc2_40 => 5,
            Self::Des | Self::Rc2_64 => 8,
            Self::DesEde2 | Self::Rc2_128 | Self::Aes128 => 16,
            Self::DesEde3 | Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// What `ciphertext` was.
    pub(crate) fn open(self, key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        match self {
            Self::Des => open::<Des>(key, iv, ciphertext),
            Self::DesEde2 => open::<TdesEde2>(key, iv, ciphertext),
            Self::DesEde3 => open::<TdesEde3>(key, iv, ciphertext),
            Self::Rc2_40 | Self::Rc2_64 | Self::Rc2_128 => open::<Rc2>(key, iv, ciphertext),
            Self::Aes128 => open::<Aes128>(key, iv, ciphertext),
            Self::Aes192 => open::<Aes192>(key, iv, ciphertext),
            Self::Aes256 => open::<Aes256>(key, iv, ciphertext),
        }
    }
}

fn open<C: BlockCipherDecrypt + KeyInit>(
    key: &[u8],
    iv: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let cipher = C::new_from_slice(key).map_err(|_| Fault::Malformed("encryptionScheme"))?;
    let mode = Decryptor::inner_iv_slice_init(cipher, iv).map_err(|_| Fault::Malformed("IV"))?;
    let mut out = Zeroizing::new(ciphertext.to_vec());
    let len = mode.decrypt_padded::<Pkcs7>(&mut out).map_err(|_| Fault::WrongPassword)?.len();
    out.truncate(len);
    Ok(out)
}
