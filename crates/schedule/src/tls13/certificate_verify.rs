//! What a CertificateVerify message signs.

use crate::Side;
use core::ops::Deref;
use handfast_crypto::Digest;

/// The bytes that the CertificateVerify of `side` signs; `transcript` ends with that side's Certificate.
///
/// ```text
/// 64 spaces      64
/// context        33   "TLS 1.3, " side " CertificateVerify"
/// zero            1
/// transcript     Hash.length
/// ```
///
/// RFC 9846 §4.5.2. The spaces push what follows past the randoms that a signature of older versions covered first.
pub fn signed_content(side: Side, transcript: &Digest) -> SignedContent {
    let context: &[u8] = match side {
        Side::Client => b"TLS 1.3, client CertificateVerify",
        Side::Server => b"TLS 1.3, server CertificateVerify",
    };
    let mut content = SignedContent { bytes: [b' '; SignedContent::MAX], len: 64 };
    for part in [context, &[0], transcript.as_bytes()] {
        let end = content.len.saturating_add(part.len());
        if let Some(place) = content.bytes.get_mut(content.len..end) {
            place.copy_from_slice(part);
            content.len = end;
        }
    }
    content
}

/// What a CertificateVerify signs, kept inline.
#[derive(Clone, Debug)]
pub struct SignedContent {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl SignedContent {
    const MAX: usize = 64 + 33 + 1 + Digest::MAX;
}

impl Deref for SignedContent {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// The example of RFC 9846 §4.5.2.
    #[test]
    fn the_example_of_the_rfc() {
        let mut expected = Vec::from([0x20; 64]);
        expected.extend(b"TLS 1.3, server CertificateVerify\0");
        expected.extend([1; 32]);
        assert_eq!(signed_content(Side::Server, &Digest::new(&[1; 32]))[..], expected);
    }

    #[test]
    fn the_sides_sign_different_contents() {
        let transcript = Digest::new(&[1; 48]);
        let [client, server] = [Side::Client, Side::Server].map(|side| signed_content(side, &transcript));
        assert_ne!(client[..], server[..]);
        assert_eq!(client.len(), server.len());
        assert_eq!(client.len(), 64 + 33 + 1 + 48);
    }
}
