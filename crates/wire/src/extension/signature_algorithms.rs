//! signature_algorithms and signature_algorithms_cert (RFC 9846 §4.3.3).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, List, Reader, SignatureScheme, Writer};

/// The schemes the sender can verify in a CertificateVerify and, unless [`SignatureAlgorithmsCert`] says otherwise, in
/// certificates.
///
/// ```text
/// supported_signature_algorithms   2 + 2..65534, two bytes each
/// ```
///
/// RFC 9846 §4.3.3, `SignatureSchemeList`; in TLS 1.2 RFC 5246 §7.4.1.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureAlgorithms<'a>(
    /// The schemes, the preferred first.
    pub List<'a, SignatureScheme>,
);

impl<'a> Extension<'a> for SignatureAlgorithms<'a> {
    const TYPE: ExtensionType = ExtensionType::SIGNATURE_ALGORITHMS;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        schemes(r).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

/// The schemes the sender can verify in certificates, where those differ from [`SignatureAlgorithms`]. The layout is the
/// same (RFC 9846 §4.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureAlgorithmsCert<'a>(
    /// The schemes, the preferred first.
    pub List<'a, SignatureScheme>,
);

impl<'a> Extension<'a> for SignatureAlgorithmsCert<'a> {
    const TYPE: ExtensionType = ExtensionType::SIGNATURE_ALGORITHMS_CERT;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        schemes(r).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

fn schemes<'a>(r: &mut Reader<'a>) -> Result<List<'a, SignatureScheme>, DecodeError> {
    const FIELD: &str = "supported_signature_algorithms";
    List::read(r.vec16(FIELD, 2..=65534)?, FIELD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, read_extension};

    #[test]
    fn round_trip() {
        let schemes = List::from(&[SignatureScheme::ED25519, SignatureScheme::RSA_PSS_RSAE_SHA256]);
        check_extension(SignatureAlgorithms(schemes), "0004 0807 0804");
        check_extension(SignatureAlgorithmsCert(schemes), "0004 0807 0804");
        check_extension(SignatureAlgorithms(List::from(&[SignatureScheme::ED25519])), "0002 0807");
    }

    #[test]
    fn a_list_has_at_least_one_scheme_and_no_half_ones() {
        let error = Err(DecodeError::Length("supported_signature_algorithms"));
        assert_eq!(read_extension::<SignatureAlgorithms<'_>>(&[0, 0]).map(|_| ()), error);
        assert_eq!(read_extension::<SignatureAlgorithmsCert<'_>>(&[0, 1, 8]).map(|_| ()), error);
    }
}
