//! ec_point_formats (RFC 8422 §5.1.2).

use super::Extension;
use crate::{DecodeError, EcPointFormat, EncodeError, ExtensionType, List, Reader, Writer};

/// The ways of writing a curve point that the sender can read, in TLS 1.2.
///
/// ```text
/// ec_point_format_list   1 + 1..255, one byte each
/// ```
///
/// RFC 8422 §5.1.2, `ECPointFormatList`. Uncompressed points must be among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EcPointFormats<'a>(
    /// The formats, the preferred first.
    pub List<'a, EcPointFormat>,
);

impl<'a> Extension<'a> for EcPointFormats<'a> {
    const TYPE: ExtensionType = ExtensionType::EC_POINT_FORMATS;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List::read(r.vec8("ec_point_format_list", 1..=255)?, "ec_point_format_list").map(Self)
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
        check_extension(EcPointFormats(List::from(&[EcPointFormat::UNCOMPRESSED])), "01 00");
    }

    #[test]
    fn a_list_has_at_least_one_format() {
        assert_eq!(read_extension::<EcPointFormats<'_>>(&[0]), Err(DecodeError::Length("ec_point_format_list")));
    }
}
