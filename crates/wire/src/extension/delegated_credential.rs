//! delegated_credential (RFC 9345).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, List, Reader, SignatureScheme, Writer};

/// The schemes that a delegated credential's key may sign CertificateVerify with.
///
/// ```text
/// supported_signature_algorithm   2 + 2..65534, two bytes each
/// ```
///
/// RFC 9345 §4.1.1 and §4.1.2, `SignatureSchemeList` in a ClientHello or a CertificateRequest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelegatedCredentialSchemes<'a>(
    /// The schemes, the preferred first.
    pub List<'a, SignatureScheme>,
);

impl<'a> Extension<'a> for DelegatedCredentialSchemes<'a> {
    const TYPE: ExtensionType = ExtensionType::DELEGATED_CREDENTIAL;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let field = "supported_signature_algorithm";
        List::read(r.vec16(field, 2..=0xfffe)?, field).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

/// A key that the owner of a certificate lets sign in the place of its own, for a while.
///
/// ```text
/// valid_time                  4     seconds from the certificate's notBefore
/// dc_cert_verify_algorithm    2
/// ASN1_subjectPublicKeyInfo   3 + 1..16777215
/// algorithm                   2
/// signature                   2 + 1..65535
/// ```
///
/// RFC 9345 §4, `DelegatedCredential` in the first entry of a Certificate. The first three fields are its `Credential`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelegatedCredential<'a> {
    /// How long it is valid, in seconds from the notBefore of the certificate.
    pub valid_time: u32,
    /// What its key signs CertificateVerify with.
    pub verify_algorithm: SignatureScheme,
    /// Its public key, a SubjectPublicKeyInfo in DER; not empty.
    pub spki: &'a [u8],
    /// What the key of the certificate has signed it with.
    pub algorithm: SignatureScheme,
    /// That signature; not empty.
    pub signature: &'a [u8],
}

impl<'a> DelegatedCredential<'a> {
    /// Reads one, to the end of the bytes.
    pub fn read_all(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let credential = Self::read(&mut r)?;
        r.finish("DelegatedCredential")?;
        Ok(credential)
    }
}

impl<'a> Extension<'a> for DelegatedCredential<'a> {
    const TYPE: ExtensionType = ExtensionType::DELEGATED_CREDENTIAL;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            valid_time: r.u32("valid_time")?,
            verify_algorithm: SignatureScheme(r.u16("dc_cert_verify_algorithm")?),
            spki: r.vec24("ASN1_subjectPublicKeyInfo", 1..=0xff_ffff)?,
            algorithm: SignatureScheme(r.u16("algorithm")?),
            signature: r.vec16("signature", 1..=0xffff)?,
        })
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u32(self.valid_time);
        w.u16(self.verify_algorithm.0);
        w.opaque24(self.spki)?;
        w.u16(self.algorithm.0);
        w.opaque16(self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, read_extension};

    #[test]
    fn round_trip() {
        let schemes = List::from(&[SignatureScheme::ED25519]);
        check_extension(DelegatedCredentialSchemes(schemes), "0002 0807");
        let credential = DelegatedCredential {
            valid_time: 3600,
            verify_algorithm: SignatureScheme::ED25519,
            spki: &[0x30, 0],
            algorithm: SignatureScheme::ECDSA_SECP256R1_SHA256,
            signature: &[7],
        };
        check_extension(credential, "00000e10 0807 000002 3000 0403 0001 07");
    }

    #[test]
    fn bounds() {
        assert_eq!(
            read_extension::<DelegatedCredentialSchemes<'_>>(&[0, 0]),
            Err(DecodeError::Length("supported_signature_algorithm"))
        );
        let empty = |field| Err(DecodeError::Length(field));
        let no_key = [0, 0, 0, 1, 8, 7, 0, 0, 0, 4, 3, 0, 1, 7];
        assert_eq!(DelegatedCredential::read_all(&no_key), empty("ASN1_subjectPublicKeyInfo"));
        let no_signature = [0, 0, 0, 1, 8, 7, 0, 0, 1, 5, 4, 3, 0, 0];
        assert_eq!(DelegatedCredential::read_all(&no_signature), empty("signature"));
        let more = [0, 0, 0, 1, 8, 7, 0, 0, 1, 5, 4, 3, 0, 1, 7, 7];
        assert_eq!(DelegatedCredential::read_all(&more), Err(DecodeError::Trailing("DelegatedCredential")));
    }
}
