//! The TLS key schedule: from the bytes of a handshake to the secrets of a connection.
//!
//! Pure functions of what was sent, what was agreed and nothing else: no state machine, no randomness, no clock. Each
//! stage of the schedule is a type of its own, and the only way to the next stage consumes this one, so that a secret
//! cannot be derived out of order or from the wrong parent:
//!
//! ```text
//!  EarlySecret ──► HandshakeSecret ──► MainSecret ──► ResumptionSecret ──► the PSK of a ticket
//!    │ │ └ BinderKey   └ TrafficSecret ×2   │ └ TrafficSecret ×2
//!    │ └ TrafficSecret (0-RTT)              └ ExporterSecret
//!    └ ExporterSecret (early)
//! ```
//!
//! A [`Transcript`] says over which messages; a [`Digest`](handfast_crypto::Digest) taken from it goes into each
//! derivation. A [`TrafficSecret`] becomes the [`RecordKeys`](handfast_crypto::RecordKeys) of one direction, and
//! [`TrafficSecret::verify_data`] the content of a Finished message.
//!
//! Where things are: [`transcript`] (RFC 9846 §4.1), [`label`] (HKDF-Expand-Label, §7.1), [`tls13`] (the schedule, §7.1 to
//! §7.3, with Finished and CertificateVerify; what an imported PSK is made of, RFC 9258), [`export`] (§7.5). The whole of TLS 1.2 is `tls12`, behind the feature of that
//! name: a PRF, a main secret, a key block.
//!
//! Every derivation returns a `Result`: where the hash of a provider fails, the handshake ends, and no key is ever made
//! of default bytes. Secrets are wiped when dropped, compared in constant time and never printed.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod export;
pub mod label;
mod side;
#[cfg(feature = "tls12")]
pub mod tls12;
pub mod tls13;
pub mod transcript;

pub use export::{Exporter, ExporterSecret};
pub use label::expand_label;
pub use side::Side;
pub use tls13::{
    BinderKey, BinderKind, EarlySecret, HandshakeSecret, MainSecret, ResumptionSecret, SignedContent, TrafficSecret,
    import_psk, signed_content,
};
pub use transcript::Transcript;

/// Hashes for the tests of this crate.
#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use alloc::vec::Vec;
    use handfast_crypto::{CryptoError, Digest, Hash, HashAlgorithm, HashContext, Secret};
    use std::sync::Mutex;

    /// Fails at everything.
    pub(crate) struct Broken;

    impl Hash for Broken {
        fn algorithm(&self) -> HashAlgorithm {
            HashAlgorithm::Sha256
        }

        fn start(&self) -> Box<dyn HashContext> {
            Box::new(Self)
        }

        fn digest(&self, _: &[&[u8]]) -> Result<Digest, CryptoError> {
            Err(CryptoError::Failed)
        }

        fn hmac(&self, _: &[u8], _: &[&[u8]]) -> Result<Digest, CryptoError> {
            Err(CryptoError::Failed)
        }

        fn extract(&self, _: &[u8], _: &[u8]) -> Result<Secret, CryptoError> {
            Err(CryptoError::Failed)
        }

        fn expand(&self, _: &[u8], _: &[&[u8]], _: &mut [u8]) -> Result<(), CryptoError> {
            Err(CryptoError::Failed)
        }
    }

    impl HashContext for Broken {
        fn update(&mut self, _: &[u8]) {}

        fn current(&self) -> Result<Digest, CryptoError> {
            Err(CryptoError::Failed)
        }

        fn fork(&self) -> Box<dyn HashContext> {
            Box::new(Self)
        }
    }

    /// Remembers the info of the last HKDF-Expand, and is [`Broken`] otherwise.
    #[derive(Default)]
    pub(crate) struct Recorder {
        pub(crate) info: Mutex<Vec<u8>>,
    }

    impl Hash for Recorder {
        fn algorithm(&self) -> HashAlgorithm {
            HashAlgorithm::Sha256
        }

        fn start(&self) -> Box<dyn HashContext> {
            Broken.start()
        }

        fn digest(&self, parts: &[&[u8]]) -> Result<Digest, CryptoError> {
            Broken.digest(parts)
        }

        fn hmac(&self, key: &[u8], parts: &[&[u8]]) -> Result<Digest, CryptoError> {
            Broken.hmac(key, parts)
        }

        fn extract(&self, salt: &[u8], ikm: &[u8]) -> Result<Secret, CryptoError> {
            Broken.extract(salt, ikm)
        }

        fn expand(&self, _: &[u8], info: &[&[u8]], _: &mut [u8]) -> Result<(), CryptoError> {
            *self.info.lock().unwrap() = info.concat();
            Ok(())
        }
    }
}
