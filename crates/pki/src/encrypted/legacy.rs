//! The older ways, which are understood elsewhere.

use super::Fault;
use crate::asn1::Reader;
use crate::{escape, oid};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use der::Tag;
use zeroize::Zeroizing;

/// Opens what is sealed in ways that this crate has no code for: MD5, DES, triple DES and RC2. The crate
/// `handfast-legacy-keys` does.
pub trait Legacy: Send + Sync {
    /// What was sealed; `None` for a way that is not known here either. The work has been counted by then.
    fn open(&self, way: &Way<'_>, password: &[u8], ciphertext: &[u8]) -> Option<Result<Zeroizing<Vec<u8>>, Fault>>;
}

/// How something is sealed.
#[derive(Clone, Copy)]
pub enum Way<'a> {
    /// As a PEM section says it in its headers (OpenSSL's use of RFC 1421 §4.6.1.3): `DEK-Info: cipher,iv`. The key is one
    /// round of MD5 over the password and the first 8 octets of the IV.
    DekInfo {
        /// The name that OpenSSL gives to the cipher.
        cipher: &'a [u8],
        /// The IV, whole.
        iv: &'a [u8],
    },
    /// PBES1 (RFC 8018 Appendix A.3), or a way of PKCS#12 (RFC 7292 Appendix C).
    Scheme {
        /// The content octets of its object identifier.
        scheme: &'a [u8],
        /// The salt.
        salt: &'a [u8],
        /// 1 … [`MAX_ITERATIONS`](super::MAX_ITERATIONS).
        iterations: u32,
    },
    /// PBES2 (RFC 8018 Appendix A.4) with an older cipher.
    Cipher {
        /// The content octets of its object identifier.
        algorithm: &'a [u8],
        /// Its parameters, DER.
        parameters: &'a [u8],
        /// The key, as long as the cipher and its parameters want it.
        key: &'a [u8],
    },
}

impl Way<'_> {
    /// Its name in the RFCs, or its identifier.
    pub(super) fn name(&self) -> String {
        const SHOWN: usize = 40;
        match self {
            Self::DekInfo { cipher, .. } => escape::escape_bytes(cipher, SHOWN),
            Self::Scheme { scheme: oid, .. } | Self::Cipher { algorithm: oid, .. } => {
                name(oid).map_or_else(|| oid::dotted(oid), ToString::to_string)
            }
        }
    }
}

/// The name of an older way.
pub(super) fn name(oid: &[u8]) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == oid).map(|(_, name)| *name)
}

const NAMES: &[(&[u8], &str)] = &[
    (oid::PBE_MD5_DES, "pbeWithMD5AndDES-CBC"),
    (oid::PBE_MD5_RC2, "pbeWithMD5AndRC2-CBC"),
    (oid::PBE_SHA1_DES, "pbeWithSHA1AndDES-CBC"),
    (oid::PBE_SHA1_RC2, "pbeWithSHA1AndRC2-CBC"),
    (oid::PBE_SHA_3DES, "pbeWithSHAAnd3-KeyTripleDES-CBC"),
    (oid::PBE_SHA_2DES, "pbeWithSHAAnd2-KeyTripleDES-CBC"),
    (oid::PBE_SHA_RC2_128, "pbeWithSHAAnd128BitRC2-CBC"),
    (oid::PBE_SHA_RC2_40, "pbeWithSHAAnd40BitRC2-CBC"),
    (oid::DES_EDE3_CBC, "DES-EDE3-CBC"),
    (oid::DES_CBC, "DES-CBC"),
    (oid::RC2_CBC, "RC2-CBC"),
];

/// How long a key the older ciphers of PBES2 take, in bytes.
///
/// ```text
/// RC2-CBC-Parameter ::= SEQUENCE {                          RFC 8018 Appendix B.2.3
///     rc2ParameterVersion    INTEGER OPTIONAL         160, 120 and 58 stand for keys of 40, 64 and 128 bits
///     iv                     OCTET STRING (SIZE (8)) }
/// ```
pub(super) fn key_len(algorithm: &[u8], parameters: &[u8]) -> Result<usize, Fault> {
    Ok(match algorithm {
        oid::DES_EDE3_CBC => 24,
        oid::DES_CBC => 8,
        oid::RC2_CBC => {
            let mut reader = Reader::sequence(parameters, "RC2-CBC-Parameter")?;
            match reader.maybe(Tag::Integer)? {
                Some([0, 160]) => 5,
                Some([120]) => 8,
                Some([58]) => 16,
                _ => return Err(reader.malformed().into()),
            }
        }
        unknown => return Err(Fault::Unsupported(oid::dotted(unknown))),
    })
}
