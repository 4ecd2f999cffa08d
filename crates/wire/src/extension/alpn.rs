//! application_layer_protocol_negotiation (RFC 7301 §3.1).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, Item, List, Reader, Writer};

/// The application protocols a client offers, or the one a server selects.
///
/// ```text
/// protocol_name_list   2 + 2..65535
///   ProtocolName       1 + 1..255
/// ```
///
/// RFC 7301 §3.1, `ProtocolNameList`. That a server's list has exactly one name is for the client to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolNameList<'a>(
    /// The protocols, the preferred first.
    pub List<'a, ProtocolName<'a>>,
);

impl<'a> Extension<'a> for ProtocolNameList<'a> {
    const TYPE: ExtensionType = ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List::read(r.vec16("protocol_name_list", 2..=0xffff)?, "protocol_name_list").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

/// The name of an application protocol, such as `h2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolName<'a>(
    /// The name, compared byte for byte; 1 to 255 bytes.
    pub &'a [u8],
);

impl<'a> Item<'a> for ProtocolName<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.vec8("ProtocolName", 1..=255).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque8(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, hex, read_extension};

    #[test]
    fn round_trip() {
        check_extension(
            ProtocolNameList(List::from(&[ProtocolName(b"h2"), ProtocolName(b"http/1.1")])),
            "000c 02 6832 08 687474702f312e31",
        );
        check_extension(ProtocolNameList(List::from(&[ProtocolName(b"a")])), "0002 01 61");
    }

    #[test]
    fn neither_the_list_nor_a_name_is_empty() {
        for (body, field) in
            [("0000", "protocol_name_list"), ("0001 00", "protocol_name_list"), ("0003 01 61 00", "ProtocolName")]
        {
            assert_eq!(read_extension::<ProtocolNameList<'_>>(&hex(body)), Err(DecodeError::Length(field)), "{body}");
        }
    }
}
