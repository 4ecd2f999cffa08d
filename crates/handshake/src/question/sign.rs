//! The question for a signature.

use super::{Answer, Purpose, QuestionId, Reply, Signature};
use crate::Failure;
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Random, SigningKey};
use handfast_schedule::SignedContent;
use handfast_wire::SignatureScheme;

/// Sign this.
#[derive(Debug)]
pub struct SignQuestion {
    pub(crate) id: QuestionId,
    pub(crate) purpose: Purpose,
    pub(crate) scheme: SignatureScheme,
    pub(crate) message: Content,
}

impl SignQuestion {
    /// Whose CertificateVerify it is, or in TLS 1.2 whose ServerKeyExchange.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The scheme, which includes the hash.
    pub fn scheme(&self) -> SignatureScheme {
        self.scheme
    }

    /// What is signed, before hashing (RFC 9846 §4.5.2; in TLS 1.2 RFC 5246 §7.4.3 and §7.4.8).
    pub fn message(&self) -> &[u8] {
        self.message.as_bytes()
    }

    /// The signature, made elsewhere. One by an RSA key is verified before it is sent: a faulty one reveals the key.
    pub fn signature(self, signature: Vec<u8>) -> Answer {
        Answer { id: self.id, reply: Reply::Signature(Signature { bytes: signature, checked: false }) }
    }

    /// Lets `key` sign, which checks what it makes ([`SigningKey::sign`]).
    pub fn sign_with(self, key: &dyn SigningKey, random: &dyn Random) -> Answer {
        let reply = match key.sign(self.scheme, self.message.as_bytes(), random) {
            Ok(bytes) => Reply::Signature(Signature { bytes, checked: true }),
            Err(error) => Reply::Failed(Failure::Crypto(error)),
        };
        Answer { id: self.id, reply }
    }

    /// The key did not sign: the connection ends with `internal_error`.
    pub fn failed(self) -> Answer {
        Answer { id: self.id, reply: Reply::Failed(Failure::Crypto(CryptoError::Failed)) }
    }
}

/// What is signed.
#[derive(Debug)]
pub(crate) enum Content {
    /// By a CertificateVerify of TLS 1.3.
    Tls13(SignedContent),
    /// By what TLS 1.2 signs.
    #[cfg(feature = "tls12")]
    Tls12(Vec<u8>),
}

impl Content {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Tls13(content) => content,
            #[cfg(feature = "tls12")]
            Self::Tls12(content) => content,
        }
    }
}
