//! The runner's own algorithms for certificates, which compress nothing.

use handfast::CertificateCompressor;
use handfast::wire::CompressionAlgorithm;
use std::sync::Arc;

/// One of them.
pub(crate) struct Runners {
    pub(crate) id: u16,
    way: Way,
}

enum Way {
    /// Puts these bytes in front.
    Prepends(&'static [u8]),
    /// Puts any byte in front.
    PrependsAny,
    /// Takes these bytes away.
    Strips(&'static [u8]),
}

impl Runners {
    /// All of them, most preferred first.
    pub(crate) const ALL: [Self; 3] = [
        Self { id: 0xff02, way: Way::Prepends(&[1, 2, 3, 4]) },
        Self { id: 0xff01, way: Way::Strips(&[0, 0]) },
        Self { id: 0xff03, way: Way::PrependsAny },
    ];

    /// Those with these numbers.
    pub(crate) fn find(ids: &[u16]) -> Vec<Arc<dyn CertificateCompressor>> {
        Self::ALL.into_iter().filter(|own| ids.contains(&own.id)).map(|own| Arc::new(own) as _).collect()
    }
}

impl CertificateCompressor for Runners {
    fn algorithm(&self) -> CompressionAlgorithm {
        CompressionAlgorithm(self.id)
    }

    fn compress(&self, body: &[u8]) -> Option<Vec<u8>> {
        match self.way {
            Way::Prepends(prefix) => Some([prefix, body].concat()),
            Way::PrependsAny => Some([&[body.len() as u8], body].concat()),
            Way::Strips(prefix) => body.strip_prefix(prefix).map(<[u8]>::to_vec),
        }
    }

    fn decompress(&self, compressed: &[u8], out: &mut [u8]) -> bool {
        let body = match self.way {
            Way::Prepends(prefix) => compressed.strip_prefix(prefix).map(<[u8]>::to_vec),
            Way::PrependsAny => compressed.get(1..).map(<[u8]>::to_vec),
            Way::Strips(prefix) => Some([prefix, compressed].concat()),
        };
        body.filter(|body| body.len() == out.len()).map(|body| out.copy_from_slice(&body)).is_some()
    }
}
