//! supported_groups (RFC 9846 §4.3.7).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, List, NamedGroup, Reader, Writer};

/// The groups the sender supports.
///
/// ```text
/// named_group_list   2 + 2..65535, two bytes each
/// ```
///
/// RFC 9846 §4.3.7, `NamedGroupList`. From a client in its order of preference; from a server, in EncryptedExtensions, for
/// later connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SupportedGroups<'a>(
    /// The groups, the preferred first.
    pub List<'a, NamedGroup>,
);

impl<'a> Extension<'a> for SupportedGroups<'a> {
    const TYPE: ExtensionType = ExtensionType::SUPPORTED_GROUPS;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List::read(r.vec16("named_group_list", 2..=0xffff)?, "named_group_list").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.vec16(|w| self.0.write(w))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_extension, read_extension};

    #[test]
    fn round_trip() {
        check_extension(SupportedGroups(List::from(&[NamedGroup::X25519, NamedGroup(0x1a1a)])), "0004 001d 1a1a");
        check_extension(SupportedGroups(List::from(&[NamedGroup::X25519])), "0002 001d");
    }

    #[test]
    fn a_list_has_at_least_one_group_and_no_half_ones() {
        assert_eq!(read_extension::<SupportedGroups<'_>>(&[0, 0]), Err(DecodeError::Length("named_group_list")));
        assert_eq!(
            read_extension::<SupportedGroups<'_>>(&[0, 3, 0, 29, 0]),
            Err(DecodeError::Length("named_group_list"))
        );
    }
}
