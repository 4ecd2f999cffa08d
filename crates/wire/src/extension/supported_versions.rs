//! supported_versions (RFC 9846 §4.3.1).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, List, ProtocolVersion, Reader, Writer};

/// The versions a client supports.
///
/// ```text
/// versions   1 + 2..254, two bytes each
/// ```
///
/// RFC 9846 §4.3.1, `SupportedVersions` in a ClientHello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SupportedVersions<'a>(
    /// The versions, the preferred first.
    pub List<'a, ProtocolVersion>,
);

impl<'a> Extension<'a> for SupportedVersions<'a> {
    const TYPE: ExtensionType = ExtensionType::SUPPORTED_VERSIONS;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List::read(r.vec8("versions", 2..=254)?, "versions").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec8(|w| self.0.write(w))
    }
}

/// The version a server selects.
///
/// ```text
/// selected_version   2
/// ```
///
/// RFC 9846 §4.3.1, `SupportedVersions` in a ServerHello and a HelloRetryRequest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelectedVersion(
    /// The version.
    pub ProtocolVersion,
);

impl<'a> Extension<'a> for SelectedVersion {
    const TYPE: ExtensionType = ExtensionType::SUPPORTED_VERSIONS;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.u16("selected_version").map(ProtocolVersion).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.0.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, read_extension};

    #[test]
    fn round_trip() {
        check_extension(
            SupportedVersions(List::from(&[ProtocolVersion::TLS1_3, ProtocolVersion::TLS1_2])),
            "04 0304 0303",
        );
        check_extension(SupportedVersions(List::from(&[ProtocolVersion::TLS1_3; 127])), "fe 0304*127");
        check_extension(SelectedVersion(ProtocolVersion::TLS1_3), "0304");
    }

    #[test]
    fn a_list_has_at_least_one_version_and_at_most_127() {
        assert_eq!(read_extension::<SupportedVersions<'_>>(&[0]), Err(DecodeError::Length("versions")));
        assert_eq!(read_extension::<SupportedVersions<'_>>(&[255; 256]), Err(DecodeError::Length("versions")));
    }
}
