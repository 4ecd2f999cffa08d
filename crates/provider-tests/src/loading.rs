//! Loading keys, and making those of RSA.

use crate::Suite;
use crate::common::{der, pem, pkcs8, tlv};
use der::{Decode, Encode, asn1::UintRef};
use handfast_crypto::{CryptoError, KeyError, KeyKind, SigningKey};
use handfast_rustcrypto::SystemRandom;
use pkcs1::RsaPrivateKeyRef;
use pki_types::PrivateKeyDer;
use std::sync::Arc;

fn kind(key: Result<Arc<dyn SigningKey>, KeyError>) -> Result<KeyKind, KeyError> {
    key.map(|key| key.public_key().kind)
}

pub fn what_openssl_writes(suite: &Suite) {
    for (pem, expected) in [
        (pem!("p256"), Ok(KeyKind::P256)),
        (pem!("p256-sec1"), Ok(KeyKind::P256)),
        (pem!("p256-sec1-full"), Ok(KeyKind::P256)),
        (pem!("p384"), Ok(KeyKind::P384)),
        (pem!("p384-sec1"), Ok(KeyKind::P384)),
        (pem!("p521"), Ok(KeyKind::P521)),
        (pem!("p521-sec1"), Ok(KeyKind::P521)),
        (pem!("ed25519"), Ok(KeyKind::Ed25519)),
        (pem!("rsa-2048"), Ok(KeyKind::Rsa)),
        (pem!("rsa-2048-pkcs1"), Ok(KeyKind::Rsa)),
        (pem!("rsa-2048-e3"), Ok(KeyKind::Rsa)),
        (pem!("rsa-2049"), Ok(KeyKind::Rsa)),
        (pem!("rsa-pss"), Ok(KeyKind::RsaPss)),
        (pem!("rsa-pss-sha384"), Ok(KeyKind::RsaPss)),
        // Too small, too many primes, too large an exponent.
        (pem!("rsa-2040"), Err(KeyError::Unsupported)),
        (pem!("rsa-2048-3primes"), Err(KeyError::Unsupported)),
        (pem!("rsa-2048-e33bits"), Err(KeyError::Unsupported)),
        // For signatures that TLS does not have.
        (pem!("rsa-pss-sha1"), Err(KeyError::Unsupported)),
        (pem!("rsa-pss-mixed"), Err(KeyError::Unsupported)),
        (pem!("rsa-pss-salt40"), Err(KeyError::Unsupported)),
        (pem!("secp256k1"), Err(KeyError::Unsupported)),
        (pem!("p256-explicit"), Err(KeyError::Unsupported)),
        (pem!("x25519"), Err(KeyError::Unsupported)),
        (pem!("ed448"), Err(KeyError::Unsupported)),
    ] {
        let expected = expected.and_then(|kind| suite.has(kind).then_some(kind).ok_or(KeyError::Unsupported));
        assert_eq!(kind(suite.provider.keys.load(&der(pem))), expected, "{pem}");
    }
}

pub fn one_key_in_two_containers_is_the_same_key(suite: &Suite) {
    for (one, two) in [
        (pem!("p256"), pem!("p256-sec1")),
        (pem!("p256"), pem!("p256-sec1-full")),
        (pem!("p384"), pem!("p384-sec1")),
        (pem!("p521"), pem!("p521-sec1")),
        (pem!("rsa-2048"), pem!("rsa-2048-pkcs1")),
    ] {
        assert_eq!(suite.key(one).public_key(), suite.key(two).public_key());
    }
}

/// docs/regressions.md row 64. Cut at any place a key is malformed, and with any bit changed it loads or does not,
/// but never panics.
pub fn broken_keys_do_not_panic(suite: &Suite) {
    let with = |key: &PrivateKeyDer<'_>, bytes: Vec<u8>| match key {
        PrivateKeyDer::Pkcs1(_) => PrivateKeyDer::Pkcs1(bytes.into()),
        PrivateKeyDer::Sec1(_) => PrivateKeyDer::Sec1(bytes.into()),
        _ => PrivateKeyDer::Pkcs8(bytes.into()),
    };
    let more = [pem!("p256-sec1-full"), pem!("rsa-2048-pkcs1")];
    for key in suite.containers().into_iter().chain(more.map(der)) {
        let bytes = key.secret_der();
        for len in 0..bytes.len() {
            assert_eq!(kind(suite.provider.keys.load(&with(&key, bytes[..len].to_vec()))), Err(KeyError::Malformed));
        }
        assert_eq!(kind(suite.provider.keys.load(&with(&key, [bytes, &[0]].concat()))), Err(KeyError::Malformed));
        let step = if bytes.len() > 500 { 37 } else { 1 };
        for at in (0..bytes.len()).step_by(step) {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << (at % 8);
            let _ = suite.provider.keys.load(&with(&key, changed));
        }
    }
}

pub fn the_curve_must_be_named_and_the_same_everywhere(suite: &Suite) {
    let scalar = tlv(4, &[7; 32]);
    let version = tlv(2, &[1]);
    let p256 = tlv(0xa0, &tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]));
    let p384 = tlv(0xa0, &tlv(6, &[0x2b, 0x81, 4, 0, 0x22]));
    let sec1 = |parts: &[&[u8]]| tlv(0x30, &parts.concat());
    let load = |der: Vec<u8>| kind(suite.provider.keys.load(&PrivateKeyDer::Sec1(der.into())));
    assert_eq!(load(sec1(&[&version, &scalar, &p256])), Ok(KeyKind::P256));
    assert_eq!(load(sec1(&[&version, &scalar])), Err(KeyError::Malformed));
    // Zero, above the order, too long, and shorter than any zeros left out could make it.
    for scalar in [&[0; 32][..], &[0xff; 32], &[7; 33], &[7; 23]] {
        assert_eq!(load(sec1(&[&version, &tlv(4, scalar), &p256])), Err(KeyError::Malformed));
    }
    assert_eq!(load(sec1(&[&version, &tlv(4, &[7; 31]), &p256])), Ok(KeyKind::P256));

    let algorithm = |curve: &[u8]| tlv(0x30, &[tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), curve.to_vec()].concat());
    let load = |inner: Vec<u8>| {
        let info = tlv(0x30, &[tlv(2, &[0]), algorithm(&p256[2..]), tlv(4, &inner)].concat());
        kind(suite.provider.keys.load(&PrivateKeyDer::Pkcs8(info.into())))
    };
    assert_eq!(load(sec1(&[&version, &scalar])), Ok(KeyKind::P256));
    assert_eq!(load(sec1(&[&version, &scalar, &p256])), Ok(KeyKind::P256));
    assert_eq!(load(sec1(&[&version, &scalar, &p384])), Err(KeyError::Inconsistent));
}

pub fn a_public_key_in_the_container_must_be_the_keys(suite: &Suite) {
    let other = suite.key(pem!("p384")).public_key().bytes.clone();
    let full = der(pem!("p256-sec1-full")).secret_der().to_vec();
    let last = full.len() - 1;
    // One bit of the point, and a point of another curve.
    let mut changed = full.clone();
    changed[last] ^= 1;
    let private = &full[..full.len() - 70];
    let foreign = tlv(0x30, &[&private[2..], &tlv(0xa1, &tlv(3, &[&[0], &other[..]].concat()))].concat());
    for der in [changed, foreign] {
        assert_eq!(kind(suite.provider.keys.load(&PrivateKeyDer::Sec1(der.into()))), Err(KeyError::Inconsistent));
    }

    let p256 = suite.key(pem!("p256-sec1-full")).public_key().bytes.clone();
    let algorithm = tlv(0x30, &[tlv(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), full[41..51].to_vec()].concat());
    for (public, expected) in [(p256, Ok(KeyKind::P256)), (other, Err(KeyError::Inconsistent))] {
        let public = tlv(0x81, &[&[0], &public[..]].concat());
        let info = tlv(0x30, &[tlv(2, &[1]), algorithm.clone(), tlv(4, &full), public].concat());
        assert_eq!(kind(suite.provider.keys.load(&PrivateKeyDer::Pkcs8(info.into()))), expected);
    }

    if !suite.has(KeyKind::Ed25519) {
        return;
    }
    let ed25519 = suite.key(pem!("ed25519")).public_key().bytes.clone();
    let private = der(pem!("ed25519")).secret_der()[14..].to_vec();
    let load = |public: Option<&[u8]>| kind(suite.provider.keys.load(&pkcs8(&[0x2b, 0x65, 0x70], &private, public)));
    assert_eq!(load(None), Ok(KeyKind::Ed25519));
    assert_eq!(load(Some(&ed25519)), Ok(KeyKind::Ed25519));
    let key = suite.provider.keys.load(&pkcs8(&[0x2b, 0x65, 0x70], &private, Some(&ed25519))).unwrap();
    assert!(key.sign(key.schemes()[0], b"", &SystemRandom).is_ok());
    assert_eq!(load(Some(&[9; 32])), Err(KeyError::Inconsistent));
    assert_eq!(load(Some(&ed25519[1..])), Err(KeyError::Inconsistent));
}

pub fn ed25519_has_32_bytes(suite: &Suite) {
    if !suite.has(KeyKind::Ed25519) {
        return;
    }
    for len in [0, 31, 33, 64] {
        let private = tlv(4, &vec![1; len]);
        assert_eq!(
            kind(suite.provider.keys.load(&pkcs8(&[0x2b, 0x65, 0x70], &private, None))),
            Err(KeyError::Malformed)
        );
    }
}

/// Changes one number of a good RSA key.
fn rsa_with(suite: &Suite, change: impl Fn(&mut RsaPrivateKeyRef<'_>)) -> Result<KeyKind, KeyError> {
    let good = der(pem!("rsa-2048-pkcs1"));
    let mut parts = RsaPrivateKeyRef::from_der(good.secret_der()).unwrap();
    change(&mut parts);
    kind(suite.provider.keys.load(&PrivateKeyDer::Pkcs1(parts.to_der().unwrap().into())))
}

pub fn the_numbers_of_an_rsa_key_must_agree(suite: &Suite) {
    let three = || UintRef::new(&[3]).unwrap();
    let inconsistent = Err(KeyError::Inconsistent);
    assert_eq!(rsa_with(suite, |_| ()), Ok(KeyKind::Rsa));
    assert_eq!(rsa_with(suite, |key| key.private_exponent = three()), inconsistent);
    assert_eq!(rsa_with(suite, |key| key.prime1 = three()), inconsistent);
    assert_eq!(rsa_with(suite, |key| key.prime2 = three()), inconsistent);
    assert_eq!(rsa_with(suite, |key| key.exponent1 = three()), inconsistent);
    assert_eq!(rsa_with(suite, |key| key.exponent2 = three()), inconsistent);
    assert_eq!(rsa_with(suite, |key| key.coefficient = three()), inconsistent);
    assert_eq!(rsa_with(suite, |key| key.public_exponent = three()), inconsistent);
    assert_eq!(rsa_with(suite, |key| key.exponent1 = key.modulus), inconsistent);
    assert_eq!(rsa_with(suite, |key| (key.prime1, key.prime2) = (key.prime2, key.prime1)), inconsistent);
    // Zero and one as primes, which would divide by zero.
    for n in [&[0][..], &[1]] {
        assert_eq!(rsa_with(suite, |key| key.prime1 = UintRef::new(n).unwrap()), inconsistent);
        assert_eq!(
            rsa_with(suite, |key| (key.prime1, key.prime2) = (UintRef::new(n).unwrap(), UintRef::new(n).unwrap())),
            inconsistent
        );
    }
}

pub fn rsa_keys_out_of_bounds_are_refused(suite: &Suite) {
    const LARGE: [u8; 1025] = [0xff; 1025];
    const EVEN: [u8; 256] = [0xfe; 256];
    let unsupported = Err(KeyError::Unsupported);
    assert_eq!(rsa_with(suite, |key| key.modulus = UintRef::new(&LARGE).unwrap()), unsupported);
    assert_eq!(rsa_with(suite, |key| key.modulus = UintRef::new(&LARGE[..255]).unwrap()), unsupported);
    assert_eq!(rsa_with(suite, |key| key.modulus = UintRef::new(&EVEN).unwrap()), unsupported);
    assert_eq!(rsa_with(suite, |key| key.public_exponent = UintRef::new(&[1, 0, 0, 0, 1]).unwrap()), unsupported);
    assert_eq!(rsa_with(suite, |key| key.public_exponent = UintRef::new(&[1]).unwrap()), unsupported);
    assert_eq!(rsa_with(suite, |key| key.public_exponent = UintRef::new(&[4]).unwrap()), unsupported);
    // Of unequal length: one prime and the modulus for the other.
    assert_eq!(rsa_with(suite, |key| key.prime2 = key.modulus), unsupported);
}

/// A prime of a 2,049-bit key has at most 1,025 bits. What is above them must not be cut off in silence, though the
/// number fits the bytes.
pub fn no_bit_of_a_prime_is_overlooked(suite: &Suite) {
    let good = der(pem!("rsa-2049"));
    let info = ::pkcs8::PrivateKeyInfoRef::from_der(good.secret_der()).unwrap();
    let mut parts = RsaPrivateKeyRef::from_der(info.private_key.as_bytes()).unwrap();
    let mut prime = [&[0][..], parts.prime1.as_bytes()].concat();
    prime.drain(..prime.len() - 129);
    prime[0] |= 0x40;
    parts.prime1 = UintRef::new(&prime).unwrap();
    assert_eq!(
        kind(suite.provider.keys.load(&PrivateKeyDer::Pkcs1(parts.to_der().unwrap().into()))),
        Err(KeyError::Unsupported)
    );
}

/// RFC 9881 §6: the seed, the seed with the key expanded from it, and that alone.
pub fn the_three_forms_of_an_ml_dsa_key(suite: &Suite) {
    if !suite.has(KeyKind::MlDsa44) {
        return;
    }
    const OID: [u8; 9] = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 17];
    let seed: Vec<u8> = (0..32).collect();
    let signing = ml_dsa::ExpandedSigningKey::<ml_dsa::MlDsa44>::from_seed(seed[..].try_into().unwrap());
    #[expect(deprecated, reason = "others still write it")]
    let expanded = signing.to_expanded().to_vec();
    let mut other = expanded.clone();
    other[2000] ^= 1;
    let both = |expanded: &[u8]| tlv(0x30, &[tlv(4, &seed), tlv(4, expanded)].concat());
    let load = |private: &[u8], public: Option<&[u8]>| kind(suite.provider.keys.load(&pkcs8(&OID, private, public)));
    let ok = Ok(KeyKind::MlDsa44);
    assert_eq!(load(&tlv(0x80, &seed), None), ok);
    assert_eq!(load(&both(&expanded), None), ok);
    assert_eq!(load(&both(&other), None), Err(KeyError::Inconsistent));
    assert_eq!(load(&both(&expanded[1..]), None), Err(KeyError::Inconsistent));
    assert_eq!(load(&tlv(4, &expanded), None), Err(KeyError::Unsupported));
    assert_eq!(load(&tlv(0x80, &seed[1..]), None), Err(KeyError::Malformed));
    assert_eq!(load(&[tlv(0x80, &seed), vec![5, 0]].concat(), None), Err(KeyError::Malformed));
    assert_eq!(load(&[both(&expanded), vec![5, 0]].concat(), None), Err(KeyError::Malformed));
    assert_eq!(load(&tlv(0x30, &tlv(4, &seed)), None), Err(KeyError::Malformed));
    assert_eq!(load(&[], None), Err(KeyError::Malformed));
    let public = signing.verifying_key().encode().to_vec();
    assert_eq!(load(&tlv(0x80, &seed), Some(&public)), ok);
    assert_eq!(load(&tlv(0x80, &seed), Some(&public[1..])), Err(KeyError::Inconsistent));
}

pub fn made_rsa_keys_load_and_differ(suite: &Suite) {
    let make = || suite.provider.keys.generate_rsa(2048, &SystemRandom);
    // 2,048 bits are what everybody makes who makes keys at all.
    let (one, two) = match (make(), make()) {
        (Err(CryptoError::Unsupported), _) => return,
        made => (made.0.unwrap(), made.1.unwrap()),
    };
    let keys = [one, two].map(|der| suite.provider.keys.load(&der).unwrap());
    assert_eq!(keys.each_ref().map(|key| key.public_key().kind), [KeyKind::Rsa; 2]);
    assert_ne!(keys[0].public_key().bytes, keys[1].public_key().bytes);
    for key in keys {
        let public = pkcs1::RsaPublicKeyRef::from_der(&key.public_key().bytes).unwrap();
        let modulus = public.modulus.as_bytes();
        assert!(modulus.len() == 256 && modulus[0] & 0x80 != 0);
        assert_eq!(public.public_exponent.as_bytes(), [1, 0, 1]);
    }
    for bits in [0, 512, 1024, 2047, 2049, usize::MAX] {
        assert_eq!(suite.provider.keys.generate_rsa(bits, &SystemRandom), Err(CryptoError::Unsupported), "{bits}");
    }
}
