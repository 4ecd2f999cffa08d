//! SubjectPublicKeyInfo to and from [`PublicKey`].
//!
//! ```text
//! SubjectPublicKeyInfo ::= SEQUENCE {                       RFC 5280 §4.1.2.7
//!     algorithm           AlgorithmIdentifier
//!     subjectPublicKey    BIT STRING }                     whole octets
//!
//! AlgorithmIdentifier ::= SEQUENCE {                        RFC 5280 §4.1.1.2
//!     algorithm           OBJECT IDENTIFIER
//!     parameters          ANY, by the algorithm OPTIONAL }
//! ```
//!
//! | algorithm | parameters | subjectPublicKey | clause |
//! |---|---|---|---|
//! | rsaEncryption | NULL | `RSAPublicKey` | RFC 3279 §2.3.1 |
//! | id-RSASSA-PSS | absent | `RSAPublicKey` | RFC 4055 §3.1 |
//! | id-ecPublicKey | OBJECT IDENTIFIER of the curve | uncompressed point | RFC 5480 §2 |
//! | id-Ed25519 | absent | 32 octets | RFC 8410 §4 |
//! | id-ml-dsa-44, -65, -87 | absent | 1,312, 1,952, 2,592 octets | RFC 9881 §4 |

use crate::asn1::{self, Reader};
use crate::encode;
use crate::error::Rule;
use crate::oid;
use alloc::vec::Vec;
use der::Tag;
use handfast_crypto::{KeyKind, PublicKey};

/// The smallest RSA modulus, in bits.
pub const RSA_MIN_BITS: usize = 2048;
/// The largest RSA modulus, in bits: checking a signature costs the square of it, and the peer chose it.
pub const RSA_MAX_BITS: usize = 8192;
/// The largest RSA exponent, in bits: checking a signature costs as many squarings.
pub const RSA_EXPONENT_MAX_BITS: usize = 32;

/// Reads a SubjectPublicKeyInfo.
///
/// # Errors
/// [`Rule::Malformed`]; [`Rule::UnsupportedKey`] for an algorithm or curve that is not in the table above;
/// [`Rule::BadKey`] and [`Rule::RsaSize`] for a key that cannot be one or is outside the bounds. That a point lies on
/// its curve is for the provider to check.
pub fn parse(spki: &[u8]) -> Result<PublicKey, Rule> {
    parse_content(asn1::sequence(spki, "subjectPublicKeyInfo")?)
}

/// Reads the content octets of a SubjectPublicKeyInfo, as certificates and trust anchors hold them.
///
/// # Errors
/// As [`parse`].
pub fn parse_content(content: &[u8]) -> Result<PublicKey, Rule> {
    read_content(content).map(|(kind, key)| PublicKey { kind, bytes: key.to_vec() })
}

/// The same, without a copy of the key.
pub(crate) fn read_content(content: &[u8]) -> Result<(KeyKind, &[u8]), Rule> {
    let mut reader = Reader::new(content, "subjectPublicKeyInfo")?;
    let algorithm = reader.take(Tag::Sequence)?;
    let key = reader.octets()?;
    reader.end()?;
    let kind = parse_kind(algorithm)?;
    check(kind, key)?;
    Ok((kind, key))
}

/// The SubjectPublicKeyInfo of `key`.
///
/// # Errors
/// [`Rule::UnsupportedKey`] for a kind that is not in the table above.
pub fn encode(key: &PublicKey) -> Result<Vec<u8>, Rule> {
    Ok(encode::sequence(&[&algorithm(key.kind)?, &encode::bit_string(&key.bytes)]))
}

/// The AlgorithmIdentifier of keys of this kind.
pub(crate) fn algorithm(kind: KeyKind) -> Result<Vec<u8>, Rule> {
    let algorithm = match kind {
        KeyKind::Rsa => [encode::oid(oid::RSA_ENCRYPTION), NULL.to_vec()].concat(),
        KeyKind::RsaPss => encode::oid(oid::RSASSA_PSS),
        KeyKind::P256 => [encode::oid(oid::EC_PUBLIC_KEY), encode::oid(oid::SECP256R1)].concat(),
        KeyKind::P384 => [encode::oid(oid::EC_PUBLIC_KEY), encode::oid(oid::SECP384R1)].concat(),
        KeyKind::P521 => [encode::oid(oid::EC_PUBLIC_KEY), encode::oid(oid::SECP521R1)].concat(),
        KeyKind::Ed25519 => encode::oid(oid::ED25519),
        KeyKind::MlDsa44 => encode::oid(oid::ML_DSA_44),
        KeyKind::MlDsa65 => encode::oid(oid::ML_DSA_65),
        KeyKind::MlDsa87 => encode::oid(oid::ML_DSA_87),
        _ => return Err(Rule::UnsupportedKey("a kind without an object identifier".into())),
    };
    Ok(encode::sequence(&[&algorithm]))
}

/// The DER of NULL.
pub(crate) const NULL: &[u8] = &[5, 0];

fn parse_kind(algorithm: &[u8]) -> Result<KeyKind, Rule> {
    let mut reader = Reader::new(algorithm, "subjectPublicKeyInfo.algorithm")?;
    let algorithm = reader.take(Tag::ObjectIdentifier)?;
    let kind = match algorithm {
        oid::RSA_ENCRYPTION => {
            if !reader.take(Tag::Null)?.is_empty() {
                return Err(reader.malformed());
            }
            KeyKind::Rsa
        }
        // RFC 4055 §3.1: parameters would restrict the key to one hash. `PublicKey` cannot carry that restriction, so
        // such a key is refused and not used for more than it allows.
        oid::RSASSA_PSS if !reader.is_empty() => {
            return Err(Rule::UnsupportedKey("1.2.840.113549.1.1.10 with parameters".into()));
        }
        oid::RSASSA_PSS => KeyKind::RsaPss,
        oid::EC_PUBLIC_KEY => parse_curve(&mut reader)?,
        oid::ED25519 => KeyKind::Ed25519,
        oid::ML_DSA_44 => KeyKind::MlDsa44,
        oid::ML_DSA_65 => KeyKind::MlDsa65,
        oid::ML_DSA_87 => KeyKind::MlDsa87,
        unknown => return Err(Rule::UnsupportedKey(oid::dotted(unknown))),
    };
    reader.end()?;
    Ok(kind)
}

fn parse_curve(reader: &mut Reader<'_>) -> Result<KeyKind, Rule> {
    // RFC 5480 §2.1.1: only a named curve; parameters spelled out were CVE-2020-0601.
    match reader.take(Tag::ObjectIdentifier)? {
        oid::SECP256R1 => Ok(KeyKind::P256),
        oid::SECP384R1 => Ok(KeyKind::P384),
        oid::SECP521R1 => Ok(KeyKind::P521),
        unknown => Err(Rule::UnsupportedKey(oid::dotted(unknown))),
    }
}

fn check(kind: KeyKind, key: &[u8]) -> Result<(), Rule> {
    let len = match kind {
        KeyKind::Rsa | KeyKind::RsaPss => return check_rsa(key),
        KeyKind::P256 => 1 + 2 * 32,
        KeyKind::P384 => 1 + 2 * 48,
        KeyKind::P521 => 1 + 2 * 66,
        KeyKind::Ed25519 => 32,
        KeyKind::MlDsa44 => 1312,
        KeyKind::MlDsa65 => 1952,
        KeyKind::MlDsa87 => 2592,
        _ => return Err(Rule::BadKey("a kind that nobody here checks")),
    };
    if key.len() != len {
        return Err(Rule::BadKey("its length does not fit its algorithm"));
    }
    let is_curve = matches!(kind, KeyKind::P256 | KeyKind::P384 | KeyKind::P521);
    if is_curve && key.first() != Some(&4) {
        return Err(Rule::BadKey("its point is not in uncompressed form"));
    }
    Ok(())
}

/// Checks an RSA key before anybody calculates with it (docs/regressions.md row 58).
///
/// ```text
/// RSAPublicKey ::= SEQUENCE {                               RFC 8017 Appendix A.1.1
///     modulus           INTEGER                            odd, 2,048 … 8,192 bits
///     publicExponent    INTEGER }                          odd, 3 … 2^32 - 1
/// ```
fn check_rsa(key: &[u8]) -> Result<(), Rule> {
    let mut reader = Reader::sequence(key, "RSAPublicKey")?;
    let modulus = reader.unsigned()?;
    let exponent = reader.unsigned()?;
    reader.end()?;
    let bits = bit_len(modulus);
    if !(RSA_MIN_BITS..=RSA_MAX_BITS).contains(&bits) {
        return Err(Rule::RsaSize(bits));
    }
    if !is_odd(modulus) {
        return Err(Rule::BadKey("its RSA modulus is even"));
    }
    if !(2..=RSA_EXPONENT_MAX_BITS).contains(&bit_len(exponent)) || !is_odd(exponent) {
        return Err(Rule::BadKey("its RSA exponent is even, 1, or has more than 32 bits"));
    }
    Ok(())
}

/// How many bits the modulus of an `RSAPublicKey` has.
///
/// # Errors
/// [`Rule::Malformed`].
pub(crate) fn rsa_bits(key: &[u8]) -> Result<usize, Rule> {
    Reader::sequence(key, "RSAPublicKey")?.unsigned().map(bit_len)
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|octet| octet & 1 == 1)
}

/// Bits of a big-endian number without leading zero octets.
pub(crate) fn bit_len(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |octet| octet.leading_zeros() as usize);
    number.len().saturating_mul(8).saturating_sub(unused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{INTEGER, bit_string, sequence, tlv};
    use alloc::{string::ToString, vec};

    fn rsa(modulus_bits: usize, last: u8, exponent: &[u8]) -> PublicKey {
        let mut modulus = vec![0xff; modulus_bits.div_ceil(8)];
        modulus[0] >>= modulus.len() * 8 - modulus_bits;
        *modulus.last_mut().unwrap() = last;
        let positive = |number: &[u8]| if number[0] & 0x80 == 0 { vec![] } else { vec![0] };
        let key = sequence(&[
            &tlv(INTEGER, &[&positive(&modulus), &modulus]),
            &tlv(INTEGER, &[&positive(exponent), exponent]),
        ]);
        PublicKey { kind: KeyKind::Rsa, bytes: key }
    }

    #[test]
    fn every_kind_comes_back() {
        for (kind, bytes) in [
            (KeyKind::P256, [&[4][..], &[1; 64]].concat()),
            (KeyKind::P384, [&[4][..], &[1; 96]].concat()),
            (KeyKind::P521, [&[4][..], &[1; 132]].concat()),
            (KeyKind::Ed25519, vec![1; 32]),
            (KeyKind::Rsa, rsa(2048, 1, &[3]).bytes),
            (KeyKind::RsaPss, rsa(3072, 1, &[1, 0, 1]).bytes),
            (KeyKind::MlDsa44, vec![1; 1312]),
            (KeyKind::MlDsa65, vec![1; 1952]),
            (KeyKind::MlDsa87, vec![1; 2592]),
        ] {
            let key = PublicKey { kind, bytes };
            assert_eq!(parse(&encode(&key).unwrap()), Ok(key.clone()), "{kind:?}");
            if !matches!(kind, KeyKind::Rsa | KeyKind::RsaPss) {
                let short = PublicKey { kind, bytes: key.bytes[1..].to_vec() };
                assert_eq!(
                    parse(&encode(&short).unwrap()),
                    Err(Rule::BadKey("its length does not fit its algorithm")),
                    "{kind:?}"
                );
            }
        }
    }

    /// docs/regressions.md row 58.
    #[test]
    fn rsa_bounds() {
        let even = Err(Rule::BadKey("its RSA modulus is even"));
        let exponent = Err(Rule::BadKey("its RSA exponent is even, 1, or has more than 32 bits"));
        for (key, expected) in [
            (rsa(2047, 1, &[1, 0, 1]), Err(Rule::RsaSize(2047))),
            (rsa(2048, 1, &[1, 0, 1]), Ok(())),
            (rsa(8192, 1, &[1, 0, 1]), Ok(())),
            (rsa(8193, 1, &[1, 0, 1]), Err(Rule::RsaSize(8193))),
            (rsa(65_536, 1, &[1, 0, 1]), Err(Rule::RsaSize(65_536))),
            (rsa(2048, 2, &[1, 0, 1]), even),
            (rsa(2048, 1, &[0xff, 0xff, 0xff, 0xff]), Ok(())),
            (rsa(2048, 1, &[1, 0, 0, 0, 1]), exponent.clone()),
            (rsa(2048, 1, &[1]), exponent.clone()),
            (rsa(2048, 1, &[0]), exponent.clone()),
            (rsa(2048, 1, &[4]), exponent),
        ] {
            assert_eq!(parse(&encode(&key).unwrap()).map(|_| ()), expected);
        }
    }

    /// docs/regressions.md row 64: what is not known is an error that names it.
    #[test]
    fn unknown_algorithms_and_broken_keys() {
        let spki = |algorithm: &[u8], key: &[u8]| sequence(&[&sequence(&[algorithm]), &bit_string(key)]);
        let point = [&[4][..], &[1; 64]].concat();
        let dsa = encode::oid(&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1]);
        let ec = encode::oid(oid::EC_PUBLIC_KEY);
        for (der, expected) in [
            (spki(&dsa, &[1]), Rule::UnsupportedKey("1.2.840.10040.4.1".into())),
            (spki(&encode::oid(&[0x2b, 0x65, 113]), &[1; 57]), Rule::UnsupportedKey("1.3.101.113".into())),
            // secp256k1
            (
                spki(&[ec.clone(), encode::oid(&[0x2b, 0x81, 4, 0, 10])].concat(), &point),
                Rule::UnsupportedKey("1.3.132.0.10".into()),
            ),
            // No parameters, and explicit ones.
            (spki(&ec, &point), Rule::Malformed("subjectPublicKeyInfo.algorithm")),
            (spki(&[ec, sequence(&[])].concat(), &point), Rule::Malformed("subjectPublicKeyInfo.algorithm")),
            (
                spki(&[encode::oid(oid::ED25519), NULL.to_vec()].concat(), &[1; 32]),
                Rule::Malformed("subjectPublicKeyInfo.algorithm"),
            ),
            (spki(&encode::oid(oid::RSA_ENCRYPTION), &[1]), Rule::Malformed("subjectPublicKeyInfo.algorithm")),
            (spki(&[encode::oid(oid::RSA_ENCRYPTION), NULL.to_vec()].concat(), &[1]), Rule::Malformed("RSAPublicKey")),
            (sequence(&[]), Rule::Malformed("subjectPublicKeyInfo")),
            (vec![], Rule::Malformed("subjectPublicKeyInfo")),
        ] {
            assert_eq!(parse(&der), Err(expected));
        }
        for (what, dotted) in [
            ("RSAES-OAEP", "1.2.840.113549.1.1.7"),
            ("Diffie-Hellman", "1.2.840.113549.1.3.1"),
            ("Diffie-Hellman, X9.42", "1.2.840.10046.2.1"),
            ("ECDH alone", "1.3.132.1.12"),
            ("X25519", "1.3.101.110"),
            ("X448", "1.3.101.111"),
            ("Ed448", "1.3.101.113"),
            ("GOST R 34.10-2012", "1.2.643.7.1.1.1.1"),
            ("ML-KEM-768", "2.16.840.1.101.3.4.4.2"),
            ("SLH-DSA", "2.16.840.1.101.3.4.3.20"),
        ] {
            let der = spki(&encode::oid(&oid::parse(dotted).unwrap()), &[1; 32]);
            assert_eq!(parse(&der), Err(Rule::UnsupportedKey(dotted.into())), "{what}");
        }
        let compressed = PublicKey { kind: KeyKind::P256, bytes: [&[2][..], &[1; 64]].concat() };
        assert_eq!(
            parse(&encode(&compressed).unwrap()).unwrap_err().to_string(),
            "its public key is unusable: its point is not in uncompressed form"
        );
    }

    /// A key restricted to one hash is not used without the restriction.
    #[test]
    fn restricted_pss_keys_are_refused() {
        let algorithm = sequence(&[&encode::oid(oid::RSASSA_PSS), &sequence(&[])]);
        let der = sequence(&[&algorithm, &bit_string(&rsa(2048, 1, &[3]).bytes)]);
        assert!(matches!(parse(&der), Err(Rule::UnsupportedKey(_))));
    }
}
