//! max_fragment_length (RFC 6066 §4).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, Reader, Writer};

/// The longest fragments the client wants to exchange, repeated by a server that agrees.
///
/// ```text
/// MaxFragmentLength   1, from 1 to 4
/// ```
///
/// RFC 6066 §4. For 2⁹, 2¹⁰, 2¹¹ and 2¹² bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxFragmentLength(
    /// The code, 1 to 4.
    pub u8,
);

impl MaxFragmentLength {
    /// The one for so many bytes, if there is one.
    pub fn of(bytes: usize) -> Option<Self> {
        (1..=4).map(Self).find(|length| length.bytes() == Some(bytes))
    }

    /// How many bytes of content a record may have; `None` for a code that means nothing.
    pub const fn bytes(self) -> Option<usize> {
        match self.0 {
            code @ 1..=4 => Some(256 << code),
            _ => None,
        }
    }
}

impl<'a> Extension<'a> for MaxFragmentLength {
    const TYPE: ExtensionType = ExtensionType::MAX_FRAGMENT_LENGTH;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        match r.u8("MaxFragmentLength")? {
            code @ 1..=4 => Ok(Self(code)),
            // RFC 6066 §4: illegal_parameter.
            _ => Err(DecodeError::Value("MaxFragmentLength")),
        }
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, read_extension};

    #[test]
    fn round_trip() {
        check_extension(MaxFragmentLength(1), "01");
        check_extension(MaxFragmentLength(4), "04");
    }

    #[test]
    fn a_code_stands_for_a_power_of_two() {
        for (code, bytes) in [(1, 512), (2, 1024), (3, 2048), (4, 4096)] {
            assert_eq!(MaxFragmentLength(code).bytes(), Some(bytes));
            assert_eq!(MaxFragmentLength::of(bytes), Some(MaxFragmentLength(code)));
        }
        assert_eq!((MaxFragmentLength(5).bytes(), MaxFragmentLength::of(16_384)), (None, None));
    }

    #[test]
    fn other_codes_are_refused() {
        for code in [0, 5, 255] {
            assert_eq!(read_extension::<MaxFragmentLength>(&[code]), Err(DecodeError::Value("MaxFragmentLength")));
        }
    }
}
