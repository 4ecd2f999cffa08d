//! Keys from passwords.

use super::{Fault, Work};
use crate::asn1::Reader;
use crate::encode::{self, sequence, tlv};
use crate::oid;
use alloc::vec::Vec;
use der::Tag;
use handfast_crypto::Passwords;
use handfast_crypto::passwords::{PasswordHash, Scrypt};
use zeroize::Zeroizing;

/// How a key is made of a password.
pub(crate) struct Derivation<'a> {
    salt: &'a [u8],
    pub(crate) key_len: Option<u32>,
    function: Function,
}

enum Function {
    Pbkdf2 { hash: PasswordHash, iterations: u32 },
    Scrypt { n: u64, r: u32, p: u32 },
}

impl<'a> Derivation<'a> {
    /// Reads the content octets of an AlgorithmIdentifier.
    ///
    /// ```text
    /// PBKDF2-params ::= SEQUENCE {                              RFC 8018 Appendix A.2
    ///     salt              OCTET STRING       from another source: not understood
    ///     iterationCount    INTEGER            1 … 10,000,000
    ///     keyLength         INTEGER OPTIONAL
    ///     prf               AlgorithmIdentifier DEFAULT hmacWithSHA1 }
    ///
    /// scrypt-params ::= SEQUENCE {                              RFC 7914 §7.1
    ///     salt                        OCTET STRING
    ///     costParameter               INTEGER          N, a power of two; 128 * r * (N + p) is at most 256 MiB
    ///     blockSize                   INTEGER          r
    ///     parallelizationParameter    INTEGER          p
    ///     keyLength                   INTEGER OPTIONAL }
    /// ```
    pub(crate) fn read(algorithm: &'a [u8]) -> Result<Self, Fault> {
        let mut outer = Reader::new(algorithm, "keyDerivationFunc")?;
        let function = outer.take(Tag::ObjectIdentifier)?;
        let (what, is_scrypt) = match function {
            oid::PBKDF2 => ("PBKDF2-params", false),
            oid::SCRYPT => ("scrypt-params", true),
            unknown => return Err(Fault::Unsupported(oid::dotted(unknown))),
        };
        let mut reader = Reader::new(outer.take(Tag::Sequence)?, what)?;
        outer.end()?;
        let salt = reader.take(Tag::OctetString)?;
        let cost = reader.small()?;
        let scrypt = if is_scrypt {
            Some(Function::Scrypt { n: u64::from(cost), r: reader.small()?, p: reader.small()? })
        } else {
            None
        };
        let key_len = reader.maybe_small()?;
        let function = match scrypt {
            Some(function) => function,
            None => {
                let hash = reader.maybe(Tag::Sequence)?.map_or(Ok(PasswordHash::Sha1), hash_of_hmac)?;
                Function::Pbkdf2 { hash, iterations: cost }
            }
        };
        reader.end()?;
        Ok(Self { salt, key_len, function })
    }

    /// A key of `len` bytes, which must be the length that the parameters give, if they do.
    pub(super) fn derive(
        &self,
        crypto: &dyn Passwords,
        work: &mut Work,
        password: &[u8],
        len: usize,
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        if self.key_len.is_some_and(|wanted| u64::from(wanted) != len as u64) {
            return Err(Fault::Malformed("keyLength"));
        }
        let mut key = Zeroizing::new(Vec::new());
        key.resize(len, 0);
        match self.function {
            Function::Pbkdf2 { hash, iterations } => {
                work.iterate(iterations, len.div_ceil(hash.output_len()))?;
                crypto.pbkdf2(hash, password, self.salt, iterations, &mut key)?;
            }
            Function::Scrypt { n, r, p } => {
                // What `small` cannot hold.
                if n == u64::from(u32::MAX) {
                    return Err(Fault::TooExpensive);
                }
                if !n.is_power_of_two() || n < 2 || r == 0 || p == 0 {
                    return Err(Fault::Malformed("scrypt-params"));
                }
                work.scrypt(n, r, p)?;
                let cost = Scrypt { log_n: n.trailing_zeros() as u8, r, p };
                crypto.scrypt(password, self.salt, cost, &mut key)?;
            }
        }
        Ok(key)
    }
}

/// The hash of an HMAC, given the content octets of its AlgorithmIdentifier (RFC 8018 Appendix B.1.2). The parameters are NULL,
/// and some leave them out.
pub(crate) fn hash_of_hmac(algorithm: &[u8]) -> Result<PasswordHash, Fault> {
    let mut reader = Reader::new(algorithm, "prf")?;
    let hash = match reader.take(Tag::ObjectIdentifier)? {
        oid::HMAC_SHA1 => PasswordHash::Sha1,
        oid::HMAC_SHA224 => PasswordHash::Sha224,
        oid::HMAC_SHA256 => PasswordHash::Sha256,
        oid::HMAC_SHA384 => PasswordHash::Sha384,
        oid::HMAC_SHA512 => PasswordHash::Sha512,
        unknown => return Err(Fault::Unsupported(oid::dotted(unknown))),
    };
    reader.optional_null()?;
    reader.end()?;
    Ok(hash)
}

/// PBKDF2-params with HMAC over SHA-256.
pub(super) fn encode(salt: &[u8], iterations: u32) -> Vec<u8> {
    let prf = sequence(&[&encode::oid(oid::HMAC_SHA256), crate::spki::NULL]);
    sequence(&[&tlv(encode::OCTET_STRING, &[salt]), &encode::integer(iterations), &prf])
}
