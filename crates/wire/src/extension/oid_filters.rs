//! oid_filters (RFC 9846 §4.3.5).

use super::{Extension, duplicate};
use crate::{DecodeError, EncodeError, ExtensionType, Item, List, Reader, Writer};

/// What a server wants to find among the X.509 extensions of the client's certificate.
///
/// ```text
/// filters                          2 + 0..65535
///   certificate_extension_oid      1 + 1..255
///   certificate_extension_values   2 + 0..65535
/// ```
///
/// RFC 9846 §4.3.5, `OIDFilterExtension`. An OID may occur once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OidFilters<'a>(
    /// The filters, all of which apply.
    pub List<'a, OidFilter<'a>>,
);

impl<'a> Extension<'a> for OidFilters<'a> {
    const TYPE: ExtensionType = ExtensionType::OID_FILTERS;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let filters = List::<OidFilter<'a>>::read(r.vec16("filters", 0..=0xffff)?, "filters")?;
        match duplicate(filters.iter().map(|filter| filter.oid)) {
            Some(_) => Err(DecodeError::Duplicate("filters")),
            None => Ok(Self(filters)),
        }
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

/// One X.509 extension and what must be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OidFilter<'a> {
    /// The DER encoding of the extension's object identifier; not empty.
    pub oid: &'a [u8],
    /// The DER encoding of the values to be there.
    pub values: &'a [u8],
}

impl<'a> Item<'a> for OidFilter<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            oid: r.vec8("certificate_extension_oid", 1..=255)?,
            values: r.vec16("certificate_extension_values", 0..=0xffff)?,
        })
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque8(self.oid)?;
        w.opaque16(self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, hex, read_extension};

    #[test]
    fn round_trip() {
        check_extension(
            OidFilters(List::from(&[
                OidFilter { oid: &[0x06, 1, 2], values: &[3] },
                OidFilter { oid: &[0x06, 1, 3], values: &[] },
            ])),
            "000d 03 060102 0001 03 03 060103 0000",
        );
        check_extension(OidFilters(List::default()), "0000");
    }

    #[test]
    fn an_oid_is_not_empty_and_occurs_once() {
        for (body, error) in [
            ("0003 00 0000", DecodeError::Length("certificate_extension_oid")),
            ("0008 01 61 0000 01 61 0000", DecodeError::Duplicate("filters")),
        ] {
            assert_eq!(read_extension::<OidFilters<'_>>(&hex(body)), Err(error), "{body}");
        }
    }
}
