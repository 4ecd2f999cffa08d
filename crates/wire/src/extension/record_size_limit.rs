//! record_size_limit (RFC 8449).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

/// The largest record the sender wants to receive.
///
/// ```text
/// RecordSizeLimit   2, at least 64
/// ```
///
/// RFC 8449 §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSizeLimit(
    /// The limit in bytes of plaintext; in TLS 1.3 content type and padding count.
    pub u16,
);

impl RecordSizeLimit {
    /// The smallest limit there may be, in bytes.
    pub const MIN: u16 = 64;
}

impl<'a> Extension<'a> for RecordSizeLimit {
    const TYPE: ExtensionType = ExtensionType::RECORD_SIZE_LIMIT;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        match r.u16("RecordSizeLimit")? {
            // RFC 8449 §4: a smaller limit is answered with illegal_parameter.
            0..Self::MIN => Err(DecodeError::Value("RecordSizeLimit")),
            limit => Ok(Self(limit)),
        }
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u16(self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, read_extension};

    #[test]
    fn round_trip() {
        check_extension(RecordSizeLimit(16385), "4001");
        check_extension(RecordSizeLimit(64), "0040");
    }

    #[test]
    fn less_than_64_bytes_are_refused() {
        assert_eq!(read_extension::<RecordSizeLimit>(&[0, 63]), Err(DecodeError::Value("RecordSizeLimit")));
    }
}
