//! What a private key says of itself without being used.

use super::KeyDescription;
use crate::asn1::{Reader, constructed, primitive};
use crate::encode::{self, bit_string, oid as encode_oid, sequence, tlv};
use crate::error::Rule;
use crate::{oid, spki};
use alloc::vec::Vec;
use der::Tag;
use handfast_crypto::Provider;
use pki_types::PrivateKeyDer;

const WHAT: &str = "private key";

impl KeyDescription {
    /// Describes a private key of any kind, whether the provider loads it or not: its algorithm, its size, and its public part where
    /// that is in it or can be put together from it without arithmetic. Nothing that is secret is looked at.
    ///
    /// ```text
    /// OneAsymmetricKey ::= SEQUENCE {                           RFC 5958 §2
    ///     version                INTEGER (0 | 1)
    ///     privateKeyAlgorithm    AlgorithmIdentifier
    ///     privateKey             OCTET STRING             RSAPrivateKey, ECPrivateKey, or what the algorithm has
    ///     attributes             [0] IMPLICIT SET OPTIONAL
    ///     publicKey              [1] IMPLICIT BIT STRING OPTIONAL }
    ///
    /// RSAPrivateKey ::= SEQUENCE {                              RFC 8017 Appendix A.1.2
    ///     version                INTEGER (0 | 1)
    ///     modulus                INTEGER
    ///     publicExponent         INTEGER
    ///     ...                                             six INTEGERs and perhaps more primes, secret }
    ///
    /// ECPrivateKey ::= SEQUENCE {                               RFC 5915 §3
    ///     version                INTEGER (1)
    ///     privateKey             OCTET STRING             secret
    ///     parameters             [0] EXPLICIT OBJECT IDENTIFIER OPTIONAL
    ///     publicKey              [1] EXPLICIT BIT STRING OPTIONAL }
    /// ```
    ///
    /// # Errors
    /// [`Rule::Malformed`].
    pub fn of_private(key: &PrivateKeyDer<'_>, provider: &Provider) -> Result<Self, Rule> {
        let public = match key {
            PrivateKeyDer::Pkcs8(own) => pkcs8(own.secret_pkcs8_der())?,
            PrivateKeyDer::Pkcs1(own) => {
                let algorithm = sequence(&[&encode_oid(oid::RSA_ENCRYPTION), spki::NULL]);
                Public { key: Some(rsa(own.secret_pkcs1_der())?), algorithm }
            }
            PrivateKeyDer::Sec1(own) => sec1(own.secret_sec1_der(), None)?,
            _ => return Err(Rule::Malformed(WHAT)),
        };
        let info = sequence(&[&public.algorithm, &bit_string(public.key.as_deref().unwrap_or_default())]);
        let own = Self::of(&info, provider);
        Ok(match public.key {
            Some(_) => own,
            // Of what there is not, nothing is said.
            None => Self { pubkey: Vec::new(), pin: None, ..own },
        })
    }
}

/// What is not secret.
struct Public {
    /// The DER of the AlgorithmIdentifier.
    algorithm: Vec<u8>,
    /// The octets of the subjectPublicKey.
    key: Option<Vec<u8>>,
}

fn pkcs8(der: &[u8]) -> Result<Public, Rule> {
    let mut reader = Reader::sequence(der, WHAT)?;
    if reader.small()? > 1 {
        return Err(reader.malformed());
    }
    let algorithm = reader.take(Tag::Sequence)?;
    let private = reader.take(Tag::OctetString)?;
    reader.maybe(constructed(0))?;
    let given = reader.maybe(primitive(1))?;
    reader.end()?;
    let kind = Reader::new(algorithm, WHAT)?.take(Tag::ObjectIdentifier)?;
    let whole = sequence(&[algorithm]);
    match kind {
        oid::RSA_ENCRYPTION | oid::RSASSA_PSS => Ok(Public { key: Some(rsa(private)?), algorithm: whole }),
        oid::EC_PUBLIC_KEY => sec1(private, Some(whole)),
        _ => {
            let octets = |content: &[u8]| content.split_first().map(|(_, octets)| octets.to_vec());
            Ok(Public { key: given.and_then(octets), algorithm: whole })
        }
    }
}

/// The RSAPublicKey.
fn rsa(der: &[u8]) -> Result<Vec<u8>, Rule> {
    /// d, p, q, and what the Chinese remainder theorem takes.
    const SECRETS: usize = 6;
    let mut reader = Reader::sequence(der, WHAT)?;
    let version = reader.small()?;
    let (modulus, exponent) = (reader.integer()?, reader.integer()?);
    for _ in 0..SECRETS {
        reader.integer()?;
    }
    match version {
        0 => reader.end()?,
        1 => {}
        _ => return Err(reader.malformed()),
    }
    Ok(sequence(&[&tlv(encode::INTEGER, &[modulus]), &tlv(encode::INTEGER, &[exponent])]))
}

/// `algorithm` is that of the PKCS#8 around it, which has the curve then.
fn sec1(der: &[u8], algorithm: Option<Vec<u8>>) -> Result<Public, Rule> {
    let mut reader = Reader::sequence(der, WHAT)?;
    if reader.small()? != 1 {
        return Err(reader.malformed());
    }
    reader.take(Tag::OctetString)?;
    let parameters = reader.maybe(constructed(0))?;
    let key = reader.maybe(constructed(1))?;
    reader.end()?;
    let algorithm = match (algorithm, parameters) {
        (Some(algorithm), _) => algorithm,
        (None, Some(parameters)) => sequence(&[&encode_oid(oid::EC_PUBLIC_KEY), parameters]),
        (None, None) => return Err(Rule::Malformed(WHAT)),
    };
    let key = key.map(|key| Reader::new(key, WHAT)?.octets().map(<[u8]>::to_vec)).transpose()?;
    Ok(Public { algorithm, key })
}
