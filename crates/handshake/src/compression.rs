//! Certificate compression (RFC 8879).

use alloc::{sync::Arc, vec, vec::Vec};
use core::fmt;
use handfast_wire::message::{CompressedCertificate, HEADER_LEN};
use handfast_wire::{CompressionAlgorithm, EncodeError, List, Violation};

/// An algorithm that Certificate messages are compressed and decompressed with.
pub trait CertificateCompressor: Send + Sync {
    /// Its number.
    fn algorithm(&self) -> CompressionAlgorithm;

    /// The body of a Certificate message, compressed: 1 to 2^24 − 1 bytes. `None` where that is not worth it, and the
    /// message goes as it is.
    fn compress(&self, body: &[u8]) -> Option<Vec<u8>>;

    /// Fills `out` with what `compressed` decompresses to, which nobody has authenticated. `out` has the length that the
    /// peer announced, within the limit of the configuration. False where it is no compressed body, or one of another
    /// length.
    #[must_use]
    fn decompress(&self, compressed: &[u8], out: &mut [u8]) -> bool;
}

/// What a configuration compresses and decompresses with; nothing by default.
#[derive(Clone, Default)]
pub struct Compression {
    /// The algorithms, most preferred first, each once.
    pub compressors: Vec<Arc<dyn CertificateCompressor>>,
    /// The longest body that is decompressed, in bytes.
    pub limit: usize,
}

impl Compression {
    /// Whether the peer is told of any algorithm, and so may send a CompressedCertificate.
    pub(crate) fn is_offered(&self) -> bool {
        !self.compressors.is_empty()
    }

    /// What the peer is told.
    pub(crate) fn algorithms(&self) -> Vec<CompressionAlgorithm> {
        self.compressors.iter().map(|compressor| compressor.algorithm()).collect()
    }

    /// The preferred one of those that the peer can decompress.
    pub(crate) fn select(&self, theirs: List<'_, CompressionAlgorithm>) -> Option<Arc<dyn CertificateCompressor>> {
        self.compressors.iter().find(|own| theirs.contains(&own.algorithm())).cloned()
    }

    /// The body of the Certificate message (RFC 8879 §4). Nothing is longer than what was announced, and what is announced
    /// is no longer than the limit (docs/regressions.md row 70).
    pub(crate) fn decompress(&self, m: &CompressedCertificate<'_>) -> Result<Vec<u8>, Violation> {
        let own = self.compressors.iter().find(|own| own.algorithm() == m.algorithm);
        let own = own.ok_or(Violation::CompressionNotOffered(m.algorithm))?;
        let len = usize::try_from(m.uncompressed_length).unwrap_or(usize::MAX);
        if len > self.limit {
            return Err(Violation::UncompressedTooLong);
        }
        let mut body = vec![0; len];
        if own.decompress(m.compressed, &mut body) { Ok(body) } else { Err(Violation::BadCompression) }
    }
}

impl fmt::Debug for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.algorithms()).finish()
    }
}

/// A CompressedCertificate of this Certificate message; `None` where the message goes as it is.
pub(crate) fn compress(compressor: &dyn CertificateCompressor, message: &[u8]) -> Result<Option<Vec<u8>>, EncodeError> {
    let body = message.get(HEADER_LEN..).unwrap_or_default();
    // RFC 8879 §4: 1 to 2^24 − 1 bytes. What is not that nobody could read.
    let fits = |compressed: &Vec<u8>| (1..1 << 24).contains(&compressed.len());
    let compressed = compressor.compress(body).filter(fits);
    let (Ok(uncompressed_length), Some(compressed)) = (u32::try_from(body.len()), compressed) else {
        return Ok(None);
    };
    let algorithm = compressor.algorithm();
    let mut raw = Vec::new();
    CompressedCertificate { algorithm, uncompressed_length, compressed: &compressed }.write(&mut raw)?;
    Ok(Some(raw))
}
