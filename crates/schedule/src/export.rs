//! Keying material for whatever runs above TLS (RFC 9846 §7.5, RFC 5705).

use crate::label::{Rooted, expand_label};
use handfast_crypto::CryptoError;

/// What exporters of a connection draw from, in either version.
#[derive(Clone, Debug)]
pub enum Exporter {
    /// RFC 9846 §7.5.
    Tls13(ExporterSecret),
    /// RFC 5705 §4.
    #[cfg(feature = "tls12")]
    Tls12(crate::tls12::MainSecret, crate::tls12::Randoms),
}

impl Exporter {
    /// Exports under `label` into the whole of `okm`. In TLS 1.2 an empty context is another one than none.
    ///
    /// # Errors
    /// As [`ExporterSecret::export`] and `tls12::MainSecret::export`.
    pub fn export(&self, label: &[u8], context: Option<&[u8]>, okm: &mut [u8]) -> Result<(), CryptoError> {
        match self {
            Self::Tls13(secret) => secret.export(label, context.unwrap_or_default(), okm),
            #[cfg(feature = "tls12")]
            Self::Tls12(main, randoms) => main.export(randoms, label, context, okm),
        }
    }
}

/// What exporters of a TLS 1.3 connection draw from.
///
/// It outlives the handshake and gives nothing else of the connection away. One made by
/// [`EarlySecret::early_exporter`](crate::EarlySecret::early_exporter) is for 0-RTT only: a replay has the same one.
#[derive(Clone, Debug)]
pub struct ExporterSecret(pub(crate) Rooted);

impl ExporterSecret {
    /// The bytes, for the key log (RFC 9850). Whoever has them has every value that is exported.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.secret.as_bytes()
    }

    /// TLS-Exporter(`label`, `context`, length of `okm`), RFC 9846 §7.5.
    ///
    /// An absent context and an empty one are the same in TLS 1.3, so both are an empty slice here.
    ///
    /// # Errors
    /// [`CryptoError::Length`] when `label` is not 1 to 249 bytes or `okm` is longer than 255 hash outputs, and whatever
    /// makes the hash fail. `okm` is not to be used then.
    pub fn export(&self, label: &[u8], context: &[u8], okm: &mut [u8]) -> Result<(), CryptoError> {
        let secret = self.0.expand(label, self.0.hash.algorithm().of_nothing().as_bytes())?;
        let context = self.0.hash.digest(&[context])?;
        expand_label(self.0.hash, &secret.secret, b"exporter", context.as_bytes(), okm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::MAX_LABEL_LEN;
    use crate::{EarlySecret, Transcript};
    use handfast_crypto::Hash;
    use std::vec;

    const SHA256: &dyn Hash = handfast_rustcrypto::SHA256;

    fn secret() -> ExporterSecret {
        let mut transcript = Transcript::new();
        transcript.start(SHA256);
        EarlySecret::new(SHA256, None).unwrap().early_exporter(&transcript.current().unwrap()).unwrap()
    }

    fn export(label: &[u8], context: &[u8]) -> [u8; 32] {
        let mut okm = [0; 32];
        secret().export(label, context, &mut okm).unwrap();
        okm
    }

    /// The construction of RFC 9846 §7.5, written out.
    #[test]
    fn the_two_steps_of_the_rfc() {
        let derived = secret().0.expand(b"EXPORTER-x", SHA256.digest(&[]).unwrap().as_bytes()).unwrap();
        let context = SHA256.digest(&[b"context"]).unwrap();
        let expected = derived.expand(b"exporter", context.as_bytes()).unwrap();
        assert_eq!(export(b"EXPORTER-x", b"context"), expected.secret.as_bytes());
    }

    #[test]
    fn label_and_context_both_count() {
        let all = [export(b"a", b""), export(b"b", b""), export(b"a", b"a"), export(b"a", &[0]), export(b"aa", b"")];
        for (n, one) in all.iter().enumerate() {
            assert!(!all[..n].contains(one));
        }
    }

    #[test]
    fn lengths_are_bounded() {
        let export = |label: &[u8], len| secret().export(label, b"", &mut vec![0; len]);
        assert_eq!(export(b"", 32), Err(CryptoError::Length));
        assert_eq!(export(&[b'x'; MAX_LABEL_LEN], 32), Ok(()));
        assert_eq!(export(&[b'x'; MAX_LABEL_LEN + 1], 32), Err(CryptoError::Length));
        assert_eq!(export(b"x", 0), Ok(()));
        assert_eq!(export(b"x", 255 * 32), Ok(()));
        assert_eq!(export(b"x", 255 * 32 + 1), Err(CryptoError::Length));
        // A context is hashed, so its length is free.
        assert_eq!(secret().export(b"x", &vec![0; 100_000], &mut [0; 8]), Ok(()));
    }
}
