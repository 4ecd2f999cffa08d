//! The keys that cross from the schedule to the record layer.

use crate::aead::NONCE_LEN;
use crate::cbc::{CbcKey, MacKey};
use crate::{AeadAlgorithm, AeadKey, Random};
use alloc::{boxed::Box, sync::Arc};
use core::fmt;
use zeroize::Zeroize;

/// What the key schedule hands the record layer for one direction. Which of these it is says how records are protected;
/// the record layer nowhere asks for a version.
pub enum RecordKeys {
    /// An AEAD in TLS 1.3, where the content type is encrypted (RFC 9846 §5.2).
    Aead {
        /// Which algorithm, for its limits.
        algorithm: AeadAlgorithm,
        /// The key.
        key: Box<dyn AeadKey>,
        /// The IV that is mixed with the record's number (RFC 9846 §5.3).
        iv: [u8; NONCE_LEN],
    },
    /// An AEAD in TLS 1.2, where the content type stands in the header (RFC 5246 §6.2.3.3).
    Aead12 {
        /// Which algorithm, for its limits and for [`AeadAlgorithm::explicit_nonce_len`].
        algorithm: AeadAlgorithm,
        /// The key.
        key: Box<dyn AeadKey>,
        /// GCM and CCM: the first four bytes are the salt, and the rest is not used (RFC 5288 §3, RFC 6655 §3).
        /// ChaCha20-Poly1305: the IV that is mixed with the record's number (RFC 7905 §2).
        iv: [u8; NONCE_LEN],
    },
    /// A block cipher in CBC mode with the MAC over the ciphertext (RFC 7366).
    CbcEtm {
        /// The cipher's key.
        cipher: Box<dyn CbcKey>,
        /// The MAC's key.
        mac: Box<dyn MacKey>,
        /// How long what `mac` makes is, in bytes. Where it is not so long, nothing is sealed or opened.
        mac_len: usize,
        /// Where the IV of every record comes from.
        random: Arc<dyn Random>,
    },
    /// A block cipher in CBC mode with the MAC over the content, encrypted with it (RFC 5246 §6.2.3.2).
    CbcMte {
        /// The cipher's key.
        cipher: Box<dyn CbcKey>,
        /// The MAC's key.
        mac: Box<dyn MacKey>,
        /// How long what `mac` makes is, in bytes. Where it is not so long, nothing is sealed or opened.
        mac_len: usize,
        /// Where the IV of every record comes from.
        random: Arc<dyn Random>,
    },
}

impl Drop for RecordKeys {
    fn drop(&mut self) {
        match self {
            Self::Aead { iv, .. } | Self::Aead12 { iv, .. } => iv.zeroize(),
            // Boxed keys wipe themselves.
            Self::CbcEtm { .. } | Self::CbcMte { .. } => {}
        }
    }
}

impl fmt::Debug for RecordKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aead { algorithm, .. } => {
                f.debug_struct("Aead").field("algorithm", algorithm).finish_non_exhaustive()
            }
            Self::Aead12 { algorithm, .. } => {
                f.debug_struct("Aead12").field("algorithm", algorithm).finish_non_exhaustive()
            }
            Self::CbcEtm { mac_len, .. } => f.debug_struct("CbcEtm").field("mac_len", mac_len).finish_non_exhaustive(),
            Self::CbcMte { mac_len, .. } => f.debug_struct("CbcMte").field("mac_len", mac_len).finish_non_exhaustive(),
        }
    }
}
