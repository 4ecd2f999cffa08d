//! Signed certificate timestamps: a log's promise to make a certificate public. They come in a certificate, in an OCSP response,
//! or in a TLS extension; whether a log did sign one is not checked here.

use crate::asn1::Reader;
use crate::error::Rule;
use crate::time::Time;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use der::Tag;

/// A timestamp.
///
/// ```text
/// SignedCertificateTimestamp                                RFC 6962 §3.2
///     sct_version     u8                  v1 = 0
///     id              opaque[32]          SHA-256 of the log's public key
///     timestamp       u64                 milliseconds since 1970
///     extensions      opaque<0..2^16-1>   none are defined
///     hash            u8                  RFC 5246 §7.4.1.4.1: sha256 = 4
///     signature alg.  u8                  rsa = 1, ecdsa = 3
///     signature       opaque<0..2^16-1>
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sct<'a> {
    /// Version 1.
    V1(SctV1<'a>),
    /// A version that is not known (RFC 6962 §3.3: others are passed over).
    Unknown {
        /// Its number.
        version: u8,
        /// What follows the number.
        rest: &'a [u8],
    },
}

/// A timestamp of version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SctV1<'a> {
    /// Which log: the SHA-256 of its SubjectPublicKeyInfo.
    pub log_id: &'a [u8; 32],
    /// When, in milliseconds since 1970.
    pub timestamp: u64,
    /// The extensions, not looked into.
    pub extensions: &'a [u8],
    /// The HashAlgorithm of the signature.
    pub hash: u8,
    /// The SignatureAlgorithm of the signature.
    pub signature_algorithm: u8,
    /// The signature.
    pub signature: &'a [u8],
}

impl<'a> Sct<'a> {
    /// Reads one timestamp, a `SerializedSCT` without its length.
    ///
    /// # Errors
    /// [`Rule::Malformed`] when something is missing, or anything is left over.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Rule> {
        Self::read(bytes).ok_or(Rule::Malformed("SignedCertificateTimestamp"))
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        if *version != 0 {
            return Some(Self::Unknown { version: *version, rest });
        }
        let (log_id, rest) = rest.split_first_chunk()?;
        let (timestamp, rest) = rest.split_first_chunk()?;
        let (extensions, rest) = opaque16(rest)?;
        let ([hash, signature_algorithm], rest) = rest.split_first_chunk()?;
        let (signature, rest) = opaque16(rest)?;
        let timestamp = u64::from_be_bytes(*timestamp);
        let own =
            SctV1 { log_id, timestamp, extensions, hash: *hash, signature_algorithm: *signature_algorithm, signature };
        rest.is_empty().then_some(Self::V1(own))
    }

    /// Reads a list as the TLS extension has it:
    ///
    /// ```text
    /// SignedCertificateTimestampList                            RFC 6962 §3.3
    ///     sct_list        SerializedSCT<1..2^16-1>
    /// SerializedSCT       opaque<1..2^16-1>
    /// ```
    ///
    /// # Errors
    /// [`Rule::Malformed`], also for an empty list and for octets behind one.
    pub fn parse_list(bytes: &'a [u8]) -> Result<Vec<Self>, Rule> {
        let malformed = || Rule::Malformed("SignedCertificateTimestampList");
        let (mut list, []) = opaque16(bytes).ok_or_else(malformed)? else {
            return Err(malformed());
        };
        let mut all = Vec::new();
        while !list.is_empty() {
            let (one, rest) = opaque16(list).ok_or_else(malformed)?;
            all.push(Self::parse(one)?);
            list = rest;
        }
        if all.is_empty() { Err(malformed()) } else { Ok(all) }
    }

    /// Reads the value of the extension of a certificate or of an OCSP response: the list, in an OCTET STRING.
    pub(crate) fn of_extension(value: &'a [u8]) -> Result<Vec<Self>, Rule> {
        let mut reader = Reader::new(value, "SignedCertificateTimestampList")?;
        let list = reader.take(Tag::OctetString)?;
        reader.end()?;
        Self::parse_list(list)
    }
}

impl SctV1<'_> {
    /// The time with its milliseconds, `2026-01-31T12:00:00.123Z`.
    pub fn time(&self) -> String {
        let (seconds, milliseconds) = (self.timestamp / 1000, self.timestamp % 1000);
        let time = Time::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX)).to_string();
        format!("{}.{milliseconds:03}Z", time.trim_end_matches('Z'))
    }

    /// The signature's algorithm in the words of RFC 5246, or numbers that have none: `ecdsa with sha256`.
    pub fn algorithm(&self) -> String {
        let signature = match self.signature_algorithm {
            0 => "anonymous",
            1 => "rsa",
            2 => "dsa",
            3 => "ecdsa",
            number => return format!("signature algorithm {number} with hash {}", self.hash),
        };
        let hash = match self.hash {
            0 => "none",
            1 => "md5",
            2 => "sha1",
            3 => "sha224",
            4 => "sha256",
            5 => "sha384",
            6 => "sha512",
            number => return format!("{signature} with hash {number}"),
        };
        format!("{signature} with {hash}")
    }
}

/// `opaque<0..2^16-1>`, and what follows.
fn opaque16(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2017-08-14T00:00:00.123Z, two octets of extensions, three of signature.
    fn one() -> Vec<u8> {
        let timestamp = 1_502_668_800_123_u64.to_be_bytes();
        [&[0][..], &[7; 32], &timestamp, &[0, 2, 8, 9, 4, 3, 0, 3, 0xa, 0xb, 0xc]].concat()
    }

    fn vector(parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        [&u16::try_from(content.len()).unwrap().to_be_bytes()[..], &content].concat()
    }

    #[test]
    fn every_field() {
        let one = one();
        let Ok(Sct::V1(sct)) = Sct::parse(&one) else { panic!("it is one") };
        assert_eq!((sct.log_id, sct.timestamp), (&[7; 32], 1_502_668_800_123));
        assert_eq!((sct.extensions, sct.signature), (&[8, 9][..], &[0xa, 0xb, 0xc][..]));
        assert_eq!((sct.time().as_str(), sct.algorithm().as_str()), ("2017-08-14T00:00:00.123Z", "ecdsa with sha256"));
        let odd = SctV1 { timestamp: u64::MAX, hash: 9, ..sct };
        assert_eq!((odd.time().as_str(), odd.algorithm().as_str()), ("9999-12-31T23:59:59.615Z", "ecdsa with hash 9"));
        let odd = SctV1 { signature_algorithm: 8, ..sct };
        assert_eq!(odd.algorithm(), "signature algorithm 8 with hash 4");
    }

    /// docs/regressions.md row 68: whatever is cut off or added, it is an error and nothing is read past the end.
    #[test]
    fn lengths_are_exact() {
        let one = one();
        let malformed = Err(Rule::Malformed("SignedCertificateTimestamp"));
        for len in 0..one.len() {
            assert_eq!(Sct::parse(&one[..len]), malformed, "{len}");
        }
        assert_eq!(Sct::parse(&[&one[..], &[0]].concat()), malformed);

        let malformed = Err(Rule::Malformed("SignedCertificateTimestampList"));
        let list = vector(&[&vector(&[&one]), &vector(&[&[1, 2, 3]]), &vector(&[&one])]);
        let read = Sct::parse_list(&list).unwrap();
        assert_eq!(read.len(), 3);
        assert_eq!(read[1], Sct::Unknown { version: 1, rest: &[2, 3] });
        for len in 0..list.len() {
            assert_eq!(Sct::parse_list(&list[..len]), malformed, "{len}");
        }
        for behind in [&[0][..], &list] {
            assert_eq!(Sct::parse_list(&[&list[..], behind].concat()), malformed);
        }
        // None at all; one that is cut inside a list that is not; one of no octets.
        assert_eq!(Sct::parse_list(&vector(&[])), malformed);
        assert_eq!(Sct::parse_list(&vector(&[&vector(&[&one])[..9]])), malformed);
        assert_eq!(Sct::parse_list(&vector(&[&[0]])), malformed);
        assert_eq!(Sct::parse_list(&vector(&[&vector(&[])])), Err(Rule::Malformed("SignedCertificateTimestamp")));
    }

    #[test]
    fn in_an_extension() {
        let list = vector(&[&vector(&[&one()])]);
        let value = crate::encode::tlv(4, &[&list]);
        assert_eq!(Sct::of_extension(&value).map(|all| all.len()), Ok(1));
        let malformed = Err(Rule::Malformed("SignedCertificateTimestampList"));
        for len in 0..value.len() {
            assert_eq!(Sct::of_extension(&value[..len]), malformed, "{len}");
        }
        assert_eq!(Sct::of_extension(&[&value[..], &[0]].concat()), malformed);
        assert_eq!(Sct::of_extension(&list), malformed);
    }
}
