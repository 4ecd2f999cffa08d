//! RSA encryption, where a provider has it.

use crate::Suite;
use crate::common::{Stuck, der, hex, pem, uses_of_random};
use handfast_crypto::{CryptoError, DecryptingKey, KeyError, KeyKind, PublicKey};
use handfast_rustcrypto::SystemRandom;
use std::sync::Arc;

const KEYS_THAT_DECRYPT: [&str; 5] =
    [pem!("rsa-2048"), pem!("rsa-2048-pkcs1"), pem!("rsa-2048-e3"), pem!("rsa-2049"), pem!("rsa-3072")];

/// As long as a premaster secret.
const MESSAGE: [u8; 48] = [0x5a; 48];

fn decrypter(suite: &Suite, pem: &str) -> Arc<dyn DecryptingKey> {
    suite.provider.keys.load_decrypter(&der(pem)).unwrap()
}

/// The modulus: the first integer of an `RSAPublicKey`, whose lengths take three bytes.
fn modulus(key: &dyn DecryptingKey) -> Vec<u8> {
    let integer = &key.public_key().bytes[8..];
    integer[integer.iter().position(|byte| *byte != 0).unwrap()..][..key.modulus_len()].to_vec()
}

/// What stands in a padded message, if it is one of RFC 8017 §7.2.1.
fn unpadded(padded: &[u8]) -> Option<&[u8]> {
    let rest = padded.strip_prefix(&[0, 2])?;
    let zero = rest.iter().position(|byte| *byte == 0).filter(|zero| *zero >= 8)?;
    Some(&rest[zero + 1..])
}

pub fn what_was_encrypted_decrypts(suite: &Suite) {
    let Some(encrypter) = suite.provider.encrypter else { return };
    for pem in KEYS_THAT_DECRYPT {
        let key = decrypter(suite, pem);
        let len = key.modulus_len();
        for message in [&MESSAGE[..], &[], &vec![7; len - 11]] {
            let cipher = encrypter.encrypt(key.public_key(), message, &SystemRandom).unwrap();
            assert_eq!(cipher.len(), len);
            let padded = key.decrypt(&cipher, &SystemRandom).unwrap();
            assert_eq!((padded.as_bytes().len(), unpadded(padded.as_bytes())), (len, Some(message)));
        }
    }
}

pub fn the_same_key_signs_and_decrypts(suite: &Suite) {
    if suite.provider.encrypter.is_none() {
        return;
    }
    for pem in KEYS_THAT_DECRYPT {
        assert_eq!(decrypter(suite, pem).public_key(), suite.key(pem).public_key());
    }
}

pub fn no_ciphertext_comes_twice(suite: &Suite) {
    let Some(encrypter) = suite.provider.encrypter else { return };
    let key = decrypter(suite, pem!("rsa-2048"));
    let encrypt = || encrypter.encrypt(key.public_key(), &MESSAGE, &SystemRandom).unwrap();
    assert_ne!(encrypt(), encrypt());
}

/// Made by OpenSSL, of the bytes 0, 1, 2 … 47. This modulus has a bit more than a whole number of bytes.
pub fn what_openssl_encrypted_decrypts(suite: &Suite) {
    if suite.provider.encrypter.is_none() {
        return;
    }
    let cipher =
        hex("011d57ab7c493e6b76e62de5c9925a94833d3caf6ecfcbb466acdff3a6d801995ac31b6af22dcc8b01953031482d7086\
        1d459a1ecc4dc32f11fbf7fe321327d846ba87b8471b705151c8ce71108e9a1fea51eedbf28e0340d5099f03c216bb7a\
        50039c96071450a6ffd3e51edbd0f6f12a3f3583c542082b80ff76e0294db50fc8153d4b9302f36ae099972352ac9863\
        f3c98caba8f3f26fa1c7d50bd18275ddb179c159de777fcddbebf65b7e2f9dfc56ac4544ac23e01ffa34649871c739a4\
        f062bd8ec04b26f612236444628dc8d5a91bd22bc9e52f8c3e66eb6e11f686598fb3df3a26c6b6eff98b4458bb640978\
        1b49e926c73acc5d124d3b4c543df5349d");
    let padded = decrypter(suite, pem!("rsa-2049")).decrypt(&cipher, &SystemRandom).unwrap();
    assert_eq!(unpadded(padded.as_bytes()), Some(&Vec::from_iter(0..48)[..]));
}

/// Zero, one and n − 1 are what they are to every power that is odd: nothing is unpadded, and leading zeros stay.
pub fn a_result_is_as_long_as_the_modulus(suite: &Suite) {
    if suite.provider.encrypter.is_none() {
        return;
    }
    for pem in KEYS_THAT_DECRYPT {
        let key = decrypter(suite, pem);
        let mut one = vec![0; key.modulus_len()];
        assert_eq!(key.decrypt(&one, &SystemRandom).unwrap().as_bytes(), one);
        *one.last_mut().unwrap() = 1;
        assert_eq!(key.decrypt(&one, &SystemRandom).unwrap().as_bytes(), one);
        let mut minus_one = modulus(&*key);
        *minus_one.last_mut().unwrap() -= 1;
        assert_eq!(key.decrypt(&minus_one, &SystemRandom).unwrap().as_bytes(), minus_one);
    }
}

pub fn a_ciphertext_is_as_long_as_the_modulus_and_below_it(suite: &Suite) {
    let Some(encrypter) = suite.provider.encrypter else { return };
    for pem in KEYS_THAT_DECRYPT {
        let key = decrypter(suite, pem);
        let cipher = encrypter.encrypt(key.public_key(), &MESSAGE, &SystemRandom).unwrap();
        let mut above = modulus(&*key);
        *above.last_mut().unwrap() += 1;
        let wrong = [
            Vec::new(),
            cipher[1..].to_vec(),
            [&[0], &cipher[..]].concat(),
            [&cipher[..], &[0]].concat(),
            modulus(&*key),
            above,
            vec![0xff; key.modulus_len()],
        ];
        for wrong in wrong {
            assert_eq!(key.decrypt(&wrong, &SystemRandom).err(), Some(CryptoError::Length), "{wrong:02x?}");
        }
    }
}

pub fn a_message_leaves_room_for_eleven_bytes(suite: &Suite) {
    let Some(encrypter) = suite.provider.encrypter else { return };
    let key = decrypter(suite, pem!("rsa-2049"));
    let encrypt = |len: usize| encrypter.encrypt(key.public_key(), &vec![1; len], &SystemRandom);
    assert!(encrypt(257 - 11).is_ok());
    assert_eq!(encrypt(257 - 10), Err(CryptoError::Length));
    assert_eq!(encrypt(300), Err(CryptoError::Length));
}

/// The bounds of verification, which has a test for each.
pub fn only_good_keys_are_encrypted_for(suite: &Suite) {
    let Some(encrypter) = suite.provider.encrypter else { return };
    let good = decrypter(suite, pem!("rsa-2048")).public_key().clone();
    let refused = |kind, bytes: &[u8]| {
        let key = PublicKey { kind, bytes: bytes.to_vec() };
        assert_eq!(encrypter.encrypt(&key, &MESSAGE, &SystemRandom), Err(CryptoError::BadKey));
    };
    refused(KeyKind::RsaPss, &good.bytes);
    refused(KeyKind::P256, &good.bytes);
    refused(KeyKind::Rsa, &[]);
    refused(KeyKind::Rsa, &good.bytes[1..]);
    let mut even = good.bytes.clone();
    // The last byte of the modulus; behind it stand tag, length and the three bytes of the exponent.
    let last = even.len() - 6;
    even[last] &= 0xfe;
    refused(KeyKind::Rsa, &even);
    assert!(encrypter.encrypt(&good, &MESSAGE, &SystemRandom).is_ok());
}

pub fn only_rsa_keys_decrypt(suite: &Suite) {
    if suite.provider.encrypter.is_none() {
        return;
    }
    let error = |pem: &str| suite.provider.keys.load_decrypter(&der(pem)).err();
    for other in [
        pem!("rsa-pss"),
        pem!("rsa-pss-sha384"),
        pem!("p256"),
        pem!("p256-sec1"),
        pem!("ed25519"),
        pem!("rsa-2040"),
        pem!("rsa-2048-3primes"),
        pem!("rsa-2048-e33bits"),
    ] {
        assert_eq!(error(other), Some(KeyError::Unsupported), "{other}");
    }
    let garbage = |key: &[u8]| {
        suite.provider.keys.load_decrypter(&pki_types::PrivatePkcs8KeyDer::from(key.to_vec()).into()).err()
    };
    assert_eq!(garbage(&[]), Some(KeyError::Malformed));
    assert_eq!(garbage(&[0x30, 0]), Some(KeyError::Malformed));
}

pub fn nothing_of_a_decrypting_key_is_printed(suite: &Suite) {
    if suite.provider.encrypter.is_none() {
        return;
    }
    let printed = format!("{:?}", decrypter(suite, pem!("rsa-2048")));
    assert_eq!(printed, "DecryptingKey { kind: Rsa, .. }");
}

/// docs/regressions.md rows 54 and 56.
pub fn nothing_comes_of_a_generator_that_fails(suite: &Suite) {
    let Some(encrypter) = suite.provider.encrypter else { return };
    let key = decrypter(suite, pem!("rsa-2048"));
    let cipher = encrypter.encrypt(key.public_key(), &MESSAGE, &SystemRandom).unwrap();
    assert!(uses_of_random(|random| key.decrypt(&cipher, random)) > 0);
    assert!(uses_of_random(|random| encrypter.encrypt(key.public_key(), &MESSAGE, random)) > 0);
}

/// A generator that is stuck must not make anybody wait for a byte that is not zero.
pub fn a_generator_that_is_stuck_comes_to_an_end(suite: &Suite) {
    let Some(encrypter) = suite.provider.encrypter else { return };
    let key = decrypter(suite, pem!("rsa-2048"));
    assert_eq!(encrypter.encrypt(key.public_key(), &MESSAGE, &Stuck(0)), Err(CryptoError::Random));
    // Never below the modulus, and never anything that has an inverse.
    for stuck in [0xff, 0] {
        assert_eq!(key.decrypt(&[1; 256], &Stuck(stuck)).err(), Some(CryptoError::Random));
    }
}
