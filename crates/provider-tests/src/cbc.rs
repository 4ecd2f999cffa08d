//! AES-CBC and the MACs that go with it, where a provider has them.

use crate::Suite;
use crate::common::hex;
use handfast_crypto::CryptoError;
use handfast_crypto::cbc::{BlockAlgorithm, Mac, MacAlgorithm};

pub fn keys_have_exactly_their_length(suite: &Suite) {
    for cipher in suite.provider.block_ciphers {
        let len = cipher.algorithm().key_len();
        for wrong in [0, len - 1, len + 1, 2 * len] {
            assert_eq!(cipher.key(&vec![0; wrong]).err(), Some(CryptoError::Length));
        }
        assert!(cipher.key(&vec![0; len]).is_ok());
    }
}

pub fn blocks_are_whole(suite: &Suite) {
    for cipher in suite.provider.block_ciphers {
        let key = cipher.key(&vec![7; cipher.algorithm().key_len()]).unwrap();
        for wrong in [1, 15, 17, 33] {
            let mut bytes = vec![9; wrong];
            assert_eq!(key.encrypt(&[1; 16], &mut bytes), Err(CryptoError::Length));
            assert_eq!(key.decrypt(&[1; 16], &mut bytes), Err(CryptoError::Length));
            assert_eq!(bytes, vec![9; wrong]);
        }
        assert_eq!(key.encrypt(&[1; 16], &mut []), Ok(()));
        assert_eq!(key.decrypt(&[1; 16], &mut []), Ok(()));
    }
}

/// NIST SP 800-38A §F.2.1, F.2.2, F.2.5 and F.2.6.
pub fn aes_cbc_as_nist_has_it(suite: &Suite) {
    let plain = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
        30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    let iv: [u8; 16] = hex("000102030405060708090a0b0c0d0e0f").try_into().unwrap();
    let check = |cipher: BlockAlgorithm, key: &str, expected: &str| {
        let Some(cipher) = suite.provider.block_cipher(cipher) else { return };
        let key = cipher.key(&hex(key)).unwrap();
        let mut blocks = plain.clone();
        key.encrypt(&iv, &mut blocks).unwrap();
        assert_eq!(blocks, hex(expected));
        key.decrypt(&iv, &mut blocks).unwrap();
        assert_eq!(blocks, plain);
    };
    check(
        BlockAlgorithm::Aes128,
        "2b7e151628aed2a6abf7158809cf4f3c",
        "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2\
        73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
    );
    check(
        BlockAlgorithm::Aes256,
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d\
        39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
    );
}

/// Checks `expected` for the messages that RFC 2202 and RFC 4231 have in common; `large` is a key longer than a block.
fn check(mac: Option<&dyn Mac>, large: usize, last: &str, expected: [&str; 7]) {
    let Some(mac) = mac else { return };
    let counted: Vec<u8> = (1..=25).collect();
    let cases: [(&[u8], &[u8]); 7] = [
        (&[0x0b; 20], b"Hi There"),
        (b"Jefe", b"what do ya want for nothing?"),
        (&[0xaa; 20], &[0xdd; 50]),
        (&counted, &[0xcd; 50]),
        (&[0x0c; 20], b"Test With Truncation"),
        (&vec![0xaa; large], b"Test Using Larger Than Block-Size Key - Hash Key First"),
        (&vec![0xaa; large], last.as_bytes()),
    ];
    for ((key, message), expected) in cases.into_iter().zip(expected) {
        let key = mac.key(key).unwrap();
        let (expected, (first, second)) = (hex(expected), message.split_at(message.len() / 3));
        let is = |mac: &[u8]| assert_eq!(mac[..expected.len()], expected);
        is(key.mac(&[message]).unwrap().as_bytes());
        is(key.mac(&[first, &[], second]).unwrap().as_bytes());
        is(key.mac_of_secret_len(&[], message, message.len()).unwrap().as_bytes());
        let longer = [second, b"padding and padding length"].concat();
        is(key.mac_of_secret_len(first, &longer, second.len()).unwrap().as_bytes());
    }
}

pub fn a_mac_has_its_length(suite: &Suite) {
    for mac in suite.provider.macs {
        let expected = match mac.algorithm() {
            MacAlgorithm::HmacSha1 => 20,
            MacAlgorithm::HmacSha256 => 32,
            MacAlgorithm::HmacSha384 => 48,
        };
        let key = mac.key(&[1; 20]).unwrap();
        assert_eq!(key.mac(&[]).unwrap().as_bytes().len(), expected);
        assert_eq!(key.mac_of_secret_len(&[], &[], 0).unwrap().as_bytes().len(), expected);
    }
}

pub fn hmac_sha1_as_rfc_2202_has_it(suite: &Suite) {
    check(
        suite.provider.mac(MacAlgorithm::HmacSha1),
        80,
        "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
        [
            "b617318655057264e28bc0b6fb378c8ef146be00",
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
            "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
            "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04",
            "aa4ae5e15272d00e95705637ce8a3b55ed402112",
            "e8e99d0f45237d786d6bbaa7965c7808bbff1a91",
        ],
    );
}

/// The last message of RFC 4231.
const LARGE: &str = "This is a test using a larger than block-size key and a larger than block-size data. \
    The key needs to be hashed before being used by the HMAC algorithm.";

pub fn hmac_sha256_as_rfc_4231_has_it(suite: &Suite) {
    check(
        suite.provider.mac(MacAlgorithm::HmacSha256),
        131,
        LARGE,
        [
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            // Truncated, in the RFC.
            "a3b6167473100ee06e0c796c2955552b",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ],
    );
}

pub fn hmac_sha384_as_rfc_4231_has_it(suite: &Suite) {
    check(
        suite.provider.mac(MacAlgorithm::HmacSha384),
        131,
        LARGE,
        [
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
            "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
            "3abf34c3503b2a23a46efc619baef897",
            "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
            "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
        ],
    );
}
