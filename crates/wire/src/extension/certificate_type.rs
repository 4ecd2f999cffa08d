//! client_certificate_type and server_certificate_type (RFC 7250).

use super::Extension;
use crate::{CertificateType, DecodeError, EncodeError, ExtensionType, List, Reader, Writer};

/// The kinds of client certificate that the client can show.
///
/// ```text
/// client_certificate_types   1 + 1..255, one byte each
/// ```
///
/// RFC 7250 §3, `ClientCertTypeExtension` in a ClientHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientCertificateTypes<'a>(
    /// The types, the preferred first.
    pub List<'a, CertificateType>,
);

impl<'a> Extension<'a> for ClientCertificateTypes<'a> {
    const TYPE: ExtensionType = ExtensionType::CLIENT_CERTIFICATE_TYPE;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List::read(r.vec8("client_certificate_types", 1..=255)?, "client_certificate_types").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec8(|w| self.0.write(w))
    }
}

/// The kind of client certificate that the server selects.
///
/// ```text
/// client_certificate_type   1
/// ```
///
/// RFC 7250 §3, `ClientCertTypeExtension` in the server's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectedClientCertificateType(
    /// The type.
    pub CertificateType,
);

impl<'a> Extension<'a> for SelectedClientCertificateType {
    const TYPE: ExtensionType = ExtensionType::CLIENT_CERTIFICATE_TYPE;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.u8("client_certificate_type").map(CertificateType).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.0.0);
        Ok(())
    }
}

/// The kinds of server certificate that the client can verify.
///
/// ```text
/// server_certificate_types   1 + 1..255, one byte each
/// ```
///
/// RFC 7250 §3, `ServerCertTypeExtension` in a ClientHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerCertificateTypes<'a>(
    /// The types, the preferred first.
    pub List<'a, CertificateType>,
);

impl<'a> Extension<'a> for ServerCertificateTypes<'a> {
    const TYPE: ExtensionType = ExtensionType::SERVER_CERTIFICATE_TYPE;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List::read(r.vec8("server_certificate_types", 1..=255)?, "server_certificate_types").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec8(|w| self.0.write(w))
    }
}

/// The kind of server certificate that the server selects.
///
/// ```text
/// server_certificate_type   1
/// ```
///
/// RFC 7250 §3, `ServerCertTypeExtension` in the server's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectedServerCertificateType(
    /// The type.
    pub CertificateType,
);

impl<'a> Extension<'a> for SelectedServerCertificateType {
    const TYPE: ExtensionType = ExtensionType::SERVER_CERTIFICATE_TYPE;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.u8("server_certificate_type").map(CertificateType).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.0.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, read_extension};

    #[test]
    fn round_trip() {
        let types = List::from(&[CertificateType::RAW_PUBLIC_KEY, CertificateType::X509]);
        check_extension(ClientCertificateTypes(types), "02 02 00");
        check_extension(ServerCertificateTypes(types), "02 02 00");
        let types = List::from(&[CertificateType::X509]);
        check_extension(ClientCertificateTypes(types), "01 00");
        check_extension(ServerCertificateTypes(types), "01 00");
        check_extension(SelectedClientCertificateType(CertificateType::RAW_PUBLIC_KEY), "02");
        check_extension(SelectedServerCertificateType(CertificateType::X509), "00");
    }

    #[test]
    fn a_list_has_at_least_one_type() {
        assert_eq!(
            read_extension::<ClientCertificateTypes<'_>>(&[0]),
            Err(DecodeError::Length("client_certificate_types"))
        );
        assert_eq!(
            read_extension::<ServerCertificateTypes<'_>>(&[0]),
            Err(DecodeError::Length("server_certificate_types"))
        );
    }
}
