//! The cipher suites as tables: those of TLS 1.3 ([`TLS13_SUITES`]) and of TLS 1.2 ([`TLS12_SUITES`]).

mod tls12;
mod tls13;

pub use tls12::TLS12_SUITES;
pub use tls13::TLS13_SUITES;

use crate::cbc::{BlockAlgorithm, MacAlgorithm};
use crate::{AeadAlgorithm, HashAlgorithm};
use handfast_wire::CipherSuite;

/// What a cipher suite stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// The code point. It displays as the standard name.
    pub id: CipherSuite,
    /// How OpenSSL calls it; the same as the standard name for TLS 1.3.
    pub openssl_name: &'static str,
    /// How the secret is agreed on.
    pub exchange: KeyExchange,
    /// What the server signs with.
    pub auth: Authentication,
    /// The record protection.
    pub cipher: Cipher,
    /// The hash of transcript and Finished, and of HKDF or PRF.
    pub hash: HashAlgorithm,
}

impl Suite {
    /// The row of `id`, if it is a suite that is understood here, of either version.
    pub fn find(id: CipherSuite) -> Option<&'static Self> {
        TLS13_SUITES.iter().chain(TLS12_SUITES).find(|suite| suite.id == id)
    }

    /// Whether it belongs to TLS 1.3; every other one belongs to TLS 1.2.
    pub const fn is_tls13(&self) -> bool {
        matches!(self.exchange, KeyExchange::Tls13)
    }

    /// The AEAD that protects records; `None` for the suites of TLS 1.2 that use CBC.
    pub const fn aead(&self) -> Option<AeadAlgorithm> {
        match self.cipher {
            Cipher::Aead(algorithm) => Some(algorithm),
            Cipher::Cbc(..) => None,
        }
    }
}

/// How a suite agrees on a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyExchange {
    /// TLS 1.3 negotiates it apart from the suite.
    Tls13,
    /// Ephemeral Diffie-Hellman over a curve (RFC 8422).
    Ecdhe,
    /// Ephemeral Diffie-Hellman over a finite field (RFC 5246 §7.4.3, RFC 7919).
    Dhe,
    /// The client encrypts the secret for the server's RSA key (RFC 5246 §7.4.7.1). No forward secrecy.
    Rsa,
    /// A pre-shared key beside [`KeyExchange::Ecdhe`] (RFC 5489, RFC 8442).
    EcdhePsk,
    /// A pre-shared key beside [`KeyExchange::Dhe`] (RFC 4279 §3).
    DhePsk,
    /// A pre-shared key alone (RFC 4279 §2). No forward secrecy.
    Psk,
}

impl KeyExchange {
    /// Whether a pre-shared key of TLS 1.2 takes part.
    pub const fn has_psk(self) -> bool {
        matches!(self, Self::EcdhePsk | Self::DhePsk | Self::Psk)
    }

    /// Whether a curve of supported_groups takes part.
    pub const fn has_curve(self) -> bool {
        matches!(self, Self::Ecdhe | Self::EcdhePsk)
    }

    /// Whether a finite field takes part.
    pub const fn has_field(self) -> bool {
        matches!(self, Self::Dhe | Self::DhePsk)
    }
}

/// What the server of a suite authenticates itself with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authentication {
    /// TLS 1.3 negotiates it apart from the suite.
    Tls13,
    /// A certificate with an ECDSA key, or an EdDSA one (RFC 8422 §2).
    Ecdsa,
    /// A certificate with an RSA key.
    Rsa,
    /// The pre-shared key.
    Psk,
}

/// How a suite protects records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cipher {
    /// An AEAD.
    Aead(AeadAlgorithm),
    /// A block cipher in CBC mode with an HMAC (RFC 5246 §6.2.3.2).
    Cbc(BlockAlgorithm, MacAlgorithm),
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::string::ToString;

    #[test]
    fn every_suite_has_its_own_number_and_names() {
        let all = || TLS13_SUITES.iter().chain(TLS12_SUITES);
        let numbers: BTreeSet<_> = all().map(|suite| suite.id).collect();
        let names: BTreeSet<_> = all().map(|suite| suite.openssl_name).collect();
        assert_eq!((numbers.len(), names.len()), (all().count(), all().count()));
        assert!(all().all(|suite| Suite::find(suite.id) == Some(suite)));
    }

    /// The standard name says everything that the row says.
    #[test]
    fn the_rows_say_what_the_names_say() {
        for suite in TLS12_SUITES {
            let name = suite.id.to_string();
            let (exchange, cipher) = name.strip_prefix("TLS_").unwrap().split_once("_WITH_").unwrap();
            let expected = match exchange {
                "ECDHE_ECDSA" => (KeyExchange::Ecdhe, Authentication::Ecdsa),
                "ECDHE_RSA" => (KeyExchange::Ecdhe, Authentication::Rsa),
                "DHE_RSA" => (KeyExchange::Dhe, Authentication::Rsa),
                "RSA" => (KeyExchange::Rsa, Authentication::Rsa),
                "ECDHE_PSK" => (KeyExchange::EcdhePsk, Authentication::Psk),
                "DHE_PSK" | "PSK_DHE" => (KeyExchange::DhePsk, Authentication::Psk),
                "PSK" => (KeyExchange::Psk, Authentication::Psk),
                other => panic!("{other}"),
            };
            assert_eq!((suite.exchange, suite.auth), expected, "{name}");
            let hash = if cipher.ends_with("SHA384") { HashAlgorithm::Sha384 } else { HashAlgorithm::Sha256 };
            assert_eq!(suite.hash, hash, "{name}");
            let key = if cipher.contains("256_") || cipher.starts_with("CHACHA20") { 32 } else { 16 };
            match suite.cipher {
                Cipher::Aead(aead) => {
                    assert_eq!(aead.key_len(), key, "{name}");
                    assert_eq!(aead.tag_len(), if cipher.contains("CCM_8") { 8 } else { 16 }, "{name}");
                }
                Cipher::Cbc(block, mac) => {
                    assert_eq!(block.key_len(), key, "{name}");
                    let expected = match cipher.rsplit_once('_').unwrap().1 {
                        "SHA" => MacAlgorithm::HmacSha1,
                        "SHA256" => MacAlgorithm::HmacSha256,
                        "SHA384" => MacAlgorithm::HmacSha384,
                        other => panic!("{other}"),
                    };
                    assert_eq!(mac, expected, "{name}");
                }
            }
        }
    }
}
