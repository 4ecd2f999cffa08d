//! Whether a PKCS#12 file is as it was written, and by who knows the password.

use super::utf16;
use crate::asn1::Reader;
use crate::encrypted::{Derivation, Fault, Opener, hash_of_hmac};
use crate::oid;
use alloc::vec::Vec;
use der::Tag;
use handfast_crypto::passwords::{PasswordHash, Pkcs12Key};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The MAC of a file.
///
/// ```text
/// MacData ::= SEQUENCE {                                    RFC 7292 §4
///     mac           DigestInfo
///     macSalt       OCTET STRING
///     iterations    INTEGER DEFAULT 1 }      1 … 10,000,000
///
/// DigestInfo ::= SEQUENCE {                                 RFC 8017 Appendix A.2.4
///     digestAlgorithm    AlgorithmIdentifier     a hash; or id-PBMAC1, where salt and iterations above count for nothing
///     digest             OCTET STRING }
/// ```
pub(super) struct Mac<'a> {
    algorithm: &'a [u8],
    digest: &'a [u8],
    salt: &'a [u8],
    iterations: u32,
}

impl<'a> Mac<'a> {
    pub(super) fn read(content: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(content, "MacData")?;
        let mut info = Reader::new(reader.take(Tag::Sequence)?, "DigestInfo")?;
        let algorithm = info.take(Tag::Sequence)?;
        let digest = info.take(Tag::OctetString)?;
        info.end()?;
        let salt = reader.take(Tag::OctetString)?;
        let iterations = reader.maybe_small()?.unwrap_or(1);
        reader.end()?;
        Ok(Self { algorithm, digest, salt, iterations })
    }

    /// Whether it is the MAC of `content`.
    pub(super) fn check(&self, content: &[u8], opener: &mut Opener<'_>) -> Result<(), Fault> {
        let mut reader = Reader::new(self.algorithm, "digestAlgorithm")?;
        let hash = match reader.take(Tag::ObjectIdentifier)? {
            oid::PBMAC1 => return self.check_pbmac1(reader.take(Tag::Sequence)?, content, opener),
            oid::SHA1 => PasswordHash::Sha1,
            oid::SHA224 => PasswordHash::Sha224,
            oid::SHA256 => PasswordHash::Sha256,
            oid::SHA384 => PasswordHash::Sha384,
            oid::SHA512 => PasswordHash::Sha512,
            unknown => return Err(Fault::Unsupported(oid::dotted(unknown))),
        };
        reader.optional_null()?;
        reader.end()?;
        let password = opener.password()?;
        if self.is_of(content, hash, &utf16(password), opener)? {
            return Ok(());
        }
        // Without a password there is either an empty one, whose end is two zero octets, or none at all.
        match password.is_empty() && self.is_of(content, hash, &[], opener)? {
            true => Ok(()),
            false => Err(Fault::WrongPassword),
        }
    }

    /// RFC 7292 Appendix B.4.
    fn is_of(
        &self,
        content: &[u8],
        hash: PasswordHash,
        password: &[u8],
        opener: &mut Opener<'_>,
    ) -> Result<bool, Fault> {
        opener.iterate(self.iterations, 1)?;
        let crypto = opener.crypto()?;
        let mut key = Zeroizing::new(Vec::new());
        key.resize(hash.output_len(), 0);
        crypto.pkcs12(hash, Pkcs12Key::Mac, password, self.salt, self.iterations, &mut key)?;
        let mac = crypto.hmac(hash, &key, content)?;
        Ok(mac.as_bytes().ct_eq(self.digest).into())
    }

    /// ```text
    /// PBMAC1-params ::= SEQUENCE {                              RFC 8018 Appendix A.5, RFC 9579 §4
    ///     keyDerivationFunc    AlgorithmIdentifier     must give the length of the key, 20 … 64 octets
    ///     messageAuthScheme    AlgorithmIdentifier }   HMAC
    /// ```
    fn check_pbmac1(&self, parameters: &[u8], content: &[u8], opener: &mut Opener<'_>) -> Result<(), Fault> {
        let mut reader = Reader::new(parameters, "PBMAC1-params")?;
        let derivation = Derivation::read(reader.take(Tag::Sequence)?)?;
        let hash = hash_of_hmac(reader.take(Tag::Sequence)?)?;
        reader.end()?;
        // RFC 9579 §5: a short key would be found by trying.
        let len = derivation.key_len.filter(|len| (20..=64).contains(len)).ok_or(Fault::Malformed("keyLength"))?;
        let key = opener.derive(&derivation, len as usize)?;
        let mac = opener.crypto()?.hmac(hash, &key, content)?;
        match mac.as_bytes().ct_eq(self.digest).into() {
            true => Ok(()),
            false => Err(Fault::WrongPassword),
        }
    }
}
