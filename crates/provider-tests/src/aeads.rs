//! Authenticated encryption.

use crate::Suite;
use handfast_crypto::{Aead, AeadKey, CryptoError};

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

pub fn keys_and_tags_have_exactly_their_length(suite: &Suite) {
    for aead in suite.provider.aeads {
        let len = aead.algorithm().key_len();
        for wrong in [0, len - 1, len + 1, len / 2, 24, 2 * len] {
            assert_eq!(aead.key(&vec![0; wrong]).err(), Some(CryptoError::Length));
        }
        let key = key(*aead);
        assert_eq!(key.tag_len(), aead.algorithm().tag_len());
        let (cipher, tag) = sealed(&*key);
        assert_eq!(tag.len(), key.tag_len());
        let longer = [&tag[..], &[0]].concat();
        for wrong in [&tag[..0], &tag[..tag.len() - 1], &tag[..tag.len() / 2], &longer] {
            assert_eq!(key.open_in_place(&[9; 12], b"aad", &mut cipher.clone(), wrong), Err(CryptoError::OpenFailed));
        }
    }
}

pub fn what_was_sealed_opens(suite: &Suite) {
    for aead in suite.provider.aeads {
        let key = key(*aead);
        // Whole blocks and parts of them, and as much as a record has.
        for len in [0, 1, 15, 16, 17, 63, 64, 255, 256, 257, 1000, 4111, 16_385] {
            let plain: Vec<u8> = (0..len).map(|at| at as u8).collect();
            let mut buf = plain.clone();
            let tag = key.seal_in_place(&[9; 12], b"aad", &mut buf).unwrap();
            assert!(len < 16 || buf != plain);
            key.open_in_place(&[9; 12], b"aad", &mut buf, &tag[..key.tag_len()]).unwrap();
            assert_eq!(buf, plain, "{:?}", aead.algorithm());
        }
    }
}

/// What is sealed at once is what is sealed in place, and stands behind what was there.
pub fn parts_are_sealed_as_one(suite: &Suite) {
    for aead in suite.provider.aeads {
        let key = key(*aead);
        let mut expected = PLAIN.to_vec();
        let tag = key.seal_in_place(&[9; 12], b"aad", &mut expected).unwrap();
        expected.extend_from_slice(&tag[..key.tag_len()]);
        let (first, second) = PLAIN.split_at(20);
        let cases: [&[&[u8]]; 5] = [
            &[PLAIN],
            &[first, second],
            &[b"", first, b"", second, b""],
            &[&PLAIN[..35], &PLAIN[35..]],
            &[&PLAIN[..1], &PLAIN[1..2], &PLAIN[2..]],
        ];
        for parts in cases {
            let mut out = b"header".to_vec();
            key.seal(&[9; 12], b"aad", parts, &mut out).unwrap();
            assert_eq!(out, [b"header", &expected[..]].concat(), "{:?}", aead.algorithm());
        }
        let mut empty = Vec::new();
        key.seal(&[9; 12], b"aad", &[], &mut empty).unwrap();
        assert_eq!(empty, key.seal_in_place(&[9; 12], b"aad", &mut []).unwrap()[..key.tag_len()]);
    }
}

/// docs/regressions.md row 51.
pub fn nothing_of_the_plaintext_is_left_when_the_tag_does_not_fit(suite: &Suite) {
    for aead in suite.provider.aeads {
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

/// The length field of CCM has three bytes, and its crate finds that out only after it has decrypted.
pub fn a_message_that_is_too_long_leaves_nothing_behind(suite: &Suite) {
    use handfast_crypto::AeadAlgorithm::{Aes128Ccm, Aes128Ccm8, Aes256Ccm, Aes256Ccm8};
    let ccm = |aead: &&&dyn Aead| matches!(aead.algorithm(), Aes128Ccm | Aes128Ccm8 | Aes256Ccm | Aes256Ccm8);
    let Some(aead) = suite.provider.aeads.iter().find(ccm) else { return };
    let key = key(*aead);
    let mut buf = vec![0x55; 1 << 24];
    assert_eq!(key.seal_in_place(&[9; 12], &[], &mut buf), Err(CryptoError::Length));
    assert!(buf.iter().all(|byte| *byte == 0x55));
    assert_eq!(key.open_in_place(&[9; 12], &[], &mut buf, &[0; 16][..key.tag_len()]), Err(CryptoError::OpenFailed));
    assert!(buf.iter().all(|byte| *byte == 0));
}
