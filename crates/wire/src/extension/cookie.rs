//! cookie (RFC 9846 §4.3.2).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

/// What a HelloRetryRequest hands to the client to be handed back in the second ClientHello.
///
/// ```text
/// cookie   2 + 1..65535
/// ```
///
/// RFC 9846 §4.3.2, `Cookie`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'a>(
    /// The server's bytes; not empty.
    pub &'a [u8],
);

impl<'a> Extension<'a> for Cookie<'a> {
    const TYPE: ExtensionType = ExtensionType::COOKIE;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        r.vec16("cookie", 1..=0xffff).map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.opaque16(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, read_extension};

    #[test]
    fn round_trip() {
        check_extension(Cookie(b"biscuit"), "0007 62697363756974");
    }

    #[test]
    fn a_cookie_is_not_empty() {
        assert_eq!(read_extension::<Cookie<'_>>(&[0, 0]), Err(DecodeError::Length("cookie")));
    }
}
