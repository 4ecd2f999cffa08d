//! server_name (RFC 6066 §3).

use super::{Extension, empty_extension};
use crate::{DecodeError, EncodeError, ExtensionType, Item, List, NameType, Reader, Writer};

/// The name of the server that the client wants to talk to.
///
/// ```text
/// server_name_list   2 + 1..65535
///   name_type        1   host_name
///   host_name        2 + 1..65535
/// ```
///
/// RFC 6066 §3, `ServerNameList`. There may be one name of a type, and there is only one type, so a list that parses has
/// one item. Whether its bytes are a host name is not a question of syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerNameList<'a>(
    /// The names.
    pub List<'a, HostName<'a>>,
);

impl<'a> ServerNameList<'a> {
    /// The name of type `host_name`.
    pub fn host_name(&self) -> Option<&'a [u8]> {
        self.0.iter().next().map(|name| name.0)
    }
}

impl<'a> Extension<'a> for ServerNameList<'a> {
    const TYPE: ExtensionType = ExtensionType::SERVER_NAME;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let names = List::read(r.vec16("server_name_list", 1..=0xffff)?, "server_name_list")?;
        // RFC 6066 §3: not more than one name of the same type.
        if names.len() > 1 { Err(DecodeError::Duplicate("server_name_list")) } else { Ok(Self(names)) }
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

/// A DNS name without a trailing dot, in ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostName<'a>(
    /// The name; not empty.
    pub &'a [u8],
);

impl<'a> Item<'a> for HostName<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        match NameType(r.u8("name_type")?) {
            NameType::HOST_NAME => r.vec16("host_name", 1..=0xffff).map(Self),
            _ => Err(DecodeError::Value("name_type")),
        }
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(NameType::HOST_NAME.0);
        w.opaque16(self.0)
    }
}

empty_extension! {
    /// The server used the name to choose its certificate. Empty (RFC 6066 §3).
    ServerNameAck = SERVER_NAME
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, hex, read_extension};

    #[test]
    fn round_trip() {
        let name = ServerNameList(List::from(&[HostName(b"a.example")]));
        assert_eq!(name.host_name(), Some(&b"a.example"[..]));
        check_extension(name, "000c 00 0009 612e6578616d706c65");
        check_extension(ServerNameAck, "");
    }

    #[test]
    fn one_host_name_and_nothing_else() {
        for (body, error) in [
            ("0000", DecodeError::Length("server_name_list")),
            ("0003 00 0000", DecodeError::Length("host_name")),
            ("0004 01 0001 61", DecodeError::Value("name_type")),
            ("0008 00 0001 61 00 0001 62", DecodeError::Duplicate("server_name_list")),
        ] {
            assert_eq!(read_extension::<ServerNameList<'_>>(&hex(body)), Err(error), "{body}");
        }
    }
}
