//! signed_certificate_timestamp (RFC 6962 §3.3, RFC 9846 §4.5.1.1).

use super::{Extension, empty_extension};
use crate::{DecodeError, EncodeError, ExtensionType, Item, List, Reader, Writer};

empty_extension! {
    /// A wish for certificate timestamps. Empty (RFC 6962 §3.3.1).
    SignedCertificateTimestampRequest = SIGNED_CERTIFICATE_TIMESTAMP
}

/// The timestamps of a certificate.
///
/// ```text
/// sct_list          2 + 1..65535
///   SerializedSCT   2 + 1..65535
/// ```
///
/// RFC 6962 §3.3, `SignedCertificateTimestampList`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedCertificateTimestampList<'a>(
    /// The timestamps.
    pub List<'a, SerializedSct<'a>>,
);

impl<'a> Extension<'a> for SignedCertificateTimestampList<'a> {
    const TYPE: ExtensionType = ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List::read(r.vec16("sct_list", 1..=0xffff)?, "sct_list").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

/// One timestamp of one log, not taken apart: its version decides over its syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SerializedSct<'a>(
    /// A `SignedCertificateTimestamp` as in RFC 6962 §3.2; not empty.
    pub &'a [u8],
);

impl<'a> Item<'a> for SerializedSct<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.vec16("SerializedSCT", 1..=0xffff).map(Self)
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
        check_extension(SignedCertificateTimestampRequest, "");
        check_extension(
            SignedCertificateTimestampList(List::from(&[SerializedSct(&[7]), SerializedSct(&[8, 9])])),
            "0007 0001 07 0002 0809",
        );
    }

    #[test]
    fn neither_the_list_nor_a_timestamp_is_empty() {
        for (body, field) in [("0000", "sct_list"), ("0002 0000", "SerializedSCT")] {
            assert_eq!(
                read_extension::<SignedCertificateTimestampList<'_>>(&hex(body)),
                Err(DecodeError::Length(field)),
                "{body}"
            );
        }
    }
}
