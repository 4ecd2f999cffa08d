//! The suites of TLS 1.3 (RFC 9846 Appendix B.4).

use super::{Authentication, Cipher, KeyExchange, Suite};
use crate::AeadAlgorithm::{Aes128Ccm, Aes128Ccm8, Aes128Gcm, Aes256Gcm, ChaCha20Poly1305};
use crate::HashAlgorithm::{Sha256, Sha384};
use crate::{AeadAlgorithm, HashAlgorithm};
use handfast_wire::CipherSuite;

/// Every TLS 1.3 suite, in the order in which they are preferred by default. The CCM suites are known and, by default,
/// not offered.
pub static TLS13_SUITES: &[Suite] = &[
    row(CipherSuite::TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    row(CipherSuite::TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    row(CipherSuite::TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    row(CipherSuite::TLS_AES_128_CCM_SHA256, "TLS_AES_128_CCM_SHA256", Aes128Ccm, Sha256),
    row(CipherSuite::TLS_AES_128_CCM_8_SHA256, "TLS_AES_128_CCM_8_SHA256", Aes128Ccm8, Sha256),
];

const fn row(id: CipherSuite, openssl_name: &'static str, aead: AeadAlgorithm, hash: HashAlgorithm) -> Suite {
    Suite {
        id,
        openssl_name,
        exchange: KeyExchange::Tls13,
        auth: Authentication::Tls13,
        cipher: Cipher::Aead(aead),
        hash,
    }
}
