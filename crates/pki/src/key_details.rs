//! What is to be said of a public key, whether anybody here could use it or not.

use crate::asn1::Reader;
use crate::error::Rule;
use crate::oid;
use crate::spki::bit_len;
use alloc::string::String;
use der::Tag;

/// A SubjectPublicKeyInfo for people to look at: of any algorithm, any curve and any size. Whether the key can be one is not
/// checked; [`Certificate::public_key`](crate::Certificate::public_key) does that.
///
/// ```text
/// SubjectPublicKeyInfo ::= SEQUENCE {                       RFC 5280 §4.1.2.7
///     algorithm           SEQUENCE { OBJECT IDENTIFIER, parameters OPTIONAL }
///     subjectPublicKey    BIT STRING }                     whole octets
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDetails<'a> {
    /// The content octets of the algorithm's object identifier.
    pub algorithm: &'a [u8],
    /// The octets of the subjectPublicKey; for a curve of SEC 1 the point.
    pub key: &'a [u8],
    /// What there is for this algorithm alone.
    pub form: KeyForm<'a>,
}

/// What a key is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyForm<'a> {
    /// An RSA key, for any signature or for RSASSA-PSS alone.
    ///
    /// ```text
    /// RSAPublicKey ::= SEQUENCE {                               RFC 8017 Appendix A.1.1
    ///     modulus           INTEGER
    ///     publicExponent    INTEGER }
    /// ```
    Rsa {
        /// Big-endian, without leading zeros.
        modulus: &'a [u8],
        /// Big-endian, without leading zeros.
        exponent: &'a [u8],
    },
    /// A point on a curve of SEC 1.
    Ec {
        /// The content octets of the curve's object identifier; `None` where the curve is spelled out, which RFC 5480 §2.1.1
        /// forbids.
        curve: Option<&'a [u8]>,
    },
    /// Octets that only the algorithm understands.
    Other,
}

/// Curves: object identifier, name in ASN.1 modules, name of NIST, bits of the order (RFC 5480 §2.1.1.1, SEC 2, RFC 5639 §4).
const CURVES: &[(&str, &str, Option<&str>, usize)] = &[
    ("1.2.840.10045.3.1.1", "prime192v1", Some("P-192"), 192),
    ("1.3.132.0.33", "secp224r1", Some("P-224"), 224),
    ("1.2.840.10045.3.1.7", "prime256v1", Some("P-256"), 256),
    ("1.3.132.0.34", "secp384r1", Some("P-384"), 384),
    ("1.3.132.0.35", "secp521r1", Some("P-521"), 521),
    ("1.3.132.0.10", "secp256k1", None, 256),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", None, 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", None, 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", None, 512),
];

impl<'a> KeyDetails<'a> {
    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn parse(spki: &'a [u8]) -> Result<Self, Rule> {
        Self::parse_content(crate::asn1::sequence(spki, "subjectPublicKeyInfo")?)
    }

    /// Reads the content octets of a SubjectPublicKeyInfo, as [`Certificate::spki`](crate::Certificate::spki) has them.
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn parse_content(content: &'a [u8]) -> Result<Self, Rule> {
        let mut reader = Reader::new(content, "subjectPublicKeyInfo")?;
        let mut parameters = Reader::new(reader.take(Tag::Sequence)?, "subjectPublicKeyInfo.algorithm")?;
        let key = reader.octets()?;
        reader.end()?;
        let algorithm = parameters.take(Tag::ObjectIdentifier)?;
        let form = match algorithm {
            oid::RSA_ENCRYPTION | oid::RSASSA_PSS => {
                let mut reader = Reader::sequence(key, "RSAPublicKey")?;
                let (modulus, exponent) = (reader.unsigned()?, reader.unsigned()?);
                reader.end()?;
                KeyForm::Rsa { modulus, exponent }
            }
            oid::EC_PUBLIC_KEY => KeyForm::Ec { curve: parameters.maybe(Tag::ObjectIdentifier)? },
            _ => KeyForm::Other,
        };
        Ok(Self { algorithm, key, form })
    }

    /// The size of an RSA modulus, or of the order of a curve that has a name here, in bits.
    pub fn bits(&self) -> Option<usize> {
        match self.form {
            KeyForm::Rsa { modulus, .. } => Some(bit_len(modulus)),
            _ => self.curve().map(|(.., bits)| *bits),
        }
    }

    /// The curve's name in ASN.1 modules and in OpenSSL: `prime256v1`, `secp384r1`.
    pub fn asn1_curve(&self) -> Option<&'static str> {
        self.curve().map(|(_, name, ..)| *name)
    }

    /// The curve's name at NIST, for those that have one: `P-256`, `P-384`.
    pub fn nist_curve(&self) -> Option<&'static str> {
        self.curve().and_then(|(_, _, name, _)| *name)
    }

    /// The curve's object identifier in dotted form.
    pub fn curve_oid(&self) -> Option<String> {
        match self.form {
            KeyForm::Ec { curve: Some(curve) } => Some(oid::dotted(curve)),
            _ => None,
        }
    }

    fn curve(&self) -> Option<&'static (&'static str, &'static str, Option<&'static str>, usize)> {
        let own = self.curve_oid()?;
        CURVES.iter().find(|(oid, ..)| *oid == own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{bit_string, oid as encode_oid, sequence, tlv};
    use alloc::vec::Vec;

    fn spki(algorithm: &[&[u8]], key: &[u8]) -> Vec<u8> {
        sequence(&[&sequence(algorithm), &bit_string(key)])
    }

    #[test]
    fn curves_have_two_names() {
        for (curve, asn1, nist, bits) in [
            (oid::SECP256R1, "prime256v1", "P-256", 256),
            (oid::SECP384R1, "secp384r1", "P-384", 384),
            (oid::SECP521R1, "secp521r1", "P-521", 521),
        ] {
            let der = spki(&[&encode_oid(oid::EC_PUBLIC_KEY), &encode_oid(curve)], &[4, 1, 2]);
            let details = KeyDetails::parse(&der).unwrap();
            assert_eq!(
                (details.asn1_curve(), details.nist_curve(), details.bits()),
                (Some(asn1), Some(nist), Some(bits))
            );
            assert_eq!(details.key, [4, 1, 2]);
        }
    }

    #[test]
    fn what_nobody_knows_is_described() {
        let unknown = spki(&[&encode_oid(oid::EC_PUBLIC_KEY), &encode_oid(&[0x2a, 3, 4])], &[4]);
        let details = KeyDetails::parse(&unknown).unwrap();
        assert_eq!(
            (details.curve_oid().as_deref(), details.asn1_curve(), details.bits()),
            (Some("1.2.3.4"), None, None)
        );
        let longer = [oid::SECP256R1, &[1]].concat();
        let der = spki(&[&encode_oid(oid::EC_PUBLIC_KEY), &encode_oid(&longer)], &[4]);
        assert_eq!(KeyDetails::parse(&der).unwrap().asn1_curve(), None);
        let explicit = spki(&[&encode_oid(oid::EC_PUBLIC_KEY), &sequence(&[])], &[4]);
        assert_eq!(KeyDetails::parse(&explicit).unwrap().form, KeyForm::Ec { curve: None });
        let other = spki(&[&encode_oid(&[0x2a, 9])], &[1]);
        let details = KeyDetails::parse(&other).unwrap();
        assert_eq!((details.form, details.algorithm, details.bits()), (KeyForm::Other, &[0x2a, 9][..], None));
    }

    /// An RSA key that is too small or too large to be used has a size like any.
    #[test]
    fn rsa_of_any_size() {
        for (octets, bits) in [(64_usize, 505), (2048, 16_377)] {
            let mut modulus = [0x55; 2048][..octets].to_vec();
            modulus[0] = 1;
            let key = sequence(&[&tlv(2, &[&modulus]), &tlv(2, &[&[1, 0, 1]])]);
            let der = spki(&[&encode_oid(oid::RSA_ENCRYPTION), &[5, 0]], &key);
            let details = KeyDetails::parse(&der).unwrap();
            assert_eq!(details.bits(), Some(bits));
            assert_eq!(details.form, KeyForm::Rsa { modulus: &modulus, exponent: &[1, 0, 1] });
            for len in 0..der.len() {
                assert!(KeyDetails::parse(&der[..len]).is_err(), "{len}");
            }
        }
        let broken = spki(&[&encode_oid(oid::RSA_ENCRYPTION), &[5, 0]], &[0x30, 0]);
        assert_eq!(KeyDetails::parse(&broken), Err(Rule::Malformed("RSAPublicKey")));
    }
}
