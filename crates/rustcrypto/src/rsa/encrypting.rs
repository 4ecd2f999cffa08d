//! RSAES-PKCS1-v1_5, the sender's half (RFC 8017 §7.2.1).
//!
//! ```text
//! 0x00 | 0x02 | random bytes, none of them zero (8 or more) | 0x00 | message
//! ```

use super::decode;
use crate::random::Draw;
use ::rsa::{Error, Pkcs1v15Encrypt, traits::PaddingScheme};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Encrypter, KeyKind, PublicKey, Random};

/// Encrypts for keys of the kind rsaEncryption, with the bounds of [this module](super).
pub const ENCRYPTER: &dyn Encrypter = &Pkcs1;

struct Pkcs1;

impl Encrypter for Pkcs1 {
    fn encrypt(&self, key: &PublicKey, message: &[u8], random: &dyn Random) -> Result<Vec<u8>, CryptoError> {
        // RFC 4055 §1.2: what is meant for PSS is for nothing else.
        if key.kind != KeyKind::Rsa {
            return Err(CryptoError::BadKey);
        }
        let key = decode(&key.bytes).ok_or(CryptoError::BadKey)?;
        // The crate asks again for each random byte that is zero, without an end. The draw has one.
        let mut draw = Draw::new(random);
        Pkcs1v15Encrypt.encrypt(&mut draw, &key, message).map_err(|error| match error {
            Error::MessageTooLong => CryptoError::Length,
            _ => draw.blame(),
        })
    }
}
