//! The AlgorithmIdentifier of a signature to and from [`SignatureAlgorithm`].
//!
//! | algorithm | parameters | clause |
//! |---|---|---|
//! | sha256-, sha384-, sha512WithRSAEncryption | NULL, or absent | RFC 4055 §5 |
//! | id-RSASSA-PSS | `RSASSA-PSS-params` | RFC 4055 §3.1 |
//! | ecdsa-with-SHA256, -SHA384, -SHA512 | absent | RFC 5758 §3.2 |
//! | id-Ed25519 | absent | RFC 8410 §3 |
//! | id-ml-dsa-44, -65, -87 | absent | RFC 9881 §2 |
//!
//! Nothing with MD5 or SHA-1 is in the table (docs/regressions.md row 25).

use crate::asn1::{self, Reader, constructed};
use crate::encode;
use crate::error::Rule;
use crate::oid;
use crate::spki::NULL;
use alloc::vec::Vec;
use der::Tag;
use handfast_crypto::{CryptoError, HashAlgorithm, KeyKind, Provider, PublicKey, SignatureAlgorithm};

/// How a certificate is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CertificateSignature {
    /// The algorithm.
    pub algorithm: SignatureAlgorithm,
    /// ML-DSA: the parameter set that the identifier names, and that the issuer's key has to have.
    parameter_set: Option<KeyKind>,
}

impl CertificateSignature {
    /// Reads the content octets of an AlgorithmIdentifier.
    ///
    /// # Errors
    /// [`Rule::UnsupportedSignature`] for what is not in the table above; [`Rule::Malformed`].
    pub fn parse_content(content: &[u8]) -> Result<Self, Rule> {
        let mut reader = Reader::new(content, "signatureAlgorithm")?;
        let identifier = reader.take(Tag::ObjectIdentifier)?;
        let (algorithm, parameter_set) = match identifier {
            oid::SHA256_WITH_RSA => (rsa_pkcs1(&mut reader, HashAlgorithm::Sha256)?, None),
            oid::SHA384_WITH_RSA => (rsa_pkcs1(&mut reader, HashAlgorithm::Sha384)?, None),
            oid::SHA512_WITH_RSA => (rsa_pkcs1(&mut reader, HashAlgorithm::Sha512)?, None),
            oid::RSASSA_PSS => (rsa_pss(&mut reader)?, None),
            oid::ECDSA_WITH_SHA256 => (SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256), None),
            oid::ECDSA_WITH_SHA384 => (SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha384), None),
            oid::ECDSA_WITH_SHA512 => (SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha512), None),
            oid::ED25519 => (SignatureAlgorithm::Ed25519, None),
            oid::ML_DSA_44 => (SignatureAlgorithm::MlDsa, Some(KeyKind::MlDsa44)),
            oid::ML_DSA_65 => (SignatureAlgorithm::MlDsa, Some(KeyKind::MlDsa65)),
            oid::ML_DSA_87 => (SignatureAlgorithm::MlDsa, Some(KeyKind::MlDsa87)),
            unknown => return Err(Rule::UnsupportedSignature(oid::dotted(unknown))),
        };
        reader.end()?;
        Ok(Self { algorithm, parameter_set })
    }

    /// Checks that `key` made `signature` over `message`, whatever a policy thinks of the algorithm.
    ///
    /// # Errors
    /// [`Rule::WrongSigner`] when the key is of another kind; [`Rule::BadSignature`]; [`Rule::BadKey`]; [`Rule::Crypto`].
    pub fn check(&self, provider: &Provider, key: &PublicKey, message: &[u8], signature: &[u8]) -> Result<(), Rule> {
        if !self.fits(key.kind) {
            return Err(Rule::WrongSigner);
        }
        verdict(provider.verifier.verify(self.algorithm, key, message, signature))
    }

    /// Whether a key of `kind` can have made such a signature.
    pub fn fits(&self, kind: KeyKind) -> bool {
        match self.algorithm {
            SignatureAlgorithm::Ecdsa(_) => matches!(kind, KeyKind::P256 | KeyKind::P384 | KeyKind::P521),
            SignatureAlgorithm::Ed25519 => kind == KeyKind::Ed25519,
            // RFC 4055 §1.2: a key of id-RSASSA-PSS makes no other signature.
            SignatureAlgorithm::RsaPkcs1(_) => kind == KeyKind::Rsa,
            SignatureAlgorithm::RsaPss(_) => matches!(kind, KeyKind::Rsa | KeyKind::RsaPss),
            SignatureAlgorithm::MlDsa => self.parameter_set == Some(kind),
            _ => false,
        }
    }
}

/// What a provider says of a signature, as a rule of certificates.
pub(crate) fn verdict(checked: Result<(), CryptoError>) -> Result<(), Rule> {
    match checked {
        Ok(()) => Ok(()),
        Err(CryptoError::BadSignature) => Err(Rule::BadSignature),
        Err(CryptoError::BadKey) => Err(Rule::BadKey("the provider refuses it")),
        Err(error) => Err(Rule::Crypto(error)),
    }
}

/// The AlgorithmIdentifier of `algorithm`, made with a key of `kind`.
///
/// # Errors
/// [`Rule::UnsupportedSignature`] when there is none.
pub fn encode(algorithm: SignatureAlgorithm, kind: KeyKind) -> Result<Vec<u8>, Rule> {
    let unknown = || Rule::UnsupportedSignature("an algorithm without an object identifier".into());
    let content = match algorithm {
        SignatureAlgorithm::Ecdsa(hash) => encode::oid(match hash {
            HashAlgorithm::Sha256 => oid::ECDSA_WITH_SHA256,
            HashAlgorithm::Sha384 => oid::ECDSA_WITH_SHA384,
            HashAlgorithm::Sha512 => oid::ECDSA_WITH_SHA512,
            _ => return Err(unknown()),
        }),
        SignatureAlgorithm::RsaPkcs1(hash) => {
            let identifier = encode::oid(match hash {
                HashAlgorithm::Sha256 => oid::SHA256_WITH_RSA,
                HashAlgorithm::Sha384 => oid::SHA384_WITH_RSA,
                HashAlgorithm::Sha512 => oid::SHA512_WITH_RSA,
                _ => return Err(unknown()),
            });
            [identifier, NULL.to_vec()].concat()
        }
        SignatureAlgorithm::RsaPss(hash) => {
            let (hash_oid, salt) = pss_hash(hash).ok_or_else(unknown)?;
            [encode::oid(oid::RSASSA_PSS), pss_params(hash_oid, salt)].concat()
        }
        SignatureAlgorithm::Ed25519 => encode::oid(oid::ED25519),
        SignatureAlgorithm::MlDsa => encode::oid(match kind {
            KeyKind::MlDsa44 => oid::ML_DSA_44,
            KeyKind::MlDsa65 => oid::ML_DSA_65,
            KeyKind::MlDsa87 => oid::ML_DSA_87,
            _ => return Err(unknown()),
        }),
        _ => return Err(unknown()),
    };
    Ok(encode::sequence(&[&content]))
}

/// RFC 4055 §5: the parameters are NULL, and absent ones must be accepted as well.
fn rsa_pkcs1(reader: &mut Reader<'_>, hash: HashAlgorithm) -> Result<SignatureAlgorithm, Rule> {
    reader.optional_null()?;
    Ok(SignatureAlgorithm::RsaPkcs1(hash))
}

/// Reads the parameters of RSASSA-PSS. The defaults are SHA-1 and are never accepted, so the first three fields have to
/// be there; the hash of MGF1 is the same, the salt is as long as the hash (RFC 9846 §4.3.3 allows no other).
///
/// ```text
/// RSASSA-PSS-params ::= SEQUENCE {                          RFC 4055 §3.1
///     hashAlgorithm       [0] EXPLICIT AlgorithmIdentifier DEFAULT sha1
///     maskGenAlgorithm    [1] EXPLICIT AlgorithmIdentifier DEFAULT mgf1SHA1     parameters: the hash
///     saltLength          [2] EXPLICIT INTEGER             DEFAULT 20
///     trailerField        [3] EXPLICIT INTEGER             DEFAULT 1 }         never another value
/// ```
fn rsa_pss(reader: &mut Reader<'_>) -> Result<SignatureAlgorithm, Rule> {
    const WHAT: &str = "RSASSA-PSS parameters";
    let unsupported = || Rule::UnsupportedSignature("1.2.840.113549.1.1.10 with these parameters".into());
    if reader.is_empty() {
        return Err(unsupported());
    }
    let mut params = Reader::new(reader.take(Tag::Sequence)?, WHAT)?;
    let hash = params.maybe(constructed(0))?.ok_or_else(unsupported)?;
    let mask = params.maybe(constructed(1))?.ok_or_else(unsupported)?;
    let salt = params.maybe(constructed(2))?.ok_or_else(unsupported)?;
    params.end()?;

    let hash = parse_hash(asn1::sequence(hash, WHAT)?)?.ok_or_else(unsupported)?;
    let mut mask = Reader::sequence(mask, WHAT)?;
    if mask.take(Tag::ObjectIdentifier)? != oid::MGF1 || parse_hash(mask.take(Tag::Sequence)?)? != Some(hash) {
        return Err(unsupported());
    }
    mask.end()?;
    let mut reader = Reader::new(salt, WHAT)?;
    let salt = reader.small()?;
    reader.end()?;
    if usize::try_from(salt) != Ok(hash.output_len()) {
        return Err(unsupported());
    }
    Ok(SignatureAlgorithm::RsaPss(hash))
}

fn parse_hash(algorithm: &[u8]) -> Result<Option<HashAlgorithm>, Rule> {
    let mut reader = Reader::new(algorithm, "RSASSA-PSS parameters")?;
    let hash = match reader.take(Tag::ObjectIdentifier)? {
        oid::SHA256 => Some(HashAlgorithm::Sha256),
        oid::SHA384 => Some(HashAlgorithm::Sha384),
        oid::SHA512 => Some(HashAlgorithm::Sha512),
        _ => None,
    };
    reader.optional_null()?;
    reader.end()?;
    Ok(hash)
}

fn pss_hash(hash: HashAlgorithm) -> Option<(&'static [u8], u8)> {
    Some(match hash {
        HashAlgorithm::Sha256 => (oid::SHA256, 32),
        HashAlgorithm::Sha384 => (oid::SHA384, 48),
        HashAlgorithm::Sha512 => (oid::SHA512, 64),
        _ => return None,
    })
}

fn pss_params(hash: &[u8], salt: u8) -> Vec<u8> {
    let hash = encode::sequence(&[&encode::oid(hash), NULL]);
    let mask = encode::sequence(&[&encode::oid(oid::MGF1), &hash]);
    encode::sequence(&[
        &encode::tlv(0xa0, &[&hash]),
        &encode::tlv(0xa1, &[&mask]),
        &encode::tlv(0xa2, &[&encode::small_integer(salt)]),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{sequence, small_integer, tlv};
    use HashAlgorithm::{Sha256, Sha384, Sha512};

    fn parse(der: &[u8]) -> Result<SignatureAlgorithm, Rule> {
        CertificateSignature::parse_content(asn1::sequence(der, "test")?).map(|signature| signature.algorithm)
    }

    #[test]
    fn every_algorithm_comes_back_and_fits_its_keys() {
        use KeyKind::{Ed25519, MlDsa44, MlDsa65, MlDsa87, P256, P384, P521, Rsa, RsaPss};
        const KINDS: &[KeyKind] = &[P256, P384, P521, Ed25519, Rsa, RsaPss, MlDsa44, MlDsa65, MlDsa87];
        for hash in [Sha256, Sha384, Sha512] {
            for (algorithm, kinds) in [
                (SignatureAlgorithm::Ecdsa(hash), &[P256, P384, P521][..]),
                (SignatureAlgorithm::RsaPkcs1(hash), &[Rsa]),
                (SignatureAlgorithm::RsaPss(hash), &[Rsa, RsaPss]),
                (SignatureAlgorithm::Ed25519, &[Ed25519]),
                (SignatureAlgorithm::MlDsa, &[MlDsa44]),
                (SignatureAlgorithm::MlDsa, &[MlDsa65]),
                (SignatureAlgorithm::MlDsa, &[MlDsa87]),
            ] {
                let der = encode(algorithm, kinds[0]).unwrap();
                let signature = CertificateSignature::parse_content(asn1::sequence(&der, "test").unwrap()).unwrap();
                assert_eq!(signature.algorithm, algorithm);
                for kind in KINDS {
                    assert_eq!(signature.fits(*kind), kinds.contains(kind), "{algorithm:?} {kind:?}");
                }
            }
        }
    }

    /// docs/regressions.md row 25.
    #[test]
    fn weak_hashes_are_unknown() {
        for (identifier, shown) in [
            (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4][..], "1.2.840.113549.1.1.4"),
            (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5], "1.2.840.113549.1.1.5"),
            (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1], "1.2.840.10045.4.1"),
        ] {
            let der = sequence(&[&encode::oid(identifier), NULL]);
            assert_eq!(parse(&der), Err(Rule::UnsupportedSignature(shown.into())));
        }
    }

    #[test]
    fn parameters_are_checked() {
        let rsa = encode::oid(oid::SHA256_WITH_RSA);
        assert!(parse(&sequence(&[&rsa, NULL])).is_ok());
        assert!(parse(&sequence(&[&rsa])).is_ok());
        assert!(parse(&sequence(&[&rsa, &[5, 1, 0]])).is_err());
        assert!(parse(&sequence(&[&rsa, NULL, NULL])).is_err());
        assert!(parse(&sequence(&[&encode::oid(oid::ECDSA_WITH_SHA256), NULL])).is_err());
        assert!(parse(&sequence(&[&encode::oid(oid::ED25519), NULL])).is_err());
    }

    #[test]
    fn pss_takes_one_hash_and_a_salt_as_long() {
        let hash = |identifier: &[u8]| sequence(&[&encode::oid(identifier), NULL]);
        let bare = |identifier: &[u8]| sequence(&[&encode::oid(identifier)]);
        let mgf = |hash: &[u8]| sequence(&[&encode::oid(oid::MGF1), hash]);
        let build = |fields: &[(u8, &[u8])]| {
            let fields: Vec<_> = fields.iter().map(|(tag, value)| tlv(*tag, &[value])).collect();
            sequence(&[&encode::oid(oid::RSASSA_PSS), &sequence(&[&fields.concat()])])
        };
        let sha1 = sequence(&[&encode::oid(&[0x2b, 14, 3, 2, 26]), NULL]);
        let good = Ok(SignatureAlgorithm::RsaPss(Sha256));
        let (s32, s20) = (small_integer(32), small_integer(20));
        let (h, m) = (hash(oid::SHA256), mgf(&hash(oid::SHA256)));
        assert_eq!(parse(&build(&[(0xa0, &h), (0xa1, &m), (0xa2, &s32)])), good);
        assert_eq!(
            parse(&build(&[(0xa0, &bare(oid::SHA256)), (0xa1, &mgf(&bare(oid::SHA256))), (0xa2, &s32)])),
            good,
            "RFC 4055 §2.1: the hash's parameters may be absent"
        );
        for bad in [
            build(&[]),
            sequence(&[&encode::oid(oid::RSASSA_PSS)]),
            build(&[(0xa0, &h), (0xa1, &m)]),
            build(&[(0xa0, &h), (0xa2, &s32)]),
            build(&[(0xa1, &m), (0xa2, &s32)]),
            build(&[(0xa0, &h), (0xa1, &m), (0xa2, &s20)]),
            build(&[(0xa0, &h), (0xa1, &mgf(&hash(oid::SHA384))), (0xa2, &s32)]),
            build(&[(0xa0, &h), (0xa1, &sha1), (0xa2, &s32)]),
            build(&[(0xa0, &sha1), (0xa1, &mgf(&sha1)), (0xa2, &s20)]),
            build(&[(0xa0, &h), (0xa1, &m), (0xa2, &s32), (0xa3, &small_integer(2))]),
            build(&[(0xa0, &h), (0xa1, &m), (0xa2, &[s32.clone(), s32.clone()].concat())]),
        ] {
            assert!(parse(&bad).is_err(), "{bad:x?}");
        }
    }
}
