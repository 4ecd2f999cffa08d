//! early_data (RFC 9846 §4.3.10).

use super::{Extension, empty_extension};
use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

empty_extension! {
    /// The client sends 0-RTT data, or the server takes it. Empty.
    ///
    /// RFC 9846 §4.3.10, `EarlyDataIndication` in a ClientHello and in EncryptedExtensions.
    EarlyData = EARLY_DATA
}

/// How much 0-RTT data may be sent with a ticket.
///
/// ```text
/// max_early_data_size   4
/// ```
///
/// RFC 9846 §4.3.10, `EarlyDataIndication` in a NewSessionTicket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxEarlyData(
    /// The limit in bytes of application data, without padding and content type (RFC 9846 §4.7.1).
    pub u32,
);

impl<'a> Extension<'a> for MaxEarlyData {
    const TYPE: ExtensionType = ExtensionType::EARLY_DATA;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.u32("max_early_data_size").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u32(self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_extension;

    #[test]
    fn round_trip() {
        check_extension(EarlyData, "");
        check_extension(MaxEarlyData(16384), "00004000");
    }
}
