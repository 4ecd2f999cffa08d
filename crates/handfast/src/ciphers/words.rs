//! The words of a cipher string, and the suites each one means.

use super::description::{bits, introduced};
use super::tls12_defaults;
use handfast_crypto::AeadAlgorithm::{
    Aes128Ccm, Aes128Ccm8, Aes128Gcm, Aes256Ccm, Aes256Ccm8, Aes256Gcm, ChaCha20Poly1305,
};
use handfast_crypto::Suite;
use handfast_crypto::cbc::MacAlgorithm::{self, HmacSha1, HmacSha256, HmacSha384};
use handfast_crypto::suite::{Authentication, Cipher, KeyExchange};
use handfast_wire::CipherSuite;

/// A word that is understood.
pub(super) enum Word {
    /// The name of one suite.
    Name(CipherSuite),
    /// A word for all suites of which this is true.
    Keyword(fn(&Suite) -> bool),
}

impl Word {
    /// What `text` means among the suites of TLS 1.2.
    pub(super) fn find(text: &str) -> Option<Self> {
        let named = super::find(text).filter(|suite| !suite.is_tls13());
        named.map(|suite| Self::Name(suite.id)).or_else(|| keyword(text).map(Self::Keyword))
    }

    /// Whether it means `suite`, maybe among others.
    pub(super) fn means(&self, suite: &Suite) -> bool {
        match self {
            Self::Name(id) => suite.id == *id,
            Self::Keyword(means) => means(suite),
        }
    }
}

fn keyword(text: &str) -> Option<fn(&Suite) -> bool> {
    Some(match text {
        "ALL" | "HIGH" => |_| true,
        "COMPLEMENTOFDEFAULT" => |suite| tls12_defaults().all(|default| default != suite),
        "FIPS" => |suite| is_gcm(suite) || is_cbc(suite),

        "kRSA" | "RSA" => |suite| suite.exchange == KeyExchange::Rsa,
        "kDHE" | "DHE" | "kEDH" | "EDH" | "DH" => |suite| suite.exchange == KeyExchange::Dhe,
        "kECDHE" | "ECDHE" | "kEECDH" | "EECDH" | "ECDH" => |suite| suite.exchange == KeyExchange::Ecdhe,
        "PSK" => |suite| suite.exchange.has_psk(),
        "kPSK" => |suite| suite.exchange == KeyExchange::Psk,
        "kDHEPSK" => |suite| suite.exchange == KeyExchange::DhePsk,
        "kECDHEPSK" => |suite| suite.exchange == KeyExchange::EcdhePsk,

        "aRSA" => |suite| suite.auth == Authentication::Rsa,
        "aECDSA" | "ECDSA" => |suite| suite.auth == Authentication::Ecdsa,
        "aPSK" => |suite| suite.auth == Authentication::Psk,

        "AES" => |suite| is_aes(suite),
        "AES128" => |suite| is_aes(suite) && bits(suite) == 128,
        "AES256" => |suite| is_aes(suite) && bits(suite) == 256,
        "AESGCM" => |suite| is_gcm(suite),
        "AESCCM" => |suite| is_ccm(suite),
        "AESCCM8" => |suite| is_ccm8(suite),
        "CHACHA20" => |suite| is_chacha20(suite),
        "CBC" => |suite| is_cbc(suite),

        "SHA1" | "SHA" => |suite| has_sha1(suite),
        "SHA256" => |suite| has_mac(suite, HmacSha256),
        "SHA384" => |suite| has_mac(suite, HmacSha384),

        "TLSv1.2" => |suite| introduced(suite) == "TLSv1.2",
        "TLSv1.0" | "TLSv1" => |suite| introduced(suite) == "TLSv1",
        "SSLv3" => |suite| introduced(suite) == "SSLv3",

        // docs/regressions.md row 47: these are known, so that strings may exclude them, and mean nothing that exists.
        "COMPLEMENTOFALL" | "MEDIUM" | "LOW" | "EXPORT" | "EXPORT40" | "EXPORT56" | "EXP" | "eNULL" | "NULL"
        | "aNULL" | "ADH" | "AECDH" | "kRSAPSK" | "kDHr" | "kDHd" | "kDH" | "kECDHr" | "kECDHe" | "kECDH" | "aDH"
        | "aECDH" | "aDSS" | "DSS" | "kSRP" | "aSRP" | "SRP" | "kGOST" | "kGOST18" | "aGOST" | "aGOST01"
        | "aGOST12" | "GOST89" | "GOST94" | "GOST89MAC" | "GOST12" | "GOST2012256" | "KRB5" | "DES" | "3DES"
        | "RC2" | "RC4" | "IDEA" | "SEED" | "CAMELLIA" | "CAMELLIA128" | "CAMELLIA256" | "ARIA" | "ARIA128"
        | "ARIA256" | "ARIAGCM" | "MD5" | "SSLv2" => |_| false,
        _ => return None,
    })
}

pub(super) fn is_gcm(suite: &Suite) -> bool {
    matches!(suite.aead(), Some(Aes128Gcm | Aes256Gcm))
}

/// Whether it is in CCM mode, with a tag of either length.
pub(super) fn is_ccm(suite: &Suite) -> bool {
    matches!(suite.aead(), Some(Aes128Ccm | Aes256Ccm)) || is_ccm8(suite)
}

pub(super) fn is_ccm8(suite: &Suite) -> bool {
    matches!(suite.aead(), Some(Aes128Ccm8 | Aes256Ccm8))
}

pub(super) fn has_sha1(suite: &Suite) -> bool {
    has_mac(suite, HmacSha1)
}

pub(super) fn is_chacha20(suite: &Suite) -> bool {
    suite.aead() == Some(ChaCha20Poly1305)
}

fn is_aes(suite: &Suite) -> bool {
    is_gcm(suite) || is_ccm(suite) || is_cbc(suite)
}

fn is_cbc(suite: &Suite) -> bool {
    suite.aead().is_none()
}

fn has_mac(suite: &Suite, algorithm: MacAlgorithm) -> bool {
    matches!(suite.cipher, Cipher::Cbc(_, found) if found == algorithm)
}
