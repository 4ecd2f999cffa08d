//! Checking signatures.

use crate::Suite;
use crate::common::{der, hex, ml_dsa, pem, tlv};
use handfast_crypto::{CryptoError, HashAlgorithm, KeyKind, PublicKey, SignatureAlgorithm as Algorithm};
use handfast_rustcrypto::{KEYS, SystemRandom};

const MESSAGE: &[u8] = b"Handfast";

/// Signatures by OpenSSL with the pairs of curve and hash for which there are no vectors elsewhere.
pub fn ecdsa_with_the_other_pairs(suite: &Suite) {
    for (pem, hash, signature) in [
        (
            pem!("p256"),
            HashAlgorithm::Sha384,
            "3046022100a39239402ff93f66b7329256da60f607d7222b0ba08df1b7e909a0c168094314022100ade05961d92b74fdaa15dc\
             61b42679fcf71b09a58ce4517c5831d06d6987cf54",
        ),
        (
            pem!("p521"),
            HashAlgorithm::Sha256,
            "3081870242018e287323838c09d549963f857a1c3138fbcd075a3a3280f9f520697f5de3edd06faeb34fa7ed6fa966b2d8f2e5\
             7b0218fa7350eec49e27f597f3078ae8f621c804024123b235fa9a50a1fad8204a6b05c5bf505b420026b82aa792cbd451f284\
             5734ae8f0db083f5ddbdbe857629ac0675fbef5210f29fcb3584b50a1bec666d8038c424",
        ),
        (
            pem!("p521"),
            HashAlgorithm::Sha384,
            "3081880242018a70f825d8490399dec0dd67ccfca06e83cc71c07d3f670280092559c595296c574765a02fe1da0b4311a2f2ed\
             a0388f03882322ae2b62bbe8cae3edc95adf42f9024201a4b5d0cf764ac31dc0583e3b8f34ed588f13f5e1cf149a40604287f5\
             7d4a7bbfca33d3a618b2398a176c65a281b83e0407ae23f06565dc27698571e0d61fb5d588",
        ),
    ] {
        let public = suite.key(pem).public_key().clone();
        let signature = hex(signature);
        assert_eq!(suite.verify(Algorithm::Ecdsa(hash), &public, MESSAGE, &signature), Ok(()));
        let refused = suite.verify(Algorithm::Ecdsa(hash), &public, b"Hand fast", &signature);
        assert_eq!(refused, Err(CryptoError::BadSignature));
        let other_hash = suite.verify(Algorithm::Ecdsa(HashAlgorithm::Sha512), &public, MESSAGE, &signature);
        assert_eq!(other_hash, Err(CryptoError::BadSignature));
    }
}

/// A signature by OpenSSL with the key in `tests/keys`, so that the public key is not only ours.
pub fn ed25519_of_openssl(suite: &Suite) {
    if !suite.has(KeyKind::Ed25519) {
        return;
    }
    let signature =
        hex("e606ebe01b9813c0619aeffe1f080e3d20d433f51998a2c502911dbc4a018db2a974ff3f5fe4b046c2ed6da9add79330\
                         d940c0bad5b54c8ec8e9d785e9db0e08");
    let key = suite.key(pem!("ed25519"));
    assert_eq!(suite.verify(Algorithm::Ed25519, key.public_key(), MESSAGE, &signature), Ok(()));
    // The same key signs the same.
    assert_eq!(key.sign(key.schemes()[0], MESSAGE, &SystemRandom).unwrap(), signature);
}

pub fn algorithm_and_key_must_fit(suite: &Suite) {
    const KINDS: [KeyKind; 9] = [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::Ed25519,
        KeyKind::Rsa,
        KeyKind::RsaPss,
        KeyKind::MlDsa44,
        KeyKind::MlDsa65,
        KeyKind::MlDsa87,
    ];
    let fits = |algorithm, kind| match algorithm {
        Algorithm::Ecdsa(_) => matches!(kind, KeyKind::P256 | KeyKind::P384 | KeyKind::P521),
        Algorithm::Ed25519 => kind == KeyKind::Ed25519,
        Algorithm::RsaPkcs1(_) => kind == KeyKind::Rsa,
        Algorithm::RsaPss(_) => matches!(kind, KeyKind::Rsa | KeyKind::RsaPss),
        Algorithm::MlDsa => matches!(kind, KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87),
        other => panic!("{other:?}"),
    };
    let hashes = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
    let with_hash = hashes
        .into_iter()
        .flat_map(|hash| [Algorithm::Ecdsa(hash), Algorithm::RsaPkcs1(hash), Algorithm::RsaPss(hash)]);
    for algorithm in with_hash.chain([Algorithm::Ed25519, Algorithm::MlDsa]) {
        for kind in KINDS {
            // No key of any kind has no bytes, so what fits gets as far as the key.
            let error = suite.verify(algorithm, &PublicKey { kind, bytes: vec![] }, MESSAGE, &[]).unwrap_err();
            let expected =
                if fits(algorithm, kind) && suite.has(kind) { CryptoError::BadKey } else { CryptoError::Unsupported };
            assert_eq!(error, expected, "{algorithm:?} {kind:?}");
        }
    }
}

/// docs/regressions.md row 64.
pub fn malformed_keys_are_bad_keys(suite: &Suite) {
    let ecdsa = Algorithm::Ecdsa(HashAlgorithm::Sha256);
    let mut cases = Vec::new();
    for (pem, algorithm) in [
        (pem!("p256"), ecdsa),
        (pem!("p384"), ecdsa),
        (pem!("p521"), ecdsa),
        (pem!("ed25519"), Algorithm::Ed25519),
        (pem!("rsa-2048"), Algorithm::RsaPkcs1(HashAlgorithm::Sha256)),
        (pem!("rsa-pss"), Algorithm::RsaPss(HashAlgorithm::Sha256)),
    ] {
        cases.push((algorithm, der(pem)));
    }
    cases.extend(ml_dsa().map(|der| (Algorithm::MlDsa, der)));
    for (algorithm, der) in cases {
        // By the other provider, as this one may not have it.
        let PublicKey { kind, bytes } = KEYS.load(&der).unwrap().public_key().clone();
        if !suite.has(kind) {
            continue;
        }
        let longer = [&bytes[..], &[0]].concat();
        let mut wrong = vec![bytes[..1].to_vec(), bytes[1..].to_vec(), bytes[..bytes.len() - 1].to_vec(), longer];
        if let Algorithm::Ecdsa(_) = algorithm {
            let mut off_curve = bytes.clone();
            *off_curve.last_mut().unwrap() ^= 1;
            let mut compact = bytes[..=bytes.len() / 2].to_vec();
            compact[0] = 5;
            wrong.extend([off_curve, compact, vec![0], vec![0; bytes.len()]]);
        }
        for bytes in wrong {
            let key = PublicKey { kind, bytes };
            assert_eq!(suite.verify(algorithm, &key, MESSAGE, &[]), Err(CryptoError::BadKey), "{key:?}");
        }
    }
}

pub fn a_certificate_may_have_a_compressed_point(suite: &Suite) {
    let key = suite.key(pem!("p256"));
    let signature = key.sign(key.schemes()[0], MESSAGE, &SystemRandom).unwrap();
    let bytes = hex("03365f9e3b3929841c563f9cbee21d8873af03977062c4f1909f7ed585df9771ed");
    let compressed = PublicKey { kind: KeyKind::P256, bytes };
    let ecdsa = Algorithm::Ecdsa(HashAlgorithm::Sha256);
    assert_eq!(suite.verify(ecdsa, &compressed, MESSAGE, &signature), Ok(()));
}

pub fn ed25519_keys_that_others_may_take_are_refused(suite: &Suite) {
    if !suite.has(KeyKind::Ed25519) {
        return;
    }
    let p = |low: u8| {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (low, 0x7f);
        bytes
    };
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_zero = one;
    minus_zero[31] = 0x80;
    let order_8 = hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    for bytes in [
        // Of small order: 1, -1, 0, and a point of order eight.
        &one[..],
        &p(0xec),
        &[0; 32],
        &order_8,
        // Not canonical: p, p + 1, p + 3 (which is of large order), and the 1 with a sign.
        &p(0xed),
        &p(0xee),
        &p(0xf0),
        &minus_zero,
    ] {
        let key = PublicKey { kind: KeyKind::Ed25519, bytes: bytes.to_vec() };
        assert_eq!(suite.verify(Algorithm::Ed25519, &key, MESSAGE, &[0; 64]), Err(CryptoError::BadKey), "{key:?}");
    }
}

/// docs/regressions.md row 58.
pub fn rsa_keys_out_of_bounds_are_refused(suite: &Suite) {
    let integer = |mut bytes: Vec<u8>| {
        if bytes.first().is_none_or(|first| first & 0x80 != 0) {
            bytes.insert(0, 0);
        }
        tlv(2, &bytes)
    };
    let ones = |bits: usize| {
        let mut bytes = vec![0xff; bits.div_ceil(8)];
        bytes[0] = 0xff >> (bytes.len() * 8 - bits);
        bytes
    };
    let even = |bits| {
        let mut bytes = ones(bits);
        *bytes.last_mut().unwrap() = 0xfe;
        bytes
    };
    let f4 = vec![1, 0, 1];
    let bad = Err(CryptoError::BadKey);
    let good = Err(CryptoError::BadSignature);
    for (n, e, expected) in [
        (ones(2047), f4.clone(), bad),
        (ones(2048), f4.clone(), good),
        (ones(2049), f4.clone(), good),
        (ones(8192), f4.clone(), good),
        (ones(8193), f4.clone(), bad),
        (ones(65536), f4.clone(), bad),
        (even(2048), f4.clone(), bad),
        (vec![], f4.clone(), bad),
        (ones(2048), vec![], bad),
        (ones(2048), vec![1], bad),
        (ones(2048), vec![2], bad),
        (ones(2048), vec![3], good),
        (ones(2048), vec![4], bad),
        (ones(2048), vec![0xff; 4], good),
        (ones(2048), vec![1, 0, 0, 0, 0], bad),
        (ones(2048), vec![1, 0, 0, 0, 1], bad),
        (ones(2048), vec![0xff; 8], bad),
        (ones(2048), vec![0xff; 9], bad),
        (ones(2048), ones(2047), bad),
    ] {
        let signature = vec![0; n.len()];
        let what = (n.len(), e.clone());
        let bytes = tlv(0x30, &[integer(n), integer(e)].concat());
        let key = PublicKey { kind: KeyKind::Rsa, bytes };
        for algorithm in [Algorithm::RsaPkcs1(HashAlgorithm::Sha256), Algorithm::RsaPss(HashAlgorithm::Sha512)] {
            assert_eq!(suite.verify(algorithm, &key, MESSAGE, &signature), expected, "{what:?}");
        }
    }
}
