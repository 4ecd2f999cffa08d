//! certificate_authorities (RFC 9846 §4.3.4).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, Item, List, Reader, Writer};

/// The authorities whose certificates the sender can verify.
///
/// ```text
/// authorities           2 + 3..65535
///   DistinguishedName   2 + 1..65535
/// ```
///
/// RFC 9846 §4.3.4, `CertificateAuthoritiesExtension`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateAuthorities<'a>(
    /// Their names.
    pub List<'a, DistinguishedName<'a>>,
);

impl<'a> Extension<'a> for CertificateAuthorities<'a> {
    const TYPE: ExtensionType = ExtensionType::CERTIFICATE_AUTHORITIES;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List::read(r.vec16("authorities", 3..=0xffff)?, "authorities").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

/// The name of an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistinguishedName<'a>(
    /// The DER encoding of an X.501 `Name`; not empty.
    pub &'a [u8],
);

impl<'a> Item<'a> for DistinguishedName<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.vec16("DistinguishedName", 1..=0xffff).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque16(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, hex, read_extension};

    #[test]
    fn round_trip() {
        check_extension(
            CertificateAuthorities(List::from(&[DistinguishedName(&[0x30, 0]), DistinguishedName(&[0x30])])),
            "0007 0002 3000 0001 30",
        );
        check_extension(CertificateAuthorities(List::from(&[DistinguishedName(&[0])])), "0003 0001 00");
    }

    #[test]
    fn neither_the_list_nor_a_name_is_empty() {
        for (body, field) in
            [("0000", "authorities"), ("0002 0000", "authorities"), ("0004 0000 0000", "DistinguishedName")]
        {
            assert_eq!(
                read_extension::<CertificateAuthorities<'_>>(&hex(body)),
                Err(DecodeError::Length(field)),
                "{body}"
            );
        }
    }
}
