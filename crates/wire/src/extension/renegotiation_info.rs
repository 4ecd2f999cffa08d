//! renegotiation_info (RFC 5746 §3.2).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

/// What ties a renegotiation of TLS 1.2 to the handshake before it.
///
/// ```text
/// renegotiated_connection   1 + 0..255
/// ```
///
/// RFC 5746 §3.2, `RenegotiationInfo`. Empty in a first handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenegotiationInfo<'a>(
    /// The client's `verify_data`, from a server followed by its own.
    pub &'a [u8],
);

impl<'a> Extension<'a> for RenegotiationInfo<'a> {
    const TYPE: ExtensionType = ExtensionType::RENEGOTIATION_INFO;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.vec8("renegotiated_connection", 0..=255).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque8(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_extension;

    #[test]
    fn round_trip() {
        check_extension(RenegotiationInfo(&[]), "00");
        check_extension(RenegotiationInfo(&[7; 24]), "18 07*24");
    }
}
