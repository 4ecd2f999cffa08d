use core::fmt;

/// Why a primitive gave no result.
///
/// It says which of the few things went wrong that a caller must tell apart, and nothing about secret values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CryptoError {
    /// The peer's key share is malformed, not a point of the curve, of small order, or of the wrong length.
    /// On the wire this is `illegal_parameter` (RFC 9846 §4.3.8.2, §7.4.2).
    InvalidShare,
    /// Ciphertext and tag do not belong together. On the wire this is `bad_record_mac`.
    OpenFailed,
    /// The signature does not verify.
    BadSignature,
    /// The public key is malformed or outside the provider's bounds.
    BadKey,
    /// The provider does not implement what was asked.
    Unsupported,
    /// A length that the primitive cannot take: key, nonce, output or message.
    Length,
    /// The random number generator gave nothing. Never continue with what was in the buffer.
    Random,
    /// The primitive itself failed (hardware, a remote key, an internal check such as a signature that did not verify
    /// under its own key).
    Failed,
}

impl fmt::Display for CryptoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidShare => "the peer's key share is invalid",
            Self::OpenFailed => "decryption failed",
            Self::BadSignature => "the signature does not verify",
            Self::BadKey => "the public key is malformed or out of bounds",
            Self::Unsupported => "the provider does not implement this",
            Self::Length => "a length the primitive cannot take",
            Self::Random => "the random number generator failed",
            Self::Failed => "the primitive failed",
        })
    }
}

impl core::error::Error for CryptoError {}
