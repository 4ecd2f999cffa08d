//! The TLS 1.3 cipher suites (RFC 9846 Appendix B.4) as a table.

use crate::{AeadAlgorithm, HashAlgorithm};
use handfast_wire::CipherSuite;

/// What a cipher suite stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// The code point. It displays as the standard name.
    pub id: CipherSuite,
    /// How OpenSSL calls it; the same as the standard name for TLS 1.3.
    pub openssl_name: &'static str,
    /// The record protection.
    pub aead: AeadAlgorithm,
    /// The hash of transcript, HKDF and Finished.
    pub hash: HashAlgorithm,
}

impl Suite {
    /// The row of `id`, if it is a TLS 1.3 suite.
    pub fn find(id: CipherSuite) -> Option<&'static Self> {
        SUITES.iter().find(|suite| suite.id == id)
    }
}

/// Every TLS 1.3 suite, in the order in which they are preferred by default. The CCM suites are known and, by default,
/// not offered.
pub static SUITES: &[Suite] = &[
    row(CipherSuite::TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", AeadAlgorithm::Aes128Gcm, HashAlgorithm::Sha256),
    row(CipherSuite::TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", AeadAlgorithm::Aes256Gcm, HashAlgorithm::Sha384),
    row(
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        "TLS_CHACHA20_POLY1305_SHA256",
        AeadAlgorithm::ChaCha20Poly1305,
        HashAlgorithm::Sha256,
    ),
    row(CipherSuite::TLS_AES_128_CCM_SHA256, "TLS_AES_128_CCM_SHA256", AeadAlgorithm::Aes128Ccm, HashAlgorithm::Sha256),
    row(
        CipherSuite::TLS_AES_128_CCM_8_SHA256,
        "TLS_AES_128_CCM_8_SHA256",
        AeadAlgorithm::Aes128Ccm8,
        HashAlgorithm::Sha256,
    ),
];

const fn row(id: CipherSuite, openssl_name: &'static str, aead: AeadAlgorithm, hash: HashAlgorithm) -> Suite {
    Suite { id, openssl_name, aead, hash }
}
