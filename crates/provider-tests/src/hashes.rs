//! Hashes, HMAC and HKDF.

use crate::Suite;
use handfast_crypto::CryptoError;

pub fn a_context_goes_on_after_current_and_forks_apart(suite: &Suite) {
    for hash in suite.provider.hashes {
        let mut one = hash.start();
        assert_eq!(one.current().unwrap(), hash.digest(&[]).unwrap());
        one.update(b"hello ");
        let mut two = one.fork();
        one.update(b"world");
        two.update(b"there");
        assert_eq!(one.current().unwrap(), hash.digest(&[b"hello world"]).unwrap());
        assert_eq!(one.current().unwrap(), hash.digest(&[b"hello world"]).unwrap());
        assert_eq!(two.current().unwrap(), hash.digest(&[b"hello", b" ", b"there"]).unwrap());
    }
}

pub fn parts_are_concatenated(suite: &Suite) {
    for hash in suite.provider.hashes {
        assert_eq!(hash.hmac(b"k", &[b"ab", b"", b"c"]).unwrap(), hash.hmac(b"k", &[b"abc"]).unwrap());
        let prk = [7; 64];
        let (mut one, mut two) = ([0; 100], [0; 100]);
        hash.expand(&prk, &[b"ab", b"c"], &mut one).unwrap();
        hash.expand(&prk, &[b"abc"], &mut two).unwrap();
        assert_eq!(one, two);
        // More than anybody keeps on the stack.
        let long = [9; 1000];
        hash.expand(&prk, &[&long, b"c"], &mut one).unwrap();
        hash.expand(&prk, &[&long[..500], &long[500..], b"c"], &mut two).unwrap();
        assert_eq!(one, two);
    }
}

pub fn nothing_has_a_hash_of_its_own(suite: &Suite) {
    for hash in suite.provider.hashes {
        assert_eq!(hash.algorithm().of_nothing(), hash.digest(&[]).unwrap());
    }
}

/// Keys of any length, messages of none, one and more blocks, and outputs of more than one hash.
pub fn a_prepared_key_is_the_key(suite: &Suite) {
    for hash in suite.provider.hashes {
        for len in [0, 1, 31, 32, 48, 63, 64, 65, 127, 128, 129, 160, 161, 200, 1024] {
            let key: Vec<u8> = (0..len).map(|at| at as u8 ^ 0xa5).collect();
            let prepared = hash.prepare(&key).unwrap();
            for message in [0, 1, 55, 56, 63, 64, 65, 111, 112, 128, 300] {
                let message = vec![7; message];
                let expected = hash.hmac(&key, &[&message]).unwrap();
                assert_eq!(hash.hmac_with(&prepared, &[&message]).unwrap(), expected, "{len}");
                let (front, back) = message.split_at(message.len() / 3);
                assert_eq!(hash.hmac_with(&prepared.clone(), &[front, b"", back]).unwrap(), expected, "{len}");
            }
        }
        let own = hash.algorithm().output_len();
        for len in [own, 64] {
            let prk = vec![3; len];
            let prepared = hash.prepare(&prk).unwrap();
            for okm in [0, 1, own - 1, own, own + 1, 255 * own] {
                let (mut one, mut two) = (vec![0; okm], vec![0; okm]);
                hash.expand(&prk, &[b"in", b"fo"], &mut one).unwrap();
                hash.expand_with(&prepared, &[b"i", b"nfo"], &mut two).unwrap();
                assert_eq!(one, two, "{len} {okm}");
            }
            let mut long = vec![0; 255 * own + 1];
            assert_eq!(hash.expand_with(&prepared, &[], &mut long), Err(CryptoError::Length));
        }
    }
}

pub fn expand_refuses_lengths_outside_rfc_5869(suite: &Suite) {
    for hash in suite.provider.hashes {
        let len = hash.algorithm().output_len();
        let prk = vec![1; len];
        assert_eq!(hash.expand(&prk, &[], &mut vec![0; 255 * len]), Ok(()));
        assert_eq!(hash.expand(&prk, &[], &mut vec![0; 255 * len + 1]), Err(CryptoError::Length));
        assert_eq!(hash.expand(&prk[1..], &[], &mut [0; 1]), Err(CryptoError::Length));
        assert_eq!(hash.expand(&[], &[], &mut [0; 1]), Err(CryptoError::Length));
        assert_eq!(hash.expand(&prk, &[], &mut []), Ok(()));
    }
}

pub fn extract_is_hmac_with_the_salt_as_key(suite: &Suite) {
    for hash in suite.provider.hashes {
        for salt in [&b"salt"[..], b"", &[5; 200]] {
            let secret = hash.extract(salt, b"input").unwrap();
            assert_eq!(secret.as_bytes(), hash.hmac(salt, &[b"input"]).unwrap().as_bytes());
        }
    }
}

pub fn outputs_are_as_long_as_they_say(suite: &Suite) {
    for hash in suite.provider.hashes {
        let len = hash.algorithm().output_len();
        assert_eq!(hash.digest(&[b"x"]).unwrap().as_bytes().len(), len);
        assert_eq!(hash.start().current().unwrap().as_bytes().len(), len);
        assert_eq!(hash.hmac(b"k", &[]).unwrap().as_bytes().len(), len);
        assert_eq!(hash.extract(b"", b"").unwrap().as_bytes().len(), len);
    }
}

/// RFC 3174 §7.3.
pub fn sha1_is_itself(suite: &Suite) {
    let Some(sha1) = suite.provider.sha1 else { return };
    let expected = [
        0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0,
        0xd8, 0x9d,
    ];
    assert_eq!(sha1(&[b"a", b"", b"bc"]).unwrap().as_bytes(), expected);
}
