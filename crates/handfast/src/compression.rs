//! Certificate compression with zlib.

use alloc::{boxed::Box, vec::Vec};
use handfast_handshake::CertificateCompressor;
use handfast_wire::CompressionAlgorithm;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// zlib (RFC 1950), algorithm 1 of RFC 8879 §7.3: for [`certificate_compression`] of either builder.
///
/// Each Certificate message is compressed when it is sent: one of 4 KB in less than a tenth of a millisecond. One that does not
/// become shorter goes as it is.
///
/// [`certificate_compression`]: crate::ClientConfigBuilder::certificate_compression
#[derive(Clone, Copy, Debug, Default)]
pub struct Zlib;

/// How hard compression tries, 0 to 10: zlib's own default.
const LEVEL: u8 = 6;

impl CertificateCompressor for Zlib {
    fn algorithm(&self) -> CompressionAlgorithm {
        CompressionAlgorithm::ZLIB
    }

    fn compress(&self, body: &[u8]) -> Option<Vec<u8>> {
        Some(compress_to_vec_zlib(body, LEVEL)).filter(|compressed| compressed.len() < body.len())
    }

    /// The whole stream and nothing behind it, with its checksum; never more than `out` holds.
    fn decompress(&self, compressed: &[u8], out: &mut [u8]) -> bool {
        let flags = TINFL_FLAG_PARSE_ZLIB_HEADER | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let mut state = Box::<DecompressorOxide>::default();
        let (status, read, written) = decompress(&mut state, compressed, out, 0, flags);
        status == TINFLStatus::Done && read == compressed.len() && written == out.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn what_was_compressed_comes_back() {
        let body: Vec<u8> = (0..2000u32).map(|at| (at % 97) as u8).collect();
        let compressed = Zlib.compress(&body).unwrap();
        assert!(compressed.len() < body.len());
        let mut out = vec![0; body.len()];
        assert!(Zlib.decompress(&compressed, &mut out));
        assert_eq!(out, body);
    }

    /// What zlib 1.2 itself has compressed.
    #[test]
    fn zlibs_own_is_understood() {
        let compressed = [
            0x78, 0xda, 0x4b, 0x4e, 0x2d, 0x2a, 0xc9, 0x4c, 0xcb, 0x4c, 0x4e, 0x2c, 0x49, 0x8d, 0xcf, 0xc9, 0x2c, 0x2e,
            0x51, 0x48, 0x1e, 0x15, 0xa0, 0x54, 0x00, 0x00, 0xfa, 0xe7, 0x86, 0xd9,
        ];
        let mut out = vec![0; 340];
        assert!(Zlib.decompress(&compressed, &mut out));
        assert_eq!(out, b"certificate_list ".repeat(20));
    }

    #[test]
    fn what_does_not_become_shorter_is_not_compressed() {
        assert_eq!(Zlib.compress(&[1, 2, 3]), None);
    }

    #[test]
    fn another_length_another_checksum_and_a_tail_are_refused() {
        let body = vec![7; 1000];
        let good = Zlib.compress(&body).unwrap();
        let accepts = |compressed: &[u8], len: usize| Zlib.decompress(compressed, &mut vec![0; len]);
        assert!(accepts(&good, 1000));
        assert!(!accepts(&good, 999) && !accepts(&good, 1001) && !accepts(&good, 0));
        assert!(!accepts(&good[..good.len() - 1], 1000) && !accepts(&[], 1000));
        assert!(!accepts(&[good.as_slice(), &[0]].concat(), 1000));
        let mut bad = good;
        *bad.last_mut().unwrap() ^= 1;
        assert!(!accepts(&bad, 1000));
    }

    /// docs/regressions.md row 70: a megabyte in a kilobyte stops where the output ends.
    #[test]
    fn what_expands_stops_at_the_end_of_the_output() {
        let bomb = compress_to_vec_zlib(&vec![0; 1 << 20], LEVEL);
        assert!(bomb.len() < 2048);
        let mut out = vec![0xff; 1000];
        assert!(!Zlib.decompress(&bomb, &mut out));
    }
}
