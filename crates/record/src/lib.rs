//! The record layer of TLS: find a record, open it, seal one, and put handshake messages together (RFC 9846 §5,
//! RFC 5246 §6.2).
//!
//! Nothing here waits, stores input or knows a protocol state. The caller owns the bytes: a record is decrypted where it
//! lies in the caller's input, and a sealed one is appended to the caller's output.
//!
//! ```text
//!            input                                                     out
//!              │                                                        ▲
//!   peek ──► a whole record ──► Opener ──► content ──► Assembler      Sealer
//!   (frame)                     (open)                 (assemble)     (seal)
//! ```
//!
//! | file | concept |
//! |---|---|
//! | [`frame`] | the header: where a record ends, and whether these bytes are TLS at all |
//! | [`open`] | [`Opener`]: received records to content |
//! | [`seal`] | [`Sealer`]: content to records, fragmented and padded |
//! | [`writer`] | [`RecordWriter`]: content written straight to where it is sealed |
//! | [`assemble`] | [`Assembler`]: contents of handshake records to messages |
//! | [`mod@sniff`] | what a peer speaks that does not speak TLS |
//!
//! How records are protected, their [`RecordKeys`](handfast_crypto::RecordKeys) say: with an AEAD of TLS 1.3, which hides
//! the content type, or with an AEAD or CBC of TLS 1.2, which do not. No version is asked for.
//!
//! Opening and sealing allocate nothing; a handshake message is copied only when it is split over records.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod assemble;
mod cbc;
mod error;
pub mod frame;
pub mod open;
mod protection;
pub mod seal;
pub mod sniff;
pub mod writer;

pub use assemble::{Assembled, Assembler};
pub use error::RecordError;
pub use frame::{Frame, HEADER_LEN, Header, MAX_CIPHERTEXT, MAX_CIPHERTEXT_12, MAX_PLAINTEXT, check_first, peek};
pub use open::{Opened, Opener};
pub use seal::{Padding, Sealer};
pub use sniff::{Sniffed, sniff};
pub use writer::RecordWriter;

/// Keys and ciphers for the tests of this crate.
#[cfg(test)]
mod tests {
    use crate::Header;
    use crate::frame::HEADER_LEN;
    use crate::protection::Protection;
    use alloc::boxed::Box;
    use alloc::sync::Arc;
    use alloc::vec::Vec;
    use handfast_crypto::aead::{MAX_TAG_LEN, NONCE_LEN};
    use handfast_crypto::{AeadAlgorithm, AeadKey, CryptoError, RecordKeys};
    use handfast_wire::{ContentType, ProtocolVersion};
    use std::sync::Mutex;

    pub(crate) const ALGORITHMS: [AeadAlgorithm; 5] = [
        AeadAlgorithm::Aes128Gcm,
        AeadAlgorithm::Aes256Gcm,
        AeadAlgorithm::ChaCha20Poly1305,
        AeadAlgorithm::Aes128Ccm,
        AeadAlgorithm::Aes128Ccm8,
    ];

    pub(crate) const IV: [u8; NONCE_LEN] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

    /// Keys that are always the same.
    pub(crate) fn keys(algorithm: AeadAlgorithm) -> RecordKeys {
        let aead = handfast_rustcrypto::provider().aead(algorithm).unwrap();
        RecordKeys::Aead { algorithm, key: aead.key(&[0x42; 32][..algorithm.key_len()]).unwrap(), iv: IV }
    }

    pub(crate) fn gcm() -> RecordKeys {
        keys(AeadAlgorithm::Aes128Gcm)
    }

    /// The first record under [`gcm`], with whatever `inner` plaintext.
    pub(crate) fn forge(inner: &[u8]) -> Vec<u8> {
        let length = (inner.len() + MAX_TAG_LEN) as u16;
        let header = Header { content_type: ContentType::APPLICATION_DATA, version: ProtocolVersion::TLS1_2, length };
        let mut record = Vec::from(header.bytes());
        Protection::new(gcm()).seal(header, &[inner], &mut record).unwrap();
        record
    }

    /// The lengths of the fragments of the records in `out`.
    pub(crate) fn lengths(mut out: &[u8]) -> Vec<usize> {
        let mut lengths = Vec::new();
        while let Some((header, rest)) = out.split_first_chunk::<HEADER_LEN>() {
            let length = usize::from(Header::read(*header).length);
            lengths.push(length);
            out = &rest[length..];
        }
        assert!(out.is_empty());
        lengths
    }

    /// A cipher that leaves everything readable, notes its nonces, and fails where it is told to: sealing after so many
    /// records, opening always, and with the plaintext still in the buffer.
    #[derive(Clone, Default)]
    pub(crate) struct Glass {
        pub(crate) nonces: Arc<Mutex<Vec<[u8; NONCE_LEN]>>>,
        pub(crate) fails_after: Option<usize>,
    }

    impl Glass {
        pub(crate) fn keys(&self) -> RecordKeys {
            RecordKeys::Aead { algorithm: AeadAlgorithm::Aes128Gcm, key: Box::new(self.clone()), iv: IV }
        }
    }

    impl AeadKey for Glass {
        fn seal_in_place(
            &self,
            nonce: &[u8; NONCE_LEN],
            _: &[u8],
            _: &mut [u8],
        ) -> Result<[u8; MAX_TAG_LEN], CryptoError> {
            let mut nonces = self.nonces.lock().unwrap();
            if self.fails_after == Some(nonces.len()) {
                return Err(CryptoError::Failed);
            }
            nonces.push(*nonce);
            Ok([0; MAX_TAG_LEN])
        }

        fn open_in_place(&self, _: &[u8; NONCE_LEN], _: &[u8], buf: &mut [u8], _: &[u8]) -> Result<(), CryptoError> {
            buf.fill(0xee);
            Err(CryptoError::OpenFailed)
        }

        fn tag_len(&self) -> usize {
            MAX_TAG_LEN
        }
    }
}
