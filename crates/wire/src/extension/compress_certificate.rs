//! compress_certificate (RFC 8879 §3).

use super::Extension;
use crate::{CompressionAlgorithm, DecodeError, EncodeError, ExtensionType, List, Reader, Writer};

/// The algorithms the sender can decompress a Certificate message with.
///
/// ```text
/// algorithms   1 + 2..254, two bytes each
/// ```
///
/// RFC 8879 §3, `CertificateCompressionAlgorithms`. One that is listed twice is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompressCertificate<'a>(
    /// The algorithms, the preferred first.
    pub List<'a, CompressionAlgorithm>,
);

impl<'a> Extension<'a> for CompressCertificate<'a> {
    const TYPE: ExtensionType = ExtensionType::COMPRESS_CERTIFICATE;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let list: List<'a, CompressionAlgorithm> = List::read(r.vec8("algorithms", 2..=254)?, "algorithms")?;
        // 127 at most: that is little work.
        let repeats = |(at, algorithm)| list.iter().take(at).any(|other| other == algorithm);
        if list.iter().enumerate().any(repeats) { Err(DecodeError::Duplicate("algorithms")) } else { Ok(Self(list)) }
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec8(|w| self.0.write(w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, read_extension};

    #[test]
    fn round_trip() {
        check_extension(
            CompressCertificate(List::from(&[CompressionAlgorithm::BROTLI, CompressionAlgorithm::ZLIB])),
            "04 0002 0001",
        );
        check_extension(CompressCertificate(List::from(&[CompressionAlgorithm::ZSTD])), "02 0003");
        let most: std::vec::Vec<_> = (1..=127).map(CompressionAlgorithm).collect();
        let body: std::vec::Vec<_> = std::iter::once(254).chain((1..=127).flat_map(|id| [0, id])).collect();
        assert_eq!(read_extension(&body), Ok(CompressCertificate(List::from(most.as_slice()))));
    }

    #[test]
    fn an_algorithm_is_listed_once() {
        let body = [6, 0, 1, 0, 2, 0, 1];
        assert_eq!(read_extension::<CompressCertificate<'_>>(&body), Err(DecodeError::Duplicate("algorithms")));
    }

    #[test]
    fn a_list_has_at_least_one_algorithm_and_at_most_254_bytes() {
        assert_eq!(read_extension::<CompressCertificate<'_>>(&[0]), Err(DecodeError::Length("algorithms")));
        assert_eq!(read_extension::<CompressCertificate<'_>>(&[255; 256]), Err(DecodeError::Length("algorithms")));
    }
}
