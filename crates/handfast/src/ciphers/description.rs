//! A suite in one line.

use super::words;
use alloc::format;
use core::fmt;
use handfast_crypto::Suite;
use handfast_crypto::cbc::MacAlgorithm;
use handfast_crypto::suite::{Authentication, Cipher, KeyExchange};

/// A suite as `openssl ciphers -v` shows it: name, the version that introduced it, key exchange, authentication, cipher
/// with the bits of its key, MAC. There is no line break at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description(pub &'static Suite);

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suite = self.0;
        let exchange = match suite.exchange {
            KeyExchange::Tls13 => "any",
            KeyExchange::Ecdhe => "ECDH",
            KeyExchange::Dhe => "DH",
            KeyExchange::Rsa => "RSA",
            KeyExchange::EcdhePsk => "ECDHEPSK",
            KeyExchange::DhePsk => "DHEPSK",
            KeyExchange::Psk => "PSK",
        };
        let auth = match suite.auth {
            Authentication::Tls13 => "any",
            Authentication::Ecdsa => "ECDSA",
            Authentication::Rsa => "RSA",
            Authentication::Psk => "PSK",
        };
        let cipher = match suite.cipher {
            Cipher::Cbc(..) => "AES",
            _ if words::is_gcm(suite) => "AESGCM",
            _ if words::is_ccm8(suite) => "AESCCM8",
            _ if words::is_ccm(suite) => "AESCCM",
            _ => "CHACHA20/POLY1305",
        };
        let mac = match suite.cipher {
            Cipher::Aead(_) => "AEAD",
            Cipher::Cbc(_, MacAlgorithm::HmacSha1) => "SHA1",
            Cipher::Cbc(_, MacAlgorithm::HmacSha256) => "SHA256",
            Cipher::Cbc(_, MacAlgorithm::HmacSha384) => "SHA384",
        };
        let (name, version) = (suite.openssl_name, introduced(suite));
        let cipher = format!("{cipher}({})", bits(suite));
        write!(f, "{name:<30} {version:<7} Kx={exchange:<8} Au={auth:<5} Enc={cipher:<22} Mac={mac}")
    }
}

/// The bits of a key.
pub(super) fn bits(suite: &Suite) -> usize {
    8 * match suite.cipher {
        Cipher::Aead(aead) => aead.key_len(),
        Cipher::Cbc(block, _) => block.key_len(),
    }
}

/// The version that introduced the suite, in OpenSSL's words.
pub(super) fn introduced(suite: &Suite) -> &'static str {
    match suite.cipher {
        _ if suite.is_tls13() => "TLSv1.3",
        Cipher::Aead(_) => "TLSv1.2",
        Cipher::Cbc(_, MacAlgorithm::HmacSha1) if !suite.exchange.has_curve() => "SSLv3",
        Cipher::Cbc(_, MacAlgorithm::HmacSha1) => "TLSv1",
        // RFC 5487 and RFC 5489 let earlier versions use theirs, with the MAC of the suite.
        Cipher::Cbc(..) if suite.exchange.has_psk() => "TLSv1",
        Cipher::Cbc(..) => "TLSv1.2",
    }
}
