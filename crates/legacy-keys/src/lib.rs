//! Opens private keys and PKCS#12 files that are encrypted as it was done before 2000: with MD5, DES, triple DES or RC2. None
//! of it withstands who can try passwords fast; whoever has such a file opens it once and seals it anew.
//!
//! ```
//! use handfast_pki::Bundle;
//!
//! // From here on the bundle opens what OpenSSL 1.0 and Windows wrote.
//! let bundle = Bundle::new().legacy(handfast_legacy_keys::WAYS);
//! # let _ = bundle;
//! ```
//!
//! | where | what |
//! |---|---|
//! | PEM with `DEK-Info` | DES-CBC, DES-EDE3-CBC, AES-128-CBC, AES-192-CBC, AES-256-CBC; the key by MD5 |
//! | PKCS#8, PBES1 (RFC 8018 §6.1) | DES and RC2, the key by MD5 or SHA-1 |
//! | PKCS#8 and PKCS#12 (RFC 7292 Appendix C) | triple DES with three keys and with two, RC2 with 128 and with 40 bits |
//! | PKCS#8 and PKCS#12, PBES2 | DES, triple DES, RC2 |
//!
//! RC4 is not among them.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;

mod ciphers;
mod keys;

use alloc::vec::Vec;
use ciphers::Cipher;
use der::Decode;
use der::asn1::{AnyRef, OctetStringRef, SequenceRef};
use handfast_pki::encrypted::{Fault, Legacy, Way};
use handfast_pki::pfx::utf16;
use keys::{Hash, dek_info, pbes1, pkcs12};
use zeroize::Zeroizing;

/// All of it.
pub const WAYS: &dyn Legacy = &Ways;

struct Ways;

impl Legacy for Ways {
    fn open(&self, way: &Way<'_>, password: &[u8], ciphertext: &[u8]) -> Option<Result<Zeroizing<Vec<u8>>, Fault>> {
        match *way {
            Way::DekInfo { cipher, iv } => {
                let cipher = Cipher::of_dek_info(cipher)?;
                Some(dek_info(password, iv, cipher.key_len()).and_then(|key| cipher.open(&key, iv, ciphertext)))
            }
            Way::Scheme { scheme, salt, iterations } => {
                if let Some((hash, cipher)) = of_pbes1(scheme) {
                    let derived = pbes1(hash, password, salt, iterations);
                    let (key, iv) = derived.split_at_checked(8)?;
                    return Some(cipher.open(key, iv.get(..8)?, ciphertext));
                }
                let cipher = of_pkcs12(scheme)?;
                let open = |password: &[u8]| {
                    let [key, iv] = pkcs12(password, salt, iterations, cipher.key_len());
                    // One wrong password in 256 leaves something that looks like padding.
                    let plain = cipher.open(&key, &iv, ciphertext)?;
                    if plain.first() == Some(&0x30) { Ok(plain) } else { Err(Fault::WrongPassword) }
                };
                // Without a password there is either an empty one, whose end is two zero octets, or none at all.
                Some(match open(&utf16(password)) {
                    Err(Fault::WrongPassword) if password.is_empty() => open(&[]),
                    opened => opened,
                })
            }
            Way::Cipher { algorithm, parameters, key } => {
                let cipher = of_pbes2(algorithm)?;
                Some(
                    iv_of(parameters)
                        .ok_or(Fault::Malformed("encryptionScheme"))
                        .and_then(|iv| cipher.open(key, iv, ciphertext)),
                )
            }
        }
    }
}

/// pkcs-5 is 1.2.840.113549.1.5 (RFC 8018 Appendix A.3).
fn of_pbes1(scheme: &[u8]) -> Option<(Hash, Cipher)> {
    Some(match scheme.strip_prefix(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5])? {
        [3] => (Hash::Md5, Cipher::Des),
        [6] => (Hash::Md5, Cipher::Rc2_64),
        [10] => (Hash::Sha1, Cipher::Des),
        [11] => (Hash::Sha1, Cipher::Rc2_64),
        _ => return None,
    })
}

/// pkcs-12PbeIds is 1.2.840.113549.1.12.1 (RFC 7292 Appendix C).
fn of_pkcs12(scheme: &[u8]) -> Option<Cipher> {
    Some(match scheme.strip_prefix(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1])? {
        [3] => Cipher::DesEde3,
        [4] => Cipher::DesEde2,
        [5] => Cipher::Rc2_128,
        [6] => Cipher::Rc2_40,
        _ => return None,
    })
}

/// RFC 8018 Appendix B.2. How much of RC2's key counts is as long as the key, which `pki` made by the parameters.
fn of_pbes2(algorithm: &[u8]) -> Option<Cipher> {
    Some(match algorithm {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7] => Cipher::DesEde3,
        [0x2b, 14, 3, 2, 7] => Cipher::Des,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 2] => Cipher::Rc2_128,
        _ => return None,
    })
}

/// The IV: the parameters, or the last of them.
fn iv_of(parameters: &[u8]) -> Option<&[u8]> {
    let any = AnyRef::from_der(parameters).ok()?;
    if let Ok(iv) = any.decode_as::<&OctetStringRef>() {
        return Some(iv.as_bytes());
    }
    let mut rest = any.decode_as::<&SequenceRef>().ok()?.as_bytes();
    let mut last = None;
    while !rest.is_empty() {
        let (element, after) = AnyRef::from_der_partial(rest).ok()?;
        (last, rest) = (Some(element), after);
    }
    last?.decode_as::<&OctetStringRef>().ok().map(OctetStringRef::as_bytes)
}
