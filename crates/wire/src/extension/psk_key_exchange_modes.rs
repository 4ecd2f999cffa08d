//! psk_key_exchange_modes (RFC 9846 §4.3.9).

use super::Extension;
use crate::{DecodeError, EncodeError, ExtensionType, List, PskKeyExchangeMode, Reader, Writer};

/// The ways in which the client would use a pre-shared key.
///
/// ```text
/// ke_modes   1 + 1..255, one byte each
/// ```
///
/// RFC 9846 §4.3.9, `PskKeyExchangeModes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PskKeyExchangeModes<'a>(
    /// The modes, in no particular order.
    pub List<'a, PskKeyExchangeMode>,
);

impl<'a> Extension<'a> for PskKeyExchangeModes<'a> {
    const TYPE: ExtensionType = ExtensionType::PSK_KEY_EXCHANGE_MODES;

    fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        List::read(r.vec8("ke_modes", 1..=255)?, "ke_modes").map(Self)
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
        check_extension(
            PskKeyExchangeModes(List::from(&[PskKeyExchangeMode::PSK_DHE_KE, PskKeyExchangeMode::PSK_KE])),
            "02 01 00",
        );
    }

    #[test]
    fn a_list_has_at_least_one_mode() {
        assert_eq!(read_extension::<PskKeyExchangeModes<'_>>(&[0]), Err(DecodeError::Length("ke_modes")));
    }
}
