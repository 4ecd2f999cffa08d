//! HKDF-Expand-Label and Derive-Secret: every secret of TLS 1.3 but three is an output of these two (RFC 9846 §7.1).

use core::fmt;
use handfast_crypto::{CryptoError, Digest, Hash, HmacKey, Secret};

/// What every label of TLS 1.3 begins with.
const PREFIX: &[u8] = b"tls13 ";

/// The longest label, in bytes, without the prefix that it shares its one-byte length with.
pub const MAX_LABEL_LEN: usize = 255 - PREFIX.len();

/// HKDF-Expand can give this many hash outputs and no more (RFC 5869 §2.3).
const MAX_BLOCKS: usize = 255;

/// HKDF-Expand-Label (RFC 9846 §7.1) into the whole of `okm`.
///
/// ```text
/// HkdfLabel, the info of HKDF-Expand
/// length    2
/// label     1 + 7..255   "tls13 " and the label
/// context   1 + 0..255
/// ```
///
/// The structure is handed to the hash in pieces and nowhere put together. Besides the key schedule, extensions of
/// TLS use this: QUIC for its packet keys, ECH for its acceptance signal.
///
/// # Errors
/// [`CryptoError::Length`] when `label` is not 1 to [`MAX_LABEL_LEN`] bytes, `context` is longer than 255 bytes, or `okm`
/// longer than 255 hash outputs; `okm` is as it was then. Whatever else makes the hash fail; `okm` is not to be used then.
pub fn expand_label(
    hash: &dyn Hash,
    secret: &Secret,
    label: &[u8],
    context: &[u8],
    okm: &mut [u8],
) -> Result<(), CryptoError> {
    with_info(hash, label, context, okm, |info, okm| hash.expand(secret.as_bytes(), info, okm))
}

/// Hands `expand` an HkdfLabel in pieces.
fn with_info(
    hash: &dyn Hash,
    label: &[u8],
    context: &[u8],
    okm: &mut [u8],
    expand: impl FnOnce(&[&[u8]], &mut [u8]) -> Result<(), CryptoError>,
) -> Result<(), CryptoError> {
    if label.is_empty() || okm.len() > MAX_BLOCKS * hash.algorithm().output_len() {
        return Err(CryptoError::Length);
    }
    let length = u16::try_from(okm.len()).map_err(|_| CryptoError::Length)?;
    let label_len = label.len().checked_add(PREFIX.len()).ok_or(CryptoError::Length)?;
    let label_len = u8::try_from(label_len).map_err(|_| CryptoError::Length)?;
    let context_len = u8::try_from(context.len()).map_err(|_| CryptoError::Length)?;
    expand(&[&length.to_be_bytes(), &[label_len], PREFIX, label, &[context_len], context], okm)
}

/// A secret and the hash it was derived with, which is the hash of everything derived from it.
///
/// The typed leaves of the schedule are wrappers of this; it knows how to derive and not what may be derived.
#[derive(Clone)]
pub(crate) struct Rooted {
    pub(crate) hash: &'static dyn Hash,
    pub(crate) secret: Secret,
}

impl Rooted {
    /// The secret made ready for several derivations.
    pub(crate) fn stem(&self) -> Result<Stem, CryptoError> {
        Stem::new(self.hash, &self.secret)
    }

    /// HKDF-Expand-Label(., `label`, `context`, Hash.length).
    pub(crate) fn expand(&self, label: &[u8], context: &[u8]) -> Result<Self, CryptoError> {
        let mut secret = zeros(self.hash);
        expand_label(self.hash, &self.secret, label, context, secret.as_mut_bytes())?;
        Ok(Self { hash: self.hash, secret })
    }

    /// The MAC that Finished and the PSK binders carry (RFC 9846 §4.5.3, §4.3.11.2).
    pub(crate) fn verify_data(&self, transcript: &Digest) -> Result<Digest, CryptoError> {
        let finished_key = self.expand(b"finished", b"")?;
        self.hash.hmac(finished_key.secret.as_bytes(), &[transcript.as_bytes()])
    }
}

/// A secret that several others are derived from: prepared for that, and not kept in any other form.
///
/// The stages of the schedule are wrappers of this.
pub(crate) struct Stem {
    pub(crate) hash: &'static dyn Hash,
    key: HmacKey,
}

impl Stem {
    pub(crate) fn new(hash: &'static dyn Hash, secret: &Secret) -> Result<Self, CryptoError> {
        Ok(Self { hash, key: hash.prepare(secret.as_bytes())? })
    }

    /// HKDF-Extract of `ikm`, or where there is none of as many zeros as the hash is long (RFC 9846 §7.1).
    pub(crate) fn extract(hash: &'static dyn Hash, salt: &Secret, ikm: Option<&[u8]>) -> Result<Self, CryptoError> {
        let zeros = zeros(hash);
        Self::new(hash, &hash.extract(salt.as_bytes(), ikm.unwrap_or(zeros.as_bytes()))?)
    }

    /// Derive-Secret(., `label`, messages), where `transcript` is the hash of the messages.
    ///
    /// A digest of another length than this schedule's hash has is [`CryptoError::Length`]: it comes from another hash.
    pub(crate) fn derive(&self, label: &[u8], transcript: &Digest) -> Result<Rooted, CryptoError> {
        if transcript.as_bytes().len() != self.hash.algorithm().output_len() {
            return Err(CryptoError::Length);
        }
        let mut secret = zeros(self.hash);
        self.expand(label, transcript.as_bytes(), secret.as_mut_bytes())?;
        Ok(Rooted { hash: self.hash, secret })
    }

    /// Derive-Secret(., `label`, ""), over no message at all.
    pub(crate) fn derive_bare(&self, label: &[u8]) -> Result<Rooted, CryptoError> {
        self.derive(label, &self.hash.algorithm().of_nothing())
    }

    /// The next stage: Derive-Secret(., "derived", "") as the salt for what comes in from the side.
    pub(crate) fn advance(&self, ikm: Option<&[u8]>) -> Result<Self, CryptoError> {
        Self::extract(self.hash, &self.derive_bare(b"derived")?.secret, ikm)
    }

    /// HKDF-Expand-Label(., `label`, `context`, length of `okm`).
    pub(crate) fn expand(&self, label: &[u8], context: &[u8], okm: &mut [u8]) -> Result<(), CryptoError> {
        with_info(self.hash, label, context, okm, |info, okm| self.hash.expand_with(&self.key, info, okm))
    }
}

/// Which hash, and not a byte of the secret.
impl fmt::Debug for Stem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, Secret({} bytes)", self.hash.algorithm(), self.hash.algorithm().output_len())
    }
}

/// which hash and how long, and not a byte of the secret.
impl fmt::Debug for Rooted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}", self.hash.algorithm(), self.secret)
    }
}

/// The "0" of the diagram in RFC 9846 §7.1.
pub(crate) fn zeros(hash: &dyn Hash) -> Secret {
    Secret::zero(hash.algorithm().output_len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Recorder;
    use handfast_rustcrypto::SHA256;
    use std::{format, vec};

    #[test]
    fn the_info_is_an_hkdf_label() {
        let recorder = Recorder::default();
        expand_label(&recorder, &Secret::zero(32), b"derived", &[7; 3], &mut [0; 0x120]).unwrap();
        assert_eq!(*recorder.info.lock().unwrap(), b"\x01\x20\x0dtls13 derived\x03\x07\x07\x07");
    }

    #[test]
    fn every_field_has_its_bounds() {
        // This one takes whatever it is given, so the bounds are those of the label.
        let (hash, secret) = (Recorder::default(), Secret::zero(32));
        let expand = |label: usize, context: usize, okm: usize| {
            expand_label(&hash, &secret, &vec![b'x'; label], &vec![0; context], &mut vec![0; okm])
        };
        for (label, context, okm, ok) in [
            (0, 0, 32, false),
            (1, 0, 32, true),
            (MAX_LABEL_LEN, 255, 32, true),
            (MAX_LABEL_LEN + 1, 0, 32, false),
            (1, 256, 32, false),
            (1, 0, 0, true),
            (1, 0, 255 * 32, true),
            (1, 0, 255 * 32 + 1, false),
            (1, 0, 1 << 16, false),
        ] {
            let expected = if ok { Ok(()) } else { Err(CryptoError::Length) };
            assert_eq!(expand(label, context, okm), expected, "{label} {context} {okm}");
        }
    }

    #[test]
    fn a_digest_of_another_hash_is_refused() {
        let stem = Stem::new(SHA256, &Secret::zero(32)).unwrap();
        for (len, ok) in [(32, true), (48, false), (0, false)] {
            assert_eq!(stem.derive(b"derived", &Digest::new(&vec![1; len])).is_ok(), ok, "{len}");
        }
    }

    /// docs/regressions.md row 74.
    #[test]
    fn debug_prints_no_byte() {
        let rooted = Rooted { hash: SHA256, secret: Secret::new(&[0xab; 32]).unwrap() };
        assert_eq!(format!("{rooted:?}"), "Sha256, Secret(32 bytes)");
        assert_eq!(format!("{:?}", rooted.stem().unwrap()), "Sha256, Secret(32 bytes)");
    }
}
