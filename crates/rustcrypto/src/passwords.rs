//! PBKDF2, scrypt, the key derivation of PKCS#12, and AES-CBC with padding: for keys that are protected by a password.

use ::cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit,
    block_padding::Pkcs7, consts::U16,
};
use ::cbc::{Decryptor, Encryptor};
use ::pbkdf2::pbkdf2_hmac;
use ::scrypt::Params;
use aes::{Aes128, Aes192, Aes256};
use alloc::vec::Vec;
use handfast_crypto::passwords::{PasswordHash, Passwords, Pkcs12Key, Scrypt};
use handfast_crypto::{CryptoError, Digest};
use hmac::{Hmac, Mac as _};
use pkcs12::kdf::{Pkcs12KeyType, derive_key};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

/// All of it.
pub const PASSWORDS: &dyn Passwords = &Crates;

struct Crates;

/// `$body` with `$hash` as the type that `hash` names.
macro_rules! with_hash {
    ($hash:ident = $value:expr => $body:expr) => {
        match $value {
            PasswordHash::Sha1 => {
                type $hash = Sha1;
                $body
            }
            PasswordHash::Sha224 => {
                type $hash = Sha224;
                $body
            }
            PasswordHash::Sha256 => {
                type $hash = Sha256;
                $body
            }
            PasswordHash::Sha384 => {
                type $hash = Sha384;
                $body
            }
            PasswordHash::Sha512 => {
                type $hash = Sha512;
                $body
            }
        }
    };
}

/// `$body` with `$cipher` as AES with keys of this length.
macro_rules! with_aes {
    ($cipher:ident = $key:expr => $body:expr) => {
        match $key.len() {
            16 => {
                type $cipher = Aes128;
                $body
            }
            24 => {
                type $cipher = Aes192;
                $body
            }
            32 => {
                type $cipher = Aes256;
                $body
            }
            _ => Err(CryptoError::Length),
        }
    };
}

impl Passwords for Crates {
    fn pbkdf2(
        &self,
        hash: PasswordHash,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        key: &mut [u8],
    ) -> Result<(), CryptoError> {
        if iterations == 0 {
            return Err(CryptoError::Length);
        }
        with_hash!(H = hash => pbkdf2_hmac::<H>(password, salt, iterations, key));
        Ok(())
    }

    fn scrypt(&self, password: &[u8], salt: &[u8], cost: Scrypt, key: &mut [u8]) -> Result<(), CryptoError> {
        let params = Params::new(cost.log_n, cost.r, cost.p).map_err(|_| CryptoError::Length)?;
        ::scrypt::scrypt(password, salt, &params, key).map_err(|_| CryptoError::Length)
    }

    fn pkcs12(
        &self,
        hash: PasswordHash,
        diversifier: Pkcs12Key,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
        key: &mut [u8],
    ) -> Result<(), CryptoError> {
        let rounds = i32::try_from(iterations).ok().filter(|rounds| *rounds > 0).ok_or(CryptoError::Length)?;
        let diversifier = match diversifier {
            Pkcs12Key::Encryption => Pkcs12KeyType::EncryptionKey,
            Pkcs12Key::Iv => Pkcs12KeyType::Iv,
            Pkcs12Key::Mac => Pkcs12KeyType::Mac,
        };
        let derived = with_hash!(H = hash => derive_key::<H>(password, salt, diversifier, rounds, key.len()));
        key.copy_from_slice(&Zeroizing::new(derived));
        Ok(())
    }

    fn hmac(&self, hash: PasswordHash, key: &[u8], message: &[u8]) -> Result<Digest, CryptoError> {
        with_hash!(H = hash => {
            let mut mac = <Hmac<H> as KeyInit>::new_from_slice(key).map_err(|_| CryptoError::Length)?;
            mac.update(message);
            Ok(Digest::new(&mac.finalize().into_bytes()))
        })
    }

    fn encrypt(&self, key: &[u8], iv: &[u8; 16], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        with_aes!(C = key => encrypt::<C>(key, iv, plaintext))
    }

    fn decrypt(&self, key: &[u8], iv: &[u8; 16], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        with_aes!(C = key => decrypt::<C>(key, iv, ciphertext))
    }
}

fn encrypt<C: BlockCipherEncrypt<BlockSize = U16> + KeyInit>(
    key: &[u8],
    iv: &[u8; 16],
    plaintext: &[u8],
) -> Result<Vec<u8>, CryptoError> {
    // The padding takes a byte at least, and a block at most. Made long enough, so that no copy stays behind.
    let mut out = Zeroizing::new(Vec::with_capacity(plaintext.len().saturating_add(iv.len())));
    out.extend_from_slice(plaintext);
    out.resize(plaintext.len().saturating_add(iv.len()), 0);
    let mode = Encryptor::<C>::new_from_slices(key, iv).map_err(|_| CryptoError::Length)?;
    let len = mode.encrypt_padded::<Pkcs7>(&mut out, plaintext.len()).map_err(|_| CryptoError::Failed)?.len();
    out.truncate(len);
    // By now it is ciphertext.
    Ok(core::mem::take(&mut *out))
}

fn decrypt<C: BlockCipherDecrypt<BlockSize = U16> + KeyInit>(
    key: &[u8],
    iv: &[u8; 16],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
    let mut out = Zeroizing::new(ciphertext.to_vec());
    let mode = Decryptor::<C>::new_from_slices(key, iv).map_err(|_| CryptoError::Length)?;
    let len = mode.decrypt_padded::<Pkcs7>(&mut out).map_err(|_| CryptoError::OpenFailed)?.len();
    out.truncate(len);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<_> = text.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
        digits.chunks(2).map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
    }

    /// RFC 6070 §2, and RFC 7914 §11.
    #[test]
    fn pbkdf2_vectors() {
        for (hash, password, salt, iterations, expected) in [
            (PasswordHash::Sha1, "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
            (PasswordHash::Sha1, "password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"),
            (PasswordHash::Sha1, "pass\0word", "sa\0lt", 4096, "56fa6aa75548099dcc37d7f03425e0c3"),
            (
                PasswordHash::Sha256,
                "passwd",
                "salt",
                1,
                "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc",
            ),
            (
                PasswordHash::Sha256,
                "Password",
                "NaCl",
                80000,
                "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
            ),
        ] {
            let mut key = vec![0; expected.len() / 2];
            PASSWORDS.pbkdf2(hash, password.as_bytes(), salt.as_bytes(), iterations, &mut key).unwrap();
            assert_eq!(key, hex(expected), "{password:?} {iterations}");
        }
        assert_eq!(PASSWORDS.pbkdf2(PasswordHash::Sha256, b"", b"", 0, &mut [0]), Err(CryptoError::Length));
    }

    /// RFC 7914 §12.
    #[test]
    fn scrypt_vectors() {
        for (password, salt, log_n, r, p, expected) in [
            ("", "", 4, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"),
            ("password", "NaCl", 10, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"),
        ] {
            let mut key = vec![0; 32];
            let cost = Scrypt { log_n, r, p };
            PASSWORDS.scrypt(password.as_bytes(), salt.as_bytes(), cost, &mut key).unwrap();
            assert_eq!(key, hex(expected));
        }
        for (log_n, r, p) in [(4, 0, 1), (4, 1, 0), (200, 1, 1)] {
            let cost = Scrypt { log_n, r, p };
            assert_eq!(PASSWORDS.scrypt(b"", b"", cost, &mut [0; 32]), Err(CryptoError::Length), "{cost:?}");
        }
    }

    /// RFC 4231 §4.3.
    #[test]
    fn hmac_vectors() {
        for (hash, expected) in [
            (PasswordHash::Sha224, "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
            (PasswordHash::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ] {
            let mac = PASSWORDS.hmac(hash, b"Jefe", b"what do ya want for nothing?").unwrap();
            assert_eq!(mac.as_bytes(), hex(expected));
            assert_eq!(mac.as_bytes().len(), hash.output_len());
        }
    }

    /// NIST SP 800-38A Appendix F.2: the first block, behind which comes one of padding.
    #[test]
    fn aes_cbc_vectors() {
        let iv = core::array::from_fn(|at| at as u8);
        let plain = hex("6bc1bee22e409f96e93d7e117393172a");
        for (key, expected) in [
            ("2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d"),
            ("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "4f021db243bc633d7178183a9fa071e8"),
            ("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "f58c4c04d6e5f1ba779eabfb5f7bfbd6"),
        ] {
            let sealed = PASSWORDS.encrypt(&hex(key), &iv, &plain).unwrap();
            assert_eq!((&sealed[..16], sealed.len()), (&*hex(expected), 32));
            assert_eq!(*PASSWORDS.decrypt(&hex(key), &iv, &sealed).unwrap(), plain);
            for broken in [&sealed[..31], &sealed[..16], &[]] {
                assert_eq!(PASSWORDS.decrypt(&hex(key), &iv, broken), Err(CryptoError::OpenFailed));
            }
        }
        assert_eq!(PASSWORDS.encrypt(&[0; 17], &iv, &plain), Err(CryptoError::Length));
        assert_eq!(PASSWORDS.decrypt(&[0; 17], &iv, &plain), Err(CryptoError::Length));
    }
}
